import Greenwave

/// Runs a simulation under its network's own fixed-time programs.
public struct FixedTimeDriver {
  private let programs: [SignalProgram?]
  /// When each signal shows another stage.
  private var next: [Instant]

  public init(_ network: RoadNetwork) {
    programs = network.signals.map(\.activeProgram)
    next = programs.map { Instant(milliseconds: $0 == nil ? .max : .min) }
  }

  public mutating func drive(_ simulation: Simulation) {
    let now = simulation.now
    for index in next.indices where now >= next[index] {
      guard let program = programs[index], let (stage, elapsed) = program.stage(at: now) else {
        next[index] = Instant(milliseconds: .max)
        continue
      }
      simulation.setSignal(SignalID(index), program.stages[stage].state)
      next[index] = now + (program.stages[stage].duration - elapsed)
    }
  }
}
