import TrafficModel

/// What a controller sees in one tick.
public struct ControlInputs: Sendable {
  /// Changes of detectors since the last tick, in order of time.
  public var detectorEvents: [DetectorEvent]
  /// Vehicles within range of a stop line, or inside a junction, at the time of the tick.
  public var vehicles: [VehicleReport]

  public init(detectorEvents: [DetectorEvent] = [], vehicles: [VehicleReport] = []) {
    self.detectorEvents = detectorEvents
    self.vehicles = vehicles
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
  /// Why signal `signal` shows what it shows: the options of the last decision and what each was thought to cost.
  func explain(_ signal: SignalID) -> DecisionExplanation?
}

extension SignalController {
  public func explain(_ signal: SignalID) -> DecisionExplanation? { nil }
}

/// The options of a decision and their predicted cost.
public struct DecisionExplanation: Hashable, Sendable, Codable {
  public struct Option: Hashable, Sendable, Codable {
    /// Stage served after the present one, or the present one.
    public var stage: Int
    /// Seconds until the change begins; nil where the present stage simply goes on.
    public var after: Double?
    /// Predicted cost [veh·s], or the strategy's own measure where `unit` says so.
    public var cost: Double
    public init(stage: Int, after: Double?, cost: Double) {
      self.stage = stage
      self.after = after
      self.cost = cost
    }
  }
  public var time: Instant
  public var signal: SignalID
  public var presentStage: Int
  public var chosenStage: Int
  /// Ascending by cost.
  public var options: [Option]
  /// What `cost` counts.
  public var unit: String

  public init(time: Instant, signal: SignalID, presentStage: Int, chosenStage: Int, options: [Option], unit: String = "veh·s") {
    self.time = time
    self.signal = signal
    self.presentStage = presentStage
    self.chosenStage = chosenStage
    self.options = options
    self.unit = unit
  }
}
