import ControlLoop
import Foundation
import Logging
import TrafficFlow
import TrafficModel

/// Retimes programs in the background for the flows of the last minutes, by Webster's method, and hands over what is predicted to save
/// delay; the engine adopts it at the end of a cycle.
///
/// A program is proposed only where the checker finds nothing against it and the predicted delay falls by the margin.
public struct PlanRetiming: Sendable {
  /// Vehicles one lane discharges at green [veh/s].
  public var saturationFlow: Double
  /// Start-up lost time of each stage [s].
  public var lostTime: Double
  /// Share of delay that a new plan must save.
  public var margin = 0.05

  public init(_ settings: LiveSettings) {
    saturationFlow = settings.saturationFlow
    lostTime = settings.lostTime
  }

  public struct Proposal: Sendable {
    public var program: SignalProgram
    /// Predicted mean control delay [s/veh].
    public var before: Double
    public var after: Double
  }

  /// A better program for `signal` with these lane flows [veh/s], or nil.
  public func propose(_ signal: LiveTopology.Signal, running program: SignalProgram, flows: [Double]) -> Proposal? {
    let serving = program.stages.indices.filter { program.stages[$0].state.isServingStage }
    guard serving.count > 1, flows.reduce(0, +) > 0 else { return nil }
    // Each lane counts for the stage that serves it longest.
    var ratios = [Double](repeating: 0, count: serving.count)
    var stageOfLane: [Int?] = []
    for (lane, approach) in signal.approaches.enumerated() {
      let stages = serving.indices.filter { k in approach.links.contains { program.stages[serving[k]].state[$0].isGreen } }
      let longest = stages.max { program.stages[serving[$0]].duration < program.stages[serving[$1]].duration }
      stageOfLane.append(longest)
      if let longest { ratios[longest] = max(ratios[longest], flows[lane] / saturationFlow) }
    }
    let fixed = program.cycle.seconds - serving.reduce(0) { $0 + program.stages[$1].duration.seconds }
    let lost = fixed + lostTime * Double(serving.count)
    let limits = signal.constraints
    var cycle = WebsterCycle.length(lostTime: lost, criticalFlowRatios: ratios) ?? limits.maximumCycle.seconds
    cycle = min(max(cycle, limits.minimumCycle.seconds), min(limits.maximumCycle.seconds, 120))
    var greens = WebsterCycle.greens(cycle: cycle, lostTime: lost, criticalFlowRatios: ratios.map { max($0, 0.01) }).map { $0 + lostTime }
    for k in greens.indices {
      let stage = program.stages[serving[k]]
      let least = stage.state.greens.map { limits.links[$0].minimumGreen.seconds }.max() ?? 5
      greens[k] = max(least, stage.minimum?.seconds ?? 0, greens[k]).rounded()
    }
    var proposed = program
    for k in greens.indices {
      proposed.stages[serving[k]].duration = .seconds(greens[k])
      if let maximum = proposed.stages[serving[k]].maximum {
        proposed.stages[serving[k]].maximum = max(maximum, .seconds((greens[k] * 1.5).rounded()))
      }
    }
    proposed.id = program.id.split(separator: "~")[0] + "~" + "\(Int(proposed.cycle.seconds))"
    guard proposed.stages.map(\.duration) != program.stages.map(\.duration), PlanGate.findings(proposed, for: signal).isEmpty else {
      return nil
    }
    let before = delay(program, serving, stageOfLane, flows), after = delay(proposed, serving, stageOfLane, flows)
    guard after < before * (1 - margin) else { return nil }
    return Proposal(program: proposed, before: before, after: after)
  }

  /// Mean delay by Webster's formula [s/veh]; a lane beyond capacity counts as held at 99 % of it, and a growing queue on top.
  func delay(_ program: SignalProgram, _ serving: [Int], _ stageOfLane: [Int?], _ flows: [Double]) -> Double {
    let cycle = program.cycle.seconds
    var total = 0.0, vehicles = 0.0
    for (lane, flow) in flows.enumerated() where flow > 0 {
      guard let stage = stageOfLane[lane] else { continue }
      let green = max(1, program.stages[serving[stage]].duration.seconds - lostTime)
      let capacity = saturationFlow * green / cycle
      let served = min(flow, capacity * 0.99)
      let webster = WebsterDelay(cycle: cycle, green: green, saturationFlow: saturationFlow, demand: served)
      // Over a quarter of an hour, what is not served waits half of it on average.
      let overflow = max(0, flow / capacity - 0.99) * 450
      total += flow * (webster.total + overflow)
      vehicles += flow
    }
    return vehicles > 0 ? total / vehicles : 0
  }
}

/// Runs ``PlanRetiming`` for every signal at its interval.
public final class PlanSupervisor: @unchecked Sendable {
  private let topology: LiveTopology
  private let hub: LiveHub
  private let ingestor: Ingestor
  private let retiming: PlanRetiming
  /// Loop time between two looks at all signals.
  private let interval: TimeAmount
  private let logger: Logger
  private let stopped = Flag()

  public init(
    topology: LiveTopology, hub: LiveHub, ingestor: Ingestor, settings: LiveSettings, interval: TimeAmount, logger: Logger
  ) {
    self.topology = topology
    self.hub = hub
    self.ingestor = ingestor
    retiming = PlanRetiming(settings)
    self.interval = interval
    self.logger = logger
  }

  public func start() {
    let thread = Thread { [self] in run() }
    thread.name = "plans"
    thread.start()
  }

  public func stop() { stopped.set() }

  private func run() {
    var sums = topology.signals.map { [Double](repeating: 0, count: $0.approaches.count) }
    var samples = 0
    var since: Instant?
    var last: Instant?
    while !stopped.isSet {
      usleep(100_000)
      guard let snapshot = hub.snapshot, snapshot.time != last else { continue }
      // One sample in ten seconds of the loop's time: the rates are smoothed over two minutes anyhow.
      if let last, snapshot.time - last < .seconds(10) { continue }
      last = snapshot.time
      let begin = since ?? snapshot.time
      since = begin
      for (index, signal) in snapshot.signals.enumerated() {
        for (lane, live) in signal.lanes.enumerated() { sums[index][lane] += live.flow / 3600 }
      }
      samples += 1
      guard snapshot.time - begin >= interval else { continue }
      for (index, signal) in snapshot.signals.enumerated() where signal.level == .adaptive && !signal.planPending {
        let flows = sums[index].map { $0 / Double(samples) }
        guard let proposal = retiming.propose(topology.signals[index], running: signal.timing, flows: flows) else { continue }
        let minutes = Int((interval.seconds / 60).rounded())
        let reason = Message(
          "live.planAdopted",
          [
            "\(minutes)", "\(Int(proposal.program.cycle.seconds))", String(format: "%.1f", proposal.after),
            String(format: "%.1f", proposal.before),
          ])
        do { try ingestor.record(.plan(signal: index, program: proposal.program, reason: reason, time: snapshot.time)) } catch {
          logger.warning("a plan is lost", metadata: ["error": "\(error)"])
        }
      }
      sums = topology.signals.map { [Double](repeating: 0, count: $0.approaches.count) }
      samples = 0
      since = nil
    }
  }
}
