import LinearAlgebra

/// A generalised least-squares problem with bounds:
///
///     minimise ½·Σ wᵢ(A·x − b)ᵢ² + ½·Σ pⱼ(x − x̂)ⱼ²   subject to   lower ≤ x ≤ upper
///
/// w are the inverse variances of the measurements b, p those of the prior x̂ (Cascetta 1984 for origin–destination flows). Sparse:
/// made for networks of tens of thousands of unknowns.
public struct BoundedLeastSquares: Sendable {
  /// A, m × n.
  public var design: SparseMatrix
  /// b.
  public var measurements: [Double]
  /// w ≥ 0, 1/variance.
  public var weights: [Double]
  /// x̂.
  public var prior: [Double]
  /// p ≥ 0, 1/variance; zero means no opinion.
  public var priorWeights: [Double]
  public var lower: [Double]
  public var upper: [Double]

  public init(
    design: SparseMatrix, measurements: [Double], weights: [Double]? = nil, prior: [Double]? = nil, priorWeights: [Double]? = nil,
    lower: [Double]? = nil, upper: [Double]? = nil
  ) {
    let (m, n) = (design.rows, design.columns)
    self.design = design
    self.measurements = measurements
    self.weights = weights ?? [Double](repeating: 1, count: m)
    self.prior = prior ?? [Double](repeating: 0, count: n)
    self.priorWeights = priorWeights ?? [Double](repeating: 0, count: n)
    self.lower = lower ?? [Double](repeating: 0, count: n)
    self.upper = upper ?? [Double](repeating: .infinity, count: n)
  }

  /// How the linear systems are solved.
  public enum Method: Sendable {
    /// By sparse factorisation of AᵀWA + diag(p): exact, and the better choice wherever the normal matrix is sparse.
    case factorization
    /// By conjugate gradients to this relative residual: no normal matrix is formed, for designs with long columns or rows.
    case conjugateGradient(tolerance: Double)
  }

  /// The objective at x.
  public func objective(_ x: [Double]) -> Double {
    let ax = design * x
    var sum = 0.0
    for i in ax.indices { sum += weights[i] * (ax[i] - measurements[i]) * (ax[i] - measurements[i]) }
    for j in x.indices { sum += priorWeights[j] * (x[j] - prior[j]) * (x[j] - prior[j]) }
    return 0.5 * sum
  }

  /// The objective's gradient at x.
  public func gradient(_ x: [Double]) -> [Double] {
    var r = design * x
    for i in r.indices { r[i] = weights[i] * (r[i] - measurements[i]) }
    var g = design.applied(to: r, .transposed)
    for j in g.indices { g[j] += priorWeights[j] * (x[j] - prior[j]) }
    return g
  }

  func checkShapes() {
    let (m, n) = (design.rows, design.columns)
    precondition(measurements.count == m && weights.count == m, "\(measurements.count) measurements and \(weights.count) weights for \(m)")
    precondition(prior.count == n && priorWeights.count == n && lower.count == n && upper.count == n, "vectors for \(n) unknowns")
    precondition(weights.allSatisfy { $0 >= 0 && $0.isFinite } && priorWeights.allSatisfy { $0 >= 0 && $0.isFinite }, "a negative weight")
    precondition(zip(lower, upper).allSatisfy { $0 <= $1 }, "a lower bound above its upper bound")
    precondition(design.isFinite && measurements.allSatisfy(\.isFinite) && prior.allSatisfy(\.isFinite), "A, b and the prior are finite")
  }
}

/// What solving a bounded least-squares problem gave.
public struct BoundedLeastSquaresSolution: Sendable {
  /// x, within its bounds.
  public let solution: [Double]
  /// The value of the objective.
  public let objective: Double
  /// Which unknowns lie strictly between their bounds.
  public let isFree: [Bool]
  /// How it went. The dual residual is the largest gradient component that no bound explains, relative to the largest at x = 0.
  public let report: SolverReport
}
