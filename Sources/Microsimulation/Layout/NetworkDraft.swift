import TrafficModel

/// The working form between a ``RoadNetwork`` and its columns: who meets whom, and where.
///
/// The rules by which rows of right of way become foe lists follow SUMO's published model (`MSRightOfWayJunction`, `MSInternalJunction`,
/// `MSLink`): a connection yields to the connections its row names and to their second halves inside the junction; a path inside the
/// junction conflicts with the inner lanes its row names, with lanes that merge into the same lane, and with its siblings from the same
/// lane until they diverge.
struct NetworkDraft {
  struct Connection {
    var from: Int32
    var to: Int32
    var via: Int32
    var turn: UInt8
    var state: UInt8
    var length: Double
    var visibility: Double
    var keepClear: Bool
    var hasFoes = false
    var waitInside = false
    var inside: Int32 = -1
    var node: Int32
    var row: Int32
    var entry: Int32 = -1
    var signalized = false
    var watched = false
    var afterMiddle = false
    var radius = Double.infinity
    var foes: [Int32] = []
    var foeLanes: [Int32] = []
    var conflicts: [LaneConflict] = []
  }

  let network: RoadNetwork
  var connections: [Connection] = []
  var source: [ConnectionID] = []
  var compiled: [Int32]
  var outBegin: [Int32] = [0]
  var inBegin: [Int32] = [0]
  var inLane: [Int32] = []
  var inConnection: [Int32] = []
  var laneNode: [Int32]
  var laneOrigin: [Int32]
  var lanePredecessor: [Int32]
  var laneEntry: [Int32]
  var edgeRoundabout: [Bool]
  var signalConnections: [[[Int32]]]

  init(_ network: RoadNetwork) {
    self.network = network
    compiled = [Int32](repeating: -1, count: network.connections.count)
    laneNode = [Int32](repeating: -1, count: network.lanes.count)
    laneOrigin = (0..<Int32(network.lanes.count)).map { $0 }
    lanePredecessor = [Int32](repeating: -1, count: network.lanes.count)
    laneEntry = [Int32](repeating: -1, count: network.lanes.count)
    edgeRoundabout = network.links.map(\.isRoundabout)
    signalConnections = []
    layOutConnections()
    markInsideRoundabouts()
    findPredecessors()
    settleRightOfWay()
    settleWaitingPoints()
    measureConflicts()
    markWatched()
    signalConnections = network.signals.map { signal in signal.links.map { $0.map { compiled[$0.index] } } }
    for (index, connection) in network.connections.enumerated() where connection.signal != nil || connection.signalInside != nil {
      if compiled[index] >= 0 { connections[Int(compiled[index])].signalized = true }
    }
  }

  func out(_ lane: Int) -> Range<Int> { Int(outBegin[lane])..<Int(outBegin[lane + 1]) }
  func isInternal(_ lane: Int) -> Bool { network[network.lanes[lane].link].function == .internal }
  private func isWalk(_ lane: LaneID) -> Bool {
    let function = network[network[lane].link].function
    return function == .walkingArea || function == .crossing
  }

  private mutating func layOutConnections() {
    var entering = [[(lane: Int32, connection: Int32)]](repeating: [], count: network.lanes.count)
    for lane in network.lanes.indices {
      for id in network.connectionsFrom.indices.contains(lane) ? network.connectionsFrom[lane] : [] {
        let c = network.connections[id.index]
        if isWalk(c.fromLane) || isWalk(c.toLane) { continue }
        let index = Int32(connections.count)
        compiled[id.index] = index
        source.append(id)
        let via = c.via?.rawValue ?? -1
        let length: Double
        if let v = c.via {
          length = network[v].length
        } else if let end = network[c.fromLane].shape.last, let start = network[c.toLane].shape.first {
          length = end.distance(to: start)
        } else {
          length = 0
        }
        connections.append(
          Connection(
            from: c.fromLane.rawValue, to: c.toLane.rawValue, via: via, turn: TurnCode.code(c.turn), state: c.priority.character,
            length: length, visibility: c.visibility, keepClear: c.keepClear, inside: isInternal(lane) ? Int32(lane) : -1,
            node: (isInternal(lane) ? network[network.lanes[lane].link].from : network[network.lanes[lane].link].to).rawValue,
            row: Int32(c.requestIndex ?? -1)))
        entering[Int(via >= 0 ? via : c.toLane.rawValue)].append((Int32(lane), index))
      }
      outBegin.append(Int32(connections.count))
    }
    for list in entering {
      for item in list {
        inLane.append(item.lane)
        inConnection.append(item.connection)
      }
      inBegin.append(Int32(inLane.count))
    }
  }

  /// A way inside a junction belongs to a roundabout where what it comes from or leads to does.
  private mutating func markInsideRoundabouts() {
    for connection in network.connections {
      guard let via = connection.via else { continue }
      let ends = [connection.fromLane, connection.toLane].map { network[$0].link.index }
      if ends.contains(where: { edgeRoundabout[$0] }) { edgeRoundabout[network[via].link.index] = true }
    }
  }

