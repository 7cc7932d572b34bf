import COpenBLAS

/// Whether a factor of a product is taken as it stands or transposed.
public enum Transposition: Sendable {
  case none, transposed

  var cblas: CBLAS_TRANSPOSE { self == .none ? CblasNoTrans : CblasTrans }
  var lapack: CChar { CChar(bitPattern: UInt8(ascii: self == .none ? "N" : "T")) }
}

extension Matrix {
  /// The matrix product (BLAS `dgemm`).
  public static func * (a: Matrix, b: Matrix) -> Matrix { product(a, .none, b, .none) }

  /// The matrix times a column vector (BLAS `dgemv`).
  public static func * (a: Matrix, x: [Double]) -> [Double] { a.applied(to: x, .none) }

  /// op(a)·op(b), where op transposes on request without forming the transpose (BLAS `dgemm`).
  public static func product(_ a: Matrix, _ ta: Transposition, _ b: Matrix, _ tb: Transposition = .none) -> Matrix {
    let (m, inner) = ta == .none ? (a.rows, a.columns) : (a.columns, a.rows)
    let (innerB, n) = tb == .none ? (b.rows, b.columns) : (b.columns, b.rows)
    precondition(inner == innerB, "product of \(m) × \(inner) and \(innerB) × \(n)")
    var c = Matrix(rows: m, columns: n)
    guard m > 0, n > 0, inner > 0 else { return c }
    _ = BLAS.ready
    cblas_dgemm(
      CblasColMajor, ta.cblas, tb.cblas, CInt(m), CInt(n), CInt(inner), 1, a.storage, CInt(a.rows), b.storage, CInt(b.rows), 0,
      &c.storage, CInt(m))
    return c
  }

  /// op(self)·x (BLAS `dgemv`).
  public func applied(to x: [Double], _ transposition: Transposition = .none) -> [Double] {
    let (m, n) = transposition == .none ? (rows, columns) : (columns, rows)
    precondition(x.count == n, "\(m) × \(n) times a vector of \(x.count)")
    var y = [Double](repeating: 0, count: m)
    guard m > 0, n > 0 else { return y }
    _ = BLAS.ready
    cblas_dgemv(CblasColMajor, transposition.cblas, CInt(rows), CInt(columns), 1, storage, CInt(rows), x, 1, 0, &y, 1)
    return y
  }

  /// selfᵀ·diag(weights)·self, symmetric by construction (BLAS `dsyrk`); unit weights where none are given. Weights are ≥ 0.
  public func gram(weights: [Double]? = nil) -> Matrix {
    var scaled = self
    if let weights {
      precondition(weights.count == rows, "\(weights.count) weights for \(rows) rows")
      let roots = weights.map { weight -> Double in
        precondition(weight >= 0, "a negative weight, \(weight)")
        return weight.squareRoot()
      }
      for j in 0..<columns {
        for i in 0..<rows { scaled.storage[i + j * rows] *= roots[i] }
      }
    }
    var result = Matrix(rows: columns, columns: columns)
    guard rows > 0, columns > 0 else { return result }
    _ = BLAS.ready
    cblas_dsyrk(
      CblasColMajor, CblasUpper, CblasTrans, CInt(columns), CInt(rows), 1, scaled.storage, CInt(rows), 0, &result.storage, CInt(columns))
    for j in 0..<columns {
      for i in 0..<j { result.storage[j + i * columns] = result.storage[i + j * columns] }
    }
    return result
  }
}
