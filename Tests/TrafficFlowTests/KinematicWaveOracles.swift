import TestSupport
import Testing
import TrafficFlow

/// Kinematic-wave theory worked by hand, as UXsim verifies itself: u = 20 m/s, κ = 0.2 veh/m, τ = 1 s, so w = 5 m/s and q_max = 0.8 veh/s.
@Suite("Kinematic waves", .enabled(if: SharedData.has("reference/oracles.json")))
struct KinematicWaveOracles {
  let diagram = TriangularFundamentalDiagram(freeSpeed: 20, jamDensity: 0.2, reactionTime: 1)

  func run(_ model: inout LinkTransmission, seconds: Int, demand: (Double) -> Double, exit: (Double) -> Double = { _ in .infinity }) {
    for k in 0..<Int(Double(seconds) / model.step) {
      let t = Double(k) * model.step
      model.advance(demand: demand(t), exitCapacity: exit(t))
    }
  }

  @Test func triangle() throws {
    let o = try Oracle("kw_capacity")
    #expect(diagram.waveSpeed == o.expected["w"].number)
    #expect(abs(diagram.capacity - o.expected["q_max"].number) < 1e-12)
    #expect(abs(diagram.criticalDensity - o.expected["k_crit"].number) < 1e-12)
  }

  @Test func freeFlow() throws {
    let o = try Oracle("kw_free")
    let i = o.inputs
    var m = LinkTransmission(links: [.init(length: i["L"].number, diagram: diagram)], step: 1)
    run(&m, seconds: 600, demand: { $0 < i["dur"].number ? i["demand"].number : 0 })
    #expect(abs(m.totalTravelTime - o.expected["TTT"].number) < 1e-6)
    #expect(abs(m.demanded[600] - o.expected["trips"].number) < 1e-9)
    #expect(abs(m.stored) < 1e-9)
    #expect(abs(diagram.flow(density: o.expected["k"].number) - o.expected["q"].number) < 1e-12)
    #expect(diagram.speed(density: o.expected["k"].number) == o.expected["v"].number)
  }

  @Test func bottleneckAtTheExit() throws {
    let o = try Oracle("kw_bottleneck")
    let e = o.expected
    let demand: (Double) -> Double = { $0 < 500 ? 0.8 : $0 < 1500 ? 0.4 : 0 }
    let out = o.inputs["capacity_out"].number
    // The narrow place sits between the two links: a diagram of lower capacity downstream.
    var m = LinkTransmission(links: [.init(length: 1000, diagram: diagram), .init(length: 1000, diagram: diagram)], step: 0.5)
    run(&m, seconds: 2000, demand: demand, exit: { _ in out })
    #expect(abs(m.demanded[4000] - e["trips"].number) < 1e-6)
    // D/D/1 by hand: 800 trips of 100 s and 25,000 veh s of queueing make 105,000.
    #expect(abs(m.totalTravelTime - 105_000) < 100)
    #expect(abs(m.totalTravelTime / e["TTT"].number - 1) < 0.1)
    #expect(abs(m.totalTravelTime / 800 / e["avg_tt"].number - 1) < 0.1)
    let k = diagram.congestedDensity(flow: out)
    #expect(abs(k - e["upstream_k"].number) < 1e-4)
    #expect(abs(diagram.speed(density: k) / e["upstream_v"].number - 1) < 1e-3)
  }

  @Test func slowerRoadDownstream() throws {
    let o = try Oracle("kw_slow_downstream")
    let slow = TriangularFundamentalDiagram(freeSpeed: 10, jamDensity: 0.2, reactionTime: 1)
    #expect(abs(slow.capacity - o.expected["q_bn"].number) < 1e-4)
    var m = LinkTransmission(links: [.init(length: 1000, diagram: diagram), .init(length: 1000, diagram: slow)], step: 0.5)
    run(&m, seconds: 2500, demand: { $0 < 500 ? 0.8 : $0 < 1500 ? 0.4 : 0 })
    #expect(abs(m.totalTravelTime / o.expected["TTT"].number - 1) < 0.1)
    #expect(abs(m.totalTravelTime / 800 / o.expected["avg_tt"].number - 1) < 0.1)
    // By hand: 150 s free and the same 31.25 s of queueing each.
    #expect(abs(m.totalTravelTime / 800 - 181.25) < 0.5)
  }

  @Test func signalOverCapacity() throws {
    let o = try Oracle("kw_signal_over")
    let i = o.inputs
    let green = i["phases"][0].number
    for side in 0..<2 {
      var m = LinkTransmission(links: [.init(length: i["L"].number, diagram: diagram)], step: 1)
      run(
        &m, seconds: 2000, demand: { $0 < i["dur"].number ? i["demand_each"].number : 0 },
        exit: { Int($0 / green) % 2 == side ? .infinity : 0 })
      let served = m.left[0][2000]
      #expect(abs(served / o.expected["vol_exit"].number - 1) < 0.1)
      // Time on the approach: the area between entering and leaving over the vehicles served.
      let area = zip(m.entered[0], m.left[0]).reduce(0) { $0 + $1.0 - $1.1 }
      #expect(abs(area / served / o.expected["tt_approach"].number - 1) < 0.2, "\(area / served)")
    }
    // The exit runs free.
    #expect(i["L"].number / diagram.freeSpeed == o.expected["tt_exit"].number)
  }

  /// arrivals(t) = departures(t + travel time): no vehicle is lost or overtaken, whatever the demand.
  @Test func firstInFirstOut() {
    var state: UInt64 = 7
    func random() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / Double(1 << 31)
    }
    var m = LinkTransmission(links: [.init(length: 400, diagram: diagram), .init(length: 200, diagram: diagram)], step: 1)
    for k in 0..<3000 { m.advance(demand: k < 2000 ? random() * 0.9 : 0, exitCapacity: k % 90 < 50 ? .infinity : 0) }
    #expect(abs(m.stored) < 1e-6)
    for i in 0..<2 {
      for t in 0..<3000 {
        #expect(m.left[i][t] <= m.entered[i][t] + 1e-9)
        #expect(m.entered[i][t] - m.left[i][t] <= 0.2 * m.links[i].length + 1e-9)
      }
    }
  }
}
