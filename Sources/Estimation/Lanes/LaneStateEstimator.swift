import TrafficFlow
import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What loops alone let be known of the lanes before signals: each vehicle appears where a loop saw it come, moves as traffic moves, and
/// leaves when the loop at the stop line has let it go (the input–output queue, with every vehicle's place).
///
/// Loops correct what motion assumed: a vehicle that a loop should have confirmed but did not was never there or has turned off or changed
/// lanes; one that a loop shows unannounced came from the lane beside. Loops that never speak, or never fall silent, are found and left
/// out; what they would have told then follows from the loops before and beside them.
public struct LaneStateEstimator: Sendable {
  struct Track: Sendable {
    var key: UInt32
    /// From the lane's start [m].
    var position: Double
    var speed: Double
    /// It stands or drives on the stop line's loop.
    var isOnStop = false
    /// Since when it has been waiting for a loop to confirm it [s], or nil.
    var overdueSince: Double?
    /// The last loop that saw it; -1: none, it was only supposed.
    var seenBy = -1
    /// It was thought to have crossed, and no exit saw it.
    var isReturned = false
    /// Loops of its lane that it has passed without a word from them.
    var passed: [Int] = []
  }

  /// Crossed a stop line; which way it went is told by the exit it comes to.
  struct Departure: Sendable {
    var key: UInt32
    var lane: Int
    var time: Double
    /// No loop at the stop line told of it.
    var isSupposed = false
    var isReturned = false
  }

  /// A loop of a lane and what it has said.
  struct Loop: Sendable {
    enum Role: Sendable { case stop, advance, exit }
    var lane: Int
    var position: Double
    var role: Role
    var isOn = false
    /// Last change [s], and last moment it was known to be occupied.
    var since = -1e9
    /// It has been seen free.
    var hasBeenFree = false
    /// When it last fell free [s].
    var lastOff = -1e9
    /// Whom it saw come last.
    var occupant: UInt32 = 0
    /// It has spoken at all.
    var hasSpoken = false
    /// When the last vehicle that it should have confirmed was given up [s].
    var gaveUp = -1e9
    /// Vehicles seen before or beyond it since it last spoke.
    var missed = 0
    var isDead = false
    var isStuck = false
    var isTrusted: Bool { !isDead && !isStuck }
    /// Silence of this loop says that nobody came: it has spoken, and has not been silent lately while vehicles passed.
    var isProven: Bool { isTrusted && hasSpoken && missed < LaneStateEstimator.doubt }
    /// Vehicles counted, per second, fading.
    var rate = 0.0
  }

  static let spacing = 7.5
  static let vehicleLength = 5.0
  /// Acceleration of vehicles that start [m/s²].
  static let acceleration = 2.0
  /// A vehicle that moves is on a loop no longer than this [s].
  static let passage = 2.0
  /// A vehicle that has not come to an exit for so long waits inside the junction, if a turn may wait there [s].
  static let crossing = 8.0
  /// A vehicle that no loop confirms within so long is forgotten, at green and at red; one that stood behind such a one, sooner [s].
  static let patience = (green: 3.0, red: 7.0, behind: 1.0)
  /// A loop is dead when so many vehicles have passed without a word from it: fewer where it has never said one.
  static let silence = (known: 10, unknown: 4)
  /// After so many missed vehicles a loop's silence no longer makes a vehicle forgotten.
  static let doubt = 2
  /// A stop line's loop is stuck when it has been on so long, of which `green` under green; any other when it has been on for `other`, or,
  /// never seen free, for `never` [s].
  static let stuck = (time: 60.0, green: 20.0, other: 240.0, never: 45.0)
  /// Across a stop line whose loop cannot be trusted a queue is thought to go after `start`, one vehicle each `headway`, at a permissive
  /// green each `gap`; exits correct that: whom none has seen after `confirmation` has not gone [s].
  static let release = (start: 1.5, headway: 2.0, gap: 4.0, confirmation: 7.0)
  /// An exit takes the vehicle that crossed as long ago as the way there takes, give or take so much, before it asks who else it was [s].
  static let surprise = 4.0
  static let rateMemory = 300.0
  /// Vehicles of a queue follow each other over a loop with gaps shorter than this [s]; so many more are then thought to come.
  static let saturated = 2.5
  static let followers = 2
  /// A lane none of whose loops can be trusted is thought to have somebody waiting once it has been red for so long [s].
  static let suspicion = 45.0

