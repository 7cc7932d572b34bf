import Foundation
import Microsimulation
import TrafficModel

/// One replication of a scenario under its own fixed-time programs.
struct ScenarioRun {
  var scenario: Scenario
  var threads = 1
  var linkInterval = TimeAmount.seconds(300)
  var sampleInterval = TimeAmount.seconds(1)
  var trajectories: TrajectoryWindow?

  /// Runs to the end; `tick` hears of every simulated minute or so.
  func run(seed: UInt64, tick: (_ seconds: Double, _ running: Int) -> Void) throws -> RunRecord {
    let options = scenario.options
    let settings = Simulation.Settings(
      begin: scenario.begin, end: scenario.end, step: TimeAmount(seconds: options.stepLength), seed: seed, threads: threads,
      timeToTeleport: options.timeToTeleport ?? -1, timeToImpatience: options.timeToImpatience ?? -1, linkInterval: linkInterval,
      sampleInterval: sampleInterval, maximumDepartureDelay: options.maximumDepartureDelay ?? -1,
      keepsEmissions: true, trajectories: trajectories)
    let simulation = try Simulation(
      network: scenario.network, demand: scenario.demand, detectors: scenario.detectors, settings: settings)
    var shown = [Int](repeating: -1, count: scenario.network.signals.count)
    var changes: [SignalChange] = []
    var told = simulation.now
    while !simulation.isFinished {
      let now = simulation.now
      for signal in scenario.network.signals {
        guard let program = signal.activeProgram, let (index, _) = program.stage(at: now), shown[signal.id.index] != index else { continue }
        shown[signal.id.index] = index
        simulation.setSignal(signal.id, program.stages[index].state)
        changes.append(SignalChange(time: now, signal: signal.id, state: program.stages[index].state, stage: index))
      }
      simulation.step()
      if (simulation.now - told).seconds >= 30 {
        tick((simulation.now - told).seconds, simulation.running)
        told = simulation.now
      }
    }
    var record = simulation.record()
    record.signals = changes
    return record
  }
}
