import LinearAlgebra
import Statistics

/// A grid of streets with two unknown flows a block side, each counted alone or in short sums along a street, with noise.
struct City {
  let design: SparseMatrix
  let measurements: [Double]
  let weights: [Double]
  let prior = 300.0
  let priorWeight = 1e-4
  /// The right-hand side of the normal equations.
  let right: [Double]

  init(side: Int, seed: UInt64) {
    var random = RandomStream(seed: seed)
    let n = 2 * side * side
    let truth = (0..<n).map { _ in max(0, random.normal(mean: 250, standardDeviation: 250)) }
    func unknown(_ i: Int, _ j: Int, _ direction: Int) -> Int { 2 * (i * side + j) + direction }
    var triplets: [SparseMatrix.Triplet] = []
    var rows = 0
    for i in 0..<side {
      for j in 0..<side {
        for direction in 0..<2 where random.uniform() < 0.7 {
          let length = 1 + random.integer(below: 4)
          for k in 0..<length {
            let (a, b) = direction == 0 ? (i, j + k) : (i + k, j)
            if a < side && b < side { triplets.append(.init(rows, unknown(a, b, direction), 1)) }
          }
          // Flow turns from one street into the other: what ties the two directions together.
          triplets.append(.init(rows, unknown(i, j, 1 - direction), 0.2))
          rows += 1
        }
      }
    }
    design = SparseMatrix(rows: rows, columns: n, triplets: triplets)
    weights = (0..<rows).map { _ in 1 / random.uniform(100, 900) }
    measurements = zip(design * truth, weights).map { $0 + random.normal(standardDeviation: (1 / $1).squareRoot()) }
    var sum = design.applied(to: zip(measurements, weights).map { $0 * $1 }, .transposed)
    for j in 0..<n { sum[j] += priorWeight * prior }
    right = sum
  }
}
