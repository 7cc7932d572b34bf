extension MessageTable {
  /// Why an optimisation changed a signal, or did not.
  static let timing: [Entry] = [
    Entry("timing.unchanged", en: "unchanged: none of {0} plans tried was better", zh: "未改动：试过的 {0} 个方案均未更优"),
    Entry(
      "timing.noRoom", en: "shortest greens and clearances fill its cycle of {0} s, so that no second can move from one stage to another",
      zh: "最短绿灯与清空时间已占满 {0} 秒周期，各阶段之间无法调剂"),
    Entry("timing.noChoice", en: "its conflicts allow only {0} stages", zh: "冲突关系只允许 {0} 个阶段"),
    Entry(
      "timing.overloaded", en: "some lanes get more traffic than this plan lets through: queues grow by {0} veh/h",
      zh: "部分车道的需求超过此方案的通行能力：排队每小时增长 {0} 辆"),
    Entry(
      "timing.flows",
      en: "measured flows: {1} vehicles instead of {0}; {2} measured places no route passes; judged on {3} demands drawn from the "
        + "flows' uncertainty",
      zh: "实测流量：{1} 辆车，原为 {0} 辆；{2} 个测点无路径经过；按流量不确定性抽取 {3} 组需求评估"),
    Entry("timing.cycleShorter", en: "cycle {0} s to {1} s: demand leaves room for shorter waits", zh: "周期由 {0} 秒缩短到 {1} 秒：需求允许更短的等待"),
    Entry("timing.cycleLonger", en: "cycle {0} s to {1} s: less of it is lost in changes", zh: "周期由 {0} 秒延长到 {1} 秒：减少转换损失"),
    Entry("timing.lostTime", en: "time lost in changes {0} % to {1} % of the cycle", zh: "转换损失由周期的 {0}% 变为 {1}%"),
    Entry("timing.stagesDropped", en: "{0} stage(s) dropped: their traffic is served in others", zh: "取消 {0} 个阶段：其车流并入其他阶段"),
    Entry("timing.stagesAdded", en: "{0} stage(s) added", zh: "增加 {0} 个阶段"),
    Entry("timing.stagesRepeated", en: "{0} stage(s) served more than once a cycle", zh: "{0} 个阶段每周期多次放行"),
    Entry(
      "timing.moreGreen", en: "traffic from {3} to {4} has green for {2} % of the cycle instead of {1} %",
      zh: "由 {3} 驶往 {4} 的车流绿信比由 {1}% 提高到 {2}%"),
    Entry("timing.offset", en: "offset {0} s to {1} s, so that platoons meet green", zh: "相位差由 {0} 秒改为 {1} 秒，使车队遇绿灯"),
    Entry(
      "timing.oversaturated",
      en: "critical flow ratio {0}: no timing serves this demand; this plan is the least bad, queues grow by {1} veh/h",
      zh: "关键流量比 {0}：任何配时都无法满足需求；此方案损失最小，排队每小时增长 {1} 辆"),
    Entry("timing.criticalFlowRatio", en: "critical flow ratio {0}", zh: "关键流量比 {0}"),
    Entry("timing.before", en: "before {0} s/veh, after {1} s/veh", zh: "优化前 {0} 秒/车，优化后 {1} 秒/车"),
    Entry(
      "timing.difference", en: "difference {0} s/veh, 95 % interval {1} to {2}, {3} paired replications",
      zh: "差值 {0} 秒/车，95% 置信区间 {1} 至 {2}，{3} 次配对重复"),
    Entry("timing.search", en: "search: {0}, {1} plans by model, {2} simulations, {3} s", zh: "搜索：{0}，模型评估 {1} 个方案，仿真 {2} 次，用时 {3} 秒"),
    Entry("timing.checked", en: "plan check: {0} errors, {1} warnings", zh: "方案检查：{0} 个错误，{1} 个警告"),
    Entry("timing.bandTitle", en: "Progression from {0} to {1}, cycle {2} s", zh: "{0} 至 {1} 的绿波协调，周期 {2} 秒"),
    Entry(
      "timing.bands",
      en: "cycle {0} s; bands outbound {1} s at the narrowest and {2} s on average, inbound {3} s and {4} s",
      zh: "周期 {0} 秒；去向绿波带最窄 {1} 秒、平均 {2} 秒，回向最窄 {3} 秒、平均 {4} 秒"),
    Entry(
      "timing.bandCertificate", en: "objective {0} cycles, no timing can exceed {1}; {2} nodes in {3} s",
      zh: "目标值 {0} 个周期，任何方案不超过 {1}；{2} 个节点，用时 {3} 秒"),
    Entry(
      "timing.rings", en: "{0} phases in {1} rings and {2} barrier groups found from the conflicts, ring by ring {3}; cycle {4} s",
      zh: "由冲突关系得到 {0} 个相位、{1} 个环、{2} 个屏障组，各环顺序为 {3}；周期 {4} 秒"),
    Entry("periods.from", en: "from", zh: "自"),
    Entry("periods.to", en: "to", zh: "至"),
    Entry("periods.vehicles", en: "veh/h", zh: "辆/小时"),
    Entry("periods.cycle", en: "cycle [s]", zh: "周期 [秒]"),
    Entry("periods.shipped", en: "shipped [s/veh]", zh: "现行方案 [秒/车]"),
    Entry("periods.dayPlan", en: "one plan [s/veh]", zh: "全天单一方案 [秒/车]"),
    Entry("periods.own", en: "own plan [s/veh]", zh: "时段方案 [秒/车]"),
    Entry("periods.star", en: "* the one plan for the whole day serves this period best and stays", zh: "* 全天单一方案在此时段最佳，予以保留"),
    Entry(
      "periods.explained", en: "{0} periods explain {1} % of the day's variation; with 1, 2, 3… periods at best {2} %",
      zh: "{0} 个时段解释全天变化的 {1}%；1、2、3… 个时段最多分别解释 {2}%"),
    Entry(
      "periods.saved", en: "saved in the day: {0} vehicle-hours against one plan for the whole day, {1} against the shipped plan",
      zh: "全天节省：相对单一方案 {0} 车小时，相对现行方案 {1} 车小时"),
    Entry("timing.signal", en: "{0}: {1}", zh: "{0}：{1}"),
  ]
}
