import TrafficModel

/// An avenue of signals `spacing` metres apart with a way back, made by hand: no file, no internal lanes.
func smallAvenue(spacing: [Double], speed: Double = 10) -> RoadNetwork {
  var network = RoadNetwork()
  var x = 0.0
  var places = [x]
  for length in spacing {
    x += length
    places.append(x)
  }
  for (i, x) in places.enumerated() {
    network.nodeNames.intern("n\(i)")
    network.nodes.append(
      Node(id: NodeID(i), kind: i == 0 || i == places.count - 1 ? .deadEnd : .signalized, position: Point(x, 0)))
  }
  func addLink(_ name: String, _ from: Int, _ to: Int, _ y: Double) {
    let id = network.linkNames.intern(name), lane = network.laneNames.intern(name + "_0")
    let shape = [Point(places[from], y), Point(places[to], y)]
    network.links.append(Link(id: id, from: NodeID(from), to: NodeID(to), lanes: [lane], streetName: "Avenue", shape: shape))
    network.lanes.append(Lane(id: lane, link: id, position: 0, length: abs(places[to] - places[from]), speedLimit: speed, shape: shape))
  }
  for k in spacing.indices { addLink("e\(k)", k, k + 1, -2) }
  for k in spacing.indices { addLink("w\(k)", k + 1, k, 2) }
  let n = spacing.count
  for k in 1..<n {
    let signal = network.signalNames.intern("s\(k)")
    var links: [[ConnectionID]] = []
    for (index, pair) in [(k - 1, k), (n + k, n + k - 1)].enumerated() {
      let id = ConnectionID(network.connections.count)
      network.connections.append(
        LaneConnection(
          id: id, fromLane: LaneID(pair.0), toLane: LaneID(pair.1), turn: .straight, signal: SignalLink(signal: signal, index: index)))
      links.append([id])
    }
    network.signals.append(Signal(id: signal, links: links, programs: []))
  }
  network.deriveAdjacency()
  return network
}

/// Green for both links, yellow, red.
func twoWayProgram(green: Double, cycle: Double, offset: Double = 0) -> SignalProgram {
  SignalProgram(
    id: "p", offset: .seconds(offset),
    stages: [
      Stage(state: SignalState("GG")!, duration: .seconds(green)), Stage(state: SignalState("yy")!, duration: .seconds(3)),
      Stage(state: SignalState("rr")!, duration: .seconds(cycle - green - 3)),
    ])
}

func trip(
  _ ending: TripRecord.Ending, timeLoss: Double = 0, departureDelay: Double = 0, duration: Double = 0, length: Double = 0, stops: Int = 0
) -> TripRecord {
  TripRecord(
    name: "v", type: VehicleTypeID(0), ending: ending, planned: .zero, firstLink: LinkID(0), lastLink: LinkID(0),
    departureDelay: departureDelay, duration: duration, length: length, timeLoss: timeLoss, stops: stops)
}
