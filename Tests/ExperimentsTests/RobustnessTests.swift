import ControlLoop
import Formats
import Foundation
import Measures
import SignalControl
import Streets
import Testing
import TrafficModel

@testable import Experiments

/// Control when things go wrong: a fifth of the detectors dead or stuck, readings 5 s late, the controller restarted in mid-run. The
/// monitor never speaks, and the delay rises by at most a quarter.
@Suite struct RobustnessTests {
  /// A crossing of two-lane roads with loops, made once.
  static let scenario: Scenario? = {
    var design = GridDesign()
    design.columns = 2
    design.rows = 1
    design.volume = 350
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-robust-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    guard (try? design.scenario(duration: 600).write(to: folder)) != nil, var scenario = try? ScenarioReader.read(folder),
      (try? scenario.routeTrips()) != nil
    else { return nil }
    return scenario
  }()

  static func delay(
    _ name: String, _ information: StreetInformation, _ change: (inout StrategyRun) -> Void = { _ in }
  ) throws -> (delay: Double, violations: Int) {
    let scenario = try #require(Self.scenario)
    var run = StrategyRun(
      scenario, strategy: try #require(ControlStrategy.named(name)), constraints: ConflictMonitor.constraints(of: scenario.network),
      information: information, recording: .trips)
    change(&run)
    var delay = 0.0, violations = 0
    for seed in [1, 2] as [UInt64] {
      let outcome = try run.simulated(seed: seed)
      delay += NetworkMeasures(outcome.record.trips).delay / 2
      violations += outcome.loop.violations.count { $0.rule != .maximumRed }
    }
    return (delay, violations)
  }

  @Test(arguments: ["actuated", "ring-barrier"]) func loops(name: String) throws {
    let sound = try Self.delay(name, .detectors)
    #expect(sound.violations == 0 && sound.delay > 1)
    let faulty = try Self.delay(name, .detectors) {
      $0.disturbance = DisturbedStreet.Disturbance()
      $0.disturbance?.deadShare = 0.1
      $0.disturbance?.stuckShare = 0.1
    }
    let late = try Self.delay(name, .detectors) {
      $0.disturbance = DisturbedStreet.Disturbance()
      $0.disturbance?.delay = .seconds(5)
    }
    let restarted = try Self.delay(name, .detectors) { $0.restart = .seconds(300) }
    for (what, run) in [("faulty", faulty), ("late", late), ("restarted", restarted)] {
      #expect(run.violations == 0, "\(name), \(what)")
      #expect(run.delay <= sound.delay * 1.25, "\(name), \(what): \(run.delay) s against \(sound.delay) s")
    }
  }

  @Test(arguments: ["max-pressure", "schedule-driven", "tuc+priority"])
  func reports(name: String) throws {
    let sound = try Self.delay(name, .connectedVehicles)
    #expect(sound.violations == 0 && sound.delay > 1)
    let lossy = try Self.delay(name, .connectedVehicles) {
      $0.disturbance = DisturbedStreet.Disturbance()
      $0.disturbance?.lossShare = 0.2
    }
    let restarted = try Self.delay(name, .connectedVehicles) { $0.restart = .seconds(300) }
    for (what, run) in [("lossy", lossy), ("restarted", restarted)] {
      #expect(run.violations == 0, "\(name), \(what)")
      #expect(run.delay <= sound.delay * 1.25, "\(name), \(what): \(run.delay) s against \(sound.delay) s")
    }
  }
}
