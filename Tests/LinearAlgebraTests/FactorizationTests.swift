import Foundation
import LinearAlgebra
import Testing

@Suite("Dense factorisations")
struct FactorizationTests {
  static let orders = [1, 2, 5, 20, 60]

  @Test("Cholesky: L·Lᵀ = A, A·x = b, ‖L⁻¹b‖² = bᵀA⁻¹b, ln det", arguments: orders)
  func cholesky(n: Int) throws {
    var random = RandomMatrices(seed: UInt64(n))
    let a = random.positiveDefinite(n)
    let b = random.vector(n)
    let factor = try CholeskyFactorization(a)
    #expect(largestDifference(factor.lower * factor.lower.transposed, a) < 1e-11)
    let x = factor.solve(b)
    #expect(largestDifference(a * x, b) < 1e-11)
    let white = factor.whiten(b)
    #expect((dot(white, white) - dot(b, x)).magnitude < 1e-11)
    #expect(largestDifference(factor.inverse * a, Matrix.identity(n)) < 1e-10)
    #expect((factor.logDeterminant - log(try LUFactorization(a).determinant)).magnitude < 1e-9)
  }

  @Test("Cholesky names the leading minor that is not positive")
  func indefinite() {
    #expect(throws: FactorizationError.notPositiveDefinite(order: 2)) { try CholeskyFactorization(Matrix(rows: [[1, 2], [2, 1]])) }
    #expect(throws: FactorizationError.notFinite) { try CholeskyFactorization(Matrix(rows: [[.nan]])) }
  }

  @Test("LU: A·x = b, Aᵀ·x = b, determinant, condition", arguments: orders)
  func lu(n: Int) throws {
    var random = RandomMatrices(seed: UInt64(100 + n))
    let a = random.matrix(n, n) + 2 * Matrix.identity(n)
    let b = random.vector(n)
    let factor = try LUFactorization(a)
    #expect(largestDifference(a * factor.solve(b), b) < 1e-10)
    #expect(largestDifference(a.transposed * factor.solve(b, .transposed), b) < 1e-10)
    #expect(largestDifference(a * factor.inverse, Matrix.identity(n)) < 1e-10)
    #expect(factor.reciprocalCondition > 1e-7)
  }

  @Test("LU: a permutation's determinant is its sign, a singular matrix is named")
  func luKnown() throws {
    #expect(try LUFactorization(Matrix(rows: [[0, 1, 0], [0, 0, 1], [1, 0, 0]])).determinant == 1)
    #expect(try LUFactorization(Matrix(rows: [[0, 1], [1, 0]])).determinant == -1)
    #expect(throws: FactorizationError.singular(pivot: 2)) { try LUFactorization(Matrix(rows: [[1, 2], [2, 4]])) }
    // Hilbert's matrix of order 12 is singular to working precision.
    var hilbert = Matrix(rows: 12, columns: 12)
    for i in 0..<12 {
      for j in 0..<12 { hilbert[i, j] = 1 / Double(i + j + 1) }
    }
    #expect(try LUFactorization(hilbert).reciprocalCondition < 1e-15)
  }

  @Test("QR: Q·R = A, QᵀQ = I, the residual of least squares is orthogonal to the columns", arguments: orders)
  func qr(n: Int) throws {
    var random = RandomMatrices(seed: UInt64(200 + n))
    let a = random.matrix(2 * n + 1, n)
    let b = random.vector(2 * n + 1)
    let factor = try QRFactorization(a)
    let q = factor.orthonormal
    #expect(largestDifference(q * factor.upper, a) < 1e-12)
    #expect(largestDifference(q.gram(), Matrix.identity(n)) < 1e-12)
    var residual = b
    let x = try factor.leastSquares(b)
    addScaled(-1, a * x, to: &residual)
    #expect(infinityNorm(a.applied(to: residual, .transposed)) < 1e-11)
    #expect(largestDifference(x, try SVD(a).solve(b)) < 1e-9)
  }

  @Test("QR: dependent columns have no unique least-squares solution")
  func qrDependent() throws {
    let a = Matrix(rows: [[1, 2], [2, 4], [3, 6]])
    #expect(throws: FactorizationError.singular(pivot: 2)) { try QRFactorization(a).leastSquares([1, 2, 3]) }
    // Of all x with x₁ + 2·x₂ = 1, (0.2, 0.4) is the shortest.
    #expect(largestDifference(try SVD(a).solve([1, 2, 3]), [0.2, 0.4]) < 1e-14)
    #expect(try SVD(a).rank() == 1)
  }

  @Test("SVD: U·Σ·Vᵀ = A for tall and wide matrices", arguments: [(1, 1), (6, 3), (3, 6), (30, 30)])
  func svd(m: Int, n: Int) throws {
    var random = RandomMatrices(seed: UInt64(300 + m))
    let a = random.matrix(m, n)
    let svd = try SVD(a)
    #expect(largestDifference(svd.left * Matrix.diagonal(svd.values) * svd.rightTransposed, a) < 1e-12)
    #expect(zip(svd.values, svd.values.dropFirst()).allSatisfy { $0 >= $1 })
    let squares = svd.values.reduce(0) { $0 + $1 * $1 }
    #expect(squares.squareRoot().isApproximately(a.frobeniusNorm))
  }

  @Test("Symmetric eigenvalues: A·V = V·Λ; the second difference matrix has 2 − 2cos(kπ/(n+1))", arguments: orders)
  func symmetric(n: Int) throws {
    var a = Matrix(rows: n, columns: n)
    for i in 0..<n {
      a[i, i] = 2
      if i > 0 {
        a[i, i - 1] = -1
        a[i - 1, i] = -1
      }
    }
    let eigen = try SymmetricEigen(a)
    #expect(largestDifference(eigen.values, (1...n).map { 2 - 2 * cos(Double($0) * .pi / Double(n + 1)) }) < 1e-12)
    #expect(largestDifference(a * eigen.vectors, eigen.vectors * Matrix.diagonal(eigen.values)) < 1e-12)
  }

  @Test("General eigenvalues: a rotation's lie on the unit circle")
  func general() throws {
    let rotation = Matrix(rows: [[0.6, -0.8], [0.8, 0.6]])
    let eigen = try Eigenvalues(rotation)
    #expect(largestDifference(eigen.real, [0.6, 0.6]) < 1e-14)
    #expect(largestDifference(eigen.imaginary.map(\.magnitude), [0.8, 0.8]) < 1e-14)
    #expect(eigen.spectralRadius.isApproximately(1))
    #expect(throws: FactorizationError.notFinite) { try Eigenvalues(Matrix(rows: [[.infinity]])) }
  }
}
