import COpenBLAS
import Foundation

/// A = L·Lᵀ for a symmetric positive definite A (LAPACK `dpotrf`).
///
/// Only the lower triangle of the argument is read. O(n³/3) to factor, O(n²) a right-hand side.
public struct CholeskyFactorization: Sendable {
  /// The lower triangular factor, zeros above the diagonal.
  public let lower: Matrix

  /// - Throws: ``FactorizationError/notPositiveDefinite(order:)`` or ``FactorizationError/notFinite``.
  public init(_ a: Matrix) throws(FactorizationError) {
    precondition(a.isSquare, "\(a.rows) × \(a.columns) is not square")
    guard a.isFinite else { throw .notFinite }
    var l = a
    let n = a.rows
    if n > 0 {
      _ = BLAS.ready
      let info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "L")), n.lapack, &l.storage, n.lapack)
      BLAS.check(info, "dpotrf")
      guard info == 0 else { throw .notPositiveDefinite(order: Int(info)) }
    }
    for j in 0..<n {
      for i in 0..<j { l.storage[i + j * n] = 0 }
    }
    lower = l
  }

  /// The solution of A·x = b.
  public func solve(_ b: [Double]) -> [Double] {
    solve(Matrix(rows: b.count, columns: 1, columnMajor: b)).storage
  }

  /// The solution of A·X = B, column by column (LAPACK `dpotrs`).
  public func solve(_ b: Matrix) -> Matrix {
    let n = lower.rows
    precondition(b.rows == n, "\(b.rows) rows on the right, \(n) on the left")
    var x = b
    guard n > 0, b.columns > 0 else { return x }
    let info = LAPACKE_dpotrs_work(
      LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "L")), n.lapack, b.columns.lapack, lower.storage, n.lapack, &x.storage, n.lapack)
    BLAS.check(info, "dpotrs")
    return x
  }

  /// L⁻¹·b: turns a residual with covariance A into one with unit covariance.
  public func whiten(_ b: [Double]) -> [Double] {
    let n = lower.rows
    precondition(b.count == n, "\(b.count) rows on the right, \(n) on the left")
    var x = b
    guard n > 0 else { return x }
    cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, CInt(n), lower.storage, CInt(n), &x, 1)
    return x
  }

  /// A⁻¹. Prefer ``solve(_:)-([Double])`` unless the elements themselves are wanted, as for a covariance.
  public var inverse: Matrix { solve(Matrix.identity(lower.rows)).symmetrized }

  /// ln det A.
  public var logDeterminant: Double { 2 * lower.diagonal.reduce(0) { $0 + log($1) } }
}
