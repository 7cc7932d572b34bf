import COpenBLAS

/// A = L·D·Lᵀ with Bunch–Kaufman pivoting for a dense symmetric A of any inertia (LAPACK `dsytrf`): the saddle-point systems of
/// constrained optimisation. Only the lower triangle is read.
public struct SymmetricIndefiniteFactorization: Sendable {
  private let factors: Matrix
  private let pivots: [LapackInt]

  /// - Throws: ``FactorizationError/singular(pivot:)`` or ``FactorizationError/notFinite``.
  public init(_ a: Matrix) throws(FactorizationError) {
    precondition(a.isSquare, "\(a.rows) × \(a.columns) is not square")
    guard a.isFinite else { throw .notFinite }
    let n = a.rows
    var ldl = a
    var pivots = [LapackInt](repeating: 0, count: n)
    if n > 0 {
      _ = BLAS.ready
      let info = LAPACKE_dsytrf(LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "L")), n.lapack, &ldl.storage, n.lapack, &pivots)
      BLAS.check(info, "dsytrf")
      guard info == 0 else { throw .singular(pivot: Int(info)) }
    }
    factors = ldl
    self.pivots = pivots
  }

  /// The solution of A·x = b (LAPACK `dsytrs`).
  public func solve(_ b: [Double]) -> [Double] {
    let n = factors.rows
    precondition(b.count == n, "\(b.count) rows on the right, \(n) on the left")
    var x = b
    guard n > 0 else { return x }
    let info = LAPACKE_dsytrs_work(
      LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "L")), n.lapack, 1, factors.storage, n.lapack, pivots, &x, n.lapack)
    BLAS.check(info, "dsytrs")
    return x
  }
}
