import Testing
import TimingOptimization
import TrafficModel

@Suite struct FlowScenariosTests {
  static func table(_ means: [Double], _ covariance: [(Int, Int, Double)]) -> FlowTable {
    FlowTable(
      rows: means.enumerated().map { .init(subject: .link("l\($0)"), begin: .zero, end: Instant(seconds: 900), mean: $1) },
      covariance: covariance.map { .init(first: $0, second: $1, value: $2) })
  }

  /// Draws have the table's means and covariance; what does not covary does not, and what is certain stays.
  @Test func drawsHaveTheTablesMoments() {
    let table = Self.table([500, 600, 400, 300], [(0, 0, 900), (1, 1, 1600), (0, 1, 960), (2, 2, 2500)])
    let n = 1500
    let draws = FlowScenarios.drawn(from: table, count: n, seed: 7).map { $0.rows.map(\.mean) }
    let means = (0..<4).map { k in draws.reduce(0) { $0 + $1[k] } / Double(n) }
    for (mean, wanted) in zip(means, [500, 600, 400, 300]) { #expect(abs(mean - Double(wanted)) < 1e-6, "mirrored draws keep the mean") }
    func covariance(_ i: Int, _ j: Int) -> Double { draws.reduce(0) { $0 + ($1[i] - means[i]) * ($1[j] - means[j]) } / Double(n) }
    // Standard errors at 750 independent draws: about 5 %.
    #expect(abs(covariance(0, 0) - 900) < 200 && abs(covariance(1, 1) - 1600) < 330 && abs(covariance(2, 2) - 2500) < 520)
    #expect(abs(covariance(0, 1) - 960) < 230 && abs(covariance(0, 2)) < 220 && covariance(3, 3) == 0)
    #expect(FlowScenarios.drawn(from: table, count: 6, seed: 7) == FlowScenarios.drawn(from: table, count: 6, seed: 7))
  }

  /// Shares of a certain total: a singular covariance, in which what one gains the other loses.
  @Test func singularCovariancesAreDrawn() {
    let table = Self.table([300, 200], [(0, 0, 400), (1, 1, 400), (0, 1, -400)])
    for draw in FlowScenarios.drawn(from: table, count: 20, seed: 3) { #expect(abs(draw.rows[0].mean + draw.rows[1].mean - 500) < 1e-6) }
  }

  @Test func flowsAreNeverNegative() {
    let draws = FlowScenarios.drawn(from: Self.table([5], [(0, 0, 10_000)]), count: 40, seed: 1)
    #expect(draws.allSatisfy { $0.rows[0].mean >= 0 } && draws.contains { $0.rows[0].mean == 0 })
  }

  @Test func theTailIsTheMeanOfTheWorst() {
    let values = [10.0, 20, 30, 40, 100]
    #expect(FlowScenarios.meanAndTail(values, tail: 0, share: 0.2) == 40)
    #expect(abs(FlowScenarios.meanAndTail(values, tail: 1, share: 0.2) - 100) < 1e-9)
    #expect(abs(FlowScenarios.meanAndTail(values, tail: 1, share: 0.3) - (100 * 0.2 + 40 * 0.1) / 0.3) < 1e-9)
    #expect(abs(FlowScenarios.meanAndTail(values, tail: 0.5, share: 0.4) - (40 + 70) / 2) < 1e-9)
    #expect(abs(FlowScenarios.meanAndTail(values, tail: 1, share: 0) - 100) < 1e-9)
    #expect(abs(FlowScenarios.meanAndTail([1, 9], weights: [3, 1], tail: 1, share: 0.5) - 5) < 1e-9)
    #expect(abs(FlowScenarios.meanAndTail(values, tail: 1, share: 1) - 40) < 1e-9)
  }
}
