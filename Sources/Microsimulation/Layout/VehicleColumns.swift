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
  private let hot: UnsafeMutableRawPointer
  private let cold: UnsafeMutableRawPointer

  // The numbers are places within the records. Fields that are used together share a base and are told apart by a constant, which is what
  // the processor addresses best.

  // Motion.
  @inline(__always) var position: Hot<Double> { Hot(first: hot + 0) }
  @inline(__always) var speed: Hot<Double> { Hot(first: hot + 8) }
  @inline(__always) var acceleration: Hot<Double> { Hot(first: hot + 16) }
  @inline(__always) var factor: Hot<Double> { Hot(first: hot + 24) }
  @inline(__always) var lane: Hot<Int32> { Hot(first: hot + 40) }
  @inline(__always) var type: Hot<Int32> { Hot(first: hot + 44) }
  @inline(__always) var number: Hot<Int32> { Hot(first: hot + 56) }
  /// Time it has been standing [s]; reset when it moves.
  @inline(__always) var waiting: Hot<Double> { Hot(first: hot + 64) }
  /// Time since it began to start [s].
  @inline(__always) var sinceStart: Cold<Double> { Cold(first: cold + 104) }

  // Way: positions in the flat table of route edges.
  @inline(__always) var cursor: Hot<Int32> { Hot(first: hot + 48) }
  @inline(__always) var routeEnd: Hot<Int32> { Hot(first: hot + 52) }
  @inline(__always) var arrivalPosition: Cold<Double> { Cold(first: cold + 56) }
  /// Speed to arrive with [m/s]; negative: whatever it drives.
  @inline(__always) var arrivalSpeed: Cold<Double> { Cold(first: cold + 64) }
  /// Lane to arrive on; -1: any.
  @inline(__always) var arrivalLane: Cold<Int32> { Cold(first: cold + 72) }
  @inline(__always) var stopCursor: Cold<Int32> { Cold(first: cold + 76) }
  @inline(__always) var stopEnd: Cold<Int32> { Cold(first: cold + 80) }
  /// Some stop is still ahead, or it stands at one: `stopCursor < stopEnd`.
  @inline(__always) var hasStop: RecordFlag<HotRecord> { RecordFlag(first: hot + 63, mask: 1) }
  /// It stands at a stop.
  @inline(__always) var stands: Hot<Bool> { Hot(first: hot + 61) }
  /// Remaining stay at the stop it stands at [s]; negative: it does not stand at one.
  @inline(__always) var stopLeft: Cold<Double> { Cold(first: cold + 88) }
  /// Distance to the next stop as planned last; infinity where there is none in sight. Means nothing without a stop ahead.
  @inline(__always) var stopDistance: Cold<Double> { Cold(first: cold + 96) }

  // Body behind the front's lane, nearest first.
  @inline(__always) var trailCount: Hot<UInt8> { Hot(first: hot + 62) }
  let trail: UnsafeMutablePointer<Int32>

  // Junction priority: when it entered, never reset by yielding, and when it entered the conflict area [s]; infinity outside.
  @inline(__always) var entryTime: Cold<Double> { Cold(first: cold + 0) }
  @inline(__always) var entryKept: Cold<Double> { Cold(first: cold + 8) }
  @inline(__always) var conflictTime: Cold<Double> { Cold(first: cold + 16) }
  @inline(__always) var mustWait: Hot<Bool> { Hot(first: hot + 60) }
  @inline(__always) var mustWaitNext: RecordFlag<HotRecord> { RecordFlag(first: hot + 63, mask: 2) }
  /// It was blocked inside the junction and lets others go first.
  @inline(__always) var yielded: RecordFlag<HotRecord> { RecordFlag(first: hot + 63, mask: 4) }
  /// Bit k: it asked to pass the k-th connection ahead; as announced in the last step, and as being planned.
  @inline(__always) var requests: Hot<UInt16> { Hot(first: hot + 120) }
  @inline(__always) var requestCount: Hot<UInt8> { Hot(first: hot + 124) }
  @inline(__always) var nextRequests: Hot<UInt16> { Hot(first: hot + 122) }
  @inline(__always) var nextRequestCount: Hot<UInt8> { Hot(first: hot + 125) }

  // Plan of the coming step.
  @inline(__always) var planned: Hot<Double> { Hot(first: hot + 32) }
  /// The plan has a lowest speed, namely ``plannedMinimum``.
  @inline(__always) var hasMinimum: RecordFlag<HotRecord> { RecordFlag(first: hot + 63, mask: 8) }
  @inline(__always) var plannedMinimum: Cold<Double> { Cold(first: cold + 24) }

  // Lanes that lead on, of the edge at `bestCursor` in the route; see ``BestLane``.
  @inline(__always) var bestCursor: Cold<Int32> { Cold(first: cold + 48) }
  /// The way has come to another edge since.
  @inline(__always) var bestIsOld: RecordFlag<HotRecord> { RecordFlag(first: hot + 63, mask: 16) }
  let bestHeads: UnsafeMutableRawPointer
  let bestHeadSize: Int
  let bestWays: UnsafeMutablePointer<Int32>

  // Lane changing.
  @inline(__always) var changeState: Hot<UInt32> { Hot(first: hot + 112) }
  @inline(__always) var gainWish: Hot<Double> { Hot(first: hot + 88) }
  @inline(__always) var rightWish: Hot<Double> { Hot(first: hot + 96) }
  /// It keeps room for others: one of the two lengths is not zero.
  @inline(__always) var keepsRoom: RecordFlag<HotRecord> { RecordFlag(first: hot + 63, mask: 32) }
  @inline(__always) var blockerLength: Cold<Double> { Cold(first: cold + 32) }
  @inline(__always) var leftSpace: Cold<Double> { Cold(first: cold + 40) }
  @inline(__always) var lookahead: Hot<Double> { Hot(first: hot + 104) }
  @inline(__always) var adviceCount: Hot<UInt8> { Hot(first: hot + 126) }
  let advice: UnsafeMutablePointer<Double>
  @inline(__always) var dontBrake: RecordFlag<HotRecord> { RecordFlag(first: hot + 63, mask: 64) }

  // What the trip has cost.
  @inline(__always) var timeLoss: Hot<Double> { Hot(first: hot + 72) }
  /// Steps spent standing, scheduled stops not counted.
  @inline(__always) var waitedSteps: Hot<Int32> { Hot(first: hot + 116) }
  @inline(__always) var waitCount: Cold<Int32> { Cold(first: cold + 52) }
  @inline(__always) var wasWaiting: RecordFlag<HotRecord> { RecordFlag(first: hot + 63, mask: 128) }
  @inline(__always) var stoppedTotal: Cold<Double> { Cold(first: cold + 112) }
  @inline(__always) var driven: Hot<Double> { Hot(first: hot + 80) }
  @inline(__always) var departure: Cold<Double> { Cold(first: cold + 120) }
  @inline(__always) var departureLane: Cold<Int32> { Cold(first: cold + 84) }
  @inline(__always) var departurePosition: Cold<Double> { Cold(first: cold + 128) }
  @inline(__always) var departureSpeed: Cold<Double> { Cold(first: cold + 136) }
  @inline(__always) var teleports: Cold<Int32> { Cold(first: cold + 144) }

  init(capacity: Int, width: Int) {
    self.capacity = capacity
    self.width = width
    let n = capacity
    hot = arena.lines(count: n, stride: HotRecord.stride)
    cold = arena.lines(count: n, stride: ColdRecord.stride)
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
    get { Int(tally & 0x3F) }
    nonmutating set { tally = UInt8(newValue) }
  }
  /// The lane beside is no lane to change to for as long as the vehicle is on this edge: this one leads on, that one ends in a turn soon. Told
  /// after `count`.
  @inline(__always)
  var isRightClosed: Bool {
    get { tally & 0x40 != 0 }
    nonmutating set { tally = newValue ? tally | 0x40 : tally & ~0x40 }
  }
  @inline(__always)
  var isLeftClosed: Bool {
    get { tally & 0x80 != 0 }
    nonmutating set { tally = newValue ? tally | 0x80 : tally & ~0x80 }
  }
  @inline(__always)
  private var tally: UInt8 {
    get { (head + (9 &* width &+ index)).assumingMemoryBound(to: UInt8.self).pointee }
    nonmutating set { (head + (9 &* width &+ index)).assumingMemoryBound(to: UInt8.self).pointee = newValue }
  }
}
