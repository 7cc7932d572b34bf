import SignalControl
import TrafficModel

/// One signal of a live topology as the streets that controllers work on: a road for each watched lane, one road out, and the loops.
///
/// Controllers of the live engine, of `greenwave control` and of experiments are the same; this is what they are given here. Lanes
/// keep their order among the approaches, detectors theirs among the signal's.
package struct LiveJunction: Sendable {
  package private(set) var network = RoadNetwork()
  private(set) var detectors: [Detector] = []
  /// Distance of each lane's advance loop from the stop line [m]; nil where it has none.
  let advance: [Double?]
  let hasStopBar: [Bool]
  let length: [Double]

  /// Speed at which vehicles approach where the topology does not say [m/s].
  static let speed = 50 / 3.6
  /// Distance of an advance loop whose place is not told [m].
  private static let usualDistance = 45.0

  package init(_ signal: LiveTopology.Signal, detectors places: [LiveTopology.Detector]) {
    var advance = [Double?](repeating: nil, count: signal.approaches.count)
    var hasStopBar = [Bool](repeating: false, count: signal.approaches.count)
    for place in places {
      guard let lane = place.approach else { continue }
      switch place.role {
      case .advance: advance[lane] = Self.distance(place, signal.approaches[lane].line)
      case .stopBar: hasStopBar[lane] = true
      case .exit: break
      }
    }
    self.advance = advance
    self.hasStopBar = hasStopBar
    length = signal.approaches.indices.map { max(signal.approaches[$0].storage * 7.5, advance[$0] ?? 0, 10) }
    layRoads(signal)
    layLoops(signal, places)
    let programs = [Self.flashing(signal.linkCount)] + signal.programs
    network.signals = [
      Signal(id: SignalID(0), links: connections(signal), programs: programs, constraints: signal.constraints)
    ]
    network.signalNames.intern(signal.name)
    network.deriveAdjacency()
  }

  /// The same streets with `program` as the one that runs.
  package func network(running program: SignalProgram) -> RoadNetwork {
    var network = network
    network.signals[0].programs.append(program)
    return network
  }

  /// What every cabinet can do, so that an operator may order it.
  private static func flashing(_ links: Int) -> SignalProgram {
    SignalProgram(
      id: "flash", stages: [Stage(state: SignalState(repeating: .offBlinking, count: links), duration: .seconds(60))])
  }

  private static func distance(_ place: LiveTopology.Detector, _ line: [Double]) -> Double {
    guard line.count >= 2 else { return usualDistance }
    let x = line[line.count - 2] - place.x, y = line[line.count - 1] - place.y
    let distance = (x * x + y * y).squareRoot()
    return distance >= 5 ? distance : usualDistance
  }

  private mutating func layRoads(_ signal: LiveTopology.Signal) {
    let here = Point(signal.x, signal.y)
    network.nodes = [
      Node(id: NodeID(0), kind: .deadEnd, position: here), Node(id: NodeID(1), kind: .signalized, position: here),
      Node(id: NodeID(2), kind: .deadEnd, position: here),
    ]
    for name in ["outside", signal.name, "beyond"] { network.nodeNames.intern(name) }
    for lane in 0...signal.approaches.count {
      let isExit = lane == signal.approaches.count
      network.links.append(
        Link(id: LinkID(lane), from: NodeID(isExit ? 1 : 0), to: NodeID(isExit ? 2 : 1), lanes: [LaneID(lane)]))
      network.lanes.append(
        Lane(id: LaneID(lane), link: LinkID(lane), position: 0, length: isExit ? 500 : length[lane], speedLimit: Self.speed))
      let name = isExit ? "exit" : signal.approaches[lane].name
      network.linkNames.intern(name)
      network.laneNames.intern(name)
    }
    for (lane, approach) in signal.approaches.enumerated() {
      for link in approach.links {
        let k = network.connections.count
        network.connections.append(
          LaneConnection(
            id: ConnectionID(k), fromLane: LaneID(lane), toLane: LaneID(signal.approaches.count), turn: .straight,
            signal: SignalLink(signal: SignalID(0), index: link), requestIndex: k))
      }
    }
    network.nodes[1].incomingLanes = signal.approaches.indices.map { LaneID($0) }
    network.nodes[1].rightOfWay = rightOfWay(signal)
  }

  /// Who yields to whom follows from the rules and from which of two greens the programs show as permissive.
  private func rightOfWay(_ signal: LiveTopology.Signal) -> [RightOfWay] {
    let links = network.connections.map { $0.signal!.index }
    let states = signal.programs.flatMap { $0.stages.map(\.state) }
    return links.map { own in
      var row = RightOfWay(yieldsTo: BitRow(count: links.count), foes: BitRow(count: links.count), mayWaitInside: false)
      for (k, other) in links.enumerated() where signal.constraints.conflicts[own, other] != .none {
        row.foes[k] = true
        if states.contains(where: { $0[own] == .permissiveGreen && $0[other] == .green }) { row.yieldsTo[k] = true }
      }
      return row
    }
  }

  private func connections(_ signal: LiveTopology.Signal) -> [[ConnectionID]] {
    var ruled = [[ConnectionID]](repeating: [], count: signal.linkCount)
    for connection in network.connections { ruled[connection.signal!.index].append(connection.id) }
    return ruled
  }

  private mutating func layLoops(_ signal: LiveTopology.Signal, _ places: [LiveTopology.Detector]) {
    for (index, place) in places.enumerated() {
      guard let lane = place.approach, place.role != .exit else { continue }
      let back = place.role == .advance ? advance[lane] ?? Self.usualDistance : 2
      detectors.append(
        Detector(
          id: DetectorID(index), name: place.name, kind: .point(lane: LaneID(lane), position: max(0, length[lane] - back)),
          role: place.role == .advance ? .advance : .stopBar, signal: SignalID(0)))
    }
  }
}
