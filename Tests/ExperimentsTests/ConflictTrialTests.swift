import ControlLoop
import SignalControl
import Testing
import TrafficModel

@testable import Experiments

/// Short forms of `greenwave benchmark conflicts`, and the audit's own eyes.
@Suite struct ConflictTrialTests {
  @Test(arguments: ControlStrategy.all.map(\.name))
  func nothingForbiddenPasses(name: String) throws {
    let (network, detectors) = ConflictTrial.network(protectsLefts: true, lanes: 1, columns: 1)
    let constraints = ConflictMonitor.constraints(of: network)
    for suffix in ["", ControlStrategy.prioritySuffix] {
      let strategy = try #require(ControlStrategy.named(name + suffix))
      let trial = ConflictTrial(strategy, network: network, constraints: constraints, detectors: detectors)
      let outcome = trial.run(seconds: name == "horizon" ? 200 : 1000, seed: 3)
      #expect(outcome.faults.isEmpty, "\(strategy.name): \(outcome.faults) \(outcome.example ?? "")")
      #expect(outcome.controllerSeconds > 100)
    }
  }

  @Test func theAuditSeesEveryFault() {
    let (network, _) = ConflictTrial.network(protectsLefts: false, lanes: 1, columns: 1)
    let rules = ConflictMonitor.constraints(of: network)[0]
    let stages = network.signals[0].programs[0].stages.map(\.state)
    let n = rules.links.count
    let green = stages[0], yellow = stages[1], other = stages.last { $0.isServingStage }!
    let red = SignalState(repeating: .red, count: n)
    func faults(_ shown: [(SignalState, Int)], called: UInt64 = 0) -> Set<SafetyAudit.Fault> {
      var audit = SafetyAudit(rules, turnsOnRed: [Bool](repeating: false, count: n))
      var t = 0
      for (state, length) in shown {
        for _ in 0..<length {
          audit.see(state, at: Instant(seconds: Double(t)), called: called)
          t += 1
        }
      }
      return Set(audit.counts.keys)
    }
    #expect(faults([(green, 20), (yellow, 4), (red, 2), (other, 20)]).isEmpty)
    #expect(faults([(green, 20), (red, 2)]) == [.missingYellow])
    #expect(faults([(green, 20), (yellow, 2), (red, 4)]) == [.shortYellow])
    #expect(faults([(green, 20), (yellow, 4), (other, 5)]) == [.shortRedClearance])
    #expect(faults([(red, 5), (green, 3), (yellow, 4)]) == [.shortGreen])
    #expect(faults([(SignalState(repeating: .green, count: n), 1)]) == [.conflictingGreens])
    #expect(faults([(SignalState(repeating: .off, count: n), 1)]) == [.unknownIndication])
    #expect(faults([(SignalState("G")!, 1)]) == [.stateLength])
    #expect(faults([(red, 1000)], called: 1) == [.starved])
  }
}