  let graph: StreetGraph
  let network: RoadNetwork
  var loops: [Loop] = []
  /// Loop for each detector's index, or -1.
  var loopOf: [Int] = []
  /// Stop and entry loop of each lane of the graph, or -1, and all loops of each lane by position.
  var stopLoop: [Int]
  var entryLoop: [Int]
  var loopsOn: [[Int]]
  /// The loops that a vehicle passes just before each loop.
  var upstream: [[Int]] = []
  /// Lanes from which a vehicle may come to each lane, and the way from their end to its start [m].
  let sources: [[(lane: Int, way: Double)]]
  /// Tracks of each lane, the first nearest to its end.
  var tracks: [[Track]]
  var departures: [Departure] = []
  /// Departures whose exit has just told which hop they took.
  var ways: [(departure: Departure, hop: Int)] = []
  /// A lane inside the junction for each hop.
  let insideLane: [LaneID?]
  /// For each loop: fractions of vehicles to come that nobody announces.
  var credit: [Double] = []
  /// For each lane: seconds of green since its stop loop last changed; the lane has green now; red since.
  var greenSpent: [Double]
  var hasGreen: [Bool]
  var redSince: [Double]
  /// For each lane: some green is a protected one; the present green began; the last vehicle was let go unseen.
  var isProtected: [Bool]
  var greenSince: [Double]
  var releasedAt: [Double]
  /// Vehicles that came out of each lane without any of its loops telling, per second, fading, and fractions of those to come.
  var unseenRate: [Double]
  var unseenCredit: [Double]
  var nextKey: UInt32 = 1
  /// By how much readings are late [s].
  private(set) var lateness = 0.0
  private var last: Double?
  /// Hops along which a lane without a signal goes on toward one, what each has carried, and who is due next.
  private let onward: [[Int]]
  private var carried: [[Double]]
  private var due: [[Double]]
  /// Lanes from downstream to upstream.
  private let order: [Int]
  let isApproach: [Bool]

  /// - Parameter detectors: what each is for follows from its place.
  public init(network: RoadNetwork, detectors: [Detector]) {
    self.init(network: network, graph: StreetGraph(network), detectors: detectors)
  }

  init(network: RoadNetwork, graph: StreetGraph, detectors: [Detector]) {
    self.network = network
    self.graph = graph
    let count = graph.laneID.count
    stopLoop = [Int](repeating: -1, count: count)
    entryLoop = stopLoop
    loopsOn = [[Int]](repeating: [], count: count)
    tracks = [[Track]](repeating: [], count: count)
    greenSpent = [Double](repeating: 0, count: count)
    redSince = greenSpent
    hasGreen = [Bool](repeating: false, count: count)
    isProtected = hasGreen
    greenSince = greenSpent
    releasedAt = [Double](repeating: -1e9, count: count)
    unseenRate = greenSpent
    unseenCredit = greenSpent
    var inside = [LaneID?](repeating: nil, count: graph.hops.count)
    for (lane, hop) in graph.hopOfInternalLane.enumerated() where hop >= 0 && graph.internalStart[lane] == 0 { inside[hop] = LaneID(lane) }
    insideLane = inside
    let isApproach = (0..<count).map { lane in graph.hopsFrom[lane].contains { graph.hops[$0].signal >= 0 } }
    self.isApproach = isApproach
    func isUTurn(_ h: Int) -> Bool { graph.hops[h].turn == .uTurn || graph.hops[h].turn == .uTurnRight }
    let onward = (0..<count).map { lane -> [Int] in
      guard !isApproach[lane] else { return [] }
      return graph.hopsFrom[lane].filter { !isUTurn($0) && !graph.ruledAhead[graph.hops[$0].to].isEmpty }
    }
    self.onward = onward
    carried = onward.map { [Double](repeating: 1, count: $0.count) }
    due = onward.map { [Double](repeating: 0, count: $0.count) }
    sources = (0..<count).map { lane in
      graph.hopsInto[lane].filter { graph.hops[$0].signal < 0 && !isUTurn($0) }.map { (graph.hops[$0].from, graph.hops[$0].length) }
    }
    // A vehicle moves after the one ahead of it has: nearest to a stop line first.
    var depth = [Int](repeating: 0, count: count)
    for lane in 0..<count {
      var here = lane
      var steps = 0
      while let hop = onward[here].first, steps < 20 {
        here = graph.hops[hop].to
        steps += 1
      }
      depth[lane] = steps
    }
    order = (0..<count).sorted { (depth[$0], $0) < (depth[$1], $1) }
    for detector in detectors {
      while loopOf.count <= detector.id.index { loopOf.append(-1) }
      guard case .point(let id, let position) = detector.kind, graph.laneOf[id.index] >= 0 else { continue }
      place(detector.id.index, graph.laneOf[id.index], position)
    }
    for lane in loopsOn.indices { loopsOn[lane].sort { loops[$0].position < loops[$1].position } }
    upstream = loops.indices.map { upstreamLoops(of: $0) }
    credit = [Double](repeating: 0, count: loops.count)
  }

