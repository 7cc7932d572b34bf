/// A place where links meet: a junction, a dead end, or the inside point of a junction where turning traffic waits.
public struct Node: Sendable {
  /// How right of way is settled here.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case priority, priorityStop = "priority_stop", allWayStop = "allway_stop", rightBeforeLeft = "right_before_left", leftBeforeRight =
      "left_before_right"
    case signalized = "traffic_light", signalizedRightOnRed = "traffic_light_right_on_red", signalizedUnregulated =
      "traffic_light_unregulated"
    case zipper, unregulated, deadEnd = "dead_end", railSignal = "rail_signal", railCrossing = "rail_crossing", district
    /// A waiting point inside a junction, between two internal links.
    case `internal`
  }

  public var id: NodeID
  public var kind: Kind
  public var position: Point
  /// Outline [m]; empty where the source has none.
  public var shape: [Point]
  /// Lanes that end here, in the order the right-of-way rows count them.
  public var incomingLanes: [LaneID]
  /// Lanes inside the junction that end its movements; for an internal node: the foe lanes that must be clear.
  public var internalLanes: [LaneID]
  /// One row for each connection through this node, by its index here (`LaneConnection.requestIndex`).
  public var rightOfWay: [RightOfWay]
  /// Part of a roundabout.
  public var isRoundabout: Bool

  public init(
    id: NodeID, kind: Kind, position: Point, shape: [Point] = [], incomingLanes: [LaneID] = [], internalLanes: [LaneID] = [],
    rightOfWay: [RightOfWay] = [], isRoundabout: Bool = false
  ) {
    self.id = id
    self.kind = kind
    self.position = position
    self.shape = shape
    self.incomingLanes = incomingLanes
    self.internalLanes = internalLanes
    self.rightOfWay = rightOfWay
    self.isRoundabout = isRoundabout
  }
}

/// What one connection owes the others at its node: SUMO's `request` row.
public struct RightOfWay: Hashable, Sendable, Codable {
  /// Bit i: this connection must yield to connection i of the node.
  public var yieldsTo: BitRow
  /// Bit i: this connection and connection i cannot be passed at once.
  public var foes: BitRow
  /// A vehicle may enter the junction and wait inside it.
  public var mayWaitInside: Bool

  public init(yieldsTo: BitRow, foes: BitRow, mayWaitInside: Bool) {
    self.yieldsTo = yieldsTo
    self.foes = foes
    self.mayWaitInside = mayWaitInside
  }
}

/// A row of bits, bit 0 first. Junctions have up to a few hundred connections, more than a machine word.
public struct BitRow: Hashable, Sendable, Codable {
  public private(set) var words: [UInt64]
  public let count: Int

  public init(count: Int) {
    self.count = count
    words = [UInt64](repeating: 0, count: (count + 63) / 64)
  }

  /// SUMO writes rows with the highest index first: `"0010"` sets bit 1. Nil where a character is neither 0 nor 1.
  public init?(mostSignificantFirst text: some StringProtocol) {
    let digits = Array(text.utf8)
    self.init(count: digits.count)
    for (k, digit) in digits.enumerated() {
      switch digit {
      case UInt8(ascii: "1"): self[digits.count - 1 - k] = true
      case UInt8(ascii: "0"): break
      default: return nil
      }
    }
  }

  public subscript(_ i: Int) -> Bool {
    get { i >= 0 && i < count && words[i >> 6] & (1 << UInt64(i & 63)) != 0 }
    set {
      precondition(i >= 0 && i < count, "bit \(i) of a row of \(count)")
      if newValue { words[i >> 6] |= 1 << UInt64(i & 63) } else { words[i >> 6] &= ~(1 << UInt64(i & 63)) }
    }
  }

  /// The set bits, ascending.
  public var indices: [Int] { (0..<count).filter { self[$0] } }
  public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  /// The row as SUMO writes it, highest index first.
  public var mostSignificantFirst: String { String((0..<count).reversed().map { self[$0] ? "1" : "0" }) }
}
