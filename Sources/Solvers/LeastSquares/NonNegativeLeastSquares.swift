import LinearAlgebra

/// The x ≥ 0 that minimises ‖A·x − b‖₂, by the active-set method of Lawson & Hanson (*Solving Least Squares Problems*, ch. 23).
///
/// For dense problems up to a few hundred unknowns; ``BoundedLeastSquares`` takes sparse ones of any size.
public struct NonNegativeLeastSquares: Sendable {
  /// x.
  public let solution: [Double]
  /// ‖A·x − b‖₂.
  public let residualNorm: Double
  /// Aᵀ(b − A·x): zero where x is positive, nowhere above rounding. The certificate.
  public let gradient: [Double]
  /// How it went; the dual residual is the largest positive gradient or gradient of a positive unknown.
  public let report: SolverReport

  public init(_ a: Matrix, _ b: [Double], maximumIterations: Int? = nil) {
    precondition(b.count == a.rows, "\(b.count) rows on the right, \(a.rows) on the left")
    precondition(a.isFinite && b.allSatisfy(\.isFinite), "A and b are finite")
    let began = ContinuousClock.now
    let n = a.columns
    let limit = maximumIterations ?? 3 * max(n, 10)
    var x = [Double](repeating: 0, count: n)
    var passive = [Bool](repeating: false, count: n)
    var iterations = 0
    func residual(_ x: [Double]) -> [Double] {
      var r = b
      addScaled(-1, a * x, to: &r)
      return r
    }
    var w = a.applied(to: b, .transposed)
    let tolerance = 10 * Double.ulpOfOne * Double(max(a.rows, n)) * max(infinityNorm(w), a.largestMagnitude * euclideanNorm(b))

    /// The unconstrained minimum over the passive columns.
    func minimum() -> [Double] {
      let indices = (0..<n).filter { passive[$0] }
      var columns = Matrix(rows: a.rows, columns: indices.count)
      for (k, j) in indices.enumerated() { columns.storage.replaceSubrange(k * a.rows..<(k + 1) * a.rows, with: a.column(j)) }
      let part: [Double]
      if a.rows >= indices.count, let found = (try? QRFactorization(columns))?.leastSquaresOrNil(b) {
        part = found
      } else {
        part = (try? SVD(columns))?.solve(b) ?? [Double](repeating: 0, count: indices.count)
      }
      var full = [Double](repeating: 0, count: n)
      for (k, j) in indices.enumerated() { full[j] = part[k] }
      return full
    }

    var blocked = Set<Int>()
    outer: while iterations < limit {
      // The unknown whose release lowers the residual fastest; the first of equals.
      var entering = -1
      for j in 0..<n where !passive[j] && !blocked.contains(j) && w[j] > tolerance && (entering < 0 || w[j] > w[entering]) {
        entering = j
      }
      guard entering >= 0 else { break }
      passive[entering] = true
      var z = minimum()
      if z[entering] <= 0 {
        // Rounding: a positive gradient must let it grow. Leave it at zero until something else changes.
        passive[entering] = false
        blocked.insert(entering)
        continue
      }
      blocked.removeAll()
      while true {
        iterations += 1
        var step = 1.0
        for j in 0..<n where passive[j] && z[j] <= 0 { step = min(step, x[j] / (x[j] - z[j])) }
        for j in 0..<n { x[j] += step * (z[j] - x[j]) }
        guard step < 1 || (0..<n).contains(where: { passive[$0] && z[$0] <= 0 }) else { break }
        for j in 0..<n where passive[j] && x[j] <= tolerance / max(a.largestMagnitude, 1) && z[j] <= 0 {
          passive[j] = false
          x[j] = 0
        }
        if iterations >= limit { break outer }
        z = minimum()
      }
      w = a.applied(to: residual(x), .transposed)
    }
    solution = x
    gradient = a.applied(to: residual(x), .transposed)
    residualNorm = euclideanNorm(residual(x))
    var dual = 0.0
    for j in 0..<n { dual = max(dual, x[j] > 0 ? gradient[j].magnitude : gradient[j]) }
    report = SolverReport(
      status: iterations < limit ? .optimal : .iterationLimit, iterations: iterations, primalResidual: 0, dualResidual: dual,
      gap: dot(x, gradient).magnitude, seconds: began.secondsAgo)
  }
}

extension QRFactorization {
  /// ``leastSquares(_:)``, or nil where the columns are dependent.
  fileprivate func leastSquaresOrNil(_ b: [Double]) -> [Double]? { try? leastSquares(b) }
}
