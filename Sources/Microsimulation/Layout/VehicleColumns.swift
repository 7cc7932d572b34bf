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
  let position: UnsafeMutablePointer<Double>
  let speed: UnsafeMutablePointer<Double>
  let acceleration: UnsafeMutablePointer<Double>
  let factor: UnsafeMutablePointer<Double>
  let lane: UnsafeMutablePointer<Int32>
  let type: UnsafeMutablePointer<Int32>
  let number: UnsafeMutablePointer<Int32>
  /// Time it has been standing [s]; reset when it moves.
  let waiting: UnsafeMutablePointer<Double>

  /// Time since it began to start [s].
  let sinceStart: UnsafeMutablePointer<Double>

  // Way: positions in the flat table of route edges.
  let cursor: UnsafeMutablePointer<Int32>
  let routeEnd: UnsafeMutablePointer<Int32>
  let arrivalPosition: UnsafeMutablePointer<Double>
  /// Speed to arrive with [m/s]; negative: whatever it drives.
  let arrivalSpeed: UnsafeMutablePointer<Double>
  /// Lane to arrive on; -1: any.
  let arrivalLane: UnsafeMutablePointer<Int32>
  let stopCursor: UnsafeMutablePointer<Int32>
  let stopEnd: UnsafeMutablePointer<Int32>
  /// Remaining stay at the stop it stands at [s]; negative: it does not stand at one.
  let stopLeft: UnsafeMutablePointer<Double>
  /// Distance to the next stop as planned last; infinity where there is none in sight.
  let stopDistance: UnsafeMutablePointer<Double>

  // Body behind the front's lane, nearest first.
  let trailCount: UnsafeMutablePointer<Int32>
  let trail: UnsafeMutablePointer<Int32>

  // Junction priority: when it entered, never reset by yielding, and when it entered the conflict area [s]; infinity outside.
  let entryTime: UnsafeMutablePointer<Double>
  let entryKept: UnsafeMutablePointer<Double>
  let conflictTime: UnsafeMutablePointer<Double>
  let mustWait: UnsafeMutablePointer<Bool>
  let mustWaitNext: UnsafeMutablePointer<Bool>
  /// It was blocked inside the junction and lets others go first.
  let yielded: UnsafeMutablePointer<Bool>
  /// Bit k: it asked to pass the k-th connection ahead; as announced in the last step, and as being planned.
  let requests: UnsafeMutablePointer<UInt32>
  let requestCount: UnsafeMutablePointer<Int32>
  let nextRequests: UnsafeMutablePointer<UInt32>
  let nextRequestCount: UnsafeMutablePointer<Int32>

  // Plan of the coming step.
  let planned: UnsafeMutablePointer<Double>
  let plannedMinimum: UnsafeMutablePointer<Double>
  /// Index into the chunk's list of undecided vehicles; -1: decided.
  let undecided: UnsafeMutablePointer<Int32>

  // Lanes that lead on: one row of `width` for the lanes of `bestEdge`.
  let bestEdge: UnsafeMutablePointer<Int32>
  let bestCursor: UnsafeMutablePointer<Int32>
  let bestLength: UnsafeMutablePointer<Double>
  let bestOffset: UnsafeMutablePointer<Int8>
  let bestCount: UnsafeMutablePointer<UInt8>
  let bestWay: UnsafeMutablePointer<Int32>

  // Lane changing.
  let changeState: UnsafeMutablePointer<UInt32>
  let gainWish: UnsafeMutablePointer<Double>
  let rightWish: UnsafeMutablePointer<Double>
  let blockerLength: UnsafeMutablePointer<Double>
  let leftSpace: UnsafeMutablePointer<Double>
  let lookahead: UnsafeMutablePointer<Double>
  let adviceCount: UnsafeMutablePointer<UInt8>
  let advice: UnsafeMutablePointer<Double>
  let dontBrake: UnsafeMutablePointer<Bool>

  // What the trip has cost.
  let timeLoss: UnsafeMutablePointer<Double>
  let waitedTotal: UnsafeMutablePointer<Double>
  let waitCount: UnsafeMutablePointer<Int32>
  let wasWaiting: UnsafeMutablePointer<Bool>
  let stoppedTotal: UnsafeMutablePointer<Double>
  let driven: UnsafeMutablePointer<Double>
  let departure: UnsafeMutablePointer<Double>
  let departureLane: UnsafeMutablePointer<Int32>
  let departurePosition: UnsafeMutablePointer<Double>
  let departureSpeed: UnsafeMutablePointer<Double>
  let teleports: UnsafeMutablePointer<Int32>
  let laneBefore: UnsafeMutablePointer<Int32>

  init(capacity: Int, width: Int) {
    self.capacity = capacity
    self.width = width
    let n = capacity
    position = arena.column(count: n)
    speed = arena.column(count: n)
    acceleration = arena.column(count: n)
    factor = arena.column(count: n)
    lane = arena.column(count: n)
    type = arena.column(count: n)
    number = arena.column(count: n)
    waiting = arena.column(count: n)
    cursor = arena.column(count: n)
    routeEnd = arena.column(count: n)
    arrivalPosition = arena.column(count: n)
    arrivalSpeed = arena.column(count: n)
    arrivalLane = arena.column(count: n)
    stopCursor = arena.column(count: n)
    stopEnd = arena.column(count: n)
    stopLeft = arena.column(count: n)
    stopDistance = arena.column(count: n)
    trailCount = arena.column(count: n)
    trail = arena.column(count: n * Self.trailLimit)
    entryTime = arena.column(count: n)
    entryKept = arena.column(count: n)
    conflictTime = arena.column(count: n)
    mustWait = arena.column(count: n)
    mustWaitNext = arena.column(count: n)
    yielded = arena.column(count: n)
    sinceStart = arena.column(count: n)
    requests = arena.column(count: n)
    requestCount = arena.column(count: n)
    nextRequests = arena.column(count: n)
    nextRequestCount = arena.column(count: n)
    planned = arena.column(count: n)
    plannedMinimum = arena.column(count: n)
    undecided = arena.column(count: n)
    bestEdge = arena.column(count: n)
    bestCursor = arena.column(count: n)
    bestLength = arena.column(count: n * width)
    bestOffset = arena.column(count: n * width)
    bestCount = arena.column(count: n * width)
    bestWay = arena.column(count: n * width * Self.horizon)
    changeState = arena.column(count: n)
    gainWish = arena.column(count: n)
    rightWish = arena.column(count: n)
    blockerLength = arena.column(count: n)
    leftSpace = arena.column(count: n)
    lookahead = arena.column(count: n)
    adviceCount = arena.column(count: n)
    advice = arena.column(count: n * Self.adviceLimit)
    dontBrake = arena.column(count: n)
    timeLoss = arena.column(count: n)
    waitedTotal = arena.column(count: n)
    waitCount = arena.column(count: n)
    wasWaiting = arena.column(count: n)
    stoppedTotal = arena.column(count: n)
    driven = arena.column(count: n)
    departure = arena.column(count: n)
    departureLane = arena.column(count: n)
    departurePosition = arena.column(count: n)
    departureSpeed = arena.column(count: n)
    teleports = arena.column(count: n)
    laneBefore = arena.column(count: n)
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
