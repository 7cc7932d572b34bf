import TrafficModel

/// Streets as a designer draws them: junctions at points, straight roads between them. ``network()`` works out the rest: where
/// lanes end, who may turn where, the ways through each junction, right of way and signal programs.
///
///     var design = StreetDesign()
///     let a = design.add(.init(name: "A", position: Point(0, 0)))
///     let b = design.add(.init(name: "B", position: Point(300, 0), kind: .signalized))
///     design.addBothWays(from: a, to: b, lanes: 2)
public struct StreetDesign: Sendable {
  public struct Junction: Sendable, Hashable {
    public var name: String
    public var position: Point
    /// A dead end where only one road meets it, whatever stands here.
    public var kind: Node.Kind
    public var timing: Timing

    public init(name: String, position: Point, kind: Node.Kind = .priority, timing: Timing = .init()) {
      self.name = name
      self.position = position
      self.kind = kind
      self.timing = timing
    }
  }

  /// How a signal of the design runs: two through stages, each with its permissive lefts, or with a protected stage for lefts that
  /// have a lane of their own.
  public struct Timing: Sendable, Hashable {
    /// Sum of all stages; greens share what the changes leave.
    public var cycle: TimeAmount
    public var offset: TimeAmount
    /// Part of the green that the road of higher priority (or the first) gets, 0 to 1.
    public var mainShare: Double
    public var protectsLefts: Bool
    public var yellow: TimeAmount
    public var redClearance: TimeAmount

    public init(
      cycle: TimeAmount = .seconds(90), offset: TimeAmount = .zero, mainShare: Double = 0.5, protectsLefts: Bool = false,
      yellow: TimeAmount = .seconds(4), redClearance: TimeAmount = .seconds(2)
    ) {
      self.cycle = cycle
      self.offset = offset
      self.mainShare = mainShare
      self.protectsLefts = protectsLefts
      self.yellow = yellow
      self.redClearance = redClearance
    }
  }

  public struct Road: Sendable, Hashable {
    public var name: String
    public var from: Int
    public var to: Int
    public var lanes: Int
    /// [m/s]
    public var speed: Double
    /// The higher goes first where no signal rules.
    public var priority: Int
    public var streetName: String?

    public init(name: String, from: Int, to: Int, lanes: Int, speed: Double = 13.89, priority: Int = 1, streetName: String? = nil) {
      self.name = name
      self.from = from
      self.to = to
      self.lanes = lanes
      self.speed = speed
      self.priority = priority
      self.streetName = streetName
    }
  }

  public var junctions: [Junction] = []
  public var roads: [Road] = []
  /// [m]
  public var laneWidth = 3.2

  public init() {}

  public mutating func add(_ junction: Junction) -> Int {
    junctions.append(junction)
    return junctions.count - 1
  }

  /// A road each way, named after the junctions they join.
  public mutating func addBothWays(
    from a: Int, to b: Int, lanes: Int, speed: Double = 13.89, priority: Int = 1, streetName: String? = nil
  ) {
    for (from, to) in [(a, b), (b, a)] {
      roads.append(
        Road(
          name: junctions[from].name + junctions[to].name, from: from, to: to, lanes: lanes, speed: speed, priority: priority,
          streetName: streetName))
    }
  }

  /// The finished network. Preconditions: names are unique, roads join different junctions far enough apart for their lanes.
  public func network() -> RoadNetwork { StreetBuild(self).build() }
}
