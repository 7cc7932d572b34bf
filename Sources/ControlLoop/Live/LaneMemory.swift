import Estimation
import TrafficModel

/// What the engine knows of one lane before a signal, from its loops.
///
/// Control by loops in experiments goes by ``LaneStateEstimator`` instead, which follows each vehicle from loop to loop through a whole
/// network. The field asks for less and for more than that: a gateway may tell counts over a period, which hold no vehicle to follow; a
/// lane may have either of its loops alone; a loop's health is known from what it says of itself and how often, not inferred from vehicles
/// it missed; the lanes' minutes are measured along the way; and each lane goes on by itself, so that signals share nothing and those of
/// a city can be decided side by side.
struct LaneMemory: Sendable {
  let links: [Int]
  private let length: Double
  /// Distance of the advance loop [m]; nil without one.
  private let advance: Double?
  private let hasStopBar: Bool
  private var estimator: LinkQueueEstimator
  /// When vehicles that are still driving to the queue crossed the advance loop.
  private var driving: [Instant] = []
  /// Vehicles that have left, which numbers those that follow.
  private var left: UInt32 = 0
  private var leftSinceTick = 0.0
  private var lastRelease: Instant
  /// Vehicles waiting [veh].
  private(set) var queue = 0.0
  /// Arrival rate, smoothed over about two minutes [veh/s].
  private(set) var arrivalRate = 0.0
  private var recentArrivals = 0.0
  private(set) var stopBarOccupied = false
  private var stopBarFreeSince: Instant
  private(set) var isGreen = false
  private var greenSince: Instant
  /// Sums since the minute began.
  var minute = Minute()

  struct Minute: Sendable {
    var arrivals = 0.0
    var departures = 0.0
    var queueSeconds = 0.0
    var arrivalsOnGreen = 0.0
  }

  /// Room a standing vehicle takes [m], headway at which a queue leaves [s], and the speed it then has [m/s].
  private static let spacing = 7.5, headway = 1.9, dischargeSpeed = 8.0

  init(_ approach: LiveTopology.Approach, length: Double, advance: Double?, hasStopBar: Bool, start: Instant) {
    links = approach.links
    self.length = length
    self.advance = advance
    self.hasStopBar = hasStopBar
    estimator = LinkQueueEstimator(
      length: advance ?? length, speed: LiveJunction.speed, lanes: 1, hasBeginning: advance != nil && hasStopBar)
    stopBarFreeSince = start
    greenSince = start
    lastRelease = start
  }

  /// Vehicles came over the advance loop.
  mutating func arrive(_ vehicles: Double, at now: Instant) {
    recentArrivals += vehicles
    minute.arrivals += vehicles
    if isGreen { minute.arrivalsOnGreen += vehicles }
    for _ in 0..<min(100, Int(vehicles.rounded())) {
      estimator.enter(at: now.milliseconds)
      driving.append(now)
    }
  }

  /// Vehicles left over the stop bar, without being told one by one.
  mutating func depart(_ vehicles: Double) {
    minute.departures += vehicles
    leftSinceTick += vehicles
    left &+= UInt32(min(1000, max(0, vehicles.rounded())))
  }

  /// The stop bar became occupied or free.
  mutating func stopBar(isOccupied: Bool, at now: Instant) {
    stopBarOccupied = isOccupied
    estimator.stopLine(0, isOccupied: isOccupied, at: now.milliseconds)
    if isOccupied {
      if advance == nil { arrive(1, at: now) }
      return
    }
    stopBarFreeSince = now
    depart(1)
  }

  /// The lane's indication from `now` on.
  mutating func show(isGreen shown: Bool, at now: Instant) {
    guard shown != isGreen else { return }
    isGreen = shown
    greenSince = now
    lastRelease = now
    estimator.signal(0, isGreen: shown, at: now.milliseconds)
  }

  /// Brings queue and rate up to `now`, `seconds` after the last time.
  mutating func follow(_ now: Instant, seconds: Double) {
    arrivalRate += min(1, seconds / 120) * (recentArrivals / seconds - arrivalRate)
    recentArrivals = 0
    let back = max(0, (advance ?? 0) - queue * Self.spacing)
    let before = driving.count
    driving.removeAll { Self.way(since: $0, now) >= back }
    if hasStopBar {
      let estimate = estimator.queues(at: now.milliseconds)[0].queue
      let isEmpty = isGreen && !stopBarOccupied && now - max(stopBarFreeSince, greenSince) > .seconds(4)
      // Between two vehicles that leave, the stop bar is free for a moment; the queue behind it is not gone.
      queue = stopBarOccupied ? estimate : isEmpty ? 0 : isGreen ? max(0, queue - leftSinceTick) : estimate
    } else {
      // Nobody sees them leave: they do so at saturation flow.
      queue += Double(before - driving.count)
      while isGreen, queue >= 1, now - lastRelease >= .seconds(Self.headway) {
        queue -= 1
        lastRelease = lastRelease + .seconds(Self.headway)
        depart(1)
      }
      if queue < 1 { lastRelease = max(lastRelease, now - .seconds(Self.headway)) }
    }
    leftSinceTick = 0
    minute.queueSeconds += queue * seconds
  }

  private static func way(since entry: Instant, _ now: Instant) -> Double { (now - entry).seconds * LiveJunction.speed }

  /// The lane's vehicles as a roadside unit would report them: those that stand, then those on their way.
  func report(_ lane: Int, at now: Instant, into reports: inout [VehicleReport]) {
    var ahead: UInt32 = 0
    func add(_ distance: Double, _ speed: Double) {
      // Twenty bits tell vehicles of one lane apart for longer than any of them waits.
      let key = UInt32(lane) << 20 | (left &+ ahead) & 0xF_FFFF
      ahead += 1
      reports.append(
        VehicleReport(
          time: now, link: LinkID(lane), lane: LaneID(lane), position: max(0, length - distance), speed: speed, length: 5,
          signalLink: links.count == 1 ? links[0] : nil, key: key, signal: SignalID(0)))
    }
    let standing = Int(queue.rounded())
    for k in 0..<standing {
      let isMoving = isGreen && now - greenSince >= .seconds(1 + Double(k))
      add(min(length, Double(k) * Self.spacing), isMoving ? Self.dischargeSpeed : 0)
    }
    guard let advance else { return }
    for entry in driving { add(max(Double(ahead) * Self.spacing, advance - Self.way(since: entry, now)), LiveJunction.speed) }
  }
}
