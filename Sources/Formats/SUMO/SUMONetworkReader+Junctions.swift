import TrafficModel

extension SUMONetworkBuild {
  mutating func junction(_ xml: inout XMLReader) {
    currentNode = nil
    let line = xml.line
    guard let name = xml["id"], !name.isEmpty else { return problems.add(line: line, "junction", expected: "an attribute id") }
    guard let type = xml["type"]?.string, let kind = Node.Kind(rawValue: type) ?? Self.formerKinds[type] else {
      return problems.add(
        line: line, "junction \(name.string)", expected: "a known junction type", found: xml["type"]?.string ?? "none",
        advice: "one of " + Node.Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard let x = xml["x"]?.double, let y = xml["y"]?.double, abs(x) < 1e10, abs(y) < 1e10 else {
      return problems.add(
        line: line, "junction \(name.string)", expected: "a position x, y in metres",
        found: (xml["x"]?.string ?? "none") + ", " + (xml["y"]?.string ?? "none"))
    }
    let id = node(name, line: line)
    guard !nodeIsDefined[id.index] else {
      return problems.add(line: line, "junction \(name.string)", expected: "each junction id once", found: "a second one")
    }
    nodeIsDefined[id.index] = true
    nodeLines[id.index] = Int32(clamping: line)
    network.nodes[id.index].kind = kind
    network.nodes[id.index].position = Point(x, y, xml["z"]?.double ?? 0)
    if let text = xml["shape"], !text.isEmpty {
      if let shape = shape(text) {
        network.nodes[id.index].shape = shape
      } else {
        problems.add(line: line, "junction \(name.string)", expected: "shape as x,y x,y …", found: text.string)
      }
    }
    lanes(xml["incLanes"], of: id, \.incomingLanes, line: line, what: "incLanes")
    lanes(xml["intLanes"], of: id, \.internalLanes, line: line, what: "intLanes")
    currentNode = id
    requestLine = line
  }

  /// Spellings of earlier versions.
  private static let formerKinds: [String: Node.Kind] = ["unknown": .priority, "": .deadEnd, "none": .unregulated]

  private mutating func lanes(_ text: XMLText?, of node: NodeID, _ path: WritableKeyPath<Node, [LaneID]>, line: Int, what: String) {
    guard let text else { return }
    var found: [LaneID] = []
    text.forEachWord { word in
      if let lane = network.laneNames[utf8: word.bytes] {
        found.append(lane)
      } else {
        problems.add(
          line: line, "junction \(network.name(node))", expected: "\(what) of lanes defined above", found: "no lane \(word.string)")
      }
    }
    network.nodes[node.index][keyPath: path] = found
  }

  mutating func request(_ xml: inout XMLReader) {
    guard let node = currentNode else { return }
    let rows = network.nodes[node.index].rightOfWay.count
    guard let index = xml["index"]?.int, index == rows else {
      return problems.add(
        line: xml.line, "junction \(network.name(node)) request", expected: "index \(rows), the rows in order",
        found: xml["index"]?.string ?? "none")
    }
    guard let response = xml["response"], let foes = xml["foes"], let yields = BitRow(response), let crosses = BitRow(foes),
      yields.count == crosses.count
    else {
      return problems.add(
        line: xml.line, "junction \(network.name(node)) request \(index)", expected: "response and foes of as many 0 and 1 each",
        found: (xml["response"]?.string ?? "none") + " and " + (xml["foes"]?.string ?? "none"))
    }
    network.nodes[node.index].rightOfWay.append(
      RightOfWay(yieldsTo: yields, foes: crosses, mayWaitInside: xml["cont"]?.bool ?? false))
  }

  mutating func endJunction() {
    guard let node = currentNode else { return }
    currentNode = nil
    let rows = network.nodes[node.index].rightOfWay
    // SUMO pads short rows of old networks with nothing: a row as long as the table is the rule since.
    for (index, row) in rows.enumerated() where row.foes.count != rows.count {
      problems.add(
        line: requestLine, "junction \(network.name(node)) request \(index)", expected: "rows of \(rows.count) bits, one a request",
        found: "\(row.foes.count)")
      break
    }
  }
}

extension BitRow {
  init?(_ text: XMLText) {
    self.init(count: text.count)
    for k in 0..<text.count {
      switch text[k] {
      case UInt8(ascii: "1"): self[text.count - 1 - k] = true
      case UInt8(ascii: "0"): break
      default: return nil
      }
    }
  }
}
