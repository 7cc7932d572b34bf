/// One field of the vehicles' records, addressed like a column.
///
/// What a step reads of one vehicle lies together: neighbours on a lane are no neighbours in the slots, so that a column a field would
/// cost a cache miss a field.
struct RecordField<T: BitwiseCopyable>: @unchecked Sendable {
  /// Bytes a vehicle takes; whole cache lines.
  static var recordSize: Int { 320 }
  let first: UnsafeMutableRawPointer

  @inline(__always)
  subscript(_ v: Int) -> T {
    get { (first + v &* Self.recordSize).assumingMemoryBound(to: T.self).pointee }
    nonmutating _modify { yield &(first + v &* Self.recordSize).assumingMemoryBound(to: T.self).pointee }
  }
}

/// The vehicles on the road, one value a column and slot.
///
/// A slot belongs to one vehicle from entering until arrival and is then used again. Columns are sized for the whole demand but take real
/// memory only for slots that have been used.
final class VehicleColumns: @unchecked Sendable {
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
  let position: RecordField<Double>
  let speed: RecordField<Double>
  let acceleration: RecordField<Double>
  let factor: RecordField<Double>
  let lane: RecordField<Int32>
  let type: RecordField<Int32>
  let number: RecordField<Int32>
  /// Time it has been standing [s]; reset when it moves.
  let waiting: RecordField<Double>

  /// Time since it began to start [s].
  let sinceStart: RecordField<Double>

  // Way: positions in the flat table of route edges.
  let cursor: RecordField<Int32>
  let routeEnd: RecordField<Int32>
  let arrivalPosition: RecordField<Double>
  /// Speed to arrive with [m/s]; negative: whatever it drives.
  let arrivalSpeed: RecordField<Double>
  /// Lane to arrive on; -1: any.
  let arrivalLane: RecordField<Int32>
  let stopCursor: RecordField<Int32>
  let stopEnd: RecordField<Int32>
  /// Remaining stay at the stop it stands at [s]; negative: it does not stand at one.
  let stopLeft: RecordField<Double>
  /// Distance to the next stop as planned last; infinity where there is none in sight.
  let stopDistance: RecordField<Double>

  // Body behind the front's lane, nearest first.
  let trailCount: RecordField<Int32>
  let trail: UnsafeMutablePointer<Int32>

  // Junction priority: when it entered, never reset by yielding, and when it entered the conflict area [s]; infinity outside.
  let entryTime: RecordField<Double>
  let entryKept: RecordField<Double>
  let conflictTime: RecordField<Double>
  let mustWait: RecordField<Bool>
  let mustWaitNext: RecordField<Bool>
  /// It was blocked inside the junction and lets others go first.
  let yielded: RecordField<Bool>
  /// Bit k: it asked to pass the k-th connection ahead; as announced in the last step, and as being planned.
  let requests: RecordField<UInt32>
  let requestCount: RecordField<Int32>
  let nextRequests: RecordField<UInt32>
  let nextRequestCount: RecordField<Int32>

  // Plan of the coming step.
  let planned: RecordField<Double>
  let plannedMinimum: RecordField<Double>
  /// Index into the chunk's list of undecided vehicles; -1: decided.
  let undecided: RecordField<Int32>

  // Lanes that lead on: one row of `width` for the lanes of `bestEdge`.
  let bestEdge: RecordField<Int32>
  let bestCursor: RecordField<Int32>
  let bestLength: UnsafeMutablePointer<Double>
  let bestOffset: UnsafeMutablePointer<Int8>
  let bestCount: UnsafeMutablePointer<UInt8>
  let bestWay: UnsafeMutablePointer<Int32>

  // Lane changing.
  let changeState: RecordField<UInt32>
  let gainWish: RecordField<Double>
  let rightWish: RecordField<Double>
  let blockerLength: RecordField<Double>
  let leftSpace: RecordField<Double>
  let lookahead: RecordField<Double>
  let adviceCount: RecordField<UInt8>
  let advice: UnsafeMutablePointer<Double>
  let dontBrake: RecordField<Bool>

  // What the trip has cost.
  let timeLoss: RecordField<Double>
  let waitedTotal: RecordField<Double>
  let waitCount: RecordField<Int32>
  let wasWaiting: RecordField<Bool>
  let stoppedTotal: RecordField<Double>
  let driven: RecordField<Double>
  let departure: RecordField<Double>
  let departureLane: RecordField<Int32>
  let departurePosition: RecordField<Double>
  let departureSpeed: RecordField<Double>
  let teleports: RecordField<Int32>
  let laneBefore: RecordField<Int32>

  init(capacity: Int, width: Int) {
    self.capacity = capacity
    self.width = width
    let n = capacity
    // Cold fields first: large blocks begin 16 bytes behind a cache line, so that the fields every step reads fill whole lines.
    let block = UnsafeMutableRawPointer(arena.column(Double.self, count: n * RecordField<Double>.recordSize / 8))
    var offset = 0
    func field<T>() -> RecordField<T> {
      let size = MemoryLayout<T>.size
      offset = (offset + size - 1) / size * size
      defer { offset += size }
      return RecordField(first: block + offset)
    }
    departure = field()
    departurePosition = field()
    departureSpeed = field()
    departureLane = field()
    teleports = field()
    laneBefore = field()
    offset = 48
    position = field()
    speed = field()
    acceleration = field()
    factor = field()
    lane = field()
    type = field()
    cursor = field()
    routeEnd = field()
    planned = field()
    number = field()
    undecided = field()
    waiting = field()
    stopLeft = field()
    stopDistance = field()
    plannedMinimum = field()
    stopCursor = field()
    stopEnd = field()
    changeState = field()
    trailCount = field()
    timeLoss = field()
    driven = field()
    gainWish = field()
    rightWish = field()
    blockerLength = field()
    leftSpace = field()
    lookahead = field()
    bestEdge = field()
    bestCursor = field()
    requests = field()
    requestCount = field()
    nextRequests = field()
    nextRequestCount = field()
    adviceCount = field()
    dontBrake = field()
    mustWait = field()
    mustWaitNext = field()
    yielded = field()
    wasWaiting = field()
    arrivalPosition = field()
    arrivalSpeed = field()
    arrivalLane = field()
    waitCount = field()
    waitedTotal = field()
    sinceStart = field()
    stoppedTotal = field()
    entryTime = field()
    entryKept = field()
    conflictTime = field()
    precondition(offset <= RecordField<Double>.recordSize)
    trail = arena.column(count: n * Self.trailLimit)
    bestLength = arena.column(count: n * width)
    bestOffset = arena.column(count: n * width)
    bestCount = arena.column(count: n * width)
    bestWay = arena.column(count: n * width * Self.horizon)
    advice = arena.column(count: n * Self.adviceLimit)
  }

  /// Empties a slot for a new vehicle.
  func clear(_ v: Int) {
    position[v] = 0
    speed[v] = 0
    acceleration[v] = 0
    factor[v] = 1
    lane[v] = -1
    waiting[v] = 0
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
    plannedMinimum[v] = -.infinity
    undecided[v] = -1
    bestEdge[v] = -1
    bestCursor[v] = -1
    clearChange(v)
    blockerLength[v] = 0
    leftSpace[v] = 0
    timeLoss[v] = 0
    waitedTotal[v] = 0
    waitCount[v] = 0
    wasWaiting[v] = false
    stoppedTotal[v] = 0
    driven[v] = 0
    teleports[v] = 0
    laneBefore[v] = -1
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
}
