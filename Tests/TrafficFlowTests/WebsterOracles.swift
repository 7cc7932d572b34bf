import TestSupport
import Testing
import TrafficFlow

/// F. V. Webster, Traffic Signal Settings, 1958; two examination papers and SUMO's own Webster tool.
@Suite("Webster", .enabled(if: SharedData.has("reference/oracles.json")))
struct WebsterOracles {
  @Test func threeTermsOfDelay() throws {
    let o = try Oracle("webster_delay_terms")
    let i = o.inputs
    let d = WebsterDelay(
      cycle: i["C"].number, green: i["g"].number, saturationFlow: i["s"].number / 3600, demand: i["q"].number / 3600)
    let e = o.expected
    #expect(abs(d.degreeOfSaturation - e["x"].number) < 1e-4)
    #expect(abs(d.uniform - e["term1"].number) < 1e-4)
    #expect(abs(d.random - e["term2"].number) < 1e-4)
    #expect(abs(d.correction - e["term3"].number) < 1e-4)
    #expect(abs(d.total - e["d"].number) < 1e-4)
    #expect(abs(d.shortcut - e["d_90pct"].number) < 1e-4)
  }

  @Test func cycleFromFlows() throws {
    let o = try Oracle("webster_gate_a")
    let y = zip(o.inputs["q"].numbers, o.inputs["s"].numbers).map { $0 / $1 }
    #expect(abs(y.reduce(0, +) - o.expected["Y"].number) < 1e-12)
    let cycle = try #require(WebsterCycle.length(lostTime: o.inputs["L"].number, criticalFlowRatios: y))
    #expect(abs(cycle - o.expected["C0"].number) < 0.5)
  }

  @Test(arguments: ["webster_gate_2016", "webster_sumo_tool"])
  func cycleAndSplits(id: String) throws {
    let o = try Oracle(id)
    let y = o.inputs["y"].numbers
    let L = o.inputs["L"].number
    let cycle = try #require(WebsterCycle.length(lostTime: L, criticalFlowRatios: y))
    #expect(abs(cycle - o.expected["C0"].number) < 0.5)
    for (g, expected) in zip(WebsterCycle.greens(cycle: cycle, lostTime: L, criticalFlowRatios: y), o.expected["g"].numbers) {
      #expect(abs(g - expected) < 0.5)
    }
  }

  @Test func noCycleServesTooMuch() {
    #expect(WebsterCycle.length(lostTime: 10, criticalFlowRatios: [0.6, 0.4]) == nil)
    #expect(WebsterDelay(cycle: 60, green: 30, saturationFlow: 0.5, demand: 0.3).total == .infinity)
  }
}

/// Where Webster's steady state ends, Akçelik's time-dependent delay goes on (ARRB ARR 123, 1981).
@Suite("Akcelik") struct AkcelikLaws {
  @Test func meetsTheUniformTermWhereNothingOverflows() {
    let a = AkcelikDelay(cycle: 90, green: 40, saturationFlow: 0.5, demand: 0.1, period: 900)
    let w = WebsterDelay(cycle: 90, green: 40, saturationFlow: 0.5, demand: 0.1)
    #expect(a.overflowQueue == 0)
    #expect(abs(a.total - w.uniform) < 1e-12)
  }

  @Test func growsWithDemandAndApproachesTheDeterministicLine() {
    var last = 0.0
    for q in stride(from: 0.1, through: 0.5, by: 0.01) {
      let a = AkcelikDelay(cycle: 90, green: 40, saturationFlow: 0.5, demand: q, period: 900)
      #expect(a.total >= last)
      last = a.total
    }
    // Far over capacity the mean overflow queue is half of what piles up in the period.
    let c = 0.5 * 40 / 90
    let heavy = AkcelikDelay(cycle: 90, green: 40, saturationFlow: 0.5, demand: 3 * c, period: 3600)
    #expect(abs(heavy.overflowQueue / (0.5 * 2 * c * 3600) - 1) < 0.02)
  }
}
