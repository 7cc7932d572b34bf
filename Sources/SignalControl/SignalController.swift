import TrafficModel

/// What a controller sees in one tick.
public struct ControlInputs: Sendable {
  /// Changes of detectors since the last tick, in order of time.
  public var detectorEvents: [DetectorEvent]
  /// Vehicles within range of a stop line, or inside a junction, at the time of the tick.
  public var vehicles: [VehicleReport]
  /// Somebody on foot asked for a phase since the last tick.
  public var pedestrianCalls: [PedestrianCall]
  /// Vehicles with priority that are on their way to a stop line now.
  public var priorityRequests: [PriorityRequest]

  public init(
    detectorEvents: [DetectorEvent] = [], vehicles: [VehicleReport] = [], pedestrianCalls: [PedestrianCall] = [],
    priorityRequests: [PriorityRequest] = []
  ) {
    self.detectorEvents = detectorEvents
    self.vehicles = vehicles
    self.pedestrianCalls = pedestrianCalls
    self.priorityRequests = priorityRequests
  }
}

/// A push button.
public struct PedestrianCall: Hashable, Sendable, Codable {
  public var signal: SignalID
  /// Number of the phase whose walk is wanted.
  public var phase: Int
  public init(signal: SignalID, phase: Int) {
    self.signal = signal
    self.phase = phase
  }
}

/// A vehicle that asks for green: repeated each tick until it has passed the stop line.
public struct PriorityRequest: Hashable, Sendable, Codable {
  public enum Level: String, Sendable, Codable {
    /// Buses and trams: greens are lengthened or brought forward within limits.
    case transit
    /// Fire engines, ambulances: the signal is theirs until they have passed.
    case emergency
  }
  public var signal: SignalID
  /// Link index of the movement it takes.
  public var link: Int
  public var level: Level
  /// Time until it reaches the stop line unhindered.
  public var arrival: TimeAmount
  /// Tells vehicles apart.
  public var key: UInt32
  public init(signal: SignalID, link: Int, level: Level, arrival: TimeAmount, key: UInt32) {
    self.signal = signal
    self.link = link
    self.level = level
    self.arrival = arrival
    self.key = key
  }
}

/// What one signal is asked to show.
public struct SignalCommand: Hashable, Sendable {
  public var signal: SignalID
  public var state: SignalState

  public init(signal: SignalID, state: SignalState) {
    self.signal = signal
    self.state = state
  }
}

/// Decides what signals show: a state machine on integer milliseconds, without input, output or a clock of its own.
///
/// Equal inputs at equal times give equal answers. A controller may run one signal or all of a city. What it answers is a wish: a
/// ``ConflictMonitor`` stands between it and the street.
public protocol SignalController: AnyObject {
  /// The signals it runs, ascending.
  var signals: [SignalID] { get }
  /// What each of `signals`, in that order, shall show from `now` until the next tick. `now` never decreases.
  func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand]
  /// Tells what the street shows before the first tick, to a controller that comes in mid-run. One that does not listen is led from there
  /// to its own beginning.
  func resume(_ shown: [SignalCommand], at now: Instant)
  /// Why signal `signal` shows what it shows: the options of the last decision and what each was thought to cost.
  func explain(_ signal: SignalID) -> DecisionExplanation?
}

extension SignalController {
  public func resume(_ shown: [SignalCommand], at now: Instant) {}
  public func explain(_ signal: SignalID) -> DecisionExplanation? { nil }
}
