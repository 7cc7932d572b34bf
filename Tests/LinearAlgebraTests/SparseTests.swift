import LinearAlgebra
import Testing

@Suite("Sparse matrices")
struct SparseTests {
  @Test("Products, sums, transposes and scalings agree with the dense ones", arguments: 1...10)
  func operations(seed: UInt64) {
    var random = RandomMatrices(seed: seed)
    let (m, k, n) = (1 + random.integer(below: 30), 1 + random.integer(below: 30), 1 + random.integer(below: 30))
    let (a, b, c) = (random.sparse(m, k, perColumn: 3), random.sparse(k, n, perColumn: 2), random.sparse(m, k, perColumn: 2))
    #expect(largestDifference((a * b).dense, a.dense * b.dense) < 1e-14)
    #expect(largestDifference((a + c).dense, a.dense + c.dense) < 1e-14)
    #expect(a.transposed.dense == a.dense.transposed)
    let (x, y, w) = (random.vector(k), random.vector(m), random.vector(m).map(\.magnitude))
    #expect(largestDifference(a * x, a.dense * x) < 1e-14)
    #expect(largestDifference(a.applied(to: y, .transposed), a.dense.applied(to: y, .transposed)) < 1e-14)
    #expect(largestDifference(a.gram(weights: w).dense, a.dense.gram(weights: w)) < 1e-14)
    #expect(largestDifference(a.scaled(rows: y, columns: x).dense, Matrix.diagonal(y) * a.dense * Matrix.diagonal(x)) < 1e-14)
    #expect(SparseMatrix(a.dense).dense == a.dense)
    for i in 0..<m {
      for j in 0..<k { #expect(a[i, j] == a.dense[i, j]) }
    }
  }

  @Test("Entries at the same place add up")
  func duplicates() {
    let a = SparseMatrix(rows: 2, columns: 2, triplets: [.init(1, 0, 2), .init(0, 1, 5), .init(1, 0, 3)])
    #expect(a.starts == [0, 1, 2])
    #expect(a.rowIndices == [1, 0])
    #expect(a.values == [5, 5])
  }

  /// A random sparse positive definite matrix: AᵀWA + small diagonal.
  static func information(_ n: Int, seed: UInt64) -> SparseMatrix {
    var random = RandomMatrices(seed: seed)
    let a = random.sparse(2 * n, n, perColumn: 3)
    return a.gram() + SparseMatrix.diagonal([Double](repeating: 0.1, count: n))
  }

  @Test("Sparse LDL: solutions, log determinant and selected inverse agree with dense Cholesky", arguments: [1, 2, 3, 10, 40, 150])
  func factor(n: Int) throws {
    let a = Self.information(n, seed: UInt64(n))
    var random = RandomMatrices(seed: 9)
    let b = random.vector(n)
    let dense = try CholeskyFactorization(a.dense)
    let inverse = dense.inverse
    for ordering in [SparseSymbolicFactorization.Ordering.natural, .minimumDegree] {
      let symbolic = SparseSymbolicFactorization(a, ordering: ordering)
      #expect(symbolic.order.sorted() == Array(0..<n))
      let factor = try SparseLDLFactorization(a, symbolic: symbolic)
      #expect(largestDifference(factor.solve(b), dense.solve(b)) < 1e-10)
      #expect((factor.logDeterminant - dense.logDeterminant).magnitude < 1e-9)
      let selected = factor.selectedInverse()
      #expect(largestDifference(selected.diagonal, inverse.diagonal) < 1e-9)
      for j in 0..<n {
        for p in a.starts[j]..<a.starts[j + 1] {
          let i = a.rowIndices[p]
          let value = try #require(selected[i, j])
          #expect((value - inverse[i, j]).magnitude < 1e-9)
        }
      }
    }
  }

  @Test("One triangle is enough, and new values over an old pattern are factored anew")
  func triangles() throws {
    let a = Self.information(30, seed: 5)
    var triplets: [SparseMatrix.Triplet] = []
    for j in 0..<30 {
      for p in a.starts[j]..<a.starts[j + 1] where a.rowIndices[p] <= j { triplets.append(.init(a.rowIndices[p], j, a.values[p])) }
    }
    let upper = SparseMatrix(rows: 30, columns: 30, triplets: triplets)
    var random = RandomMatrices(seed: 2)
    let b = random.vector(30)
    let full = try SparseLDLFactorization(a)
    #expect(largestDifference(try SparseLDLFactorization(upper).solve(b), full.solve(b)) < 1e-11)
    #expect(largestDifference(try SparseLDLFactorization(upper.transposed).solve(b), full.solve(b)) < 1e-11)
    let doubled = try SparseLDLFactorization(2 * a, symbolic: full.symbolic)
    #expect(largestDifference(doubled.solve(b), full.solve(b).map { $0 / 2 }) < 1e-11)
  }

  @Test("Quasi-definite systems are factored where negative pivots are allowed, and refused otherwise")
  func quasiDefinite() throws {
    // [[H, Aᵀ], [A, −D]]
    let k = SparseMatrix(Matrix(rows: [[4, 0, 1], [0, 3, 2], [1, 2, -1]]))
    let factor = try SparseLDLFactorization(k, allowsNegativePivots: true)
    #expect(largestDifference(k * factor.solve([1, 2, 3]), [1, 2, 3]) < 1e-13)
    #expect(factor.pivots.filter { $0 < 0 }.count == 1)
    #expect(throws: FactorizationError.self) { try SparseLDLFactorization(k) }
    #expect(throws: FactorizationError.self) { try SparseLDLFactorization(SparseMatrix(Matrix(rows: [[1, 1], [1, 1]]))) }
    #expect(throws: FactorizationError.notFinite) { try SparseLDLFactorization(SparseMatrix(Matrix(rows: [[.nan]]))) }
  }

  /// The five-point Laplacian of a grid: what a street network's normal equations look like.
  static func grid(_ side: Int) -> SparseMatrix {
    var triplets: [SparseMatrix.Triplet] = []
    for i in 0..<side {
      for j in 0..<side {
        let k = i * side + j
        triplets.append(.init(k, k, 4.01))
        if i + 1 < side { triplets += [.init(k, k + side, -1), .init(k + side, k, -1)] }
        if j + 1 < side { triplets += [.init(k, k + 1, -1), .init(k + 1, k, -1)] }
      }
    }
    return SparseMatrix(rows: side * side, columns: side * side, triplets: triplets)
  }

  @Test("Minimum degree keeps the fill of a 60 × 60 grid below a third of the natural order's")
  func fill() throws {
    let a = Self.grid(60)
    let ordered = SparseSymbolicFactorization(a)
    let natural = SparseSymbolicFactorization(a, ordering: .natural)
    #expect(natural.factorEntryCount > 200_000)
    // 31 n·log₂n is Gilbert & Tarjan's bound for nested dissection; minimum degree stays far under it.
    #expect(ordered.factorEntryCount < natural.factorEntryCount / 3)
    #expect(ordered.order == SparseSymbolicFactorization(a).order)
    let factor = try SparseLDLFactorization(a, symbolic: ordered)
    let ones = [Double](repeating: 1, count: 3600)
    #expect(largestDifference(a * factor.solve(ones), ones) < 1e-10)
  }

  @Test("Conjugate gradients reach the direct solution, start warm, and say when they do not converge")
  func conjugateGradients() throws {
    let a = Self.grid(20)
    var random = RandomMatrices(seed: 3)
    let b = random.vector(400)
    let direct = try SparseLDLFactorization(a).solve(b)
    let diagonal = (0..<400).map { a[$0, $0] }
    let found = conjugateGradient(b, diagonal: diagonal, tolerance: 1e-12) { a * $0 }
    #expect(found.converged)
    #expect(largestDifference(found.solution, direct) < 1e-9)
    let warm = conjugateGradient(b, initial: direct, tolerance: 1e-10) { a * $0 }
    #expect(warm.converged && warm.iterations == 1)
    #expect(!conjugateGradient(b, maximumIterations: 2) { a * $0 }.converged)
    #expect(!conjugateGradient(b) { (a * $0).map { -$0 } }.converged)
    #expect(conjugateGradient([0, 0]) { $0 }.solution == [0, 0])
  }
}
