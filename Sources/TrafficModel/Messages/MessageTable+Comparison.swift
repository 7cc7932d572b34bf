extension MessageTable {
  /// Comparison of strategies, and before against after.
  static let comparison: [Entry] = [
    Entry("comparison.title", en: "Strategies compared: {0}", zh: "控制策略比较：{0}"),
    Entry(
      "comparison.subtitle", en: "Street: {0}, {1} to {2}; {3} seeds from {4}, the same for every strategy.",
      zh: "街道：{0}，{1} 至 {2}；{3} 个种子，自 {4} 起，各策略相同。"),
    Entry(
      "comparison.resco", en: "3 s yellow, no all-red, at least 5 s green, shipped stages, nobody teleports (RESCO's protocol).",
      zh: "黄灯 3 秒，无全红，绿灯至少 5 秒，使用原有阶段，车辆不瞬移（RESCO 规程）。"),
    Entry(
      "comparison.overview", en: "Delay per planned vehicle [s]: mean ± standard deviation, worst seed",
      zh: "每辆计划车辆的延误 [秒]：均值 ± 标准差，最差种子"),
    Entry("comparison.untilEmpty", en: "everybody has arrived", zh: "全部到达"),
    Entry("comparison.builtIn", en: "built-in simulator", zh: "内置仿真器"),
    Entry("comparison.verdict", en: "The outcome", zh: "结论"),
    Entry("comparison.strategy", en: "strategy", zh: "控制策略"),
    Entry("comparison.difference", en: "difference", zh: "差值"),
    Entry("comparison.unfinished", en: "on the road", zh: "未到达"),
    Entry("comparison.neverInserted", en: "not entered", zh: "未驶入"),
    Entry("comparison.runs", en: "runs", zh: "次数"),
    Entry(
      "comparison.table", en: "Delay per vehicle with 95 % intervals; differences are paired, seed by seed, against {0}",
      zh: "每车延误及 95% 置信区间；差值为逐个种子与 {0} 配对比较"),
    Entry(
      "comparison.best",
      en: "{0} is best with {1} s of delay per vehicle: {2} s less than {3} (95 % interval {4} to {5} s), on the same traffic.",
      zh: "{0} 最佳，每车延误 {1} 秒：在相同交通条件下比 {3} 少 {2} 秒（95% 置信区间 {4} 至 {5} 秒）。"),
    Entry(
      "comparison.bestUnsure",
      en:
        "{0} has the least delay, {1} s per vehicle, {2} s less than {3}; but the interval, {4} to {5} s, includes none, so more seeds are needed to tell.",
      zh: "{0} 延误最小，每车 {1} 秒，比 {3} 少 {2} 秒；但区间 {4} 至 {5} 秒包含零，需要更多种子才能判断。"),
    Entry(
      "comparison.bestOneSeed",
      en: "{0} has the least delay, {1} s per vehicle, {2} s less than {3}, with one seed: chance is not excluded.",
      zh: "{0} 延误最小，每车 {1} 秒，比 {3} 少 {2} 秒；仅一个种子，不能排除偶然。"),
    Entry("comparison.baselineBest", en: "{0} stays best, with {1} s of delay per vehicle.", zh: "{0} 仍为最佳，每车延误 {1} 秒。"),
    Entry("comparison.invalid", en: "{0}, seed {1}: this run is not valid ({2}).", zh: "{0}，种子 {1}：此次运行无效（{2}）。"),
    Entry("comparison.means.title", en: "{0}, strategy by strategy", zh: "各策略的{0}"),
    Entry(
      "comparison.means.caption",
      en: "Small dots are single seeds; the large mark is their mean, the bar its 95 % interval. Further left is better.",
      zh: "小点为单个种子；大标记为均值，横线为其 95% 置信区间。越靠左越好。"),
    Entry("comparison.differences.title", en: "Difference to {0}", zh: "与 {0} 的差值"),
    Entry("comparison.differenceAxis", en: "difference to {0}", zh: "与 {0} 的差值"),
    Entry(
      "comparison.differences.caption",
      en:
        "Each seed is compared with the same seed of {0}, so the traffic is the same on both sides. A bar that crosses the line at 0 is no proof of a difference; grey marks it.",
      zh: "每个种子均与 {0} 的同一种子比较，两侧交通相同。横线跨过 0 表示不能证明有差异，以灰色标出。"),
    Entry("comparison.who", en: "Who gains and who waits", zh: "谁受益，谁等待"),
    Entry("comparison.gain.title", en: "Where {0} differs from {1}", zh: "{0} 与 {1} 的差异在哪里"),
    Entry("comparison.gain.axis", en: "change of time lost", zh: "损失时间的变化"),
    Entry(
      "comparison.gain.caption",
      en: "Vehicle-hours lost on each link, change over the run. Blue (below 0): less time is lost; orange (above 0): more.",
      zh: "各路段损失的车辆小时数在运行期间的变化。蓝色（小于 0）为损失减少，橙色（大于 0）为损失增加。"),
    Entry("comparison.timeSpace", en: "The corridor under both", zh: "两种策略下的干道"),
    Entry("comparison.signal", en: "Signal {0} under both", zh: "两种策略下的信号机 {0}"),
    Entry("change.title", en: "New signal timing for {0}", zh: "{0} 的新信号配时"),
    Entry(
      "change.judgeSimulation", en: "the built-in simulator, {0} seeds, the same traffic before and after",
      zh: "内置仿真器，{0} 个种子，优化前后交通相同"),
    Entry("change.bound", en: "No plan can reach an objective beyond {0}; the gap to it is {1} %.", zh: "任何方案的目标值都不能超过 {0}；差距为 {1}%。"),
    Entry("change.gain", en: "What drivers gain", zh: "驾驶人的收益"),
    Entry("change.before", en: "before", zh: "优化前"),
    Entry("change.after", en: "after", zh: "优化后"),
    Entry("change.change", en: "change", zh: "变化"),
    Entry("change.table", en: "Before and after", zh: "优化前后"),
    Entry("change.judge", en: "Judged by: {0}.", zh: "评价方式：{0}。"),
    Entry("change.certificate", en: "What stands behind the plan", zh: "方案的依据"),
    Entry("change.findings", en: "What the plan checker says", zh: "方案检查结果"),
    Entry("change.where", en: "Where time is gained", zh: "哪里节省了时间"),
    Entry("change.corridor", en: "The corridor before and after", zh: "优化前后的干道"),
    Entry("change.signals", en: "What changes at each signal, and why", zh: "各信号机的变化及原因"),
    Entry("change.greens", en: "greens", zh: "绿灯时长"),
  ]
}
