/// What is believed about the traffic at one moment, with how sure it is.
public struct TrafficState: Sendable {
  public var time: Instant
  /// Flow into each link [veh/s]; same order as the network's links.
  public var flow: [Double]
  /// Variance of `flow` [(veh/s)²].
  public var flowVariance: [Double]
  /// Vehicles queued at the end of each lane [veh].
  public var queue: [Double]
  public var queueVariance: [Double]
  /// Share of each movement in its link's outflow.
  public var turningShare: [Double]
  public var turningShareVariance: [Double]

  public init(time: Instant, links: Int, lanes: Int, movements: Int) {
    self.time = time
    flow = [Double](repeating: 0, count: links)
    flowVariance = flow
    queue = [Double](repeating: 0, count: lanes)
    queueVariance = queue
    turningShare = [Double](repeating: 0, count: movements)
    turningShareVariance = turningShare
  }
}

/// The way one vehicle took, as the simulator recorded it.
public struct Trajectory: Sendable, Hashable {
  public struct Sample: Sendable, Hashable {
    public var time: Instant
    public var lane: LaneID
    /// Front of the vehicle from the lane's start [m].
    public var position: Double
    /// [m/s]
    public var speed: Double
    public init(time: Instant, lane: LaneID, position: Double, speed: Double) {
      self.time = time
      self.lane = lane
      self.position = position
      self.speed = speed
    }
  }
  public var vehicle: VehicleID
  /// As the demand names it, and its type, where known.
  public var name = ""
  public var type: VehicleTypeID?
  public var samples: [Sample]
  public init(vehicle: VehicleID, samples: [Sample]) {
    self.vehicle = vehicle
    self.samples = samples
  }
}
