import LinearAlgebra
import Statistics
import TrafficModel

/// Flows that may well be the true ones: draws of a table from its own uncertainty.
///
/// A plan made for the mean of uncertain flows is made for flows that never come; one made for several draws holds up when they do.
public enum FlowScenarios {
  /// Tables drawn from a normal distribution with the table's means and covariance, negative flows taken as none. The same seed gives
  /// the same draws, every other one the mirror image of the one before, so that their mean stays the table's.
  ///
  /// Rows that covary are drawn together (through the eigenvectors of their block: an estimate's covariance is often singular), the
  /// others each alone; rows without a variance are taken as certain.
  public static func drawn(from table: FlowTable, count: Int, seed: UInt64) -> [FlowTable] {
    precondition(count > 0, "\(count) scenarios")
    let n = table.rows.count
    // Blocks of rows that covary: a forest of rows, each pointing towards its block's first.
    var parent = Array(0..<n)
    func root(_ i: Int) -> Int {
      var i = i
      while parent[i] != i {
        parent[i] = parent[parent[i]]
        i = parent[i]
      }
      return i
    }
    var entries: [[(row: Int, column: Int, value: Double)]] = Array(repeating: [], count: n)
    for entry in table.covariance where entry.value != 0 && max(entry.first, entry.second) < n && min(entry.first, entry.second) >= 0 {
      let (a, b) = (root(entry.first), root(entry.second))
      if a != b { parent[max(a, b)] = min(a, b) }
    }
    for entry in table.covariance where entry.value != 0 && max(entry.first, entry.second) < n && min(entry.first, entry.second) >= 0 {
      entries[root(entry.first)].append((entry.first, entry.second, entry.value))
    }
    var members: [[Int]] = Array(repeating: [], count: n)
    for i in 0..<n { members[root(i)].append(i) }
    /// What a draw of standard normals does to the rows of each block.
    var factors: [(rows: [Int], scaled: Matrix)] = []
    for block in members where !block.isEmpty && !entries[block[0]].isEmpty {
      let position = Dictionary(uniqueKeysWithValues: block.enumerated().map { ($0.element, $0.offset) })
      var covariance = Matrix(rows: block.count, columns: block.count)
      for e in entries[block[0]] {
        guard let i = position[e.row], let j = position[e.column] else { continue }
        covariance[i, j] = e.value
        covariance[j, i] = e.value
      }
      guard let eigen = try? SymmetricEigen(covariance) else { continue }
      var scaled = eigen.vectors
      for j in block.indices {
        let scale = max(0, eigen.values[j]).squareRoot()
        for i in block.indices { scaled[i, j] *= scale }
      }
      factors.append((block, scaled))
    }
    var random = RandomStream(seed: seed, stream: 0xF10)
    var result: [FlowTable] = []
    var shift = [Double](repeating: 0, count: n)
    for k in 0..<count {
      if k % 2 == 0 {
        shift = [Double](repeating: 0, count: n)
        for (rows, scaled) in factors {
          let z = rows.map { _ in random.normal() }
          for (i, row) in rows.enumerated() { shift[row] = rows.indices.reduce(0) { $0 + scaled[i, $1] * z[$1] } }
        }
      } else {
        for i in shift.indices { shift[i] = -shift[i] }
      }
      var draw = table
      for i in 0..<n { draw.rows[i].mean = max(0, table.rows[i].mean + shift[i]) }
      result.append(draw)
    }
    return result
  }

  /// A mean and the mean of the worst part of some values, mixed.
  ///
  /// The second is the conditional value at risk: of six values, the worst fifth is the worst and a fifth of the next (R. T.
  /// Rockafellar & S. Uryasev, Journal of Risk 2, 2000).
  ///
  /// - Parameters:
  ///   - tail: weight of the worst part, 0 to 1.
  ///   - share: how large the worst part is; 0 takes the worst value.
  ///   - weights: of the values; nil for equal ones.
  public static func meanAndTail(_ values: [Double], weights: [Double]? = nil, tail: Double, share: Double) -> Double {
    guard !values.isEmpty else { return 0 }
    let w = weights ?? values.map { _ in 1 }
    let total = w.reduce(0, +)
    let mean = zip(values, w).reduce(0) { $0 + $1.0 * $1.1 } / total
    guard tail > 0 else { return mean }
    var left = max(share, 1e-12)
    var worst = 0.0
    for k in values.indices.sorted(by: { (values[$0], $1) > (values[$1], $0) }) {
      let part = min(left, w[k] / total)
      worst += values[k] * part
      left -= part
      if left <= 0 { break }
    }
    return (1 - tail) * mean + tail * worst / max(share, 1e-12)
  }
}
