/// What the pattern of a sparse symmetric matrix decides about its factorisation: the elimination order, the elimination tree
/// and the size of every column of the factor. Computed once, used for any values over the same pattern.
public struct SparseSymbolicFactorization: Sendable {
  /// `order[k]` is the row and column of the matrix that is eliminated k-th.
  public let order: [Int]
  /// The inverse of ``order``.
  public let position: [Int]
  /// The parent of each column of the factor in the elimination tree, −1 at a root.
  let parent: [Int]
  /// Where each column of the factor begins (diagonal not stored).
  let starts: [Int]
  /// The permuted upper triangle by columns: for column k, the positions i ≤ k, and where the value lies in the matrix.
  let upperStarts: [Int]
  let upperRows: [Int]
  let upperSources: [Int]
  let entryCount: Int

  /// How the elimination order is chosen.
  public enum Ordering: Sendable {
    /// As the matrix stands.
    case natural
    /// By approximate minimum degree.
    case minimumDegree
  }

  /// - Parameter matrix: square, its pattern symmetric or only one triangle stored; of two mirrored entries the lower is used.
  public init(_ matrix: SparseMatrix, ordering: Ordering = .minimumDegree) {
    precondition(matrix.isSquare, "\(matrix.rows) × \(matrix.columns) is not square")
    let n = matrix.columns
    order = ordering == .natural ? Array(0..<n) : minimumDegreeOrder(matrix)
    var position = [Int](repeating: 0, count: n)
    for (k, index) in order.enumerated() { position[index] = k }
    self.position = position
    entryCount = matrix.entryCount

    // Each pair once: the entry of the lower triangle, or of the upper where the lower has none.
    var pairs: [(column: Int, row: Int, source: Int)] = []
    pairs.reserveCapacity(matrix.entryCount / 2 + n)
    let transpose = SparseMatrix(
      unchecked: n, n, matrix.starts, matrix.rowIndices, (0..<matrix.entryCount).map(Double.init)
    ).transposed
    for j in 0..<n {
      for p in matrix.starts[j]..<matrix.starts[j + 1] where matrix.rowIndices[p] >= j {
        pairs.append((j, matrix.rowIndices[p], p))
      }
      // Upper entries (j, c), c > j, whose mirror image is absent: merge of column j of A with row j of A.
      var p = matrix.starts[j]
      for q in transpose.starts[j]..<transpose.starts[j + 1] where transpose.rowIndices[q] > j {
        while p < matrix.starts[j + 1], matrix.rowIndices[p] < transpose.rowIndices[q] { p += 1 }
        if p == matrix.starts[j + 1] || matrix.rowIndices[p] != transpose.rowIndices[q] {
          pairs.append((j, transpose.rowIndices[q], Int(transpose.values[q])))
        }
      }
    }
    var starts = [Int](repeating: 0, count: n + 1)
    for pair in pairs { starts[max(position[pair.column], position[pair.row]) + 1] += 1 }
    for k in 0..<n { starts[k + 1] += starts[k] }
    upperStarts = starts
    var (rows, sources) = ([Int](repeating: 0, count: pairs.count), [Int](repeating: 0, count: pairs.count))
    for pair in pairs {
      let (a, b) = (position[pair.column], position[pair.row])
      let place = starts[max(a, b)]
      starts[max(a, b)] += 1
      rows[place] = min(a, b)
      sources[place] = pair.source
    }
    (upperRows, upperSources) = (rows, sources)

    // Row k of L reaches, from each entry (i, k), along the tree up to k: this finds tree and counts together (Liu 1990).
    var parent = [Int](repeating: -1, count: n)
    var counts = [Int](repeating: 0, count: n + 1)
    var visited = [Int](repeating: -1, count: n)
    for k in 0..<n {
      visited[k] = k
      for p in upperStarts[k]..<upperStarts[k + 1] {
        var i = rows[p]
        while visited[i] != k {
          if parent[i] < 0 { parent[i] = k }
          counts[i + 1] += 1
          visited[i] = k
          i = parent[i]
        }
      }
    }
    for k in 0..<n { counts[k + 1] += counts[k] }
    self.parent = parent
    self.starts = counts
  }

  /// The number of entries below the diagonal of the factor.
  public var factorEntryCount: Int { starts[starts.count - 1] }
}
