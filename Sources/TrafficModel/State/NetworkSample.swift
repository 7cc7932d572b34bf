/// The whole network at one moment: one row of a summary.
public struct NetworkSample: Sendable, Hashable, Codable {
  public var time: Instant
  /// Vehicles whose planned departure has come, that have entered, and that have arrived, since the beginning.
  public var loaded: Int = 0
  public var inserted: Int = 0
  public var arrived: Int = 0
  /// Vehicles on the road now, of them standing (below 0.1 m/s), and those waiting to enter.
  public var running: Int = 0
  public var halting: Int = 0
  public var waitingToEnter: Int = 0
  public var teleported: Int = 0
  /// Mean speed of the running vehicles [m/s]; 0 where there are none.
  public var meanSpeed: Double = 0
  /// Mean of speed over speed limit.
  public var meanRelativeSpeed: Double = 0

  public init(time: Instant) { self.time = time }
}

/// A controller began to show something else.
public struct SignalChange: Sendable, Hashable, Codable {
  public var time: Instant
  public var signal: SignalID
  public var state: SignalState
  /// Stage of the program, where one runs.
  public var stage: Int?

  public init(time: Instant, signal: SignalID, state: SignalState, stage: Int? = nil) {
    self.time = time
    self.signal = signal
    self.state = state
    self.stage = stage
  }
}
