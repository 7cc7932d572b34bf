import TrafficFlow
import TrafficModel

/// What a link of a signal permits during a prediction.
package enum Permission {
  package static let red: UInt8 = 0
  package static let permissive: UInt8 = 1
  package static let protected: UInt8 = 2
  package static let stopThenProceed: UInt8 = 3
  package static let yellow: UInt8 = 4

  package static func of(_ indication: Indication) -> UInt8 {
    switch indication {
    case .green, .off: protected
    case .permissiveGreen, .offBlinking: permissive
    case .stopThenProceed: stopThenProceed
    case .yellow: yellow
    case .red, .redYellow: red
    }
  }
}

/// Places of things in a list of their own, -1 for those that are not in it: small where a group uses little of a large network.
package struct LocalIndex: Sendable {
  private var places: [Int: Int] = [:]

  package subscript(_ thing: Int) -> Int {
    get { places[thing] ?? -1 }
    set { places[thing] = newValue }
  }
}

/// Signals that are decided together, with the lanes on which their traffic waits and arrives: one problem of the rolling horizon.
///
/// Lanes and hops are numbered locally, lanes from downstream to upstream, so that one pass in order lets space travel upstream.
package struct SignalGroupLayout: Sendable {
  /// Dense indices of the signals.
  package var signals: [Int] = []
  /// First local link of each signal, and one past the last.
  package var linkStart: [Int] = []
  /// Lanes of the graph in local order.
  package var lanes: [Int] = []
  /// Local lane of each lane of the graph, or -1.
  package var localLane = LocalIndex()
  /// Lanes in which vehicles leave the group: their space counts, their vehicles do not.
  package var sinks: [Int] = []
  package var localSink = LocalIndex()
  package var hops: [Hop] = []
  package var localHop = LocalIndex()
  /// Local hops that a signal of the group rules.
  package var ruledHops: [Int] = []
  /// Local lanes from which ruled hops start, for each signal of the group.
  package var approaches: [[Int]] = []
  /// Position of a local lane among all approach lanes of the group, or -1.
  package var approachIndex: [Int] = []
  package var approachCount = 0
  /// `[lane * approachCount + approach]`: the unruled hop to take toward the approach; -1 none, -2 the lane is the approach.
  package var onward: [Int] = []
  /// `[lane * approachCount + approach]`: the nearest lane of the same link from which the approach is reached, or -1.
  package var lateral: [Int] = []
  /// Local lanes into which a ruled hop of the group leads.
  package var isFed: [Bool] = []
  /// Distance from a lane's end to the stop line [m], the shortest over its approaches.
  package var distanceToStop: [Double] = []

  package struct Hop: Sendable {
    package var graph: Int
    package var from: Int
    /// Local lane, or -1 where it leaves the group.
    package var to: Int
    /// Position among the sinks, or -1.
    package var sink: Int
    /// Position of its signal in the group, or -1.
    package var signal: Int
    /// Local link, or -1.
    package var link: Int
    package var travel: Double
    package var box: Int
    package var yieldsTo: [Int]
    package var foes: [Int]
  }

  package init(_ graph: StreetGraph, signals group: [Int], linkCounts: [Int], range: Double) {
    signals = group
    var start = 0
    for s in group {
      linkStart.append(start)
      start += linkCounts[s]
    }
    linkStart.append(start)
    let member = Set(group)

    // Approach lanes first, then upstream in order of distance; whole links at a time, since vehicles change lanes.
    var distance = [Double](repeating: .infinity, count: graph.laneID.count)
    var frontier: [(lane: Int, distance: Double)] = []
    for (h, hop) in graph.hops.enumerated() where member.contains(hop.signal) {
      _ = h
      if distance[hop.from] > 0 {
        distance[hop.from] = 0
        frontier.append((hop.from, 0))
      }
    }
    var next = 0
    while next < frontier.count {
      let (lane, d) = frontier[next]
      next += 1
      for sibling in graph.lanesOfLink[graph.link[lane]] where distance[sibling] > d {
        distance[sibling] = d
        frontier.append((sibling, d))
      }
      let upstream = d + graph.length[lane]
      guard upstream < range else { continue }
      for h in graph.hopsInto[lane] where graph.hops[h].signal < 0 {
        let from = graph.hops[h].from
        let far = upstream + graph.hops[h].length
        if far < range, distance[from] > far {
          distance[from] = far
          frontier.append((from, far))
        }
      }
    }
    lanes = distance.indices.filter { distance[$0].isFinite }.sorted { (distance[$0], $0) < (distance[$1], $1) }
    for (l, lane) in lanes.enumerated() { localLane[lane] = l }
    distanceToStop = lanes.map { distance[$0] }

    // Hops that leave these lanes, except those ruled by signals of other groups.
    for lane in lanes {
      for h in graph.hopsFrom[lane] where graph.hops[h].signal < 0 || member.contains(graph.hops[h].signal) {
        localHop[h] = hops.count
        let hop = graph.hops[h]
        var sink = -1
        if localLane[hop.to] < 0 {
          if localSink[hop.to] < 0 {
            localSink[hop.to] = sinks.count
            sinks.append(hop.to)
          }
          sink = localSink[hop.to]
        }
        let signal = hop.signal < 0 ? -1 : group.firstIndex(of: hop.signal)!
        if signal >= 0 { ruledHops.append(hops.count) }
        hops.append(
          Hop(
            graph: h, from: localLane[lane], to: localLane[hop.to], sink: sink, signal: signal,
            link: signal < 0 ? -1 : linkStart[signal] + hop.link, travel: hop.travel, box: hop.box, yieldsTo: hop.yieldsTo,
            foes: hop.foes))
      }
    }
    for h in hops.indices {
      hops[h].yieldsTo = hops[h].yieldsTo.map { localHop[$0] }.filter { $0 >= 0 }
      hops[h].foes = hops[h].foes.map { localHop[$0] }.filter { $0 >= 0 }
    }

    isFed = [Bool](repeating: false, count: lanes.count)
    for h in ruledHops where hops[h].to >= 0 { isFed[hops[h].to] = true }
    approachIndex = [Int](repeating: -1, count: lanes.count)
    approaches = [[Int]](repeating: [], count: group.count)
    for h in ruledHops {
      let lane = hops[h].from
      if approachIndex[lane] < 0 {
        approachIndex[lane] = approachCount
        approachCount += 1
      }
      if !approaches[hops[h].signal].contains(lane) { approaches[hops[h].signal].append(lane) }
    }
    routeTables(graph)
  }

  /// Breadth first from each approach lane backward over unruled hops.
  private mutating func routeTables(_ graph: StreetGraph) {
    onward = [Int](repeating: -1, count: lanes.count * approachCount)
    lateral = onward
    for lane in lanes.indices where approachIndex[lane] >= 0 {
      let a = approachIndex[lane]
      onward[lane * approachCount + a] = -2
      var queue = [lane]
      var next = 0
      while next < queue.count {
        let reached = queue[next]
        next += 1
        let siblings = graph.lanesOfLink[graph.link[lanes[reached]]].map { localLane[$0] }.filter { $0 >= 0 }
        for sibling in siblings where onward[sibling * approachCount + a] == -1 && lateral[sibling * approachCount + a] == -1 {
          lateral[sibling * approachCount + a] = reached
          if !queue.contains(sibling) { queue.append(sibling) }
        }
        let direct = onward[reached * approachCount + a] != -1
        guard direct else { continue }
        for h in graph.hopsInto[lanes[reached]] where graph.hops[h].signal < 0 && localHop[h] >= 0 {
          let from = hops[localHop[h]].from
          if onward[from * approachCount + a] == -1 {
            onward[from * approachCount + a] = localHop[h]
            queue.append(from)
          }
        }
      }
      // A lane of the link from which the way is direct, the nearest to each that has none.
      for other in lanes.indices where onward[other * approachCount + a] == -1 {
        let siblings = graph.lanesOfLink[graph.link[lanes[other]]]
        let own = siblings.firstIndex(of: lanes[other])!
        var best = -1
        var gap = Int.max
        for (position, sibling) in siblings.enumerated() {
          let local = localLane[sibling]
          guard local >= 0, onward[local * approachCount + a] != -1, abs(position - own) < gap else { continue }
          best = local
          gap = abs(position - own)
        }
        lateral[other * approachCount + a] = best
      }
    }
  }
}
