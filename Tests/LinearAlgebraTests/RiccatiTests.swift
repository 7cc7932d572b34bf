import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite("Discrete Riccati equation")
struct RiccatiTests {
  @Test("A = B = Q = R = 1 gives the golden ratio")
  func golden() throws {
    let one = Matrix.identity(1)
    let solution = try RiccatiSolution(a: one, b: one, q: one, r: one)
    #expect((solution.cost[0, 0] - 1.6180339887).magnitude < 1e-9)
    #expect((solution.gain[0, 0] - 0.6180339887).magnitude < 1e-9)
  }

  @Test("Random systems: residual, stability, and no nearby gain costs less", arguments: [1, 3, 8, 20])
  func random(n: Int) throws {
    var random = RandomMatrices(seed: UInt64(n))
    let m = max(1, n / 2)
    let (a, b) = (random.matrix(n, n), random.matrix(n, m))
    let (q, r) = (random.positiveDefinite(n), random.positiveDefinite(m))
    let solution = try RiccatiSolution(a: a, b: b, q: q, r: r)
    #expect(solution.residual < 1e-9)
    #expect(solution.closedLoopRadius < 1)
    // The cost of running the loop from x must be xᵀPx.
    var x = random.vector(n)
    let predicted = dot(x, solution.cost * x)
    var spent = 0.0
    for _ in 0..<2000 {
      let u = (solution.gain * x).map { -$0 }
      spent += dot(x, q * x) + dot(u, r * u)
      var next = a * x
      addScaled(1, b * u, to: &next)
      x = next
    }
    #expect(spent.isApproximately(predicted, relative: 1e-8))
  }

  @Test("An unstable mode no control reaches has no solution, and a discount that tames it has one")
  func uncontrollable() throws {
    let a = Matrix.identity(2)
    let b = Matrix(rows: [[1], [1]])
    #expect(throws: RiccatiSolution.Failure.noStabilizingSolution) {
      try RiccatiSolution(a: a, b: b, q: .identity(2), r: .identity(1))
    }
    let discounted = try RiccatiSolution(a: a, b: b, q: .identity(2), r: .identity(1), discount: 0.95)
    #expect(discounted.residual < 1e-9)
    #expect(throws: RiccatiSolution.Failure.factorization(.notPositiveDefinite(order: 1))) {
      try RiccatiSolution(a: a, b: b, q: .identity(2), r: -Matrix.identity(1))
    }
  }

  @Test("scipy.linalg.solve_discrete_are agrees", .enabled(if: Rival.hasSciPy, "SciPy is not installed"))
  func scipy() throws {
    var random = RandomMatrices(seed: 77)
    let (a, b) = (random.matrix(6, 6), random.matrix(6, 2))
    let (q, r) = (random.positiveDefinite(6), random.positiveDefinite(2))
    let printed = try Rival.python(
      """
      import numpy as np, scipy.linalg as s
      f = lambda m, n, x: np.array(x).reshape((n, m)).T
      p = s.solve_discrete_are(f(6, 6, \(a.storage)), f(6, 2, \(b.storage)), f(6, 6, \(q.storage)), f(2, 2, \(r.storage)))
      print(*p.T.flatten().tolist())
      """)
    let theirs = printed.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    let ours = try RiccatiSolution(a: a, b: b, q: q, r: r).cost
    #expect(theirs.count == 36)
    #expect(largestDifference(ours.storage, theirs) < 1e-8 * ours.largestMagnitude)
  }
}
