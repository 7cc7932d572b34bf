/// How the links of one controller meet inside its junctions, read from the network's right-of-way rows.
///
/// Where a link index rules several connections, the pair of indices meets if any pair of their connections does.
public struct SignalRightOfWay: Hashable, Sendable {
  /// Number of link indices.
  public let count: Int
  /// Pairs whose paths cross or merge.
  public private(set) var foes: [BitRow]
  /// `yields[i][j]`: traffic of link i gives way to traffic of link j where both have green.
  public private(set) var yields: [BitRow]

  public init(count: Int) {
    self.count = count
    foes = [BitRow](repeating: BitRow(count: count), count: count)
    yields = foes
  }

  /// Makes i and j foes; `yielding` says who gives way, nil where neither is told to.
  public mutating func meet(_ i: Int, _ j: Int, yielding: Int? = nil) {
    foes[i][j] = true
    foes[j][i] = true
    if let yielding { yields[yielding][yielding == i ? j : i] = true }
  }

  public init(of signal: Signal, in network: RoadNetwork) {
    self.init(count: signal.links.count)
    for i in 0..<count {
      for j in 0..<count where i != j {
        for a in signal.links[i] {
          guard let row = network.rightOfWay(a), let atA = network.nodeCrossed(a) else { continue }
          for b in signal.links[j] {
            guard network.nodeCrossed(b) == atA, let index = network[b].requestIndex else { continue }
            if row.foes[index] {
              foes[i][j] = true
              foes[j][i] = true
            }
            if row.yieldsTo[index] { yields[i][j] = true }
          }
        }
      }
    }
  }

  /// Protected or permissive green for each link of `greens`, red (or `resting`) for the rest.
  ///
  /// A link shows permissive green beside a foe it gives way to, unless the pair is in `bothProtected`: somebody said on the record
  /// that the two may be green together. Of two foes of which neither gives way, the later index is made to.
  public func state(
    greens: [Int], resting: [Indication], bothProtected: (Int, Int) -> Bool = { _, _ in false }
  ) -> SignalState {
    var state = SignalState(resting)
    for i in greens { state[i] = .green }
    for i in greens {
      for j in greens where j != i && foes[i][j] && yields[i][j] && !bothProtected(i, j) { state[i] = .permissiveGreen }
    }
    for i in greens {
      for j in greens where j < i && foes[i][j] && state[i] == .green && state[j] == .green && !bothProtected(i, j) {
        state[i] = .permissiveGreen
      }
    }
    return state
  }
}

extension RoadNetwork {
  /// The node a connection crosses: where its first link ends.
  public func nodeCrossed(_ id: ConnectionID) -> NodeID? {
    links[lanes[connections[id.index].fromLane.index].link.index].to
  }

  /// The connection's right-of-way row at the node it crosses, where the node has one for it.
  public func rightOfWay(_ id: ConnectionID) -> RightOfWay? {
    guard let node = nodeCrossed(id), let index = connections[id.index].requestIndex else { return nil }
    let rows = nodes[node.index].rightOfWay
    return rows.indices.contains(index) ? rows[index] : nil
  }
}
