import TrafficModel

/// Fastest ways for trips that name only where they begin and end.
///
/// The time of an edge is that at the speed the driver could drive, or at the mean speed of late where that is lower. Entering a junction
/// from a connection that must yield and has no signal costs `minorPenalty` seconds more, a U-turn `turnaroundPenalty`, as in SUMO.
struct TravelTimeRouter {
  static let minorPenalty = 1.5
  static let turnaroundPenalty = 5.0

  private struct Successor {
    var link: Int32
    /// Inner links passed: `inner[first ..< last]`.
    var first: Int32
    var last: Int32
    var penalty: Double
    var permissions: VehicleClassSet
  }

  private let length: [Double]
  private let limit: [Double]
  private var inner: [Int32] = []
  private var successors: [[Successor]]
  private var best: [Double]
  private var before: [Int32]

  init(_ network: RoadNetwork) {
    length = network.links.map { $0.lanes.first.map { network[$0].length } ?? 0 }
    limit = network.links.map { $0.lanes.first.map { max(network[$0].speedLimit, 0.1) } ?? 1 }
    successors = Array(repeating: [], count: network.links.count)
    best = Array(repeating: .infinity, count: network.links.count)
    before = Array(repeating: -1, count: network.links.count)
    for connection in network.connections {
      let from = network[connection.fromLane].link, to = network[connection.toLane].link
      guard network[from].function == .normal || network[from].function == .connector,
        network[to].function == .normal || network[to].function == .connector
      else { continue }
      var permissions = network[connection.fromLane].permissions.intersection(network[connection.toLane].permissions)
      let first = Int32(inner.count)
      var via = connection.via
      var steps = 0
      while let lane = via, steps < 64 {
        inner.append(network[lane].link.rawValue)
        permissions = permissions.intersection(network[lane].permissions)
        via = network.connectionsFrom[lane.index].first.flatMap { network.connections[$0.index].via }
        steps += 1
      }
      var penalty = 0.0
      let major = connection.priority.rawValue.first?.isUppercase ?? true
      if !major, connection.signal == nil { penalty += Self.minorPenalty }
      if connection.turn == .uTurn || connection.turn == .uTurnRight { penalty += Self.turnaroundPenalty }
      successors[from.index].append(
        Successor(link: to.rawValue, first: first, last: Int32(inner.count), penalty: penalty, permissions: permissions))
    }
  }

  /// The links from `from` through `via` to `to`; nil where there is no way.
  ///
  /// - Parameters:
  ///   - factor: the driver's factor on speed limits.
  ///   - speeds: mean speeds of late by link [m/s]; nil: the road is free.
  mutating func route(
    from: LinkID, to: LinkID, via: [LinkID], type: VehicleType, factor: Double, speeds: UnsafePointer<Double>?
  ) -> [LinkID]? {
    var links = [from]
    for goal in via + [to] {
      guard let leg = search(from: links[links.count - 1], to: goal, type: type, factor: factor, speeds: speeds) else { return nil }
      links += leg.dropFirst()
    }
    return links
  }

  @inline(__always)
  private func time(_ link: Int, type: VehicleType, factor: Double, speeds: UnsafePointer<Double>?) -> Double {
    let own = length[link] / min(limit[link] * factor, type.maxSpeed)
    guard let speeds else { return own }
    return max(own, length[link] / max(speeds[link], 0.001))
  }

  private mutating func search(
    from: LinkID, to: LinkID, type: VehicleType, factor: Double, speeds: UnsafePointer<Double>?
  ) -> [LinkID]? {
    if from == to { return [from] }
    var heap = MinimumHeap()
    var seen: [Int] = [from.index]
    defer {
      for link in seen {
        best[link] = .infinity
        before[link] = -1
      }
    }
    best[from.index] = time(from.index, type: type, factor: factor, speeds: speeds)
    heap.push(best[from.index], from.index)
    while let (cost, link) = heap.pop() {
      if cost > best[link] { continue }
      if link == to.index {
        var way = [to]
        var at = to.index
        while before[at] >= 0 {
          at = Int(before[at])
          way.append(LinkID(at))
        }
        return way.reversed()
      }
      for next in successors[link] where next.permissions.admits(type.vehicleClass) {
        var total = cost + next.penalty
        for k in Int(next.first)..<Int(next.last) { total += time(Int(inner[k]), type: type, factor: factor, speeds: speeds) }
        total += time(Int(next.link), type: type, factor: factor, speeds: speeds)
        if total < best[Int(next.link)] {
          if best[Int(next.link)] == .infinity { seen.append(Int(next.link)) }
          best[Int(next.link)] = total
          before[Int(next.link)] = Int32(link)
          heap.push(total, Int(next.link))
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
        let left = 2 * k + 1, right = left + 1
        if left < items.count, before(items[left], items[smallest]) { smallest = left }
        if right < items.count, before(items[right], items[smallest]) { smallest = right }
        if smallest == k { break }
        items.swapAt(k, smallest)
        k = smallest
      }
    }
    return top
  }
}
