import TrafficModel

/// What the engine looks up at each step but never changes while it runs.
struct EngineSettings: Sendable {
  var step: Double
  var seed: UInt64
  var threads: Int
  /// Waiting time after which an impatient driver no longer yields [s]; not positive: never.
  var timeToImpatience: Double
  /// Time after which a standing vehicle is taken off the road and put back further on [s]; negative: never.
  var timeToTeleport: Double
  /// Least deceleration used to judge whether to stop at yellow or red [m/s²].
  var yellowMinimumDeceleration: Double
}

/// The moving parts of a simulation: columns of vehicles, who is on which lane, and the phases of a step.
///
/// A step reads everything before it writes anything: all vehicles plan from the same state, then all decide from the same announcements,
/// then all move. That is what makes the result independent of the order of work and of the number of threads.
final class Engine: @unchecked Sendable {
  let network: CompiledNetwork
  let settings: EngineSettings
  let dt: Double
  let types: UnsafeMutablePointer<TypeRecord>
  let vehicles: VehicleColumns
  let lanes: LaneOccupancy
  /// What each connection shows now, as SUMO's character, and since when [s].
  let shown: UnsafeMutablePointer<UInt8>
  let shownSince: UnsafeMutablePointer<Double>
  /// Vehicles (or parts of them) on the lanes inside each junction.
  let insideCount: UnsafeMutablePointer<Int32>
  /// Edges of all routes, one after another.
  let routes: RouteTable
  let routeEdges: UnsafeMutablePointer<Int32>
  let stops: UnsafeMutablePointer<StopRecord>
  let hasStops: Bool
  /// Nothing but the lanes themselves says where a lane beside is closed to a vehicle: neither those that stand at stops nor roundabouts.
  let knowsClosed: Bool
  /// Somewhere equals meet, who look at all that approach.
  let hasEqual: Bool
  let transitions: EdgeTransitions
  let dawdlingKey: UInt64
  let arena = Arena()
  /// Announcements of approaching vehicles, of this step and of the one before.
  let approaches: [ApproachBoard]
  let chunks: [Chunk]
  private(set) lazy var crew = Crew(size: chunks.count)
  /// Largest speed factor and smallest deceleration in the fleet: bounds for how far back a follower can matter.
  let largestFactor: Double
  let smallestDecel: Double

  /// Edges whose lanes may be changed.
  let edgeChanges: UnsafeMutablePointer<Bool>
  /// Classes that may change from a lane to the one on its right, and on its left; ``anyClass`` stands for those that ignore permissions.
  let changesRight: UnsafeMutablePointer<UInt64>
  let changesLeft: UnsafeMutablePointer<UInt64>
  /// Point detectors on lane `l`: `detectorBegin[l] ..< detectorBegin[l + 1]`, with their places [m].
  let detectorBegin: UnsafeMutablePointer<Int32>
  let detectorPlace: UnsafeMutablePointer<Double>
  /// Sums by lane, where they are kept.
  let totals: LaneTotals?

  /// Time at the beginning of the step [s].
  var now = 0.0
  var stepIndex: UInt64 = 0
  /// Counts the changes of what connections show.
  var shownVersion: UInt64 = 1

  // Between phases.
  /// Lanes with vehicles, in order.
  let activeLanes = GrowingColumn<Int32>()
  let tailLanes = GrowingColumn<Int32>()
  var arrivedNow: [Int32] = []
  /// Vehicles that came to another lane in this step.
  let crossed = GrowingColumn<Int32>()
  /// Largest sum of lengths with gaps on one lane [m].
  var fullest = 0.0
  /// Vehicles on the road from which on threads gain more than meeting at the end of each phase costs; no result depends on it.
  var worthSharing = 500
  /// There is work enough in this step to share it out among threads.
  var isWorthSharing = false
  var emergencyStops = 0
  var missedStops = 0
  var laneChanges = 0

