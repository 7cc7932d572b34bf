import TrafficModel

/// Runs one signal from serving stage to serving stage: minimum green, yellow on every link that closes, red clearance.
///
/// Strategies that choose stages share it, so that none of them can forget a yellow.
public struct StageSequencer: Sendable {
  /// The serving stages of the program, without repetition.
  public let stages: [SignalState]
  public let minimumGreen: TimeAmount
  public let yellow: TimeAmount
  public let redClearance: TimeAmount
  /// The stage that serves, or that served last while the change runs.
  public private(set) var stage: Int
  public private(set) var greenSince: Instant
  /// The stage that follows while the change runs.
  public private(set) var next: Int?
  public private(set) var changeSince: Instant

  /// The distinct serving stages of `program`: states with green and without yellow.
  public static func servingStages(of program: SignalProgram) -> [SignalState] {
    var stages: [SignalState] = []
    for stage in program.stages where stage.state.isServingStage && !stages.contains(stage.state) { stages.append(stage.state) }
    return stages
  }

  /// Precondition: at least one stage.
  public init(stages: [SignalState], minimumGreen: TimeAmount, yellow: TimeAmount, redClearance: TimeAmount, start: Instant) {
    precondition(!stages.isEmpty, "a signal needs at least one serving stage")
    self.stages = stages
    self.minimumGreen = minimumGreen
    self.yellow = yellow
    self.redClearance = redClearance
    stage = 0
    greenSince = start
    changeSince = start
  }

  /// Takes over a street that shows one of the stages, or is on its way from one: its green or its yellow counts from `now`.
  public mutating func resume(_ shown: SignalState, at now: Instant) {
    if let found = stages.firstIndex(of: shown) {
      stage = found
      next = nil
      greenSince = now
      return
    }
    guard shown.count == stages[0].count else { return }
    // In mid-change: the pair of stages between which the street shows exactly this, or the one that ends nothing else.
    for from in stages.indices {
      for to in stages.indices where to != from {
        let way = Self.transition(from: stages[from], to: stages[to], elapsed: .zero, yellow: .seconds(1))
        guard way == shown else { continue }
        stage = from
        next = to
        greenSince = now
        changeSince = now
        return
      }
    }
    let kept = stages.indices.map { s in shown.indications.indices.count { shown[$0].isGreen && !stages[s][$0].isGreen } }
    stage = kept.indices.min { (kept[$0], $0) < (kept[$1], $1) } ?? stage
    next = nil
    greenSince = now
  }

  public var isServing: Bool { next == nil }

  /// The present green may end.
  public func mayChange(at now: Instant) -> Bool { next == nil && now - greenSince >= minimumGreen }

  /// Begins the change to `target`. Precondition: `mayChange(at: now)`.
  public mutating func change(to target: Int, at now: Instant) {
    precondition(mayChange(at: now), "stage \(stage) has not served its minimum green")
    guard target != stage else { return }
    next = target
    changeSince = now
  }

  /// Ends the change when its intervals are over. `hold` keeps the clearance up: vehicles still stand in the junction.
  public mutating func advance(to now: Instant, hold: Bool = false) {
    guard let target = next, now - changeSince >= yellow + redClearance, !hold else { return }
    stage = target
    next = nil
    greenSince = now
  }

  /// What the signal shows at `now`.
  public func state(at now: Instant) -> SignalState {
    guard let next else { return stages[stage] }
    return Self.transition(
      from: stages[stage], to: stages[next], elapsed: now - changeSince, yellow: yellow, holdsYellow: redClearance == .zero)
  }

  /// The state between two stages: links that close show yellow, then red; links that stay open keep their green.
  ///
  /// - Parameter holdsYellow: where some link stays open, the closing ones keep their yellow until the change ends, so that no stage
  ///   appears that the program does not know. Not where red clearance is owed.
  public static func transition(
    from: SignalState, to: SignalState, elapsed: TimeAmount, yellow: TimeAmount, holdsYellow: Bool = true
  ) -> SignalState {
    var state = from
    let overlap = holdsYellow && from.indications.indices.contains { from[$0].isGreen && to[$0].isGreen }
    for i in from.indications.indices {
      if from[i].isGreen {
        if !to[i].isGreen { state[i] = elapsed < yellow || overlap ? .yellow : .red }
      } else if from[i] != to[i] {
        state[i] = .red
      }
    }
    return state
  }
}
