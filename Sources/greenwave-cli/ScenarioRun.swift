import Microsimulation
import SignalControl
import Streets
import TrafficModel

/// One replication of a scenario under its own programs, fixed or actuated.
struct ScenarioRun {
  var scenario: Scenario
  var threads = 1
  var linkInterval = TimeAmount.seconds(300)
  var sampleInterval = TimeAmount.seconds(1)
  var trajectories: TrajectoryWindow?

  /// Runs to the end; `tick` hears of every half simulated minute.
  func run(seed: UInt64, tick: (_ seconds: Double, _ running: Int) -> Void) throws -> RunRecord {
    let options = scenario.options
    let network = scenario.network
    let settings = Simulation.Settings(
      begin: scenario.begin, end: scenario.end, step: TimeAmount(seconds: options.stepLength), seed: seed, threads: threads,
      timeToTeleport: options.timeToTeleport ?? -1, timeToImpatience: options.timeToImpatience ?? -1, linkInterval: linkInterval,
      sampleInterval: sampleInterval, maximumDepartureDelay: options.maximumDepartureDelay ?? -1,
      keepsEmissions: true, trajectories: trajectories)
    // Actuated programs bring loops of their own, as in SUMO; the scenario's keep their ids.
    let loops = ActuatedController.loops(for: network, first: scenario.detectors.count)
    let simulation = try Simulation(
      network: network, demand: scenario.demand, detectors: scenario.detectors + loops, settings: settings)
    let controller = ProgramController(network: network, detectors: loops)
    let street = SimulatedStreet(simulation: simulation, information: controller.needsVehicles ? .withoutTurn : .detectors)
    var told = simulation.now
    while !simulation.isFinished {
      street.show(controller.tick(now: simulation.now, inputs: controller.isResponsive ? street.collect() : ControlInputs()))
      simulation.step()
      if (simulation.now - told).seconds >= 30 {
        tick((simulation.now - told).seconds, simulation.running)
        // Nobody asks for them where all programs are fixed; let them not pile up.
        if !controller.isResponsive { _ = simulation.drainDetectorEvents() }
        told = simulation.now
      }
    }
    var record = simulation.record()
    record.signals = street.changes
    record.detectors.removeAll { $0.detector.index >= scenario.detectors.count }
    return record
  }
}
