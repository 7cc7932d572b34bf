import Testing
import TrafficModel

@testable import Microsimulation

/// What is told without roots must be what the full formulas say.
@Suite struct ShortcutTests {
  /// Cases spread over what traffic meets: speeds to 60 m/s, gaps to 500 m.
  private func draw(_ k: Int, _ n: UInt64) -> Double {
    CounterRandom.uniform(seed: 11, entity: UInt64(k), step: n, purpose: .position)
  }

  @Test func whatSurelyStopsStops() {
    var sure = 0
    for k in 0..<20_000 {
      let speed = 60 * draw(k, 0), gap = 500 * draw(k, 1), decel = 1 + 8 * draw(k, 2)
      let dt = [0.1, 0.5, 1.0][k % 3], headway = max(dt, 2 * draw(k, 3))
      guard Following.surelyStops(from: speed, within: gap, half: 0.5 / decel, headway: headway) else { continue }
      sure += 1
      #expect(Following.safeStop(gap: gap, decel: decel, headway: headway, dt: dt) >= speed, "case \(k)")
    }
    #expect(sure > 1000)
  }

  @Test func whatSurelyFollowsFollows() {
    var sure = 0
    for k in 0..<20_000 {
      let speed = 60 * draw(k, 0), gap = 300 * draw(k, 1), leaderSpeed = 60 * draw(k, 2)
      let dt = [0.1, 0.5, 1.0][k % 3]
      let type = TypeRecord(
        VehicleType(name: "car", deceleration: 1 + 8 * draw(k, 3), emergencyDeceleration: 9, tau: max(dt, 2 * draw(k, 4))))
      let leaderDecel = 1 + 8 * draw(k, 5)
      guard
        Following.surelyFollows(
          at: speed, gap: gap, leaderSpeed: leaderSpeed, half: type.halfPerDecel, leaderHalf: min(type.halfPerDecel, 0.5 / leaderDecel),
          tau: type.tau, dt: dt)
      else { continue }
      sure += 1
      let safe = withUnsafePointer(to: type) {
        Following.safeFollow(
          $0, speed: 0, gap: gap, leaderSpeed: leaderSpeed, leaderDecel: leaderDecel, insertion: true, changing: true, dt: dt)
      }
      #expect(safe >= speed, "case \(k)")
    }
    #expect(sure > 1000)
  }

  /// Without a whole step of braking the way is driven within the headway.
  @Test func aCrawlIsTheGapOverTheHeadway() {
    for k in 0..<1000 {
      let decel = 1 + 8 * draw(k, 0), dt = [0.1, 0.5, 1.0][k % 3], headway = dt * (1 + draw(k, 1))
      let gap = 0.002 + 0.4 * decel * dt * headway * draw(k, 2)
      let speed = Following.safeStop(gap: gap, decel: decel, headway: headway, dt: dt)
      #expect(speed < decel * dt)
      #expect(abs(speed * headway - (gap - Following.epsilon)) < 1e-12)
    }
  }
}
