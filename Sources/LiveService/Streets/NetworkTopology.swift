import ControlLoop
import TrafficModel

/// A live topology out of a road network: its signals with their rules and plans, the lanes before them, a pair of loops in each lane, and
/// the roads that join them.
public struct NetworkTopology: Sendable {
  public var topology: LiveTopology
  /// The loops as the simulator places them; same order as the topology's detectors.
  public var detectors: [TrafficModel.Detector]
  /// Of each signal of the topology, its id in the network.
  public var signals: [SignalID]

  /// How far before the stop line the loops lie [m].
  static let advanceDistance = 80.0
  static let stopBarDistance = 2.0

  /// Signals without a program that can run are left out.
  public init(_ network: RoadNetwork, name: String, zoneOffset: TimeAmount = .zero) {
    var live: [LiveTopology.Signal] = []
    var places: [LiveTopology.Detector] = []
    var loops: [TrafficModel.Detector] = []
    var ids: [SignalID] = []
    var signalOfNode: [Int: Int] = [:]
    for signal in network.signals {
      let programs = signal.programs.filter { program in
        program.kind == .fixedTime && program.cycle > .zero && program.stages.allSatisfy { $0.state.count == signal.links.count }
      }
      guard !programs.isEmpty else { continue }
      let index = live.count
      var byLane: [Int: [Int]] = [:]
      var nodes: [Int] = []
      for (link, connections) in signal.links.enumerated() {
        for connection in connections {
          let lane = network[connection].fromLane
          guard network[network[lane].link].function == .normal else { continue }
          byLane[lane.index, default: []].append(link)
          nodes.append(network[network[lane].link].to.index)
        }
      }
      guard !nodes.isEmpty else { continue }
      for node in Set(nodes) { signalOfNode[node] = index }
      let used = Set(nodes).sorted()
      let x = used.reduce(0) { $0 + network.nodes[$1].position.x } / Double(used.count)
      let y = used.reduce(0) { $0 + network.nodes[$1].position.y } / Double(used.count)
      var approaches: [LiveTopology.Approach] = []
      let signalName = network.name(signal.id)
      for (lane, links) in byLane.sorted(by: { $0.key < $1.key }) {
        let place = network.lanes[lane], laneName = network.name(place.id)
        let distance = min(Self.advanceDistance, place.length * 0.9)
        let line = Self.tail(place.shape, length: max(30, distance))
        let approach = approaches.count
        approaches.append(
          LiveTopology.Approach(
            name: laneName, links: Array(Set(links)).sorted(), storage: max(2, (place.length / 7.5).rounded()), line: line))
        for (role, back) in [(LiveTopology.Detector.Role.advance, distance), (.stopBar, Self.stopBarDistance)] {
          let position = max(0.5, place.length - back)
          let detectorName = laneName + (role == .advance ? ".advance" : ".stop")
          let at = Self.tail(place.shape, length: place.length - position)
          places.append(
            LiveTopology.Detector(name: detectorName, role: role, signal: index, approach: approach, x: at[0], y: at[1]))
          loops.append(
            TrafficModel.Detector(
              id: DetectorID(loops.count), name: detectorName, kind: .point(lane: place.id, position: position),
              role: role == .advance ? .advance : .stopBar))
        }
      }
      let constraints = signal.constraints ?? Self.constraints(signal, programs, network)
      live.append(
        LiveTopology.Signal(name: signalName, x: x, y: y, constraints: constraints, programs: programs, approaches: approaches))
      ids.append(signal.id)
    }
    let roads = Self.roads(network, signalOfNode, names: live.map(\.name))
    topology = LiveTopology(name: name, signals: live, detectors: places, roads: roads, zoneOffset: zoneOffset)
    detectors = loops
    signals = ids
  }

  /// Rules as the network shows them. A derived red clearance is the shortest wait that the programs happen to show, which holds whole
  /// stages in between where links do not follow each other; no clearance is longer than the longest interval in which nobody has green.
  private static func constraints(_ signal: Signal, _ programs: [SignalProgram], _ network: RoadNetwork) -> TimingConstraints {
    var constraints = TimingConstraints.derived(for: signal, in: network)
    var longest = TimeAmount.zero
    for program in programs {
      var running = TimeAmount.zero
      for stage in program.stages + program.stages {
        let isAllRed = !stage.state.indications.contains { $0.isGreen || $0 == .yellow }
        running = isAllRed ? running + stage.duration : .zero
        longest = max(longest, min(running, program.cycle))
      }
    }
    for link in constraints.links.indices { constraints.links[link].redClearance = min(constraints.links[link].redClearance, longest) }
    return constraints
  }

  /// The last `length` metres of a line, x and y in turn.
  static func tail(_ shape: [Point], length: Double) -> [Double] {
    guard let end = shape.last else { return [] }
    var points = [end]
    var left = length
    for (a, b) in zip(shape, shape.dropFirst()).reversed() {
      let distance = a.distance(to: b)
      if distance >= left {
        let share = distance > 0 ? left / distance : 0
        points.append(Point(b.x + (a.x - b.x) * share, b.y + (a.y - b.y) * share))
        left = 0
        break
      }
      points.append(a)
      left -= distance
    }
    return points.reversed().flatMap { [$0.x, $0.y] }
  }

