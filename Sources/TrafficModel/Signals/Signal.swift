/// A traffic-light controller. It is not a junction: one controller may run several, and a junction may meet several.
public struct Signal: Sendable {
  public var id: SignalID
  /// For each link index of the controller, the connections it rules; several may share an index, and an index may rule none.
  public var links: [[ConnectionID]]
  /// Programs in the source's order; the last one read is the one SUMO runs.
  public var programs: [SignalProgram]
  /// Rules the signal must obey, where the source or the user gave any beyond what the programs themselves show.
  public var constraints: TimingConstraints?

  public init(id: SignalID, links: [[ConnectionID]], programs: [SignalProgram], constraints: TimingConstraints? = nil) {
    self.id = id
    self.links = links
    self.programs = programs
    self.constraints = constraints
  }

  /// The program that runs where nobody chose another: the last one loaded, as in SUMO.
  public var activeProgram: SignalProgram? { programs.last }
}

/// A sequence of stages as a controller runs it: SUMO's `tlLogic`.
public struct SignalProgram: Hashable, Sendable, Codable {
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case fixedTime = "static", actuated, delayBased = "delay_based", ringBarrier = "NEMA", railSignal = "rail_signal", railCrossing =
      "rail_crossing"
    case off
  }
  public var id: String
  public var kind: Kind
  /// Shift of the cycle: stage 0 begins at clock times t with t ≡ offset modulo cycle.
  public var offset: TimeAmount
  public var stages: [Stage]
  /// Further settings in the source's spelling, kept for a lossless way back.
  public var parameters: [Parameter]

  /// A named setting; order is kept.
  public struct Parameter: Hashable, Sendable, Codable {
    public var key: String
    public var value: String
    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  public init(id: String, kind: Kind = .fixedTime, offset: TimeAmount = .zero, stages: [Stage], parameters: [Parameter] = []) {
    self.id = id
    self.kind = kind
    self.offset = offset
    self.stages = stages
    self.parameters = parameters
  }

  /// Sum of stage durations.
  public var cycle: TimeAmount { stages.reduce(.zero) { $0 + $1.duration } }
  public func parameter(_ key: String) -> String? { parameters.last { $0.key == key }?.value }

  /// The stage a fixed-time run of this program shows at `now`, and how long it has been showing.
  /// Nil for a program without stages or of zero cycle.
  public func stage(at now: Instant) -> (index: Int, elapsed: TimeAmount)? {
    let cycle = cycle.milliseconds
    guard cycle > 0 else { return nil }
    var within = (now.milliseconds - offset.milliseconds) % cycle
    if within < 0 { within += cycle }
    for (index, stage) in stages.enumerated() {
      if within < stage.duration.milliseconds { return (index, TimeAmount(milliseconds: within)) }
      within -= stage.duration.milliseconds
    }
    return nil
  }
}

/// One row of a program: what every link of the controller shows, and for how long. (UK usage calls this a stage as well; it is
/// not a NEMA phase, which is a set of movements timed together in a ring: see ``Phase``.)
public struct Stage: Hashable, Sendable, Codable {
  public var state: SignalState
  public var duration: TimeAmount
  /// Shortest and longest time an actuated controller shows the stage; nil where the source gives none.
  public var minimum: TimeAmount?
  public var maximum: TimeAmount?
  public var name: String?
  /// Indices of the stages that may follow; empty means the next in order.
  public var next: [Int]
  /// Actuated coordination and NEMA timing, in the source's attributes.
  public var earliestEnd: TimeAmount?
  public var latestEnd: TimeAmount?
  public var vehicleExtension: TimeAmount?
  public var yellow: TimeAmount?
  public var redClearance: TimeAmount?
  /// Further attributes in the source's spelling, kept for a lossless way back.
  public var attributes: [SignalProgram.Parameter]

  public init(
    state: SignalState, duration: TimeAmount, minimum: TimeAmount? = nil, maximum: TimeAmount? = nil, name: String? = nil, next: [Int] = [],
    earliestEnd: TimeAmount? = nil, latestEnd: TimeAmount? = nil, vehicleExtension: TimeAmount? = nil, yellow: TimeAmount? = nil,
    redClearance: TimeAmount? = nil, attributes: [SignalProgram.Parameter] = []
  ) {
    self.state = state
    self.duration = duration
    self.minimum = minimum
    self.maximum = maximum
    self.name = name
    self.next = next
    self.earliestEnd = earliestEnd
    self.latestEnd = latestEnd
    self.vehicleExtension = vehicleExtension
    self.yellow = yellow
    self.redClearance = redClearance
    self.attributes = attributes
  }
}
