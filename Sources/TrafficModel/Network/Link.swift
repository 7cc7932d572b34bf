/// A directed stretch of road between two nodes, with its lanes side by side.
public struct Link: Sendable {
  public enum Function: String, Sendable, Codable, CaseIterable {
    case normal
    /// A path through a junction.
    case `internal`
    case crossing, walkingArea = "walkingarea", connector
  }

  public var id: LinkID
  /// Node where it begins. For links inside a junction: that junction.
  public var from: NodeID
  /// Node where it ends. For links inside a junction: that junction.
  public var to: NodeID
  public var function: Function
  /// Lanes from the outermost (the right one where traffic drives on the right) to the innermost.
  public var lanes: [LaneID]
  /// Importance as the source gives it; higher is more important.
  public var priority: Int
  /// Road class as the source names it, for example `highway.primary`.
  public var roadClass: String?
  public var streetName: String?
  public var shape: [Point]
  /// For a crossing: the links a pedestrian crosses.
  public var crossedLinks: [LinkID]
  /// Rise over run, positive uphill in the direction of travel.
  public var grade: Double
  /// The distance along the road where this link begins [m], where the source says so.
  public var chainage: Double?
  /// Circulating traffic drives here. Links inside the junctions of a roundabout follow from those outside.
  public var isRoundabout = false

  public init(
    id: LinkID, from: NodeID, to: NodeID, function: Function = .normal, lanes: [LaneID] = [], priority: Int = -1, roadClass: String? = nil,
    streetName: String? = nil, shape: [Point] = [], crossedLinks: [LinkID] = [], grade: Double = 0, chainage: Double? = nil
  ) {
    self.id = id
    self.from = from
    self.to = to
    self.function = function
    self.lanes = lanes
    self.priority = priority
    self.roadClass = roadClass
    self.streetName = streetName
    self.shape = shape
    self.crossedLinks = crossedLinks
    self.grade = grade
    self.chainage = chainage
  }
}

/// One lane of a link.
public struct Lane: Sendable {
  /// Who the lane is built for, where it is not simply for cars.
  public enum Kind: String, Sendable, Codable { case general, bus, cycle, sidewalk, tram, shoulder }

  public var id: LaneID
  public var link: LinkID
  /// Position in the link, 0 at the outer edge.
  public var position: Int
  /// Length a vehicle drives [m].
  public var length: Double
  /// Speed limit [m/s].
  public var speedLimit: Double
  /// [m]
  public var width: Double
  public var shape: [Point]
  public var permissions: VehicleClassSet
  /// Classes that may change to the lane on the left or right of this one; all by default.
  public var changeLeft: VehicleClassSet
  public var changeRight: VehicleClassSet
  /// An acceleration lane, on which insertion and merging follow other rules.
  public var isAcceleration: Bool
  /// Distance between the lane's end and the stop line [m], for stop-lane offsets.
  public var stopOffset: Double

  public init(
    id: LaneID, link: LinkID, position: Int, length: Double, speedLimit: Double, width: Double = 3.2, shape: [Point] = [],
    permissions: VehicleClassSet = .all, changeLeft: VehicleClassSet = .all, changeRight: VehicleClassSet = .all,
    isAcceleration: Bool = false, stopOffset: Double = 0
  ) {
    self.id = id
    self.link = link
    self.position = position
    self.length = length
    self.speedLimit = speedLimit
    self.width = width
    self.shape = shape
    self.permissions = permissions
    self.changeLeft = changeLeft
    self.changeRight = changeRight
    self.isAcceleration = isAcceleration
    self.stopOffset = stopOffset
  }

  public var kind: Kind {
    if permissions == .bus || permissions == [.bus, .taxi] || permissions == [.bus, .coach] { return .bus }
    if permissions == .bicycle { return .cycle }
    if permissions == .pedestrian { return .sidewalk }
    if permissions == .tram { return .tram }
    return permissions.isEmpty ? .shoulder : .general
  }
}
