import ControlLoop
import Measures
import Microsimulation
import SignalControl
import Streets
import TrafficModel

/// One control strategy on one scenario, ready to be run with any seed through loop and monitor.
public struct StrategyRun: Sendable {
  public let scenario: Scenario
  public var strategy: ControlStrategy
  public var information: StreetInformation
  /// Rules of each signal, in the network's order.
  public var constraints: [TimingConstraints]
  public var recording: Replication.Recording

  public init(
    _ scenario: Scenario, strategy: ControlStrategy, constraints: [TimingConstraints],
    information: StreetInformation = .connectedVehicles, recording: Replication.Recording = .report
  ) {
    self.scenario = scenario
    self.strategy = strategy
    self.constraints = constraints
    self.information = information
    self.recording = recording
  }

  /// What a run left behind, and how the loop fared.
  public struct Outcome: Sendable {
    public var record: RunRecord
    public var loop: ControlLoop.Summary
    /// The street reached its end.
    public var isComplete: Bool

    /// What a comparison keeps.
    public func summary(_ network: RoadNetwork) -> RunSummary {
      var summary = RunSummary(record, network: network)
      summary.isValid = isComplete
      if !isComplete { summary.remarks.append("ended at \(NumberText.short(record.end.seconds)) s") }
      if !loop.violations.isEmpty { summary.remarks.append("monitor refused \(loop.violations.count) wishes") }
      return summary
    }
  }

  func makeLoop(_ street: any Street) -> ControlLoop {
    let controller = strategy.make(ControlProblem(network: scenario.network, constraints: constraints, detectors: scenario.detectors))
    return ControlLoop(
      street: street, controller: controller, monitor: ConflictMonitor(network: scenario.network, constraints: constraints))
  }

  /// In the built-in simulator.
  public func simulated(seed: UInt64) throws -> Outcome {
    let settings = Replication(scenario, seed: seed, recording: recording).settings
    let simulation = try Simulation(
      network: scenario.network, demand: scenario.demand, detectors: scenario.detectors, settings: settings)
    let street = SimulatedStreet(simulation: simulation, information: information)
    let summary = try makeLoop(street).run()
    var record = simulation.record()
    record.signals = street.changes
    return Outcome(record: record, loop: summary, isComplete: simulation.isFinished)
  }
}
