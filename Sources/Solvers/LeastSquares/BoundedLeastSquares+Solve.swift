import LinearAlgebra

extension BoundedLeastSquares {
  /// Solves the problem by block principal pivoting: guess which unknowns sit at a bound, solve for the rest, exchange all that are
  /// on the wrong side, and fall back on exchanging only the last of them when the count of wrong ones stops falling, which is
  /// finite (Portugal, Júdice & Vicente, Math. Comp. 63, 1994). Usually fewer than ten solves.
  ///
  /// - Throws: ``FactorizationError/notPositiveDefinite(order:)`` where measurements and prior do not determine the free unknowns.
  public func solve(_ method: Method = .factorization, maximumIterations: Int? = nil) throws(FactorizationError)
    -> BoundedLeastSquaresSolution
  {
    checkShapes()
    let began = ContinuousClock.now
    let n = prior.count
    var systems = try RestrictedSystems(self, method)
    // 0 free, −1 at the lower bound, 1 at the upper; bounds that coincide leave nothing to decide.
    var place = (0..<n).map { lower[$0] == upper[$0] ? -1 : 0 }
    let pinned = place.map { $0 != 0 }
    var x = prior
    for j in 0..<n { x[j] = min(max(x[j], lower[j]), upper[j]) }
    let limit = maximumIterations ?? max(50, 5 * n)
    let scale = max(infinityNorm(gradient([Double](repeating: 0, count: n))), Double.leastNormalMagnitude)
    let slack = max(1e-11, systems.tolerance) * scale
    var (fewest, patience) = (n + 1, 3)
    var iterations = 0
    var status = SolverStatus.iterationLimit
    while iterations < limit {
      iterations += 1
      x = try systems.minimum(place, from: x)
      let g = gradient(x)
      var wrong: [Int] = []
      for j in 0..<n where !pinned[j] {
        let width = 1e-12 * max(1, x[j].magnitude)
        switch place[j] {
        case 0: if x[j] < lower[j] - width || x[j] > upper[j] + width { wrong.append(j) }
        case -1: if g[j] < -slack { wrong.append(j) }
        default: if g[j] > slack { wrong.append(j) }
        }
      }
      if wrong.isEmpty {
        status = .optimal
        break
      }
      let exchanged: ArraySlice<Int>
      if wrong.count < fewest {
        (fewest, patience) = (wrong.count, 3)
        exchanged = wrong[...]
      } else if patience > 0 {
        patience -= 1
        exchanged = wrong[...]
      } else {
        exchanged = wrong.suffix(1)
      }
      for j in exchanged { place[j] = place[j] != 0 ? 0 : (x[j] < lower[j] ? -1 : 1) }
    }
    for j in 0..<n { x[j] = min(max(x[j], lower[j]), upper[j]) }
    let g = gradient(x)
    var dual = 0.0
    for j in 0..<n where !pinned[j] {
      let pushesOut = x[j] <= lower[j] ? max(0, -g[j]) : (x[j] >= upper[j] ? max(0, g[j]) : g[j].magnitude)
      dual = max(dual, pushesOut)
    }
    let report = SolverReport(
      status: status, iterations: iterations, primalResidual: 0, dualResidual: dual / scale, gap: 0, seconds: began.secondsAgo)
    return BoundedLeastSquaresSolution(solution: x, objective: objective(x), isFree: place.map { $0 == 0 }, report: report)
  }
}

/// The unconstrained minima over the unknowns left free.
private struct RestrictedSystems {
  let problem: BoundedLeastSquares
  /// Relative residual of the systems.
  let tolerance: Double
  private let normal: SparseMatrix?
  private let symbolic: SparseSymbolicFactorization?
  private let right: [Double]
  private let curvature: [Double]

  init(_ problem: BoundedLeastSquares, _ method: BoundedLeastSquares.Method) throws(FactorizationError) {
    self.problem = problem
    let n = problem.prior.count
    let weighted = zip(problem.measurements, problem.weights).map { $0 * $1 }
    var right = problem.design.applied(to: weighted, .transposed)
    for j in 0..<n { right[j] += problem.priorWeights[j] * problem.prior[j] }
    self.right = right
    switch method {
    case .factorization:
      // Both triangles are in the pattern, and every diagonal element even where it is zero.
      let normal = problem.design.gram(weights: problem.weights) + SparseMatrix.diagonal(problem.priorWeights)
      self.normal = normal
      symbolic = SparseSymbolicFactorization(normal)
      curvature = []
      tolerance = 1e-12
    case .conjugateGradient(let tolerance):
      (normal, symbolic) = (nil, nil)
      var curvature = problem.priorWeights
      for j in 0..<n {
        for p in problem.design.starts[j]..<problem.design.starts[j + 1] {
          curvature[j] += problem.weights[problem.design.rowIndices[p]] * problem.design.values[p] * problem.design.values[p]
        }
      }
      self.curvature = curvature.map { $0 > 0 ? $0 : 1 }
      self.tolerance = tolerance
    }
  }

  mutating func minimum(_ place: [Int], from start: [Double]) throws(FactorizationError) -> [Double] {
    let n = place.count
    var fixed = [Double](repeating: 0, count: n)
    for j in 0..<n where place[j] != 0 { fixed[j] = place[j] < 0 ? problem.lower[j] : problem.upper[j] }
    if let normal, let symbolic {
      // Unknowns at a bound become equations x = bound; the pattern, and with it the symbolic factorisation, stays.
      var matrix = normal
      var b = right
      addScaled(-1, normal * fixed, to: &b)
      matrix.values.withUnsafeMutableBufferPointer { values in
        for j in 0..<n {
          for p in normal.starts[j]..<normal.starts[j + 1] where place[j] != 0 || place[normal.rowIndices[p]] != 0 {
            values[p] = normal.rowIndices[p] == j ? 1 : 0
          }
        }
      }
      for j in 0..<n where place[j] != 0 { b[j] = fixed[j] }
      return try SparseLDLFactorization(matrix, symbolic: symbolic).solve(b)
    }
    func masked(_ v: [Double]) -> [Double] { zip(v, place).map { $1 == 0 ? $0 : 0 } }
    func apply(_ v: [Double]) -> [Double] {
      let scaled = zip(problem.design * v, problem.weights).map { $0 * $1 }
      var result = problem.design.applied(to: scaled, .transposed)
      for j in 0..<n { result[j] += problem.priorWeights[j] * v[j] }
      return result
    }
    var b = right
    addScaled(-1, apply(fixed), to: &b)
    var x = conjugateGradient(masked(b), initial: masked(start), diagonal: curvature, tolerance: tolerance) { masked(apply($0)) }.solution
    for j in 0..<n where place[j] != 0 { x[j] = fixed[j] }
    return x
  }
}
