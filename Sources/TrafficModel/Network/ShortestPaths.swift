/// Quickest ways through an empty network, link by link.
///
/// A link costs its length over its speed limit; a movement that gives way where no signal rules costs a moment more. Trees are
/// grown from the destination and kept, since many travellers share one.
public struct ShortestPaths: Sendable {
  /// What a movement that gives way costs [s].
  public static let minorPenalty = 1.5

  private let network: RoadNetwork
  private let vehicleClass: VehicleClassSet
  /// Movements into each link.
  private let into: [[Int]]
  private let linkCost: [Double]
  private let movementCost: [Double]
  private var next: [LinkID: [Int32]] = [:]

  /// - Parameter vehicleClass: who travels; only lanes and connections it may use count.
  public init(_ network: RoadNetwork, vehicleClass: VehicleClassSet = .passenger) {
    self.network = network
    self.vehicleClass = vehicleClass
    var into = [[Int]](repeating: [], count: network.links.count)
    var movementCost: [Double] = []
    for movement in network.movements {
      let usable = movement.connections.filter { c in
        network[network[c].fromLane].permissions.admits(vehicleClass) && network[network[c].toLane].permissions.admits(vehicleClass)
      }
      if !usable.isEmpty { into[movement.to.index].append(movement.id.index) }
      let minor = usable.allSatisfy { c in
        let p = network[c].priority
        return p == .minor || p == .stop || p == .allWayStop
      }
      movementCost.append(minor ? Self.minorPenalty : 0)
    }
    self.into = into
    self.movementCost = movementCost
    linkCost = network.links.map { link in
      let speed = link.lanes.reduce(0.0) { max($0, network[$1].speedLimit) }
      return speed > 0 ? network.length(link.id) / speed : .infinity
    }
  }

  /// Free-flow time of a link [s].
  public func cost(_ link: LinkID) -> Double { linkCost[link.index] }

  /// Links from `from` to `to`, both included, through `via` in order; nil where there is no way.
  public mutating func path(from: LinkID, to: LinkID, via: [LinkID] = []) -> [LinkID]? {
    var links = [from]
    var here = from
    for goal in via + [to] {
      let tree = tree(to: goal)
      while here != goal {
        let step = tree[here.index]
        guard step >= 0 else { return nil }
        here = network.movements[Int(step)].to
        links.append(here)
      }
    }
    return links
  }

  /// For each link the movement to take towards `goal`, -1 where there is none.
  private mutating func tree(to goal: LinkID) -> [Int32] {
    if let known = next[goal] { return known }
    var step = [Int32](repeating: -1, count: network.links.count)
    var cost = [Double](repeating: .infinity, count: network.links.count)
    var heap = BinaryHeap()
    cost[goal.index] = 0
    heap.push(0, goal.index)
    while let (c, link) = heap.pop() {
      guard c <= cost[link] else { continue }
      for m in into[link] {
        let from = network.movements[m].from.index
        let reach = c + linkCost[link] + movementCost[m]
        if reach < cost[from] {
          cost[from] = reach
          step[from] = Int32(m)
          heap.push(reach, from)
        }
      }
    }
    next[goal] = step
    return step
  }
}

/// A priority queue of (cost, index), equal costs by index so that ties break the same way everywhere.
private struct BinaryHeap {
  private var items: [(cost: Double, index: Int)] = []

  mutating func push(_ cost: Double, _ index: Int) {
    items.append((cost, index))
    var i = items.count - 1
    while i > 0, items[i] < items[(i - 1) / 2] {
      items.swapAt(i, (i - 1) / 2)
      i = (i - 1) / 2
    }
  }

  mutating func pop() -> (Double, Int)? {
    guard let top = items.first, let last = items.popLast() else { return nil }
    guard !items.isEmpty else { return top }
    items[0] = last
    var i = 0
    while true {
      var least = i
      for child in [2 * i + 1, 2 * i + 2] where child < items.count && items[child] < items[least] { least = child }
      guard least != i else { return top }
      items.swapAt(i, least)
      i = least
    }
  }
}
