/// What every step reads and writes of a vehicle: two cache lines.
enum HotRecord: RecordLayout {
  @inline(__always) static var stride: Int { 128 }
}

/// The rest of a vehicle.
enum ColdRecord: RecordLayout {
  @inline(__always) static var stride: Int { 192 }
}

/// The vehicles on the road, one value a field and slot.
///
/// A slot belongs to one vehicle from entering until arrival and is then used again. Records are laid out for the whole demand but take real
/// memory only for slots that have been used. From time to time slots are put in the order of lanes, see ``Engine/sortSlots(keeping:)``.
final class VehicleColumns: @unchecked Sendable {
  typealias Hot<T: BitwiseCopyable> = RecordField<T, HotRecord>
  typealias Cold<T: BitwiseCopyable> = RecordField<T, ColdRecord>

  /// Lanes a vehicle's body may still cover behind its front's lane.
  static let trailLimit = 8
  /// Connections kept ahead for each lane it could use.
  static let horizon = 14
  /// Speed advices from lane changing kept for one step.
  static let adviceLimit = 6

  let arena = Arena()
  let capacity: Int
  let width: Int

  // Motion.
  let position: Hot<Double>
  let speed: Hot<Double>
  let acceleration: Hot<Double>
  let factor: Hot<Double>
  let lane: Hot<Int32>
  let type: Hot<Int32>
  let number: Hot<Int32>
  /// Time it has been standing [s]; reset when it moves.
  let waiting: Hot<Double>
  /// Time since it began to start [s].
  let sinceStart: Cold<Double>

  // Way: positions in the flat table of route edges.
  let cursor: Hot<Int32>
  let routeEnd: Hot<Int32>
  let arrivalPosition: Cold<Double>
  /// Speed to arrive with [m/s]; negative: whatever it drives.
  let arrivalSpeed: Cold<Double>
  /// Lane to arrive on; -1: any.
  let arrivalLane: Cold<Int32>
  let stopCursor: Cold<Int32>
  let stopEnd: Cold<Int32>
  /// Some stop is still ahead, or it stands at one: `stopCursor < stopEnd`.
  let hasStop: RecordFlag<HotRecord>
  /// It stands at a stop.
  let stands: Hot<Bool>
  /// Remaining stay at the stop it stands at [s]; negative: it does not stand at one.
  let stopLeft: Cold<Double>
  /// Distance to the next stop as planned last; infinity where there is none in sight. Means nothing without a stop ahead.
  let stopDistance: Cold<Double>

  // Body behind the front's lane, nearest first.
  let trailCount: Hot<UInt8>
  let trail: UnsafeMutablePointer<Int32>

  // Junction priority: when it entered, never reset by yielding, and when it entered the conflict area [s]; infinity outside.
  let entryTime: Cold<Double>
  let entryKept: Cold<Double>
  let conflictTime: Cold<Double>
  let mustWait: Hot<Bool>
  let mustWaitNext: RecordFlag<HotRecord>
  /// It was blocked inside the junction and lets others go first.
  let yielded: RecordFlag<HotRecord>
  /// Bit k: it asked to pass the k-th connection ahead; as announced in the last step, and as being planned.
  let requests: Hot<UInt16>
  let requestCount: Hot<UInt8>
  let nextRequests: Hot<UInt16>
  let nextRequestCount: Hot<UInt8>

  // Plan of the coming step.
  let planned: Hot<Double>
  /// The plan has a lowest speed, namely ``plannedMinimum``.
  let hasMinimum: RecordFlag<HotRecord>
  let plannedMinimum: Cold<Double>

  // Lanes that lead on, of the edge at `bestCursor` in the route; see ``BestLane``.
  let bestCursor: Cold<Int32>
  /// The way has come to another edge since.
  let bestIsOld: RecordFlag<HotRecord>
  let bestHeads: UnsafeMutableRawPointer
  let bestHeadSize: Int
  let bestWays: UnsafeMutablePointer<Int32>

  // Lane changing.
  let changeState: Hot<UInt32>
  let gainWish: Hot<Double>
  let rightWish: Hot<Double>
  /// It keeps room for others: one of the two lengths is not zero.
  let keepsRoom: RecordFlag<HotRecord>
  let blockerLength: Cold<Double>
  let leftSpace: Cold<Double>
  let lookahead: Hot<Double>
  let adviceCount: Hot<UInt8>
  let advice: UnsafeMutablePointer<Double>
  let dontBrake: RecordFlag<HotRecord>

  // What the trip has cost.
  let timeLoss: Hot<Double>
  /// Steps spent standing, scheduled stops not counted.
  let waitedSteps: Hot<Int32>
  let waitCount: Cold<Int32>
  let wasWaiting: RecordFlag<HotRecord>
  let stoppedTotal: Cold<Double>
  let driven: Hot<Double>
  let departure: Cold<Double>
  let departureLane: Cold<Int32>
  let departurePosition: Cold<Double>
  let departureSpeed: Cold<Double>
  let teleports: Cold<Int32>

