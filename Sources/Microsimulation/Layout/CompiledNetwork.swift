import TrafficModel

/// A road network laid out for running: flat columns by lane, by connection and by conflict, built once from a ``RoadNetwork``.
///
/// Lanes keep the indices of `RoadNetwork.lanes`. Connections are renumbered so that those leaving one lane are neighbours; see
/// ``connection(of:)``. Nothing here changes while the simulation runs except the indication each connection shows, which the simulation
/// keeps beside its own state.
final class CompiledNetwork: Sendable {
  let arena: Arena
  let laneCount: Int
  let edgeCount: Int
  let connectionCount: Int
  let nodeCount: Int
  /// Largest number of lanes side by side.
  let widestEdge: Int

  // By lane.
  nonisolated(unsafe) let laneLength: UnsafeMutablePointer<Double>
  nonisolated(unsafe) let laneSpeed: UnsafeMutablePointer<Double>
  nonisolated(unsafe) let laneWidth: UnsafeMutablePointer<Double>
  nonisolated(unsafe) let laneStopOffset: UnsafeMutablePointer<Double>
  nonisolated(unsafe) let laneEdge: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let laneIndex: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let laneInternal: UnsafeMutablePointer<Bool>
  nonisolated(unsafe) let lanePermissions: UnsafeMutablePointer<UInt64>
  nonisolated(unsafe) let laneChangeLeft: UnsafeMutablePointer<UInt64>
  nonisolated(unsafe) let laneChangeRight: UnsafeMutablePointer<UInt64>
  nonisolated(unsafe) let laneAcceleration: UnsafeMutablePointer<Bool>
  /// Connections that leave lane `l` are `outBegin[l] ..< outBegin[l + 1]`.
  nonisolated(unsafe) let outBegin: UnsafeMutablePointer<Int32>
  /// Lanes from which lane `l` is entered directly, and the connections used: `inBegin[l] ..< inBegin[l + 1]`.
  nonisolated(unsafe) let inBegin: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let inLane: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let inConnection: UnsafeMutablePointer<Int32>
  /// For a lane inside a junction: the node, else -1.
  nonisolated(unsafe) let laneNode: UnsafeMutablePointer<Int32>
  /// For a lane inside a junction: the lane the movement came from outside; for others the lane itself.
  nonisolated(unsafe) let laneOrigin: UnsafeMutablePointer<Int32>
  /// The lane entered from directly, where that is unique or straightest; -1 where there is none.
  nonisolated(unsafe) let lanePredecessor: UnsafeMutablePointer<Int32>
  /// For a lane inside a junction: the connection by which the junction was entered; else -1.
  nonisolated(unsafe) let laneEntry: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let laneRoundabout: UnsafeMutablePointer<Bool>

  // By edge (a link of the road network).
  nonisolated(unsafe) let edgeFirstLane: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let edgeLaneCount: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let edgeInternal: UnsafeMutablePointer<Bool>
  nonisolated(unsafe) let edgeLength: UnsafeMutablePointer<Double>
  nonisolated(unsafe) let edgeTo: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let edgeFrom: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let edgeRoundabout: UnsafeMutablePointer<Bool>
  let hasRoundabouts: Bool
  /// More than one edge in and one out meet where the edge ends.
  nonisolated(unsafe) let edgeBranches: UnsafeMutablePointer<Bool>
  /// Nothing enters or leaves by this edge's far end: traffic there leaves the network.
  nonisolated(unsafe) let edgeFringe: UnsafeMutablePointer<Bool>