  /// One road for each pair of neighbouring signals, named so that those in one line share a name.
  private static func roads(_ network: RoadNetwork, _ signalOfNode: [Int: Int], names: [String]) -> [LiveTopology.Road] {
    // A straight road may come without a shape of its own.
    let links = network.roads.map { link in
      var link = link
      if link.shape.count < 2 { link.shape = [network.nodes[link.from.index].position, network.nodes[link.to.index].position] }
      return link
    }
    var leaving: [Int: [Link]] = [:]
    for link in links { leaving[link.from.index, default: []].append(link) }
    var roads: [LiveTopology.Road] = []
    var known = Set<[Int]>()
    for link in links {
      let from = signalOfNode[link.from.index]
      var line = link.shape
      var length = network.length(link.id)
      var last = link
      // Through nodes that nobody signals, straight on.
      var hops = 0
      while signalOfNode[last.to.index] == nil, hops < 20 {
        let back = last.from
        guard let next = (leaving[last.to.index] ?? []).filter({ $0.to != back }).max(by: { turn(last, $0) < turn(last, $1) }),
          turn(last, next) > 0.7
        else { break }
        line += next.shape
        length += network.length(next.id)
        last = next
        hops += 1
      }
      let to = signalOfNode[last.to.index]
      // Pieces in the middle are part of the road that began before them.
      if from == nil, (leaving[link.from.index] ?? []).count >= 1, to != nil, isContinuation(link, links) { continue }
      if let from, let to {
        guard from != to, known.insert([min(from, to), max(from, to)]).inserted else { continue }
      }
      let speed = link.lanes.first.map { network[$0].speedLimit } ?? 13.9
      roads.append(
        LiveTopology.Road(
          name: link.streetName ?? "", line: line.flatMap { [$0.x, $0.y] }, from: from, to: to, length: length, speed: speed))
    }
    nameChains(&roads, names)
    return roads
  }

  private static func isContinuation(_ link: Link, _ links: [Link]) -> Bool {
    links.contains { $0.to == link.from && $0.from != link.to && turn($0, link) > 0.7 }
  }

  /// Cosine of the angle between the end of one link and the begin of the next.
  private static func turn(_ a: Link, _ b: Link) -> Double {
    guard a.shape.count >= 2, b.shape.count >= 2 else { return 0 }
    let p = a.shape[a.shape.count - 2], q = a.shape[a.shape.count - 1], r = b.shape[0], s = b.shape[1]
    let u = (q.x - p.x, q.y - p.y), v = (s.x - r.x, s.y - r.y)
    let size = (u.0 * u.0 + u.1 * u.1).squareRoot() * (v.0 * v.0 + v.1 * v.1).squareRoot()
    return size > 0 ? (u.0 * v.0 + u.1 * v.1) / size : 0
  }

  /// Names roads without one after the signals at the ends of the line they lie in, and orders them along it.
  private static func nameChains(_ roads: inout [LiveTopology.Road], _ names: [String]) {
    func heading(_ road: LiveTopology.Road, reversed: Bool) -> (Double, Double) {
      let n = road.line.count
      guard n >= 4 else { return (0, 0) }
      let d = (road.line[n - 2] - road.line[0], road.line[n - 1] - road.line[1])
      let size = max(1e-9, (d.0 * d.0 + d.1 * d.1).squareRoot())
      return reversed ? (-d.0 / size, -d.1 / size) : (d.0 / size, d.1 / size)
    }
    var used = Set<Int>()
    var ordered: [LiveTopology.Road] = []
    let joined = roads.indices.filter { roads[$0].from != nil && roads[$0].to != nil }
    // Where a line begins, no other road leads straight into it.
    func successor(of signal: Int, _ direction: (Double, Double), _ excluded: Set<Int>) -> (Int, Bool)? {
      for candidate in joined where !excluded.contains(candidate) {
        for reversed in [false, true] {
          let start = reversed ? roads[candidate].to! : roads[candidate].from!
          let h = heading(roads[candidate], reversed: reversed)
          if start == signal, h.0 * direction.0 + h.1 * direction.1 > 0.9 { return (candidate, reversed) }
        }
      }
      return nil
    }
    for first in joined where !used.contains(first) && roads[first].name.isEmpty {
      var chain: [(Int, Bool)] = [(first, false)]
      used.insert(first)
      while let last = chain.last,
        let next = successor(of: last.1 ? roads[last.0].from! : roads[last.0].to!, heading(roads[last.0], reversed: last.1), used)
      {
        chain.append(next)
        used.insert(next.0)
      }
      while let head = chain.first {
        let h = heading(roads[head.0], reversed: !head.1)
        guard let before = successor(of: head.1 ? roads[head.0].to! : roads[head.0].from!, h, used) else { break }
        chain.insert((before.0, !before.1), at: 0)
        used.insert(before.0)
      }
      let begin = chain[0].1 ? roads[chain[0].0].to! : roads[chain[0].0].from!
      let last = chain[chain.count - 1]
      let end = last.1 ? roads[last.0].from! : roads[last.0].to!
      for (index, reversed) in chain {
        var road = roads[index]
        road.name = "\(names[begin]) – \(names[end])"
        if reversed {
          swap(&road.from, &road.to)
          road.line = stride(from: road.line.count - 2, through: 0, by: -2).flatMap { [road.line[$0], road.line[$0 + 1]] }
        }
        ordered.append(road)
      }
    }
    for index in roads.indices where !used.contains(index) { ordered.append(roads[index]) }
    roads = ordered
  }
}

extension LiveTopology {
  /// The same city in so many regions, bands from west to east; one: as it is.
  public func divided(into regions: Int) -> LiveTopology {
    guard regions > 1, let west = signals.map(\.x).min(), let east = signals.map(\.x).max() else { return self }
    var divided = self
    for index in signals.indices {
      let band = Int((signals[index].x - west) / max(1, east - west) * Double(regions))
      divided.signals[index].region = "region-\(min(regions - 1, band) + 1)"
    }
    return divided
  }
}
