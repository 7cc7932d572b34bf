import Microsimulation
import SignalControl
import Streets
import TrafficModel

/// One run of a scenario: one seed, one set of programs.
///
/// ```swift
/// let run = try Replication(scenario, seed: 1).run()
/// print(NetworkMeasures(run.trips).delay)
/// ```
public struct Replication: Sendable {
  /// What to keep beside the trips.
  public struct Recording: Sendable, Hashable {
    /// Length of the intervals for which link figures are kept; nil: none.
    public var linkInterval: TimeAmount?
    /// Time between samples of the whole network; nil: none.
    public var sampleInterval: TimeAmount?
    /// Whether signal changes are kept.
    public var signals: Bool
    /// Whether fuel and pollutants are reckoned.
    public var emissions: Bool
    /// Whose ways are kept; nil: nobody's.
    public var trajectories: TrajectoryWindow?

    public init(
      linkInterval: TimeAmount? = nil, sampleInterval: TimeAmount? = nil, signals: Bool = false, emissions: Bool = true,
      trajectories: TrajectoryWindow? = nil
    ) {
      self.linkInterval = linkInterval
      self.sampleInterval = sampleInterval
      self.signals = signals
      self.emissions = emissions
      self.trajectories = trajectories
    }

    /// Trips alone: what a search needs.
    public static let trips = Recording(emissions: false)
    /// What a report draws from.
    public static let report = Recording(linkInterval: .minutes(5), sampleInterval: .seconds(5), signals: true)
  }

  public let scenario: Scenario
  public var seed: UInt64
  /// Programs that replace the scenario's own.
  public var plan: [SignalID: SignalProgram]
  public var recording: Recording
  /// Threads of the one run; the result does not depend on it.
  public var threads: Int

  public init(
    _ scenario: Scenario, seed: UInt64? = nil, plan: [SignalID: SignalProgram] = [:], recording: Recording = .init(), threads: Int = 1
  ) {
    self.scenario = scenario
    self.seed = seed ?? scenario.seeds.first ?? 1
    self.plan = plan
    self.recording = recording
    self.threads = threads
  }

  /// The simulator's settings that the scenario asks for.
  public var settings: Simulation.Settings {
    let options = scenario.options
    return Simulation.Settings(
      begin: scenario.begin, end: scenario.end, step: TimeAmount(seconds: options.stepLength), seed: seed, threads: threads,
      timeToTeleport: options.timeToTeleport ?? -1, timeToImpatience: options.timeToImpatience ?? -1,
      linkInterval: recording.linkInterval, sampleInterval: recording.sampleInterval,
      maximumDepartureDelay: options.maximumDepartureDelay ?? -1,
      keepsEmissions: recording.emissions, trajectories: recording.trajectories)
  }

  /// Runs from begin to end.
  ///
  /// - Parameter progress: hears the share done, now and then; answering false ends the run early.
  /// - Throws: what is wrong with the demand, all of it together.
  public func run(progress: ((Double) -> Bool)? = nil) throws(InputProblems) -> RunRecord {
    let network = scenario.network
    // Signals that answer to traffic keep doing so, unless the plan gives them a program to be played.
    let responsive = network.signals.filter {
      plan[$0.id] == nil && ($0.activeProgram?.kind == .actuated || $0.activeProgram?.kind == .delayBased)
    }
    let loops = responsive.isEmpty ? [] : ActuatedController.loops(for: network)
    let simulation = try Simulation(network: network, demand: scenario.demand, detectors: loops, settings: settings)
    var player = ProgramPlayer(network, plan: plan, except: Set(responsive.map(\.id)))
    let controller = responsive.isEmpty ? nil : ProgramController(network: network, detectors: loops, signals: Set(responsive.map(\.id)))
    let street = controller.map { SimulatedStreet(simulation: simulation, information: $0.needsVehicles ? .withoutTurn : .detectors) }
    var changes: [SignalChange] = []
    let span = max(Double(((scenario.end ?? scenario.begin) - scenario.begin).milliseconds), 1)
    var steps = 0
    while !simulation.isFinished {
      let now = simulation.now
      if recording.signals {
        player.play(on: simulation) { changes.append(SignalChange(time: now, signal: $0, state: $2, stage: $1)) }
      } else {
        player.play(on: simulation)
      }
      if let controller, let street { street.show(controller.tick(now: now, inputs: street.collect())) }
      simulation.step()
      steps += 1
      if let progress, steps % 64 == 0 {
        let share =
          scenario.end == nil
          ? Double(simulation.arrived) / Double(max(simulation.planned, 1)) : Double((now - scenario.begin).milliseconds) / span
        if !progress(share) { break }
      }
    }
    var record = simulation.record()
    record.signals = changes
    if let street {
      if recording.signals {
        record.signals = (changes + street.changes).sorted { ($0.time, $0.signal.index) < ($1.time, $1.signal.index) }
      }
      record.detectors = []
    }
    return record
  }
}
