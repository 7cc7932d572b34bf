import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Queues at the stop line of one link, by conservation between loops at its beginning and its end, held straight by what the stop line shows.
///
/// Vehicles on the link are those that came in less those that went out; of these the ones that had time to reach the queue stand in it. The
/// balance drifts with every miscount, so it is set right whenever the stop line proves a lane empty: green, and no vehicle over the loop
/// for longer than a discharging queue allows. A lane's share follows what each lane discharged lately. Without loops at the beginning the
/// queue follows from what the last green discharged before its first long gap (shock wave at the stop line), the estimate of one cycle
/// before: of those vehicles, the part of red in the time from its begin to the gap had come by the end of red. A green without a gap
/// has left others behind: how many, between none and what the lane can hold, nothing tells, so half is taken, the more firmly the more
/// greens went by without a gap.
public struct LinkQueueEstimator: Sendable {
  public struct Settings: Sendable, Hashable {
    /// Longest headway within a discharging queue [s].
    public var gap = 4.0
    /// Room a standing vehicle takes [m].
    public var spacing = 7.5
    /// Share of the speed limit vehicles drive at on the way to the queue.
    public var cruise = 0.9
    /// Miscounts a loop makes, as a share of vehicles: drives the variance of the balance.
    public var miscount = 0.02
    public init() {}
  }

  /// A queue with its variance [veh], [veh²].
  public struct Estimate: Sendable, Hashable {
    public var queue: Double
    public var variance: Double
  }

  public let settings: Settings
  /// Length of the link [m] and speed limit [m/s].
  public let length: Double
  public let speed: Double
  public let hasBeginning: Bool
  private var entries: [Int64] = []
  private var firstEntry = 0
  private var inside = 0.0
  private var drift = 0.0
  private struct LaneState: Sendable {
    var isOccupied = false
    var occupiedSince: Int64 = .min
    var lastOff: Int64 = .min
    var discharged = 1.0
    /// Discharge since green began, while headways stay short.
    var inQueue = 0.0
    var isDischarging = false
    var lastQueue = 0.0
    /// Of the vehicles of `lastQueue`, the share that had come by the end of red.
    var redShare = 1.0
    /// Greens in a row without a gap.
    var fullGreens = 0
    var green = false
    var greenSince: Int64 = .min
    var redSince: Int64 = .min

    /// The queue of this green has passed, its last vehicle at `t`.
    mutating func noteQueue(clearedAt t: Int64) {
      isDischarging = false
      lastQueue = inQueue
      let red = redSince == .min ? 0 : Double(greenSince - redSince)
      redShare = red > 0 ? red / max(red, Double(t - redSince)) : 1
    }
  }
  private var lanes: [LaneState]

  /// A link with `lanes` lanes; `hasBeginning` where loops at its beginning see every vehicle that comes in.
  public init(length: Double, speed: Double, lanes: Int, hasBeginning: Bool, settings: Settings = Settings()) {
    self.length = length
    self.speed = max(1, speed)
    self.hasBeginning = hasBeginning
    self.settings = settings
    self.lanes = [LaneState](repeating: LaneState(), count: lanes)
  }

  /// A vehicle came onto the link.
  public mutating func enter(at t: Int64) {
    setRight(at: t)
    entries.append(t)
    // No more than twice what can stand here are inside: where a stop-line loop is dead, the earliest have left unseen.
    let most = 2 * Double(lanes.count) * length / settings.spacing + 4
    inside = min(inside + 1, most)
    if Double(entries.count - firstEntry) > most { forgetFirstEntry() }
    drift += settings.miscount
  }

  private mutating func forgetFirstEntry() {
    if firstEntry < entries.count { firstEntry += 1 }
    if firstEntry > 4096 {
      entries.removeFirst(firstEntry)
      firstEntry = 0
    }
  }

