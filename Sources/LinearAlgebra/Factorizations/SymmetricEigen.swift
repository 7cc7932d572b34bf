import COpenBLAS

/// A = V·diag(λ)·Vᵀ for a symmetric A (LAPACK `dsyevd`); only the lower triangle is read.
public struct SymmetricEigen: Sendable {
  /// The eigenvalues, smallest first.
  public let values: [Double]
  /// The orthonormal eigenvectors, as columns, in the order of ``values``.
  public let vectors: Matrix

  /// - Throws: ``FactorizationError/noConvergence(remaining:)`` or ``FactorizationError/notFinite``.
  public init(_ a: Matrix) throws(FactorizationError) {
    precondition(a.isSquare, "\(a.rows) × \(a.columns) is not square")
    guard a.isFinite else { throw .notFinite }
    var v = a
    var w = [Double](repeating: 0, count: a.rows)
    if a.rows > 0 {
      _ = BLAS.ready
      let info = LAPACKE_dsyevd(
        LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "V")), CChar(bitPattern: UInt8(ascii: "L")), a.rows.lapack, &v.storage,
        a.rows.lapack, &w)
      BLAS.check(info, "dsyevd")
      guard info == 0 else { throw .noConvergence(remaining: Int(info)) }
    }
    (values, vectors) = (w, v)
  }
}
