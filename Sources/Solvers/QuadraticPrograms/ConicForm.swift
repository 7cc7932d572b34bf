import LinearAlgebra

/// The program as the interior-point method wants it: A·x + s = b with s = 0 on the first `equalities` rows and s ≥ 0 on the rest,
/// scaled so that rows and columns of the saddle-point matrix have similar size (Ruiz 2001).
struct ConicForm {
  let quadratic: SparseMatrix
  let linear: [Double]
  let constraints: SparseMatrix
  let right: [Double]
  let equalities: Int
  /// Where each row comes from: the constraint (or, from `constraintCount` on, the variable bound) and its sign.
  let sources: [(index: Int, sign: Double)]
  let constraintCount: Int
  // Scaled = E·A·D, D·P·D·c, c·D·q.
  let columnScale: [Double]
  let rowScale: [Double]
  let costScale: Double

  init(_ program: QuadraticProgram) {
    let (n, m) = (program.linear.count, program.constraints.rows)
    var equalities: [(index: Int, sign: Double, right: Double)] = []
    var inequalities: [(index: Int, sign: Double, right: Double)] = []
    func add(_ index: Int, _ lower: Double, _ upper: Double) {
      if lower == upper, lower.isFinite {
        equalities.append((index, 1, upper))
        return
      }
      if upper < .infinity { inequalities.append((index, 1, max(upper, -Self.huge))) }
      if lower > -.infinity { inequalities.append((index, -1, max(-lower, -Self.huge))) }
    }
    for i in 0..<m { add(i, program.lower[i], program.upper[i]) }
    for j in 0..<n { add(m + j, program.variableLower[j], program.variableUpper[j]) }
    let rows = equalities + inequalities
    sources = rows.map { ($0.index, $0.sign) }
    self.equalities = equalities.count
    constraintCount = m

    let byRow = program.constraints.transposed
    var triplets: [SparseMatrix.Triplet] = []
    for (r, row) in rows.enumerated() {
      if row.index >= m {
        triplets.append(.init(r, row.index - m, row.sign))
      } else {
        for p in byRow.starts[row.index]..<byRow.starts[row.index + 1] {
          triplets.append(.init(r, byRow.rowIndices[p], row.sign * byRow.values[p]))
        }
      }
    }
    let a = SparseMatrix(rows: rows.count, columns: n, triplets: triplets)

    var (d, e) = ([Double](repeating: 1, count: n), [Double](repeating: 1, count: rows.count))
    var (p, scaledA) = (program.quadratic, a)
    for _ in 0..<10 {
      var (column, row) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: rows.count))
      for j in 0..<n {
        for k in p.starts[j]..<p.starts[j + 1] { column[j] = max(column[j], p.values[k].magnitude) }
        for k in scaledA.starts[j]..<scaledA.starts[j + 1] {
          column[j] = max(column[j], scaledA.values[k].magnitude)
          row[scaledA.rowIndices[k]] = max(row[scaledA.rowIndices[k]], scaledA.values[k].magnitude)
        }
      }
      let dc = column.map { $0 > 0 ? 1 / min(max($0, 1e-8), 1e8).squareRoot() : 1 }
      let dr = row.map { $0 > 0 ? 1 / min(max($0, 1e-8), 1e8).squareRoot() : 1 }
      p = p.scaled(rows: dc, columns: dc)
      scaledA = scaledA.scaled(rows: dr, columns: dc)
      for j in 0..<n { d[j] *= dc[j] }
      for i in rows.indices { e[i] *= dr[i] }
    }
    let q = zip(program.linear, d).map { $0 * $1 }
    let size = max(infinityNorm(q), p.values.reduce(0) { max($0, $1.magnitude) })
    costScale = size > 0 ? 1 / min(max(size, 1e-8), 1e8) : 1
    quadratic = costScale * p
    linear = q.map { [costScale] in costScale * $0 }
    constraints = scaledA
    right = zip(rows, e).map { $0.right * $1 }
    (columnScale, rowScale) = (d, e)
  }

  /// A bound beyond this is as good as impossible to meet; it stands for −∞ as an upper bound.
  private static let huge = 1e20

  /// Multipliers of the scaled rows as multipliers of constraints and variable bounds.
  func multipliers(_ z: [Double], cost: Double) -> (constraints: [Double], bounds: [Double]) {
    var (y, w) = ([Double](repeating: 0, count: constraintCount), [Double](repeating: 0, count: columnScale.count))
    for (r, source) in sources.enumerated() {
      let value = source.sign * z[r] * rowScale[r] / cost
      if source.index < constraintCount { y[source.index] += value } else { w[source.index - constraintCount] += value }
    }
    return (y, w)
  }

  /// A scaled point as one of the program.
  func point(_ x: [Double]) -> [Double] { zip(x, columnScale).map { $0 * $1 } }
}
