/// How each edge leads to each edge that follows it, told lane by lane once and for all.
struct EdgeTransitions: @unchecked Sendable {
  /// Transitions of edge `e`: `begin[e] ..< begin[e + 1]`.
  private let begin: UnsafeMutablePointer<Int32>
  private let next: UnsafeMutablePointer<Int32>
  /// Where the lanes of the transition begin in `listBegin`.
  private let lanes: UnsafeMutablePointer<Int32>
  private let listBegin: UnsafeMutablePointer<Int32>
  /// Connections lane by lane, in the order in which they leave it.
  let connection: UnsafeMutablePointer<Int32>
  /// Bit m: lane m of the next edge is reached from some lane.
  private let reached: UnsafeMutablePointer<UInt64>
  /// Classes that may use all lanes of the edge; of the transition, with all lanes it leads by and to.
  private let edgePermits: UnsafeMutablePointer<UInt64>
  private let permits: UnsafeMutablePointer<UInt64>
  /// Lanes of an edge have a bit each.
  private let fits: Bool

  init(_ network: CompiledNetwork, arena: Arena) {
    fits = network.widestEdge <= 64
    var begin: [Int32] = [0]
    var next: [Int32] = []
    var lanes: [Int32] = []
    var listBegin: [Int32] = []
    var connection: [Int32] = []
    var reached: [UInt64] = []
    var permits: [UInt64] = []
    var edgePermits: [UInt64] = []
    for edge in 0..<network.edgeCount {
      let first = Int(network.edgeFirstLane[edge])
      let own = first..<(first + Int(network.edgeLaneCount[edge]))
      let all = own.reduce(UInt64.max) { $0 & network.lanePermissions[$1] }
      edgePermits.append(all)
      var targets: [Int32] = []
      for l in own {
        for c in Int(network.outBegin[l])..<Int(network.outBegin[l + 1]) {
          let target = network.laneEdge[Int(network.connectionTo[c])]
          if !targets.contains(target) { targets.append(target) }
        }
      }
      for target in targets {
        next.append(target)
        lanes.append(Int32(listBegin.count))
        var mask: UInt64 = 0
        var classes = all
        for l in own {
          listBegin.append(Int32(connection.count))
          for c in Int(network.outBegin[l])..<Int(network.outBegin[l + 1]) {
            let to = Int(network.connectionTo[c])
            guard network.laneEdge[to] == target else { continue }
            connection.append(Int32(c))
            mask |= 1 << UInt64(to - Int(network.edgeFirstLane[Int(target)]))
            classes &= network.lanePermissions[to] & network.lanePermissions[Int(network.connectionNext[c])]
          }
        }
        listBegin.append(Int32(connection.count))
        reached.append(mask)
        permits.append(classes)
      }
      begin.append(Int32(next.count))
    }
    self.begin = arena.column(begin)
    self.next = arena.column(next)
    self.lanes = arena.column(lanes)
    self.listBegin = arena.column(listBegin)
    self.connection = arena.column(connection)
    self.reached = arena.column(reached)
    self.permits = arena.column(permits)
    self.edgePermits = arena.column(edgePermits)
  }

  /// The transition from one edge to another if a class may use all of its lanes; -1 where it may not, or where there is none.
  @inline(__always)
  func find(from edge: Int, to target: Int32, class bit: UInt64) -> Int {
    guard fits else { return -1 }
    var k = Int(begin[edge])
    let end = Int(begin[edge + 1])
    while k < end {
      if next[k] == target { return permits[k] & bit == bit ? k : -1 }
      k += 1
    }
    return -1
  }

  @inline(__always)
  func permitsAll(edge: Int, class bit: UInt64) -> Bool { edgePermits[edge] & bit == bit }

  /// Connections of lane `i` by transition `k`, as indices of `connection`.
  @inline(__always)
  func list(_ k: Int, lane i: Int) -> Range<Int> {
    let at = Int(lanes[k]) &+ i
    return Int(listBegin[at])..<Int(listBegin[at &+ 1])
  }

  @inline(__always)
  func isReached(_ k: Int, lane m: Int) -> Bool { reached[k] & (1 << UInt64(m)) != 0 }
}
