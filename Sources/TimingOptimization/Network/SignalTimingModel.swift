import TrafficModel

/// One signal as a search sees it: the stages it may show and how it gets from one to the next within its rules.
public struct SignalTimingModel: Sendable {
  /// Greens that may be shown together.
  public struct Candidate: Sendable, Hashable {
    /// Link indices, ascending.
    public var greens: [Int]
    public var state: SignalState
    var members: SIMD4<UInt64>
    /// A shipped program shows it.
    public var isShipped: Bool
  }

  /// A step between two stages: what is shown and for how many whole seconds.
  public struct TransitionStep: Sendable, Hashable {
    public var seconds: Int
    public var state: SignalState
  }

  public let signal: SignalID
  public let name: String
  public let constraints: TimingConstraints
  public let rightOfWay: SignalRightOfWay
  /// Links that rule at least one connection.
  public let usedLinks: [Bool]
  /// What each link shows when it has no green: red, or the stop-then-proceed it came with.
  public let resting: [Indication]
  public private(set) var candidates: [Candidate] = []
  /// The program it came with, as stages; nil where that shows no green at all.
  public private(set) var shipped: StagePlan?
  public let shippedProgram: SignalProgram?
  private var lengths: [Int] = []
  /// Green each link needs [s].
  let minimumGreen: [Int]
  /// Yellow and red clearance of each link [s], and the links it must have cleared for.
  let yellow: [Int]
  let clearance: [Int]
  let conflicting: [SIMD4<UInt64>]

  var linkCount: Int { resting.count }

  public init(_ signal: Signal, in network: RoadNetwork) {
    let constraints = signal.constraints ?? TimingConstraints.derived(for: signal, in: network)
    self.init(
      signal: signal.id, name: network.name(signal.id), constraints: constraints, rightOfWay: SignalRightOfWay(of: signal, in: network),
      usedLinks: signal.links.map { !$0.isEmpty }, programs: signal.programs)
  }

  public init(
    signal: SignalID, name: String, constraints: TimingConstraints, rightOfWay: SignalRightOfWay, usedLinks: [Bool],
    programs: [SignalProgram]
  ) {
    self.signal = signal
    self.name = name
    self.constraints = constraints
    self.rightOfWay = rightOfWay
    self.usedLinks = usedLinks
    let n = usedLinks.count
    let readable = programs.filter { p in p.kind != .off && p.cycle > .zero && p.stages.allSatisfy { $0.state.count == n } }
    shippedProgram = readable.last
    resting = (0..<n).map { i in
      readable.contains { $0.stages.contains { $0.state[i] == .stopThenProceed } } ? .stopThenProceed : .red
    }
    minimumGreen = constraints.links.map { limits in
      var needed = limits.minimumGreen
      if let pedestrian = limits.pedestrian { needed = max(needed, pedestrian.walk + pedestrian.clearance) }
      return Self.wholeSeconds(needed)
    }
    yellow = constraints.links.map { Self.wholeSeconds($0.yellow) }
    clearance = constraints.links.map {
      $0.redClearance > .zero ? Self.wholeSeconds($0.yellow + $0.redClearance) - Self.wholeSeconds($0.yellow) : 0
    }
    conflicting = (0..<n).map { i in
      var set = SIMD4<UInt64>.zero
      for j in 0..<min(n, 256) where j != i && constraints.conflicts[i, j] == .conflict { set.insert(j) }
      return set
    }
    let members = (0..<n).filter { usedLinks[$0] }
    var shippedStages: [(Int, Int)] = []
    for program in readable {
      var stages: [(Int, Int)] = []
      for stage in program.stages where stage.state.isServingStage {
        let greens = stage.state.greens.filter { usedLinks[$0] }
        guard !greens.isEmpty else { continue }
        let index = add(greens, shipped: true)
        let seconds = max(1, Int((stage.duration.seconds).rounded()))
        if let last = stages.last, last.0 == index {
          stages[stages.count - 1].1 += seconds
        } else {
          stages.append((index, seconds))
        }
      }
      shippedStages = stages
    }
    for sets in [
      CompatibleStages.maximalSets(count: n, members: members) { constraints.conflicts[$0, $1] != .conflict },
      CompatibleStages.maximalSets(count: n, members: members) { !rightOfWay.foes[$0][$1] },
    ] {
      for greens in sets { _ = add(greens, shipped: false) }
    }
    tabulateLengths()
    if let program = shippedProgram, shippedStages.count > 1 {
      shipped = StagePlan(
        offset: Int((program.offset.seconds).rounded()), stages: shippedStages.map { .init(candidate: $0.0, seconds: $0.1) })
    }
  }

  private mutating func add(_ greens: [Int], shipped: Bool) -> Int {
    if let known = candidates.firstIndex(where: { $0.greens == greens }) { return known }
    var set = SIMD4<UInt64>.zero
    for i in greens where i < 256 { set.insert(i) }
    candidates.append(Candidate(greens: greens, state: state(greens: greens), members: set, isShipped: shipped))
    return candidates.count - 1
  }

  func state(greens: [Int]) -> SignalState {
    rightOfWay.state(greens: greens, resting: resting) { constraints.allowsBothProtected($0, $1) }
  }

  /// Yellow and red clearance between two stages; empty where no green ends.
  ///
  /// Links whose green goes on keep it. All new greens begin together once every ending link has cleared.
  public func transition(from a: Int, to b: Int) -> [TransitionStep] {
    let from = candidates[a]
    let to = candidates[b]
    let ending = from.greens.filter { !to.members.contains($0) }
    guard !ending.isEmpty else { return [] }
    let starting = to.greens.filter { !from.members.contains($0) }
    var length = 0
    var yellowEnds: [Int: Int] = [:]
    for i in ending {
      let limits = constraints.links[i]
      let yellow = Self.wholeSeconds(limits.yellow)
      yellowEnds[i] = yellow
      let clears = starting.contains { constraints.conflicts[i, $0] == .conflict }
      length = max(length, clears ? Self.wholeSeconds(limits.yellow + limits.redClearance) : yellow)
    }
    var steps: [TransitionStep] = []
    var clock = 0
    for end in Set(yellowEnds.values).union([length]).sorted() where end > clock {
      var state = SignalState(resting)
      for i in from.greens {
        if let until = yellowEnds[i] {
          if clock < until { state[i] = .yellow }
        } else {
          state[i] = from.state[i]
        }
      }
      steps.append(TransitionStep(seconds: end - clock, state: state))
      clock = end
    }
    return steps
  }

  func transitionLength(from a: Int, to b: Int) -> Int {
    lengths.isEmpty ? transition(from: a, to: b).reduce(0) { $0 + $1.seconds } : lengths[a * candidates.count + b]
  }

  /// Lengths of all transitions, where there are few enough candidates to know them beforehand.
  private mutating func tabulateLengths() {
    let n = candidates.count
    guard n <= 96 else { return }
    let table = (0..<(n * n)).map { k in transition(from: k / n, to: k % n).reduce(0) { $0 + $1.seconds } }
    lengths = table
  }

  static func wholeSeconds(_ t: TimeAmount) -> Int { Int((t.milliseconds + 999) / 1000) }
}