  init(
    network: CompiledNetwork, settings: EngineSettings, types typeList: [TypeRecord], capacity: Int, routes: RouteTable,
    stops: [StopRecord],
    largestFactor: Double, loops: [(lane: Int, place: Double)], keepTotals: Bool
  ) {
    self.network = network
    self.settings = settings
    dt = settings.step
    types = arena.column(typeList)
    vehicles = VehicleColumns(capacity: max(capacity, 1), width: network.widestEdge)
    lanes = LaneOccupancy(network: network, shortestSpace: typeList.map(\.length).min() ?? 4)
    shown = arena.column(count: network.connectionCount)
    for c in 0..<network.connectionCount { shown[c] = network.connectionOffState[c] }
    shownSince = arena.column(count: network.connectionCount, repeating: -1e9)
    insideCount = arena.column(count: network.nodeCount)
    self.routes = routes
    routeEdges = routes.edges
    self.stops = arena.column(stops)
    hasStops = !stops.isEmpty
    knowsClosed = stops.isEmpty && !network.hasRoundabouts
    hasEqual = (0..<network.connectionCount).contains { network.connectionOffState[$0] == Shown.equal }
    transitions = EdgeTransitions(network, arena: arena)
    dawdlingKey = CounterRandom.key(seed: settings.seed, purpose: .dawdling)
    self.largestFactor = largestFactor
    smallestDecel = typeList.map(\.decel).min() ?? 4.5
    let threads = max(1, settings.threads)
    approaches = (0..<2).map { _ in ApproachBoard(connections: network.connectionCount, chunks: threads) }
    chunks = (0..<threads).map { Chunk(index: $0, width: network.widestEdge) }
    edgeChanges = arena.column(
      (0..<network.edgeCount).map { edge in
        guard network.edgeInternal[edge] else { return true }
        // Inside a junction only where everyone entered with priority, or by a signal.
        let first = Int(network.edgeFirstLane[edge])
        for l in first..<(first + Int(network.edgeLaneCount[edge])) {
          let i = Int(network.inBegin[l])
          guard i < Int(network.inBegin[l + 1]) else { return false }
          switch network.connectionOffState[Int(network.inConnection[i])] {
          case UInt8(ascii: "m"), Shown.equal, Shown.stop, Shown.allWayStop, UInt8(ascii: "-"): return false
          default: break
          }
        }
        return true
      })
    changesRight = arena.column(
      (0..<network.laneCount).map { l in Self.changers(network, from: l, to: l - 1, allowed: network.laneChangeRight[l]) })
    changesLeft = arena.column(
      (0..<network.laneCount).map { l in Self.changers(network, from: l, to: l + 1, allowed: network.laneChangeLeft[l]) })
    var begin: [Int32] = [0]
    var places: [Double] = []
    var order: [Int] = []
    var byLane = [[Int]](repeating: [], count: network.laneCount)
    for (k, loop) in loops.enumerated() { byLane[loop.lane].append(k) }
    for list in byLane {
      for k in list {
        places.append(loops[k].place)
        order.append(k)
      }
      begin.append(Int32(places.count))
    }
    detectorBegin = arena.column(begin)
    detectorPlace = arena.column(places)
    detectorOrder = order
    var inverse = [Int](repeating: 0, count: order.count)
    for (k, loop) in order.enumerated() { inverse[loop] = k }
    detectorPlaceOf = inverse
    totals = keepTotals ? LaneTotals(lanes: network.laneCount) : nil
  }

  /// A bit that no class has.
  static let anyClass: UInt64 = 1 << 63

  /// Classes that may change from one lane to another beside it.
  private static func changers(_ network: CompiledNetwork, from l: Int, to target: Int, allowed: UInt64) -> UInt64 {
    guard target >= 0, target < network.laneCount, network.laneEdge[target] == network.laneEdge[l] else { return 0 }
    // Lanes inside a junction that come from one lane have not parted yet.
    if network.laneInternal[l], network.lanePredecessor[l] == network.lanePredecessor[target] { return 0 }
    return allowed & network.lanePermissions[target] | anyClass
  }

