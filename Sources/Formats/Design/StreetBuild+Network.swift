import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension StreetBuild {
  consuming func build() -> RoadNetwork {
    for junction in design.junctions {
      let id = network.nodeNames.intern(junction.name)
      precondition(id.index == network.nodes.count, "two junctions of the name \(junction.name)")
      network.nodes.append(Node(id: id, kind: .deadEnd, position: junction.position))
    }
    for k in design.roads.indices { addRoad(k) }
    for j in design.junctions.indices {
      network.nodes[j].incomingLanes = incoming[j].flatMap { network.links[$0].lanes }
      addJunction(j)
    }
    let xs = design.junctions.map(\.position.x), ys = design.junctions.map(\.position.y)
    let boundary = [xs.min() ?? 0, ys.min() ?? 0, xs.max() ?? 0, ys.max() ?? 0]
    network.location = GeoReference(offset: Point(0, 0), projection: "!", originalBoundary: boundary, boundary: boundary)
    network.deriveAdjacency()
    return network
  }

  private mutating func addRoad(_ k: Int) {
    let plan = design.roads[k]
    let id = network.linkNames.intern(plan.name)
    precondition(id.index == network.links.count, "two roads of the name \(plan.name)")
    network.links.append(
      Link(id: id, from: NodeID(plan.from), to: NodeID(plan.to), priority: plan.priority, streetName: plan.streetName))
    for lane in 0..<plan.lanes {
      let (start, end) = ends(k, lane: lane)
      precondition(
        (end.x - start.x) * direction(k).x + (end.y - start.y) * direction(k).y > 1, "road \(plan.name) is too short for its junctions")
      addLane(plan.name + "_\(lane)", to: id, speed: plan.speed, shape: [start, end])
    }
  }

  @discardableResult
  private mutating func addLane(_ name: String, to link: LinkID, speed: Double, shape: [Point]) -> LaneID {
    let id = network.laneNames.intern(name)
    // As SUMO writes lengths: whole centimetres, and never nothing.
    let length = max(0.1, (Self.length(shape) * 100).rounded() / 100)
    network.lanes.append(
      Lane(
        id: id, link: link, position: network.links[link.index].lanes.count, length: length, speedLimit: speed, width: design.laneWidth,
        shape: shape.map { Point(($0.x * 100).rounded() / 100, ($0.y * 100).rounded() / 100) }))
    network.links[link.index].lanes.append(id)
    return id
  }

  private mutating func internalLink(_ name: String, _ node: NodeID) -> LinkID {
    let id = network.linkNames.intern(name)
    if id.index == network.links.count { network.links.append(Link(id: id, from: node, to: node, function: .internal)) }
    return id
  }

  /// What a turn's radius allows [m/s]: netconvert's lateral acceleration of 5.5 m/s².
  private func turnSpeed(_ way: Way) -> Double {
    let limit = min(design.roads[way.from].speed, design.roads[way.to].speed)
    let angle = abs(angle(way.from, way.to))
    guard angle > 0.1 else { return limit }
    return min(limit, (5.5 * Self.length(way.shape) / angle).squareRoot())
  }

  private mutating func addJunction(_ j: Int) {
    let node = NodeID(j)
    let name = design.junctions[j].name
    let ways = ways(j)
    outline(j)
    guard !ways.isEmpty else { return }
    let isSignalized = design.junctions[j].kind == .signalized
    network.nodes[j].kind = design.junctions[j].kind == .deadEnd ? .priority : design.junctions[j].kind
    let n = ways.count
    var rows = (0..<n).map { _ in RightOfWay(yieldsTo: BitRow(count: n), foes: BitRow(count: n), mayWaitInside: false) }
    for a in ways {
      for b in ways where b.index > a.index && Self.meet(a, b) {
        rows[a.index].foes[b.index] = true
        rows[b.index].foes[a.index] = true
        if yields(a, to: b) { rows[a.index].yieldsTo[b.index] = true } else { rows[b.index].yieldsTo[a.index] = true }
      }
    }
    for way in ways where way.turn == .left && !rows[way.index].yieldsTo.isEmpty { rows[way.index].mayWaitInside = true }
    network.nodes[j].rightOfWay = rows

    var signal: SignalID?
    if isSignalized {
      let id = network.signalNames.intern(name)
      network.signals.append(Signal(id: id, links: [[ConnectionID]](repeating: [], count: n), programs: [program(j, ways)]))
      signal = id
    }
    // Ways that may wait inside are cut in two; their second halves are numbered after all the others.
    var nextEdge = n
    var firstLanes: [LaneID] = []
    var split: [(way: Way, second: LaneID, name: String, at: Point)] = []
    for way in ways {
      let link = internalLink(":\(name)_\(way.edge)", node)
      let speed = turnSpeed(way)
      if rows[way.index].mayWaitInside {
        let cut = Self.cut(way.shape, before: ways.filter { rows[way.index].foes[$0.index] })
        let first = addLane(":\(name)_\(way.edge)_\(way.edgeLane)", to: link, speed: speed, shape: cut.first)
        firstLanes.append(first)
        let second = internalLink(":\(name)_\(nextEdge)", node)
        let lane = addLane(":\(name)_\(nextEdge)_0", to: second, speed: speed, shape: cut.second)
        split.append((way, lane, ":\(name)_\(nextEdge)_0", cut.second[0]))
        network.nodes[j].internalLanes.append(lane)
        nextEdge += 1
      } else {
        let lane = addLane(":\(name)_\(way.edge)_\(way.edgeLane)", to: link, speed: speed, shape: way.shape)
        firstLanes.append(lane)
        network.nodes[j].internalLanes.append(lane)
      }
    }
    for way in ways { connect(way, rows[way.index], signal, firstLanes[way.index], split.first { $0.way.index == way.index }?.second) }
    for part in split { addWaitingPoint(part.way, part.name, part.at, rows[part.way.index], ways, firstLanes) }
  }

  private mutating func connect(_ way: Way, _ row: RightOfWay, _ signal: SignalID?, _ first: LaneID, _ second: LaneID?) {
    let from = network.links[way.from].lanes[way.fromLane], to = network.links[way.to].lanes[way.toLane]
    let isMajor = row.yieldsTo.isEmpty
    func add(_ from: LaneID, via: LaneID?, _ priority: LaneConnection.Priority, signal: SignalLink? = nil, request: Int? = nil) {
      let id = ConnectionID(network.connections.count)
      network.connections.append(
        LaneConnection(
          id: id, fromLane: from, toLane: to, via: via, turn: way.turn, priority: priority, signal: signal, requestIndex: request))
      if let signal { network.signals[signal.signal.index].links[signal.index].append(id) }
    }
    if let signal {
      add(
        from, via: first, isMajor ? .signalizedMajor : .signalizedMinor, signal: SignalLink(signal: signal, index: way.index),
        request: way.index)
    } else {
      add(from, via: first, isMajor ? .major : .minor, request: way.index)
    }
    if let second {
      add(first, via: second, .minor)
      add(second, via: nil, .major)
    } else {
      add(first, via: nil, .major)
    }
  }

  /// The point inside the junction where a left turn waits for its foes: SUMO's internal junction.
  private mutating func addWaitingPoint(
    _ way: Way, _ name: String, _ at: Point, _ row: RightOfWay, _ ways: [Way], _ firstLanes: [LaneID]
  ) {
    let id = network.nodeNames.intern(name)
    var node = Node(id: id, kind: .internal, position: at)
    var lanes: [LaneID] = []
    for foe in row.yieldsTo.indices {
      let lane = network.links[ways[foe].from].lanes[ways[foe].fromLane]
      if !lanes.contains(lane) { lanes.append(lane) }
    }
    node.incomingLanes = [firstLanes[way.index]] + lanes
    node.internalLanes = row.foes.indices.map { firstLanes[$0] }
    network.nodes.append(node)
  }

  /// Cuts a way a little before it first meets one of its foes.
  private static func cut(_ shape: [Point], before foes: [Way]) -> (first: [Point], second: [Point]) {
    let total = length(shape)
    var hit = total
    let steps = 60
    var points: [Point] = []
    for k in 0...steps { points.append(point(shape, at: total * Double(k) / Double(steps))) }
    search: for k in 0..<steps {
      let piece = Way(
        from: -1, fromLane: 0, to: -1, toLane: 0, turn: .left, shape: [points[k], points[k + 1]], index: 0, edge: 0, edgeLane: 0)
      for foe in foes where meet(piece, foe) {
        hit = total * Double(k) / Double(steps)
        break search
      }
    }
    // Half a lane back from the foe's middle line, and neither part too short to drive on.
    let at = min(max(hit - 2.5, 1), total - 1)
    var first: [Point] = [], second: [Point] = [point(shape, at: at)]
    var way = 0.0
    for (k, corner) in shape.enumerated() {
      if k > 0 { way += shape[k - 1].distance(to: corner) }
      if way < at { first.append(corner) } else if way > at + 1e-9 { second.append(corner) }
    }
    first.append(second[0])
    return (first, second)
  }

  private static func point(_ shape: [Point], at distance: Double) -> Point {
    var rest = distance
    for (a, b) in zip(shape, shape.dropFirst()) {
      let step = a.distance(to: b)
      if rest <= step, step > 0 { return Point(a.x + (b.x - a.x) * rest / step, a.y + (b.y - a.y) * rest / step) }
      rest -= step
    }
    return shape[shape.count - 1]
  }

  /// The junction's outline: the outer corners of the roads that meet.
  private mutating func outline(_ j: Int) {
    var corners: [Point] = []
    let half = design.laneWidth / 2
    for road in incoming[j] {
      let d = direction(road)
      let outer = ends(road, lane: 0).end, inner = ends(road, lane: design.roads[road].lanes - 1).end
      corners.append(Point(outer.x + d.y * half, outer.y - d.x * half))
      corners.append(Point(inner.x - d.y * half, inner.y + d.x * half))
    }
    for road in outgoing[j] {
      let d = direction(road)
      let outer = ends(road, lane: 0).start
      corners.append(Point(outer.x + d.y * half, outer.y - d.x * half))
    }
    let middle = design.junctions[j].position
    corners.sort { atan2($0.y - middle.y, $0.x - middle.x) > atan2($1.y - middle.y, $1.x - middle.x) }
    network.nodes[j].shape = corners
  }
}
