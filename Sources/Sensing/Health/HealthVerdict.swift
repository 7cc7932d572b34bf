import TrafficModel

/// What is wrong with a detector.
public enum HealthReason: String, Sendable, Codable, CaseIterable {
  /// Too few samples arrived.
  case missing
  case stuckOn, stuckOff
  /// Many short pulses where one vehicle passed.
  case chattering
  /// Counts move away from what neighbours and history say, slowly or at once.
  case drifting
  /// Time occupied for each vehicle does not fit: a vehicle of impossible length.
  case inconsistent
  /// The same figures again and again.
  case frozen
  /// More vehicles than a lane can carry.
  case impossible
  /// The controller itself says so (codes 84 to 88).
  case reported
}

/// A detector is not to be trusted: why, how sure, and since when.
public struct HealthVerdict: Sendable, Hashable, Codable {
  public var detector: DetectorID
  public var reason: HealthReason
  /// Begin of the evidence.
  public var since: Instant
  /// When the verdict was reached.
  public var found: Instant
  /// When the detector was well again; nil while it is not.
  public var until: Instant?
  /// The figure that decided, and the limit it passed.
  public var value: Double
  public var limit: Double

  public init(
    detector: DetectorID, reason: HealthReason, since: Instant, found: Instant, until: Instant? = nil, value: Double, limit: Double
  ) {
    self.detector = detector
    self.reason = reason
    self.since = since
    self.found = found
    self.until = until
    self.value = value
    self.limit = limit
  }

  /// The verdict as a sentence.
  public func message(name: String) -> Message {
    Message(
      "health." + reason.rawValue,
      [name, clockText(since), String((value * 100).rounded() / 100), String((limit * 100).rounded() / 100)])
  }
}

/// Hours and minutes of an instant on its own clock's day.
func clockText(_ instant: Instant) -> String {
  let minutes = ((instant.milliseconds / 60_000) % 1440 + 1440) % 1440
  let h = minutes / 60, m = minutes % 60
  return (h < 10 ? "0" : "") + String(h) + ":" + (m < 10 ? "0" : "") + String(m)
}
