#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Travel time over a link from cumulative counts at its ends: first in, first out, so the n-th out is the n-th in.
public struct CumulativeTravelTime: Sendable {
  /// Mean and standard error over vehicles that left in [from, to) [s]; nil without any.
  ///
  /// `entries` and `exits` are times [s], ascending; `initial` vehicles stood on the link before the first entry. Overtaking leaves the mean
  /// unchanged and only widens the spread.
  public static func mean(
    entries: [Double], exits: [Double], initial: Int = 0, from: Double = -.infinity, to: Double = .infinity
  ) -> (mean: Double, standardError: Double, vehicles: Int)? {
    var sum = 0.0, squares = 0.0, n = 0
    for (k, out) in exits.enumerated() where out >= from && out < to {
      let j = k - initial
      guard entries.indices.contains(j) else { continue }
      let t = max(0, out - entries[j])
      sum += t
      squares += t * t
      n += 1
    }
    guard n > 0 else { return nil }
    let mean = sum / Double(n)
    let variance = max(0, squares / Double(n) - mean * mean)
    return (mean, (variance / Double(n)).squareRoot(), n)
  }
}

/// Suspicion of an incident between two stations: flow falls and occupancy rises upstream while it falls downstream.
///
/// A cumulative sum over the difference of occupancies against its usual value (after the California algorithms), so that a short platoon
/// raises no alarm and a lasting difference does whatever its size.
public struct IncidentSuspicion: Sendable {
  /// Usual difference of occupancy (upstream − downstream) and its standard deviation.
  public let usual: Double
  public let spread: Double
  /// Shift looked for, in standard deviations, and evidence needed.
  public let shift: Double
  public let limit: Double
  public private(set) var evidence = 0.0
  /// When the evidence began to rise [s].
  public private(set) var since: Double?

  public init(usual: Double, spread: Double, shift: Double = 2, limit: Double = 12) {
    precondition(spread > 0, "a spread of \(spread)")
    self.usual = usual
    self.spread = spread
    self.shift = shift
    self.limit = limit
  }

  /// Takes one interval; returns whether an incident is suspected.
  public mutating func take(upstream: Double, downstream: Double, at time: Double) -> Bool {
    let z = min(8, (upstream - downstream - usual) / spread)
    if evidence <= 0 { since = time }
    evidence = min(2 * limit, max(0, evidence + shift * z - shift * shift / 2))
    if evidence <= 0 { since = nil }
    return evidence > limit
  }
}
