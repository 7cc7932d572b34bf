/// A sensor in or beside the road.
public struct Detector: Sendable, Hashable, Codable {
  public enum Kind: Sendable, Hashable, Codable {
    /// A loop at a point of a lane: SUMO's E1.
    case point(lane: LaneID, position: Double)
    /// A stretch of one or more consecutive lanes: SUMO's E2.
    case area(lanes: [LaneID], start: Double, end: Double)
    /// Gates in and out of an area: SUMO's E3.
    case entryExit(entries: [Gate], exits: [Gate])
  }
  public struct Gate: Sendable, Hashable, Codable {
    public var lane: LaneID
    public var position: Double
    public init(lane: LaneID, position: Double) {
      self.lane = lane
      self.position = position
    }
  }
  /// What the detector is for.
  public enum Role: String, Sendable, Codable { case stopBar, advance, mid, exit, entry, queue, count, unspecified }

  public var id: DetectorID
  public var name: String
  public var kind: Kind
  public var role: Role
  /// Length of aggregation intervals; nil: one interval over the whole run.
  public var period: TimeAmount?
  /// Where the source wants its output written, kept for compatibility.
  public var outputFile: String?
  /// Below this speed a vehicle counts as standing [m/s], and the time after which it does [s] (E2, E3).
  public var haltingSpeed: Double
  public var haltingTime: Double
  public var jamDistance: Double
  /// Controller and phase the detector calls, where known.
  public var signal: SignalID?
  public var phase: Int?

  public init(
    id: DetectorID, name: String, kind: Kind, role: Role = .unspecified, period: TimeAmount? = nil, outputFile: String? = nil,
    haltingSpeed: Double = 5 / 3.6, haltingTime: Double = 1, jamDistance: Double = 10, signal: SignalID? = nil, phase: Int? = nil
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.role = role
    self.period = period
    self.outputFile = outputFile
    self.haltingSpeed = haltingSpeed
    self.haltingTime = haltingTime
    self.jamDistance = jamDistance
    self.signal = signal
    self.phase = phase
  }
}

/// A detector changed its state.
public struct DetectorEvent: Sendable, Hashable, Codable {
  public enum Change: UInt8, Sendable, Codable {
    case off, on
    /// The detector reports that it is faulty, or well again.
    case fault, restored
  }
  public var time: Instant
  public var detector: DetectorID
  public var change: Change
  /// Speed of the vehicle where the sensor measures it [m/s]; NaN elsewhere.
  public var speed: Double

  public init(time: Instant, detector: DetectorID, change: Change, speed: Double = .nan) {
    self.time = time
    self.detector = detector
    self.change = change
    self.speed = speed
  }
}

/// What a connected vehicle tells the controller ahead while within range.
public struct VehicleReport: Sendable, Hashable, Codable {
  public var time: Instant
  public var link: LinkID
  public var lane: LaneID
  /// Front of the vehicle from the lane's start [m].
  public var position: Double
  /// [m/s]
  public var speed: Double
  /// [m]; the street's typical length where the vehicle does not say.
  public var length: Double
  /// The turn it signals at the next junction: the index of its connection at the controller; nil where it signals none.
  public var signalLink: Int?
  /// The controller of that junction, where the vehicle knows it.
  public var signal: SignalID?
  /// Tells vehicles of one approach apart; valid on that approach only and never stored.
  public var key: UInt32

  public init(
    time: Instant, link: LinkID, lane: LaneID, position: Double, speed: Double, length: Double, signalLink: Int?, key: UInt32,
    signal: SignalID? = nil
  ) {
    self.time = time
    self.link = link
    self.lane = lane
    self.position = position
    self.speed = speed
    self.length = length
    self.signalLink = signalLink
    self.signal = signal
    self.key = key
  }
}

/// What a detector saw over an interval, checked.
public struct Observation: Sendable, Hashable, Codable {
  /// How far the figures can be trusted.
  public enum Quality: String, Sendable, Codable { case measured, partial, imputed, rejected }
  public var detector: DetectorID
  public var begin: Instant
  public var end: Instant
  /// Vehicles counted.
  public var count: Double
  /// Share of the interval the detector was occupied, 0 to 1.
  public var occupancy: Double
  /// Mean speed [m/s]; NaN where not measured.
  public var speed: Double
  public var quality: Quality
  /// Variance of `count` [veh²].
  public var countVariance: Double

  public init(
    detector: DetectorID, begin: Instant, end: Instant, count: Double, occupancy: Double, speed: Double = .nan,
    quality: Quality = .measured,
    countVariance: Double? = nil
  ) {
    self.detector = detector
    self.begin = begin
    self.end = end
    self.count = count
    self.occupancy = occupancy
    self.speed = speed
    self.quality = quality
    self.countVariance = countVariance ?? max(count, 1)
  }

  /// [veh/s]
  public var flow: Flow { Flow(vehiclesPerSecond: count / max((end - begin).seconds, 0.001)) }
}
