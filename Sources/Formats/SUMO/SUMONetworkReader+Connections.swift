import TrafficModel

extension SUMONetworkBuild {
  mutating func connection(_ xml: inout XMLReader) {
    guard let fromName = xml["from"], let toName = xml["to"] else {
      return problems.add(line: xml.line, "connection", expected: "attributes from and to")
    }
    guard let from = network.linkNames[utf8: fromName.bytes] else {
      return problems.add(line: xml.line, "connection", expected: "from naming an edge", found: "no edge \(fromName.string)")
    }
    guard let to = network.linkNames[utf8: toName.bytes] else {
      return problems.add(
        line: xml.line, "connection from \(fromName.string)", expected: "to naming an edge", found: "no edge \(toName.string)")
    }
    let fromLanes = network.links[from.index].lanes, toLanes = network.links[to.index].lanes
    guard let fromIndex = xml["fromLane"]?.int, fromLanes.indices.contains(fromIndex) else {
      return problems.add(
        line: xml.line, "connection \(fromName.string) → \(toName.string)", expected: "fromLane from 0 to \(fromLanes.count - 1)",
        found: xml["fromLane"]?.string ?? "none")
    }
    guard let toIndex = xml["toLane"]?.int, toLanes.indices.contains(toIndex) else {
      return problems.add(
        line: xml.line, "connection \(fromName.string) → \(toName.string)", expected: "toLane from 0 to \(toLanes.count - 1)",
        found: xml["toLane"]?.string ?? "none")
    }
    guard let turn = turn(xml["dir"]) else {
      return problems.add(
        line: xml.line, "connection \(fromName.string) → \(toName.string)", expected: "dir one of s r l t T R L invalid",
        found: xml["dir"]?.string ?? "none")
    }
    guard let priority = priority(xml["state"]) else {
      return problems.add(
        line: xml.line, "connection \(fromName.string) → \(toName.string)",
        expected: "state one of " + LaneConnection.Priority.allCases.map(\.rawValue).joined(separator: " "),
        found: xml["state"]?.string ?? "none")
    }
    let id = ConnectionID(network.connections.count)
    var made = LaneConnection(id: id, fromLane: fromLanes[fromIndex], toLane: toLanes[toIndex], turn: turn, priority: priority)
    if let via = xml["via"], !via.isEmpty {
      guard let lane = network.laneNames[utf8: via.bytes] else {
        return problems.add(
          line: xml.line, "connection \(fromName.string) → \(toName.string)", expected: "via naming a lane", found: "no lane \(via.string)")
      }
      made.via = lane
    }
    if let tl = xml["tl"] {
      guard let signal = network.signalNames[utf8: tl.bytes] else {
        return problems.add(
          line: xml.line, "connection \(fromName.string) → \(toName.string)", expected: "tl naming a tlLogic of this network",
          found: "no tlLogic \(tl.string)")
      }
      guard let index = xml["linkIndex"]?.int, index >= 0, index < 10_000 else {
        return problems.add(
          line: xml.line, "connection \(fromName.string) → \(toName.string)", expected: "linkIndex, an integer from 0",
          found: xml["linkIndex"]?.string ?? "none")
      }
      made.signal = SignalLink(signal: signal, index: index)
      rule(signal, index, id)
      if let second = xml["linkIndex2"]?.int, second >= 0, second < 10_000 {
        made.signalInside = SignalLink(signal: signal, index: second)
      }
    }
    if xml["keepClear"]?.bool == false { made.keepClear = false }
    if xml["uncontrolled"]?.bool == true { made.isUncontrolled = true }
    if let text = xml["visibility"] {
      guard let visibility = text.double, visibility >= 0, visibility < 1e6 else {
        return problems.add(
          line: xml.line, "connection \(fromName.string) → \(toName.string)", expected: "visibility in metres", found: text.string)
      }
      made.visibility = visibility
    } else if priority == .zipper {
      // SUMO's NLHandler: zipper merges see each other from 100 m.
      made.visibility = 100
    }
    network.connections.append(made)
    connectionLines.append(Int32(clamping: xml.line))
  }

  private mutating func rule(_ signal: SignalID, _ index: Int, _ connection: ConnectionID) {
    while network.signals[signal.index].links.count <= index { network.signals[signal.index].links.append([]) }
    network.signals[signal.index].links[index].append(connection)
  }

  private func turn(_ text: XMLText?) -> Turn? {
    guard let text else { return nil }
    if text.count == 1 {
      switch text[0] {
      case UInt8(ascii: "s"): return .straight
      case UInt8(ascii: "r"): return .right
      case UInt8(ascii: "l"): return .left
      case UInt8(ascii: "t"): return .uTurn
      case UInt8(ascii: "T"): return .uTurnRight
      case UInt8(ascii: "R"): return .slightRight
      case UInt8(ascii: "L"): return .slightLeft
      default: return nil
      }
    }
    return text == "invalid" ? .invalid : nil
  }

  private func priority(_ text: XMLText?) -> LaneConnection.Priority? {
    guard let text, text.count == 1 else { return nil }
    switch text[0] {
    case UInt8(ascii: "M"): return .major
    case UInt8(ascii: "m"): return .minor
    case UInt8(ascii: "="): return .equal
    case UInt8(ascii: "s"): return .stop
    case UInt8(ascii: "w"): return .allWayStop
    case UInt8(ascii: "Z"): return .zipper
    case UInt8(ascii: "-"): return .deadEnd
    case UInt8(ascii: "O"): return .signalizedMajor
    case UInt8(ascii: "o"): return .signalizedMinor
    case UInt8(ascii: "y"): return .yellow
    case UInt8(ascii: "r"): return .red
    case UInt8(ascii: "G"): return .green
    case UInt8(ascii: "g"): return .greenMinor
    default: return nil
    }
  }
}
