/// All that one run of a street leaves behind, for measures, pictures and reports. What was not recorded is empty.
public struct RunRecord: Sendable {
  public var begin: Instant
  public var end: Instant
  public var seed: UInt64
  /// Every planned vehicle, in the order of arrival, then those underway, then those never inserted.
  public var trips: [TripRecord] = []
  /// Sorted by begin, then link, then lane.
  public var links: [LinkInterval] = []
  public var samples: [NetworkSample] = []
  /// Sorted by time, then signal; the first of each signal stands at or before `begin`.
  public var signals: [SignalChange] = []
  /// Sorted by begin, then detector.
  public var detectors: [DetectorInterval] = []
  /// Those asked for.
  public var trajectories: [Trajectory] = []

  public init(begin: Instant, end: Instant, seed: UInt64) {
    self.begin = begin
    self.end = end
    self.seed = seed
  }
}
