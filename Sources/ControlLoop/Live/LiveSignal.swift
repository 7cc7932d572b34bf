import TrafficModel

/// What the engine remembers of one lane before a signal.
struct LaneMemory: Sendable {
  var links: [Int]
  var storage: Double
  /// Vehicles waiting [veh].
  var queue = 0.0
  /// Arrival rate, smoothed over about two minutes [veh/s].
  var arrivalRate = 0.0
  /// Arrivals since the rate was last brought up to date.
  var recentArrivals = 0.0
  var lastDetection: Instant?
  var stopBarOccupied = false
  var stopBarFreeSince: Instant
  var arrivals = 0.0
  var departures = 0.0
  var queueSeconds = 0.0
  var arrivalsOnGreen = 0.0
}

/// What the engine remembers of one detector.
struct DetectorMemory: Sendable {
  enum Health: UInt8, Sendable { case silent, well, stuck, faulty }
  var lastHeard: Instant?
  var occupied = false
  var occupiedSince: Instant?
  var faulty = false
  var health = Health.silent
  /// Told as not well; its recovery is news.
  var isTold = false
}

/// What the engine remembers of one signal.
struct SignalMemory: Sendable {
  var transition: LinkTransitions
  var program: SignalProgram
  /// Index in the signal's list; nil for a program that was adopted while running.
  var programIndex: Int?
  /// Entry of the calendar under which the program was taken: when the calendar moves on, its program takes over.
  var calendarIndex = 0
  var pending: (program: SignalProgram, reason: Message)?
  /// Distinct serving stages of the program, and the times that go with each.
  var stages: [ServingStage] = []
  /// Stage that is served or being changed to.
  var target = 0
  var targetSince: Instant
  var level = ControlLevel.timeOfDay
  /// The first rise after a start is no recovery and need not wait.
  var hasRisen = false
  var wellSince: Instant?
  var orders: [LiveOrder] = []
  var lanes: [LaneMemory]
  var detectors: [Int]
  var hasLease = true
  var needsReadBack: Bool
  var acknowledged: SignalState?
  var unansweredSince: Instant?
  var isUnreachable = false
  var reason = Message("live.starting")
  var options: [LiveOption] = []
  var lastEntry: LiveDecision.Entry?
  var monitorTripped = false

  struct ServingStage: Sendable, Hashable {
    var state: SignalState
    var minimum: TimeAmount
    var maximum: TimeAmount
    /// Lanes with green in this stage.
    var lanes: [Int]
  }

  /// Takes over `program`, keeping the stage in service where the new program has it too.
  mutating func adopt(_ program: SignalProgram, index: Int?, constraints: TimingConstraints) {
    let served = stages.indices.contains(target) ? stages[target].state : nil
    self.program = program
    programIndex = index
    stages = []
    for stage in program.stages where stage.state.isServingStage && !stages.contains(where: { $0.state == stage.state }) {
      let least = stage.state.greens.map { constraints.links[$0].minimumGreen }.max() ?? .zero
      let minimum = max(least, stage.minimum ?? .zero)
      let longest = stage.maximum ?? TimeAmount(milliseconds: stage.duration.milliseconds * 3 / 2)
      stages.append(
        ServingStage(
          state: stage.state, minimum: minimum, maximum: max(minimum, longest),
          lanes: lanes.indices.filter { lane in lanes[lane].links.contains { stage.state[$0].isGreen } }))
    }
    target = stages.firstIndex { $0.state == served } ?? 0
  }
}

/// One way to go on that adaptive control weighed.
public struct LiveOption: Sendable, Hashable, Codable {
  /// Serving stage that follows; equal to the present one where it simply goes on.
  public var stage: Int
  /// Seconds from now at which the change would begin.
  public var after: Int
  /// Predicted time in queue over the horizon, all lanes together [veh·s].
  public var cost: Double
  public init(stage: Int, after: Int, cost: Double) {
    self.stage = stage
    self.after = after
    self.cost = cost
  }
}
