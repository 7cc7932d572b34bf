import LinearAlgebra
import Testing

@Suite("Dense products")
struct DenseTests {
  @Test("Every transposition of a product agrees with the sum written out")
  func products() {
    var random = RandomMatrices(seed: 1)
    for (m, n, k) in [(1, 1, 1), (3, 5, 4), (7, 2, 6), (17, 19, 23)] {
      let (a, b) = (random.matrix(m, k), random.matrix(k, n))
      var expected = Matrix(rows: m, columns: n)
      for i in 0..<m {
        for j in 0..<n { expected[i, j] = (0..<k).reduce(0) { $0 + a[i, $1] * b[$1, j] } }
      }
      #expect(largestDifference(a * b, expected) < 1e-13)
      #expect(largestDifference(Matrix.product(a.transposed, .transposed, b), expected) < 1e-13)
      #expect(largestDifference(Matrix.product(a, .none, b.transposed, .transposed), expected) < 1e-13)
      #expect(largestDifference(Matrix.product(a.transposed, .transposed, b.transposed, .transposed), expected) < 1e-13)
      let x = random.vector(k)
      #expect(largestDifference(a * x, (a * Matrix(rows: k, columns: 1, columnMajor: x)).storage) < 1e-13)
      #expect(largestDifference(a.transposed.applied(to: x, .transposed), a * x) < 1e-13)
      let w = random.vector(m).map(\.magnitude)
      #expect(largestDifference(a.gram(weights: w), a.transposed * (Matrix.diagonal(w) * a)) < 1e-13)
    }
  }

  @Test("Empty matrices have products of the right shape")
  func empty() {
    let a = Matrix(rows: 3, columns: 0)
    #expect(a * Matrix(rows: 0, columns: 2) == Matrix(rows: 3, columns: 2))
    #expect(a * [Double]() == [0, 0, 0])
    #expect(a.gram() == Matrix(rows: 0, columns: 0))
  }

  @Test("Blocks, rows, columns and the transpose find the same elements")
  func access() {
    let a = Matrix(rows: [[1, 2, 3], [4, 5, 6]])
    #expect(a.storage == [1, 4, 2, 5, 3, 6])
    #expect(a.row(1) == [4, 5, 6])
    #expect(a.column(2) == [3, 6])
    #expect(a.transposed == Matrix(rows: [[1, 4], [2, 5], [3, 6]]))
    #expect(a[block: 0..<2, 1..<3] == Matrix(rows: [[2, 3], [5, 6]]))
    #expect((a - 0.5 * a).largestMagnitude == 3)
    #expect(a.frobeniusNorm.isApproximately(91.0.squareRoot()))
    #expect(Matrix(rows: [[1, 2], [4, 5]]).symmetrized == Matrix(rows: [[1, 3], [3, 5]]))
  }

  @Test("The Euclidean norm does not overflow")
  func norm() {
    #expect(euclideanNorm([3e200, 4e200]).isApproximately(5e200))
    var y = [1.0, 2]
    addScaled(2, [10, 20], to: &y)
    #expect(y == [21, 42])
  }
}

extension Double {
  func isApproximately(_ other: Double, relative: Double = 1e-12) -> Bool { (self - other).magnitude <= relative * other.magnitude }
}
