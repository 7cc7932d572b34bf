import TrafficModel

/// What one controller showed, as spans of time ready to draw or to measure.
public struct SignalHistory: Sendable {
  public let signal: SignalID
  /// Moments at which the state changed [s], ascending, and the state from then on.
  public private(set) var changes: [(time: Double, state: SignalState)]

  public init(_ signal: SignalID, _ all: [SignalChange]) {
    self.signal = signal
    changes = all.filter { $0.signal == signal }.map { ($0.time.seconds, $0.state) }
  }

  /// What a fixed program would show from `begin` to `end`.
  public init(_ signal: SignalID, program: SignalProgram, from begin: Double, to end: Double) {
    self.signal = signal
    changes = []
    let cycle = program.cycle.seconds
    guard cycle > 0, let (index, elapsed) = program.stage(at: Instant(seconds: begin)) else { return }
    var time = begin - elapsed.seconds, stage = index
    while time < end {
      if program.stages[stage].duration.milliseconds > 0 { changes.append((time, program.stages[stage].state)) }
      time += program.stages[stage].duration.seconds
      stage = (stage + 1) % program.stages.count
    }
  }

  /// Spans during which the best of `links` shows one indication: green before permissive before yellow before red.
  public func spans(_ links: [Int], from begin: Double, to end: Double) -> [(begin: Double, end: Double, indication: Indication)] {
    var spans: [(begin: Double, end: Double, indication: Indication)] = []
    for (i, change) in changes.enumerated() {
      let from = max(change.time, begin), to = min(i + 1 < changes.count ? changes[i + 1].time : end, end)
      guard to > from, let shown = Self.best(change.state, links) else { continue }
      if let last = spans.last, last.indication == shown, last.end == from {
        spans[spans.count - 1].end = to
      } else {
        spans.append((from, to, shown))
      }
    }
    return spans
  }

  static func best(_ state: SignalState, _ links: [Int]) -> Indication? {
    func rank(_ indication: Indication) -> Int {
      switch indication {
      case .green: 0
      case .permissiveGreen: 1
      case .yellow: 2
      case .redYellow: 3
      case .off: 4
      case .offBlinking: 5
      case .stopThenProceed: 6
      case .red: 7
      }
    }
    return links.filter { $0 >= 0 && $0 < state.count }.map { state[$0] }.min { rank($0) < rank($1) }
  }
}
