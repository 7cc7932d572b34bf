import TestSupport
import Testing
import TrafficFlow

/// NPTEL 105101008, Cell transmission models: a road of three cells whose outlet is a fifth of its capacity for two minutes.
@Suite("Cell transmission", .enabled(if: SharedData.has("reference/oracles.json")))
struct CellTransmissionOracles {
  @Test func constants() throws {
    let o = try Oracle("ctm_nptel_constants")
    let i = o.inputs
    let e = o.expected
    let tick = i["tick_s"].number
    let cell = i["v_kmh"].number / 3600 * tick
    #expect(abs(cell - e["cell_km"].number) < 1e-12)
    #expect(Int((i["L_km"].number / cell).rounded()) == Int(e["cells"].number))
    #expect(abs(i["kj"].number * cell - e["N"].number) < 1e-9)
    #expect(abs(i["qmax"].number * tick / 3600 - e["Q"].number) < 1e-9)
    #expect(abs(i["q0"].number * tick / 3600 - e["flow80"].number) < 1e-9)
    #expect(abs(i["qmax"].number * tick / 3600 * i["block_share"].number - e["flow20"].number) < 1e-9)
  }

  @Test func evolution() throws {
    let o = try Oracle("ctm_nptel_evolution_w_eq_v")
    let rows = o.expected["n"].array.map(\.numbers)
    var road = CellTransmission(occupancy: rows[0], storage: [75, 75, 75], capacity: [25, 25, 25, 25])
    // Q3, what the third cell may take in, is 5 for ticks 0...3.
    for (tick, row) in rows.dropFirst().enumerated() {
      road.capacity[2] = tick < 4 ? 5 : 25
      let before = road.occupancy.reduce(0, +)
      let moved = road.step(inflow: 20)
      #expect(abs(road.occupancy.reduce(0, +) - before - moved.entered + moved.left) < 1e-12)
      #expect(zip(road.occupancy, row).allSatisfy { abs($0 - $1) < 1e-12 }, "tick \(tick + 1): \(road.occupancy)")
    }
  }

  @Test func mergesAndDivergesConserve() {
    let (a, b) = CellTransmission.merge(10, 8, supply: 12, priority: 0.75)
    #expect(a == 9 && b == 3)
    #expect(CellTransmission.merge(2, 20, supply: 12, priority: 0.75) == (2, 10))
    #expect(CellTransmission.diverge(10, supplies: [2, 100], shares: [0.5, 0.5]) == 4)
  }
}
