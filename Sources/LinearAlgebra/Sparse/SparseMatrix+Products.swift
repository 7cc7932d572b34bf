extension SparseMatrix {
  /// The matrix times a column vector.
  public static func * (a: SparseMatrix, x: [Double]) -> [Double] { a.applied(to: x) }

  /// op(self)·x. O(entries).
  public func applied(to x: [Double], _ transposition: Transposition = .none) -> [Double] {
    let (m, n) = transposition == .none ? (rows, columns) : (columns, rows)
    precondition(x.count == n, "\(m) × \(n) times a vector of \(x.count)")
    var y = [Double](repeating: 0, count: m)
    starts.withUnsafeBufferPointer { starts in
      rowIndices.withUnsafeBufferPointer { rowIndices in
        values.withUnsafeBufferPointer { values in
          x.withUnsafeBufferPointer { x in
            y.withUnsafeMutableBufferPointer { y in
              if transposition == .none {
                for j in 0..<columns where x[j] != 0 {
                  for p in starts[j]..<starts[j + 1] { y[rowIndices[p]] += values[p] * x[j] }
                }
              } else {
                for j in 0..<columns {
                  var sum = 0.0
                  for p in starts[j]..<starts[j + 1] { sum += values[p] * x[rowIndices[p]] }
                  y[j] = sum
                }
              }
            }
          }
        }
      }
    }
    return y
  }

  /// The matrix with rows and columns exchanged. O(entries + rows + columns).
  public var transposed: SparseMatrix {
    var next = [Int](repeating: 0, count: rows + 1)
    for row in rowIndices { next[row + 1] += 1 }
    for i in 0..<rows { next[i + 1] += next[i] }
    let newStarts = next
    var newRows = [Int](repeating: 0, count: entryCount)
    var newValues = [Double](repeating: 0, count: entryCount)
    for j in 0..<columns {
      for p in starts[j]..<starts[j + 1] {
        let q = next[rowIndices[p]]
        next[rowIndices[p]] += 1
        newRows[q] = j
        newValues[q] = values[p]
      }
    }
    return SparseMatrix(unchecked: columns, rows, newStarts, newRows, newValues)
  }

  /// The matrix product. O(multiplications + rows + columns).
  public static func * (a: SparseMatrix, b: SparseMatrix) -> SparseMatrix {
    precondition(a.columns == b.rows, "\(a.rows) × \(a.columns) times \(b.rows) × \(b.columns)")
    var (starts, rowIndices, values): ([Int], [Int], [Double]) = ([0], [], [])
    var sum = [Double](repeating: 0, count: a.rows)
    var seen = [Int](repeating: -1, count: a.rows)
    var touched: [Int] = []
    for j in 0..<b.columns {
      touched.removeAll(keepingCapacity: true)
      for p in b.starts[j]..<b.starts[j + 1] {
        let k = b.rowIndices[p]
        for q in a.starts[k]..<a.starts[k + 1] {
          let i = a.rowIndices[q]
          if seen[i] != j {
            seen[i] = j
            sum[i] = 0
            touched.append(i)
          }
          sum[i] += a.values[q] * b.values[p]
        }
      }
      touched.sort()
      for i in touched {
        rowIndices.append(i)
        values.append(sum[i])
      }
      starts.append(rowIndices.count)
    }
    return SparseMatrix(unchecked: a.rows, b.columns, starts, rowIndices, values)
  }

  /// The sum, over the union of the two patterns.
  public static func + (a: SparseMatrix, b: SparseMatrix) -> SparseMatrix {
    precondition(a.rows == b.rows && a.columns == b.columns, "\(a.rows) × \(a.columns) with \(b.rows) × \(b.columns)")
    var (starts, rowIndices, values): ([Int], [Int], [Double]) = ([0], [], [])
    for j in 0..<a.columns {
      var (p, q) = (a.starts[j], b.starts[j])
      let (endA, endB) = (a.starts[j + 1], b.starts[j + 1])
      while p < endA || q < endB {
        let i = p < endA ? a.rowIndices[p] : Int.max
        let k = q < endB ? b.rowIndices[q] : Int.max
        rowIndices.append(min(i, k))
        values.append((i <= k ? a.values[p] : 0) + (k <= i ? b.values[q] : 0))
        if i <= k { p += 1 }
        if k <= i { q += 1 }
      }
      starts.append(rowIndices.count)
    }
    return SparseMatrix(unchecked: a.rows, a.columns, starts, rowIndices, values)
  }

  /// Every entry multiplied by `factor`.
  public static func * (factor: Double, a: SparseMatrix) -> SparseMatrix {
    SparseMatrix(unchecked: a.rows, a.columns, a.starts, a.rowIndices, a.values.map { factor * $0 })
  }

  /// diag(left)·self·diag(right); a side left out is all ones.
  public func scaled(rows left: [Double]? = nil, columns right: [Double]? = nil) -> SparseMatrix {
    precondition(left.map { $0.count == rows } ?? true, "row factors for \(rows) rows")
    precondition(right.map { $0.count == columns } ?? true, "column factors for \(columns) columns")
    var result = self
    for j in 0..<columns {
      for p in starts[j]..<starts[j + 1] { result.values[p] = (left?[rowIndices[p]] ?? 1) * values[p] * (right?[j] ?? 1) }
    }
    return result
  }

  /// selfᵀ·diag(weights)·self: the normal equations of weighted least squares. Both triangles are stored.
  public func gram(weights: [Double]? = nil) -> SparseMatrix {
    transposed * (weights.map { scaled(rows: $0) } ?? self)
  }
}
