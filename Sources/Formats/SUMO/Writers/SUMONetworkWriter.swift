import TrafficModel

/// Writes a network as SUMO's `.net.xml` (packed where the name ends in `.gz`), which SUMO loads and which reads back as the same
/// network.
public enum SUMONetworkWriter {
  public static func write(_ network: RoadNetwork, to path: String) throws(OutputProblem) {
    try TextOutput.write(text(network), to: path)
  }

  /// The whole file as text.
  public static func text(_ network: RoadNetwork) -> String {
    var attributes = [("version", "1.20"), ("junctionCornerDetail", "5")]
    if network.drivesOnLeft { attributes.append(("lefthand", "true")) }
    var xml = SUMOXML(root: "net", attributes: attributes)
    if let location = network.location {
      xml.element(
        "location",
        [
          ("netOffset", fixed(location.offset.x, 2) + "," + fixed(location.offset.y, 2)),
          ("convBoundary", location.boundary.map { fixed($0, 2) }.joined(separator: ",")),
          ("origBoundary", location.originalBoundary.map { fixed($0, 6) }.joined(separator: ",")),
          ("projParameter", location.projection),
        ])
    }
    for link in network.links where link.function != .normal { add(link, of: network, to: &xml) }
    for link in network.links where link.function == .normal { add(link, of: network, to: &xml) }
    for signal in network.signals {
      for program in signal.programs { SUMOSignalWriter.add(program, of: network.name(signal.id), to: &xml) }
    }
    for node in network.nodes where node.kind != .internal { add(node, of: network, to: &xml) }
    for node in network.nodes where node.kind == .internal { add(node, of: network, to: &xml) }
    for connection in network.connections { add(connection, of: network, to: &xml) }
    addRoundabouts(of: network, to: &xml)
    return xml.finish()
  }

  /// One element for each ring of links that hang together.
  private static func addRoundabouts(of network: RoadNetwork, to xml: inout SUMOXML) {
    var left = network.links.filter(\.isRoundabout).map(\.id)
    while !left.isEmpty {
      var ring = [left.removeFirst()]
      while let next = left.firstIndex(where: { network[$0].from == network[ring.last!].to }) { ring.append(left.remove(at: next)) }
      xml.element(
        "roundabout",
        [
          ("nodes", ring.map { network.name(network[$0].from) }.joined(separator: " ")),
          ("edges", ring.map { network.name($0) }.joined(separator: " ")),
        ])
    }
  }

  private static func add(_ link: Link, of network: RoadNetwork, to xml: inout SUMOXML) {
    var attributes: [(String, String?)] = [("id", network.name(link.id))]
    if link.function == .normal || link.function == .connector {
      attributes += [("from", network.name(link.from)), ("to", network.name(link.to)), ("priority", String(link.priority))]
    }
    if link.function != .normal { attributes.append(("function", link.function.rawValue)) }
    attributes += [
      ("name", link.streetName), ("type", link.roadClass), ("shape", link.shape.isEmpty ? nil : link.shape.sumo),
      ("distance", link.chainage.map(shortest)),
      ("crossingEdges", link.crossedLinks.isEmpty ? nil : link.crossedLinks.map { network.name($0) }.joined(separator: " ")),
    ]
    xml.element("edge", attributes, opens: true)
    for id in link.lanes {
      let lane = network[id]
      let (allow, disallow) = permissions(lane.permissions)
      xml.element(
        "lane", depth: 2,
        [
          ("id", network.name(id)), ("index", String(lane.position)), ("allow", allow), ("disallow", disallow),
          ("speed", shortest(lane.speedLimit)), ("length", shortest(lane.length)),
          ("width", lane.width == 3.2 ? nil : shortest(lane.width)),
          ("acceleration", lane.isAcceleration ? "1" : nil),
          ("changeLeft", lane.changeLeft == .all ? nil : lane.changeLeft.memberNames.joined(separator: " ")),
          ("changeRight", lane.changeRight == .all ? nil : lane.changeRight.memberNames.joined(separator: " ")),
          ("shape", lane.shape.sumo),
        ], opens: lane.stopOffset > 0)
      if lane.stopOffset > 0 {
        xml.element("stopOffset", depth: 3, [("value", shortest(lane.stopOffset))])
        xml.close("lane", depth: 2)
      }
    }
    xml.close("edge")
  }

  /// The shorter of the two lists.
  private static func permissions(_ classes: VehicleClassSet) -> (allow: String?, disallow: String?) {
    if classes == .all { return (nil, nil) }
    if classes.isEmpty { return (nil, "all") }
    let allowed = classes.memberNames, forbidden = VehicleClassSet.all.subtracting(classes).memberNames
    return allowed.count <= forbidden.count
      ? (allowed.joined(separator: " "), nil) : (nil, forbidden.joined(separator: " "))
  }

  private static func add(_ node: Node, of network: RoadNetwork, to xml: inout SUMOXML) {
    func lanes(_ ids: [LaneID]) -> String { ids.map { network.name($0) }.joined(separator: " ") }
    let attributes: [(String, String?)] = [
      ("id", network.name(node.id)), ("type", node.kind.rawValue), ("x", fixed(node.position.x, 2)), ("y", fixed(node.position.y, 2)),
      ("z", node.position.z == 0 ? nil : fixed(node.position.z, 2)), ("incLanes", lanes(node.incomingLanes)),
      ("intLanes", lanes(node.internalLanes)), ("shape", node.shape.isEmpty ? nil : node.shape.sumo),
    ]
    xml.element("junction", attributes, opens: !node.rightOfWay.isEmpty)
    if node.rightOfWay.isEmpty { return }
    for (index, row) in node.rightOfWay.enumerated() {
      xml.element(
        "request", depth: 2,
        [
          ("index", String(index)), ("response", row.yieldsTo.mostSignificantFirst), ("foes", row.foes.mostSignificantFirst),
          ("cont", row.mayWaitInside ? "1" : "0"),
        ])
    }
    xml.close("junction")
  }

  private static func add(_ connection: LaneConnection, of network: RoadNetwork, to xml: inout SUMOXML) {
    let from = network[connection.fromLane], to = network[connection.toLane]
    let usual = connection.priority == .zipper ? 100 : 4.5
    xml.element(
      "connection",
      [
        ("from", network.name(from.link)), ("to", network.name(to.link)), ("fromLane", String(from.position)),
        ("toLane", String(to.position)), ("via", connection.via.map { network.name($0) }),
        ("tl", connection.signal.map { network.name($0.signal) }), ("linkIndex", connection.signal.map { String($0.index) }),
        ("linkIndex2", connection.signalInside.map { String($0.index) }), ("dir", connection.turn.rawValue),
        ("state", connection.priority.rawValue), ("keepClear", connection.keepClear ? nil : "0"),
        ("uncontrolled", connection.isUncontrolled ? "1" : nil),
        ("visibility", connection.visibility == usual ? nil : shortest(connection.visibility)),
      ])
  }
}