  private mutating func place(_ detector: Int, _ lane: Int, _ position: Double) {
    var role = Loop.Role.advance
    if isApproach[lane], graph.length[lane] - position < 6 {
      role = .stop
      stopLoop[lane] = loops.count
    } else if position < 5, graph.hopsInto[lane].contains(where: { graph.hops[$0].signal >= 0 }) {
      role = .exit
      entryLoop[lane] = loops.count
    }
    loopOf[detector] = loops.count
    loopsOn[lane].append(loops.count)
    loops.append(Loop(lane: lane, position: position, role: role))
  }

  private func upstreamLoops(of loop: Int) -> [Int] {
    let lane = loops[loop].lane
    if let before = loopsOn[lane].last(where: { loops[$0].position < loops[loop].position }) { return [before] }
    var found: [Int] = []
    var frontier = [lane]
    var seen: Set<Int> = [lane]
    for _ in 0..<6 {
      var further: [Int] = []
      for here in frontier {
        for source in sources[here] where seen.insert(source.lane).inserted {
          if let nearest = loopsOn[source.lane].last { found.append(nearest) } else { further.append(source.lane) }
        }
      }
      frontier = further
    }
    return found
  }

  func trusted(_ loop: Int) -> Bool { loop >= 0 && loops[loop].isTrusted }

  /// A trusted loop upstream announces whoever comes to this one.
  func isAnnounced(_ loop: Int) -> Bool { upstream[loop].contains { loops[$0].isTrusted } }

  mutating func newTrack(_ position: Double, _ speed: Double, seenBy: Int) -> Track {
    defer { nextKey &+= 1 }
    return Track(key: nextKey, position: position, speed: speed, seenBy: seenBy)
  }

  /// Takes in what happened until `now` and what the signals showed; answers what connected vehicles would have told.
  public mutating func update(now: Instant, events: [DetectorEvent], shown: [SignalID: SignalState]) -> [VehicleReport] {
    let clock = now.seconds
    let dt = last.map { clock - $0 } ?? 0
    last = clock
    noteSignals(clock, dt, shown)
    for lane in order where !tracks[lane].isEmpty { move(lane, clock, dt) }
    var late: Double?
    for event in events where event.detector.index < loopOf.count && loopOf[event.detector.index] >= 0 {
      late = min(late ?? .infinity, max(0, clock - event.time.seconds))
      switch event.change {
      case .on: noteOn(loopOf[event.detector.index], event.time.seconds, event.speed, clock)
      case .off: noteOff(loopOf[event.detector.index], event.time.seconds, clock)
      case .fault: loops[loopOf[event.detector.index]].isDead = true
      case .restored: loops[loopOf[event.detector.index]].isDead = false
      }
    }
    if let late { lateness += 0.05 * (max(0, late - 1) - lateness) }
    judgeLoops(clock, dt)
    for loop in loops.indices { imagine(loop, clock, dt) }
    for lane in tracks.indices where isApproach[lane] { suspect(lane, clock, dt) }
    returnUnseen(clock)
    departures.removeAll { clock - $0.time > 30 }
    return reports(now, clock)
  }

  private mutating func noteSignals(_ clock: Double, _ dt: Double, _ shown: [SignalID: SignalState]) {
    for lane in tracks.indices where isApproach[lane] {
      var green = false
      isProtected[lane] = false
      for h in graph.hopsFrom[lane] {
        let hop = graph.hops[h]
        guard hop.signal >= 0, let state = shown[SignalID(hop.signal)], hop.link < state.count, state[hop.link].isGreen else { continue }
        green = true
        if state[hop.link] == .green { isProtected[lane] = true }
      }
      if green, !hasGreen[lane] { greenSince[lane] = clock }
      hasGreen[lane] = green
      if green {
        greenSpent[lane] += dt
        redSince[lane] = clock
      }
    }
  }

