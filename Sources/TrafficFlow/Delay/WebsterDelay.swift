import Foundation

/// Webster's average delay at a fixed-time signal, term by term, and his cycle.
///
/// ```swift
/// let delay = WebsterDelay(cycle: 60, green: 30, saturationFlow: 0.5, demand: 1.0 / 6)
/// delay.total  // 13.9 s
/// ```
///
/// Flows in veh/s, times in s. Valid below saturation (`degreeOfSaturation < 1`): the second term is the mean wait of a queue that
/// has had for ever to settle, so it has no value at or above it and `total` is then infinite.
/// Source: F. V. Webster, *Traffic Signal Settings*, Road Research Technical Paper 39, HMSO 1958.
public struct WebsterDelay: Sendable, Hashable {
  /// Degree of saturation x = qC / (sg).
  public let degreeOfSaturation: Double
  /// Delay were arrivals evenly spaced [s].
  public let uniform: Double
  /// Delay from random arrivals [s].
  public let random: Double
  /// Webster's fitted correction, negative [s].
  public let correction: Double

  /// Average delay [s/veh].
  public var total: Double { degreeOfSaturation < 1 ? uniform + random + correction : .infinity }
  /// The shortcut of nine tenths of the first two terms [s/veh].
  public var shortcut: Double { degreeOfSaturation < 1 ? 0.9 * (uniform + random) : .infinity }

  /// - Parameters:
  ///   - cycle: C [s].
  ///   - green: effective green g [s], 0 < g <= C.
  ///   - saturationFlow: s [veh/s].
  ///   - demand: q [veh/s].
  public init(cycle: Double, green: Double, saturationFlow: Double, demand: Double) {
    precondition(cycle > 0 && green > 0 && green <= cycle && saturationFlow > 0, "cycle \(cycle), green \(green), s \(saturationFlow)")
    let λ = green / cycle
    let q = max(demand, 0)
    let x = q / (λ * saturationFlow)
    degreeOfSaturation = x
    uniform = 0.5 * cycle * (1 - λ) * (1 - λ) / (1 - λ * min(x, 1))
    guard q > 0, x < 1 else {
      random = q > 0 ? .infinity : 0
      correction = 0
      return
    }
    random = x * x / (2 * q * (1 - x))
    correction = -0.65 * cbrt(cycle / (q * q)) * pow(x, 2 + 5 * λ)
  }
}

/// Webster's minimum-delay cycle and the splits that go with it.
public enum WebsterCycle {
  /// C0 = (1.5 L + 5) / (1 - Y) [s], or nil where the critical flow ratios sum to 1 or more and no cycle serves the demand.
  public static func length(lostTime: Double, criticalFlowRatios: [Double]) -> Double? {
    let Y = criticalFlowRatios.reduce(0, +)
    return Y < 1 ? (1.5 * lostTime + 5) / (1 - Y) : nil
  }

  /// Effective greens in proportion to flow ratios, filling the cycle less its lost time [s].
  /// With no demand at all the time is shared evenly.
  public static func greens(cycle: Double, lostTime: Double, criticalFlowRatios: [Double]) -> [Double] {
    let Y = criticalFlowRatios.reduce(0, +)
    let available = cycle - lostTime
    guard Y > 0 else { return criticalFlowRatios.map { _ in available / Double(criticalFlowRatios.count) } }
    return criticalFlowRatios.map { $0 / Y * available }
  }
}
