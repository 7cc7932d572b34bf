import LinearAlgebra

/// The linear systems of the interior-point method,
///
///     [ P   Aᵀ ] [x]   [f]
///     [ A  −W ] [z] = [g],
///
/// solved with a small regularisation that makes the matrix quasi-definite, and refined against the matrix itself. One symbolic
/// factorisation serves all iterations, because only W changes.
struct KKTSystem {
  private let form: ConicForm
  private let n: Int
  private let m: Int
  private var scaling: [Double]
  private var matrix: SparseMatrix
  /// Where in `matrix` the diagonal of each row lies.
  private var diagonal: [Int]
  private let symbolic: SparseSymbolicFactorization?
  private var sparse: SparseLDLFactorization?
  private var dense: SymmetricIndefiniteFactorization?
  private static let regularization = 1e-9

  init(_ form: ConicForm, denseLimit: Int) {
    self.form = form
    n = form.linear.count
    m = form.right.count
    scaling = [Double](repeating: 1, count: m)
    // The lower triangle: P, then A below it, then the diagonal.
    var triplets: [SparseMatrix.Triplet] = []
    for j in 0..<n {
      triplets.append(.init(j, j, 0))
      for p in form.quadratic.starts[j]..<form.quadratic.starts[j + 1] where form.quadratic.rowIndices[p] >= j {
        triplets.append(.init(form.quadratic.rowIndices[p], j, form.quadratic.values[p]))
      }
      for p in form.constraints.starts[j]..<form.constraints.starts[j + 1] {
        triplets.append(.init(n + form.constraints.rowIndices[p], j, form.constraints.values[p]))
      }
    }
    for i in 0..<m { triplets.append(.init(n + i, n + i, 0)) }
    matrix = SparseMatrix(rows: n + m, columns: n + m, triplets: triplets)
    diagonal = (0..<n + m).map { [matrix] in matrix.starts[$0] }  // the first entry of a lower triangle's column
    for j in 0..<n { matrix.values[diagonal[j]] += Self.regularization }
    symbolic = n + m > denseLimit ? SparseSymbolicFactorization(matrix) : nil
  }

  /// Takes W = `scaling`, zero on equality rows.
  mutating func factor(scaling: [Double]) throws(FactorizationError) {
    self.scaling = scaling
    for i in 0..<m { matrix.values[diagonal[n + i]] = -scaling[i] - Self.regularization }
    if let symbolic {
      sparse = try SparseLDLFactorization(matrix, symbolic: symbolic, allowsNegativePivots: true)
    } else {
      dense = try SymmetricIndefiniteFactorization(matrix.dense)
    }
  }

  /// The solution for right-hand sides f (n) and g (m).
  func solve(_ f: [Double], _ g: [Double]) -> (x: [Double], z: [Double]) {
    let b = f + g
    var solution = apply(b)
    let size = infinityNorm(b)
    var last = Double.infinity
    for _ in 0..<8 {
      var residual = b
      addScaled(-1, product(solution), to: &residual)
      let norm = infinityNorm(residual)
      guard norm > 1e-15 * size, norm < 0.5 * last else { break }
      last = norm
      addScaled(1, apply(residual), to: &solution)
    }
    return (Array(solution[0..<n]), Array(solution[n...]))
  }

  private func apply(_ b: [Double]) -> [Double] { sparse?.solve(b) ?? dense!.solve(b) }

  /// The unregularised matrix times v.
  private func product(_ v: [Double]) -> [Double] {
    let (x, z) = (Array(v[0..<n]), Array(v[n...]))
    var top = form.quadratic * x
    addScaled(1, form.constraints.applied(to: z, .transposed), to: &top)
    var bottom = form.constraints * x
    for i in 0..<m { bottom[i] -= scaling[i] * z[i] }
    return top + bottom
  }
}
