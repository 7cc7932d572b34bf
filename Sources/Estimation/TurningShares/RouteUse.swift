import Statistics
import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much of a link's through traffic each of its movements carries when everybody drives from where roads enter the network to where
/// they leave it by a way that is short to them: drivers differ in what links cost them, ends attract by their lanes and speed.
///
/// What no such way uses carries little in any demand. How much more of it may be believed differs from town to town, and measured links
/// left out in turn decide it (``FlowEstimator``).
struct RouteUse: Sendable {
  /// For each movement its share of what goes on from its link, or nil where no way uses the link.
  var share: [Double?]
  /// For each link the logarithm of its use, over that of the median link.
  var logUse: [Double]
  /// What is believed of it.
  enum Belief: Sendable, CaseIterable {
    case nothing
    /// Movements that no way uses are rare.
    case plausibility
    /// Shares and flows follow the ways.
    case routes
  }
}

/// - Complexity: at most `FlowEstimationSettings.routeTrees` shortest-path trees.
func routeUse(_ network: FlowNetwork, _ settings: FlowEstimationSettings) -> RouteUse {
  let n = network.linkCount
  let entries = (0..<n).filter { network.isEntry[$0] && !network.outgoing[$0].isEmpty }
  let exits = (0..<n).filter { network.isExit[$0] && !network.incoming[$0].isEmpty }
  guard !entries.isEmpty, !exits.isEmpty else {
    return RouteUse(share: [Double?](repeating: nil, count: network.movementCount), logUse: [Double](repeating: 0, count: n))
  }
  let rounds = min(12, max(1, settings.routeTrees / entries.count))
  // A city has more entries than trees can be afforded: every so many.
  let step = max(1, entries.count * rounds / max(1, settings.routeTrees))
  let attraction = (0..<n).map { network.lanes[$0] * network.speed[$0] }
  let turnTime = (0..<network.movementCount).map { k -> Double in
    let delay: Double
    switch network.turn[k] {
    case .straight: delay = 0
    case .slightRight: delay = 1
    case .right, .slightLeft: delay = 2
    case .left: delay = 5
    case .uTurn, .uTurnRight, .invalid: delay = 40
    }
    return delay + (network.isSignalled[k] ? 5 : 1)
  }
  var carried = [Double](repeating: 0, count: network.movementCount)
  var used = [Double](repeating: 0, count: n)
  for round in 0..<rounds {
    var random = RandomStream(seed: UInt64(round), stream: 41)
    let time = (0..<n).map { network.length[$0] / network.speed[$0] * exp(settings.routeSpread * random.normal()) }
    for entry in stride(from: round % step, to: entries.count, by: step) {
      let origin = entries[entry]
      let tree = ShortestTree(network, from: origin, linkTime: time, turnTime: turnTime)
      var load = [Double](repeating: 0, count: n)
      for exit in exits where exit != origin && tree.last[exit] >= 0 && Int(network.opposite[exit]) != origin {
        load[exit] += attraction[origin] * attraction[exit]
      }
      for link in tree.order.reversed() where link != origin && load[link] > 0 {
        let k = Int(tree.last[link])
        carried[k] += load[link]
        load[Int(network.from[k])] += load[link]
      }
      for link in 0..<n { used[link] += load[link] }
    }
  }
  var total = [Double](repeating: 0, count: n)
  for k in carried.indices { total[Int(network.from[k])] += carried[k] }
  let positive = used.filter { $0 > 0 }.sorted()
  let median = positive.isEmpty ? 1 : positive[positive.count / 2]
  return RouteUse(
    share: carried.indices.map { k in
      let all = total[Int(network.from[k])]
      return all > 0 ? carried[k] / all : nil
    }, logUse: used.map { log($0 / median + 0.05) })
}

/// Fastest ways from one link to all others.
private struct ShortestTree {
  /// The movement by which each link is reached, or -1.
  var last: [Int32]
  /// Links in the order of their distance.
  var order: [Int] = []

  init(_ network: FlowNetwork, from origin: Int, linkTime: [Double], turnTime: [Double]) {
    last = [Int32](repeating: -1, count: network.linkCount)
    var distance = [Double](repeating: .infinity, count: network.linkCount)
    var isDone = [Bool](repeating: false, count: network.linkCount)
    var heap: [(distance: Double, link: Int)] = [(0, origin)]
    distance[origin] = 0
    while let first = heap.first {
      let end = heap.removeLast()
      if !heap.isEmpty {
        heap[0] = end
        var i = 0
        while true {
          var least = i
          for child in [2 * i + 1, 2 * i + 2] where child < heap.count && heap[child] < heap[least] { least = child }
          guard least != i else { break }
          heap.swapAt(i, least)
          i = least
        }
      }
      guard !isDone[first.link] else { continue }
      isDone[first.link] = true
      order.append(first.link)
      for k in network.outgoing[first.link] {
        let to = Int(network.to[Int(k)])
        let reached = first.distance + turnTime[Int(k)] + linkTime[to]
        guard reached < distance[to] - 1e-9 else { continue }
        distance[to] = reached
        last[to] = k
        heap.append((reached, to))
        var i = heap.count - 1
        while i > 0, heap[i] < heap[(i - 1) / 2] {
          heap.swapAt(i, (i - 1) / 2)
          i = (i - 1) / 2
        }
      }
    }
  }
}
