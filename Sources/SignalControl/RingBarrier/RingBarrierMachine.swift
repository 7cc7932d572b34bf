import TrafficModel

/// One signal run in rings and barriers: the state machine of NEMA TS 2 controllers, for any number of rings and barrier groups.
///
/// Each ring times one phase at a time through green, yellow and red clearance. A phase ends its green when somebody else is to be served
/// and it has gapped out, maxed out or been forced off; rings cross a barrier together. Integer milliseconds, no clock of its own.
struct RingBarrierMachine: Sendable {
  /// What a ring is doing.
  enum Interval: Sendable, Equatable {
    case green, yellow, redClearance
    /// No phase: nobody in this ring is served in this barrier group, or the ring waits for the others at the barrier.
    case rest
  }

  struct Ring: Sendable {
    /// Phase being timed, by its place in the plan; nil while resting.
    var phase: Int?
    var interval = Interval.rest
    /// When the interval began.
    var since: Instant
    /// Begin of the vehicle green: after a leading pedestrian interval, later than the phase's begin.
    var greenSince: Instant
    /// First moment of green at which somebody else called: from here the longest green counts.
    var opposedSince: Instant?
    /// Begin of walk, while walk or pedestrian clearance are timed.
    var walkSince: Instant?
    /// The phase has found a gap; it stays so unless gap-out must be simultaneous.
    var hasGapped = false
    /// Follows after the clearance; nil: the ring waits for the barrier.
    var next: Int?
  }

  /// Why a green ended.
  enum Termination: Sendable { case gapOut, maxOut, forceOff }

  let plan: RingBarrierPlan
  let settings: RingBarrierController.Settings
  /// Phases of each ring and barrier group in order of service, by place in the plan.
  private let sequence: [[[Int]]]
  private let ringOf: [Int]
  private let groupOf: [Int]
  private let positionOf: [Int]
  private(set) var rings: [Ring]
  /// The barrier group being served.
  private(set) var group = 0
  /// Rings are on their way across the barrier into this group.
  private(set) var crossing: Int?
  /// A vehicle has called and not been served.
  private(set) var isCalled: [Bool]
  private(set) var isWalkCalled: [Bool]
  /// A vehicle stands or drives over a detector of the phase now, and one that needs this phase and no other.
  private var isOccupied: [Bool]
  private var isCalling: [Bool]
  private var lastDetection: [Instant]
  private(set) var lastTermination: [Termination?]
  private let coordination: Coordination?

  init(plan: RingBarrierPlan, settings: RingBarrierController.Settings, start: Instant) {
    precondition(!plan.phases.isEmpty, "a ring-and-barrier plan without phases")
    self.plan = plan
    self.settings = settings
    let numbers = plan.rings, barriers = plan.barriers
    let places = Dictionary(plan.phases.enumerated().map { ($1.number, $0) }, uniquingKeysWith: { first, _ in first })
    sequence = numbers.map { ring in barriers.map { barrier in plan.sequence(ring: ring, barrier: barrier).map { places[$0.number]! } } }
    ringOf = plan.phases.map { numbers.firstIndex(of: $0.ring)! }
    groupOf = plan.phases.map { barriers.firstIndex(of: $0.barrier)! }
    var position = [Int](repeating: 0, count: plan.phases.count)
    for groups in sequence { for phases in groups { for (k, p) in phases.enumerated() { position[p] = k } } }
    positionOf = position
    rings = [Ring](repeating: Ring(since: start, greenSince: start), count: numbers.count)
    isCalled = [Bool](repeating: false, count: plan.phases.count)
    isWalkCalled = isCalled
    isOccupied = isCalled
    isCalling = isCalled
    lastDetection = [Instant](repeating: start - .seconds(86_400), count: plan.phases.count)
    lastTermination = [Termination?](repeating: nil, count: plan.phases.count)
    coordination = Coordination(plan, sequence: sequence)
    begin(start)
  }

  /// Start-up: the coordinated phases, or the first ones somebody is called or recalled for, or the first of each ring.
  private mutating func begin(_ now: Instant) {
    placeRecalls()
    let wanted = plan.phases.indices.first { plan.phases[$0].isCoordinated } ?? plan.phases.indices.first { hasCall($0) }
    group = wanted.map { groupOf[$0] } ?? 0
    for r in rings.indices {
      let phases = sequence[r][group]
      let first = phases.first { plan.phases[$0].isCoordinated } ?? phases.first { hasCall($0) } ?? phases.first
      if let first { start(first, ring: r, now) }
    }
  }

  // MARK: Detections and calls

