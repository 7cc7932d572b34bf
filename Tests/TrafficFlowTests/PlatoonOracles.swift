import TestSupport
import Testing
import TrafficFlow

/// Robertson 1969, Yu & Van Aerde's calibration, and HCM equation 30-11.
@Suite("Platoon dispersion", .enabled(if: SharedData.has("reference/oracles.json")))
struct PlatoonOracles {
  @Test func squarePulse() throws {
    let o = try Oracle("robertson_pulse")
    let i = o.inputs
    let r = RobertsonDispersion(
      travelTime: i["T"].number, step: i["dt"].number, alpha: i["alpha"].number, beta: i["beta"].number)
    #expect(abs(r.smoothing - o.expected["F"].number) < 1e-5)
    #expect(r.lag == Int(i["lag_steps"].number))
    let pulse = [Double](repeating: i["pulse_vps"].number, count: Int(i["pulse_s"].number))
    let q = r.arrivals(departures: pulse, count: 400)
    for (k, e) in o.expected["arrivals_16_27"].numbers.enumerated() { #expect(abs(q[16 + k] - e) < 1e-5) }
    let peak = try #require(q.indices.max { q[$0] < q[$1] })
    #expect(peak == Int(o.expected["peak_step"].number))
    #expect(abs(q[peak] - o.expected["peak"].number) < 1e-5)
    #expect(abs(q.reduce(0, +) - o.expected["total"].number) < 1e-5)
  }

  @Test func parametersFromMeasuredTravelTimes() throws {
    let o = try Oracle("robertson_yuvanaerde")
    let c = RobertsonDispersion.calibrated(
      mean: o.inputs["Ta"].number, deviation: o.inputs["sigma"].number, step: o.inputs["n"].number)
    #expect(abs(c.beta - o.expected["beta"].number) < 1e-3)
    #expect(abs(c.alpha - o.expected["alpha"].number) < 1e-3)
    #expect(abs(c.smoothing - o.expected["F"].number) < 1e-3)
    // As many vehicles arrive as departed.
    let departures = [o.expected["upstream_total"].number]
    let arrived = RobertsonDispersion(smoothing: c.smoothing, lag: 2).arrivals(departures: departures, count: 60).reduce(0, +)
    #expect(abs(arrived - o.expected["downstream_total"].number) < 1e-3)
  }

  @Test func highwayCapacityManualSmoothing() throws {
    let o = try Oracle("hcm_smoothing")
    for (t, f) in zip(o.inputs["t_R"].numbers, o.expected["F"].numbers) {
      let r = RobertsonDispersion.highwayCapacityManual(runningTime: t, step: o.inputs["d_t"].number)
      #expect(abs(r.smoothing - f) < 1e-6)
    }
  }

  @Test func aRepeatingProfileIsTheLimitOfManyCycles() {
    let r = RobertsonDispersion(travelTime: 31, step: 1)
    let cycle = (0..<60).map { $0 < 22 ? 0.4 + 0.01 * Double($0) : 0.02 }
    let many = r.arrivals(departures: (0..<40).flatMap { _ in cycle }, count: 40 * 60)
    let closed = r.cyclicArrivals(departures: cycle)
    for i in 0..<60 { #expect(abs(closed[i] - many[39 * 60 + i]) < 1e-12) }
    #expect(abs(closed.reduce(0, +) - cycle.reduce(0, +)) < 1e-9)
  }
}
