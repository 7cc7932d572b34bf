extension MessageTable {
  /// What each control strategy does.
  static let strategies: [Entry] = [
    Entry("strategy.fixed", en: "Runs each signal's program by the clock.", zh: "按时钟执行各信号的既定方案。"),
    Entry(
      "strategy.actuated", en: "Extends each green while vehicles keep coming, up to its maximum.",
      zh: "只要车辆持续到达就延长绿灯,直至最大绿灯时间。"),
    Entry(
      "strategy.ring-barrier",
      en: "Actuated in rings and barriers (NEMA): gap-out, max-out, recalls, walk, force-offs; other programs as one ring.",
      zh: "按环与屏障（NEMA）感应控制：间隙切断、最大绿灯、召回、行人相位与强制切断；其他方案按单环执行。"),
    Entry(
      "strategy.max-pressure", en: "Serves the stage with most vehicles before it and fewest behind it.",
      zh: "服务上游车辆最多、下游车辆最少的相位阶段。"),
    Entry(
      "strategy.max-pressure-capacity", en: "Max-pressure in shares of the room there is: no green into a full exit.",
      zh: "按可用空间比例计算的最大压力控制：出口已满时不放行。"),
    Entry(
      "strategy.max-pressure-delay", en: "Max-pressure by the time that the waiting have waited.",
      zh: "按已等待时间加权的最大压力控制。"),
    Entry(
      "strategy.max-pressure-cyclic", en: "Gives every stage its turn and shares the cycle by pressure.", zh: "各阶段轮流放行，按压力分配周期。"),
    Entry(
      "strategy.longest-queue", en: "Every ten seconds serves the lanes with most standing vehicles (RESCO's greedy rule).",
      zh: "每十秒放行停车最多的车道（RESCO 的贪心规则）。"),
    Entry(
      "strategy.lane-pressure", en: "The same less what stands behind the junction (RESCO's max-pressure).",
      zh: "同上，减去下游停车数（RESCO 的最大压力规则）。"),
    Entry(
      "strategy.tuc", en: "Sets the greens of a region each cycle by a feedback gain on the vehicles stored (TUC).",
      zh: "每周期按存车反馈增益设定区域绿灯（TUC）。"),
    Entry(
      "strategy.store-and-forward-mpc", en: "Sets the greens of the coming cycles by a quadratic programme with queue limits.",
      zh: "以带排队约束的二次规划设定未来各周期绿灯。"),
    Entry(
      "strategy.schedule-driven",
      en: "Schedules the clusters of vehicles on their way and tells the neighbours what will come (as SURTRAC).",
      zh: "对驶来的车队排程，并告知相邻路口将到的车流（类似 SURTRAC）。"),
    Entry(
      "strategy.self-organizing", en: "Serves the stage that clears most vehicles a second, and nobody too late.",
      zh: "服务单位时间内清空车辆最多的阶段，并保证无人等待过久。"),
    Entry(
      "strategy.priority", en: "Any of these with green for buses, trams and emergency vehicles that ask for it.",
      zh: "以上任一策略，并为提出请求的公交、有轨电车与应急车辆优先放行。"),
    Entry(
      "strategy.horizon", en: "Each second, predicts what traffic would suffer under every next step of the signal and takes the best.",
      zh: "每秒预测信号各种下一步对交通的影响,并选择最优者。"),
  ]
}

extension MessageTable {
  /// What `greenwave control` prints.
  static let control: [Entry] = [
    Entry(
      "control.summary", en: "{0} ticks; a decision took {1} ms (median), {2} ms (99 %), {3} ms at most; the monitor spoke {4} times",
      zh: "{0} 个控制周期;决策耗时中位数 {1} 毫秒,99% 为 {2} 毫秒,最长 {3} 毫秒;监视器干预 {4} 次"),
    Entry(
      "control.delay", en: "mean delay {0} s over {1} planned vehicles, {2} of them not arrived",
      zh: "{1} 辆计划车辆的平均延误 {0} 秒,其中 {2} 辆未到达"),
  ]
}
