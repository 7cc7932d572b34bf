extension Matrix {
  /// The matrix with rows and columns exchanged.
  public var transposed: Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for j in 0..<columns {
      for i in 0..<rows { result.storage[j + i * columns] = storage[i + j * rows] }
    }
    return result
  }

  public static func + (a: Matrix, b: Matrix) -> Matrix { a.combined(with: b, +) }
  public static func - (a: Matrix, b: Matrix) -> Matrix { a.combined(with: b, -) }
  public static prefix func - (a: Matrix) -> Matrix { -1 * a }
  public static func += (a: inout Matrix, b: Matrix) { a = a + b }
  public static func -= (a: inout Matrix, b: Matrix) { a = a - b }

  /// Every element multiplied by `factor`.
  public static func * (factor: Double, a: Matrix) -> Matrix {
    Matrix(rows: a.rows, columns: a.columns, columnMajor: a.storage.map { factor * $0 })
  }

  private func combined(with other: Matrix, _ operation: (Double, Double) -> Double) -> Matrix {
    precondition(rows == other.rows && columns == other.columns, "\(rows) × \(columns) with \(other.rows) × \(other.columns)")
    return Matrix(rows: rows, columns: columns, columnMajor: zip(storage, other.storage).map { operation($0, $1) })
  }

  /// The mean of the matrix and its transpose: removes the rounding that makes a symmetric result not quite so.
  public var symmetrized: Matrix {
    precondition(isSquare, "\(rows) × \(columns) is not square")
    var result = self
    for j in 0..<columns {
      for i in 0..<j {
        let mean = 0.5 * (storage[i + j * rows] + storage[j + i * rows])
        result.storage[i + j * rows] = mean
        result.storage[j + i * rows] = mean
      }
    }
    return result
  }

  /// The square root of the sum of squares of the elements.
  public var frobeniusNorm: Double { euclideanNorm(storage) }

  /// The largest absolute value of an element; 0 for an empty matrix.
  public var largestMagnitude: Double { infinityNorm(storage) }
}
