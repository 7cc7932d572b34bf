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

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    zip(signals, programs).compactMap { signal, program in
      program.stage(at: now).map { SignalCommand(signal: signal, state: program.stages[$0.index].state) }
    }
  }
}
