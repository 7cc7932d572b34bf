import TrafficModel

/// Vehicles as loops alone let them be imagined: each appears where a loop saw it come, moves as traffic moves, and leaves when the loop at
/// the stop line has let it go (the input–output queue, with every vehicle's place).
///
/// Loops correct what motion assumed: a vehicle that should stand on the stop line's loop but does not was never there or has changed
/// lanes; one that stands there unannounced came from the lane beside. Loops that never speak, or never fall silent, are left out.
struct LoopTracks {
  struct Track {
    var key: UInt32
    /// From the lane's start [m].
    var position: Double
    var speed: Double
    /// 0: came into the road; 1: has passed the advance loop; 2: is on the stop line's loop.
    var passed: Int
    /// Since when it has been waiting for a loop to confirm it [s], or nil.
    var overdueSince: Double?
  }

  /// Crossed a stop line; which way it went is told by the exit it comes to.
  struct Departure {
    var key: UInt32
    var lane: Int
    var time: Double
  }

  /// A loop of a lane and what it has said.
  struct Loop {
    var lane: Int
    var position: Double
    var role: Detector.Role
    var isOn = false
    var since = -1e9
    /// Last change [s]; vehicles that the lane's other loop has seen since then.
    var othersSince = 0
    var isDead = false
    var isStuck = false
    var isTrusted: Bool { !isDead && !isStuck }
    /// Vehicles counted since the last silence, per second, fading.
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
  /// A vehicle that no loop confirms within so long is forgotten, at green and at red [s].
  static let patience = (green: 3.0, red: 7.0)
  /// A loop is dead when so many vehicles of its lane have passed without a word from it, and stuck when it has been on for so long
  /// although its link has had green for `stuckGreen` [s].
  static let silence = 10
  static let stuckTime = 60.0
  static let rateMemory = 300.0

  let graph: StreetGraph
  let network: RoadNetwork
  var loops: [Loop] = []
  /// Loop for each detector's index, or -1.
  var loopOf: [Int] = []
  /// Stop, advance and entry loop of each lane of the graph, or -1.
  var stopLoop: [Int]
  var advanceLoop: [Int]
  var entryLoop: [Int]
  /// Tracks of each lane, the first nearest to its end.
  var tracks: [[Track]]
  var departures: [Departure] = []
  /// Departures whose exit has just told which hop they took.
  var ways: [(departure: Departure, hop: Int)] = []
  /// A lane inside the junction for each hop.
  let insideLane: [Int: LaneID]
  /// Vehicles known to be there but not where: fractions of vehicles to come.
  var credit: [Double]
  /// For each lane: seconds of green since its stop loop last changed; the lane has green now; red since.
  var greenSpent: [Double]
  var hasGreen: [Bool]
  var redSince: [Double]
  var nextKey: UInt32 = 1
  private var last: Double?
  /// Hop along which a lane without a signal goes on toward one, or -1.
  private let onward: [Int]
  /// Lanes that hold or lead to something, from downstream to upstream.
  private let order: [Int]

  init(network: RoadNetwork, graph: StreetGraph, detectors: [Detector]) {
    self.network = network
    self.graph = graph
    let count = graph.laneID.count
    stopLoop = [Int](repeating: -1, count: count)
    advanceLoop = stopLoop
    entryLoop = stopLoop
    tracks = [[Track]](repeating: [], count: count)
    credit = [Double](repeating: 0, count: count)
    greenSpent = credit
    redSince = credit
    hasGreen = [Bool](repeating: false, count: count)
    var inside: [Int: LaneID] = [:]
    for (lane, hop) in graph.hopOfInternalLane.enumerated() where hop >= 0 && graph.internalStart[lane] == 0 { inside[hop] = LaneID(lane) }
    insideLane = inside
    let isApproach = (0..<count).map { lane in graph.hopsFrom[lane].contains { graph.hops[$0].signal >= 0 } }
    onward = (0..<count).map { lane in
      guard !isApproach[lane] else { return -1 }
      let ways = graph.hopsFrom[lane].filter { h in !graph.ruledAhead[graph.hops[h].to].isEmpty }
      return ways.max { graph.ruledAhead[graph.hops[$0].to].count < graph.ruledAhead[graph.hops[$1].to].count } ?? -1
    }
    // A vehicle moves after the one ahead of it has: nearest to a stop line first.
    var depth = [Int](repeating: 0, count: count)
    for lane in 0..<count {
      var here = lane
      var steps = 0
      while onward[here] >= 0, steps < 20 {
        here = graph.hops[onward[here]].to
        steps += 1
      }
      depth[lane] = steps
    }
    order = (0..<count).sorted { (depth[$0], $0) < (depth[$1], $1) }

    for detector in detectors {
      while loopOf.count <= detector.id.index { loopOf.append(-1) }
      guard case .point(let id, let position) = detector.kind, graph.laneOf[id.index] >= 0 else { continue }
      let lane = graph.laneOf[id.index]
      var role = Detector.Role.exit
      if isApproach[lane] {
        role = graph.length[lane] - position < 6 ? .stopBar : position < 2 ? .exit : .advance
      }
      loopOf[detector.id.index] = loops.count
      switch role {
      case .stopBar: stopLoop[lane] = loops.count
      case .advance: advanceLoop[lane] = loops.count
      default: entryLoop[lane] = loops.count
      }
      loops.append(Loop(lane: lane, position: position, role: role))
    }
  }

  func trusted(_ loop: Int) -> Bool { loop >= 0 && loops[loop].isTrusted }

  mutating func newTrack(_ position: Double, _ speed: Double, passed: Int) -> Track {
    defer { nextKey &+= 1 }
    return Track(key: nextKey, position: position, speed: speed, passed: passed)
  }

