import TrafficModel

extension TimeSpaceDiagram {
  /// Some cycles out of a run: a whole hour would be a smear. Recorded signals come first, fixed programs stand in for them, and the
  /// bands are those that the programs leave open at the slowest speed limit along the way.
  public static func example(
    _ corridor: Corridor, _ network: RoadNetwork, _ run: RunRecord?, programs: [SignalID: SignalProgram] = [:], title: String
  ) -> TimeSpaceDiagram {
    let cycles = corridor.signals.compactMap { programs[$0.signal]?.cycle.seconds }.filter { $0 > 0 }
    let begin = run?.begin.seconds ?? 0, end = max(run?.end.seconds ?? 600, begin + 60)
    let span = min(max((cycles.max() ?? 90) * 4, 200), end - begin)
    let middle = (begin + end) / 2
    var window = max(begin, middle - span / 2)...min(end, middle + span / 2)
    // Recorded trajectories may cover another part of the run.
    let times = (run?.trajectories ?? []).flatMap { [$0.samples.first, $0.samples.last] }.compactMap { $0?.time.seconds }
    if let first = times.min(), let last = times.max(), last - first > 30, last < window.upperBound || first > window.lowerBound {
      window = first...min(last, first + span)
    }
    var diagram = TimeSpaceDiagram(corridor, in: network, window: window, title: title)
    diagram.trajectories = run?.trajectories ?? []
    for place in corridor.signals {
      let recorded = SignalHistory(place.signal, run?.signals ?? [])
      if !recorded.changes.isEmpty {
        diagram.histories[place.signal] = recorded
      } else if let program = programs[place.signal] {
        diagram.histories[place.signal] = SignalHistory(place.signal, program: program, from: window.lowerBound, to: window.upperBound)
      }
    }
    let speeds = corridor.links.flatMap { network[$0].lanes }.map { network[$0].speedLimit }
    if let speed = speeds.min(), speed > 0 {
      diagram.bands = [true, false].compactMap { GreenBand.widest(along: corridor, isUp: $0, speed: speed, programs: programs) }
    }
    return diagram
  }
}
