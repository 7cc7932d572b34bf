import TrafficModel

extension ActuatedController {
  /// The loops that SUMO lays for its actuated programs: one on each lane that an actuated stage serves, `detectorGap` seconds before
  /// the stop line at the speed limit, but no farther than a minimum green empties (`passing-time` 1.9 s a vehicle of 7.5 m).
  ///
  /// - Parameter first: index of the first loop's id.
  /// - Returns: loops named `SIGNAL_PROGRAM_LANE` for the signals whose active program is actuated.
  public static func loops(for network: RoadNetwork, first: Int = 0, settings: Settings = .init()) -> [Detector] {
    let passingTime = 1.9, space = 7.5
    var loops: [Detector] = []
    var hasLoop = [Bool](repeating: false, count: network.lanes.count)
    for signal in network.signals {
      guard let program = signal.activeProgram, program.kind == .actuated else { continue }
      let gap = program.parameter("detector-gap").flatMap(Double.init) ?? settings.detectorGap
      for (index, connections) in signal.links.enumerated() {
        let greens = program.stages.compactMap { stage -> Double? in
          guard stage.state.count > index, stage.state[index].isGreen, let least = stage.minimum, let most = stage.maximum, most > least
          else { return nil }
          return least.seconds
        }
        guard let least = greens.min() else { continue }
        for id in connections {
          let lane = network[network[id].fromLane]
          guard !hasLoop[lane.id.index], network[lane.link].function == .normal else { continue }
          hasLoop[lane.id.index] = true
          let distance = min(gap * lane.speedLimit, (least / passingTime + 0.5) * space)
          loops.append(
            Detector(
              id: DetectorID(first + loops.count), name: "\(network.name(signal.id))_\(program.id)_\(network.name(lane.id))",
              kind: .point(lane: lane.id, position: max(0, lane.length - distance)), role: .advance, signal: signal.id))
        }
      }
    }
    return loops
  }
}