  /// - Parameters:
  ///   - isOccupied: vehicles that the phase's green serves are over its detectors.
  ///   - isCalling: among them are some for whom the phase is called during red.
  mutating func detect(_ phase: Int, isOccupied occupied: Bool, isCalling calling: Bool, at time: Instant) {
    let wasCalling = isCalling[phase]
    isOccupied[phase] = occupied
    isCalling[phase] = calling
    lastDetection[phase] = max(lastDetection[phase], time)
    // Locking memory keeps a call of somebody who has gone on.
    if !isGreen(phase), calling != wasCalling { isCalled[phase] = calling || settings.locksCalls }
  }

  mutating func call(_ phase: Int) { isCalled[phase] = true }

  mutating func callWalk(_ phase: Int) { if plan.phases[phase].pedestrian != nil { isWalkCalled[phase] = true } }

  func isGreen(_ phase: Int) -> Bool {
    let ring = rings[ringOf[phase]]
    return ring.phase == phase && ring.interval == .green
  }

  private mutating func placeRecalls() {
    for (p, phase) in plan.phases.enumerated() {
      let isTimed = rings[ringOf[p]].phase == p && rings[ringOf[p]].interval == .green
      if isCalling[p], !isTimed { isCalled[p] = true }
      guard !isTimed else { continue }
      switch phase.recall {
      case .minimum, .maximum: isCalled[p] = true
      case .pedestrian:
        isCalled[p] = true
        if phase.pedestrian != nil { isWalkCalled[p] = true }
      case .soft, .none: break
      }
      if phase.isCoordinated, coordination != nil { isCalled[p] = true }
    }
    // Soft recall speaks only where nobody else does.
    let isAnybodyCalling = plan.phases.indices.contains { hasCall($0) && !isGreen($0) }
    if !isAnybodyCalling {
      for (p, phase) in plan.phases.enumerated() where phase.recall == .soft && !isGreen(p) { isCalled[p] = true }
    }
  }

  private func hasCall(_ p: Int) -> Bool { isCalled[p] || isWalkCalled[p] }

  /// A call that may be answered now: in a coordinated cycle only where the phase can still end before its force-off.
  private func isServiceable(_ p: Int, from ending: Int?, _ now: Instant) -> Bool {
    guard hasCall(p) else { return false }
    guard let coordination, !plan.phases[p].isCoordinated else { return true }
    let clearance = ending.map { plan.phases[$0].timing.clearance.total } ?? .zero
    return coordination.hasTime(p, after: clearance, least: leastGreen(p), now)
  }

  /// Time a phase needs once it has begun: its shortest green, or walk and pedestrian clearance where somebody wants to cross.
  private func leastGreen(_ p: Int) -> TimeAmount {
    let phase = plan.phases[p]
    guard isWalkCalled[p] || phase.recall == .pedestrian, let walk = phase.pedestrian else { return phase.timing.minimumGreen }
    return max(walk.leadingInterval + phase.timing.minimumGreen, walk.walk + walk.clearance)
  }

  // MARK: Timing

  /// Moves to `now`. More than one interval may end in a tick.
  mutating func advance(to now: Instant) {
    for _ in 0..<8 {
      placeRecalls()
      var changed = false
      for r in rings.indices where endInterval(r, now) { changed = true }
      if finishCrossing(now) { changed = true }
      serveRestingRings(now)
      if endGreens(now) { changed = true }
      if !changed { return }
    }
  }

  private mutating func start(_ p: Int, ring r: Int, _ now: Instant) {
    let phase = plan.phases[p]
    var ring = Ring(phase: p, interval: .green, since: now, greenSince: now)
    if let walk = phase.pedestrian, isWalkCalled[p] || (phase.isCoordinated && settings.coordinatedWalkRecall) {
      ring.walkSince = now
      ring.greenSince = now + walk.leadingInterval
      isWalkCalled[p] = false
    }
    isCalled[p] = false
    lastTermination[p] = nil
    rings[r] = ring
  }

  /// Ends yellow and red clearance.
  private mutating func endInterval(_ r: Int, _ now: Instant) -> Bool {
    guard let p = rings[r].phase else { return false }
    let (yellow, red) = clearance(r)
    switch rings[r].interval {
    case .yellow where now - rings[r].since >= yellow:
      rings[r].interval = .redClearance
      rings[r].since += yellow
      if red == .zero { _ = endInterval(r, now) }
      return true
    case .redClearance where now - rings[r].since >= red:
      let begin = rings[r].since + red
      if let next = rings[r].next {
        start(next, ring: r, now)
      } else {
        rings[r] = Ring(since: begin, greenSince: begin)
      }
      // What was detected while the phase cleared waits for its next turn.
      if isCalling[p] { isCalled[p] = true }
      return true
    default: return false
    }
  }

