import Foundation

/// Lets each client have so many requests a second, with some to spare for bursts.
public final class RateLimiter: @unchecked Sendable {
  public struct Allowance: Sendable {
    public var perSecond: Double
    public var burst: Double
    public init(perSecond: Double, burst: Double) {
      self.perSecond = perSecond
      self.burst = burst
    }
  }
  private struct Bucket {
    var level: Double
    var time: UInt64
  }
  private let lock = NSLock()
  private var buckets: [String: Bucket] = [:]
  /// Clients remembered; beyond it those that are at rest are forgotten.
  private let limit = 10_000

  public init() {}

  /// Whether `client` may go on now.
  public func admits(_ client: String, _ allowance: Allowance, now: UInt64 = DispatchTime.now().uptimeNanoseconds) -> Bool {
    lock.lock()
    defer { lock.unlock() }
    if buckets.count > limit {
      buckets = buckets.filter { Double(now - min(now, $0.value.time)) / 1e9 * allowance.perSecond + $0.value.level < allowance.burst }
      if buckets.count > limit { buckets = [:] }
    }
    var bucket = buckets[client] ?? Bucket(level: allowance.burst, time: now)
    bucket.level = min(allowance.burst, bucket.level + Double(now - min(now, bucket.time)) / 1e9 * allowance.perSecond)
    bucket.time = now
    let isAdmitted = bucket.level >= 1
    if isAdmitted { bucket.level -= 1 }
    buckets[client] = bucket
    return isAdmitted
  }
}
