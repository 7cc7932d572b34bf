import Foundation
import TrafficModel

/// The time the live loop runs by: the world's, or faster.
public struct LiveClock: Sendable {
  /// Seconds of the loop's time in one of the world's.
  public var factor: Double
  public var start: Instant
  private let origin: UInt64

  /// Starts at `start`, which defaults to the present UTC time.
  public init(factor: Double = 1, start: Instant? = nil) {
    self.factor = factor
    self.start = start ?? Self.wall
    origin = DispatchTime.now().uptimeNanoseconds
  }

  /// UTC by the machine's clock.
  public static var wall: Instant { Instant(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded())) }

  public var now: Instant {
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - origin) / 1e6 * factor
    return Instant(milliseconds: start.milliseconds + Int64(elapsed))
  }

  /// Nanoseconds of the world's time until `instant`; negative when it has passed.
  public func nanoseconds(until instant: Instant) -> Double {
    let due = Double((instant - start).milliseconds) * 1e6 / factor
    return due - Double(DispatchTime.now().uptimeNanoseconds - origin)
  }
}

/// Times in fixed buckets, cheap enough for every request.
public struct LatencyHistogram: Sendable {
  /// Upper bounds [ms], each about a fifth above the one before.
  public static let bounds: [Double] = (0..<72).map { 0.05 * pow(1.2, Double($0)) }
  public private(set) var counts = [UInt64](repeating: 0, count: 73)
  public private(set) var total: UInt64 = 0
  public private(set) var sum = 0.0
  public private(set) var largest = 0.0

  public init() {}

  public mutating func add(_ milliseconds: Double) {
    let index = Self.bounds.firstIndex { milliseconds <= $0 } ?? 72
    counts[index] += 1
    total += 1
    sum += milliseconds
    largest = max(largest, milliseconds)
  }

  /// Upper bound of the bucket that holds the quantile [ms].
  public func quantile(_ q: Double) -> Double {
    guard total > 0 else { return .nan }
    let rank = UInt64((q * Double(total)).rounded(.up))
    var seen: UInt64 = 0
    for (index, count) in counts.enumerated() {
      seen += count
      if seen >= max(1, rank) { return index < 72 ? min(Self.bounds[index], largest) : largest }
    }
    return largest
  }
}