  /// Yellow and red clearance of the ring's phase; overlaps that end with it may need longer.
  private func clearance(_ r: Int) -> (yellow: TimeAmount, red: TimeAmount) {
    guard let p = rings[r].phase else { return (.zero, .zero) }
    let own = plan.phases[p].timing.clearance
    var total = own.total
    for overlap in plan.overlaps where overlap.parentPhases.contains(plan.phases[p].number) && !continues(overlap, r) {
      total = max(total, overlap.trailingGreen + overlap.clearance.total)
    }
    return (own.yellow, total - own.yellow)
  }

  /// The ring's next phase is a parent of the overlap too.
  private func continues(_ overlap: Overlap, _ r: Int) -> Bool {
    rings[r].next.map { overlap.parentPhases.contains(plan.phases[$0].number) } ?? false
  }

  /// All rings have cleared the old group: the new one begins.
  private mutating func finishCrossing(_ now: Instant) -> Bool {
    guard let target = crossing, rings.allSatisfy({ $0.phase == nil }) else { return false }
    crossing = nil
    group = target
    for r in rings.indices { if let first = entry(r, now) { start(first, ring: r, now) } }
    return true
  }

  /// The phase with which a ring enters the present group: the first that is called, or its dual entry, or none.
  private func entry(_ r: Int, _ now: Instant) -> Int? {
    let phases = sequence[r][group]
    if let called = phases.first(where: { isServiceable($0, from: nil, now) }) { return called }
    if let coordinated = phases.first(where: { plan.phases[$0].isCoordinated }), coordination != nil { return coordinated }
    return phases.first { plan.phases[$0].dualEntry }
  }

  /// A ring without a phase takes up a call of its group, unless everybody is about to leave.
  private mutating func serveRestingRings(_ now: Instant) {
    guard crossing == nil else { return }
    for r in rings.indices where rings[r].phase == nil {
      if let called = sequence[r][group].first(where: { isServiceable($0, from: nil, now) }) { start(called, ring: r, now) }
    }
  }

  private mutating func endGreens(_ now: Instant) -> Bool {
    guard crossing == nil else { return false }
    var changed = false
    var ready = [Bool](repeating: true, count: rings.count)
    var target: Int?
    for r in rings.indices {
      guard let p = rings[r].phase else { continue }
      guard rings[r].interval == .green else {
        ready[r] = false
        continue
      }
      beginWalk(r, p, now)
      let within = sequence[r][group].dropFirst(positionOf[p] + 1).first { isServiceable($0, from: p, now) }
      let across = crossingTarget(from: p, now)
      if within != nil || across != nil { rings[r].opposedSince = rings[r].opposedSince ?? now } else { rings[r].opposedSince = nil }
      let why = termination(r, p, now)
      if let why, let within {
        lastTermination[p] = why
        rings[r].interval = .yellow
        rings[r].since = now
        rings[r].next = within
        ready[r] = false
        changed = true
      } else {
        // A ring with a further phase to serve in this group is not at the barrier yet.
        ready[r] = why != nil && within == nil
        target = target ?? across
        if why != nil { lastTermination[p] = why }
      }
    }
    if target == nil, rings.allSatisfy({ $0.phase == nil }) { target = crossingTarget(from: nil, now) }
    guard let target, ready.allSatisfy({ $0 }) else { return changed }
    crossing = target
    for r in rings.indices where rings[r].phase != nil {
      rings[r].interval = .yellow
      rings[r].since = now
      rings[r].next = nil
    }
    return true
  }

  /// The next barrier group, in cyclic order and ending with the present one, in which somebody waits.
  private func crossingTarget(from p: Int?, _ now: Instant) -> Int? {
    let groups = sequence[0].count
    for k in 1...groups {
      let candidate = (group + k) % groups
      for r in rings.indices {
        for q in sequence[r][candidate] where isServiceable(q, from: p ?? rings[r].phase, now) {
          if k < groups { return candidate }
          // Back into the same group: only for phases that the way forward does not reach any more.
          if let current = rings[r].phase {
            if q != current, positionOf[q] < positionOf[current] { return candidate }
          } else {
            return candidate
          }
        }
      }
    }
    return nil
  }