  /// Takes in what happened until `now` and what the signals showed; answers what connected vehicles would have told.
  mutating func update(now: Instant, events: [DetectorEvent], shown: [SignalID: SignalState]) -> [VehicleReport] {
    let clock = now.seconds
    let dt = last.map { clock - $0 } ?? 0
    last = clock
    noteSignals(clock, dt, shown)
    for lane in order where !tracks[lane].isEmpty { move(lane, clock, dt) }
    for event in events where event.detector.index < loopOf.count && loopOf[event.detector.index] >= 0 {
      switch event.change {
      case .on: noteOn(loopOf[event.detector.index], event.time.seconds, event.speed)
      case .off: noteOff(loopOf[event.detector.index], event.time.seconds)
      case .fault: loops[loopOf[event.detector.index]].isDead = true
      case .restored: loops[loopOf[event.detector.index]].isDead = false
      }
    }
    judgeLoops(clock, dt)
    for lane in tracks.indices { imagine(lane, clock, dt) }
    departures.removeAll { clock - $0.time > 30 }
    return reports(now, clock)
  }

  private mutating func noteSignals(_ clock: Double, _ dt: Double, _ shown: [SignalID: SignalState]) {
    for lane in tracks.indices where stopLoop[lane] >= 0 || advanceLoop[lane] >= 0 {
      let green = graph.hopsFrom[lane].contains { h in
        let hop = graph.hops[h]
        guard hop.signal >= 0, let state = shown[SignalID(hop.signal)], hop.link < state.count else { return false }
        return state[hop.link].isGreen
      }
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
    let stop = stopLoop[lane], advance = advanceLoop[lane]
    var room = Double.infinity
    if onward[lane] >= 0, let behind = tracks[graph.hops[onward[lane]].to].last {
      room = length + graph.hops[onward[lane]].length + behind.position - Self.spacing
    }
    for var track in tracks[lane] {
      let before = track.position
      let speed = min(track.speed + Self.acceleration * dt, max(limit, track.speed))
      var place = min(before + speed * dt, room)
      var isOverdue = false
      if trusted(stop), track.passed < 2, place > loops[stop].position - 0.5 {
        place = loops[stop].position - 0.5
        isOverdue = !loops[stop].isOn
      } else if track.passed == 2 {
        place = min(place, length - 0.5)
      } else if stop >= 0, !hasGreen[lane] {
        place = min(place, length - 1)
      }
      if trusted(advance), track.passed == 0, place > loops[advance].position - 0.5 {
        place = loops[advance].position - 0.5
        isOverdue = !loops[advance].isOn
      }
      place = max(place, before)
      // On the stop line's loop only the loop can tell whether it stands: one that has been on for long.
      let isPassing = track.passed == 2 && stop >= 0 && clock - loops[stop].since < Self.passage
      if dt > 0, !isPassing { track.speed = (place - before) / dt }
      if isOverdue {
        let since = track.overdueSince ?? clock
        track.overdueSince = since
        if clock - since > (hasGreen[lane] ? Self.patience.green : Self.patience.red) { continue }
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
      if onward[lane] >= 0 {
        let hop = graph.hops[onward[lane]]
        track.position = min(place - length, graph.length[hop.to])
        track.passed = 0
        insert(track, into: hop.to)
      } else if stop >= 0 {
        departures.append(Departure(key: track.key, lane: lane, time: clock))
      }
    }
    tracks[lane] = kept
  }

  mutating func insert(_ track: Track, into lane: Int) {
    let at = tracks[lane].firstIndex { $0.position < track.position } ?? tracks[lane].count
    tracks[lane].insert(track, at: at)
  }

  /// Vehicles that no loop can announce: those that join a queue which reaches past the advance loop, and those of a lane whose advance
  /// loop is out of order.
  private mutating func imagine(_ lane: Int, _ clock: Double, _ dt: Double) {
    let advance = advanceLoop[lane], stop = stopLoop[lane]
    guard stop >= 0 else { return }
    var rate = 0.0
    var place = max(0, graph.length[lane] - 60)
    if trusted(advance) {
      // Where a loop at the road's start tells who comes, nobody need be imagined.
      guard loops[advance].isOn, clock - loops[advance].since > 3, !isFed(lane) else { return }
      rate = loops[advance].rate
      place = max(0, loops[advance].position - Self.spacing)
    } else if trusted(stop) {
      rate = loops[stop].rate
    }
    credit[lane] += rate * dt
    guard credit[lane] >= 1 else { return }
    credit[lane] -= 1
    guard tracks[lane].count < 40 else { return }
    let behind = tracks[lane].last.map { $0.position - Self.spacing } ?? place
    let track = newTrack(min(place, behind), trusted(advance) ? 0 : graph.speed[lane], passed: trusted(advance) ? 0 : 1)
    tracks[lane].append(track)
  }

  /// A trusted loop stands at the start of the lane's road.
  private func isFed(_ lane: Int) -> Bool { graph.lanesOfLink[graph.link[lane]].contains { trusted(entryLoop[$0]) } }

  private mutating func judgeLoops(_ clock: Double, _ dt: Double) {
    let keep = exponential(-dt / Self.rateMemory)
    for i in loops.indices {
      loops[i].rate *= keep
      let isStuck = loops[i].isOn && clock - loops[i].since > Self.stuckTime && loops[i].role == .stopBar && greenSpent[loops[i].lane] > 20
      if isStuck, !loops[i].isStuck {
        loops[i].isStuck = true
        tracks[loops[i].lane].removeAll { $0.passed == 2 }
      }
    }
  }
}
