import Foundation

/// Control delay of a lane group by the Highway Capacity Manual: d = d1 + d2 + d3.
///
/// Flows in veh/s, times in s; the analysis period T in s as well (the manual writes it in hours).
/// Source: HCM, 7th edition, chapter 19: equations 19-15 to 19-27 and 19-44 to 19-49.
public struct HCMControlDelay: Sendable, Hashable {
  /// Uniform delay d1, progression included [s/veh].
  public var uniform: Double
  /// Incremental delay d2 [s/veh].
  public var incremental: Double
  /// Initial-queue delay d3 [s/veh].
  public var initialQueue: Double
  /// d1 + d2 + d3 [s/veh].
  public var total: Double { uniform + incremental + initialQueue }

  public init(uniform: Double, incremental: Double, initialQueue: Double = 0) {
    self.uniform = uniform
    self.incremental = incremental
    self.initialQueue = initialQueue
  }

  /// Share of vehicles arriving on green, P = Rp g/C, at most 1 (eq. 19-15).
  public static func proportionOnGreen(platoonRatio: Double, green: Double, cycle: Double) -> Double {
    min(1, platoonRatio * green / cycle)
  }

  /// Platoon ratio of arrival types 1 to 6 (exhibit 19-13).
  public static func platoonRatio(arrivalType: Int) -> Double {
    precondition((1...6).contains(arrivalType), "arrival type \(arrivalType)")
    return [0.33, 0.67, 1.0, 1.33, 1.67, 2.0][arrivalType - 1]
  }

  /// Uniform delay d1 = PF · 0.5 C (1 - g/C)² / (1 - min(1,X) g/C) (eqs. 19-19 to 19-21) [s/veh].
  ///
  /// - Parameter proportionOnGreen: P; nil for random arrivals (PF = 1).
  public static func uniform(cycle: Double, green: Double, volumeToCapacity X: Double, proportionOnGreen: Double? = nil) -> Double {
    let u = green / cycle
    guard u < 1 else { return 0 }
    let x = min(1, X)
    let d = 0.5 * cycle * (1 - u) * (1 - u) / (1 - x * u)
    guard let P = proportionOnGreen, u > 0 else { return d }
    let y = x * u
    let progression = (1 - P) / (1 - u) * (1 - y) / (1 - x * min(P, 1)) * (1 + y * (1 - P / u) / (1 - u))
    // With everyone arriving on green and X >= 1 the factor is 0/0; its limit is no uniform delay.
    return progression.isFinite ? max(0, progression) * d : 0
  }

  /// Incremental delay d2 (eq. 19-26) [s/veh].
  ///
  /// - Parameters:
  ///   - capacity: c [veh/s].
  ///   - period: T [s].
  ///   - factor: k, 0.5 for pretimed.
  ///   - filtering: I, 1 where the upstream signal is far, at least 0.09.
  public static func incremental(
    volumeToCapacity X: Double, capacity: Double, period: Double, factor k: Double = 0.5, filtering I: Double = 1
  ) -> Double {
    guard capacity > 0 else { return 0 }
    let T = period / 3600
    let c = capacity * 3600
    return 900 * T * ((X - 1) + ((X - 1) * (X - 1) + 8 * k * max(0.09, I) * X / (c * T)).squareRoot())
  }

  /// Incremental delay factor k of an actuated phase from passage time PT [s] and v/ca (eqs. 19-22, 19-23).
  public static func actuatedFactor(passageTime PT: Double, volumeToAvailableCapacity x: Double) -> Double {
    let kmin = max(0.04, -0.375 + 0.354 * PT - 0.0910 * PT * PT + 0.00889 * PT * PT * PT)
    return min(0.5, max(kmin, (1 - 2 * kmin) * (x - 0.5) + kmin))
  }

  /// Upstream filtering factor I = 1 - 0.91 Xu^2.68, at least 0.09 (eq. 19-6).
  public static func filtering(upstreamVolumeToCapacity Xu: Double) -> Double {
    max(0.09, 1 - 0.91 * pow(min(1, max(0, Xu)), 2.68))
  }

  /// Delay of an initial queue d3 and the queue left at the end (eqs. 19-44 to 19-49).
  ///
  /// - Parameters:
  ///   - queue: Qb, vehicles waiting as the period begins.
  ///   - demand: v [veh/s].
  ///   - capacity: c [veh/s].
  ///   - period: T [s].
  public static func initialQueue(
    queue Qb: Double, demand v: Double, capacity c: Double, period T: Double
  ) -> (delay: Double, finalQueue: Double) {
    let over = v >= c
    let tA = over ? T : min(c > v ? Qb / (c - v) : T, T)
    let Qe = Qb + tA * (v - c)
    guard Qb > 0, v > 0, T > 0, c > 0 else { return (0, max(0, over ? Qe : 0)) }
    let Qeo = over ? T * (v - c) : 0
    let area = tA * (Qb + Qe - Qeo) / 2 + (Qe * Qe - Qeo * Qeo) / (2 * c) - Qb * Qb / (2 * c)
    return (area / (v * T), Qe)
  }
}
