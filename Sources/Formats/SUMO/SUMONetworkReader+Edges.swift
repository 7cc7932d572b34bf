import TrafficModel

extension SUMONetworkBuild {
  mutating func edge(_ xml: inout XMLReader) {
    currentLink = nil
    let line = xml.line
    guard let name = xml["id"], !name.isEmpty else { return problems.add(line: line, "edge", expected: "an attribute id") }
    var function = Link.Function.normal
    if let text = xml["function"] {
      switch text {
      case "internal": function = .internal
      case "normal", "": function = .normal
      case "crossing": function = .crossing
      case "walkingarea": function = .walkingArea
      case "connector": function = .connector
      default:
        return problems.add(
          line: line, "edge \(name.string)", expected: "function normal, internal, crossing, walkingarea or connector", found: text.string)
      }
    }
    let from: NodeID
    let to: NodeID
    if function == .normal || function == .connector {
      guard let first = xml["from"], let second = xml["to"] else {
        return problems.add(line: line, "edge \(name.string)", expected: "attributes from and to", found: "one missing")
      }
      from = node(first, line: line)
      to = node(second, line: line)
      if from == to {
        problems.add(
          line: line, "edge \(name.string)", expected: "an edge between two junctions", found: "from and to both \(first.string)",
          advice: "split the loop at a junction")
      }
    } else {
      // `:JUNCTION_INDEX`: the junction is only in the name.
      guard name[0] == UInt8(ascii: ":"), let last = name.lastIndex(of: UInt8(ascii: "_")), last > 1 else {
        return problems.add(line: line, "edge \(name.string)", expected: "a name :JUNCTION_INDEX for an edge inside a junction")
      }
      from = node(name.prefix(last).dropFirst(1), line: line)
      to = from
    }
    let id = network.linkNames.intern(utf8: name.bytes)
    guard id.index == network.links.count else {
      return problems.add(line: line, "edge \(name.string)", expected: "each edge id once", found: "a second edge of this id")
    }
    var link = Link(id: id, from: from, to: to, function: function)
    if let text = xml["priority"] {
      if let value = text.int, abs(value) < 1 << 31 {
        link.priority = value
      } else {
        problems.add(line: line, "edge \(name.string)", expected: "priority as an integer", found: text.string)
      }
    }
    link.roadClass = xml["type"]?.string
    link.streetName = xml["name"]?.string
    if let text = xml["shape"] {
      if let shape = shape(text) {
        link.shape = shape
      } else {
        problems.add(line: line, "edge \(name.string)", expected: "shape as x,y x,y …", found: text.string)
      }
    }
    link.chainage = xml["distance"]?.double
    if function == .crossing, let crossed = xml["crossingEdges"] {
      crossed.forEachWord { word in
        if let other = network.linkNames[utf8: word.bytes] {
          link.crossedLinks.append(other)
        } else {
          lateCrossings.append((id, word.string, line))
        }
      }
    }
    network.links.append(link)
    linkLines.append(Int32(clamping: line))
    currentLink = id
    lanesSeen = 0
  }

  mutating func lane(_ xml: inout XMLReader) {
    guard let link = currentLink else { return }
    guard let name = xml["id"], !name.isEmpty else { return problems.add(line: xml.line, "lane", expected: "an attribute id") }
    // Inside junctions netconvert counts some lanes anew from 0; there, as in SUMO, the order is what counts.
    let position = lanesSeen
    lanesSeen += 1
    guard let index = xml["index"]?.int, index == position || network.links[link.index].function == .internal else {
      return problems.add(
        line: xml.line, "lane \(name.string)", expected: "index \(position), the lanes of an edge in order",
        found: xml["index"]?.string ?? "none")
    }
    guard let length = xml["length"]?.double, length > 0, length < 1e6 else {
      return problems.add(
        line: xml.line, "lane \(name.string)", expected: "length in metres, more than 0 and less than a million",
        found: xml["length"]?.string ?? "none")
    }
    guard let speed = xml["speed"]?.double, speed > 0, speed < 1000 else {
      return problems.add(
        line: xml.line, "lane \(name.string)", expected: "speed in m/s, more than 0 and less than 1000",
        found: xml["speed"]?.string ?? "none")
    }
    let id = network.laneNames.intern(utf8: name.bytes)
    guard id.index == network.lanes.count else {
      return problems.add(line: xml.line, "lane \(name.string)", expected: "each lane id once", found: "a second lane of this id")
    }
    var lane = Lane(id: id, link: link, position: network.links[link.index].lanes.count, length: length, speedLimit: speed)
    if let text = xml["width"] {
      if let width = text.double, width > 0, width < 1000 {
        lane.width = width
      } else {
        problems.add(line: xml.line, "lane \(name.string)", expected: "width in metres, more than 0", found: text.string)
      }
    }
    if let text = xml["shape"], let shape = shape(text), shape.count >= 2 {
      lane.shape = shape
    } else {
      problems.add(
        line: xml.line, "lane \(name.string)", expected: "shape of at least two points x,y", found: xml["shape"]?.string ?? "none")
    }
    let allow = xml["allow"], disallow = xml["disallow"]
    if allow != nil || disallow != nil {
      if let classes = permissions.parse(allow: allow, disallow: disallow) {
        lane.permissions = classes
      } else {
        problems.add(
          line: xml.line, "lane \(name.string)", expected: "known vehicle classes", found: (allow ?? disallow)!.string,
          advice: "see SUMO's list of vehicle classes")
      }
    }
    if let text = xml["changeLeft"], !text.isEmpty { lane.changeLeft = permissions.classes(text) ?? .all }
    if let text = xml["changeRight"], !text.isEmpty { lane.changeRight = permissions.classes(text) ?? .all }
    if xml["acceleration"]?.bool == true { lane.isAcceleration = true }
    network.lanes.append(lane)
    network.links[link.index].lanes.append(id)
  }

  mutating func endEdge() {
    guard let link = currentLink else { return }
    currentLink = nil
    guard let first = network.links[link.index].lanes.first else {
      return problems.add(
        line: Int(linkLines[link.index]), "edge \(network.name(link))", expected: "at least one lane", found: "none that could be read")
    }
    let lane = network.lanes[first.index]
    if let begin = lane.shape.first, let end = lane.shape.last, begin.z != end.z {
      network.links[link.index].grade = (end.z - begin.z) / lane.length
    }
  }
}
