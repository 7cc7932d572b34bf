import Foundation
import IntegerPrograms
import TestSupport
import Testing

@Suite("Mixed-integer programs")
struct MixedIntegerProgramTests {
  @Test("A knapsack: the whole-number optimum, not the rounded relaxation")
  func knapsack() {
    var program = MixedIntegerProgram(.maximize)
    let items = [(60.0, 10.0), (100, 20), (120, 30)].map { ($0, program.addBinary("item \($0)")) }
    program.objective = items.reduce(LinearExpression(constant: 5)) { $0 + $1.0.0 * $1.1 }
    program.require("weight", items.reduce(LinearExpression()) { $0 + $1.0.1 * $1.1 }, atMost: 50)
    let found = program.solve()
    #expect(found.status == .optimal)
    #expect(found.values == [0, 1, 1])
    #expect(found.objective == 225)
    #expect(found.gap < 1e-9 && found.violation == 0)
    #expect(found[items[1].1] == 1)
  }

  @Test("A linear program without whole numbers")
  func continuous() {
    // Wyndor Glass: (2, 6), 36.
    var program = MixedIntegerProgram(.maximize)
    let x = program.addVariable("x", 0...4)
    let y = program.addVariable("y", 0...Double.infinity)
    program.objective = 3 * x + 5 * y
    program.require("second plant", 2 * y, atMost: 12)
    program.require("third plant", 3 * x + 2 * y, atMost: 18)
    let found = program.solve()
    #expect(found.status == .optimal)
    #expect((found.objective - 36).magnitude < 1e-9)
    #expect((found.bound - 36).magnitude < 1e-9)
  }

  @Test("Minimisation, equations, ranges, free variables and repeated terms")
  func forms() {
    var program = MixedIntegerProgram(.minimize)
    let x = program.addVariable("x", -Double.infinity...Double.infinity)
    let n = program.addVariable("n", -10...10, integer: true)
    program.objective = x.expression
    program.require("tie", x.expression + x.expression - 3 * n + 1, equals: 0)  // 2x = 3n − 1
    program.require("range", n.expression + 0.5, between: -2.2, and: 4)  // n ≥ −2.7
    let found = program.solve()
    #expect(found.status == .optimal)
    #expect(found.values[1] == -2)
    #expect((found.objective + 3.5).magnitude < 1e-9)
  }

  @Test("Infeasible by bounds, by relaxation, and only by whole numbers")
  func infeasible() {
    var crossed = MixedIntegerProgram(.minimize)
    let a = crossed.addVariable("a", 0...1)
    crossed.require("impossible", a.expression, between: 2, and: 1)
    #expect(crossed.solve().status == .infeasible)

    var relaxed = MixedIntegerProgram(.minimize)
    let b = relaxed.addVariable("b", 0...1)
    relaxed.require("too much", b.expression, atLeast: 2)
    #expect(relaxed.solve().status == .infeasible)

    var integral = MixedIntegerProgram(.maximize)
    let c = integral.addVariable("c", 0...10, integer: true)
    let d = integral.addVariable("d", 0...10, integer: true)
    integral.objective = c.expression
    integral.require("odd", 2 * c + 2 * d, equals: 7)
    let found = integral.solve()
    #expect(found.status == .infeasible)
    #expect(!found.hasPoint && found.objective.isNaN)
  }

  @Test("Unbounded, with and without whole numbers", arguments: [false, true])
  func unbounded(integer: Bool) {
    var program = MixedIntegerProgram(.maximize)
    let x = program.addVariable("x", 0...Double.infinity, integer: integer)
    let y = program.addVariable("y", 0...1)
    program.objective = x + y
    #expect(program.solve().status == .unbounded)
  }

  @Test("Nothing to decide")
  func empty() {
    var program = MixedIntegerProgram(.minimize)
    #expect(program.solve().status == .optimal)
    program.require("never", LinearExpression(constant: 1), atMost: 0)
    #expect(program.solve().status == .infeasible)
  }

