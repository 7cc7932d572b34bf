import TrafficModel

/// The deciding part of the control centre: readings, events and ticks go in, decisions come out.
///
/// It does no input or output and reads no clock: equal records in equal order give equal decisions, byte for byte. That is what makes
/// a journal verifiable. The live service drives it each second; ``verifyJournal(at:)`` drives it from the record.
public struct LiveEngine: Sendable {
  public let topology: LiveTopology
  public let settings: LiveSettings
  public private(set) var now: Instant

  var signals: [SignalMemory] = []
  var detectors: [DetectorMemory]
  private let detectorIndex: [String: Int]
  private var alarms: [LiveDecision.Alarm] = []
  private var measuresBegin: Instant

  /// What a tick asks the street to do.
  public struct Command: Sendable, Hashable {
    public var signal: Int
    public var state: SignalState
  }

  /// What comes of a tick.
  public struct Outcome: Sendable {
    public var decision: LiveDecision
    public var commands: [Command]
    /// At the end of each minute.
    public var measures: LiveMeasures?
    /// Signals whose state on the street must be read before they can be commanded.
    public var readBackWanted: [Int]
    /// Signals left to their local plan.
    public var released: [Int]
  }

  public init(_ start: LiveStart) {
    topology = start.topology
    settings = start.settings
    now = start.time
    measuresBegin = start.time
    detectors = topology.detectors.map { _ in DetectorMemory() }
    detectorIndex = Dictionary(topology.detectors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    var watching = [[Int]](repeating: [], count: topology.signals.count)
    for (index, detector) in topology.detectors.enumerated() { watching[detector.signal].append(index) }
    for (index, signal) in topology.signals.enumerated() {
      let known = index < start.shown.count ? start.shown[index] : nil
      let shown = known.flatMap { $0.count == signal.linkCount ? $0 : nil }
      var memory = SignalMemory(
        transition: LinkTransitions(
          constraints: signal.constraints, shown: shown ?? SignalState(repeating: .red, count: signal.linkCount), since: start.time),
        program: signal.programs[0], programIndex: nil, targetSince: start.time,
        lanes: signal.approaches.map { LaneMemory(links: $0.links, storage: $0.storage, stopBarFreeSince: start.time) },
        detectors: watching[index], needsReadBack: shown == nil)
      memory.acknowledged = shown
      let program = signal.program(at: start.time, offset: topology.zoneOffset)
      memory.adopt(signal.programs[program], index: program, constraints: signal.constraints)
      memory.calendarIndex = program
      if let shown { memory.resume(from: shown) }
      memory.hasLease = start.regions.contains(signal.region)
      signals.append(memory)
    }
    for event in start.standing { take(event) }
  }

  /// Position of the detector of that name, or nil for one nobody knows.
  public func detector(named name: String) -> Int? { detectorIndex[name] }

  // MARK: Inputs

  /// Takes in one reading. Readings of unknown detectors are for the caller to refuse; here they are of no effect.
  public mutating func take(_ reading: Reading) {
    guard let index = detectorIndex[reading.detector] else { return }
    let place = topology.detectors[index]
    detectors[index].lastHeard = now
    switch reading.value {
    case .fault(let faulty): detectors[index].faulty = faulty
    case .state(let occupied, _):
      let was = detectors[index].occupied
      detectors[index].occupied = occupied
      guard occupied != was else { return }
      detectors[index].occupiedSince = occupied ? now : nil
      changed(place, occupied: occupied)
    case .count(let vehicles, _, _):
      guard let lane = place.approach else { return }
      if place.role == .advance { arrive(vehicles, signal: place.signal, lane: lane) }
      if place.role == .stopBar { depart(vehicles, signal: place.signal, lane: lane) }
    }
  }

  private mutating func changed(_ place: LiveTopology.Detector, occupied: Bool) {
    guard let lane = place.approach else { return }
    if occupied { signals[place.signal].lanes[lane].lastDetection = now }
    switch place.role {
    case .advance: if occupied { arrive(1, signal: place.signal, lane: lane) }
    case .stopBar:
      signals[place.signal].lanes[lane].stopBarOccupied = occupied
      if !occupied {
        signals[place.signal].lanes[lane].stopBarFreeSince = now
        depart(1, signal: place.signal, lane: lane)
      }
    case .exit: break
    }
  }

  private mutating func arrive(_ vehicles: Double, signal: Int, lane: Int) {
    let isGreen = signals[signal].isGreen(lane: lane)
    signals[signal].lanes[lane].queue = min(signals[signal].lanes[lane].storage, signals[signal].lanes[lane].queue + vehicles)
    signals[signal].lanes[lane].recentArrivals += vehicles
    signals[signal].lanes[lane].arrivals += vehicles
    if isGreen { signals[signal].lanes[lane].arrivalsOnGreen += vehicles }
  }

  private mutating func depart(_ vehicles: Double, signal: Int, lane: Int) {
    signals[signal].lanes[lane].queue = max(0, signals[signal].lanes[lane].queue - vehicles)
    signals[signal].lanes[lane].departures += vehicles
  }

  /// Takes in an event.
  public mutating func take(_ event: LiveEvent) {
    switch event {
    case .order(let order):
      guard signals.indices.contains(order.signal) else { return }
      signals[order.signal].orders.removeAll { $0.id == order.id }
      signals[order.signal].orders.append(order)
    case .undo(let id, _, _, _):
      for index in signals.indices { signals[index].removeOrders { $0.id == id } }
    case .plan(let signal, let program, let reason, let time):
      guard signals.indices.contains(signal) else { return }
      // A plan is for the traffic of its part of the day; one that outlived a restart is taken up only where that part still lasts.
      let place = topology.signals[signal]
      guard now - time < .seconds(43_200),
        place.program(at: time, offset: topology.zoneOffset) == place.program(at: now, offset: topology.zoneOffset)
      else { return }
      signals[signal].pending = (program, reason)
    case .acknowledged(let signal, _, let state):
      guard signals.indices.contains(signal) else { return }
      signals[signal].acknowledged = state
      signals[signal].unansweredSince = nil
      if signals[signal].isUnreachable {
        signals[signal].isUnreachable = false
        alarm(false, signal, topology.signals[signal].name, Message("alarm.unreachable", [topology.signals[signal].name]))
      }
    case .refused(let signal, _, let why):
      guard signals.indices.contains(signal) else { return }
      signals[signal].needsReadBack = true
      alarm(true, signal, topology.signals[signal].name, Message("alarm.refused", [topology.signals[signal].name, why]))
    case .readBack(let signal, let state, _):
      guard signals.indices.contains(signal), state.count == topology.signals[signal].linkCount else { return }
      signals[signal].transition = LinkTransitions(constraints: topology.signals[signal].constraints, shown: state, since: now)
      signals[signal].acknowledged = state
      signals[signal].needsReadBack = false
      signals[signal].unansweredSince = nil
      signals[signal].resume(from: state)
      if signals[signal].isUnreachable {
        signals[signal].isUnreachable = false
        alarm(false, signal, topology.signals[signal].name, Message("alarm.unreachable", [topology.signals[signal].name]))
      }
    case .lease(let region, let token, _):
      for index in signals.indices where topology.signals[index].region == region {
        let had = signals[index].hasLease
        signals[index].hasLease = token != nil
        if token != nil && !had { signals[index].needsReadBack = true }
      }
    }
  }

  private mutating func alarm(_ raised: Bool, _ signal: Int, _ subject: String, _ message: Message) {
    alarms.append(LiveDecision.Alarm(raised: raised, signal: signal, subject: subject, message: message))
  }

  // MARK: Tick

  /// Decides for every signal. Precondition: `time` is not before the last tick.
  public mutating func tick(_ time: Instant) -> Outcome {
    precondition(time >= now, "the clock went back from \(now.milliseconds) to \(time.milliseconds)")
    let elapsed = time - now
    now = time
    judgeDetectors()
    var commands: [Command] = []
    var entries: [LiveDecision.Entry] = []
    var readBackWanted: [Int] = []
    var released: [Int] = []
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ byte: UInt8) { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    for index in signals.indices {
      follow(index, elapsed: elapsed)
      judgeLevel(index)
      decide(index)
      let authority = authority(of: index)
      if authority == .commanding {
        let shown = signals[index].transition.shown
        if signals[index].acknowledged != shown {
          commands.append(Command(signal: index, state: shown))
          if let since = signals[index].unansweredSince {
            if time - since >= settings.unreachableAfter, !signals[index].isUnreachable {
              signals[index].isUnreachable = true
              signals[index].needsReadBack = true
              let name = topology.signals[index].name
              alarm(true, index, name, Message("alarm.unreachable", [name]))
            }
          } else {
            signals[index].unansweredSince = time
          }
        }
      } else {
        signals[index].unansweredSince = nil
        if authority != .awaitingReadBack { released.append(index) }
      }
      if signals[index].needsReadBack && authority == .awaitingReadBack { readBackWanted.append(index) }
      let entry = LiveDecision.Entry(
        signal: index, level: signals[index].level, authority: authority, order: signals[index].orders.last?.id ?? 0,
        shown: signals[index].transition.shown, reason: signals[index].reason)
      for indication in entry.shown.indications { mix(indication.rawValue) }
      mix(entry.level.rawValue)
      mix(entry.authority.rawValue)
      if signals[index].lastEntry.map({ Self.differs($0, entry) }) ?? true {
        entries.append(entry)
        signals[index].lastEntry = entry
      }
    }
    let decision = LiveDecision(time: time, digest: digest, entries: entries, alarms: alarms)
    alarms = []
    return Outcome(decision: decision, commands: commands, measures: closeMinute(), readBackWanted: readBackWanted, released: released)
  }

  /// Numbers in a reason move each second; they are worth a record only when something else changes.
  private static func differs(_ a: LiveDecision.Entry, _ b: LiveDecision.Entry) -> Bool {
    a.shown != b.shown || a.level != b.level || a.authority != b.authority || a.order != b.order || a.reason.key != b.reason.key
  }

  public func authority(of index: Int) -> CommandAuthority {
    let signal = signals[index]
    if !signal.hasLease { return .noLease }
    if signal.orders.contains(where: { $0.action == .fallback }) { return .fallback }
    if settings.shadow || signal.orders.contains(where: { $0.action == .shadow }) { return .shadow }
    return signal.needsReadBack ? .awaitingReadBack : .commanding
  }

  private mutating func judgeDetectors() {
    for index in detectors.indices {
      let memory = detectors[index]
      let health: DetectorMemory.Health
      if memory.faulty {
        health = .faulty
      } else if memory.lastHeard.map({ now - $0 > settings.staleAfter }) ?? true {
        health = .silent
      } else if memory.occupiedSince.map({ now - $0 > settings.stuckAfter }) ?? false {
        health = .stuck
      } else {
        health = .well
      }
      guard health != memory.health else { continue }
      detectors[index].health = health
      let name = topology.detectors[index].name, signal = topology.detectors[index].signal
      if health == .well, memory.isTold { alarm(false, signal, name, Message("alarm.detector", [name])) }
      detectors[index].isTold = health != .well
      switch health {
      case .well: break
      case .silent: alarm(true, signal, name, Message("alarm.silent", [name]))
      case .stuck: alarm(true, signal, name, Message("alarm.stuck", [name]))
      case .faulty: alarm(true, signal, name, Message("alarm.faulty", [name]))
      }
    }
  }

  /// Brings queues and rates up to now.
  private mutating func follow(_ index: Int, elapsed: TimeAmount) {
    let seconds = elapsed.seconds
    guard seconds > 0 else { return }
    let weight = min(1, seconds / 120)
    for lane in signals[index].lanes.indices {
      let isGreen = signals[index].isGreen(lane: lane)
      var memory = signals[index].lanes[lane]
      memory.arrivalRate += weight * (memory.recentArrivals / seconds - memory.arrivalRate)
      memory.recentArrivals = 0
      // Counting drifts; a stop bar that stays free at green has no queue, one that is occupied at red has at least one vehicle.
      if isGreen, !memory.stopBarOccupied, now - memory.stopBarFreeSince >= .seconds(4),
        signals[index].greenFor(lane: lane, at: now) >= .seconds(5)
      {
        memory.queue = 0
      } else if !isGreen, memory.stopBarOccupied {
        memory.queue = max(1, memory.queue)
      }
      memory.queueSeconds += memory.queue * seconds
      signals[index].lanes[lane] = memory
    }
  }

  private mutating func judgeLevel(_ index: Int) {
    var all = 0, well = 0, bars = 0, barsWell = 0
    for detector in signals[index].detectors where topology.detectors[detector].role != .exit {
      let isWell = detectors[detector].health == .well
      all += 1
      if isWell { well += 1 }
      if topology.detectors[detector].role == .stopBar {
        bars += 1
        if isWell { barsWell += 1 }
      }
    }
    let possible: ControlLevel
    if all > 0, Double(well) >= settings.adaptiveShare * Double(all) {
      possible = .adaptive
    } else if bars > 0, Double(barsWell) >= settings.actuatedShare * Double(bars) {
      possible = .actuated
    } else {
      possible = .timeOfDay
    }
    let present = signals[index].level
    if possible.rawValue > present.rawValue {
      signals[index].level = possible
      signals[index].wellSince = nil
      let name = topology.signals[index].name
      alarm(true, index, name, Message("alarm.degraded", [name, "level." + possible.name, "\(well)", "\(all)"]))
    } else if possible.rawValue < present.rawValue {
      let since = signals[index].wellSince ?? now
      signals[index].wellSince = since
      if now - since >= settings.recoverAfter || !signals[index].hasRisen {
        signals[index].level = possible
        signals[index].wellSince = nil
        guard signals[index].hasRisen else {
          signals[index].hasRisen = possible == .adaptive
          return
        }
        let name = topology.signals[index].name
        alarm(false, index, name, Message("alarm.degraded", [name, "level." + possible.name, "\(well)", "\(all)"]))
      }
    } else {
      signals[index].wellSince = nil
    }
  }

  private mutating func decide(_ index: Int) {
    let place = topology.signals[index]
    signals[index].removeOrders { order in order.until.map { $0 <= self.now } ?? false }
    adoptWhereDue(index, place)
    signals[index].options = []
    var wanted: SignalState
    let special = signals[index].orders.last { order in
      switch order.action {
      case .flash, .allRed, .hold: true
      case .forcePlan, .shadow, .fallback: false
      }
    }
    switch special?.action {
    case .flash:
      wanted = SignalState(repeating: .offBlinking, count: place.linkCount)
      signals[index].reason = Message("live.flash", [special!.actor, special!.reason])
    case .allRed:
      wanted = SignalState(repeating: .red, count: place.linkCount)
      signals[index].reason = Message("live.allRed", [special!.actor, special!.reason])
    case .hold(let stage) where signals[index].stages.indices.contains(stage):
      signals[index].target = stage
      wanted = signals[index].stages[stage].state
      signals[index].reason = Message("live.held", [signals[index].stageName(stage), special!.actor, special!.reason])
    default: wanted = chooseFreely(index, place)
    }
    let before = signals[index].transition
    let shown = signals[index].transition.advance(toward: wanted, at: now)
    // The last word has the conflict matrix itself, whatever the way here.
    if !place.constraints.conflicts(in: shown).isEmpty {
      signals[index].transition = before
      if !signals[index].monitorTripped { alarm(true, index, place.name, Message("alarm.monitor", [place.name])) }
      signals[index].monitorTripped = true
    } else if signals[index].monitorTripped {
      signals[index].monitorTripped = false
      alarm(false, index, place.name, Message("alarm.monitor", [place.name]))
    }
  }

  private mutating func chooseFreely(_ index: Int, _ place: LiveTopology.Signal) -> SignalState {
    let forced = signals[index].orders.last { if case .forcePlan = $0.action { true } else { false } }
    if forced != nil || signals[index].level == .timeOfDay || signals[index].stages.isEmpty {
      guard let (stage, _) = signals[index].program.stage(at: now + topology.zoneOffset) else { return signals[index].transition.shown }
      let state = signals[index].program.stages[stage].state
      if let served = signals[index].stages.firstIndex(where: { $0.state == state }) { signals[index].target = served }
      if let forced {
        signals[index].reason = Message("live.forcedPlan", [signals[index].program.id, forced.actor, forced.reason])
      } else {
        signals[index].reason = Message("live.timeOfDay", [signals[index].program.id])
      }
      return state
    }
    if signals[index].level == .adaptive {
      signals[index].chooseAdaptive(now: now, constraints: place.constraints, settings: settings)
    } else {
      signals[index].chooseActuated(now: now, settings: settings)
    }
    return signals[index].stages[signals[index].target].state
  }

  /// Changes the program where the calendar, an order or an adopted plan asks for it, at the end of a cycle.
  private mutating func adoptWhereDue(_ index: Int, _ place: LiveTopology.Signal) {
    let forced = signals[index].orders.last { if case .forcePlan = $0.action { true } else { false } }
    var program: SignalProgram?
    var programIndex: Int?
    let calendar = place.program(at: now, offset: topology.zoneOffset)
    if case .forcePlan(let wanted)? = forced?.action, place.programs.indices.contains(wanted) {
      if signals[index].programIndex != wanted { (program, programIndex) = (place.programs[wanted], wanted) }
    } else if let pending = signals[index].pending {
      program = pending.program
    } else if calendar != signals[index].calendarIndex || signals[index].programIndex.map({ $0 != calendar }) ?? false {
      (program, programIndex) = (place.programs[calendar], calendar)
    }
    guard let program else { return }
    let cycle = signals[index].program.cycle.milliseconds
    let local = now + topology.zoneOffset
    let within = ((local.milliseconds - signals[index].program.offset.milliseconds) % cycle + cycle) % cycle
    guard within < 1000 else { return }
    let wasPending = signals[index].pending != nil && programIndex == nil
    signals[index].adopt(program, index: programIndex, constraints: place.constraints)
    signals[index].calendarIndex = calendar
    if wasPending { signals[index].pending = nil }
  }

  private mutating func closeMinute() -> LiveMeasures? {
    let minute: Int64 = 60_000
    guard now.milliseconds / minute > measuresBegin.milliseconds / minute else { return nil }
    var rows: [LiveMeasures.Row] = []
    for index in signals.indices {
      var row = LiveMeasures.Row(signal: index, arrivals: 0, departures: 0, queueSeconds: 0, arrivalsOnGreen: 0)
      for lane in signals[index].lanes.indices {
        row.arrivals += signals[index].lanes[lane].arrivals
        row.departures += signals[index].lanes[lane].departures
        row.queueSeconds += signals[index].lanes[lane].queueSeconds
        row.arrivalsOnGreen += signals[index].lanes[lane].arrivalsOnGreen
        signals[index].lanes[lane].arrivals = 0
        signals[index].lanes[lane].departures = 0
        signals[index].lanes[lane].queueSeconds = 0
        signals[index].lanes[lane].arrivalsOnGreen = 0
      }
      rows.append(row)
    }
    defer { measuresBegin = now }
    return LiveMeasures(begin: measuresBegin, end: now, rows: rows)
  }
}

extension SignalMemory {
  func isGreen(lane: Int) -> Bool { lanes[lane].links.contains { transition.shown[$0].isGreen } }

  func greenFor(lane: Int, at now: Instant) -> TimeAmount {
    lanes[lane].links.filter { transition.shown[$0].isGreen }.map { now - transition.since[$0] }.max() ?? .zero
  }

  mutating func removeOrders(where matches: (LiveOrder) -> Bool) {
    let hadFallback = orders.contains { $0.action == .fallback || $0.action == .shadow }
    orders.removeAll(where: matches)
    // What was left to itself must be looked at before it is commanded again.
    if hadFallback && !orders.contains(where: { $0.action == .fallback || $0.action == .shadow }) { needsReadBack = true }
  }

  /// Goes on from what the street shows: the stage with the same greens, or else the one with most of them.
  mutating func resume(from shown: SignalState) {
    var best = -1
    for (index, stage) in stages.enumerated() {
      let common = stage.state.greens.filter { shown[$0].isGreen }.count
      if common > best { (best, target) = (common, index) }
    }
  }
}
