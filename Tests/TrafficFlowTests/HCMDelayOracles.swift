import TestSupport
import Testing
import TrafficFlow

/// HCM 7th edition, chapters 19, 30 and 31: the closed forms one by one. The whole method is tested with `HCMTiming`.
@Suite("HCM closed forms", .enabled(if: SharedData.has("reference/oracles.json")))
struct HCMDelayOracles {
  @Test(
    arguments: ["EB_T", "EB_TR", "WB_T", "WB_TR", "NB_T", "NB_TR", "SB_T", "SB_TR"].map { "hcm7_ep1_\($0)_d1" })
  func uniformDelay(id: String) throws {
    let o = try Oracle(id)
    let i = o.inputs
    let C = i["C"].number
    let g = i["g"].number
    let d = HCMControlDelay.uniform(cycle: C, green: g, volumeToCapacity: i["X"].number)
    #expect(abs(d - o.expected["d1"].number) < 0.5)
    // Random arrivals: P = g/C leaves the closed form as it is, and the polygon says the same where nothing is left over.
    let p = HCMControlDelay.proportionOnGreen(platoonRatio: 1, green: g, cycle: C)
    #expect(abs(HCMControlDelay.uniform(cycle: C, green: g, volumeToCapacity: i["X"].number, proportionOnGreen: p) - d) < 1e-9)
  }

  @Test func incrementalDelay() throws {
    let o = try Oracle("hcm_eq1919_1926_case2")
    let i = o.inputs
    let C = i["C"].number
    var vehicles = 0.0
    var delay = 0.0
    for name in ["EB", "WB", "NB", "SB"] {
      let group = i["groups"][name]
      let e = o.expected[name]
      let c = i["s"].number / 3600 * group["g"].number / C
      let X = group["v"].number / 3600 / c
      let d1 = HCMControlDelay.uniform(cycle: C, green: group["g"].number, volumeToCapacity: X)
      let d2 = HCMControlDelay.incremental(
        volumeToCapacity: X, capacity: c, period: i["T"].number * 3600, factor: i["k"].number, filtering: i["I"].number)
      #expect(abs(c * 3600 - e["c"].number) < 0.1)
      #expect(abs(X - e["X"].number) < 0.001)
      #expect(abs(d1 - e["d1"].number) < 0.01)
      #expect(abs(d2 - e["d2"].number) < 0.01)
      #expect(abs(d1 + d2 - e["d"].number) < 0.01)
      #expect(LevelOfService(controlDelay: d1 + d2, overCapacity: X > 1).rawValue == e["LOS"].text)
      vehicles += group["v"].number
      delay += group["v"].number * (d1 + d2)
    }
    #expect(abs(delay / vehicles - o.expected["intersection"]["d"].number) < 0.01)
    #expect(LevelOfService(controlDelay: delay / vehicles).rawValue == o.expected["intersection"]["LOS"].text)
  }

  @Test func permittedLeftTurn() throws {
    let o = try Oracle("hcm7_eq31_100")
    let s = PermittedLeftTurn.saturationFlow(
      opposing: o.inputs["v_o"].number / 3600, criticalHeadway: o.inputs["t_cg"].number, followUp: o.inputs["t_fh"].number)
    #expect(abs(s * 3600 - o.expected["s_p"].number) < 1)
  }

  @Test func secondTermOfQueue() throws {
    let o = try Oracle("hcm7_q2")
    let q = BackOfQueue.second(
      capacity: o.inputs["c"].number / 3600, lanes: Int(o.inputs["N"].number), incrementalDelay: o.inputs["d2"].number)
    #expect(abs(q - o.expected["Q2"].number) < 0.01)
  }

  @Test func platoonRatio() throws {
    let o = try Oracle("hcm_P_platoon")
    let p = HCMControlDelay.proportionOnGreen(
      platoonRatio: o.inputs["Rp"].number, green: o.inputs["g"].number, cycle: o.inputs["C"].number)
    #expect(abs(p - o.expected["P"].number) < 0.001)
  }

