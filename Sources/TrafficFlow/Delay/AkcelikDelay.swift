/// Akçelik's time-dependent delay: valid through saturation and beyond, for a flow period of finite length.
///
/// Flows in veh/s, times in s.
/// Source: R. Akçelik, *Traffic Signals: Capacity and Timing Analysis*, ARRB Research Report 123, 1981.
public struct AkcelikDelay: Sendable, Hashable {
  /// Degree of saturation x.
  public let degreeOfSaturation: Double
  /// Mean overflow queue N0 over the period [veh].
  public let overflowQueue: Double
  /// Average delay [s/veh].
  public let total: Double

  /// - Parameters:
  ///   - cycle: C [s].
  ///   - green: effective green g [s].
  ///   - saturationFlow: s [veh/s].
  ///   - demand: q [veh/s].
  ///   - period: length of the flow period T [s].
  public init(cycle: Double, green: Double, saturationFlow s: Double, demand q: Double, period T: Double) {
    precondition(cycle > 0 && green > 0 && green <= cycle && s > 0 && T > 0, "cycle \(cycle), green \(green), s \(s), T \(T)")
    let λ = green / cycle
    let capacity = s * λ
    let x = max(q, 0) / capacity
    // x0: below this degree of saturation the overflow queue is negligible; s·g counts vehicles a cycle.
    let x0 = 0.67 + s * green / 600
    let z = x - 1
    overflowQueue = x > x0 ? capacity * T / 4 * (z + (z * z + 12 * (x - x0) / (capacity * T)).squareRoot()) : 0
    degreeOfSaturation = x
    let uniform = 0.5 * cycle * (1 - λ) * (1 - λ) / (1 - λ * min(x, 1))
    // Vehicles wait for the overflow queue at the rate the signal serves it.
    total = uniform + (q > 0 ? overflowQueue / capacity : 0)
  }
}
