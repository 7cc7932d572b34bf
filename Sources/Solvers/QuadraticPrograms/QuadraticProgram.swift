import LinearAlgebra

/// A convex quadratic program
///
///     minimise ½·xᵀPx + qᵀx   subject to   lower ≤ A·x ≤ upper,   variableLower ≤ x ≤ variableUpper
///
/// ```swift
/// let program = QuadraticProgram(
///   quadratic: .diagonal([2, 2]), linear: [-2, -5], constraints: SparseMatrix(Matrix(rows: [[1, 2]])), lower: [-.infinity], upper: [3])
/// let answer = program.solve()   // answer.solution ≈ [0.2, 1.4]
/// ```
///
/// Equal bounds make an equation, infinite ones no constraint. A linear program has a P without entries.
public struct QuadraticProgram: Equatable, Sendable {
  /// P, n × n, symmetric positive semidefinite, both triangles stored.
  public var quadratic: SparseMatrix
  /// q.
  public var linear: [Double]
  /// A, m × n.
  public var constraints: SparseMatrix
  public var lower: [Double]
  public var upper: [Double]
  public var variableLower: [Double]
  public var variableUpper: [Double]

  public init(
    quadratic: SparseMatrix, linear: [Double], constraints: SparseMatrix? = nil, lower: [Double] = [], upper: [Double] = [],
    variableLower: [Double]? = nil, variableUpper: [Double]? = nil
  ) {
    let n = linear.count
    self.quadratic = quadratic
    self.linear = linear
    self.constraints = constraints ?? SparseMatrix(rows: 0, columns: n, triplets: [])
    self.lower = lower
    self.upper = upper
    self.variableLower = variableLower ?? [Double](repeating: -.infinity, count: n)
    self.variableUpper = variableUpper ?? [Double](repeating: .infinity, count: n)
  }

  /// The same problem over dense matrices.
  public init(
    quadratic: Matrix, linear: [Double], constraints: Matrix? = nil, lower: [Double] = [], upper: [Double] = [],
    variableLower: [Double]? = nil, variableUpper: [Double]? = nil
  ) {
    self.init(
      quadratic: SparseMatrix(quadratic), linear: linear, constraints: constraints.map { SparseMatrix($0) }, lower: lower, upper: upper,
      variableLower: variableLower, variableUpper: variableUpper)
  }

  /// ½·xᵀPx + qᵀx.
  public func objective(_ x: [Double]) -> Double { 0.5 * dot(x, quadratic * x) + dot(linear, x) }

  /// The largest violation of a constraint or bound at x.
  public func violation(_ x: [Double]) -> Double {
    let ax = constraints * x
    var worst = 0.0
    for i in ax.indices { worst = max(worst, lower[i] - ax[i], ax[i] - upper[i]) }
    for j in x.indices { worst = max(worst, variableLower[j] - x[j], x[j] - variableUpper[j]) }
    return worst
  }

  /// The largest component of Px + q + Aᵀy + w, zero at an optimum.
  public func stationarity(_ x: [Double], multipliers y: [Double], boundMultipliers w: [Double]) -> Double {
    var gradient = quadratic * x
    addScaled(1, linear, to: &gradient)
    addScaled(1, constraints.applied(to: y, .transposed), to: &gradient)
    addScaled(1, w, to: &gradient)
    return infinityNorm(gradient)
  }

  /// Shapes and numbers are the caller's to get right.
  func checkShapes() {
    let (n, m) = (linear.count, constraints.rows)
    precondition(quadratic.rows == n && quadratic.columns == n, "P is \(quadratic.rows) × \(quadratic.columns) for \(n) variables")
    precondition(constraints.columns == n, "A has \(constraints.columns) columns for \(n) variables")
    precondition(lower.count == m && upper.count == m, "\(lower.count) lower and \(upper.count) upper bounds for \(m) constraints")
    precondition(variableLower.count == n && variableUpper.count == n, "variable bounds for \(n) variables")
    precondition(quadratic.isFinite && constraints.isFinite && linear.allSatisfy(\.isFinite), "P, q and A are finite")
    precondition(!(lower + upper + variableLower + variableUpper).contains(where: \.isNaN), "a bound is no number")
  }
}

/// What solving a quadratic program gave.
public struct QuadraticSolution: Sendable {
  /// x. Where the problem is infeasible, the last iterate; see the certificates.
  public let solution: [Double]
  /// y, one a constraint: positive where the upper bound holds x back, negative where the lower does.
  public let multipliers: [Double]
  /// The same for the variables' own bounds.
  public let boundMultipliers: [Double]
  /// ½·xᵀPx + qᵀx.
  public let objective: Double
  /// How it went.
  public let report: SolverReport
  /// Where no point is feasible: multipliers (constraints, then variable bounds) with Aᵀy + w = 0 whose bounds add up to less than
  /// nothing, Σ upper·y⁺ − Σ lower·y⁻ < 0. Scaled to largest magnitude 1. Nil where a lower bound
  /// exceeds its own upper bound.
  public let infeasibilityCertificate: (constraints: [Double], bounds: [Double])?
  /// Where the objective is unbounded: a direction d with Pd = 0, qᵀd < 0 along which no bound is ever met. Largest magnitude 1.
  public let unboundedDirection: [Double]?
}

/// What to ask of the interior-point method.
public struct QuadraticSettings: Equatable, Sendable {
  /// Iterations at most.
  public var maximumIterations = 200
  /// Allowed residuals and gap, absolute, in the problem's units.
  public var absoluteTolerance = 1e-9
  /// Allowed residuals and gap relative to the size of what they are the difference of.
  public var relativeTolerance = 1e-9
  /// A certificate must leave no feasible point shorter than the inverse of this.
  public var infeasibilityTolerance = 1e-8
  /// Up to this many unknowns (variables and rows) the linear systems are solved as dense ones.
  public var denseLimit = 60

  public init() {}
}