  /// Moves the vehicles of a lane on by `dt`, and forgets those that a loop should have confirmed.
  private mutating func move(_ lane: Int, _ clock: Double, _ dt: Double) {
    var kept: [Track] = []
    let length = graph.length[lane], limit = graph.speed[lane]
    let stop = stopLoop[lane]
    var room = Double.infinity
    for var track in tracks[lane] {
      let before = track.position
      let speed = min(track.speed + Self.acceleration * dt, max(limit, track.speed))
      var place = min(before + speed * dt, room)
      var loop = -1
      if let ahead = loopsOn[lane].first(where: { loops[$0].position > before + 0.01 && loops[$0].isTrusted && !track.passed.contains($0) }
      ),
        place > loops[ahead].position - 0.5
      {
        place = loops[ahead].position - 0.5
        if !loops[ahead].isOn { loop = ahead }
      } else if track.isOnStop {
        place = min(place, length - 0.1)
      } else if isApproach[lane], !mayCross(lane, clock) {
        place = min(place, length - 1)
      }
      if track.seenBy >= 0, loops[track.seenBy].lane == lane {
        // A loop that has been on for longer than a passage takes has somebody standing on it.
        let behind = loops[track.seenBy]
        let stands = behind.isOn && behind.isTrusted && behind.occupant == track.key && clock - behind.since > Self.passage + lateness
        if stands { place = min(place, behind.position + Self.vehicleLength) }
      }
      place = max(place, before)
      // On the stop line's loop only the loop can tell whether it stands: one that has been on for long.
      let isPassing = track.isOnStop && stop >= 0 && clock - loops[stop].since < Self.passage + lateness
      if dt > 0, !isPassing { track.speed = (place - before) / dt }
      if loop >= 0 {
        let since = track.overdueSince ?? clock
        track.overdueSince = since
        let isOpen = !isApproach[lane] || hasGreen[lane]
        var patience = isOpen ? Self.patience.green : Self.patience.red
        if since - loops[loop].gaveUp < 3 { patience = Self.patience.behind }
        if clock - since > patience + lateness {
          let isProven = loops[loop].isProven
          loops[loop].gaveUp = clock
          // A stop line's loop that is silent under red may only be waiting for the vehicle to draw up.
          let mayWait = loop == stop && !isOpen && !isProven
          if track.seenBy >= 0, leads(loops[track.seenBy].lane, only: lane), !mayWait { miss(loop) }
          if isProven { continue }
          if !mayWait {
            // Nothing is known of the loop's soundness: its silence is no reason to forget anyone.
            track.passed.append(loop)
            track.overdueSince = nil
          }
        }
      } else {
        track.overdueSince = nil
      }
      track.position = place
      room = place - Self.spacing
      guard place >= length else {
        kept.append(track)
        continue
      }
      // Beyond the end: on to the next lane, or across a stop line without a loop to tell.
      if isApproach[lane] {
        departures.append(
          Departure(key: track.key, lane: lane, time: clock, isSupposed: true, isReturned: track.isReturned || track.seenBy < 0))
        releasedAt[lane] = clock
      } else if let hop = nextHop(lane) {
        let to = graph.hops[hop].to
        let first = loopsOn[to].first { loops[$0].isTrusted }.map { max(0, loops[$0].position - 0.5) } ?? .infinity
        track.passed.removeAll()
        track.position = min(place - length, graph.length[to], (tracks[to].last?.position ?? .infinity) - Self.spacing, first)
        insert(track, into: to)
      } else if !onward[lane].isEmpty {
        // Every lane ahead is full to its start.
        track.position = length - 0.1
        if dt > 0 { track.speed = max(0, track.position - before) / dt }
        room = track.position - Self.spacing
        kept.append(track)
      }
    }
    tracks[lane] = kept
  }

  /// The way on that is due by the shares seen so far, of those that have room; nil where none has.
  private mutating func nextHop(_ lane: Int) -> Int? {
    let ways = onward[lane]
    let open = ways.indices.filter { (tracks[graph.hops[ways[$0]].to].last?.position ?? .infinity) >= Self.spacing }
    guard let first = open.first, ways.count > 1 else { return open.first.map { ways[$0] } }
    let total = carried[lane].reduce(0, +)
    var best = first
    for k in ways.indices { due[lane][k] = min(due[lane][k] + carried[lane][k] / total, 2) }
    for k in open where due[lane][k] > due[lane][best] { best = k }
    due[lane][best] -= 1
    return ways[best]
  }

  /// Whoever drives on from lane `from` comes to lane `to` unless it changes lanes.
  private func leads(_ from: Int, only to: Int) -> Bool {
    var here = from
    for _ in 0..<6 where here != to {
      guard graph.hopsFrom[here].count == 1, onward[here].count == 1 else { return false }
      here = graph.hops[onward[here][0]].to
    }
    return here == to
  }

  /// A loop of `lane` has seen a vehicle: the lanes before it lead there.
  mutating func noteCarried(_ lane: Int) {
    for source in sources[lane] {
      for (k, h) in onward[source.lane].enumerated() where graph.hops[h].to == lane {
        for i in carried[source.lane].indices { carried[source.lane][i] *= 0.98 }
        carried[source.lane][k] += 1
      }
    }
  }

  mutating func insert(_ track: Track, into lane: Int) {
    let at = tracks[lane].firstIndex { $0.position < track.position } ?? tracks[lane].count
    tracks[lane].insert(track, at: at)
  }
}
