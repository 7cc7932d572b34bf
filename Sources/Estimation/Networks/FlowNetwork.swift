import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A road network as flow estimation sees it: links for motor traffic, the movements between them, and what is known of each.
///
/// Links keep the order of the source; `link` and `movement` lead back to it.
public struct FlowNetwork: Sendable {
  /// The network's link behind each row.
  public var link: [LinkID] = []
  public var linkName: [String] = []
  /// Row of each of the network's links, or −1.
  public var row: [Int32] = []
  /// Lanes open to motor traffic.
  public var lanes: [Double] = []
  /// Speed limit [m/s].
  public var speed: [Double] = []
  /// [m]
  public var length: [Double] = []
  /// Importance as the source gives it, over five.
  public var priority: [Double] = []
  /// Number of the road class among those present.
  public var roadClass: [Int] = []
  public var roadClasses = 1
  /// Nothing but U-turns lead in: traffic enters here. Likewise out.
  public var isEntry: [Bool] = []
  public var isExit: [Bool] = []

  /// Movements: the network's movement, rows from and to, and the number of lanes that serve each.
  public var movement: [MovementID] = []
  public var from: [Int32] = []
  public var to: [Int32] = []
  public var turn: [Turn] = []
  public var servingLanes: [Double] = []
  /// A signal rules the movement.
  public var isSignalled: [Bool] = []
  /// Share of its signal's cycle in which the movement may go, by the program; 1 without a signal.
  public var greenShare: [Double] = []
  /// Movements out of and into each row.
  public var outgoing: [[Int32]] = []
  public var incoming: [[Int32]] = []
  /// The row of the opposite direction of the same road, or −1.
  public var opposite: [Int32] = []

  public var linkCount: Int { link.count }
  public var movementCount: Int { movement.count }

  /// Takes links that are roads and movements that motor cars may drive.
  public init(_ network: RoadNetwork) {
    row = [Int32](repeating: -1, count: network.links.count)
    var classes: [String: Int] = [:]
    func isOpen(_ lane: LaneID) -> Bool {
      let p = network[lane].permissions
      return p.contains(.passenger) || p.contains(.private)
    }
    for l in network.links where l.function == .normal && !l.lanes.isEmpty {
      row[l.id.index] = Int32(link.count)
      link.append(l.id)
      linkName.append(network.name(l.id))
      lanes.append(Double(max(1, l.lanes.filter(isOpen).count)))
      speed.append(max(1, network[l.lanes[l.lanes.count - 1]].speedLimit))
      length.append(network.length(l.id))
      priority.append(Double(l.priority) / 5)
      let name = l.roadClass ?? ""
      if classes[name] == nil { classes[name] = classes.count }
      roadClass.append(classes[name]!)
    }
    roadClasses = max(1, classes.count)
    outgoing = [[Int32]](repeating: [], count: link.count)
    incoming = outgoing
    isEntry = [Bool](repeating: true, count: link.count)
    isExit = isEntry
    for m in network.movements {
      let a = row[m.from.index], b = row[m.to.index]
      guard a >= 0, b >= 0 else { continue }
      let carsFrom = network[m.from].lanes.contains(where: isOpen), carsTo = network[m.to].lanes.contains(where: isOpen)
      let serving = m.connections.filter {
        (!carsFrom || isOpen(network[$0].fromLane)) && (!carsTo || isOpen(network[$0].toLane))
      }
      guard !serving.isEmpty else { continue }
      let k = Int32(movement.count)
      movement.append(m.id)
      from.append(a)
      to.append(b)
      turn.append(m.turn)
      servingLanes.append(Double(Set(serving.map { network[$0].fromLane }).count))
      isSignalled.append(serving.contains { network[$0].signal != nil })
      greenShare.append(serving.lazy.compactMap { network[$0].signal }.first.map { Self.greenShare(of: $0, network) } ?? 1)
      outgoing[Int(a)].append(k)
      incoming[Int(b)].append(k)
      if m.turn != .uTurn, m.turn != .uTurnRight {
        isExit[Int(a)] = false
        isEntry[Int(b)] = false
      }
    }
    opposite = [Int32](repeating: -1, count: link.count)
    var ends: [Int64: Int32] = [:]
    for (i, id) in link.enumerated() { ends[Int64(network[id].from.index) << 32 | Int64(network[id].to.index)] = Int32(i) }
    for (i, id) in link.enumerated() {
      opposite[i] = ends[Int64(network[id].to.index) << 32 | Int64(network[id].from.index)] ?? -1
    }
  }

  /// Green over cycle of one signal link; 1 where no program says.
  private static func greenShare(of link: SignalLink, _ network: RoadNetwork) -> Double {
    guard let program = network[link.signal].activeProgram else { return 1 }
    var green = 0.0, cycle = 0.0
    for stage in program.stages {
      cycle += stage.duration.seconds
      if stage.state.indications.indices.contains(link.index), stage.state.indications[link.index].isGreen {
        green += stage.duration.seconds
      }
    }
    return cycle > 0 ? green / cycle : 1
  }

  /// Green share of a link's signalled movements, each weighted by the lanes that serve it; nil where none is signalled.
  func greenShare(ofLink row: Int) -> Double? {
    var green = 0.0, lanes = 0.0
    for k in outgoing[row] where isSignalled[Int(k)] {
      green += greenShare[Int(k)] * servingLanes[Int(k)]
      lanes += servingLanes[Int(k)]
    }
    return lanes > 0 ? green / lanes : nil
  }
}