  /// The stop-line loop of `lane` became occupied or free.
  public mutating func stopLine(_ lane: Int, isOccupied: Bool, at t: Int64) {
    guard lanes.indices.contains(lane) else { return }
    setRight(at: t)
    lanes[lane].isOccupied = isOccupied
    if isOccupied {
      lanes[lane].occupiedSince = t
      return
    }
    inside = max(0, inside - 1)
    drift += settings.miscount
    forgetFirstEntry()
    lanes[lane].discharged = 0.9 * lanes[lane].discharged + 1
    let previous = max(lanes[lane].lastOff, lanes[lane].greenSince)
    if lanes[lane].isDischarging {
      if Double(t - previous) / 1000 <= settings.gap {
        lanes[lane].inQueue += 1
      } else {
        lanes[lane].noteQueue(clearedAt: previous)
        lanes[lane].fullGreens = 0
      }
    }
    lanes[lane].lastOff = t
  }

  /// The lane's signal turned green, or ended its green.
  public mutating func signal(_ lane: Int, isGreen: Bool, at t: Int64) {
    guard lanes.indices.contains(lane), lanes[lane].green != isGreen else { return }
    setRight(at: t)
    lanes[lane].green = isGreen
    if isGreen {
      lanes[lane].greenSince = t
      lanes[lane].isDischarging = true
      lanes[lane].inQueue = 0
    } else {
      if lanes[lane].isDischarging {
        let isFull = Double(t - max(lanes[lane].lastOff, lanes[lane].greenSince)) / 1000 <= settings.gap
        lanes[lane].noteQueue(clearedAt: isFull ? t : max(lanes[lane].lastOff, lanes[lane].greenSince))
        lanes[lane].fullGreens = isFull && lanes[lane].lastQueue > 0 ? lanes[lane].fullGreens + 1 : 0
      }
      lanes[lane].redSince = t
    }
  }

  /// All lanes empty at the stop line for longer than a queue allows, under green: nobody queues, whoever is inside is driving.
  private mutating func setRight(at t: Int64) {
    let gap = Int64(settings.gap * 1000)
    guard hasBeginning, lanes.allSatisfy({ !$0.isOccupied && $0.green && t - max($0.lastOff, $0.greenSince) > gap }) else { return }
    let driving = Double(entries.count) - Double(firstIndex(after: t - Int64(length / (speed * settings.cruise) * 1500)))
    inside = min(inside, max(0, driving))
    drift = 0
  }

  /// What a lane can hold: the last vehicle's rear may stand outside.
  private var room: Double { length / settings.spacing + 0.5 }

  /// The queue on each lane at `t`, best asked at the end of red.
  public mutating func queues(at t: Int64) -> [Estimate] {
    guard hasBeginning else {
      return lanes.map { lane in
        guard lane.isOccupied else { return Estimate(queue: 0, variance: 1) }
        guard lane.fullGreens > 0 else {
          let q = max(1, lane.lastQueue * lane.redShare)
          return Estimate(queue: q, variance: 1 + 0.3 * q)
        }
        let unseen = max(0, room - lane.lastQueue)
        let q = max(1, lane.lastQueue + 0.5 * unseen * (1 - pow(0.5, Double(lane.fullGreens))))
        return Estimate(queue: q, variance: 1 + 0.3 * q + unseen * unseen / 12)
      }
    }
    setRight(at: t)
    // Vehicles that have reached the back of the queue: the way to it shortens as it grows.
    let standing = lanes.filter(\.isOccupied).count
    guard standing > 0 else { return lanes.map { _ in Estimate(queue: 0, variance: 0.25 + min(drift, 4)) } }
    var queue = inside
    for _ in 0..<8 {
      let back = min(length, queue / Double(standing) * settings.spacing)
      let way = max(0, length - back) / (speed * settings.cruise)
      let recent = Double(entries.count - firstIndex(after: t - Int64(way * 1000)))
      let next = max(Double(standing), inside - recent)
      if abs(next - queue) < 0.5 {
        queue = next
        break
      }
      queue = 0.5 * (queue + next)
    }
    queue = min(queue, Double(standing) * room)
    let total = lanes.filter(\.isOccupied).reduce(0) { $0 + $1.discharged }
    return lanes.map { lane in
      guard lane.isOccupied else { return Estimate(queue: 0, variance: 0.25) }
      let q = max(1, queue * lane.discharged / total)
      return Estimate(queue: q, variance: 0.5 + 0.15 * q + drift)
    }
  }

  /// Number of entries at or before `t`.
  private func firstIndex(after t: Int64) -> Int {
    var low = firstEntry, high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle] <= t { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
