import SignalControl
import TrafficModel

extension LiveSignal {
  /// What one tick of a signal comes to.
  struct Tick {
    var entry: LiveDecision.Entry
    var authority: CommandAuthority
    /// The street does not yet show what it should.
    var isCommand: Bool
  }

  /// Takes in one reading of the signal's detector `detector`.
  func take(_ reading: Reading, detector: Int, at now: Instant) {
    let role = places[detector].role, lane = places[detector].approach
    detectors[detector].lastHeard = now
    func tell(_ change: DetectorEvent.Change, speed: Double = .nan) {
      events.append(DetectorEvent(time: now + zoneOffset, detector: DetectorID(detector), change: change, speed: speed))
    }
    switch reading.value {
    case .fault(let faulty):
      if detectors[detector].faulty != faulty { tell(faulty ? .fault : .restored) }
      detectors[detector].faulty = faulty
    case .state(let occupied, let speed):
      guard occupied != detectors[detector].occupied else { return }
      detectors[detector].occupied = occupied
      detectors[detector].occupiedSince = occupied ? now : nil
      tell(occupied ? .on : .off, speed: speed)
      guard let lane else { return }
      switch role {
      case .advance: if occupied { lanes[lane].arrive(1, at: now) }
      case .stopBar: lanes[lane].stopBar(isOccupied: occupied, at: now)
      case .exit: break
      }
    case .count(let vehicles, _, _):
      guard let lane else { return }
      if role == .advance || (role == .stopBar && junction.advance[lane] == nil) { lanes[lane].arrive(vehicles, at: now) }
      if role == .stopBar { lanes[lane].depart(vehicles) }
    }
  }

  /// Decides what to show from `now` on, `elapsed` after the last tick.
  func tick(_ now: Instant, elapsed: TimeAmount) -> Tick {
    judgeDetectors(now)
    if elapsed > .zero { for lane in lanes.indices { lanes[lane].follow(now, seconds: elapsed.seconds) } }
    judgeLevel(now)
    decide(now)
    let authority = authority
    let shown = transition.shown
    var isCommand = false
    switch authority {
    case .commanding:
      isCommand = acknowledged != shown
      if isCommand { awaitAnswer(now) }
    case .awaitingReadBack: awaitAnswer(now)
    case .shadow, .fallback, .noLease: unansweredSince = nil
    }
    let entry = LiveDecision.Entry(
      signal: index, level: level, authority: authority, order: orders.last?.id ?? 0, shown: shown, reason: reason)
    return Tick(entry: entry, authority: authority, isCommand: isCommand)
  }

  private func awaitAnswer(_ now: Instant) {
    // Of a street that has gone as a whole, one alarm is enough.
    guard !isStreetLost else { return }
    guard let since = unansweredSince else {
      unansweredSince = now
      return
    }
    guard now - since >= settings.unreachableAfter, !isUnreachableTold else { return }
    isUnreachable = true
    needsReadBack = true
    isUnreachableTold = true
    alarm(true, place.name, Message("alarm.unreachable", [place.name]))
  }

  private func judgeDetectors(_ now: Instant) {
    for k in detectors.indices {
      let memory = detectors[k]
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
      let name = places[k].name
      guard health != memory.health else {
        // Never heard since the start: that is news once it has had the time.
        if health == .silent, !memory.isTold, now - began > settings.staleAfter {
          detectors[k].isTold = true
          alarm(true, name, Message("alarm.silent", [name]))
        }
        continue
      }
      detectors[k].health = health
      if health == .well, memory.isTold { alarm(false, name, Message("alarm.detector", [name])) }
      detectors[k].isTold = health != .well
      switch health {
      case .well: break
      case .silent: alarm(true, name, Message("alarm.silent", [name]))
      case .stuck: alarm(true, name, Message("alarm.stuck", [name]))
      case .faulty: alarm(true, name, Message("alarm.faulty", [name]))
      }
    }
  }

  private func judgeLevel(_ now: Instant) {
    var all = 0, well = 0, bars = 0, barsWell = 0
    for (k, detector) in places.enumerated() where detector.role != .exit {
      let isWell = detectors[k].health == .well
      all += 1
      if isWell { well += 1 }
      guard detector.role == .stopBar else { continue }
      bars += 1
      if isWell { barsWell += 1 }
    }
    let possible: ControlLevel
    if all > 0, Double(well) >= settings.adaptiveShare * Double(all) {
      possible = .adaptive
    } else if bars > 0, Double(barsWell) >= settings.actuatedShare * Double(bars) {
      possible = .actuated
    } else {
      possible = .timeOfDay
    }
    func told(_ raised: Bool) {
      isLevelTold = raised
      alarm(raised, place.name, Message("alarm.degraded", [place.name, "level." + possible.name, "\(well)", "\(all)"]))
    }
    if possible.rawValue > level.rawValue {
      level = possible
      wellSince = nil
      told(true)
    } else if possible.rawValue < level.rawValue {
      let since = wellSince ?? now
      wellSince = since
      guard now - since >= settings.recoverAfter || !hasRisen else { return }
      level = possible
      wellSince = nil
      if hasRisen || isLevelTold { told(possible != .adaptive) }
      if possible == .adaptive { hasRisen = true }
    } else {
      wellSince = nil
      // It never rose since the start.
      if all > 0, level != .adaptive, !isLevelTold, now - began > settings.staleAfter + settings.recoverAfter { told(true) }
    }
  }

