/// The elements of A⁻¹ where the factor of A has entries: all variances, and the covariances of neighbours.
///
/// From Z = D⁻¹·L⁻¹ + (I − Lᵀ)·Z, taken from the last column to the first, every product needs only elements inside the pattern
/// (Takahashi, Fagan & Chin 1973; Erisman & Tinney, CACM 18, 1975). The whole inverse, n² numbers, is never formed.
public struct SelectedInverse: Sendable {
  private let symbolic: SparseSymbolicFactorization
  private let rowIndices: [Int]
  private let below: [Double]
  private let atDiagonal: [Double]

  init(_ factor: SparseLDLFactorization) {
    symbolic = factor.symbolic
    rowIndices = factor.rowIndices
    let n = factor.pivots.count
    var z = [Double](repeating: 0, count: factor.values.count)
    var zd = [Double](repeating: 0, count: n)
    var sums = [Double](repeating: 0, count: n)
    var coefficient = [Double](repeating: 0, count: n)
    var mark = [Int](repeating: -1, count: n)
    symbolic.starts.withUnsafeBufferPointer { starts in
      factor.rowIndices.withUnsafeBufferPointer { rows in
        factor.values.withUnsafeBufferPointer { l in
          z.withUnsafeMutableBufferPointer { z in
            zd.withUnsafeMutableBufferPointer { zd in
              for j in (0..<n).reversed() {
                let (begin, end) = (starts[j], starts[j + 1])
                for p in begin..<end {
                  mark[rows[p]] = j
                  coefficient[rows[p]] = l[p]
                  sums[rows[p]] = 0
                }
                // Symmetry: element (i, k) of Z serves both row i and row k.
                for p in begin..<end {
                  let k = rows[p]
                  let lk = l[p]
                  var own = lk * zd[k]
                  for q in starts[k]..<starts[k + 1] where mark[rows[q]] == j {
                    let i = rows[q]
                    sums[i] += lk * z[q]
                    own += coefficient[i] * z[q]
                  }
                  sums[k] += own
                }
                var diagonal = 1 / factor.pivots[j]
                for p in begin..<end {
                  z[p] = -sums[rows[p]]
                  diagonal -= l[p] * z[p]
                }
                zd[j] = diagonal
              }
            }
          }
        }
      }
    }
    (below, atDiagonal) = (z, zd)
  }

  /// The diagonal of A⁻¹.
  public var diagonal: [Double] { symbolic.position.map { atDiagonal[$0] } }

  /// The element (i, j) of A⁻¹, or nil outside the pattern of the factor; every entry of A itself is inside.
  public subscript(i: Int, j: Int) -> Double? {
    let (a, b) = (symbolic.position[i], symbolic.position[j])
    guard a != b else { return atDiagonal[a] }
    let (row, column) = (max(a, b), min(a, b))
    // Rows within a column of an up-looking factor come in increasing order.
    var (low, high) = (symbolic.starts[column], symbolic.starts[column + 1])
    while low < high {
      let middle = (low + high) / 2
      if rowIndices[middle] < row { low = middle + 1 } else { high = middle }
    }
    return low < symbolic.starts[column + 1] && rowIndices[low] == row ? below[low] : nil
  }
}

extension SparseLDLFactorization {
  /// The elements of A⁻¹ inside the factor's pattern.
  public func selectedInverse() -> SelectedInverse { SelectedInverse(self) }

  /// The diagonal of A⁻¹: the variances, where A is an information matrix.
  public func inverseDiagonal() -> [Double] { SelectedInverse(self).diagonal }
}