  // By connection.
  nonisolated(unsafe) let connectionFrom: UnsafeMutablePointer<Int32>
  /// The lane outside the junction this connection finally leads to.
  nonisolated(unsafe) let connectionTo: UnsafeMutablePointer<Int32>
  /// The lane inside the junction it passes first, or -1.
  nonisolated(unsafe) let connectionVia: UnsafeMutablePointer<Int32>
  /// `via` where there is one, else `to`.
  nonisolated(unsafe) let connectionNext: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let connectionTurn: UnsafeMutablePointer<UInt8>
  /// What it shows when no signal rules it, as SUMO's character.
  nonisolated(unsafe) let connectionOffState: UnsafeMutablePointer<UInt8>
  nonisolated(unsafe) let connectionLength: UnsafeMutablePointer<Double>
  nonisolated(unsafe) let connectionVisibility: UnsafeMutablePointer<Double>
  nonisolated(unsafe) let connectionKeepClear: UnsafeMutablePointer<Bool>
  nonisolated(unsafe) let connectionHasFoes: UnsafeMutablePointer<Bool>
  /// A vehicle may enter and wait inside the junction.
  nonisolated(unsafe) let connectionWaitInside: UnsafeMutablePointer<Bool>
  /// The lane inside the junction it starts from, or -1.
  nonisolated(unsafe) let connectionInside: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let connectionNode: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let connectionRow: UnsafeMutablePointer<Int32>
  /// The connection by which the junction of this one was entered (itself where it starts outside).
  nonisolated(unsafe) let connectionEntry: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let connectionSignalized: UnsafeMutablePointer<Bool>
  /// Some other connection must look out for vehicles that approach this one.
  nonisolated(unsafe) let connectionWatched: UnsafeMutablePointer<Bool>
  /// It links the two inner lanes of a turn that waits inside.
  nonisolated(unsafe) let connectionMiddle: UnsafeMutablePointer<Bool>
  /// It leaves the junction, and its movement waited inside.
  nonisolated(unsafe) let connectionAfterMiddle: UnsafeMutablePointer<Bool>
  /// Curve radius [m] for the swept path of long vehicles; infinity where it does not matter.
  nonisolated(unsafe) let connectionRadius: UnsafeMutablePointer<Double>
  /// Connections this one yields to: `foeBegin[c] ..< foeBegin[c + 1]`.
  nonisolated(unsafe) let foeBegin: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let foeConnection: UnsafeMutablePointer<Int32>
  /// Conflicts with lanes inside the junction: `conflictBegin[c] ..< conflictBegin[c + 1]`.
  nonisolated(unsafe) let conflictBegin: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let conflicts: UnsafeMutablePointer<LaneConflict>

  /// Bit matrix of who yields to whom, by node and row.
  nonisolated(unsafe) let nodeRowBegin: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let nodeRowWords: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let yieldWords: UnsafeMutablePointer<UInt64>

  /// Road-network connection of each compiled one, and back.
  let sourceConnection: [ConnectionID]
  let compiledConnection: [Int32]
  /// Compiled connections each index of each signal rules.
  let signalConnections: [[[Int32]]]

  init(_ network: RoadNetwork) {
    let draft = NetworkDraft(network)
    arena = Arena()
    laneCount = network.lanes.count
    edgeCount = network.links.count
    connectionCount = draft.connections.count
    nodeCount = network.nodes.count
    widestEdge = network.links.map(\.lanes.count).max() ?? 1
    let lanes = network.lanes
    laneLength = arena.column(lanes.map(\.length))
    laneSpeed = arena.column(lanes.map(\.speedLimit))
    laneWidth = arena.column(lanes.map(\.width))
    laneStopOffset = arena.column(lanes.map(\.stopOffset))
    laneEdge = arena.column(lanes.map { $0.link.rawValue })
    laneIndex = arena.column(lanes.map { Int32($0.position) })
    laneInternal = arena.column(lanes.map { network[$0.link].function == .internal })
    lanePermissions = arena.column(lanes.map { $0.permissions.rawValue })
    laneChangeLeft = arena.column(lanes.map { $0.changeLeft.rawValue })
    laneChangeRight = arena.column(lanes.map { $0.changeRight.rawValue })
    laneAcceleration = arena.column(lanes.map(\.isAcceleration))
    outBegin = arena.column(draft.outBegin)
    inBegin = arena.column(draft.inBegin)
    inLane = arena.column(draft.inLane)
    inConnection = arena.column(draft.inConnection)
    laneNode = arena.column(draft.laneNode)
    laneOrigin = arena.column(draft.laneOrigin)
    lanePredecessor = arena.column(draft.lanePredecessor)
    laneEntry = arena.column(draft.laneEntry)
    laneRoundabout = arena.column(lanes.map { draft.edgeRoundabout[$0.link.index] })

    let links = network.links
    edgeFirstLane = arena.column(links.map { $0.lanes.first?.rawValue ?? 0 })
    edgeLaneCount = arena.column(links.map { Int32($0.lanes.count) })
    edgeInternal = arena.column(links.map { $0.function == .internal })
    edgeLength = arena.column(links.map { $0.lanes.first.map { network[$0].length } ?? 0 })
    edgeTo = arena.column(links.map { $0.to.rawValue })
    edgeFrom = arena.column(links.map { $0.from.rawValue })
    edgeRoundabout = arena.column(draft.edgeRoundabout)
    hasRoundabouts = links.contains { $0.function == .normal && draft.edgeRoundabout[$0.id.index] }
    var degree = [Int](repeating: 0, count: network.nodes.count)
    for link in links where link.function == .normal {
      degree[link.from.index] += 1
      degree[link.to.index] += 1
    }
    edgeBranches = arena.column(links.map { degree[$0.to.index] > 2 })
    edgeFringe = arena.column(links.map { link in link.lanes.allSatisfy { draft.out($0.index).isEmpty } })

    let compiled = draft.connections
    connectionFrom = arena.column(compiled.map(\.from))
    connectionTo = arena.column(compiled.map(\.to))
    connectionVia = arena.column(compiled.map(\.via))
    connectionNext = arena.column(compiled.map { $0.via >= 0 ? $0.via : $0.to })
    connectionTurn = arena.column(compiled.map(\.turn))
    connectionOffState = arena.column(compiled.map(\.state))
    connectionLength = arena.column(compiled.map(\.length))
    connectionVisibility = arena.column(compiled.map(\.visibility))
    connectionKeepClear = arena.column(compiled.map(\.keepClear))
    connectionHasFoes = arena.column(compiled.map(\.hasFoes))
    connectionWaitInside = arena.column(compiled.map(\.waitInside))
    connectionInside = arena.column(compiled.map(\.inside))
    connectionNode = arena.column(compiled.map(\.node))
    connectionRow = arena.column(compiled.map(\.row))
    connectionEntry = arena.column(compiled.map(\.entry))
    connectionSignalized = arena.column(compiled.map(\.signalized))
    connectionWatched = arena.column(compiled.map(\.watched))
    connectionMiddle = arena.column(compiled.map { $0.inside >= 0 && $0.via >= 0 })
    connectionAfterMiddle = arena.column(compiled.map(\.afterMiddle))
    connectionRadius = arena.column(compiled.map(\.radius))
    var foes: [Int32] = []
    var foeStarts: [Int32] = [0]
    var conflictList: [LaneConflict] = []
    var conflictStarts: [Int32] = [0]
    for connection in compiled {
      foes += connection.foes
      foeStarts.append(Int32(foes.count))
      conflictList += connection.conflicts
      conflictStarts.append(Int32(conflictList.count))
    }
    foeBegin = arena.column(foeStarts)
    foeConnection = arena.column(foes)
    conflictBegin = arena.column(conflictStarts)
    conflicts = arena.column(conflictList)

    var rowBegin: [Int32] = []
    var rowWords: [Int32] = []
    var words: [UInt64] = []
    for node in network.nodes {
      rowBegin.append(Int32(words.count))
      let width = (node.rightOfWay.count + 63) / 64
      rowWords.append(Int32(width))
      for row in node.rightOfWay {
        for k in 0..<width { words.append(k < row.yieldsTo.words.count ? row.yieldsTo.words[k] : 0) }
      }
    }
    nodeRowBegin = arena.column(rowBegin)
    nodeRowWords = arena.column(rowWords)
    yieldWords = arena.column(words)
    sourceConnection = draft.source
    compiledConnection = draft.compiled
    signalConnections = draft.signalConnections
  }

