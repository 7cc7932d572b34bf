import ControlLoop
import TimingOptimization
import TrafficFlow
import TrafficModel

/// Retimes one signal's program for the flows of the last minutes: Webster's cycle and splits, judged against what runs by the platoon model.
///
/// A program is proposed only where the checker finds nothing against it and the predicted delay falls by the margin.
public struct PlanRetiming: Sendable {
  /// Vehicles one lane discharges at green [veh/s].
  public var saturationFlow: Double
  /// Share of delay that a new plan must save.
  public var margin = 0.05

  public init(_ settings: LiveSettings) { saturationFlow = settings.saturationFlow }

  public struct Proposal: Sendable {
    public var program: SignalProgram
    /// Predicted mean control delay [s/veh].
    public var before: Double
    public var after: Double
  }

  /// A better program for `signal` with these lane flows [veh/s], or nil.
  public func propose(_ signal: LiveTopology.Signal, running program: SignalProgram, flows: [Double]) -> Proposal? {
    let total = flows.reduce(0, +)
    guard total > 0 else { return nil }
    let network = LiveJunction(signal, detectors: []).network(running: program)
    let model = SignalTimingModel(network.signals[0], in: network)
    let serving = program.stages.indices.filter { program.stages[$0].state.isServingStage }
    let streams = streams(signal, flows)
    guard let shipped = model.shipped, shipped.stages.count == serving.count else { return nil }
    let traffic = PlatoonNetwork(rowStart: [0, signal.linkCount], streams: streams, period: 900)
    guard let found = IsolatedTiming.timing(.webster, models: [model], network: traffic).first, found.plan.stages.count == serving.count
    else { return nil }
    // Only durations change: what the controller knows of its stages, their ranges and transitions stays.
    var proposed = program
    for (k, stage) in zip(serving, found.plan.stages) {
      let seconds = TimeAmount.seconds(Double(stage.seconds))
      proposed.stages[k].duration = seconds
      if let maximum = program.stages[k].maximum { proposed.stages[k].maximum = max(maximum, .seconds(Double(stage.seconds) * 1.5)) }
    }
    proposed.id = (program.id.split(separator: "~").first ?? "plan") + "~" + "\(Int(proposed.cycle.seconds))"
    guard proposed.stages.map(\.duration) != program.stages.map(\.duration), PlanGate.findings(proposed, for: signal).isEmpty else {
      return nil
    }
    let before = delay(shipped, model, traffic) / total, after = delay(found.plan, model, traffic) / total
    guard after < before * (1 - margin) else { return nil }
    return Proposal(program: proposed, before: before, after: after)
  }

  private func streams(_ signal: LiveTopology.Signal, _ flows: [Double]) -> [PlatoonNetwork.Stream] {
    zip(signal.approaches, flows).filter { !$0.0.links.isEmpty }.map { approach, flow in
      PlatoonNetwork.Stream(
        signal: 0, saturationFlow: saturationFlow, demand: flow, external: flow,
        parts: approach.links.map { PlatoonNetwork.Part(row: $0, share: 1 / Double(approach.links.count)) }, storage: approach.storage)
    }
  }

  /// Vehicles delayed at any time: predicted delay of all together [veh].
  private func delay(_ plan: StagePlan, _ model: SignalTimingModel, _ traffic: PlatoonNetwork) -> Double {
    let engine = PlatoonEngine(traffic)
    engine.setCycle(max(1, plan.cycle(model)))
    return engine.evaluate([[plan.greens(model)]])[0].delay
  }
}
