import LinearAlgebra
import Solvers
import Statistics
import TestSupport
import Testing

@Suite("Quadratic programs")
struct QuadraticProgramTests {
  static func dense(_ limit: Int) -> QuadraticSettings {
    var settings = QuadraticSettings()
    settings.denseLimit = limit
    return settings
  }
  /// LAPACK's factorisation and the sparse one.
  static let routes = [1000, 0]

  /// minimise x² + y² − 2x − 5y with x + 2y ≤ 3: the free minimum (1, 2.5) projected on the line.
  @Test("A known answer with one active row", arguments: routes)
  func oneRow(limit: Int) {
    let program = QuadraticProgram(
      quadratic: Matrix.diagonal([2, 2]), linear: [-2, -5], constraints: Matrix(rows: [[1, 2]]), lower: [-.infinity], upper: [3])
    let answer = program.solve(Self.dense(limit))
    #expect(answer.report.status == .optimal)
    #expect(distance(answer.solution, [0.4, 1.3]) < 1e-8)
    #expect((answer.multipliers[0] - 1.2).magnitude < 1e-8)
    Self.certify(program, answer)
  }

  /// The demonstration problem of OSQP's documentation: x = (0.3, 0.7), objective 1.88.
  @Test("OSQP's demonstration problem", arguments: routes)
  func osqp(limit: Int) {
    let program = QuadraticProgram(
      quadratic: Matrix(rows: [[4, 1], [1, 2]]), linear: [1, 1], constraints: Matrix(rows: [[1, 1], [1, 0], [0, 1]]), lower: [1, 0, 0],
      upper: [1, 0.7, 0.7])
    let answer = program.solve(Self.dense(limit))
    #expect(answer.report.status == .optimal)
    #expect(distance(answer.solution, [0.3, 0.7]) < 1e-8)
    #expect((answer.objective - 1.88).magnitude < 1e-8)
    Self.certify(program, answer)
  }

  /// maximise 3x + 5y with x ≤ 4, 2y ≤ 12, 3x + 2y ≤ 18 (Hillier & Lieberman's Wyndor Glass): (2, 6), 36.
  @Test("A linear program is a quadratic one without curvature", arguments: routes)
  func linear(limit: Int) {
    let program = QuadraticProgram(
      quadratic: Matrix(rows: 2, columns: 2), linear: [-3, -5], constraints: Matrix(rows: [[0, 2], [3, 2]]),
      lower: [-.infinity, -.infinity], upper: [12, 18], variableLower: [0, 0], variableUpper: [4, .infinity])
    let answer = program.solve(Self.dense(limit))
    #expect(answer.report.status == .optimal)
    #expect(distance(answer.solution, [2, 6]) < 1e-7)
    #expect((answer.objective + 36).magnitude < 1e-7)
    #expect(distance(answer.multipliers, [1.5, 1]) < 1e-7)
  }

  @Test("Infeasible programs come with multipliers that prove it", arguments: routes)
  func infeasible(limit: Int) throws {
    let cases = [
      QuadraticProgram(
        quadratic: Matrix.identity(2), linear: [1, -1], constraints: Matrix(rows: [[1, 1], [1, 1]]), lower: [-.infinity, 2],
        upper: [1, .infinity]),
      QuadraticProgram(
        quadratic: Matrix.identity(2), linear: [0, 0], constraints: Matrix(rows: [[1, 1], [2, 2]]), lower: [1, 3], upper: [1, 3]),
      QuadraticProgram(
        quadratic: Matrix(rows: 2, columns: 2), linear: [1, 1], constraints: Matrix(rows: [[1, 1]]), lower: [5], upper: [.infinity],
        variableLower: [0, 0], variableUpper: [2, 2]),
    ]
    for program in cases {
      let answer = program.solve(Self.dense(limit))
      #expect(answer.report.status == .primalInfeasible)
      let (y, w) = try #require(answer.infeasibilityCertificate)
      // Every feasible x would give yᵀAx + wᵀx = 0 on the left and something negative on the right.
      var balance = program.constraints.applied(to: y, .transposed)
      addScaled(1, w, to: &balance)
      #expect(infinityNorm(balance) < 1e-7)
      var reach = 0.0
      for (values, lower, upper) in [(y, program.lower, program.upper), (w, program.variableLower, program.variableUpper)] {
        for i in values.indices where values[i].magnitude > 1e-9 { reach += values[i] * (values[i] > 0 ? upper[i] : lower[i]) }
      }
      #expect(reach < -1e-3)
    }
  }

  @Test("Crossed bounds are infeasible at sight")
  func crossed() {
    let program = QuadraticProgram(quadratic: Matrix.identity(1), linear: [0], variableLower: [2], variableUpper: [1])
    #expect(program.solve().report.status == .primalInfeasible)
  }

