import Foundation

/// A = Pᵀ·L·D·Lᵀ·P for a sparse symmetric A: positive definite, or quasi-definite as in interior-point methods.
///
/// ```swift
/// let normal = a.gram(weights: w) + SparseMatrix.diagonal(prior)
/// let factor = try SparseLDLFactorization(normal)
/// let estimate = factor.solve(right), variances = factor.inverseDiagonal()
/// ```
///
/// Up-looking elimination: row k of L is a sparse triangular solve over the subtree that the row reaches (Davis, *Direct Methods
/// for Sparse Linear Systems*, ch. 4). No pivoting: for indefinite matrices that are not quasi-definite use ``LUFactorization``.
public struct SparseLDLFactorization: Sendable {
  /// The order, the tree and the pattern sizes.
  public let symbolic: SparseSymbolicFactorization
  /// The rows of the entries of L below its unit diagonal, by columns.
  private(set) var rowIndices: [Int]
  private(set) var values: [Double]
  /// The diagonal D in elimination order.
  public private(set) var pivots: [Double]

  /// Factors `matrix`, all pivots positive unless `allowsNegativePivots`.
  ///
  /// - Parameters:
  ///   - matrix: square; one triangle suffices, and of two mirrored entries the lower is used.
  ///   - symbolic: from an earlier matrix with the same pattern; computed if nil.
  /// - Throws: ``FactorizationError/notPositiveDefinite(order:)``, ``FactorizationError/singular(pivot:)`` (with the index in
  ///   elimination order, from 1) or ``FactorizationError/notFinite``.
  public init(
    _ matrix: SparseMatrix, symbolic: SparseSymbolicFactorization? = nil, allowsNegativePivots: Bool = false
  ) throws(FactorizationError) {
    let symbolic = symbolic ?? SparseSymbolicFactorization(matrix)
    precondition(symbolic.order.count == matrix.columns && symbolic.entryCount == matrix.entryCount, "the pattern is another matrix's")
    guard matrix.isFinite else { throw .notFinite }
    self.symbolic = symbolic
    rowIndices = [Int](repeating: 0, count: symbolic.factorEntryCount)
    values = [Double](repeating: 0, count: symbolic.factorEntryCount)
    pivots = [Double](repeating: 0, count: matrix.columns)
    let failed = factor(matrix.values, allowsNegativePivots)
    if failed >= 0 {
      throw pivots[failed] == 0 || allowsNegativePivots ? .singular(pivot: failed + 1) : .notPositiveDefinite(order: failed + 1)
    }
  }

  /// Returns the position of the first unusable pivot, or −1.
  private mutating func factor(_ source: [Double], _ allowsNegativePivots: Bool) -> Int {
    let n = pivots.count
    var work = [Double](repeating: 0, count: n)
    var pattern = [Int](repeating: 0, count: n)
    var stack = [Int](repeating: 0, count: n)
    var visited = [Int](repeating: -1, count: n)
    var fill = Array(symbolic.starts[0..<n])
    return symbolic.starts.withUnsafeBufferPointer { starts in
      symbolic.parent.withUnsafeBufferPointer { parent in
        symbolic.upperStarts.withUnsafeBufferPointer { upperStarts in
          symbolic.upperRows.withUnsafeBufferPointer { upperRows in
            symbolic.upperSources.withUnsafeBufferPointer { upperSources in
              rowIndices.withUnsafeMutableBufferPointer { rows in
                values.withUnsafeMutableBufferPointer { l in
                  pivots.withUnsafeMutableBufferPointer { d in
                    for k in 0..<n {
                      // The pattern of row k in topological order, gathered from the back of `pattern`.
                      var top = n
                      visited[k] = k
                      var diagonal = 0.0
                      for p in upperStarts[k]..<upperStarts[k + 1] {
                        var i = upperRows[p]
                        if i == k {
                          diagonal += source[upperSources[p]]
                          continue
                        }
                        work[i] += source[upperSources[p]]
                        var depth = 0
                        while visited[i] != k {
                          stack[depth] = i
                          depth += 1
                          visited[i] = k
                          i = parent[i]
                        }
                        while depth > 0 {
                          depth -= 1
                          top -= 1
                          pattern[top] = stack[depth]
                        }
                      }
                      for q in top..<n {
                        let i = pattern[q]
                        let y = work[i]
                        work[i] = 0
                        let end = fill[i]
                        for p in starts[i]..<end { work[rows[p]] -= l[p] * y }
                        let lki = y / d[i]
                        diagonal -= lki * y
                        rows[end] = k
                        l[end] = lki
                        fill[i] = end + 1
                      }
                      d[k] = diagonal
                      guard diagonal.isFinite, diagonal > 0 || (allowsNegativePivots && diagonal != 0) else { return k }
                    }
                    return -1
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// The solution of A·x = b. O(entries of L).
  public func solve(_ b: [Double]) -> [Double] {
    let n = pivots.count
    precondition(b.count == n, "\(b.count) rows on the right, \(n) on the left")
    var x = symbolic.order.map { b[$0] }
    symbolic.starts.withUnsafeBufferPointer { starts in
      rowIndices.withUnsafeBufferPointer { rows in
        values.withUnsafeBufferPointer { l in
          x.withUnsafeMutableBufferPointer { x in
            for j in 0..<n {
              let xj = x[j]
              for p in starts[j]..<starts[j + 1] { x[rows[p]] -= l[p] * xj }
            }
            for j in (0..<n).reversed() {
              var sum = x[j] / pivots[j]
              for p in starts[j]..<starts[j + 1] { sum -= l[p] * x[rows[p]] }
              x[j] = sum
            }
          }
        }
      }
    }
    var result = [Double](repeating: 0, count: n)
    for (k, index) in symbolic.order.enumerated() { result[index] = x[k] }
    return result
  }

  /// ln |det A|.
  public var logDeterminant: Double { pivots.reduce(0) { $0 + log($1.magnitude) } }
}
