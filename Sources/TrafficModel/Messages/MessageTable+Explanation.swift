extension MessageTable {
  /// Why a signal does what it does.
  static let explanation: [Entry] = [
    Entry("explain.stage", en: "stage {0}", zh: "阶段 {0}"),
    Entry("explain.stageShowing", en: "stage {0} ({1})", zh: "阶段 {0}（{1}）"),
    Entry("explain.stays", en: "Signal {0} at {1} s: {2} stays.", zh: "信号机 {0}，{1} 秒：保持{2}。"),
    Entry("explain.changes", en: "Signal {0} at {1} s: from {2} to {3}.", zh: "信号机 {0}，{1} 秒：由{2}切换到{3}。"),
    Entry("explain.shown", en: "At {1} s the street shows {0}.", zh: "{1} 秒时街道显示 {0}。"),
    Entry(
      "explain.nothing", en: "Signal {0} at {1} s shows {2}; this strategy weighs no options there.",
      zh: "信号机 {0}，{1} 秒显示 {2}；该策略在此不比较方案。"),
    Entry("explain.never", en: "Signal {0}: the run ended before {1} s.", zh: "信号机 {0}：运行在 {1} 秒之前结束。"),
    Entry("explain.noOptions", en: "There was nothing to choose from.", zh: "没有可选方案。"),
    Entry("explain.oneOption", en: "There was one way to go on.", zh: "只有一种继续方式。"),
    Entry(
      "explain.staySaves", en: "Staying promises {0}, the best change now {1}: staying is better by {2}.",
      zh: "保持的预期值为 {0}，立即切换最佳为 {1}：保持更优，相差 {2}。"),
    Entry(
      "explain.changeSaves", en: "The best change now promises {1}, staying {0}: changing is better by {2}.",
      zh: "立即切换最佳预期值为 {1}，保持为 {0}：切换更优，相差 {2}。"),
    Entry(
      "explain.overdue", en: "A change was due whatever it costs ({1} against {0}): somebody had waited for too long.",
      zh: "无论代价如何都应切换（{1} 对 {0}）：有人已等待过久。"),
    Entry(
      "explain.notYet", en: "A change would be better by {2} ({1} against {0}), but the present green may not end yet.",
      zh: "切换更优，相差 {2}（{1} 对 {0}），但当前绿灯尚不能结束。"),
    Entry("explain.options", en: "{1} options, predicted cost in {0}, best first:", zh: "{1} 个方案，预期代价（{0}），最佳在前："),
    Entry("explain.scores", en: "{1} options, merit in {0}, best first:", zh: "{1} 个方案，得分（{0}），最佳在前："),
    Entry("explain.stay", en: "stay", zh: "保持"),
    Entry("explain.take", en: "serve {0}", zh: "服务{0}"),
    Entry("explain.now", en: "change to {0} now", zh: "立即切换到{0}"),
    Entry("explain.later", en: "stay for {1} s, then {0}", zh: "保持 {1} 秒，然后{0}"),
    Entry("explain.unit.veh·s", en: "vehicle-seconds of delay", zh: "车·秒延误"),
    Entry("explain.unit.veh", en: "vehicles", zh: "辆"),
    Entry("explain.unit.veh/s", en: "vehicles a second", zh: "辆/秒"),
    Entry("explain.unit.share", en: "shares of the room there is", zh: "可用空间比例"),
    Entry("explain.unit.s", en: "seconds", zh: "秒"),
    Entry("explain.clock", en: "The clock decides: second {0} of a cycle of {1} s.", zh: "按时钟执行：周期 {1} 秒中的第 {0} 秒。"),
    Entry("explain.minimumGreen", en: "The shortest green is not over.", zh: "最短绿灯尚未结束。"),
    Entry(
      "explain.extended", en: "Vehicles keep coming: the last was detected {0} s ago; {1} s of green are left at most.",
      zh: "车辆持续到达：最近一次检测在 {0} 秒前；绿灯最多还有 {1} 秒。"),
    Entry("explain.stageClock", en: "This stage lasts a set time: second {0} of {1} s.", zh: "该阶段时长固定：{1} 秒中的第 {0} 秒。"),
    Entry("explain.phaseGreen", en: "Phase {0} is green and nothing ends it yet.", zh: "相位 {0} 为绿灯，尚无结束条件。"),
    Entry("explain.phaseWaits", en: "Phase {0} could end, but nobody else can be served yet.", zh: "相位 {0} 可以结束，但暂无其他相位可放行。"),
    Entry("explain.phaseGapOut", en: "Phase {0} ended on a gap: nobody came for its passage time.", zh: "相位 {0} 因间隙切断：通过时间内无车到达。"),
    Entry("explain.phaseMaxOut", en: "Phase {0} ended at its longest green while others waited.", zh: "相位 {0} 达到最大绿灯而结束，其他相位在等待。"),
    Entry("explain.phaseForceOff", en: "Phase {0} ended at its force-off or yield point.", zh: "相位 {0} 在强制切断点或让行点结束。"),
    Entry(
      "explain.schedule", en: "The best schedule serves {0} clusters of vehicles with {1} vehicle-seconds of waiting; it begins now.",
      zh: "最佳调度依次服务 {0} 个车队，等待共 {1} 车·秒；现在开始执行。"),
    Entry("explain.patience", en: "Somebody has waited for {0} s and is served whatever it costs.", zh: "有人已等待 {0} 秒，必须放行。"),
    Entry("explain.emergency", en: "An emergency vehicle on link {0} has the signal until it has passed.", zh: "应急车辆在车流 {0} 上，通过之前信号归其使用。"),
    Entry("explain.transit", en: "A bus or tram on link {0} is given its green for a limited time.", zh: "公交或有轨电车在车流 {0} 上，限时优先放行。"),
    Entry("explain.changing", en: "The change runs its yellow and red.", zh: "正在执行黄灯与红灯清空。"),
    Entry("control.late", en: "{0} decisions came too late: the signals held their plan", zh: "{0} 次决策超时，信号保持原方案"),
  ]
}
