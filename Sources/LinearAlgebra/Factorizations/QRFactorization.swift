import COpenBLAS

/// A = Q·R for a matrix with at least as many rows as columns (LAPACK `dgeqrf`). O(2mn²).
public struct QRFactorization: Sendable {
  private let factors: Matrix
  private let reflectors: [Double]

  /// - Throws: ``FactorizationError/notFinite``.
  public init(_ a: Matrix) throws(FactorizationError) {
    precondition(a.rows >= a.columns, "\(a.rows) × \(a.columns) is wider than tall")
    guard a.isFinite else { throw .notFinite }
    var qr = a
    var tau = [Double](repeating: 0, count: a.columns)
    if a.columns > 0 {
      _ = BLAS.ready
      let info = LAPACKE_dgeqrf(LAPACK_COL_MAJOR, a.rows.lapack, a.columns.lapack, &qr.storage, a.rows.lapack, &tau)
      BLAS.check(info, "dgeqrf")
    }
    factors = qr
    reflectors = tau
  }

  /// The upper triangular factor, n × n.
  public var upper: Matrix {
    var r = factors[block: 0..<factors.columns, 0..<factors.columns]
    for j in 0..<r.columns {
      for i in j + 1..<max(j + 1, r.rows) { r[i, j] = 0 }
    }
    return r
  }

  /// The orthonormal columns of Q, m × n (LAPACK `dorgqr`).
  public var orthonormal: Matrix {
    var q = factors
    guard q.columns > 0 else { return q }
    let info = LAPACKE_dorgqr(
      LAPACK_COL_MAJOR, q.rows.lapack, q.columns.lapack, q.columns.lapack, &q.storage, q.rows.lapack, reflectors)
    BLAS.check(info, "dorgqr")
    return q
  }

  /// The x that minimises ‖A·x − b‖₂.
  ///
  /// - Throws: ``FactorizationError/singular(pivot:)`` where the columns of A are linearly dependent to working precision;
  ///   use ``SVD/solve(_:relativeTolerance:)`` for the solution of least norm.
  public func leastSquares(_ b: [Double]) throws(FactorizationError) -> [Double] {
    let (m, n) = (factors.rows, factors.columns)
    precondition(b.count == m, "\(b.count) rows on the right, \(m) on the left")
    guard n > 0 else { return [] }
    let largest = infinityNorm(factors.diagonal)
    for (k, value) in factors.diagonal.enumerated() where value.magnitude <= Double(m) * Double.ulpOfOne * largest {
      throw .singular(pivot: k + 1)
    }
    var c = b
    var info = LAPACKE_dormqr(
      LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "L")), Transposition.transposed.lapack, m.lapack, 1, n.lapack, factors.storage,
      m.lapack, reflectors, &c, m.lapack)
    BLAS.check(info, "dormqr")
    info = LAPACKE_dtrtrs(
      LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "U")), Transposition.none.lapack, CChar(bitPattern: UInt8(ascii: "N")), n.lapack, 1,
      factors.storage, m.lapack, &c, m.lapack)
    BLAS.check(info, "dtrtrs")
    return Array(c[0..<n])
  }
}
