import LinearAlgebra
import Statistics
import TestSupport
import Testing

@testable import Estimation

struct FilterTests {
  /// A local level observed four times, computed by hand.
  @Test func scalarLevel() throws {
    var filter = KalmanFilter(state: [100], covariance: Matrix(rows: [[16]]))
    let expectedState = [105.555556, 104.861538, 111.07483, 105.87436], expectedVariance = [8.888889, 7.138462, 6.566893, 6.363947]
    let expectedGain = [0.555556, 0.446154, 0.410431, 0.397747]
    for (k, z) in [110.0, 104, 120, 98].enumerated() {
      filter.predict(transition: Matrix(rows: [[1]]), noise: Matrix(rows: [[4]]))
      let gain = try filter.update(measurement: [z], model: Matrix(rows: [[1]]), noise: Matrix(rows: [[16]]))
      #expect(abs(filter.state[0] - expectedState[k]) < 1e-6)
      #expect(abs(filter.covariance[0, 0] - expectedVariance[k]) < 1e-6)
      #expect(abs(gain[0, 0] - expectedGain[k]) < 1e-6)
    }
  }

  /// On a linear model the ensemble agrees with the exact filter within its sampling error.
  @Test func ensembleAgreesWithTheExactFilter() throws {
    var exact = KalmanFilter(state: [10, 20], covariance: Matrix(rows: [[4, 0], [0, 9]]))
    var ensemble = EnsembleKalmanFilter(mean: [10, 20], standardDeviation: [2, 3], count: 4000, seed: 7)
    for z in [12.0, 13, 11] {
      exact.predict(transition: Matrix(rows: [[1, 0.1], [0, 1]]), noise: Matrix(rows: [[0.25, 0], [0, 0.25]]))
      ensemble.predict { x, random in
        x[0] += 0.1 * x[1] + random.normal(standardDeviation: 0.5)
        x[1] += random.normal(standardDeviation: 0.5)
      }
      try exact.update(measurement: [z], model: Matrix(rows: [[1, 0]]), noise: Matrix(rows: [[1]]))
      ensemble.update(index: 0, measurement: z, variance: 1)
    }
    for j in 0..<2 {
      #expect(abs(ensemble.mean[j] - exact.state[j]) < 0.15)
      #expect(abs(ensemble.variance[j] / exact.covariance[j, j] - 1) < 0.15)
    }
  }

  @Test func entropyBalancesTheToy() {
    let problem = ODProblem(
      prior: [100, 200, 150], assignment: SparseMatrix(Matrix(rows: [[1, 1, 0], [0, 1, 1]])), counts: [330, 340])
    let solution = entropyOD(problem)
    #expect(solution.ending == .converged)
    for (own, expected) in zip(solution.flows + solution.factors, [120.460885, 209.539115, 130.460885, 1.204609, 0.869739]) {
      #expect(abs(own - expected) < 1e-6)
    }
  }

  @Test func contradictoryCountsAreNamed() {
    let problem = ODProblem(prior: [100], assignment: SparseMatrix(Matrix(rows: [[1], [1]])), counts: [100, 200])
    #expect(entropyOD(problem).ending != .converged)
  }

  /// At a solution of least squares with bounds the gradient is zero where a flow is free and points inwards where it is held at zero.
  @Test func leastSquaresMeetsItsConditions() throws {
    let a = Matrix(rows: [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]])
    let problem = ODProblem(prior: [50, 100, 20, 10], assignment: SparseMatrix(a), counts: [80, 150, 5])
    let v = [400.0, 400, 400, 400], w = [80.0, 150, 5]
    let solution = try leastSquaresOD(problem, priorVariance: v, countVariance: w)
    let y = a * solution.flows
    for i in 0..<4 {
      var gradient = (solution.flows[i] - problem.prior[i]) / v[i]
      for l in 0..<3 { gradient += a[l, i] * (y[l] - problem.counts[l]) / w[l] }
      if solution.flows[i] > 0 { #expect(abs(gradient) < 1e-8) } else { #expect(gradient > -1e-8) }
    }
    #expect(solution.flows.contains(0))
  }

  @Test func gradientMeetsConsistentCounts() {
    let problem = ODProblem(
      prior: [100, 200, 150], assignment: SparseMatrix(Matrix(rows: [[1, 1, 0], [0, 1, 1]])), counts: [330, 340])
    let solution = gradientOD(problem, rounds: 5000)
    #expect(abs(solution.flows[0] + solution.flows[1] - 330) < 1e-3)
    #expect(abs(solution.flows[1] + solution.flows[2] - 340) < 1e-3)
  }

  /// First in, first out over one link, worked by hand: 5, 7 and 9 seconds.
  @Test func travelTimeFromCumulativeCounts() throws {
    let result = try #require(CumulativeTravelTime.mean(entries: [0, 1, 2], exits: [-1, 5, 8, 11], initial: 1))
    #expect(abs(result.mean - 7) < 1e-12)
    #expect(result.vehicles == 3)
  }

  @Test func saturationFlowFromHeadways() throws {
    var profile = StopLineProfile(cycle: 60)
    for _ in 0..<10 { profile.green(passages: [2.5, 4.9, 7.1, 9.2, 11.2, 13.2, 15.2, 17.2, 25]) }
    let s = try #require(profile.saturationFlow)
    #expect(abs(s.mean - 1800) < 1)
  }

  @Test func incidentIsSuspectedOnlyWhenItLasts() {
    var suspicion = IncidentSuspicion(usual: 0, spread: 0.05)
    var alarm = suspicion.take(upstream: 0.4, downstream: 0.1, at: 0)
    for k in 1..<6 { alarm = suspicion.take(upstream: 0.1, downstream: 0.1, at: Double(k)) || alarm }
    #expect(!alarm)
    for k in 6..<12 { alarm = suspicion.take(upstream: 0.35, downstream: 0.1, at: Double(k)) || alarm }
    #expect(alarm)
  }
}
