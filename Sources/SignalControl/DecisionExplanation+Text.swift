import TrafficModel

extension DecisionExplanation {
  /// The decision in words: what was chosen, why, and what else was considered.
  ///
  /// - Parameters:
  ///   - signal: the signal's name.
  ///   - stages: what each stage shows; empty where unknown.
  ///   - shown: what the street shows, where known, and since when or at what time.
  ///   - limit: options told at most.
  public func text(
    signal: String, stages: [SignalState] = [], shown: (state: SignalState, at: Instant)? = nil, limit: Int = 12,
    _ language: Language = .english
  ) -> String {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    func name(_ stage: Int) -> String {
      stages.indices.contains(stage)
        ? word("explain.stageShowing", ["\(stage + 1)", "\(stages[stage])"]) : word("explain.stage", ["\(stage + 1)"])
    }
    var lines = [
      word(
        chosenStage == presentStage ? "explain.stays" : "explain.changes",
        [signal, Self.number(time.seconds), name(presentStage), name(chosenStage)])
    ]
    if let shown { lines.append(word("explain.shown", ["\(shown.state)", Self.number(shown.at.seconds)])) }
    lines.append((reason ?? comparison).text(language))
    guard !options.isEmpty else { return lines.joined(separator: "\n") }
    lines.append(word(isScore ? "explain.scores" : "explain.options", [word("explain.unit." + unit), "\(options.count)"]))
    let texts = options.prefix(limit).map { option -> (String, String) in
      let what: String
      switch option.after {
      case nil: what = option.stage == presentStage ? word("explain.stay") : word("explain.take", [name(option.stage)])
      case 0?: what = word("explain.now", [name(option.stage)])
      case let after?: what = word("explain.later", [name(option.stage), Self.number(after)])
      }
      return (Self.number(option.cost), what)
    }
    let width = texts.map(\.0.count).max() ?? 0
    for (cost, what) in texts { lines.append("  " + String(repeating: " ", count: width - cost.count) + cost + "  " + what) }
    if options.count > limit { lines.append("  … \(options.count - limit)") }
    return lines.joined(separator: "\n")
  }

  /// What the options say: the best change now against the best way to stay.
  private var comparison: Message {
    guard !options.isEmpty else { return Message("explain.noOptions") }
    let change = options.first { $0.stage != presentStage && ($0.after == 0 || $0.after == nil) }
    let stay = options.first { $0.stage == presentStage || ($0.after ?? 0) > 0 }
    guard let change, let stay else { return Message("explain.oneOption") }
    let better = isScore ? stay.cost - change.cost : change.cost - stay.cost
    let arguments = [Self.number(stay.cost), Self.number(change.cost), Self.number(abs(better))]
    if chosenStage == presentStage { return Message(better >= 0 ? "explain.staySaves" : "explain.notYet", arguments) }
    return Message(better < 0 ? "explain.changeSaves" : "explain.overdue", arguments)
  }

  /// One decimal, without a trailing zero.
  private static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return value < 0 ? "−∞" : value.isNaN ? "–" : "∞" }
    let tenths = Int((abs(value) * 10).rounded())
    return (value < 0 && tenths > 0 ? "−" : "") + "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths % 10)")
  }
}
