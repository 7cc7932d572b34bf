/// The point closest to `target` on a budget: minimise ½·Σ wᵢ(xᵢ − aᵢ)² subject to Σ cᵢxᵢ = total, lower ≤ x ≤ upper.
///
/// This is how green times proposed by a feedback law are made to fill the cycle with every stage between its minimum and maximum
/// (Diakaki, Papageorgiou & Aboudolas 2002). Exact: xᵢ(λ) = clamp(aᵢ + λcᵢ/wᵢ) and Σ cᵢxᵢ(λ) is increasing and piecewise linear, so
/// the multiplier is found between sorted breakpoints. O(n log n).
public struct KnapsackProjection: Equatable, Sendable {
  /// x. Where the budget is out of reach, the corner nearest to meeting it.
  public let solution: [Double]
  /// The multiplier λ of the budget.
  public let multiplier: Double
  /// ``SolverStatus/optimal``, or ``SolverStatus/primalInfeasible`` where the bounds do not admit the total.
  public let status: SolverStatus

  /// - Parameters:
  ///   - target: a. - weights: w > 0, all 1 if nil. - coefficients: c > 0, all 1 if nil.
  ///   - lower, upper: bounds with lower ≤ upper, possibly infinite.
  public init(
    target: [Double], total: Double, lower: [Double], upper: [Double], weights: [Double]? = nil, coefficients: [Double]? = nil
  ) {
    let n = target.count
    let w = weights ?? [Double](repeating: 1, count: n)
    let c = coefficients ?? [Double](repeating: 1, count: n)
    precondition(lower.count == n && upper.count == n && w.count == n && c.count == n, "vectors of different length")
    precondition(w.allSatisfy { $0 > 0 } && c.allSatisfy { $0 > 0 }, "weights and coefficients are positive")
    precondition(zip(lower, upper).allSatisfy { $0 <= $1 }, "a lower bound above its upper bound")
    precondition(target.allSatisfy(\.isFinite) && total.isFinite, "target and total are finite")
    func point(_ λ: Double) -> [Double] { (0..<n).map { min(max(target[$0] + λ * c[$0] / w[$0], lower[$0]), upper[$0]) } }
    func sum(_ x: [Double]) -> Double { (0..<n).reduce(0) { $0 + c[$1] * x[$1] } }

    let (least, most) = (sum(lower), sum(upper))
    let slack = 1e-12 * max(1, total.magnitude)
    if total < least - slack || total > most + slack || n == 0 {
      solution = total < least ? lower : upper
      multiplier = total < least ? -.infinity : .infinity
      status = n == 0 && total == 0 ? .optimal : .primalInfeasible
      return
    }
    // Where an unknown leaves its lower bound or meets its upper one.
    var breakpoints: [Double] = []
    for i in 0..<n {
      for bound in [lower[i], upper[i]] where bound.isFinite { breakpoints.append((bound - target[i]) * w[i] / c[i]) }
    }
    breakpoints.sort()
    // The first breakpoint where the sum reaches the total.
    var (low, high) = (0, breakpoints.count)
    while low < high {
      let middle = (low + high) / 2
      if sum(point(breakpoints[middle])) < total { low = middle + 1 } else { high = middle }
    }
    // On the segment before it the sum is linear in λ.
    let left = low > 0 ? breakpoints[low - 1] : (breakpoints.first ?? 0) - 1
    let probe = low < breakpoints.count ? 0.5 * (left + breakpoints[low]) : left + 1
    var (fixed, slope) = (0.0, 0.0)
    for i in 0..<n {
      let x = target[i] + probe * c[i] / w[i]
      if x > lower[i] && x < upper[i] {
        fixed += c[i] * target[i]
        slope += c[i] * c[i] / w[i]
      } else {
        fixed += c[i] * min(max(x, lower[i]), upper[i])
      }
    }
    let λ = slope > 0 ? (total - fixed) / slope : left
    solution = point(λ)
    multiplier = λ
    status = .optimal
  }
}
