import TrafficModel

extension RoadNetwork {
  /// Two one-way roads of one lane that cross at signal `J`: approaches `WJ` and `SJ`, exits `JE` and `JN`, 200 m each; stages `Gr`, `yr`,
  /// `rG`, `ry` of ten seconds.
  package static func crossing() -> RoadNetwork {
    var network = RoadNetwork()
    let centre = network.nodeNames.intern("J")
    network.nodes.append(
      Node(
        id: centre, kind: .signalized, position: Point(0, 0),
        rightOfWay: [
          RightOfWay(yieldsTo: BitRow(count: 2), foes: BitRow(mostSignificantFirst: "10")!, mayWaitInside: false),
          RightOfWay(yieldsTo: BitRow(count: 2), foes: BitRow(mostSignificantFirst: "01")!, mayWaitInside: false),
        ]))
    for name in ["W", "S", "E", "N"] {
      let node = network.nodeNames.intern(name)
      network.nodes.append(Node(id: node, kind: .deadEnd, position: Point(0, 0)))
    }
    let ends = [("WJ", 1, 0), ("SJ", 2, 0), ("JE", 0, 3), ("JN", 0, 4)]
    for (i, (name, from, to)) in ends.enumerated() {
      let link = network.linkNames.intern(name)
      let lane = network.laneNames.intern(name + "_0")
      network.links.append(Link(id: link, from: NodeID(from), to: NodeID(to), lanes: [lane], shape: []))
      network.lanes.append(Lane(id: lane, link: LinkID(i), position: 0, length: 200, speedLimit: 13.89, shape: []))
    }
    let signal = network.signalNames.intern("J")
    for i in 0..<2 {
      network.connections.append(
        LaneConnection(
          id: ConnectionID(i), fromLane: LaneID(i), toLane: LaneID(i + 2), turn: .straight,
          signal: SignalLink(signal: signal, index: i), requestIndex: i))
    }
    let stages = ["Gr", "yr", "rG", "ry"].map { Stage(state: SignalState($0)!, duration: .seconds(10)) }
    network.signals.append(
      Signal(id: signal, links: [[ConnectionID(0)], [ConnectionID(1)]], programs: [SignalProgram(id: "0", stages: stages)]))
    network.deriveAdjacency()
    return network
  }
}
