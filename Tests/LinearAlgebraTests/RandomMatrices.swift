import LinearAlgebra

/// Repeatable random matrices (SplitMix64, Steele, Lea & Flood 2014).
struct RandomMatrices {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// Uniform in [−1, 1).
  mutating func number() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1
  }

  mutating func integer(below n: Int) -> Int { min(n - 1, Int((number() + 1) / 2 * Double(n))) }

  mutating func vector(_ n: Int) -> [Double] { (0..<n).map { _ in number() } }

  mutating func matrix(_ m: Int, _ n: Int) -> Matrix { Matrix(rows: m, columns: n, columnMajor: vector(m * n)) }

  mutating func positiveDefinite(_ n: Int) -> Matrix {
    let a = matrix(n, n)
    return a.gram() + Matrix.identity(n)
  }

  /// About `perColumn` entries in each column.
  mutating func sparse(_ m: Int, _ n: Int, perColumn: Int) -> SparseMatrix {
    var triplets: [SparseMatrix.Triplet] = []
    for j in 0..<n {
      for _ in 0..<perColumn { triplets.append(.init(integer(below: m), j, number())) }
    }
    return SparseMatrix(rows: m, columns: n, triplets: triplets)
  }
}

func largestDifference(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { max($0, ($1.0 - $1.1).magnitude) } }
func largestDifference(_ a: Matrix, _ b: Matrix) -> Double { largestDifference(a.storage, b.storage) }
