import Greenwave

/// Runs a simulation under its network's own fixed-time programs.
public struct FixedTimeDriver {
  private let programs: [SignalProgram?]
  private var shown: [Int]

  public init(_ network: RoadNetwork) {
    programs = network.signals.map(\.activeProgram)
    shown = Array(repeating: -1, count: programs.count)
  }

  public mutating func drive(_ simulation: Simulation) {
    for (index, program) in programs.enumerated() {
      guard let program, let (stage, _) = program.stage(at: simulation.now), stage != shown[index] else { continue }
      shown[index] = stage
      simulation.setSignal(SignalID(index), program.stages[stage].state)
    }
  }
}
