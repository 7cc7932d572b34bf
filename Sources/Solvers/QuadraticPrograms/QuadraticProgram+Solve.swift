import LinearAlgebra

extension QuadraticProgram {
  /// Solves the program by a primal–dual interior-point method on its homogeneous embedding, which either finds an optimum or a proof
  /// that there is none (Goulart & Chen, "Clarabel: an interior-point solver for conic programs with quadratic objectives", 2024).
  ///
  /// - Complexity: 10 to 30 factorisations of a sparse symmetric matrix of order variables + constraints.
  public func solve(_ settings: QuadraticSettings = QuadraticSettings()) -> QuadraticSolution {
    checkShapes()
    let began = ContinuousClock.now
    // A lower bound above its own upper bound is proof enough, and one that signed multipliers cannot express.
    if zip(lower, upper).contains(where: { $0 > $1 }) || zip(variableLower, variableUpper).contains(where: { $0 > $1 }) {
      return finished(.primalInfeasible, [Double](repeating: 0, count: linear.count), iterations: 0, began: began)
    }
    // P + ε is factored once to see that it does not curve downwards.
    let size = quadratic.values.reduce(0) { max($0, $1.magnitude) }
    if size > 0 {
      let lifted = quadratic + SparseMatrix.diagonal([Double](repeating: 1e-9 * size, count: linear.count))
      if (try? SparseLDLFactorization(lifted)) == nil {
        return finished(.notConvex, [Double](repeating: 0, count: linear.count), iterations: 0, began: began)
      }
    }
    var method = InteriorPoint(self, settings)
    let status = method.run()
    let form = method.form
    let x = form.point(method.x.map { $0 / method.τ })
    let (y, w) = form.multipliers(method.z.map { $0 / method.τ }, cost: form.costScale)
    switch status {
    case .primalInfeasible:
      var (cy, cw) = form.multipliers(method.z, cost: 1)
      let scale = max(infinityNorm(cy), infinityNorm(cw), Double.leastNormalMagnitude)
      cy = cy.map { $0 / scale }
      cw = cw.map { $0 / scale }
      return finished(status, x, y, w, iterations: method.iterations, began: began, infeasible: (cy, cw))
    case .dualInfeasible:
      let d = form.point(method.x)
      let scale = max(infinityNorm(d), Double.leastNormalMagnitude)
      return finished(status, x, y, w, iterations: method.iterations, began: began, direction: d.map { $0 / scale })
    default:
      return finished(status, x, y, w, iterations: method.iterations, began: began)
    }
  }

  private func finished(
    _ status: SolverStatus, _ x: [Double], _ y: [Double]? = nil, _ w: [Double]? = nil, iterations: Int, began: ContinuousClock.Instant,
    infeasible: ([Double], [Double])? = nil, direction: [Double]? = nil
  ) -> QuadraticSolution {
    let y = y ?? [Double](repeating: 0, count: constraints.rows)
    let w = w ?? [Double](repeating: 0, count: linear.count)
    let report = SolverReport(
      status: status, iterations: iterations, primalResidual: violation(x),
      dualResidual: stationarity(x, multipliers: y, boundMultipliers: w), gap: objective(x) - dualObjective(x, y, w),
      seconds: began.secondsAgo)
    return QuadraticSolution(
      solution: x, multipliers: y, boundMultipliers: w, objective: objective(x), report: report,
      infeasibilityCertificate: infeasible.map { ($0.0, $0.1) }, unboundedDirection: direction)
  }

  /// −½·xᵀPx − Σ(upper·y⁺ − lower·y⁻): a lower bound of the objective where x, y, w are stationary.
  func dualObjective(_ x: [Double], _ y: [Double], _ w: [Double]) -> Double {
    -0.5 * dot(x, quadratic * x) - Self.support(y, lower, upper) - Self.support(w, variableLower, variableUpper)
  }

  /// The largest value of yᵀv over lower ≤ v ≤ upper; multipliers of absent bounds count as rounding.
  static func support(_ y: [Double], _ lower: [Double], _ upper: [Double]) -> Double {
    var sum = 0.0
    for i in y.indices {
      let bound = y[i] > 0 ? upper[i] : lower[i]
      if bound.isFinite { sum += y[i] * bound }
    }
    return sum
  }
}
