/// A dense matrix of `Double`, stored by columns as BLAS and LAPACK expect.
///
/// ```swift
/// let a = Matrix(rows: [[4, 1], [1, 3]])
/// let b = try CholeskyFactorization(a).solve([1, 2])   // [0.0909…, 0.6363…]
/// ```
///
/// A value: copies share storage until one of them is written. Vectors are plain `[Double]`.
public struct Matrix: Equatable, Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The elements by columns: element (i, j) lies at `i + j * rows`.
  public var storage: [Double]

  /// A matrix with every element equal to `value`.
  public init(rows: Int, columns: Int, repeating value: Double = 0) {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    storage = [Double](repeating: value, count: rows * columns)
  }

  /// A matrix over elements given by columns.
  public init(rows: Int, columns: Int, columnMajor storage: [Double]) {
    precondition(storage.count == rows * columns, "\(storage.count) elements for \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    self.storage = storage
  }

  /// A matrix written row by row; all rows have the same length.
  public init(rows list: [[Double]]) {
    self.init(rows: list.count, columns: list.first?.count ?? 0)
    for (i, row) in list.enumerated() {
      precondition(row.count == columns, "row \(i) has \(row.count) elements, row 0 has \(columns)")
      for (j, value) in row.enumerated() { self[i, j] = value }
    }
  }

  /// The identity of order `n`.
  public static func identity(_ n: Int) -> Matrix { diagonal([Double](repeating: 1, count: n)) }

  /// The square matrix with `values` on its diagonal.
  public static func diagonal(_ values: [Double]) -> Matrix {
    var matrix = Matrix(rows: values.count, columns: values.count)
    for (i, value) in values.enumerated() { matrix[i, i] = value }
    return matrix
  }

  /// The element in row `i`, column `j`, both from 0.
  @inlinable public subscript(i: Int, j: Int) -> Double {
    get {
      precondition(i >= 0 && i < rows && j >= 0 && j < columns)
      return storage[i + j * rows]
    }
    set {
      precondition(i >= 0 && i < rows && j >= 0 && j < columns)
      storage[i + j * rows] = newValue
    }
  }

  /// Whether the matrix has as many rows as columns.
  public var isSquare: Bool { rows == columns }

  /// Whether every element is a finite number.
  public var isFinite: Bool { storage.allSatisfy(\.isFinite) }

  /// Column `j` as a vector.
  public func column(_ j: Int) -> [Double] {
    precondition(j >= 0 && j < columns, "column \(j) of \(columns)")
    return Array(storage[j * rows..<(j + 1) * rows])
  }

  /// Row `i` as a vector.
  public func row(_ i: Int) -> [Double] {
    precondition(i >= 0 && i < rows, "row \(i) of \(rows)")
    return (0..<columns).map { storage[i + $0 * rows] }
  }

  /// The elements (i, i).
  public var diagonal: [Double] { (0..<Swift.min(rows, columns)).map { storage[$0 + $0 * rows] } }

  /// The block of the given rows and columns.
  public subscript(block rowRange: Range<Int>, _ columnRange: Range<Int>) -> Matrix {
    precondition(rowRange.lowerBound >= 0 && rowRange.upperBound <= rows, "rows \(rowRange) of \(rows)")
    precondition(columnRange.lowerBound >= 0 && columnRange.upperBound <= columns, "columns \(columnRange) of \(columns)")
    var elements: [Double] = []
    elements.reserveCapacity(rowRange.count * columnRange.count)
    for j in columnRange { elements += storage[j * rows + rowRange.lowerBound..<j * rows + rowRange.upperBound] }
    return Matrix(rows: rowRange.count, columns: columnRange.count, columnMajor: elements)
  }
}

extension Matrix: CustomStringConvertible {
  public var description: String {
    (0..<rows).map { i in "[" + row(i).map { "\($0)" }.joined(separator: ", ") + "]" }.joined(separator: "\n")
  }
}
