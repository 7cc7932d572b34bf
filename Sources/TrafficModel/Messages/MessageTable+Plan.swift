extension MessageTable {
  /// What the plan checker says.
  static let plan: [Entry] = [
    Entry(
      "plan.conflictingGreens", en: "links {0} and {1} conflict and show green together",
      zh: "车流 {0} 与 {1} 冲突,却同时显示绿灯"),
    Entry(
      "plan.missingYellow", en: "link {0} goes from green to red without yellow", zh: "车流 {0} 由绿灯直接变为红灯,没有黄灯"),
    Entry("plan.shortYellow", en: "link {0} shows yellow for {1} s, at least {2} s required", zh: "车流 {0} 黄灯 {1} 秒,至少应为 {2} 秒"),
    Entry(
      "plan.shortRedClearance", en: "link {0} is followed by link {1} after {2} s of all-red, at least {3} s required",
      zh: "车流 {0} 结束后 {2} 秒即放行冲突车流 {1},全红至少应为 {3} 秒"),
    Entry("plan.shortGreen", en: "link {0} shows green for {1} s, at least {2} s required", zh: "车流 {0} 绿灯 {1} 秒,至少应为 {2} 秒"),
    Entry("plan.longRed", en: "link {0} waits {1} s at red, at most {2} s allowed", zh: "车流 {0} 红灯等待 {1} 秒,最多允许 {2} 秒"),
    Entry("plan.neverGreen", en: "link {0} never shows green", zh: "车流 {0} 从不显示绿灯"),
    Entry(
      "plan.stateLength", en: "the state has {0} characters, the controller has {1} links", zh: "灯态有 {0} 个字符,而信号机有 {1} 个车流"),
    Entry("plan.zeroCycle", en: "the program has no stage of positive length", zh: "方案中没有时长大于零的阶段"),
    Entry(
      "plan.permissiveWithoutYield", en: "links {0} and {1} meet and both show protected green; one must be permissive",
      zh: "车流 {0} 与 {1} 相交且均为保护绿灯,其中之一应为许可绿灯"),
    Entry("plan.longGreen", en: "link {0} shows green for {1} s, at most {2} s allowed", zh: "车流 {0} 绿灯 {1} 秒,最多允许 {2} 秒"),
    Entry("plan.shortWalk", en: "link {0} gives pedestrians {1} s, walk alone needs {2} s", zh: "车流 {0} 行人放行 {1} 秒,仅行走就需 {2} 秒"),
    Entry(
      "plan.shortPedestrianClearance", en: "link {0} gives pedestrians {1} s, walk and clearance need {2} s",
      zh: "车流 {0} 行人放行 {1} 秒,行走加清空需 {2} 秒"),
    Entry("plan.signalOff", en: "the signal is dark or flashing", zh: "信号灯熄灭或黄闪"),
    Entry("plan.wholeSeconds", en: "the stage lasts {0} s, not a whole number of seconds", zh: "阶段时长 {0} 秒,不是整秒"),
    Entry("plan.cycleRange", en: "the cycle of {0} s lies outside {1} to {2} s", zh: "周期 {0} 秒,超出 {1} 至 {2} 秒的范围"),
    Entry(
      "plan.cycleMismatch", en: "the cycle of {0} s does not divide the common cycle of {1} s: the offset will drift",
      zh: "周期 {0} 秒不能整除公共周期 {1} 秒,相位差将漂移"),
    Entry("plan.shortPhase", en: "phase {0} has {1} s of green, at least {2} s required", zh: "相位 {0} 绿灯 {1} 秒,至少应为 {2} 秒"),
    Entry(
      "plan.shortPedestrianPhase", en: "phase {0} has {1} s of green, walk and clearance need {2} s: a pedestrian call breaks coordination",
      zh: "相位 {0} 绿灯 {1} 秒,行走加清空需 {2} 秒:行人请求将打断协调"),
    Entry(
      "plan.barrierCrossed", en: "rings {0} and {1} reach barrier {2} at different times: {3} s and {4} s",
      zh: "环 {0} 与环 {1} 到达屏障 {2} 的时刻不同:{3} 秒与 {4} 秒"),
    Entry("plan.ringSum", en: "the splits of ring {0} sum to {1} s, the cycle is {2} s", zh: "环 {0} 的绿信时长之和为 {1} 秒,周期为 {2} 秒"),
  ]
}
