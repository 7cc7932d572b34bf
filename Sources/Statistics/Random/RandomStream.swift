import Foundation

/// A sequence of random numbers named by (seed, stream): equal names give equal numbers on every machine and at any thread count,
/// different streams of one seed are independent.
///
/// ```swift
/// var arrivals = RandomStream(seed: 42, stream: 7)
/// let gap = arrivals.exponential(mean: 4.2)
/// ```
///
/// Common random numbers: give two strategies the same seed and let every source of chance (a link's arrivals, a driver) draw from
/// its own stream, and their difference loses most of its noise.
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// What all streams of one run share.
  public let seed: UInt64
  /// Which of them this is.
  public let stream: UInt64
  /// How many 128-bit blocks have been drawn.
  private var block: UInt64 = 0
  private var spare: UInt64?

  public init(seed: UInt64, stream: UInt64 = 0) {
    (self.seed, self.stream) = (seed, stream)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    if let value = spare {
      spare = nil
      return value
    }
    let words = Philox.words(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), UInt32(truncatingIfNeeded: stream),
        UInt32(truncatingIfNeeded: stream >> 32)),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    block &+= 1
    spare = UInt64(words.z) | UInt64(words.w) << 32
    return UInt64(words.x) | UInt64(words.y) << 32
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in [low, high).
  public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

  /// Uniform among 0 ..< n, by Lemire's multiplication without bias (ACM TOMACS 29, 2019).
  public mutating func integer(below n: Int) -> Int {
    precondition(n > 0, "a random integer below \(n)")
    let bound = UInt64(n)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// Normal, through the quantile function: one draw in, one number out, so streams stay aligned between variants of a run.
  public mutating func normal(mean: Double = 0, standardDeviation: Double = 1) -> Double {
    mean + standardDeviation * normalQuantile((Double(next() >> 11) + 0.5) * 0x1p-53)
  }

  /// Exponential, for the gaps of a Poisson process.
  public mutating func exponential(mean: Double) -> Double { -mean * log(1 - uniform()) }

  /// A Poisson count, by adding up the probabilities until they pass a uniform number; means above 500 in independent pieces,
  /// because exp(−mean) vanishes for large ones. O(mean).
  public mutating func poisson(mean: Double) -> Int {
    precondition(mean >= 0 && mean.isFinite, "a Poisson mean of \(mean)")
    var (total, remaining) = (0, mean)
    while remaining > 0 {
      let piece = min(remaining, 500)
      remaining -= piece
      var (left, term, count) = (uniform(), exp(-piece), 0)
      // Past the mean the terms fall; once they no longer change the sum, rounding has eaten what is left.
      while left > term, Double(count) < piece || term > 1e-18 {
        left -= term
        count += 1
        term *= piece / Double(count)
      }
      total += count
    }
    return total
  }

  /// A random order of 0 ..< n (Fisher–Yates).
  public mutating func permutation(_ n: Int) -> [Int] {
    var order = Array(0..<n)
    for i in stride(from: n - 1, to: 0, by: -1) { order.swapAt(i, integer(below: i + 1)) }
    return order
  }
}