  private func decide(_ now: Instant) {
    removeOrders { order in order.until.map { $0 <= now } ?? false }
    adoptWhereDue(now)
    let special = orders.last { order in
      switch order.action {
      case .flash, .allRed, .hold: true
      case .forcePlan, .shadow, .fallback: false
      }
    }
    let wish = self.wish(now, special)
    let lawful = transition.advance(toward: trimmed(wish, now), at: now)
    // Nobody is called to a green that an operator has forbidden.
    let (passed, violations) = monitor.pass([SignalCommand(signal: SignalID(0), state: lawful)], at: now) { [self] _, link in
      special == nil && isCalled(link)
    }
    let shown = passed[0].state
    if let violation = violations.first, violation.rule != .maximumRed {
      if !isOverruled { alarm(true, place.name, Message("alarm.monitor", [place.name])) }
      isOverruled = true
    } else if isOverruled, shown == lawful {
      isOverruled = false
      alarm(false, place.name, Message("alarm.monitor", [place.name]))
    }
    if shown != lawful || violations.contains(where: { $0.rule == .maximumRed }) {
      transition.record(shown, at: now)
      reason = Message("live.longestWait", [stageName(controllers.stages.firstIndex { $0.greens == shown.greens } ?? target)])
    }
    for k in lanes.indices { lanes[k].show(isGreen: lanes[k].links.contains { shown[$0].isGreen }, at: now) }
  }

  /// What whoever has the say would show, and why.
  private func wish(_ now: Instant, _ special: LiveOrder?) -> SignalState {
    let local = now + zoneOffset
    var inputs = ControlInputs(detectorEvents: events)
    events.removeAll(keepingCapacity: true)
    for k in lanes.indices { lanes[k].report(k, at: local, into: &inputs.vehicles) }
    // All of them watch all the time, so that whoever is given the say knows the street.
    let adaptive = controllers.adaptive.tick(now: local, inputs: inputs).first?.state
    let byLoops = ControlInputs(detectorEvents: inputs.detectorEvents)
    let actuated = controllers.actuated.tick(now: local, inputs: byLoops).first?.state
    let fixed = controllers.fixed.tick(now: local, inputs: byLoops).first?.state
    options = []
    switch special?.action {
    case .flash:
      reason = Message("live.flash", [special!.actor, special!.reason])
      return SignalState(repeating: .offBlinking, count: place.linkCount)
    case .allRed:
      reason = Message("live.allRed", [special!.actor, special!.reason])
      return SignalState(repeating: .red, count: place.linkCount)
    case .hold(let stage) where controllers.stages.indices.contains(stage):
      target = stage
      reason = Message("live.held", [stageName(stage), special!.actor, special!.reason])
      return controllers.stages[stage]
    default: break
    }
    let forced = orders.last { if case .forcePlan = $0.action { true } else { false } }
    let wished: SignalState?
    if let forced {
      wished = fixed
      reason = Message("live.forcedPlan", [program.id, forced.actor, forced.reason])
    } else if controllers.stages.count < 2 {
      wished = fixed
      reason = Message("live.onlyStage")
    } else {
      switch level {
      case .timeOfDay:
        wished = fixed
        reason = Message("live.timeOfDay", [program.id])
      case .actuated:
        wished = actuated
        reason = Message("live.actuated", [program.id])
      case .adaptive:
        wished = adaptive
        explain()
      }
    }
    if let wished, let stage = controllers.stages.firstIndex(of: wished) { target = stage }
    return wished ?? transition.shown
  }

  /// The adaptive controller's own account of its decision.
  private func explain() {
    guard let account = controllers.adaptive.explain(SignalID(0)), let best = account.options.first else {
      reason = Message("live.strategy", ["strategy." + strategy.name])
      return
    }
    options = Array(account.options.prefix(12))
    guard account.chosenStage != account.presentStage else {
      reason = Message("live.staySaves", [stageName(account.presentStage)])
      return
    }
    target = account.chosenStage
    let stay = account.options.first { $0.stage == account.presentStage && $0.after == nil }?.cost ?? account.options.last!.cost
    if let after = best.after, after >= 1 {
      reason = Message("live.changeSoon", [stageName(account.presentStage), stageName(best.stage), "\(Int(after.rounded()))"])
    } else {
      let saved = max(0, stay - best.cost)
      reason = Message("live.changeSaves", [stageName(account.presentStage), stageName(account.chosenStage), Self.tenths(saved)])
    }
  }

  /// Controllers that know one length of change for all links keep a yellow up through the red clearance; a link's own rules end it.
  private func trimmed(_ wish: SignalState, _ now: Instant) -> SignalState {
    guard wish.count == transition.shown.count else { return wish }
    var wish = wish
    for i in 0..<wish.count where wish[i] == .yellow && transition.shown[i] == .yellow {
      if now - transition.since[i] >= place.constraints.links[i].yellow { wish[i] = .red }
    }
    return wish
  }

  /// Changes the program where the calendar, an order or an adopted plan asks for it, at the end of a cycle.
  private func adoptWhereDue(_ now: Instant) {
    let forced = orders.last { if case .forcePlan = $0.action { true } else { false } }
    var next: SignalProgram?
    var nextIndex: Int?
    let calendar = place.program(at: now, offset: zoneOffset)
    if case .forcePlan(let wanted)? = forced?.action, place.programs.indices.contains(wanted) {
      if programIndex != wanted { (next, nextIndex) = (place.programs[wanted], wanted) }
    } else if let pending {
      next = pending.program
    } else if calendar != calendarIndex || programIndex.map({ $0 != calendar }) ?? false {
      (next, nextIndex) = (place.programs[calendar], calendar)
    }
    guard let next else { return }
    let cycle = program.cycle.milliseconds
    let within = (((now + zoneOffset).milliseconds - program.offset.milliseconds) % cycle + cycle) % cycle
    guard within < 1000 else { return }
    if nextIndex == nil { pending = nil }
    adopt(next, index: nextIndex)
    calendarIndex = calendar
  }

  func stageName(_ index: Int) -> String { "\(index + 1)" }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
  }
}
