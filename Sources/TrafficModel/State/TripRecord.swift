/// What one vehicle experienced: the neutral form in which a street hands over finished, unfinished and never begun trips.
///
/// Vehicles still on the road at the end of a run, and those that never found room to enter, have a record too: leaving them out
/// would make a gridlock look good.
public struct TripRecord: Sendable, Hashable, Codable {
  public enum Ending: String, Sendable, Codable, CaseIterable {
    case arrived
    /// On the road when the run ended.
    case underway
    /// Still waiting to enter when the run ended.
    case neverInserted
  }

  /// External name; for a vehicle of a flow, the flow's name and a running number.
  public var name: String
  public var type: VehicleTypeID
  public var ending: Ending
  /// When the driver wanted to leave.
  public var planned: Instant
  /// When the vehicle entered; nil where it never did.
  public var departure: Instant?
  /// When it arrived; nil where it did not.
  public var arrival: Instant?
  /// First and last link of the route; `lastLink` of an unfinished trip is where it was seen last.
  public var firstLink: LinkID
  public var lastLink: LinkID
  public var departureLane: LaneID?
  public var arrivalLane: LaneID?
  /// Positions along those lanes [m] and speeds there [m/s].
  public var departurePosition: Double
  public var departureSpeed: Double
  public var arrivalPosition: Double
  public var arrivalSpeed: Double
  /// Time between planned and actual departure, or up to the run's end for a vehicle that never entered [s].
  public var departureDelay: Double
  /// Time from entering to arrival, or to the run's end [s]; 0 for a vehicle that never entered.
  public var duration: Double
  /// Way driven [m].
  public var length: Double
  /// Time lost against driving at the desired speed, scheduled stops not counted [s].
  public var timeLoss: Double
  /// Time spent below 0.1 m/s, scheduled stops not counted [s].
  public var waitingTime: Double
  /// Times the vehicle came to wait.
  public var stops: Int
  /// Time spent at scheduled stops [s].
  public var scheduledStopTime: Double
  public var speedFactor: Double
  public var reroutes: Int
  public var teleports: Int
  /// Fuel and pollutants over the whole trip.
  public var emissions: Emissions

  public init(
    name: String, type: VehicleTypeID, ending: Ending, planned: Instant, departure: Instant? = nil, arrival: Instant? = nil,
    firstLink: LinkID, lastLink: LinkID, departureLane: LaneID? = nil, arrivalLane: LaneID? = nil, departurePosition: Double = 0,
    departureSpeed: Double = 0, arrivalPosition: Double = 0, arrivalSpeed: Double = 0, departureDelay: Double = 0, duration: Double = 0,
    length: Double = 0, timeLoss: Double = 0, waitingTime: Double = 0, stops: Int = 0, scheduledStopTime: Double = 0,
    speedFactor: Double = 1, reroutes: Int = 0, teleports: Int = 0, emissions: Emissions = .zero
  ) {
    self.name = name
    self.type = type
    self.ending = ending
    self.planned = planned
    self.departure = departure
    self.arrival = arrival
    self.firstLink = firstLink
    self.lastLink = lastLink
    self.departureLane = departureLane
    self.arrivalLane = arrivalLane
    self.departurePosition = departurePosition
    self.departureSpeed = departureSpeed
    self.arrivalPosition = arrivalPosition
    self.arrivalSpeed = arrivalSpeed
    self.departureDelay = departureDelay
    self.duration = duration
    self.length = length
    self.timeLoss = timeLoss
    self.waitingTime = waitingTime
    self.stops = stops
    self.scheduledStopTime = scheduledStopTime
    self.speedFactor = speedFactor
    self.reroutes = reroutes
    self.teleports = teleports
    self.emissions = emissions
  }

  /// What the driver lost in all: on the road and before it [s].
  public var delay: Double { timeLoss + departureDelay }
}
