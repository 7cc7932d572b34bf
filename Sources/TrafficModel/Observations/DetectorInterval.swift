/// What one detector measured over one interval, as SUMO reports it: the simulator fills it, writers and measures read it.
public struct DetectorInterval: Sendable, Hashable, Codable {
  public var detector: DetectorID
  public var begin: Instant
  public var end: Instant
  public var figures: Figures

  public enum Figures: Sendable, Hashable, Codable {
    case point(PointFigures)
    case area(AreaFigures)
    case entryExit(EntryExitFigures)
  }

  public init(detector: DetectorID, begin: Instant, end: Instant, figures: Figures) {
    self.detector = detector
    self.begin = begin
    self.end = end
    self.figures = figures
  }
}

/// A loop's interval (E1). Means over no vehicle are nil.
public struct PointFigures: Sendable, Hashable, Codable {
  /// Vehicles that passed the loop wholly, and those that came onto it.
  public var contributed = 0
  public var entered = 0
  /// Share of the interval in which a vehicle stood or drove on the loop, 0 to 1.
  public var occupancy = 0.0
  /// Arithmetic and harmonic mean of the speeds [m/s].
  public var meanSpeed: Double?
  public var harmonicMeanSpeed: Double?
  /// Mean vehicle length [m].
  public var meanLength: Double?
  public init() {}
}

/// A stretch's interval (E2).
public struct AreaFigures: Sendable, Hashable, Codable {
  /// Time vehicles spent on the stretch [veh·s].
  public var sampledSeconds = 0.0
  public var entered = 0
  public var left = 0
  /// Different vehicles seen.
  public var seen = 0
  /// [m/s]; nil where nobody was.
  public var meanSpeed: Double?
  /// Mean time lost against the desired speed, of the vehicles seen [s].
  public var meanTimeLoss: Double?
  /// Shares of the stretch covered by vehicles, 0 to 1.
  public var meanOccupancy = 0.0
  public var maximumOccupancy = 0.0
  /// Standing queues: the longest of each step, averaged, and the longest of all, in vehicles and metres; and their sums over steps.
  public var meanJamVehicles = 0.0
  public var meanJamMeters = 0.0
  public var maximumJamVehicles = 0
  public var maximumJamMeters = 0.0
  public var jamVehiclesSum = 0
  public var jamMetersSum = 0.0
  /// Standing spells that ended or go on, whole and within this interval only [s].
  public var meanHaltingDuration = 0.0
  public var maximumHaltingDuration = 0.0
  public var haltingDurationSum = 0.0
  public var meanIntervalHaltingDuration = 0.0
  public var maximumIntervalHaltingDuration = 0.0
  public var intervalHaltingDurationSum = 0.0
  /// Spells that began.
  public var startedHalts = 0
  public var meanVehicles = 0.0
  public var maximumVehicles = 0
  public init() {}
}

/// An area's interval between entries and exits (E3). Means over no vehicle are nil.
public struct EntryExitFigures: Sendable, Hashable, Codable {
  /// Vehicles that left in the interval.
  public var vehicles = 0
  /// From front over the entry to front over the exit, and to the rear over it [s].
  public var meanTravelTime: Double?
  public var meanOverlapTravelTime: Double?
  /// [m/s]
  public var meanSpeed: Double?
  public var meanHalts: Double?
  public var meanTimeLoss: Double?
  /// The vehicles inside when the interval ends.
  public var vehiclesWithin = 0
  public var meanSpeedWithin: Double?
  public var meanHaltsWithin: Double?
  public var meanDurationWithin: Double?
  public var meanIntervalSpeedWithin: Double?
  public var meanIntervalHaltsWithin: Double?
  public var meanIntervalDurationWithin: Double?
  public var meanTimeLossWithin: Double?
  public init() {}
}