  /// Whether row `row` of `node` yields to row `foe`.
  @inline(__always)
  func yields(node: Int32, row: Int32, to foe: Int32) -> Bool {
    let width = nodeRowWords[Int(node)]
    guard row >= 0, foe >= 0, foe < width &* 64 else { return false }
    let word = yieldWords[Int(nodeRowBegin[Int(node)] &+ row &* width &+ (foe >> 6))]
    return word & (1 << UInt64(foe & 63)) != 0
  }

  /// The compiled index of a connection of the road network.
  func connection(of id: ConnectionID) -> Int { Int(compiledConnection[id.index]) }

  /// Speed a type with this maximum and a driver with this factor aims at on a lane [m/s].
  @inline(__always)
  func desiredSpeed(lane: Int, factor: Double, maximum: Double) -> Double {
    min(laneSpeed[lane] * factor, maximum)
  }

  @inline(__always)
  func admits(lane: Int, class bit: UInt64) -> Bool { bit == 0 || lanePermissions[lane] & bit != 0 }
}

/// The conflict of a path leaving a junction's inner lane with another inner lane.
struct LaneConflict: BitwiseCopyable {
  /// The other inner lane.
  var lane: Int32
  /// The connection that leaves it.
  var exit: Int32
  /// Length of our inner lane behind the conflict point [m].
  var behind: Double
  /// Length of theirs [m].
  var behindFoe: Double
  /// Extent of the conflict along our lane and theirs [m].
  var extent: Double
  var extentFoe: Double
  var sameTarget: Bool
  var sameSource: Bool
  /// The foe's lane ends at a waiting point inside the junction.
  var foeWaits: Bool
  /// The foe's path leaves a waiting point.
  var foeIsMiddle: Bool

  /// The value that stands for "the paths do not meet".
  static let none = 10_000.0
}

/// How a connection's turn is coded in the columns.
enum TurnCode {
  static let straight: UInt8 = 0, right: UInt8 = 1, left: UInt8 = 2, uTurn: UInt8 = 3, slightRight: UInt8 = 4, slightLeft: UInt8 = 5

  static func code(_ turn: Turn) -> UInt8 {
    switch turn {
    case .straight, .invalid: straight
    case .right: right
    case .left: left
    case .uTurn, .uTurnRight: uTurn
    case .slightRight: slightRight
    case .slightLeft: slightLeft
    }
  }
}