  /// Whether and why the ring's green may end now.
  private mutating func termination(_ r: Int, _ p: Int, _ now: Instant) -> Termination? {
    let phase = plan.phases[p], ring = rings[r]
    let green = now - ring.greenSince
    guard green >= phase.timing.minimumGreen else { return nil }
    if let walk = ring.walkSince, let pedestrian = phase.pedestrian, now - walk < pedestrian.walk + pedestrian.clearance { return nil }
    if let coordination {
      if phase.isCoordinated { return coordination.hasYielded(p, since: ring.since, now) ? .forceOff : nil }
      if coordination.isForcedOff(p, since: ring.since, now, isFloating: settings.forceOff == .floating) { return .forceOff }
    } else if let opposed = ring.opposedSince, now - (phase.recall == .maximum ? ring.greenSince : opposed) >= phase.timing.maximumGreen {
      return .maxOut
    }
    if phase.recall == .maximum { return nil }
    let gap = allowedGap(phase, opposedFor: ring.opposedSince.map { now - $0 } ?? .zero)
    let isOpen = !isOccupied[p] && now - lastDetection[p] >= gap && green >= gap
    if isOpen, ring.opposedSince != nil { rings[r].hasGapped = true } else if settings.simultaneousGapOut { rings[r].hasGapped = false }
    return isOpen || rings[r].hasGapped ? .gapOut : nil
  }

  /// The passage time, reduced while others wait.
  private func allowedGap(_ phase: Phase, opposedFor: TimeAmount) -> TimeAmount {
    guard let reduction = phase.timing.gapReduction else { return phase.timing.passage }
    let into = (opposedFor - reduction.before).milliseconds
    guard into > 0 else { return phase.timing.passage }
    guard into < reduction.duration.milliseconds else { return reduction.minimumGap }
    let span = (phase.timing.passage - reduction.minimumGap).milliseconds
    return .milliseconds(phase.timing.passage.milliseconds - span * into / reduction.duration.milliseconds)
  }

  /// Somebody who wants to cross while the phase rests in green gets walk where nobody else waits, or where there is time before the force-off.
  private mutating func beginWalk(_ r: Int, _ p: Int, _ now: Instant) {
    guard isWalkCalled[p], rings[r].walkSince.map({ w in now - w >= walkTime(p) }) ?? true, let walk = plan.phases[p].pedestrian else {
      return
    }
    if let coordination {
      guard coordination.timeToForceOff(p, now) >= walk.walk + walk.clearance else { return }
    } else if rings[r].opposedSince != nil {
      return
    }
    rings[r].walkSince = now
    isWalkCalled[p] = false
  }

  private func walkTime(_ p: Int) -> TimeAmount { plan.phases[p].pedestrian.map { $0.walk + $0.clearance } ?? .zero }

  // MARK: What is shown

  /// The indications of every link; links that serve pedestrians (`isWalk`) show green for walk alone.
  func state(links: Int, isWalk: [Bool], at now: Instant) -> SignalState {
    var state = SignalState(repeating: .red, count: links)
    func raise(_ link: Int, _ indication: Indication) {
      guard link < links, Self.rank(indication) > Self.rank(state[link]) else { return }
      state[link] = indication
    }
    for r in rings.indices {
      guard let p = rings[r].phase else { continue }
      let phase = plan.phases[p], ring = rings[r]
      let next = ring.next.map { plan.phases[$0] }
      let isWalking = ring.interval == .green && (ring.walkSince.map { now - $0 < phase.pedestrian?.walk ?? .zero } ?? false)
      for (links, green) in [(phase.protectedLinks, Indication.green), (phase.permissiveLinks, .permissiveGreen)] {
        for link in links where link < isWalk.count {
          if isWalk[link], phase.pedestrian != nil {
            if isWalking { raise(link, green) }
          } else if ring.interval == .green {
            if now >= ring.greenSince { raise(link, green) }
          } else if let next, next.protectedLinks.contains(link) || next.permissiveLinks.contains(link) {
            raise(link, green)
          } else if ring.interval == .yellow, !isWalk[link] {
            raise(link, .yellow)
          }
        }
      }
    }
    for overlap in plan.overlaps {
      for r in rings.indices {
        guard let p = rings[r].phase, overlap.parentPhases.contains(plan.phases[p].number) else { continue }
        let shown = indication(of: overlap, ring: r, phase: p, now)
        for link in overlap.links { raise(link, shown) }
      }
    }
    return state
  }

  private func indication(of overlap: Overlap, ring r: Int, phase p: Int, _ now: Instant) -> Indication {
    if rings[r].interval == .green { return now >= rings[r].greenSince ? .green : .red }
    if continues(overlap, r) { return .green }
    let yellow = plan.phases[p].timing.clearance.yellow
    let ended = rings[r].interval == .yellow ? now - rings[r].since : now - rings[r].since + yellow
    if ended < overlap.trailingGreen { return .green }
    return ended < overlap.trailingGreen + overlap.clearance.yellow ? .yellow : .red
  }

  private static func rank(_ indication: Indication) -> Int {
    switch indication {
    case .green: 3
    case .permissiveGreen: 2
    case .yellow: 1
    default: 0
    }
  }
}
