/// Who wants to travel: vehicle types, routes and departures, in the order they will leave.
public struct Demand: Sendable {
  public var vehicleTypes: [VehicleType] = []
  public var routes: [Route] = []
  /// Sorted by departure time; ties keep the source's order. Flows are expanded by the simulator, which owns the random stream.
  public var departures: [Departure] = []
  public var flows: [DepartureFlow] = []
  public var typeDistributions: [WeightedChoice<VehicleTypeID>] = []
  public var routeDistributions: [WeightedChoice<RouteID>] = []
  public var stoppingPlaces: [StoppingPlace] = []

  public var vehicleTypeNames = NameTable<VehicleType>()
  public var routeNames = NameTable<Route>()
  public var vehicleNames = NameTable<Departure>()
  public var stoppingPlaceNames = NameTable<StoppingPlace>()
  /// What the source contains that nobody simulates yet (`person`, `rerouter`, …), counted by kind.
  public var recognizedOnly: [String: Int] = [:]

  public init() {}
}

/// One of several, with weights that need not sum to 1.
public struct WeightedChoice<Value: Sendable>: Sendable {
  public var name: String
  public var values: [Value]
  public var weights: [Double]
  public init(name: String, values: [Value], weights: [Double]) {
    self.name = name
    self.values = values
    self.weights = weights
  }
}

/// A path through the network, link after link, with its scheduled stops.
public struct Route: Sendable, Hashable, Codable {
  public var links: [LinkID]
  public var stops: [ScheduledStop]
  public init(links: [LinkID], stops: [ScheduledStop] = []) {
    self.links = links
    self.stops = stops
  }
}

/// A stop a vehicle makes on its way.
public struct ScheduledStop: Sendable, Hashable, Codable {
  public var lane: LaneID
  /// Span of the lane in which the vehicle's front comes to rest [m].
  public var startPosition: Double
  public var endPosition: Double
  /// Shortest stay [s].
  public var duration: Double
  /// The vehicle does not leave before this time [s on the scenario clock], where given.
  public var until: Double?
  public var place: StoppingPlaceID?
  /// The vehicle leaves the lane while it stands.
  public var parking: Bool
  public init(
    lane: LaneID, startPosition: Double, endPosition: Double, duration: Double, until: Double? = nil, place: StoppingPlaceID? = nil,
    parking: Bool = false
  ) {
    self.lane = lane
    self.startPosition = startPosition
    self.endPosition = endPosition
    self.duration = duration
    self.until = until
    self.place = place
    self.parking = parking
  }
}

/// A named place to stop, such as a bus stop.
public struct StoppingPlace: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Codable { case busStop, trainStop, containerStop, chargingStation, parkingArea }
  public var name: String
  public var kind: Kind
  public var lane: LaneID
  /// [m] along the lane.
  public var startPosition: Double
  public var endPosition: Double
  public var lines: [String]
  public init(name: String, kind: Kind, lane: LaneID, startPosition: Double, endPosition: Double, lines: [String] = []) {
    self.name = name
    self.kind = kind
    self.lane = lane
    self.startPosition = startPosition
    self.endPosition = endPosition
    self.lines = lines
  }
}

/// A choice that is either made or left to the simulator's random stream at departure.
public enum Selection<Value: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
  case fixed(Value)
  /// Index into the demand's table of distributions.
  case distribution(Int)
}

/// One vehicle that will leave.
public struct Departure: Sendable {
  public var id: VehicleID
  public var type: Selection<VehicleTypeID>
  public var path: Path
  /// Planned departure.
  public var time: Instant
  public var attributes: DepartureAttributes
  /// Stops of the vehicle itself, beside those of its route.
  public var stops: [ScheduledStop]
  /// Public-transport line, where it runs one.
  public var line: String?

  public enum Path: Sendable, Hashable {
    case route(Selection<RouteID>)
    /// To be routed on travel time through the `via` links.
    case trip(from: LinkID, to: LinkID, via: [LinkID])
  }

