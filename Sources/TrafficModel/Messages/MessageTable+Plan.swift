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
  ]
}
