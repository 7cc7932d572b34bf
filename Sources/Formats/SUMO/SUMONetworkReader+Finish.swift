import TrafficModel

extension SUMONetworkBuild {
  /// Resolves what could only be resolved at the end, checks what only the whole shows, and derives the tables.
  mutating func finish() {
    for node in network.nodes where !nodeIsDefined[node.id.index] {
      problems.add(
        line: Int(nodeLines[node.id.index]), expected: "a junction \(network.name(node.id)), named by an edge", found: "none in the file")
    }
    for (link, name, line) in lateCrossings {
      if let other = network.linkNames[name] {
        network.links[link.index].crossedLinks.append(other)
      } else {
        problems.add(line: line, "edge \(network.name(link))", expected: "crossingEdges naming edges", found: "no edge \(name)")
      }
    }
    for (line, nodes, edges) in roundabouts {
      for name in edges {
        if let link = network.linkNames[name] {
          network.links[link.index].isRoundabout = true
        } else {
          problems.add(line: line, "roundabout", expected: "edges naming edges", found: "no edge \(name)")
        }
      }
      for name in nodes {
        if let node = network.nodeNames[name] {
          network.nodes[node.index].isRoundabout = true
        } else {
          problems.add(line: line, "roundabout", expected: "nodes naming junctions", found: "no junction \(name)")
        }
      }
    }
    if network.links.isEmpty, problems.isEmpty { problems.add(expected: "at least one edge", found: "none") }
    network.deriveAdjacency()
    checkVia()
    numberRequests()
    checkSignals()
    for link in network.links where link.function == .crossing || link.function == .walkingArea {
      network.recognizedOnly[link.function.rawValue, default: 0] += 1
    }
    for (kind, count) in signalElements.recognizedOnly { network.recognizedOnly[kind, default: 0] += count }
  }

  /// A connection joins edges that meet, and its way inside is a lane inside.
  private mutating func checkVia() {
    // Fields are read one by one: copying a link would count references to all its lists, for every connection of a city.
    for connection in network.connections {
      let from = network.lanes[connection.fromLane.index].link, to = network.lanes[connection.toLane.index].link
      if network.links[from.index].function == .normal, network.links[to.index].function == .normal {
        let end = network.links[from.index].to, begin = network.links[to.index].from
        if end != begin {
          problems.add(
            line: Int(connectionLines[connection.id.index]), "connection \(network.name(from)) → \(network.name(to))",
            expected: "edges that meet at a junction",
            found: "\(network.name(from)) ends at \(network.name(end)), \(network.name(to)) begins at \(network.name(begin))")
        }
      }
      if let via = connection.via, network.links[network.lanes[via.index].link.index].function == .normal {
        problems.add(
          line: Int(connectionLines[connection.id.index]), "connection \(network.name(from)) → \(network.name(to))",
          expected: "via naming a lane inside a junction", found: network.name(via))
      }
    }
  }

  /// Request rows count the connections of a junction's incoming lanes, lane by lane as `incLanes` lists them.
  private mutating func numberRequests() {
    for node in network.nodes where node.kind != .internal && !node.rightOfWay.isEmpty {
      var index = 0
      for lane in node.incomingLanes {
        for connection in network.connectionsFrom[lane.index] {
          if passesNoRequest(network.connections[connection.index]) { continue }
          network.connections[connection.index].requestIndex = index
          index += 1
        }
      }
      // Where something else is wrong already, a missing connection is its echo.
      if index != node.rightOfWay.count, problems.isEmpty {
        problems.add(
          line: Int(nodeLines[node.id.index]), "junction \(network.name(node.id))",
          expected: "a request for each of its \(index) connections", found: "\(node.rightOfWay.count)")
      }
    }
  }

  /// The ways of pedestrians need no right of way, but for those over a crossing.
  private func passesNoRequest(_ connection: LaneConnection) -> Bool {
    let from = network.links[network.lanes[connection.fromLane.index].link.index].function
    let to = network.links[network.lanes[connection.toLane.index].link.index].function
    return to == .walkingArea || (from == .walkingArea && to != .crossing)
  }

  private mutating func checkSignals() {
    for signal in network.signals {
      for program in signal.programs {
        guard let state = program.stages.first?.state, state.count < signal.links.count else { continue }
        problems.add(
          line: Int(signalLines[signal.id.index]), "tlLogic \(network.name(signal.id))",
          expected: "states of at least \(signal.links.count) characters, one a link index of its connections", found: "\(state.count)")
      }
      if let longest = signal.programs.compactMap({ $0.stages.first?.state.count }).max() {
        while network.signals[signal.id.index].links.count < longest { network.signals[signal.id.index].links.append([]) }
      }
    }
  }
}
