/// How a platoon spreads between two signals: each vehicle keeps near the mean travel time, the tail stretches geometrically.
///
/// ```swift
/// let dispersion = RobertsonDispersion(travelTime: 20, step: 1)
/// let arrivals = dispersion.arrivals(departures: pulse, count: 60)
/// ```
///
/// q2(i + lag) = F q1(i) + (1 - F) q2(i + lag - 1). Rates in any unit per step; times in s.
/// Source: D. I. Robertson, *TRANSYT: a traffic network study tool*, RRL Report LR 253, 1969.
public struct RobertsonDispersion: Sendable, Hashable {
  /// Smoothing factor F, 0 < F <= 1.
  public let smoothing: Double
  /// Steps before the first vehicle of a platoon arrives.
  public let lag: Int

  public init(smoothing: Double, lag: Int) {
    precondition(smoothing > 0 && smoothing <= 1 && lag >= 0, "F \(smoothing), lag \(lag)")
    self.smoothing = smoothing
    self.lag = lag
  }

  /// F = 1 / (1 + αβT) with T in steps, lag βT (Robertson's α = 0.35 and β = 0.8 unless told).
  ///
  /// - Parameters:
  ///   - travelTime: mean cruise time of the link [s].
  ///   - step: [s].
  public init(travelTime: Double, step: Double, alpha: Double = 0.35, beta: Double = 0.8) {
    let T = travelTime / step
    self.init(smoothing: 1 / (1 + alpha * beta * T), lag: Int((beta * T).rounded()))
  }

  /// Parameters from the mean and spread of measured travel times.
  ///
  /// β = [2T + n - √(n² + 4σ²)] / 2T, α = (1 - β)/β, F = n[√(n² + 4σ²) - n] / 2σ², n the step.
  /// Source: L. Yu and M. Van Aerde's calibration of Robertson's model.
  ///
  /// - Parameters:
  ///   - mean: T [s].
  ///   - deviation: σ > 0 [s].
  ///   - step: n [s].
  public static func calibrated(mean T: Double, deviation σ: Double, step n: Double) -> (alpha: Double, beta: Double, smoothing: Double) {
    precondition(T > 0 && σ > 0 && n > 0, "T \(T), σ \(σ), n \(n)")
    let root = (n * n + 4 * σ * σ).squareRoot()
    let beta = (2 * T + n - root) / (2 * T)
    return ((1 - beta) / beta, beta, n * (root - n) / (2 * σ * σ))
  }

  /// The Highway Capacity Manual's smoothing: F = 1 / (1 + 0.138 t_R + 0.315/d), lag t_R - 1/F + 1.25 steps (eqs. 30-11, 30-12).
  ///
  /// - Parameters:
  ///   - runningTime: t_R [steps].
  ///   - step: d [s a step].
  public static func highwayCapacityManual(runningTime: Double, step: Double) -> RobertsonDispersion {
    let F = 1 / (1 + 0.138 * runningTime + 0.315 / step)
    return RobertsonDispersion(smoothing: F, lag: max(0, Int((runningTime - 1 / F + 1.25).rounded())))
  }

  /// Arrivals of a single platoon, `count` steps from its first departure on.
  public func arrivals(departures: [Double], count: Int) -> [Double] {
    var result = [Double](repeating: 0, count: count)
    var previous = 0.0
    for i in 0..<count {
      let from = i - lag
      let q = from >= 0 && from < departures.count ? departures[from] : 0
      previous = smoothing * q + (1 - smoothing) * previous
      result[i] = i >= lag ? previous : 0
    }
    return result
  }

  /// Arrivals where departures repeat every cycle. As many arrive as depart.
  ///
  /// The recursion over an infinite past is started from its own fixed point, so one pass suffices.
  public func cyclicArrivals(departures: [Double]) -> [Double] {
    let n = departures.count
    precondition(n > 0, "empty profile")
    let keep = 1 - smoothing
    var wrapped = 0.0
    var power = 1.0
    for i in 0..<n {
      wrapped = smoothing * departures[i] + keep * wrapped
      power *= keep
    }
    var previous = wrapped / (1 - power)
    var result = [Double](repeating: 0, count: n)
    for i in 0..<n {
      previous = smoothing * departures[i] + keep * previous
      result[(i + lag) % n] = previous
    }
    return result
  }
}
