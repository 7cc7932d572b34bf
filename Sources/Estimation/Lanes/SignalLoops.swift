import TrafficFlow
import TrafficModel

/// The loops that control by detectors alone needs: on each approach two metres before the stop line and sixty before it, and at the start
/// of each lane that leaves a junction with a signal.
///
/// Where an approach lane is shorter than sixty metres, ``Layout`` decides.
public enum SignalLoops {
  /// Where the loop ahead of an approach shorter than sixty metres lies.
  public enum Layout: String, Sendable, CaseIterable {
    /// At the start of the approach lane itself.
    case lane
    /// On the lane that leads to it, as SUMO lays those of its actuated programs; where the road begins nearer, or a signal stands
    /// nearer, at that lane's start.
    case upstream
  }

  /// Distances from the stop line, and of exit loops from their lane's start [m].
  public static let stopDistance = 2.0
  public static let advanceDistance = 60.0
  public static let exitDistance = 1.0
  /// Where the advance loop lies where a road begins nearer than its distance: past the place where a journey begins there [m].
  public static let startDistance = 7.0

  /// In the order of the network's lanes; named after the lane and what they are for.
  public static func lay(for network: RoadNetwork, _ layout: Layout = .upstream) -> [Detector] {
    let graph = StreetGraph(network)
    var signal = [SignalID?](repeating: nil, count: network.lanes.count)
    var isExit = [Bool](repeating: false, count: network.lanes.count)
    for connection in network.connections {
      guard let link = connection.signal, network[network[connection.fromLane].link].function != .internal else { continue }
      signal[connection.fromLane.index] = link.signal
      isExit[connection.toLane.index] = true
    }
    var advance = [Double?](repeating: nil, count: network.lanes.count)
    var served = signal
    for lane in network.lanes {
      guard let own = signal[lane.id.index], graph.laneOf[lane.id.index] >= 0 else { continue }
      for (place, position) in places(before: graph.laneOf[lane.id.index], graph, layout, isExit: { isExit[graph.laneID[$0].index] }) {
        let id = graph.laneID[place].index
        advance[id] = min(advance[id] ?? position, position)
        if served[id] == nil { served[id] = own }
      }
    }
    var loops: [Detector] = []
    func add(_ name: String, _ lane: Lane, _ position: Double, _ role: Detector.Role) {
      let place = min(max(position, 0), max(lane.length - 0.1, 0))
      loops.append(
        Detector(
          id: DetectorID(loops.count), name: name + "_" + network.name(lane.id),
          kind: .point(lane: lane.id, position: (place * 100).rounded() / 100), role: role, signal: served[lane.id.index]))
    }
    for lane in network.lanes {
      if signal[lane.id.index] != nil { add("stop", lane, lane.length - stopDistance, .stopBar) }
      if let position = advance[lane.id.index] { add("advance", lane, position, .advance) }
      if isExit[lane.id.index] { add("exit", lane, exitDistance, .exit) }
    }
    return loops
  }

  /// Lanes and positions sixty metres before the end of a lane, along every way that leads there without a signal or a U-turn.
  private static func places(
    before lane: Int, _ graph: StreetGraph, _ layout: Layout, isExit: (Int) -> Bool
  ) -> [(lane: Int, position: Double)] {
    if layout == .lane, graph.length[lane] - startDistance < advanceDistance {
      let isEntry = graph.hopsInto[lane].isEmpty
      let start = isEntry ? startDistance : exitDistance
      // Not where the loop of an exit or that of the stop line tells the same.
      return isExit(lane) || graph.length[lane] < start + 2 * stopDistance ? [] : [(lane, start)]
    }
    var found: [(lane: Int, position: Double)] = []
    var frontier = [(lane: lane, distance: advanceDistance)]
    var seen: Set<Int> = [lane]
    while let (here, distance) = frontier.popLast() {
      if graph.length[here] - startDistance >= distance {
        found.append((here, graph.length[here] - distance))
        continue
      }
      let ways = graph.hopsInto[here].filter { graph.hops[$0].turn != .uTurn && graph.hops[$0].turn != .uTurnRight }
      if ways.isEmpty || ways.contains(where: { graph.hops[$0].signal >= 0 }) {
        // The loop of an exit at the start of the same lane tells the same.
        let hasRoom = graph.length[here] > startDistance + (here == lane ? 3 * stopDistance : 0)
        if !isExit(here), hasRoom { found.append((here, startDistance)) }
        continue
      }
      let rest = distance - graph.length[here]
      guard ways.allSatisfy({ graph.hops[$0].length < rest }) else {
        found.append((here, min(1, graph.length[here] / 2)))
        continue
      }
      for h in ways where seen.insert(graph.hops[h].from).inserted {
        frontier.append((graph.hops[h].from, rest - graph.hops[h].length))
      }
    }
    return found
  }
}
