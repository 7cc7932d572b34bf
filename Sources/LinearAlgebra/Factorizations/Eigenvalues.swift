import COpenBLAS

/// The eigenvalues of a general square matrix, as real and imaginary parts (LAPACK `dgeev`).
public struct Eigenvalues: Sendable {
  /// Real parts; complex pairs are neighbours.
  public let real: [Double]
  /// Imaginary parts, zero for real eigenvalues.
  public let imaginary: [Double]

  /// - Throws: ``FactorizationError/noConvergence(remaining:)`` or ``FactorizationError/notFinite``.
  public init(_ a: Matrix) throws(FactorizationError) {
    precondition(a.isSquare, "\(a.rows) × \(a.columns) is not square")
    guard a.isFinite else { throw .notFinite }
    let n = a.rows
    var work = a
    var (re, im) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
    if n > 0 {
      _ = BLAS.ready
      let none = CChar(bitPattern: UInt8(ascii: "N"))
      let info = LAPACKE_dgeev(LAPACK_COL_MAJOR, none, none, n.lapack, &work.storage, n.lapack, &re, &im, nil, 1, nil, 1)
      BLAS.check(info, "dgeev")
      guard info == 0 else { throw .noConvergence(remaining: Int(info)) }
    }
    (real, imaginary) = (re, im)
  }

  /// The largest absolute value of an eigenvalue: below 1, the linear system x ← A·x is stable.
  public var spectralRadius: Double { zip(real, imaginary).reduce(0) { max($0, ($1.0 * $1.0 + $1.1 * $1.1).squareRoot()) } }
}
