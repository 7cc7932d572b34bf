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

  private nonisolated(unsafe) let laneRecords: UnsafeMutableRawPointer
  private nonisolated(unsafe) let connectionRecords: UnsafeMutableRawPointer

  // The numbers are places within the records, in the order in which the initializer fills them.

  // By lane.
  @inline(__always) var laneLength: RecordField<Double, LaneRecord> { RecordField(first: laneRecords + 0) }
  @inline(__always) var laneSpeed: RecordField<Double, LaneRecord> { RecordField(first: laneRecords + 8) }
  nonisolated(unsafe) let laneWidth: UnsafeMutablePointer<Double>
  @inline(__always) var laneStopOffset: RecordField<Double, LaneRecord> { RecordField(first: laneRecords + 16) }
  @inline(__always) var laneEdge: RecordField<Int32, LaneRecord> { RecordField(first: laneRecords + 24) }
  @inline(__always) var laneIndex: RecordField<Int32, LaneRecord> { RecordField(first: laneRecords + 28) }
  @inline(__always) var laneInternal: RecordField<Bool, LaneRecord> { RecordField(first: laneRecords + 56) }
  nonisolated(unsafe) let lanePermissions: UnsafeMutablePointer<UInt64>
  nonisolated(unsafe) let laneChangeLeft: UnsafeMutablePointer<UInt64>
  nonisolated(unsafe) let laneChangeRight: UnsafeMutablePointer<UInt64>
  @inline(__always) var laneAcceleration: RecordField<Bool, LaneRecord> { RecordField(first: laneRecords + 58) }
  /// Connections that leave lane `l` are `outBegin[l] ..< outBegin[l + 1]`.
  @inline(__always) var outBegin: RecordField<Int32, LaneRecord> { RecordField(first: laneRecords + 36) }
  /// Lanes from which lane `l` is entered directly, and the connections used: `inBegin[l] ..< inBegin[l + 1]`.
  @inline(__always) var inBegin: RecordField<Int32, LaneRecord> { RecordField(first: laneRecords + 40) }
  nonisolated(unsafe) let inLane: UnsafeMutablePointer<Int32>
  nonisolated(unsafe) let inConnection: UnsafeMutablePointer<Int32>
  /// For a lane inside a junction: the node, else -1.
  @inline(__always) var laneNode: RecordField<Int32, LaneRecord> { RecordField(first: laneRecords + 32) }
  /// For a lane inside a junction: the lane the movement came from outside; for others the lane itself.
  @inline(__always) var laneOrigin: RecordField<Int32, LaneRecord> { RecordField(first: laneRecords + 44) }
  /// The lane entered from directly, where that is unique or straightest; -1 where there is none.
  @inline(__always) var lanePredecessor: RecordField<Int32, LaneRecord> { RecordField(first: laneRecords + 48) }
  /// For a lane inside a junction: the connection by which the junction was entered; else -1.
  @inline(__always) var laneEntry: RecordField<Int32, LaneRecord> { RecordField(first: laneRecords + 52) }
  @inline(__always) var laneRoundabout: RecordField<Bool, LaneRecord> { RecordField(first: laneRecords + 57) }

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
  @inline(__always) var connectionFrom: RecordField<Int32, ConnectionRecord> { RecordField(first: connectionRecords + 16) }
  /// The lane outside the junction this connection finally leads to.
  @inline(__always) var connectionTo: RecordField<Int32, ConnectionRecord> { RecordField(first: connectionRecords + 20) }
  /// The lane inside the junction it passes first, or -1.
  @inline(__always) var connectionVia: RecordField<Int32, ConnectionRecord> { RecordField(first: connectionRecords + 24) }
  /// `via` where there is one, else `to`.
  @inline(__always) var connectionNext: RecordField<Int32, ConnectionRecord> { RecordField(first: connectionRecords + 28) }
  @inline(__always) var connectionTurn: RecordField<UInt8, ConnectionRecord> { RecordField(first: connectionRecords + 58) }
  /// What it shows when no signal rules it, as SUMO's character.
  @inline(__always) var connectionOffState: RecordField<UInt8, ConnectionRecord> { RecordField(first: connectionRecords + 59) }
  @inline(__always) var connectionLength: RecordField<Double, ConnectionRecord> { RecordField(first: connectionRecords + 0) }
  @inline(__always) var connectionVisibility: RecordField<Double, ConnectionRecord> { RecordField(first: connectionRecords + 8) }
  @inline(__always) var connectionKeepClear: RecordField<Bool, ConnectionRecord> { RecordField(first: connectionRecords + 52) }
  @inline(__always) var connectionHasFoes: RecordField<Bool, ConnectionRecord> { RecordField(first: connectionRecords + 53) }
  /// A vehicle may enter and wait inside the junction.
  @inline(__always) var connectionWaitInside: RecordField<Bool, ConnectionRecord> { RecordField(first: connectionRecords + 54) }
  /// The lane inside the junction it starts from, or -1.
  @inline(__always) var connectionInside: RecordField<Int32, ConnectionRecord> { RecordField(first: connectionRecords + 32) }
  @inline(__always) var connectionNode: RecordField<Int32, ConnectionRecord> { RecordField(first: connectionRecords + 36) }
  nonisolated(unsafe) let connectionRow: UnsafeMutablePointer<Int32>
  /// The connection by which the junction of this one was entered (itself where it starts outside).
  @inline(__always) var connectionEntry: RecordField<Int32, ConnectionRecord> { RecordField(first: connectionRecords + 40) }
  @inline(__always) var connectionSignalized: RecordField<Bool, ConnectionRecord> { RecordField(first: connectionRecords + 57) }
  /// Some other connection must look out for vehicles that approach this one.
  @inline(__always) var connectionWatched: RecordField<Bool, ConnectionRecord> { RecordField(first: connectionRecords + 55) }
  /// It links the two inner lanes of a turn that waits inside.
  @inline(__always) var connectionMiddle: RecordField<Bool, ConnectionRecord> { RecordField(first: connectionRecords + 56) }
  /// It leaves the junction, and its movement waited inside.
  nonisolated(unsafe) let connectionAfterMiddle: UnsafeMutablePointer<Bool>
  /// Curve radius [m] for the swept path of long vehicles; infinity where it does not matter.
  nonisolated(unsafe) let connectionRadius: UnsafeMutablePointer<Double>
  /// Connections this one yields to: `foeBegin[c] ..< foeBegin[c + 1]`.
  @inline(__always) var foeBegin: RecordField<Int32, ConnectionRecord> { RecordField(first: connectionRecords + 44) }
  nonisolated(unsafe) let foeConnection: UnsafeMutablePointer<Int32>
  /// Conflicts with lanes inside the junction: `conflictBegin[c] ..< conflictBegin[c + 1]`.
  @inline(__always) var conflictBegin: RecordField<Int32, ConnectionRecord> { RecordField(first: connectionRecords + 48) }
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
  /// The same, one pair each, where there is a connection.
  let signalPairs: [[SignalPair]]

  init(_ network: RoadNetwork) {
    let draft = NetworkDraft(network)
    arena = Arena()
    laneCount = network.lanes.count
    edgeCount = network.links.count
    connectionCount = draft.connections.count
    nodeCount = network.nodes.count
    widestEdge = network.links.map(\.lanes.count).max() ?? 1
    let lanes = network.lanes
    var laneRecord = RecordFields<LaneRecord>(arena, count: lanes.count + 1)
    laneRecords = laneRecord.base
    _ = laneRecord.field(lanes.map(\.length))
    _ = laneRecord.field(lanes.map(\.speedLimit))
    _ = laneRecord.field(lanes.map(\.stopOffset))
    _ = laneRecord.field(lanes.map { $0.link.rawValue })
    _ = laneRecord.field(lanes.map { Int32($0.position) })
    _ = laneRecord.field(draft.laneNode)
    _ = laneRecord.field(draft.outBegin)
    _ = laneRecord.field(draft.inBegin)
    _ = laneRecord.field(draft.laneOrigin)
    _ = laneRecord.field(draft.lanePredecessor)
    _ = laneRecord.field(draft.laneEntry)
    _ = laneRecord.field(lanes.map { network[$0.link].function == .internal })
    _ = laneRecord.field(lanes.map { draft.edgeRoundabout[$0.link.index] })
    _ = laneRecord.field(lanes.map(\.isAcceleration))
    laneWidth = arena.column(lanes.map(\.width))
    lanePermissions = arena.column(lanes.map { $0.permissions.rawValue })
    laneChangeLeft = arena.column(lanes.map { $0.changeLeft.rawValue })
    laneChangeRight = arena.column(lanes.map { $0.changeRight.rawValue })
    inLane = arena.column(draft.inLane)
    inConnection = arena.column(draft.inConnection)

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
    var record = RecordFields<ConnectionRecord>(arena, count: compiled.count + 1)
    connectionRecords = record.base
    _ = record.field(compiled.map(\.length))
    _ = record.field(compiled.map(\.visibility))
    _ = record.field(compiled.map(\.from))
    _ = record.field(compiled.map(\.to))
    _ = record.field(compiled.map(\.via))
    _ = record.field(compiled.map { $0.via >= 0 ? $0.via : $0.to })
    _ = record.field(compiled.map(\.inside))
    _ = record.field(compiled.map(\.node))
    _ = record.field(compiled.map(\.entry))
    let foeBegin = record.field(Int32.self)
    let conflictBegin = record.field(Int32.self)
    _ = record.field(compiled.map(\.keepClear))
    _ = record.field(compiled.map(\.hasFoes))
    _ = record.field(compiled.map(\.waitInside))
    _ = record.field(compiled.map(\.watched))
    _ = record.field(compiled.map { $0.inside >= 0 && $0.via >= 0 })
    _ = record.field(compiled.map(\.signalized))
    _ = record.field(compiled.map(\.turn))
    _ = record.field(compiled.map(\.state))
    connectionRow = arena.column(compiled.map(\.row))
    connectionAfterMiddle = arena.column(compiled.map(\.afterMiddle))
    connectionRadius = arena.column(compiled.map(\.radius))
    var foes: [Int32] = []
    var conflictList: [LaneConflict] = []
    for (c, connection) in compiled.enumerated() {
      foes += connection.foes
      conflictList += connection.conflicts
      foeBegin[c + 1] = Int32(foes.count)
      conflictBegin[c + 1] = Int32(conflictList.count)
    }
    foeConnection = arena.column(foes)
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
    signalPairs = draft.signalConnections.map { links in
      links.enumerated().flatMap { link, list in list.filter { $0 >= 0 }.map { SignalPair(link: Int32(link), connection: $0) } }
    }
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

/// A link of a signal and a connection it rules.
struct SignalPair: Sendable, BitwiseCopyable {
  var link: Int32
  var connection: Int32
}

/// What a step reads of a lane: one cache line.
enum LaneRecord: RecordLayout {
  @inline(__always) static var stride: Int { 64 }
}

/// What a step reads of a connection: one cache line.
enum ConnectionRecord: RecordLayout {
  @inline(__always) static var stride: Int { 64 }
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
