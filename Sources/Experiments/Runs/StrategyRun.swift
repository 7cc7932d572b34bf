import ControlLoop
import Estimation
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
  public var loop = ControlLoop.Settings()
  /// What goes wrong on the way from the street; nil: nothing.
  public var disturbance: DisturbedStreet.Disturbance?
  /// Loops that the information needs and the scenario does not have: they are laid for the run.
  let laidLoops: [Detector]
  /// Whether ticks carry the vehicles even where the strategy may see none of them, for measuring what it missed.
  public var isWatched = false
  /// Time after the begin at which the controller is replaced by one that knows nothing; nil: never.
  public var restart: TimeAmount?

  public init(
    _ scenario: Scenario, strategy: ControlStrategy, constraints: [TimingConstraints],
    information: StreetInformation = .connectedVehicles, loops layout: SignalLoops.Layout = .upstream,
    recording: Replication.Recording = .report
  ) {
    let detectors = information.detectors(of: scenario.network, given: scenario.detectors, layout: layout)
    laidLoops = detectors == scenario.detectors ? [] : detectors
    var equipped = scenario
    equipped.detectors = detectors
    self.scenario = equipped
    self.strategy = strategy
    self.constraints = constraints
    self.information = information
    self.recording = recording
    if information == .detectors { loop.calls = LoopCalls(network: scenario.network, detectors: detectors) }
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
      if !loop.violations.isEmpty { summary.remarks.append("monitor spoke \(loop.violations.count) times") }
      if loop.lateDecisions > 0 { summary.remarks.append("\(loop.lateDecisions) decisions came too late") }
      return summary
    }
  }

  /// A loop that joins the strategy to a street, with the monitor between them.
  public func makeLoop(_ street: any Street) -> ControlLoop {
    let heard: any Street = disturbance.map { DisturbedStreet(street, $0, detectors: scenario.detectors.count) } ?? street
    return ControlLoop(
      street: heard, controller: makeController(), monitor: ConflictMonitor(network: scenario.network, constraints: constraints),
      settings: loop)
  }

  private func makeController() -> any SignalController {
    information.controller(
      strategy, ControlProblem(network: scenario.network, constraints: constraints, detectors: scenario.detectors))
  }

  /// Replaces the controller when its time has come.
  public func restartIfDue(_ loop: ControlLoop, _ tick: ControlLoop.Tick) throws {
    guard let restart, tick.now == scenario.begin + restart else { return }
    try loop.replace(controller: makeController())
  }

  /// In the built-in simulator.
  /// - Parameter observe: hears of every tick.
  public func simulated(seed: UInt64, observe: (ControlLoop.Tick, ControlLoop) throws -> Void = { _, _ in }) throws -> Outcome {
    let settings = Replication(scenario, seed: seed, recording: recording).settings
    let simulation = try Simulation(
      network: scenario.network, demand: scenario.demand, detectors: scenario.detectors, settings: settings)
    let street = SimulatedStreet(simulation: simulation, information: information, isWatched: isWatched)
    street.hearsPriority = strategy.heedsPriority
    let loop = makeLoop(street)
    try loop.run {
      try observe($0, loop)
      try restartIfDue(loop, $0)
    }
    var record = simulation.record()
    record.signals = street.changes
    return Outcome(record: record, loop: loop.summary, isComplete: simulation.isFinished)
  }
}