  /// A market-split problem (Cornuéjols & Dawande 1998): tiny, and beyond any solver within a few nodes.
  static func marketSplit(_ rows: Int, _ columns: Int) -> MixedIntegerProgram {
    var state: UInt64 = 12345
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double((state >> 33) % 100)
    }
    var program = MixedIntegerProgram(.minimize)
    let x = (0..<columns).map { program.addBinary("x\($0)") }
    for i in 0..<rows {
      let coefficients = x.map { _ in next() }
      let (over, under) = (program.addVariable("over", 0...1e4), program.addVariable("under", 0...1e4))
      var split = zip(coefficients, x).reduce(LinearExpression()) { $0 + $1.0 * $1.1 }
      split += under - over
      program.require("row \(i)", split, equals: (coefficients.reduce(0, +) / 2).rounded(.down))
      program.objective += over + under
    }
    return program
  }

  @Test("A limit gives the best point so far with an honest bound")
  func limit() {
    let program = Self.marketSplit(4, 30)
    var settings = MixedIntegerSettings(timeLimit: 30)
    settings.nodeLimit = 50
    let found = program.solve(settings)
    guard case .feasible(let gap) = found.status else {
      Issue.record("\(found.status)")
      return
    }
    #expect(gap > 0)
    #expect(found.bound <= found.objective)
    #expect(found.violation < 1e-6)
    let timed = program.solve(MixedIntegerSettings(timeLimit: 0.3))
    #expect(timed.seconds < 5)
    #expect(timed.status != .optimal)
  }

  @Test("Random programs: brute force agrees, from many threads at once", arguments: 0..<6)
  func bruteForce(seed: Int) {
    var state = UInt64(seed) &* 977 &+ 5
    func next(_ bound: UInt64) -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double((state >> 33) % bound)
    }
    var program = MixedIntegerProgram(seed % 2 == 0 ? .maximize : .minimize)
    let x = (0..<6).map { program.addVariable("x\($0)", 0...2, integer: true) }
    for variable in x { program.objective += (next(21) - 10) * variable }
    for i in 0..<4 {
      let expression = x.reduce(LinearExpression()) { $0 + (next(11) - 5) * $1 }
      program.require("row \(i)", expression, atMost: next(8))
    }
    var best = program.direction == .maximize ? -Double.infinity : .infinity
    for code in 0..<729 {
      var (rest, point) = (code, [Double]())
      for _ in 0..<6 {
        point.append(Double(rest % 3))
        rest /= 3
      }
      guard program.violation(at: point) == 0 else { continue }
      let value = program.value(program.objective, at: point)
      best = program.direction == .maximize ? max(best, value) : min(best, value)
    }
    let found = program.solve()
    #expect(found.status == .optimal)  // all zeros is feasible
    #expect(found.objective == best)
    #expect(found.violation == 0 && found.gap < 1e-9)
  }

  @Test("A conflict is named by the fewest constraints, and a feasible program has none")
  func conflict() {
    var program = MixedIntegerProgram(.minimize)
    let x = program.addVariable("x", 0...100)
    let y = program.addVariable("y", 0...100)
    program.require("cycle at most 60", x + y, atMost: 60)
    program.require("harmless", x - y, atMost: 50)
    program.require("green of 40", x.expression, atLeast: 40)
    program.require("walk of 30", y.expression, atLeast: 30)
    #expect(program.conflict() == ["cycle at most 60", "green of 40", "walk of 30"])
    var feasible = MixedIntegerProgram(.minimize)
    let z = feasible.addVariable("z", 0...1)
    feasible.require("fine", z.expression, atMost: 1)
    #expect(feasible.conflict() == nil)
  }

  @Test("SciPy's HiGHS agrees on a random program", .enabled(if: Rival.hasSciPy, "SciPy is not installed"))
  func scipy() throws {
    let program = Self.marketSplit(2, 14)
    let coefficients = program.constraints.map { constraint in
      (0..<program.columns.count).map { j in constraint.expression.terms.filter { $0.variable.index == j }.reduce(0) { $0 + $1.coefficient }
      }
    }
    let theirs = try Rival.python(
      """
      import numpy as np
      from scipy.optimize import milp, LinearConstraint, Bounds
      n = \(program.columns.count)
      c = np.zeros(n)
      for j in \(program.objective.terms.map(\.variable.index)): c[j] = 1
      b = \(program.constraints.map(\.lower))
      r = milp(c, constraints=LinearConstraint(np.array(\(coefficients)), b, b), integrality=[\(program.columns.map { $0.isInteger ? "1" : "0" }.joined(separator: ","))], bounds=Bounds([0]*n, \(program.columns.map(\.upper))))
      print(r.fun)
      """)
    let value = try #require(Double(theirs.split(separator: "\n").first ?? ""))
    #expect((program.solve().objective - value).magnitude < 1e-6)
  }
}

/// x + y of two variables.
private func + (a: MixedIntegerProgram.Variable, b: MixedIntegerProgram.Variable) -> LinearExpression { a.expression + b.expression }
private func - (a: MixedIntegerProgram.Variable, b: MixedIntegerProgram.Variable) -> LinearExpression { a.expression - b.expression }
