/// The way from one lane to another across a node.
public struct LaneConnection: Sendable {
  public var id: ConnectionID
  public var fromLane: LaneID
  public var toLane: LaneID
  /// The first lane inside the junction, or nil where the source has no internal lanes.
  public var via: LaneID?
  public var turn: Turn
  /// Right of way as the network states it when no signal rules.
  public var priority: Priority
  /// The controller that rules this connection and the position of its indication in the controller's state.
  public var signal: SignalLink?
  /// The second signal of a connection that meets one inside the junction.
  public var signalInside: SignalLink?
  /// Row of ``Node/rightOfWay`` at the node crossed; nil where that node has none.
  public var requestIndex: Int?
  /// Vehicles do not stop in the junction when it could not be left.
  public var keepClear: Bool
  /// A vehicle may pass without regard to the others.
  public var isUncontrolled: Bool
  /// Distance before the node from which foes are seen [m].
  public var visibility: Double

  public enum Priority: String, Sendable, Codable, CaseIterable {
    case major = "M", minor = "m", equal = "=", stop = "s", allWayStop = "w", zipper = "Z", deadEnd = "-"
    case signalizedMajor = "O", signalizedMinor = "o", yellow = "y", red = "r", green = "G", greenMinor = "g"
  }

  public init(
    id: ConnectionID, fromLane: LaneID, toLane: LaneID, via: LaneID? = nil, turn: Turn, priority: Priority = .major,
    signal: SignalLink? = nil, signalInside: SignalLink? = nil, requestIndex: Int? = nil, keepClear: Bool = true,
    isUncontrolled: Bool = false,
    visibility: Double = 4.5
  ) {
    self.id = id
    self.fromLane = fromLane
    self.toLane = toLane
    self.via = via
    self.turn = turn
    self.priority = priority
    self.signal = signal
    self.signalInside = signalInside
    self.requestIndex = requestIndex
    self.keepClear = keepClear
    self.isUncontrolled = isUncontrolled
    self.visibility = visibility
  }
}

/// Which indication of which controller rules a connection.
public struct SignalLink: Hashable, Sendable, Codable {
  public var signal: SignalID
  /// Position in ``SignalState/indications``.
  public var index: Int

  public init(signal: SignalID, index: Int) {
    self.signal = signal
    self.index = index
  }
}

/// Direction of a turn as the driver sees it.
public enum Turn: String, Sendable, Codable, CaseIterable {
  case straight = "s", right = "r", left = "l", uTurn = "t", slightRight = "R", slightLeft = "L"
  /// A U-turn where traffic drives on the left.
  case uTurnRight = "T"
  case invalid
}

/// All connections from one link to the next: what an engineer counts, and what a phase serves.
public struct Movement: Sendable {
  public var id: MovementID
  public var from: LinkID
  public var to: LinkID
  public var node: NodeID
  public var turn: Turn
  public var connections: [ConnectionID]

  public init(id: MovementID, from: LinkID, to: LinkID, node: NodeID, turn: Turn, connections: [ConnectionID]) {
    self.id = id
    self.from = from
    self.to = to
    self.node = node
    self.turn = turn
    self.connections = connections
  }
}
