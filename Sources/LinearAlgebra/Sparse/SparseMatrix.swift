/// A sparse matrix in compressed columns (CSC): the entries of column j are those from `starts[j]` up to `starts[j + 1]`,
/// with strictly increasing rows.
public struct SparseMatrix: Equatable, Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// Where each column begins, and the number of entries last: `columns + 1` values.
  public let starts: [Int]
  /// The row of each entry.
  public let rowIndices: [Int]
  /// The value of each entry; may be rewritten in place over the same pattern.
  public var values: [Double] {
    didSet { precondition(values.count == rowIndices.count, "\(values.count) values for \(rowIndices.count) entries") }
  }

  /// An entry of a matrix in no particular order.
  public struct Triplet: Equatable, Sendable {
    public var row: Int
    public var column: Int
    public var value: Double

    public init(_ row: Int, _ column: Int, _ value: Double) {
      (self.row, self.column, self.value) = (row, column, value)
    }
  }

  /// A matrix over columns already compressed, as described above.
  public init(rows: Int, columns: Int, starts: [Int], rowIndices: [Int], values: [Double]) {
    precondition(starts.count == columns + 1 && starts.first == 0, "\(starts.count) starts for \(columns) columns")
    precondition(rowIndices.count == starts[columns] && values.count == rowIndices.count, "entries and starts do not agree")
    for j in 0..<columns {
      precondition(starts[j] <= starts[j + 1], "column \(j) ends before it begins")
      var last = -1
      for p in starts[j]..<starts[j + 1] {
        precondition(rowIndices[p] > last && rowIndices[p] < rows, "row \(rowIndices[p]) in column \(j): rows increase, below \(rows)")
        last = rowIndices[p]
      }
    }
    self.init(unchecked: rows, columns, starts, rowIndices, values)
  }

  /// The same for arrays this module has made itself.
  init(unchecked rows: Int, _ columns: Int, _ starts: [Int], _ rowIndices: [Int], _ values: [Double]) {
    (self.rows, self.columns, self.starts, self.rowIndices, self.values) = (rows, columns, starts, rowIndices, values)
  }

  /// A matrix of the given entries; entries at the same place add up, in the order given. O(entries + rows + columns).
  public init(rows: Int, columns: Int, triplets: [Triplet]) {
    // Two counting sorts, by row and then by column, leave every column with increasing rows.
    var byRow = [Int](repeating: 0, count: rows + 1)
    var byColumn = [Int](repeating: 0, count: columns + 1)
    for entry in triplets {
      precondition(entry.row >= 0 && entry.row < rows && entry.column >= 0 && entry.column < columns, "\(entry) in \(rows) × \(columns)")
      byRow[entry.row + 1] += 1
      byColumn[entry.column + 1] += 1
    }
    for i in 0..<rows { byRow[i + 1] += byRow[i] }
    for j in 0..<columns { byColumn[j + 1] += byColumn[j] }
    var order = [Int](repeating: 0, count: triplets.count)
    for (k, entry) in triplets.enumerated() {
      order[byRow[entry.row]] = k
      byRow[entry.row] += 1
    }
    var sorted = [Int](repeating: 0, count: triplets.count)
    var next = byColumn
    for k in order {
      sorted[next[triplets[k].column]] = k
      next[triplets[k].column] += 1
    }
    var (starts, rowIndices, values): ([Int], [Int], [Double]) = ([0], [], [])
    starts.reserveCapacity(columns + 1)
    rowIndices.reserveCapacity(triplets.count)
    values.reserveCapacity(triplets.count)
    for j in 0..<columns {
      let start = rowIndices.count
      for p in byColumn[j]..<byColumn[j + 1] {
        let entry = triplets[sorted[p]]
        if rowIndices.count > start, rowIndices[rowIndices.count - 1] == entry.row {
          values[values.count - 1] += entry.value
        } else {
          rowIndices.append(entry.row)
          values.append(entry.value)
        }
      }
      starts.append(rowIndices.count)
    }
    self.init(unchecked: rows, columns, starts, rowIndices, values)
  }

  /// The non-zero elements of a dense matrix.
  public init(_ dense: Matrix) {
    var triplets: [Triplet] = []
    for j in 0..<dense.columns {
      for i in 0..<dense.rows where dense[i, j] != 0 { triplets.append(Triplet(i, j, dense[i, j])) }
    }
    self.init(rows: dense.rows, columns: dense.columns, triplets: triplets)
  }

  /// The square matrix with `diagonal` on its diagonal, zeros among them kept as entries.
  public static func diagonal(_ diagonal: [Double]) -> SparseMatrix {
    SparseMatrix(unchecked: diagonal.count, diagonal.count, Array(0...diagonal.count), Array(0..<diagonal.count), diagonal)
  }

  /// The number of stored entries.
  public var entryCount: Int { rowIndices.count }

  /// The same matrix with its zeros written out.
  public var dense: Matrix {
    var result = Matrix(rows: rows, columns: columns)
    for j in 0..<columns {
      for p in starts[j]..<starts[j + 1] { result[rowIndices[p], j] = values[p] }
    }
    return result
  }

  /// The element (i, j), by binary search in its column.
  public subscript(i: Int, j: Int) -> Double {
    precondition(i >= 0 && i < rows && j >= 0 && j < columns, "(\(i), \(j)) in \(rows) × \(columns)")
    var (low, high) = (starts[j], starts[j + 1])
    while low < high {
      let middle = (low + high) / 2
      if rowIndices[middle] < i { low = middle + 1 } else { high = middle }
    }
    return low < starts[j + 1] && rowIndices[low] == i ? values[low] : 0
  }

  /// Whether every entry is a finite number.
  public var isFinite: Bool { values.allSatisfy(\.isFinite) }
}
