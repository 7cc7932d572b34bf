import TrafficModel

/// A road network reduced to what a prediction of queues needs: lanes that hold vehicles, and hops from lane to lane.
///
/// Columns indexed by lane or by hop. Paths through junctions are folded into the hop between the lanes outside.
package struct StreetGraph: Sendable {
  /// A way from one lane to the next; one that a signal rules names it.
  package struct Hop: Sendable {
    package var from: Int
    package var to: Int
    /// Dense index of the signal, or -1.
    package var signal: Int
    /// Index of the indication in the signal's state.
    package var link: Int
    /// Free travel time through the junction [s].
    package var travel: Double
    /// Vehicles that may wait inside the junction for a gap; 0 where none may.
    package var box: Int
    /// Hops of the same node to which this one yields when both have green.
    package var yieldsTo: [Int]
    /// Hops of the same node that cannot be passed at the same time.
    package var foes: [Int]
    /// Length inside the junction [m].
    package var length: Double
    package var turn: Turn
  }

  package var laneID: [LaneID] = []
  package var length: [Double] = []
  package var speed: [Double] = []
  /// Dense index of the link a lane belongs to.
  package var link: [Int] = []
  /// Lanes of each link, outermost first.
  package var lanesOfLink: [[Int]] = []
  package var hops: [Hop] = []
  package var hopsFrom: [[Int]] = []
  package var hopsInto: [[Int]] = []
  /// Nothing leads into the link: vehicles begin their journey here.
  package var isEntry: [Bool] = []
  /// Ruled hops to which a lane leads without a change of lane and without passing another signal.
  package var ruledAhead: [[Int]] = []
  /// Lane of this graph for each lane of the network, or -1.
  package var laneOf: [Int] = []
  /// Hop whose way through a junction uses the network's lane, and the distance already driven where that lane begins [m]; -1 elsewhere.
  package var hopOfInternalLane: [Int] = []
  package var internalStart: [Double] = []

  package init(_ network: RoadNetwork) {
    laneOf = [Int](repeating: -1, count: network.lanes.count)
    hopOfInternalLane = laneOf
    internalStart = [Double](repeating: 0, count: network.lanes.count)
    var linkOf: [Int: Int] = [:]
    for road in network.links where road.function == .normal || road.function == .connector {
      linkOf[road.id.index] = lanesOfLink.count
      var own: [Int] = []
      for id in road.lanes {
        laneOf[id.index] = laneID.count
        own.append(laneID.count)
        laneID.append(id)
        length.append(max(network[id].length, 0.1))
        speed.append(max(network[id].speedLimit, 1))
        link.append(lanesOfLink.count)
      }
      lanesOfLink.append(own)
    }
    hopsFrom = [[Int]](repeating: [], count: laneID.count)
    hopsInto = hopsFrom
    var hopOfRequest: [Int: [Int: Int]] = [:]
    var requests: [(node: Int, row: RightOfWay)?] = []
    for connection in network.connections {
      let from = laneOf[connection.fromLane.index], to = laneOf[connection.toLane.index]
      guard from >= 0, to >= 0 else { continue }
      // Follow the internal lanes to the end of the junction.
      var inside: [LaneID] = []
      var next = connection.via
      while let lane = next, inside.count < 8, !inside.contains(lane) {
        inside.append(lane)
        next = network.connectionsFrom[lane.index].first.flatMap { id in
          let onward = network[id]
          if let via = onward.via { return via }
          return laneOf[onward.toLane.index] < 0 ? onward.toLane : nil
        }
      }
      var travelled = 0.0
      var travel = 0.0
      for lane in inside {
        hopOfInternalLane[lane.index] = hops.count
        internalStart[lane.index] = travelled
        travelled += network[lane].length
        travel += network[lane].length / max(network[lane].speedLimit, 1)
      }
      let node = network[network[network[connection.fromLane].link].to]
      let row = connection.requestIndex.flatMap { $0 < node.rightOfWay.count ? node.rightOfWay[$0] : nil }
      let first = inside.first.map { network[$0].length } ?? 0
      let box = row?.mayWaitInside == true && inside.count > 1 ? max(1, Int(first / 7)) : 0
      if let index = connection.requestIndex { hopOfRequest[node.id.index, default: [:]][index] = hops.count }
      requests.append(row.map { (node.id.index, $0) })
      hopsFrom[from].append(hops.count)
      hopsInto[to].append(hops.count)
      hops.append(
        Hop(
          from: from, to: to, signal: connection.signal?.signal.index ?? -1, link: connection.signal?.index ?? -1, travel: travel,
          box: box, yieldsTo: [], foes: [], length: travelled, turn: connection.turn))
    }
    for h in hops.indices {
      guard let (node, row) = requests[h], let own = hopOfRequest[node] else { continue }
      hops[h].yieldsTo = row.yieldsTo.indices.compactMap { own[$0] }
      hops[h].foes = row.foes.indices.compactMap { own[$0] }
    }
    let turns = hops.indices.filter { hops[$0].signal >= 0 }
    ruledAhead = [[Int]](repeating: [], count: laneID.count)
    for h in turns {
      // Backward over unruled hops and lane changes, a few links far.
      var frontier = [hops[h].from]
      var reached: Set<Int> = [hops[h].from]
      for _ in 0..<6 {
        var further: [Int] = []
        for lane in frontier {
          ruledAhead[lane].append(h)
          for into in hopsInto[lane] where hops[into].signal < 0 && reached.insert(hops[into].from).inserted {
            further.append(hops[into].from)
          }
        }
        frontier = further
      }
    }
    isEntry = lanesOfLink.map { lanes in lanes.allSatisfy { hopsInto[$0].isEmpty } }
  }
}
