import COpenBLAS

/// P·A = L·U with partial pivoting (LAPACK `dgetrf`) of a square matrix. O(2n³/3) to factor, O(n²) a right-hand side.
public struct LUFactorization: Sendable {
  /// L below the diagonal (its own diagonal is 1) and U on and above it.
  let factors: Matrix
  let pivots: [LapackInt]
  private let oneNorm: Double

  /// - Throws: ``FactorizationError/singular(pivot:)`` or ``FactorizationError/notFinite``.
  public init(_ a: Matrix) throws(FactorizationError) {
    precondition(a.isSquare, "\(a.rows) × \(a.columns) is not square")
    guard a.isFinite else { throw .notFinite }
    let n = a.rows
    var lu = a
    var pivots = [LapackInt](repeating: 0, count: n)
    if n > 0 {
      _ = BLAS.ready
      let info = LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, n.lapack, n.lapack, &lu.storage, n.lapack, &pivots)
      BLAS.check(info, "dgetrf")
      guard info == 0 else { throw .singular(pivot: Int(info)) }
    }
    factors = lu
    self.pivots = pivots
    oneNorm = (0..<n).map { j in a.storage[j * n..<(j + 1) * n].reduce(0) { $0 + $1.magnitude } }.max() ?? 0
  }

  /// The solution of A·x = b, or of Aᵀ·x = b.
  public func solve(_ b: [Double], _ transposition: Transposition = .none) -> [Double] {
    solve(Matrix(rows: b.count, columns: 1, columnMajor: b), transposition).storage
  }

  /// The solution of A·X = B, or of Aᵀ·X = B (LAPACK `dgetrs`).
  public func solve(_ b: Matrix, _ transposition: Transposition = .none) -> Matrix {
    let n = factors.rows
    precondition(b.rows == n, "\(b.rows) rows on the right, \(n) on the left")
    var x = b
    guard n > 0, b.columns > 0 else { return x }
    let info = LAPACKE_dgetrs_work(
      LAPACK_COL_MAJOR, transposition.lapack, n.lapack, b.columns.lapack, factors.storage, n.lapack, pivots, &x.storage, n.lapack)
    BLAS.check(info, "dgetrs")
    return x
  }

  /// A⁻¹. Prefer solving.
  public var inverse: Matrix { solve(Matrix.identity(factors.rows)) }

  /// det A.
  public var determinant: Double {
    var value = 1.0
    for (i, pivot) in pivots.enumerated() {
      value *= factors[i, i]
      if Int(pivot) != i + 1 { value = -value }
    }
    return value
  }

  /// An estimate of 1/(‖A‖₁·‖A⁻¹‖₁): near the rounding unit, 1e-16, the solution has no correct digit (LAPACK `dgecon`).
  public var reciprocalCondition: Double {
    let n = factors.rows
    guard n > 0 else { return 1 }
    var result = 0.0
    let info = LAPACKE_dgecon(
      LAPACK_COL_MAJOR, CChar(bitPattern: UInt8(ascii: "1")), n.lapack, factors.storage, n.lapack, oneNorm, &result)
    BLAS.check(info, "dgecon")
    return result
  }
}
