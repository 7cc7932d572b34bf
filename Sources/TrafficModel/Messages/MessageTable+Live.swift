extension MessageTable {
  /// What the live engine gives as reasons and alarms.
  static let live: [Entry] = [
    Entry("live.starting", en: "The engine is starting.", zh: "系统正在启动。"),
    Entry("live.onlyStage", en: "The program has a single green stage.", zh: "方案只有一个绿灯阶段。"),
    Entry(
      "live.actuated", en: "Program {0} runs actuated: a green is extended while vehicles keep coming over its loops.",
      zh: "方案 {0} 感应运行:车辆持续通过线圈时延长绿灯。"),
    Entry("live.strategy", en: "The strategy {0} decides by what the loops tell.", zh: "策略 {0} 按线圈数据决策。"),
    Entry("live.longestWait", en: "Stage {0} is served: somebody has waited as long as is permitted.", zh: "放行阶段 {0}:等待时间已达最长红灯限制。"),
    Entry(
      "live.changeSaves", en: "From stage {0} to stage {1}: saves {2} vehicle-seconds in queue over the next minute.",
      zh: "由阶段 {0} 转入阶段 {1}:未来一分钟可减少排队 {2} 车·秒。"),
    Entry(
      "live.changeSoon", en: "Stage {0} stays for now; a change to stage {1} in about {2} s looks best.",
      zh: "暂时保持阶段 {0};约 {2} 秒后转入阶段 {1} 最为有利。"),
    Entry("live.staySaves", en: "Stage {0} stays: every change would cost more time in queue.", zh: "保持阶段 {0}:任何切换都会增加排队时间。"),
    Entry("live.timeOfDay", en: "Program {0} runs by the clock.", zh: "按时刻运行方案 {0}。"),
    Entry("live.forcedPlan", en: "Program {0} is forced by {1}: {2}", zh: "{1} 指定运行方案 {0}:{2}"),
    Entry("live.held", en: "Stage {0} is held by {1}: {2}", zh: "{1} 锁定阶段 {0}:{2}"),
    Entry("live.flash", en: "Flashing by order of {0}: {1}", zh: "{0} 下令黄闪:{1}"),
    Entry("live.allRed", en: "All red by order of {0}: {1}", zh: "{0} 下令全红:{1}"),
    Entry("alarm.detector", en: "Detector {0} is well again.", zh: "检测器 {0} 已恢复。"),
    Entry("alarm.silent", en: "Detector {0} has fallen silent.", zh: "检测器 {0} 无信号。"),
    Entry("alarm.stuck", en: "Detector {0} is occupied without a break.", zh: "检测器 {0} 持续占用。"),
    Entry("alarm.faulty", en: "Detector {0} reports a fault.", zh: "检测器 {0} 报告故障。"),
    Entry("alarm.unreachable", en: "Signal {0} does not answer commands.", zh: "信号机 {0} 对指令无应答。"),
    Entry("alarm.street", en: "The street is out of reach: {0}", zh: "现场已失联:{0}"),
    Entry("alarm.refused", en: "Signal {0} refused a command: {1}", zh: "信号机 {0} 拒绝指令:{1}"),
    Entry(
      "alarm.degraded", en: "Signal {0} runs at another level ({1}): {2} of {3} detectors are well.",
      zh: "信号机 {0} 切换控制级别({1}):{3} 个检测器中 {2} 个正常。"),
    Entry("alarm.monitor", en: "The conflict monitor refused what signal {0} was to show.", zh: "冲突监视器拒绝了信号机 {0} 的灯色。"),
    Entry(
      "live.planAdopted",
      en: "Retimed for the flows of the last {0} minutes: cycle {1} s, predicted delay {2} s per vehicle instead of {3} s.",
      zh: "按最近 {0} 分钟流量重新配时:周期 {1} 秒,预计每车延误 {2} 秒(原为 {3} 秒)。"),
  ]
}
