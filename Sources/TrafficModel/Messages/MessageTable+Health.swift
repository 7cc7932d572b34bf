extension MessageTable {
  /// What the detector checks say: {0} detector, {1} since, {2} figure, {3} limit.
  static let health: [Entry] = [
    Entry("health.missing", en: "{0}: only {2} of the samples since {1} (at least {3})", zh: "{0}:自 {1} 起仅收到 {2} 的样本(至少 {3})"),
    Entry("health.stuckOn", en: "{0}: occupied without a break since {1}, {2} min (limit {3})", zh: "{0}:自 {1} 起持续占用 {2} 分钟(限值 {3})"),
    Entry(
      "health.stuckOff", en: "{0}: nothing since {1} where {2} vehicles were to be expected (limit {3})",
      zh: "{0}:自 {1} 起无检测,期间应有 {2} 辆车(限值 {3})"),
    Entry(
      "health.chattering", en: "{0}: pulses too many and too short since {1}, evidence {2} (limit {3})",
      zh: "{0}:自 {1} 起脉冲过多过短,证据值 {2}(限值 {3})"),
    Entry(
      "health.drifting", en: "{0}: counts leave neighbours and history since {1}, evidence {2} (limit {3})",
      zh: "{0}:自 {1} 起计数偏离邻近检测器与历史,证据值 {2}(限值 {3})"),
    Entry(
      "health.inconsistent", en: "{0}: time occupied does not fit the vehicles counted since {1}, evidence {2} (limit {3})",
      zh: "{0}:自 {1} 起占用时间与车辆数不符,证据值 {2}(限值 {3})"),
    Entry("health.frozen", en: "{0}: the same figures {2} times since {1} (limit {3})", zh: "{0}:自 {1} 起相同数据重复 {2} 次(限值 {3})"),
    Entry("health.impossible", en: "{0}: {2} vehicles an hour and lane since {1} (limit {3})", zh: "{0}:自 {1} 起每车道每小时 {2} 辆(限值 {3})"),
    Entry("health.reported", en: "{0}: the controller reports a fault since {1}", zh: "{0}:信号机自 {1} 起报告故障"),
  ]
}
