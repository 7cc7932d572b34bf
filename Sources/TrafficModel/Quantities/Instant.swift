/// A point on the scenario clock, in whole milliseconds.
///
/// The scenario clock is monotonic and knows nothing of time zones, leap seconds or daylight saving: those belong to
/// ``ScenarioClock``, which maps an instant to UTC and local time for people. Integer milliseconds make equality, ordering and
/// replay exact.
public struct Instant: Hashable, Comparable, Sendable, Codable {
  /// Milliseconds since the scenario's zero [ms].
  public var milliseconds: Int64

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Rounds to the nearest millisecond. Precondition: `seconds` is finite and within ±2⁵³ ms.
  public init(seconds: Double) {
    precondition(abs(seconds) < 9.0e12, "an instant must be finite and within 9e12 s, not \(seconds)")
    milliseconds = Int64((seconds * 1000).rounded())
  }

  public static let zero = Instant(milliseconds: 0)

  /// Seconds since the scenario's zero [s].
  public var seconds: Double { Double(milliseconds) / 1000 }

  public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }
  public static func + (a: Instant, b: TimeAmount) -> Instant { Instant(milliseconds: a.milliseconds + b.milliseconds) }
  public static func - (a: Instant, b: TimeAmount) -> Instant { Instant(milliseconds: a.milliseconds - b.milliseconds) }
  public static func - (a: Instant, b: Instant) -> TimeAmount { TimeAmount(milliseconds: a.milliseconds - b.milliseconds) }
  public static func += (a: inout Instant, b: TimeAmount) { a.milliseconds += b.milliseconds }

  public init(from decoder: any Decoder) throws { milliseconds = try decoder.singleValueContainer().decode(Int64.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}

/// A length of time, in whole milliseconds. Points and lengths are different types, so that adding two instants does not compile.
public struct TimeAmount: Hashable, Comparable, Sendable, Codable {
  /// Length [ms]; may be negative.
  public var milliseconds: Int64

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Rounds to the nearest millisecond. Precondition: `seconds` is finite and within ±9·10¹² s.
  public init(seconds: Double) {
    precondition(abs(seconds) < 9.0e12, "a time amount must be finite and within 9e12 s, not \(seconds)")
    milliseconds = Int64((seconds * 1000).rounded())
  }

  public static func seconds(_ seconds: Double) -> TimeAmount { TimeAmount(seconds: seconds) }
  public static func milliseconds(_ milliseconds: Int64) -> TimeAmount { TimeAmount(milliseconds: milliseconds) }
  public static func minutes(_ minutes: Double) -> TimeAmount { TimeAmount(seconds: minutes * 60) }
  public static let zero = TimeAmount(milliseconds: 0)

  /// Length [s].
  public var seconds: Double { Double(milliseconds) / 1000 }

  public static func < (a: TimeAmount, b: TimeAmount) -> Bool { a.milliseconds < b.milliseconds }
  public static func + (a: TimeAmount, b: TimeAmount) -> TimeAmount { TimeAmount(milliseconds: a.milliseconds + b.milliseconds) }
  public static func - (a: TimeAmount, b: TimeAmount) -> TimeAmount { TimeAmount(milliseconds: a.milliseconds - b.milliseconds) }
  public static func += (a: inout TimeAmount, b: TimeAmount) { a.milliseconds += b.milliseconds }
  public static func * (a: TimeAmount, b: Int64) -> TimeAmount { TimeAmount(milliseconds: a.milliseconds * b) }
  public static prefix func - (a: TimeAmount) -> TimeAmount { TimeAmount(milliseconds: -a.milliseconds) }

  public init(from decoder: any Decoder) throws { milliseconds = try decoder.singleValueContainer().decode(Int64.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}

/// How the scenario clock maps to the world's: scenario data, never guessed.
public struct ScenarioClock: Hashable, Sendable, Codable {
  /// UTC of the scenario's zero, in milliseconds since 1970-01-01T00:00:00Z.
  public var utcAtZero: Int64
  /// IANA time zone, for example `Europe/Berlin`, in which people read the clock.
  public var timeZone: String

  public init(utcAtZero: Int64, timeZone: String) {
    self.utcAtZero = utcAtZero
    self.timeZone = timeZone
  }

  /// Milliseconds since 1970-01-01T00:00:00Z at `instant`.
  public func utcMilliseconds(at instant: Instant) -> Int64 { utcAtZero + instant.milliseconds }

  /// The scenario instant of a UTC time given in milliseconds since 1970-01-01T00:00:00Z.
  public func instant(utcMilliseconds: Int64) -> Instant { Instant(milliseconds: utcMilliseconds - utcAtZero) }
}