  @Test("Unbounded programs come with the direction of descent", arguments: routes)
  func unbounded(limit: Int) throws {
    let cases = [
      QuadraticProgram(
        quadratic: Matrix(rows: 2, columns: 2), linear: [-1, -1], constraints: Matrix(rows: [[1, -1]]), lower: [-1], upper: [1],
        variableLower: [0, 0]),
      QuadraticProgram(quadratic: Matrix.diagonal([1, 0]), linear: [1, 1]),
    ]
    for program in cases {
      let answer = program.solve(Self.dense(limit))
      #expect(answer.report.status == .dualInfeasible)
      let d = try #require(answer.unboundedDirection)
      #expect(dot(program.linear, d) < -0.1)
      #expect(infinityNorm(program.quadratic * d) < 1e-7)
      #expect(program.violation(program.variableLower.map { $0.isFinite ? $0 : 0 }) < 1e-9)
    }
  }

  @Test("A concave objective is refused")
  func concave() {
    let program = QuadraticProgram(quadratic: Matrix.diagonal([1, -1]), linear: [0, 0], variableLower: [-1, -1], variableUpper: [1, 1])
    #expect(program.solve().report.status == .notConvex)
  }

  @Test("Random programs: the certificate closes on both routes, and both agree", arguments: 0..<20)
  func random(seed: UInt64) {
    var random = RandomStream(seed: seed, stream: 1)
    let n = 2 + random.integer(below: 25)
    let m = 1 + random.integer(below: 2 * n)
    let root = Matrix(rows: max(1, n / 2), columns: n, columnMajor: (0..<max(1, n / 2) * n).map { _ in random.normal() })
    let a = Matrix(rows: m, columns: n, columnMajor: (0..<m * n).map { _ in random.uniform() < 0.4 ? random.normal() : 0 })
    // Rows around a known point: some equations, some one-sided, some ranges.
    let inside = (0..<n).map { _ in random.normal() }
    let level = a * inside
    var (lower, upper) = (level, level)
    for i in 0..<m {
      switch i < n / 4 ? 0 : 1 + random.integer(below: 3) {
      case 0: break
      case 1: lower[i] = -.infinity
      case 2: upper[i] += random.uniform(0, 2)
      default: (lower[i], upper[i]) = (level[i] - random.uniform(), .infinity)
      }
    }
    let program = QuadraticProgram(
      quadratic: root.gram(), linear: (0..<n).map { _ in random.normal() }, constraints: a, lower: lower, upper: upper,
      variableLower: inside.map { $0 - random.uniform(0, 3) }, variableUpper: inside.map { $0 + random.uniform(0, 3) })
    let answers = Self.routes.map { program.solve(Self.dense($0)) }
    for answer in answers {
      #expect(answer.report.status == .optimal)
      #expect(answer.report.iterations < 40)
      Self.certify(program, answer)
    }
    #expect((answers[0].objective - answers[1].objective).magnitude < 1e-6 * max(1, answers[0].objective.magnitude))
  }

  /// Feasible, stationary, and no gap: nothing else need be believed.
  static func certify(_ program: QuadraticProgram, _ answer: QuadraticSolution) {
    let scale = max(1, answer.objective.magnitude, infinityNorm(answer.solution))
    #expect(program.violation(answer.solution) < 1e-7 * scale)
    let stationarity = program.stationarity(
      answer.solution, multipliers: answer.multipliers, boundMultipliers: answer.boundMultipliers)
    #expect(stationarity < 1e-6 * max(scale, infinityNorm(answer.multipliers), infinityNorm(answer.boundMultipliers)))
    #expect(answer.report.gap.magnitude < 1e-6 * scale)
  }

  @Test("Badly scaled data are solved as well")
  func scaling() {
    let program = QuadraticProgram(
      quadratic: Matrix.diagonal([1e6, 1e-4]), linear: [-2e6, -1], constraints: Matrix(rows: [[1e4, 1]]), lower: [-.infinity],
      upper: [2e4])
    let answer = program.solve()
    #expect(answer.report.status == .optimal)
    Self.certify(program, answer)
  }

  @Test("SciPy's HiGHS agrees on random linear programs", .enabled(if: Rival.hasSciPy, "SciPy is not installed"))
  func scipy() throws {
    var random = RandomStream(seed: 8)
    let (m, n) = (12, 20)
    let a = Matrix(rows: m, columns: n, columnMajor: (0..<m * n).map { _ in random.uniform() })
    let (b, c) = ((0..<m).map { _ in 1 + random.uniform() }, (0..<n).map { _ in -random.uniform() })
    let program = QuadraticProgram(
      quadratic: Matrix(rows: n, columns: n), linear: c, constraints: a, lower: [Double](repeating: -.infinity, count: m), upper: b,
      variableLower: [Double](repeating: 0, count: n))
    let theirs = try Rival.python(
      """
      import numpy as np
      from scipy.optimize import linprog
      a = np.array(\(a.storage)).reshape((\(n), \(m))).T
      print(linprog(\(c), A_ub=a, b_ub=\(b)).fun)
      """)
    let value = try #require(Double(theirs.split(separator: "\n").first ?? ""))
    #expect((program.solve().objective - value).magnitude < 1e-7)
  }
}

func distance(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).reduce(0) { max($0, ($1.0 - $1.1).magnitude) } : .infinity
}
