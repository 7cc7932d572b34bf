/// What happened on one link, or one lane, in one interval, as sums: means follow by division, and intervals add up exactly.
public struct LinkInterval: Sendable, Hashable, Codable {
  public var begin: Instant
  public var end: Instant
  public var link: LinkID
  /// The lane these figures are about; nil: all lanes of the link.
  public var lane: LaneID?
  /// Time vehicles spent here [veh·s].
  public var vehicleSeconds: Double = 0
  /// Way driven here [veh·m].
  public var vehicleMeters: Double = 0
  /// Time lost against the desired speed [veh·s].
  public var timeLoss: Double = 0
  /// Time below 0.1 m/s [veh·s].
  public var waitingTime: Double = 0
  /// Times a vehicle here came to wait.
  public var stops: Int = 0
  /// Vehicles that came in from another link, that went on to another, that began here and that ended here.
  public var entered: Int = 0
  public var left: Int = 0
  public var departed: Int = 0
  public var arrived: Int = 0
  public var laneChangesFrom: Int = 0
  public var laneChangesTo: Int = 0
  public var teleported: Int = 0
  /// Longest queue of standing vehicles on one lane: number and length [m].
  public var maximumQueue: Int = 0
  public var maximumQueueLength: Double = 0
  public var emissions: Emissions = .zero

  public init(begin: Instant, end: Instant, link: LinkID, lane: LaneID? = nil) {
    self.begin = begin
    self.end = end
    self.link = link
    self.lane = lane
  }

  /// Mean speed over space [m/s]; nil where nobody was.
  public var meanSpeed: Double? { vehicleSeconds > 0 ? vehicleMeters / vehicleSeconds : nil }
  /// Mean number of standing vehicles.
  public var meanQueue: Double { waitingTime / max((end - begin).seconds, 1e-3) }
  /// Vehicles that passed the end of the link or ended on it.
  public var served: Int { left + arrived }
}