  /// Index of each placed loop in the list given at the beginning, and back.
  let detectorOrder: [Int]
  let detectorPlaceOf: [Int]

  @inline(__always) func typeOf(_ v: Int) -> UnsafePointer<TypeRecord> { UnsafePointer(types + Int(vehicles.type[v])) }

  /// Speed a vehicle aims at on a lane [m/s].
  @inline(__always)
  func desiredSpeed(_ v: Int, on lane: Int) -> Double {
    min(network.laneSpeed[lane] * vehicles.factor[v], typeOf(v).pointee.maxSpeed)
  }

  @inline(__always)
  func impatience(_ v: Int) -> Double {
    let base = typeOf(v).pointee.impatience
    guard settings.timeToImpatience > 0 else { return min(max(base, 0), 1) }
    return min(max(base + vehicles.waiting[v] / settings.timeToImpatience, 0), 1)
  }

  /// Announcements being made in this step.
  var board: ApproachBoard { approaches[Int(stepIndex & 1)] }
  /// Announcements of the step before.
  var boardBefore: ApproachBoard { approaches[Int((stepIndex &+ 1) & 1)] }

  // States a connection can show.
  @inline(__always) func hasPriority(_ c: Int) -> Bool { shown[c] >= 0x41 && shown[c] <= 0x5A }
  @inline(__always) func isRed(_ c: Int) -> Bool { shown[c] == Shown.red || shown[c] == Shown.redYellow }
  @inline(__always) func isYellow(_ c: Int) -> Bool { shown[c] == Shown.yellow || shown[c] == Shown.yellowMajor }
  @inline(__always) func isGreen(_ c: Int) -> Bool { shown[c] == Shown.green || shown[c] == Shown.greenMinor }

  /// A vehicle may enter the junction by `c` and wait inside.
  @inline(__always)
  func waitsInside(_ c: Int) -> Bool {
    // A signal that is off, or an all-way stop, gives nobody leave to wait inside.
    network.connectionWaitInside[c] && shown[c] != Shown.offBlinking && shown[c] != Shown.allWayStop
  }

  /// The connection continues a movement that waited inside and entered with priority, or on yellow.
  @inline(__always)
  func continuesMajor(_ c: Int) -> Bool {
    guard network.connectionMiddle[c], !network.connectionWaitInside[c] else { return false }
    let entry = Int(network.connectionEntry[c])
    return hasPriority(entry) || isYellow(entry)
  }

  @inline(__always)
  func continuesState(_ c: Int, _ state: UInt8) -> Bool {
    guard network.connectionMiddle[c], !network.connectionWaitInside[c] else { return false }
    return shown[Int(network.connectionEntry[c])] == state
  }
}

/// Characters of right of way and indications, as SUMO writes them.
enum Shown {
  static let red = UInt8(ascii: "r"), redYellow = UInt8(ascii: "u"), yellow = UInt8(ascii: "y"), yellowMajor = UInt8(ascii: "Y")
  static let green = UInt8(ascii: "G"), greenMinor = UInt8(ascii: "g"), stop = UInt8(ascii: "s"), allWayStop = UInt8(ascii: "w")
  static let offBlinking = UInt8(ascii: "o"), equal = UInt8(ascii: "="), zipper = UInt8(ascii: "Z")

  @inline(__always)
  static func code(_ indication: Indication) -> UInt8 {
    switch indication {
    case .green: green
    case .permissiveGreen: greenMinor
    case .yellow: yellow
    case .red: red
    case .redYellow: redYellow
    case .offBlinking: offBlinking
    case .off: UInt8(ascii: "O")
    case .stopThenProceed: stop
    }
  }
}

/// A scheduled stop as the engine sees it.
struct StopRecord: BitwiseCopyable {
  var lane: Int32
  /// Position of its edge in the vehicle's route, counted from the route's first edge.
  var routeOffset: Int32
  var start: Double
  var end: Double
  var duration: Double
  /// Not before this time [s].
  var until: Double
}
