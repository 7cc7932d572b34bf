import Foundation
import LinearAlgebra
import Solvers
import Statistics
import Testing

@Suite("Projection and search")
struct SearchTests {
  @Test("Green times are projected on the cycle: known answers")
  func knapsack() {
    // 3 s too many, shared equally.
    let shared = KnapsackProjection(target: [20, 30, 13], total: 60, lower: [5, 5, 5], upper: [50, 50, 50])
    #expect(distance(shared.solution, [19, 29, 12]) < 1e-12)
    #expect(shared.status == .optimal && (shared.multiplier + 1).magnitude < 1e-12)
    // The smallest is held at its minimum, the others take the rest.
    let held = KnapsackProjection(target: [20, 30, 4], total: 45, lower: [5, 5, 8], upper: [50, 50, 50])
    #expect(distance(held.solution, [13.5, 23.5, 8]) < 1e-12)
    let over = KnapsackProjection(target: [20, 20], total: 60, lower: [5, 5], upper: [25, 25])
    #expect(over.status == .primalInfeasible)
    #expect(over.solution == [25, 25])
    #expect(KnapsackProjection(target: [1], total: 7, lower: [-.infinity], upper: [.infinity]).solution == [7])
  }

  @Test("Random projections meet the optimality conditions", arguments: 0..<20)
  func knapsackCertificate(seed: UInt64) {
    var random = RandomStream(seed: seed, stream: 4)
    let n = 1 + random.integer(below: 40)
    let lower = (0..<n).map { _ in random.uniform(-5, 5) }
    let upper = lower.map { $0 + random.uniform(0, 10) }
    let (w, c) = ((0..<n).map { _ in random.uniform(0.1, 3) }, (0..<n).map { _ in random.uniform(0.1, 3) })
    let a = (0..<n).map { _ in random.uniform(-10, 10) }
    let share = random.uniform()
    let total = (0..<n).reduce(0) { $0 + c[$1] * (lower[$1] + share * (upper[$1] - lower[$1])) }
    let found = KnapsackProjection(target: a, total: total, lower: lower, upper: upper, weights: w, coefficients: c)
    #expect(found.status == .optimal)
    #expect(((0..<n).reduce(0) { $0 + c[$1] * found.solution[$1] } - total).magnitude < 1e-9)
    for i in 0..<n {
      let x = found.solution[i]
      let pull = w[i] * (x - a[i]) - found.multiplier * c[i]
      #expect(x >= lower[i] && x <= upper[i])
      if x > lower[i] + 1e-9 && x < upper[i] - 1e-9 { #expect(pull.magnitude < 1e-8) }
      if x == lower[i] && upper[i] > lower[i] { #expect(pull > -1e-8) }
      if x == upper[i] && upper[i] > lower[i] { #expect(pull < 1e-8) }
    }
  }

  static func rosenbrock(_ x: [Double]) -> Double {
    var sum = 0.0
    for i in 0..<x.count - 1 {
      let (valley, bowl) = (x[i + 1] - x[i] * x[i], 1 - x[i])
      sum += 100 * valley * valley + bowl * bowl
    }
    return sum
  }

  @Test("CMA-ES: the sphere, a stretched ellipsoid, Rosenbrock's valley")
  func smooth() {
    var settings = CMAES.Settings(seed: 1)
    settings.maximumEvaluations = 40_000
    settings.tolerance = 1e-10
    let sphere = CMAES.minimize(start: [3, -2, 1, 4], step: 1, settings: settings) { $0.reduce(0) { $0 + $1 * $1 } }
    #expect(sphere.value < 1e-13)
    let ellipsoid = CMAES.minimize(start: [1, 1, 1, 1, 1], step: 1, settings: settings) { x in
      x.enumerated().reduce(0) { $0 + pow(10, 6 * Double($1.offset) / 4) * $1.element * $1.element }
    }
    #expect(ellipsoid.value < 1e-10)
    let valley = CMAES.minimize(start: [-1, 1, -1, 1, -1], step: 0.5, settings: settings, Self.rosenbrock)
    #expect(valley.value < 1e-10)
    #expect(distance(valley.point, [1, 1, 1, 1, 1]) < 1e-4)
  }

  @Test("CMA-ES: bounds are kept, the optimum on one is found, useless values do no harm")
  func bounds() {
    var settings = CMAES.Settings(seed: 2)
    settings.lower = [1, -1]
    settings.upper = [4, 2]
    settings.maximumEvaluations = 4000
    var outside = 0
    let found = CMAES.minimize(start: [3, 1], step: 2, settings: settings) { x in
      if x[0] < 1 || x[0] > 4 || x[1] < -1 || x[1] > 2 { outside += 1 }
      return x[0] > 3.5 ? .nan : x[0] * x[0] + x[1] * x[1]
    }
    #expect(outside == 0)
    #expect(distance(found.point, [1, 0]) < 1e-4)
  }

  @Test("CMA-ES: equal seeds, equal bytes; asking twice changes nothing; the limit holds")
  func repeatable() {
    func run(_ seed: UInt64) -> [Double] {
      var settings = CMAES.Settings(seed: seed)
      settings.maximumEvaluations = 200
      return CMAES.minimize(start: [0, 0, 0], step: 1, settings: settings, Self.rosenbrock).point
    }
    #expect(run(7) == run(7))
    #expect(run(7) != run(8))
    var search = CMAES(start: [0, 0], step: 1, settings: .init(seed: 3))
    #expect(search.ask() == search.ask())
    search.tell(search.ask().map { $0[0] })
    #expect(search.generation == 1 && search.evaluations == search.ask().count)
    var settings = CMAES.Settings()
    settings.maximumEvaluations = 100
    #expect(CMAES.minimize(start: [0], step: 1, settings: settings) { $0[0] }.evaluations <= 100)
    #expect(CMAES.minimize(start: [0], step: 1, settings: settings) { _ in 4 }.ending == .flat)
  }
}
