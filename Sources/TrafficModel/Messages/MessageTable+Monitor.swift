extension MessageTable {
  /// What the conflict monitor says. Arguments: signal, links, state shown, state wanted.
  static let monitor: [Entry] = [
    Entry(
      "monitor.stateLength", en: "{0}: refused {3}, which has another number of links than {2} ({1})",
      zh: "{0}:拒绝 {3},其车流数与 {2} 不同({1})"),
    Entry(
      "monitor.conflictingGreens", en: "{0}: refused {3} after {2}: links {1} conflict and would both be green",
      zh: "{0}:拒绝由 {2} 变为 {3}:车流 {1} 冲突,不得同为绿灯"),
    Entry(
      "monitor.missingYellow", en: "{0}: refused {3} after {2}: link {1} would go from green to red without yellow",
      zh: "{0}:拒绝由 {2} 变为 {3}:车流 {1} 将无黄灯而由绿变红"),
    Entry(
      "monitor.shortYellow", en: "{0}: refused {3} after {2}: the yellow of link {1} is not over",
      zh: "{0}:拒绝由 {2} 变为 {3}:车流 {1} 的黄灯尚未结束"),
    Entry(
      "monitor.shortRedClearance", en: "{0}: refused {3} after {2}: of links {1}, the second has not cleared the junction",
      zh: "{0}:拒绝由 {2} 变为 {3}:车流 {1} 中后者尚未清空路口"),
    Entry(
      "monitor.shortGreen", en: "{0}: refused {3} after {2}: the minimum green of link {1} is not over",
      zh: "{0}:拒绝由 {2} 变为 {3}:车流 {1} 的最短绿灯尚未结束"),
    Entry(
      "monitor.signalOff", en: "{0}: refused {3} after {2}: link {1} may not show that",
      zh: "{0}:拒绝由 {2} 变为 {3}:车流 {1} 不得显示该灯色"),
    Entry(
      "monitor.maximumRed", en: "{0}: link {1} has waited for its maximum red at {2} and is served although {3} was wanted",
      zh: "{0}:车流 {1} 在 {2} 已等待至最长红灯,予以放行(控制器要求 {3})"),
  ]
}
