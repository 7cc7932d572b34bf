import LinearAlgebra
import Statistics
import Testing
import TrafficFlow

@testable import Estimation

@Suite struct RoadStateTests {
  /// A twin: a road of 24 cells whose end lets half of its inflow out by turns. The filter knows the mean inflow and counts three cells,
  /// badly. It must come nearer than the model alone does, and know how near.
  @Test func theEnsembleFollowsAQueueItSeesLittleOf() {
    let cells = 24
    func road() -> CellTransmission {
      CellTransmission(
        occupancy: [Double](repeating: 1, count: cells), storage: [Double](repeating: 12, count: cells),
        capacity: [Double](repeating: 3, count: cells + 1), waveRatio: 0.5)
    }
    var truth = road(), alone = road()
    var filter = RoadStateFilter(road(), spread: 0.5, members: 80, seed: 7)
    var random = RandomStream(seed: 3, stream: 1)
    var errorAlone = 0.0, error = 0.0, covered = 0.0, count = 0.0
    for step in 0..<240 {
      let exit = step / 20 % 2 == 0 ? 0.4 : 2.0
      // The inflow drifts away from what is thought of it.
      let inflow = 1.3 + 0.5 * (step > 80 && step < 170 ? 1.0 : -0.4)
      truth.step(inflow: max(0, inflow + random.normal(standardDeviation: 0.3)), exitSupply: exit)
      alone.step(inflow: 1.3, exitSupply: exit)
      filter.step(inflow: 1.3, inflowDeviation: 0.6, exitSupply: exit)
      for cell in [1, 11, 21] {
        filter.take(cell: cell, vehicles: max(0, truth.occupancy[cell] + random.normal(standardDeviation: 1)), variance: 1)
      }
      guard step > 40 else { continue }
      let mean = filter.occupancy, variance = filter.variance
      for i in 0..<cells {
        errorAlone += abs(alone.occupancy[i] - truth.occupancy[i])
        error += abs(mean[i] - truth.occupancy[i])
        if abs(mean[i] - truth.occupancy[i]) < 1.96 * variance[i].squareRoot() + 0.25 { covered += 1 }
        count += 1
        #expect(mean[i] >= 0 && mean[i] <= 12)
      }
    }
    #expect(error < 0.6 * errorAlone, "\(error / count) vehicles a cell beside \(errorAlone / count)")
    #expect(covered / count > 0.8, "\(covered / count)")
  }

  /// Vehicles stand 7.5 m apart up to 180 m; each starts as the wave of 5 m/s reaches it and drives at 12 m/s. The loop lies at 90 m. By
  /// hand: it is freed 18 s after green begins, the last vehicle passes at 36 + 7.5 = 43.5 s.
  @Test func theBackOfTheQueueIsWhereTheWaveMetIt() {
    var settings = ShockwaveQueue.Settings()
    settings.discharge = 1
    let queue = ShockwaveQueue(distance: 90, speed: 12, settings: settings)
    var pulses: [(on: Double, off: Double)] = [(20, 60 + 18)]
    var x = 97.5
    while x <= 180 {
      let t = 60 + x / 5 + (x - 90) / 12
      pulses.append((t - 0.4, t))
      x += 7.5
    }
    pulses += [(112, 112.4), (120, 120.4)]
    let seen = queue.estimate(pulses: pulses, green: 60, red: 140)
    #expect(seen.reach == .seen)
    #expect(abs(seen.wave! - 5) < 1e-9)
    #expect(abs(seen.length - 180) < 1e-6)
    #expect(abs(seen.vehicles - 24) < 1e-6)
    // A green that ends while they pass tells only the least.
    let cut = queue.estimate(pulses: pulses, green: 60, red: 95)
    #expect(cut.reach == .beyond)
    #expect(cut.length < 180)
    // Nobody stands on the loop.
    let short = queue.estimate(pulses: [(30, 30.5), (70, 70.5)], green: 60, red: 140)
    #expect(short.reach == .within)
    #expect(short.wave == nil)
  }

  /// Two flows over two links, half of the first flow arriving a slice later; demand is a half above its prior all along. Counts agree with
  /// it, so it is found, and found sooner where the slice before is remembered.
  @Test func slicesTakeWhatEarlierOnesSentFromTheirCounts() throws {
    func matrix(_ values: [(Int, Int, Double)]) -> SparseMatrix {
      SparseMatrix(rows: 2, columns: 2, triplets: values.map { SparseMatrix.Triplet($0.0, $0.1, $0.2) })
    }
    let now = matrix([(0, 0, 0.5), (1, 1, 1)]), late = matrix([(0, 0, 0.5)])
    let truth = [150.0, 60.0]
    let slices = (0..<4).map { t in
      let counts = (now * truth).enumerated().map { $0.element + (t > 0 ? (late * truth)[$0.offset] : 0) }
      return ODSlice(prior: [100, 40], assignment: [now, late], counts: counts)
    }
    let found = try slicedOD(slices, priorSpread: 1, countVariance: { _ in 1e-6 })
    for solution in found {
      #expect(solution.ending == .converged)
      for i in 0..<2 { #expect(abs(solution.flows[i] - truth[i]) < 0.01) }
    }
    let vague = try slicedOD(slices, priorSpread: 0.2, countVariance: { 10 * $0 })
    let forgetful = try slicedOD(slices, priorSpread: 0.2, memory: 0, countVariance: { 10 * $0 })
    #expect(abs(vague[3].flows[0] - truth[0]) < abs(forgetful[3].flows[0] - truth[0]))
    #expect(vague.allSatisfy { $0.variance.allSatisfy { $0 > 0 } })
  }
}
