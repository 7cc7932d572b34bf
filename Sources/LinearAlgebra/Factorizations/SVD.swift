import COpenBLAS

/// A = U·diag(σ)·Vᵀ, thin: U is m × k and V n × k with k = min(m, n) (LAPACK `dgesdd`).
public struct SVD: Sendable {
  /// The left singular vectors, as columns.
  public let left: Matrix
  /// The singular values, largest first.
  public let values: [Double]
  /// The right singular vectors, as rows: Vᵀ.
  public let rightTransposed: Matrix

  /// - Throws: ``FactorizationError/noConvergence(remaining:)`` or ``FactorizationError/notFinite``.
  public init(_ a: Matrix) throws(FactorizationError) {
    guard a.isFinite else { throw .notFinite }
    let (m, n, k) = (a.rows, a.columns, min(a.rows, a.columns))
    var (work, u, vt) = (a, Matrix(rows: m, columns: k), Matrix(rows: k, columns: n))
    var s = [Double](repeating: 0, count: k)
    if k > 0 {
      _ = BLAS.ready
      let info = LAPACKE_dgesdd(
        LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "S")), m.lapack, n.lapack, &work.storage, m.lapack, &s, &u.storage, m.lapack,
        &vt.storage, k.lapack)
      BLAS.check(info, "dgesdd")
      guard info == 0 else { throw .noConvergence(remaining: Int(info)) }
    }
    (left, values, rightTransposed) = (u, s, vt)
  }

  /// The number of singular values above `relativeTolerance` times the largest.
  public func rank(relativeTolerance: Double? = nil) -> Int {
    let tolerance = relativeTolerance ?? Double(max(left.rows, rightTransposed.columns)) * Double.ulpOfOne
    return values.prefix { $0 > tolerance * (values.first ?? 0) }.count
  }

  /// The x of least norm among those that minimise ‖A·x − b‖₂.
  public func solve(_ b: [Double], relativeTolerance: Double? = nil) -> [Double] {
    precondition(b.count == left.rows, "\(b.count) rows on the right, \(left.rows) on the left")
    let rank = rank(relativeTolerance: relativeTolerance)
    var c = left.applied(to: b, .transposed)
    for k in 0..<c.count { c[k] = k < rank ? c[k] / values[k] : 0 }
    return rightTransposed.applied(to: c, .transposed)
  }

  /// The ratio of the largest to the smallest singular value; infinite for a singular matrix.
  public var conditionNumber: Double {
    guard let first = values.first, let last = values.last else { return 1 }
    return last == 0 ? .infinity : first / last
  }
}
