import TestSupport
import Testing
import TrafficFlow

/// The ITE kinematic equation. The sources convert with 1.47 ft/s a mile an hour, so the test does too.
@Suite("ITE clearance", .enabled(if: SharedData.has("reference/oracles.json")))
struct ClearanceOracles {
  let foot = 0.3048
  func speed(_ mph: Double) -> Double { mph * 1.47 * foot }

  @Test func yellowAndRedOnAGrade() throws {
    let o = try Oracle("ite_yellow_red")
    let i = o.inputs
    let yellow = ITEClearance.yellow(
      speed: speed(i["S85"].number), grade: i["grade_pct"].number / 100, reactionTime: i["t"].number, deceleration: i["a"].number * foot)
    let red = ITEClearance.redClearance(
      width: i["W"].number * foot, vehicleLength: i["L"].number * foot, speed: speed(i["S15"].number))
    #expect(abs(yellow - o.expected["Y"].number) < 0.005)
    #expect(abs(red - o.expected["AR"].number) < 0.005)
  }

  @Test func yellowOnTheLevel() throws {
    let o = try Oracle("ite_yellow_level")
    for (v, y) in zip(o.inputs["v85_mph"].numbers, o.expected["Y"].numbers) {
      #expect(abs(ITEClearance.yellow(speed: speed(v)) - y) < 0.01)
    }
  }

  @Test func aTurnNeedsMoreThanItsApproachSpeedAlone() {
    // From 45 mi/h to a 20 mi/h turn: 1 + (66 - 14.7)/10 = 6.2 s.
    #expect(abs(ITEClearance.turningYellow(speed: speed(45), turningSpeed: speed(20)) - 6.145) < 0.01)
    #expect(abs(ITEClearance.pedestrianClearance(length: 35 * foot) - 10) < 1e-9)
  }
}
