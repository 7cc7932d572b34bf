import TestSupport
import Testing
import TrafficFlow

/// Wikibooks, Fundamentals of Transportation: Traffic Signals; and the inverse exercise after Mannering.
@Suite("D/D/1", .enabled(if: SharedData.has("reference/oracles.json")))
struct DeterministicQueueOracles {
  @Test func everyMeasureOfTheTriangle() throws {
    let o = try Oracle("dd1_wikibooks")
    let i = o.inputs
    let cycle = i["C"].number
    let q = DeterministicQueue(
      arrivalRate: i["lam_vph"].number / 3600, departureRate: i["s_vph"].number / 3600, red: cycle - i["g"].number, cycle: cycle)
    let e = o.expected
    func near(_ a: Double, _ key: String) -> Bool { abs(a / e[key].number - 1) < 0.01 }
    #expect(near(q.utilization, "rho"))
    #expect(near(q.clearanceTime, "t_c"))
    #expect(near(q.proportionQueued, "P_q"))
    #expect(near(q.proportionStopped, "P_s"))
    #expect(near(q.maximumQueue, "Q_max"))
    #expect(near(q.totalDelay, "D_total"))
    #expect(near(q.averageDelay, "d_avg"))
    #expect(near(q.maximumDelay, "d_max"))
    #expect(q.clears)
  }

  @Test func backFromTotalDelay() throws {
    let o = try Oracle("dd1_inverse")
    let q = try #require(
      DeterministicQueue.atCapacity(
        red: o.inputs["r"].number, departureRate: o.inputs["s_vph"].number / 3600, totalDelay: o.inputs["total_delay"].number))
    #expect(abs(q.arrivalRate / o.expected["v_vps"].number - 1) < 0.01)
    #expect(abs(q.cycle / o.expected["C"].number - 1) < 0.01)
    #expect(abs((q.cycle - q.red) / q.cycle - o.expected["gC"].number) < 0.01)
  }
}