  /// The lane each lane continues, the node and the entry of those inside a junction.
  private mutating func findPredecessors() {
    for lane in network.lanes.indices {
      let range = Int(inBegin[lane])..<Int(inBegin[lane + 1])
      guard !range.isEmpty else { continue }
      // Straightest first: the connection that does not turn, else the first.
      let best = range.first { connections[Int(inConnection[$0])].turn == TurnCode.straight } ?? range.lowerBound
      lanePredecessor[lane] = inLane[best]
    }
    for lane in network.lanes.indices where isInternal(lane) {
      laneNode[lane] = network[network.lanes[lane].link].from.rawValue
      var at = lane
      var entry: Int32 = -1
      var steps = 0
      while isInternal(at), lanePredecessor[at] >= 0, steps < 64 {
        let range = Int(inBegin[at])..<Int(inBegin[at + 1])
        entry = inConnection[range.first { inLane[$0] == lanePredecessor[at] } ?? range.lowerBound]
        at = Int(lanePredecessor[at])
        steps += 1
      }
      laneOrigin[lane] = Int32(at)
      laneEntry[lane] = entry
    }
    for c in connections.indices {
      let from = Int(connections[c].from)
      connections[c].entry = isInternal(from) && laneEntry[from] >= 0 ? laneEntry[from] : Int32(c)
      connections[c].afterMiddle =
        connections[c].via < 0 && isInternal(from) && lanePredecessor[from] >= 0 && isInternal(Int(lanePredecessor[from]))
    }
  }

  private mutating func settleRightOfWay() {
    // Connections of each node by row.
    var byRow = network.nodes.map { [Int32](repeating: -1, count: $0.rightOfWay.count) }
    for c in connections.indices where connections[c].inside < 0 {
      let node = Int(connections[c].node), row = Int(connections[c].row)
      if row >= 0, row < byRow[node].count { byRow[node][row] = Int32(c) }
    }
    for node in network.nodes where !node.rightOfWay.isEmpty {
      let rows = byRow[node.id.index]
      let anyFoes = node.rightOfWay.contains { !$0.foes.isEmpty }
      for (row, c) in rows.enumerated() where c >= 0 {
        let c = Int(c)
        let right = node.rightOfWay[row]
        connections[c].hasFoes = anyFoes
        connections[c].waitInside = right.mayWaitInside
        var foes: [Int32] = []
        for other in right.yieldsTo.indices where other < rows.count && rows[other] >= 0 {
          let foe = rows[other]
          foes.append(foe)
          if let second = middle(after: foe) { foes.append(second) }
        }
        connections[c].foes = foes
        var lanes: [Int32] = []
        for other in right.foes.indices where other < rows.count && rows[other] >= 0 {
          guard let last = lastInnerLane(of: rows[other], node: node, row: other) else { continue }
          lanes.append(last)
          if right.yieldsTo[other] {
            let range = Int(inBegin[Int(last)])..<Int(inBegin[Int(last) + 1])
            if range.count == 1, isInternal(Int(inLane[range.lowerBound])) { lanes.append(inLane[range.lowerBound]) }
          }
        }
        connections[c].foeLanes = lanes
        let via = connections[c].via
        if via >= 0, !right.mayWaitInside, let exit = out(Int(via)).first {
          connections[exit].foeLanes = lanes
          connections[exit].row = Int32(row)
        }
      }
    }
  }

  /// The connection from the first to the second inner lane of a movement that waits inside, where `c` begins such a movement.
  private func middle(after c: Int32) -> Int32? {
    let via = connections[Int(c)].via
    guard via >= 0, let exit = out(Int(via)).first, connections[exit].via >= 0 else { return nil }
    return Int32(exit)
  }

  /// The inner lane on which movement `c` leaves the junction.
  private func lastInnerLane(of c: Int32, node: Node, row: Int) -> Int32? {
    var via = connections[Int(c)].via
    guard via >= 0 else { return nil }
    var steps = 0
    while let next = out(Int(via)).first, connections[next].via >= 0, steps < 64 {
      via = connections[next].via
      steps += 1
    }
    return via
  }

  private mutating func settleWaitingPoints() {
    for node in network.nodes where node.kind == .internal {
      guard let special = node.incomingLanes.first, let this = out(special.index).first, connections[this].via >= 0 else { continue }
      let entry = laneEntry[special.index]
      guard entry >= 0 else { continue }
      let row = connections[Int(entry)].row
      let parent = network.nodes[Int(connections[Int(entry)].node)]
      guard row >= 0, Int(row) < parent.rightOfWay.count else { continue }
      let response = parent.rightOfWay[Int(row)].yieldsTo
      var lanes: [Int32] = []
      for lane in node.internalLanes {
        for exit in out(lane.index) {
          if connections[exit].via >= 0 {
            let foeEntry = laneEntry[lane.index]
            if foeEntry >= 0, response[Int(connections[Int(foeEntry)].row)] { lanes.append(lane.rawValue) }
            lanes.append(connections[exit].via)
          } else {
            lanes.append(lane.rawValue)
          }
        }
      }
      // Whom the whole movement yields to, there too where they wait inside: an oncoming turn into another lane is none of them.
      var foes: [Int32] = []
      for lane in node.incomingLanes.dropFirst() {
        for c in out(lane.index) where connections[c].row >= 0 && response[Int(connections[c].row)] {
          foes.append(Int32(c))
          if let second = middle(after: Int32(c)) { foes.append(second) }
        }
      }
      connections[this].row = row
      connections[this].hasFoes = true
      connections[this].foes = foes
      connections[this].foeLanes = lanes
      if let exit = out(Int(connections[this].via)).first {
        connections[exit].row = row
        connections[exit].foeLanes = lanes
      }
    }
  }

  private mutating func markWatched() {
    for c in connections.indices {
      for foe in connections[c].foes { connections[Int(foe)].watched = true }
    }
  }
}

extension LaneConnection.Priority {
  /// SUMO's character for the state.
  var character: UInt8 { rawValue.utf8.first ?? UInt8(ascii: "M") }
}