  init(capacity: Int, width: Int) {
    self.capacity = capacity
    self.width = width
    let n = capacity
    var hot = RecordFields<HotRecord>(arena, count: n)
    position = hot.field()
    speed = hot.field()
    acceleration = hot.field()
    factor = hot.field()
    planned = hot.field()
    lane = hot.field()
    type = hot.field()
    cursor = hot.field()
    routeEnd = hot.field()
    number = hot.field()
    mustWait = hot.field()
    stands = hot.field()
    trailCount = hot.field()
    let flags = hot.flags()
    hasStop = flags[0]
    mustWaitNext = flags[1]
    yielded = flags[2]
    hasMinimum = flags[3]
    bestIsOld = flags[4]
    keepsRoom = flags[5]
    dontBrake = flags[6]
    wasWaiting = flags[7]
    waiting = hot.field()
    timeLoss = hot.field()
    driven = hot.field()
    gainWish = hot.field()
    rightWish = hot.field()
    lookahead = hot.field()
    changeState = hot.field()
    waitedSteps = hot.field()
    requests = hot.field()
    nextRequests = hot.field()
    requestCount = hot.field()
    nextRequestCount = hot.field()
    adviceCount = hot.field()
    var cold = RecordFields<ColdRecord>(arena, count: n)
    entryTime = cold.field()
    entryKept = cold.field()
    conflictTime = cold.field()
    plannedMinimum = cold.field()
    blockerLength = cold.field()
    leftSpace = cold.field()
    bestCursor = cold.field()
    waitCount = cold.field()
    arrivalPosition = cold.field()
    arrivalSpeed = cold.field()
    arrivalLane = cold.field()
    stopCursor = cold.field()
    stopEnd = cold.field()
    departureLane = cold.field()
    stopLeft = cold.field()
    stopDistance = cold.field()
    sinceStart = cold.field()
    stoppedTotal = cold.field()
    departure = cold.field()
    departurePosition = cold.field()
    departureSpeed = cold.field()
    teleports = cold.field()
    trail = arena.column(count: n * Self.trailLimit)
    // By lane the length, then by lane the change needed and the connections kept.
    bestHeadSize = (width * 10 + 15) / 16 * 16
    bestHeads = arena.lines(count: n, stride: bestHeadSize)
    bestWays = arena.column(count: n * width * Self.horizon)
    advice = arena.column(count: n * Self.adviceLimit)
  }

  /// Lane `index` of the edge for which a vehicle's lanes were last found.
  @inline(__always)
  func best(_ v: Int, _ index: Int) -> BestLane {
    BestLane(
      head: bestHeads + v &* bestHeadSize, index: index, width: width, way: bestWays + (v &* width &+ index) &* Self.horizon)
  }

  /// Empties a slot for a new vehicle.
  func clear(_ v: Int) {
    position[v] = 0
    speed[v] = 0
    acceleration[v] = 0
    factor[v] = 1
    lane[v] = -1
    waiting[v] = 0
    hasStop[v] = false
    stands[v] = false
    stopLeft[v] = -1
    stopDistance[v] = .infinity
    trailCount[v] = 0
    entryTime[v] = .infinity
    entryKept[v] = .infinity
    conflictTime[v] = .infinity
    mustWait[v] = false
    mustWaitNext[v] = false
    yielded[v] = false
    sinceStart[v] = 0
    requests[v] = 0
    requestCount[v] = 0
    nextRequests[v] = 0
    nextRequestCount[v] = 0
    planned[v] = 0
    hasMinimum[v] = false
    bestCursor[v] = -1
    bestIsOld[v] = true
    clearChange(v)
    keepNoRoom(v)
    timeLoss[v] = 0
    waitedSteps[v] = 0
    waitCount[v] = 0
    wasWaiting[v] = false
    stoppedTotal[v] = 0
    driven[v] = 0
    teleports[v] = 0
  }

  /// Forgets every wish to change lanes.
  func clearChange(_ v: Int) {
    changeState[v] = 0
    gainWish[v] = 0
    rightWish[v] = 0
    lookahead[v] = 0
    adviceCount[v] = 0
    dontBrake[v] = false
  }

  /// Gives up the room kept for others.
  @inline(__always)
  func keepNoRoom(_ v: Int) {
    keepsRoom[v] = false
    blockerLength[v] = 0
    leftSpace[v] = 0
  }
}

/// How one lane of an edge leads on along a vehicle's route.
struct BestLane {
  let head: UnsafeMutableRawPointer
  let index: Int
  let width: Int
  /// Connections that follow, `count` of them.
  let way: UnsafeMutablePointer<Int32>

  /// Way that can be driven from the lane's beginning without changing [m].
  @inline(__always)
  var length: Double {
    get { (head + 8 &* index).assumingMemoryBound(to: Double.self).pointee }
    nonmutating set { (head + 8 &* index).assumingMemoryBound(to: Double.self).pointee = newValue }
  }
  /// Lanes to the one that leads on; negative: to the right.
  @inline(__always)
  var offset: Int {
    get { Int((head + (8 &* width &+ index)).assumingMemoryBound(to: Int8.self).pointee) }
    nonmutating set { (head + (8 &* width &+ index)).assumingMemoryBound(to: Int8.self).pointee = Int8(clamping: newValue) }
  }
  @inline(__always)
  var count: Int {
    get { Int((head + (9 &* width &+ index)).assumingMemoryBound(to: UInt8.self).pointee) }
    nonmutating set { (head + (9 &* width &+ index)).assumingMemoryBound(to: UInt8.self).pointee = UInt8(newValue) }
  }
}