  @Test func pedestrians() throws {
    let o = try Oracle("hcm7_ep2_ped")
    let i = o.inputs
    var inputs = PedestrianService.Inputs(
      cycle: i["C"].number, walk: i["walk_s"].number, lanesCrossed: i["lanes_crossed"].number,
      crossedStreetFlow: i["crossed_street_volume"].number / 3600, crossedStreetLanes: i["crossed_lanes"].number,
      speed85: i["S85_mph"].number * 0.44704)
    inputs.rightTurnsOnRed = i["v_rtor"].number / 3600
    inputs.permittedLeftTurns = i["v_lt_perm"].number / 3600
    let s = PedestrianService(inputs)
    let e = o.expected
    #expect(s.effectiveWalk == e["g_walk"].number)
    #expect(abs(s.delay - e["d_p"].number) < 0.05)
    #expect(abs(s.vehiclesPerLane - e["n15"].number) < 0.1)
    #expect(abs(s.crossSectionFactor - e["F_w"].number) < 0.001)
    #expect(abs(s.volumeFactor - e["F_v"].number) < 0.001)
    #expect(abs(s.speedFactor - e["F_s"].number) < 0.001)
    #expect(abs(s.delayFactor - e["F_delay"].number) < 0.001)
    #expect(abs(s.score - e["I"].number) < 0.01)
    #expect(s.level.rawValue == e["LOS"].text)
  }

  @Test func bicycles() throws {
    let o = try Oracle("hcm7_ep3_bike")
    let i = o.inputs
    let s = BicycleService(
      cycle: i["C"].number, green: i["g"].number, bicycleFlow: i["bike_flow"].number / 3600,
      crossStreetWidth: i["cross_width_ft"].number * 0.3048, outsideWidth: i["Wt_ft"].number * 0.3048,
      vehicleFlow: (i["vL"].number + i["vT"].number + i["vR"].number) / 3600, throughLanes: i["N_th"].number,
      saturationFlow: i["s"].number / 3600)
    let e = o.expected
    #expect(abs(s.capacity * 3600 - e["c_b"].number) < 0.01)
    #expect(abs(s.delay - e["d_b"].number) < 0.05)
    #expect(abs(s.crossSectionFactor - e["F_w"].number) < 0.01)
    #expect(abs(s.volumeFactor - e["F_v"].number) < 0.01)
    #expect(abs(s.score - e["I"].number) < 0.01)
    #expect(s.level.rawValue == e["LOS"].text)
  }

  @Test func polygonAgreesWithTheClosedForm() {
    for X in [0.1, 0.5, 0.9, 0.999] {
      let g = 40.0
      let C = 100.0
      let s = 0.5
      let v = X * s * g / C
      let polygon = QueueAccumulationPolygon(intervals: [
        .init(duration: C - g, arrivals: v, departures: 0), .init(duration: g, arrivals: v, departures: s),
      ])
      #expect(abs(polygon.uniformDelay - HCMControlDelay.uniform(cycle: C, green: g, volumeToCapacity: X)) < 1e-9)
      #expect(polygon.closes)
    }
  }

  @Test func initialQueueOfTheManualsCases() {
    // Never served: the queue grows by T(v - c) and everyone waits for Qb as well.
    let over = HCMControlDelay.initialQueue(queue: 20, demand: 0.3, capacity: 0.25, period: 900)
    #expect(abs(over.finalQueue - 65) < 1e-9)
    #expect(abs(over.delay - 80) < 1e-9)
    // Served after 200 s: area of the triangle, less what the same vehicles would have waited after the period ended.
    let under = HCMControlDelay.initialQueue(queue: 20, demand: 0.15, capacity: 0.25, period: 900)
    #expect(under.finalQueue == 0)
    #expect(abs(under.delay - (200 * 20 / 2 - 20 * 20 / (2 * 0.25)) / (0.15 * 900)) < 1e-9)
  }
}
