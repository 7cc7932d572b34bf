/// A city's streets: the human-friendly form, which readers build and every other part derives its own compact form from.
///
/// Tables are dense and indexed by the typed ids: `network.links[id.index]`, or `network[id]`. Names are kept for output.
/// Links inside junctions, crossings and walking areas are links too, told apart by ``Link/function``.
public struct RoadNetwork: Sendable {
  public var nodes: [Node] = []
  public var links: [Link] = []
  public var lanes: [Lane] = []
  public var connections: [LaneConnection] = []
  public var movements: [Movement] = []
  public var signals: [Signal] = []

  public var nodeNames = NameTable<Node>()
  public var linkNames = NameTable<Link>()
  public var laneNames = NameTable<Lane>()
  public var signalNames = NameTable<Signal>()

  /// Where the plane lies on the globe, where the source says so.
  public var location: GeoReference?
  public var drivesOnLeft = false
  /// Connections that leave each lane, in the source's order; same shape as `lanes`.
  public var connectionsFrom: [[ConnectionID]] = []
  /// Connections that enter each lane, internal ones included; same shape as `lanes`.
  public var connectionsInto: [[ConnectionID]] = []
  /// What the source contains that nobody simulates yet, counted by kind: told in one warning, never dropped in silence.
  public var recognizedOnly: [String: Int] = [:]

  public init() {}

  public subscript(_ id: NodeID) -> Node { nodes[id.index] }
  public subscript(_ id: LinkID) -> Link { links[id.index] }
  public subscript(_ id: LaneID) -> Lane { lanes[id.index] }
  public subscript(_ id: ConnectionID) -> LaneConnection { connections[id.index] }
  public subscript(_ id: MovementID) -> Movement { movements[id.index] }
  public subscript(_ id: SignalID) -> Signal { signals[id.index] }

  public func name(_ id: NodeID) -> String { nodeNames[id] }
  public func name(_ id: LinkID) -> String { linkNames[id] }
  public func name(_ id: LaneID) -> String { laneNames[id] }
  public func name(_ id: SignalID) -> String { signalNames[id] }

  /// Links that people drive on between junctions.
  public var roads: [Link] { links.filter { $0.function == .normal } }

  /// Length of a link: that of its longest lane [m].
  public func length(_ id: LinkID) -> Double { links[id.index].lanes.reduce(0) { max($0, lanes[$1.index].length) } }

  /// Fills the tables that follow from the others: connections by lane, and movements. Readers call it last.
  ///
  /// Connections whose first lane lies inside a junction belong to the movement that entered it, so they form no movement of
  /// their own. Movements come in the order of their first connection.
  public mutating func deriveAdjacency() {
    connectionsFrom = [[ConnectionID]](repeating: [], count: lanes.count)
    connectionsInto = connectionsFrom
    movements = []
    var known: [Int64: Int] = [:]
    for connection in connections {
      connectionsFrom[connection.fromLane.index].append(connection.id)
      connectionsInto[connection.toLane.index].append(connection.id)
      let from = lanes[connection.fromLane.index].link, to = lanes[connection.toLane.index].link
      guard links[from.index].function == .normal, links[to.index].function == .normal else { continue }
      let key = Int64(from.index) << 32 | Int64(to.index)
      if let position = known[key] {
        movements[position].connections.append(connection.id)
      } else {
        known[key] = movements.count
        movements.append(
          Movement(
            id: MovementID(movements.count), from: from, to: to, node: links[from.index].to, turn: connection.turn,
            connections: [connection.id]))
      }
    }
  }
}

/// How the plane maps to longitude and latitude.
public struct GeoReference: Hashable, Sendable, Codable {
  /// Added to projected coordinates to get the network's [m].
  public var offset: Point
  /// A PROJ string, or `!` where there is none.
  public var projection: String
  /// West, south, east, north [degrees].
  public var originalBoundary: [Double]
  /// West, south, east, north [m].
  public var boundary: [Double]

  public init(offset: Point, projection: String, originalBoundary: [Double], boundary: [Double]) {
    self.offset = offset
    self.projection = projection
    self.originalBoundary = originalBoundary
    self.boundary = boundary
  }
}
