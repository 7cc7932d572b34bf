import TrafficModel

/// Shortest ways on free-flow travel time, for trips that name only where they begin and end.
///
/// Entering a junction from a connection that must yield and has no signal costs `minorPenalty` seconds more, as in SUMO.
struct TravelTimeRouter {
  let network: RoadNetwork
  /// Seconds added for a connection that yields.
  let minorPenalty = 1.5
  private let isNormal: [Bool]
  private var successors: [[Successor]]
  private var known: [Key: [LinkID]?] = [:]

  private struct Successor {
    var link: Int
    var time: Double
    var permissions: VehicleClassSet
  }
  private struct Key: Hashable {
    var from: LinkID
    var to: LinkID
    var vehicleClass: VehicleClassSet
    var speed: Double
  }

  init(_ network: RoadNetwork) {
    self.network = network
    isNormal = network.links.map { $0.function == .normal || $0.function == .connector }
    successors = Array(repeating: [], count: network.links.count)
    for connection in network.connections {
      let from = network[connection.fromLane].link, to = network[connection.toLane].link
      guard isNormal[from.index], isNormal[to.index] else { continue }
      var time = 0.0
      var via = connection.via
      var permissions = network[connection.fromLane].permissions.intersection(network[connection.toLane].permissions)
      var steps = 0
      while let lane = via, steps < 64 {
        time += network[lane].length / max(network[lane].speedLimit, 0.1)
        permissions = permissions.intersection(network[lane].permissions)
        via = network.connectionsFrom[lane.index].first.flatMap { network.connections[$0.index].via }
        steps += 1
      }
      let major = connection.priority.rawValue.first?.isUppercase ?? true
      if !major, connection.signal == nil { time += minorPenalty }
      successors[from.index].append(Successor(link: to.index, time: time, permissions: permissions))
    }
  }

  /// The links from `from` through `via` to `to`; nil where there is no way.
  mutating func route(from: LinkID, to: LinkID, via: [LinkID], type: VehicleType) -> [LinkID]? {
    var legs = via
    legs.append(to)
    var links = [from]
    var at = from
    for goal in legs {
      guard let leg = leg(from: at, to: goal, type: type) else { return nil }
      links += leg.dropFirst()
      at = goal
    }
    return links
  }

  private mutating func leg(from: LinkID, to: LinkID, type: VehicleType) -> [LinkID]? {
    let key = Key(from: from, to: to, vehicleClass: type.vehicleClass, speed: type.maxSpeed)
    if let found = known[key] { return found }
    let found = search(from: from.index, to: to.index, type: type)?.map { LinkID($0) }
    known[key] = .some(found)
    return found
  }

  private func time(of link: Int, type: VehicleType) -> Double {
    var fastest = 0.1
    for lane in network.links[link].lanes where network[lane].permissions.admits(type.vehicleClass) {
      fastest = max(fastest, min(network[lane].speedLimit, type.maxSpeed))
    }
    let length = network.links[link].lanes.first.map { network[$0].length } ?? 0
    return length / fastest
  }

  private func search(from: Int, to: Int, type: VehicleType) -> [Int]? {
    if from == to { return [from] }
    var best = [Double](repeating: .infinity, count: network.links.count)
    var before = [Int](repeating: -1, count: network.links.count)
    var heap = MinimumHeap()
    best[from] = time(of: from, type: type)
    heap.push(best[from], from)
    while let (cost, link) = heap.pop() {
      if cost > best[link] { continue }
      if link == to {
        var way = [to]
        var at = to
        while before[at] >= 0 {
          at = before[at]
          way.append(at)
        }
        return way.reversed()
      }
      for next in successors[link] where next.permissions.admits(type.vehicleClass) {
        let total = cost + next.time + time(of: next.link, type: type)
        if total < best[next.link] {
          best[next.link] = total
          before[next.link] = link
          heap.push(total, next.link)
        }
      }
    }
    return nil
  }
}

/// A binary heap of costs; equal costs come out by the smaller index, so the result never depends on the order of insertion.
struct MinimumHeap {
  private var items: [(cost: Double, index: Int)] = []

  private func before(_ a: (cost: Double, index: Int), _ b: (cost: Double, index: Int)) -> Bool {
    a.cost < b.cost || (a.cost == b.cost && a.index < b.index)
  }

  mutating func push(_ cost: Double, _ index: Int) {
    items.append((cost, index))
    var k = items.count - 1
    while k > 0, before(items[k], items[(k - 1) / 2]) {
      items.swapAt(k, (k - 1) / 2)
      k = (k - 1) / 2
    }
  }

  mutating func pop() -> (cost: Double, index: Int)? {
    guard let top = items.first else { return nil }
    let last = items.removeLast()
    if !items.isEmpty {
      items[0] = last
      var k = 0
      while true {
        var smallest = k
        for child in [2 * k + 1, 2 * k + 2] where child < items.count && before(items[child], items[smallest]) { smallest = child }
        if smallest == k { break }
        items.swapAt(k, smallest)
        k = smallest
      }
    }
    return top
  }
}
