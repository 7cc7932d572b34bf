/// Who is on a lane: one cache line.
enum OccupancyRecord: RecordLayout {
  @inline(__always) static var stride: Int { 64 }
}

/// Which vehicles are where: for each lane its vehicles from the rearmost to the foremost, and those whose front has left it but whose back
/// has not.
final class LaneOccupancy: @unchecked Sendable {
  /// Vehicles whose tail may lie on one lane at once.
  static let tailLimit = 8

  /// All but the rows themselves.
  let arena = Arena()
  private let rows = Arena()
  private let records: UnsafeMutableRawPointer
  let laneCount: Int
  @inline(__always) var count: RecordField<Int32, OccupancyRecord> { RecordField(first: records + 0) }
  @inline(__always) var base: RecordField<Int32, OccupancyRecord> { RecordField(first: records + 4) }
  @inline(__always) var room: RecordField<Int32, OccupancyRecord> { RecordField(first: records + 8) }
  let pool: UnsafeMutablePointer<Int32>
  private let poolSize: Int
  var poolUsed: Int

  @inline(__always) var tailCount: RecordField<Int32, OccupancyRecord> { RecordField(first: records + 12) }
  let tailVehicle: UnsafeMutablePointer<Int32>
  /// Position of the tail's end on the lane [m]; negative where it begins before the lane.
  let tailBack: UnsafeMutablePointer<Double>

  /// One bit a lane: it holds the front of a vehicle.
  let active: UnsafeMutablePointer<UInt64>
  let wordCount: Int

  private let length: RecordField<Double, LaneRecord>
  // Summaries at the beginning of a step; those of an empty lane say that it is empty.
  /// Lengths with gaps of the vehicles on the lane [m].
  let filled: UnsafeMutablePointer<Double>
  /// Room up to the last standing vehicle [m].
  @inline(__always) var roomBehindStanding: RecordField<Double, OccupancyRecord> { RecordField(first: records + 16) }
  @inline(__always) var hasStanding: RecordField<Bool, OccupancyRecord> { RecordField(first: records + 24) }

  init(network: CompiledNetwork, shortestSpace: Double) {
    laneCount = network.laneCount
    length = network.laneLength
    let n = laneCount
    records = arena.lines(count: n, stride: OccupancyRecord.stride)
    tailVehicle = arena.column(count: n * Self.tailLimit)
    tailBack = arena.column(count: n * Self.tailLimit)
    wordCount = (n + 63) / 64
    active = arena.column(count: wordCount)
    filled = arena.column(count: n)
    let places = (0..<n).map { Int(network.laneLength[$0] / max(shortestSpace, 1)) + 5 }
    let used = places.reduce(0, +)
    poolUsed = used
    // Address space only: rows move to the far end in the rare case that vehicles lie over each other on a lane.
    poolSize = used * 3 + 1 << 20
    pool = rows.column(count: poolSize)
    var at = 0
    for lane in 0..<n {
      base[lane] = Int32(at)
      room[lane] = Int32(places[lane])
      at += places[lane]
      roomBehindStanding[lane] = network.laneLength[lane]
    }
  }

  @inline(__always)
  func vehicle(_ lane: Int, _ k: Int) -> Int { Int(pool[Int(base[lane]) + k]) }

  @inline(__always)
  func isEmpty(_ lane: Int) -> Bool { count[lane] == 0 && tailCount[lane] == 0 }

  /// Puts a vehicle at place `k` (0 is the rear).
  func insert(_ v: Int, into lane: Int, at k: Int) {
    if count[lane] == room[lane] { grow(lane) }
    let row = pool + Int(base[lane])
    var i = Int(count[lane])
    while i > k {
      row[i] = row[i - 1]
      i -= 1
    }
    row[k] = Int32(v)
    count[lane] += 1
    active[lane >> 6] |= 1 << UInt64(lane & 63)
  }

  /// Takes a vehicle out; false where it was not there.
  @discardableResult
  func remove(_ v: Int, from lane: Int) -> Bool {
    let row = pool + Int(base[lane])
    let n = Int(count[lane])
    var k = n - 1
    while k >= 0, row[k] != Int32(v) { k -= 1 }
    guard k >= 0 else { return false }
    for i in k..<(n - 1) { row[i] = row[i + 1] }
    count[lane] -= 1
    if count[lane] == 0 {
      active[lane >> 6] &= ~(1 << UInt64(lane & 63))
      filled[lane] = 0
      hasStanding[lane] = false
      roomBehindStanding[lane] = length[lane]
    }
    return true
  }

  private func grow(_ lane: Int) {
    let wanted = Int(room[lane]) * 2
    precondition(poolUsed + wanted <= poolSize, "lane \(lane) holds \(count[lane]) vehicles, more than can be")
    let from = pool + Int(base[lane]), to = pool + poolUsed
    to.update(from: from, count: Int(count[lane]))
    base[lane] = Int32(poolUsed)
    room[lane] = Int32(wanted)
    poolUsed += wanted
  }

  /// Notes that the tail of `v` lies on `lane`, keeping the one farthest back first.
  func addTail(_ v: Int, on lane: Int, back: Double, length: Double, lengths: (Int) -> Double) {
    var n = Int(tailCount[lane])
    let vehicles = tailVehicle + lane * Self.tailLimit, backs = tailBack + lane * Self.tailLimit
    if n == Self.tailLimit { n -= 1 }
    var k = n
    while k > 0, backs[k - 1] + lengths(Int(vehicles[k - 1])) > back + length {
      if k < Self.tailLimit {
        vehicles[k] = vehicles[k - 1]
        backs[k] = backs[k - 1]
      }
      k -= 1
    }
    vehicles[k] = Int32(v)
    backs[k] = back
    tailCount[lane] = Int32(n + 1)
  }

  /// Forgets the tail of `v` on `lane`; false where there was none.
  func removeTail(_ v: Int, from lane: Int) -> Bool {
    let n = Int(tailCount[lane])
    let vehicles = tailVehicle + lane * Self.tailLimit, backs = tailBack + lane * Self.tailLimit
    for k in 0..<n where vehicles[k] == Int32(v) {
      for i in k..<(n - 1) {
        vehicles[i] = vehicles[i + 1]
        backs[i] = backs[i + 1]
      }
      tailCount[lane] = Int32(n - 1)
      return true
    }
    return false
  }

  /// The rearmost vehicle on the lane, tails included; -1 where there is none.
  @inline(__always)
  func last(_ lane: Int) -> Int {
    if count[lane] > 0 { return Int(pool[Int(base[lane])]) }
    if tailCount[lane] > 0 { return Int(tailVehicle[lane * Self.tailLimit]) }
    return -1
  }

  /// Writes all lanes, and the rows in use.
  func save(into writer: inout StateWriter) {
    writer.put(poolUsed)
    writer.put(pool, count: poolUsed)
    arena.save(into: &writer)
  }

  func restore(from reader: inout StateReader) {
    poolUsed = min(max(reader.get(Int.self, or: poolUsed), 0), poolSize)
    reader.get(into: pool, count: poolUsed)
    arena.restore(from: &reader)
  }
}