  public init(
    id: VehicleID, type: Selection<VehicleTypeID>, path: Path, time: Instant, attributes: DepartureAttributes = .init(),
    stops: [ScheduledStop] = [], line: String? = nil
  ) {
    self.id = id
    self.type = type
    self.path = path
    self.time = time
    self.attributes = attributes
    self.stops = stops
    self.line = line
  }
}

/// Vehicles that leave in a stream.
public struct DepartureFlow: Sendable {
  public enum Rate: Sendable, Hashable {
    /// One vehicle every so many seconds [s].
    case period(Double)
    /// Exponential gaps with this rate [veh/s].
    case poisson(Double)
    /// A vehicle each second with this probability.
    case probability(Double)
    /// So many, evenly spread over the flow's time.
    case number(Int)
  }
  public var name: String
  public var type: Selection<VehicleTypeID>
  public var path: Departure.Path
  public var begin: Instant
  /// Nil where the flow is bounded by its number alone.
  public var end: Instant?
  public var rate: Rate
  /// At most so many vehicles, where given.
  public var limit: Int?
  public var attributes: DepartureAttributes
  public var stops: [ScheduledStop]
  public init(
    name: String, type: Selection<VehicleTypeID>, path: Departure.Path, begin: Instant, end: Instant?, rate: Rate, limit: Int? = nil,
    attributes: DepartureAttributes = .init(), stops: [ScheduledStop] = []
  ) {
    self.name = name
    self.type = type
    self.path = path
    self.begin = begin
    self.end = end
    self.rate = rate
    self.limit = limit
    self.attributes = attributes
    self.stops = stops
  }
}

/// How a vehicle enters and leaves: SUMO's `depart…` and `arrival…` attributes.
public struct DepartureAttributes: Sendable, Hashable {
  public enum DepartLane: Sendable, Hashable {
    case first, random, free, allowed, best, index(Int)
    /// As `best`, but not beyond the first lane whose last vehicle is faster: slow vehicles keep to the outer lanes (SUMO's `best_prob`).
    case bestBySpeed
  }
  public enum DepartPosition: Sendable, Hashable { case base, random, free, randomFree, last, stop, at(Double) }
  public enum DepartSpeed: Sendable, Hashable { case random, max, desired, speedLimit, last, average, at(Double) }
  public enum ArrivalPosition: Sendable, Hashable { case max, random, at(Double) }
  public enum ArrivalLane: Sendable, Hashable { case current, random, first, index(Int) }
  public enum ArrivalSpeed: Sendable, Hashable { case current, at(Double) }

  /// Defaults are those of SUMO 1.28.
  public var lane: DepartLane = .bestBySpeed
  public var position: DepartPosition = .base
  public var speed: DepartSpeed = .average
  public var arrivalLane: ArrivalLane = .current
  public var arrivalPosition: ArrivalPosition = .max
  public var arrivalSpeed: ArrivalSpeed = .current
  /// The vehicle's own speed factor, where given.
  public var speedFactor: Double?
  public init() {}
}

/// Trips between links or zones by time slice.
public struct ODMatrix: Sendable, Hashable, Codable {
  public static let schemaVersion = 1
  public var origins: [String]
  public var destinations: [String]
  /// Slice boundaries; one more than slices.
  public var boundaries: [Instant]
  /// Trips [veh] by slice, origin, destination: `trips[slice][origin * destinations.count + destination]`.
  public var trips: [[Double]]
  public init(origins: [String], destinations: [String], boundaries: [Instant], trips: [[Double]]) {
    self.origins = origins
    self.destinations = destinations
    self.boundaries = boundaries
    self.trips = trips
  }
}

/// Which part of a link's traffic takes which movement.
public struct TurningShares: Sendable, Hashable {
  /// Share 0 to 1 by movement; the shares of one link's movements sum to 1 where the link has traffic.
  public var share: [Double]
  public init(share: [Double]) { self.share = share }
  public subscript(_ movement: MovementID) -> Double { share[movement.index] }
}
