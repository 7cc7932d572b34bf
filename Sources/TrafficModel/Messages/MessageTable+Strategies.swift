extension MessageTable {
  /// What each control strategy does.
  static let strategies: [Entry] = [
    Entry("strategy.fixed", en: "Runs each signal's program by the clock.", zh: "按时钟执行各信号的既定方案。"),
    Entry(
      "strategy.actuated", en: "Extends each green while vehicles keep coming, up to its maximum.",
      zh: "只要车辆持续到达就延长绿灯,直至最大绿灯时间。"),
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
      "strategy.self-organizing", en: "Serves the stage that clears most vehicles a second, and nobody too late.",
      zh: "服务单位时间内清空车辆最多的阶段，并保证无人等待过久。"),
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
