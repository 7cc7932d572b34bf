import TrafficModel

/// Runs programs by the clock: each signal shows the stage that its program, cycle and offset give for the time.
public final class FixedTimeController: SignalController {
  public let signals: [SignalID]
  private let programs: [SignalProgram]

  /// - Parameter plan: programs that replace those of the network; nil runs each signal's active program. Signals without a program of
  ///   positive length are left alone.
  public init(network: RoadNetwork, plan: TimingPlan? = nil) {
    let timed = network.signals.compactMap { signal -> (SignalID, SignalProgram)? in
      guard let program = plan?.program(for: signal.id) ?? signal.activeProgram, program.cycle > .zero else { return nil }
      return (signal.id, program)
    }
    signals = timed.map(\.0)
    programs = timed.map(\.1)
  }

  private var last: Instant?

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    last = now
    return zip(signals, programs).compactMap { signal, program in
      program.stage(at: now).map { SignalCommand(signal: signal, state: program.stages[$0.index].state) }
    }
  }

  public func explain(_ signal: SignalID) -> DecisionExplanation? {
    guard let last, let k = signals.firstIndex(of: signal), let at = programs[k].stage(at: last) else { return nil }
    let program = programs[k], serving = StageSequencer.servingStages(of: program)
    // A transition belongs to the stage that served before it.
    let stages = program.stages.indices.map { program.stages[(at.index + program.stages.count - $0) % program.stages.count] }
    let present = stages.lazy.compactMap { serving.firstIndex(of: $0.state) }.first ?? 0
    let second = program.stages[..<at.index].reduce(at.elapsed) { $0 + $1.duration }
    return DecisionExplanation(
      time: last, signal: signal, presentStage: present, chosenStage: present, options: [], unit: "s",
      reason: Message("explain.clock", ["\(Int(second.seconds))", "\(Int(program.cycle.seconds))"]))
  }
}
