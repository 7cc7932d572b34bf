/// What a signal must obey, whoever times it: data of each signal, checked by every part that makes, reads or runs a plan.
public struct TimingConstraints: Hashable, Sendable, Codable {
  /// Intervals of one link of the controller.
  public struct LinkLimits: Hashable, Sendable, Codable {
    public var minimumGreen: TimeAmount
    /// Nil: none.
    public var maximumGreen: TimeAmount?
    public var yellow: TimeAmount
    public var redClearance: TimeAmount
    /// Nobody waits longer than this.
    public var maximumRed: TimeAmount
    public var pedestrian: PedestrianTiming?
    public init(
      minimumGreen: TimeAmount, maximumGreen: TimeAmount? = nil, yellow: TimeAmount, redClearance: TimeAmount, maximumRed: TimeAmount,
      pedestrian: PedestrianTiming? = nil
    ) {
      self.minimumGreen = minimumGreen
      self.maximumGreen = maximumGreen
      self.yellow = yellow
      self.redClearance = redClearance
      self.maximumRed = maximumRed
      self.pedestrian = pedestrian
    }
  }

  /// A pair of foes that a shipped program shows green together: allowed because somebody said so, on the record.
  public struct Exception: Hashable, Sendable, Codable {
    public var first: Int
    public var second: Int
    public var reason: String
    public init(first: Int, second: Int, reason: String) {
      self.first = first
      self.second = second
      self.reason = reason
    }
  }

  /// One for each link index of the controller.
  public var links: [LinkLimits]
  public var conflicts: ConflictMatrix
  public var exceptions: [Exception]
  /// Permitted cycle, where the plan has one.
  public var minimumCycle: TimeAmount
  public var maximumCycle: TimeAmount

  public init(
    links: [LinkLimits], conflicts: ConflictMatrix, exceptions: [Exception] = [], minimumCycle: TimeAmount = .seconds(20),
    maximumCycle: TimeAmount = .seconds(180)
  ) {
    self.links = links
    self.conflicts = conflicts
    self.exceptions = exceptions
    self.minimumCycle = minimumCycle
    self.maximumCycle = maximumCycle
  }

  /// Pairs of `state` that conflict and are not excepted.
  public func conflicts(in state: SignalState) -> [(Int, Int)] {
    conflicts.conflicts(in: state).filter { pair in
      !exceptions.contains { ($0.first, $0.second) == pair || ($0.second, $0.first) == pair }
    }
  }
}

/// Something a plan does that its signal's rules forbid.
public struct PlanFinding: Hashable, Sendable, Codable {
  public enum Severity: String, Sendable, Codable { case error, warning, note }
  /// The rule that speaks; a stable word for machines.
  public enum Rule: String, Sendable, Codable, CaseIterable {
    case conflictingGreens, permissiveWithoutYield, missingYellow, shortYellow, shortRedClearance, shortGreen, longGreen, longRed
    case shortWalk, shortPedestrianClearance, neverGreen, stateLength, ringSum, barrierCrossed, cycleRange, cycleMismatch, wholeSeconds,
      signalOff
    case zeroCycle
  }
  public var severity: Severity
  public var rule: Rule
  /// External name of the controller.
  public var signal: String
  public var program: String
  /// Index of the stage or number of the phase; nil where the finding is about the whole program.
  public var stage: Int?
  /// Link indices of the controller.
  public var links: [Int]
  public var message: Message

  public init(severity: Severity, rule: Rule, signal: String, program: String, stage: Int? = nil, links: [Int] = [], message: Message) {
    self.severity = severity
    self.rule = rule
    self.signal = signal
    self.program = program
    self.stage = stage
    self.links = links
    self.message = message
  }
}

/// What an optimisation hands over: a program for each signal it timed, with the cycle they share.
public struct TimingPlan: Hashable, Sendable, Codable {
  public static let schemaVersion = 1
  public var name: String
  /// Common cycle of the coordinated signals, where they have one.
  public var cycle: TimeAmount?
  /// Sorted by signal.
  public var programs: [SignalTiming]

  public struct SignalTiming: Hashable, Sendable, Codable {
    public var signal: SignalID
    public var program: SignalProgram
    public init(signal: SignalID, program: SignalProgram) {
      self.signal = signal
      self.program = program
    }
  }

  public init(name: String, cycle: TimeAmount? = nil, programs: [SignalTiming]) {
    self.name = name
    self.cycle = cycle
    self.programs = programs.sorted { $0.signal < $1.signal }
  }

  public func program(for signal: SignalID) -> SignalProgram? { programs.first { $0.signal == signal }?.program }
}
