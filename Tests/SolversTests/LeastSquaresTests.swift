import LinearAlgebra
import Solvers
import Statistics
import TestSupport
import Testing

@Suite("Non-negative and bounded least squares")
struct LeastSquaresTests {
  static func random(_ m: Int, _ n: Int, seed: UInt64) -> (Matrix, [Double]) {
    var random = RandomStream(seed: seed, stream: 2)
    return (Matrix(rows: m, columns: n, columnMajor: (0..<m * n).map { _ in random.normal() }), (0..<m).map { _ in random.normal() })
  }

  @Test("Known answers: an interior solution, one on the boundary, and zero")
  func known() {
    let interior = NonNegativeLeastSquares(Matrix(rows: [[1, 0], [0, 2], [0, 0]]), [3, 4, 5])
    #expect(distance(interior.solution, [3, 2]) < 1e-14)
    #expect((interior.residualNorm - 5).magnitude < 1e-14)
    // Unconstrained the second would be −1; without it the first fits to 1.5.
    let boundary = NonNegativeLeastSquares(Matrix(rows: [[1, 1], [1, 0]]), [1, 2])
    #expect(distance(boundary.solution, [1.5, 0]) < 1e-14)
    #expect(NonNegativeLeastSquares(Matrix(rows: [[1], [1]]), [-1, -2]).solution == [0])
  }

  @Test("Random problems, tall and wide, satisfy the optimality conditions", arguments: 0..<12)
  func certificate(seed: UInt64) {
    let shapes = [(3, 3), (20, 8), (8, 20), (40, 40)]
    let (m, n) = shapes[Int(seed) % 4]
    let (a, b) = Self.random(m, n, seed: seed)
    let found = NonNegativeLeastSquares(a, b)
    #expect(found.report.status == .optimal)
    for j in 0..<n {
      #expect(found.solution[j] >= 0)
      #expect(found.gradient[j] <= 1e-10)
      #expect(found.solution[j] == 0 || found.gradient[j].magnitude <= 1e-10)
    }
  }

  @Test("The bounded solver agrees with Lawson–Hanson, by factorisation and by conjugate gradients", arguments: 0..<8)
  func agreement(seed: UInt64) throws {
    let (a, b) = Self.random(30, 12, seed: 100 + seed)
    let expected = NonNegativeLeastSquares(a, b).solution
    let problem = BoundedLeastSquares(design: SparseMatrix(a), measurements: b)
    for method in [BoundedLeastSquares.Method.factorization, .conjugateGradient(tolerance: 1e-12)] {
      let found = try problem.solve(method)
      #expect(found.report.status == .optimal)
      #expect(distance(found.solution, expected) < 1e-8)
    }
  }

  @Test("Two-sided bounds and a prior: the quadratic program agrees", arguments: 0..<6)
  func quadratic(seed: UInt64) throws {
    let (a, b) = Self.random(10, 15, seed: 200 + seed)
    var random = RandomStream(seed: seed, stream: 3)
    var problem = BoundedLeastSquares(design: SparseMatrix(a), measurements: b)
    problem.weights = (0..<10).map { _ in random.uniform(0.1, 4) }
    problem.prior = (0..<15).map { _ in random.normal() }
    problem.priorWeights = (0..<15).map { _ in random.uniform(0.1, 1) }
    problem.lower = (0..<15).map { _ in random.uniform(-1, 0) }
    problem.upper = problem.lower.map { $0 + random.uniform(0, 1) }
    problem.upper[3] = problem.lower[3]
    let found = try problem.solve()
    #expect(found.report.status == .optimal && found.report.dualResidual < 1e-9)
    let normal = problem.design.gram(weights: problem.weights) + SparseMatrix.diagonal(problem.priorWeights)
    let program = QuadraticProgram(
      quadratic: normal, linear: problem.gradient([Double](repeating: 0, count: 15)), variableLower: problem.lower,
      variableUpper: problem.upper)
    #expect(distance(found.solution, program.solve().solution) < 1e-6)
  }

  @Test("Unknowns that neither measurement nor prior sees are an error")
  func undetermined() {
    let design = SparseMatrix(rows: 1, columns: 2, triplets: [.init(0, 0, 1)])
    #expect(throws: FactorizationError.self) { try BoundedLeastSquares(design: design, measurements: [1]).solve() }
  }

  @Test("A thousand flows on a line of counts")
  func large() throws {
    let n = 1000
    var random = RandomStream(seed: 1)
    let truth = (0..<n).map { _ in max(0, random.normal(mean: 5, standardDeviation: 10)) }
    var triplets: [SparseMatrix.Triplet] = []
    for i in 0..<n - 2 {
      for k in 0..<3 { triplets.append(.init(i, i + k, 1)) }
    }
    let design = SparseMatrix(rows: n - 2, columns: n, triplets: triplets)
    let problem = BoundedLeastSquares(
      design: design, measurements: design * truth, prior: [Double](repeating: 8, count: n),
      priorWeights: [Double](repeating: 0.01, count: n))
    let found = try problem.solve()
    #expect(found.report.status == .optimal)
    #expect(found.report.iterations < 30)
    #expect(found.report.dualResidual < 1e-9)
    let iterative = try problem.solve(.conjugateGradient(tolerance: 1e-11))
    #expect(distance(found.solution, iterative.solution) < 1e-5)
  }

  @Test("SciPy's nnls agrees", .enabled(if: Rival.hasSciPy, "SciPy is not installed"))
  func scipy() throws {
    let (a, b) = Self.random(25, 15, seed: 50)
    let printed = try Rival.python(
      """
      import numpy as np
      from scipy.optimize import nnls
      print(*nnls(np.array(\(a.storage)).reshape((15, 25)).T, np.array(\(b)))[0].tolist())
      """)
    let theirs = printed.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    #expect(distance(NonNegativeLeastSquares(a, b).solution, theirs) < 1e-9)
  }
}
