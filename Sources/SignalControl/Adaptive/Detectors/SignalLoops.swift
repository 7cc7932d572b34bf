import TrafficModel

/// The loops that control by detectors alone needs: on each approach lane two metres before the stop line and sixty before it (or at the
/// lane's start), and at the start of each lane that leaves a junction with a signal.
public enum SignalLoops {
  /// Distances from the stop line, and of exit loops from their lane's start [m].
  public static let stopDistance = 2.0
  public static let advanceDistance = 60.0
  public static let exitDistance = 1.0
  /// Where the advance loop lies on a lane too short for its distance: past the place where a journey that begins there begins [m].
  public static let startDistance = 7.0

  /// In the order of the network's lanes; named after the lane and what they are for.
  public static func lay(for network: RoadNetwork) -> [Detector] {
    var signal = [SignalID?](repeating: nil, count: network.lanes.count)
    var isExit = [Bool](repeating: false, count: network.lanes.count)
    for connection in network.connections {
      guard let link = connection.signal, network[network[connection.fromLane].link].function != .internal else { continue }
      signal[connection.fromLane.index] = link.signal
      isExit[connection.toLane.index] = true
    }
    var loops: [Detector] = []
    func add(_ name: String, _ lane: Lane, _ position: Double, _ role: Detector.Role) {
      let place = min(max(position, 0), max(lane.length - 0.1, 0))
      loops.append(
        Detector(
          id: DetectorID(loops.count), name: name + "_" + network.name(lane.id),
          kind: .point(lane: lane.id, position: (place * 100).rounded() / 100), role: role, signal: signal[lane.id.index]))
    }
    for lane in network.lanes {
      if signal[lane.id.index] != nil {
        add("stop", lane, lane.length - stopDistance, .stopBar)
        let advance = max(lane.length - advanceDistance, startDistance)
        if advance < lane.length - 3 * stopDistance { add("advance", lane, advance, .advance) }
      }
      if isExit[lane.id.index] { add("exit", lane, exitDistance, .exit) }
    }
    return loops
  }
}
