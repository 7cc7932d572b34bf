import Microsimulation
import TrafficModel

/// Shows fixed programs on a simulated street, telling it only what changes.
///
/// For judging plans by the thousand: no detectors, no decisions, no conflict monitor in between. A plan must have passed the plan
/// checker before it comes here; controllers that decide go through `ControlLoop`.
struct ProgramPlayer {
  private struct Track {
    var signal: SignalID
    var program: SignalProgram
    var stage = -1
    /// When the stage ends [ms].
    var until = Int64.min
  }
  private var tracks: [Track]

  /// Signals of `network` whose program has stages, but those that somebody else runs; `plan` overrides the network's own programs.
  init(_ network: RoadNetwork, plan: [SignalID: SignalProgram] = [:], except others: Set<SignalID> = []) {
    tracks = network.signals.compactMap { signal in
      guard !others.contains(signal.id), let program = plan[signal.id] ?? signal.activeProgram, program.cycle.milliseconds > 0 else {
        return nil
      }
      return Track(signal: signal.id, program: program)
    }
  }

  /// Shows what begins at the simulation's present moment; `changed` hears of it.
  mutating func play(on simulation: Simulation, changed: (SignalID, Int, SignalState) -> Void = { _, _, _ in }) {
    let now = simulation.now
    for i in tracks.indices where now.milliseconds >= tracks[i].until {
      guard let (stage, elapsed) = tracks[i].program.stage(at: now) else { continue }
      let program = tracks[i].program
      tracks[i].until = now.milliseconds - elapsed.milliseconds + program.stages[stage].duration.milliseconds
      guard stage != tracks[i].stage else { continue }
      tracks[i].stage = stage
      let state = program.stages[stage].state
      simulation.setSignal(tracks[i].signal, state)
      changed(tracks[i].signal, stage, state)
    }
  }
}
