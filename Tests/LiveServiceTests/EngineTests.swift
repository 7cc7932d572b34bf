import ControlLoop
import Foundation
import SignalControl
import Testing
import TrafficModel

@testable import LiveService

@Suite struct EngineTests {
  let city = SyntheticCity(rows: 2, columns: 3).topology()

  @Test func aRecordedRunReplaysByteForByte() throws {
    let folder = Folder()
    var worst = 0
    var sawAdaptive = false
    try recordRun(folder, seconds: 480, topology: city) { _, snapshot, street in
      worst = max(worst, street.violations)
      sawAdaptive = sawAdaptive || snapshot.signals.allSatisfy { $0.level == .adaptive }
    }
    #expect(worst == 0)
    #expect(sawAdaptive)
    let result = try verifyJournal(at: folder.path + "/journal")
    #expect(result.isReproduced)
    #expect(result.ticks == 480)
    #expect(result.reproduced == 480 + 8)
    #expect(result.readings > 500)
  }

  /// One bit of one reading changed behind the checksum's back: the decisions no longer follow from the inputs, and it shows.
  @Test func aForgedReadingIsFound() throws {
    let folder = Folder(), forged = Folder()
    try recordRun(folder, seconds: 300, topology: city)
    let writer = try JournalWriter(directory: forged.path + "/journal")
    var reader = try JournalReader(directory: folder.path + "/journal")
    var hasForged = false
    while let record = try reader.next() {
      var payload = record.payload
      if !hasForged, record.sequence > 300, record.kind == LiveRecordKind.readings.rawValue {
        var (received, readings) = try ReadingBatch.decode(payload)
        readings.removeAll { if case .state(true, _) = $0.value { true } else { false } }
        payload = ReadingBatch.encode(readings, received: received)
        received = .zero
        hasForged = true
      }
      try writer.append(kind: record.kind, schema: record.schema, payload)
    }
    try writer.commitBlocking(through: writer.appended)
    writer.close()
    #expect(hasForged)
    #expect(try !verifyJournal(at: forged.path + "/journal").isReproduced)
  }

  /// Detectors fall silent: adaptive, then the plan by the clock; they come back: adaptive again, after the time of recovery.
  @Test func lostDataDegradesByStagesAndBack() throws {
    let engine = try LiveEngine(start(city))
    var sequence: UInt64 = 0
    func tell(_ second: Int, _ roles: Set<LiveTopology.Detector.Role>) {
      guard second % 5 == 0 else { return }
      for detector in city.detectors where roles.contains(detector.role) {
        sequence += 1
        engine.take(
          Reading(source: "a", sequence: sequence, detector: detector.name, time: engine.now, value: .state(occupied: false, speed: .nan)))
      }
    }
    var levels: [ControlLevel] = [], recorded: [ControlLevel] = []
    var alarms = 0
    for second in 1...240 {
      switch second {
      case 1..<60: tell(second, [.advance, .stopBar])
      case 60..<120: tell(second, [.stopBar])
      case 120..<160: break
      default: tell(second, [.advance, .stopBar])
      }
      let outcome = engine.tick(morning + .seconds(Double(second)))
      alarms += outcome.decision.alarms.count { $0.message.key == "alarm.degraded" }
      levels.append(engine.snapshot().signals[0].level)
      if let entry = outcome.decision.entries.first(where: { $0.signal == 0 }), entry.level != recorded.last {
        recorded.append(entry.level)
      }
    }
    // Each step stands in the record of decisions.
    #expect(
      recorded == [.timeOfDay, .adaptive, .actuated, .timeOfDay, .adaptive] || recorded == [.adaptive, .actuated, .timeOfDay, .adaptive])
    #expect(levels[50] == .adaptive)
    #expect(levels[100] == .actuated)
    #expect(levels[150] == .timeOfDay)
    #expect(levels[170] == .timeOfDay)
    #expect(levels[230] == .adaptive)
    #expect(alarms == 3 * city.signals.count)
  }

  private func start(_ topology: LiveTopology) -> LiveStart {
    LiveStart(
      topology: topology, settings: LiveSettings(), time: morning,
      shown: topology.signals.map { SignalState(repeating: .red, count: $0.linkCount) }, regions: ["city"],
      provenance: Provenance(inputHash: ""))
  }

  @Test func ordersAreObeyedAndUndone() throws {
    let folder = Folder()
    func order(_ id: UInt64, _ action: LiveOrder.Action) -> LiveEvent {
      .order(LiveOrder(id: id, signal: 0, action: action, actor: "test", reason: "a test", time: morning))
    }
    func undo(_ id: UInt64) -> LiveEvent { .undo(order: id, actor: "test", reason: "over", time: morning) }
    let events: [Int: LiveEvent] = [
      60: order(1, .hold(stage: 2)), 160: undo(1), 200: order(2, .flash), 260: undo(2), 320: order(3, .allRed), 360: undo(3),
      400: order(4, .shadow), 440: undo(4), 500: order(5, .fallback), 560: undo(5),
    ]
    var at: [Int: LiveSnapshot] = [:]
    var violations = 0
    try recordRun(folder, seconds: 640, topology: city, events: events) { second, snapshot, street in
      at[second] = snapshot
      violations = street.violations
    }
    #expect(at[150]!.signals[0].stage == 2)
    #expect(at[150]!.signals[0].shown.greens == [3, 7])
    #expect(at[250]!.signals[0].shown.indications.allSatisfy { $0 == .offBlinking })
    // After flashing it serves again, whatever it happens to show at one moment.
    #expect((290..<320).contains { at[$0]!.signals[0].shown.indications.contains { $0 == .green } })
    #expect(at[350]!.signals[0].shown.indications.allSatisfy { $0 == .red })
    #expect(at[420]!.signals[0].authority == .shadow)
    #expect(at[530]!.signals[0].authority == .fallback)
    #expect(at[640]!.signals.allSatisfy { $0.authority == .commanding && $0.orders.isEmpty })
    #expect(violations == 0)
    #expect(try verifyJournal(at: folder.path + "/journal").isReproduced)
  }

  @Test func nothingIsCommandedBeforeItWasReadBack() throws {
    var begin = start(city)
    begin.shown[1] = nil
    let engine = try LiveEngine(begin)
    var commanded = Set<Int>()
    for second in 1...30 {
      let outcome = engine.tick(morning + .seconds(Double(second)))
      commanded.formUnion(outcome.commands.map(\.signal))
      #expect(outcome.readBackWanted.contains(1))
    }
    #expect(!commanded.contains(1) && commanded.contains(0))
    engine.take(.readBack(signal: 1, state: SignalState("GrrrGrrr")!, time: engine.now))
    // It goes on from the green that was shown, which lasts its minimum first.
    for second in 31...60 {
      let outcome = engine.tick(morning + .seconds(Double(second)))
      if second <= 35 { #expect(engine.snapshot().signals[1].shown.greens == [0, 4]) }
      commanded.formUnion(outcome.commands.map(\.signal))
    }
    #expect(commanded.contains(1))
  }

  /// The street goes as a whole: one alarm, nothing commanded, and each signal read back before it is commanded again.
  @Test func aLostStreetIsToldOnceAndReadBackFirst() throws {
    let engine = try LiveEngine(start(city))
    for second in 1...5 { _ = engine.tick(morning + .seconds(Double(second))) }
    engine.take(.street(trouble: "the cable is cut", time: engine.now))
    var alarms: [LiveDecision.Alarm] = []
    for second in 6...60 {
      let outcome = engine.tick(morning + .seconds(Double(second)))
      alarms += outcome.decision.alarms.filter { $0.message.key != "alarm.silent" && $0.message.key != "alarm.degraded" }
      #expect(outcome.commands.isEmpty)
      #expect(try LiveDecision(decoding: outcome.decision.encoded()) == outcome.decision)
    }
    #expect(alarms.map(\.message) == [Message("alarm.street", ["the cable is cut"])])
    #expect(alarms.first?.signal == LiveDecision.Alarm.allSignals)
    #expect(engine.snapshot().signals.allSatisfy { !$0.reachable && $0.authority == .awaitingReadBack })
    engine.take(.street(trouble: nil, time: engine.now))
    engine.take(.readBack(signal: 0, state: SignalState(repeating: .red, count: 8), time: engine.now))
    var commanded = Set<Int>(), told: [LiveDecision.Alarm] = []
    for second in 61...90 {
      let outcome = engine.tick(morning + .seconds(Double(second)))
      commanded.formUnion(outcome.commands.map(\.signal))
      told += outcome.decision.alarms.filter { ["alarm.street", "alarm.unreachable"].contains($0.message.key) }
    }
    #expect(commanded == [0])
    #expect(told.first.map { !$0.raised && $0.message.key == "alarm.street" } == true)
    // Those that still do not answer are told one by one.
    #expect(Set(told.dropFirst().filter(\.raised).map(\.signal)).isSuperset(of: 1..<city.signals.count))
  }

  /// A detector that was never heard since the start is as silent as one that has fallen silent.
  @Test func whatIsDeadFromTheStartIsTold() throws {
    let engine = try LiveEngine(start(city))
    var told: [String: Int] = [:]
    for second in 1...120 {
      for alarm in engine.tick(morning + .seconds(Double(second))).decision.alarms where alarm.raised {
        told[alarm.message.key, default: 0] += 1
      }
    }
    told["alarm.unreachable"] = nil
    #expect(told == ["alarm.silent": city.detectors.count, "alarm.degraded": city.signals.count])
  }

  @Test func aRefusalIsOverOnceTheSignalIsReadBack() throws {
    let engine = try LiveEngine(start(city))
    _ = engine.tick(morning + .seconds(1))
    engine.take(.refused(signal: 0, command: 7, reason: "expired"))
    #expect(engine.tick(morning + .seconds(2)).decision.alarms.map(\.raised) == [true])
    engine.take(.readBack(signal: 0, state: SignalState(repeating: .red, count: 8), time: engine.now))
    let over = engine.tick(morning + .seconds(3)).decision.alarms
    #expect(over.map(\.raised) == [false] && over[0].message.key == "alarm.refused")
  }

  /// A new plan waits for the end of the cycle, whoever has the say, and takes over then.
  @Test func aPlanIsAdoptedWhenTheCycleEnds() throws {
    let engine = try LiveEngine(start(city))
    let place = city.signals[0]
    var program = place.programs[place.program(at: morning, offset: city.zoneOffset)]
    let cycle = program.cycle.milliseconds, offset = program.offset.milliseconds
    program.id = "new"
    program.stages[0].duration = program.stages[0].duration + .seconds(4)
    var adopted: Instant?
    for second in 1...200 {
      if second == 30 { engine.take(.plan(signal: 0, program: program, reason: Message("live.onlyStage"), time: engine.now)) }
      _ = engine.tick(morning + .seconds(Double(second)))
      let live = engine.snapshot().signals[0]
      if adopted == nil, live.program == "new" { adopted = engine.now }
      if second >= 30 { #expect(live.planPending == (adopted == nil)) }
    }
    let moment = try #require(adopted)
    #expect((((moment + city.zoneOffset).milliseconds - offset) % cycle + cycle) % cycle < 1000)
    #expect(moment - (morning + .seconds(30)) <= .milliseconds(cycle))
  }

  /// In shadow everything is decided and recorded, and nothing commanded: the street runs its local plans.
  @Test func shadowDecidesAndCommandsNothing() throws {
    let folder = Folder()
    var settings = LiveSettings()
    settings.shadow = true
    var shown = Set<String>()
    var commanded = 0, changes = 0
    try recordRun(folder, seconds: 300, topology: city, settings: settings) { _, snapshot, street in
      shown.insert(snapshot.signals[0].shown.description)
      commanded = street.counts.commanded
      changes = street.counts.changes
      #expect(snapshot.signals.allSatisfy { $0.authority == .shadow })
    }
    #expect(commanded == 0)
    #expect(shown.count > 4 && changes > 20)
    #expect(try verifyJournal(at: folder.path + "/journal").isReproduced)
  }

  @Test func aLostLeaseSilencesItsRegion() throws {
    let engine = try LiveEngine(start(city))
    _ = engine.tick(morning + .seconds(1))
    engine.take(.lease(region: "city", token: nil, time: morning))
    for second in 2...20 { #expect(engine.tick(morning + .seconds(Double(second))).commands.isEmpty) }
    #expect(engine.snapshot().signals.allSatisfy { $0.authority == .noLease })
    engine.take(.lease(region: "city", token: 9, time: morning))
    #expect(engine.tick(morning + .seconds(21)).readBackWanted.count == city.signals.count)
  }
}

@Suite struct LawfulTransitionTests {
  /// Whatever is asked for, what comes out breaks no rule by the count of a judge that shares no code with it.
  @Test func anyRequestComesOutLawful() {
    var draw = Draw(11)
    let constraints = SyntheticCity.constraints
    for _ in 0..<40 {
      var transition = TransitionGuard(constraints: constraints, shown: SignalState(repeating: .red, count: 8), since: morning)
      var judge = IntervalMonitor(constraints: constraints)
      var wanted = SignalState(repeating: .red, count: 8)
      for second in 0..<600 {
        if draw.below(4) == 0 {
          switch draw.below(12) {
          case 0: wanted = SignalState(repeating: .offBlinking, count: 8)
          case 1: wanted = SignalState(repeating: .red, count: 8)
          default: for i in 0..<8 { wanted[i] = [.green, .red, .yellow, .permissiveGreen, .red][draw.below(5)] }
          }
        }
        judge.observe(transition.advance(toward: wanted, at: morning + .seconds(Double(second))), at: morning + .seconds(Double(second)))
      }
      #expect(judge.violations == 0)
    }
  }

  @Test func aStandingRequestIsServed() {
    var transition = TransitionGuard(
      constraints: SyntheticCity.constraints, shown: SignalState("rGrrrGrr")!, since: morning)
    let wanted = SignalState("rrrGrrrG")!
    var servedAt: Int?
    for second in 0..<30 where servedAt == nil {
      if transition.advance(toward: wanted, at: morning + .seconds(Double(second))) == wanted { servedAt = second }
    }
    // Six seconds of minimum green, three of yellow, two of red clearance.
    #expect(servedAt == 11)
  }

  @Test func theJudgeSeesWhatIsWrong() {
    func violations(_ states: [(Double, String)]) -> IntervalMonitor {
      var judge = IntervalMonitor(constraints: SyntheticCity.constraints)
      for (second, text) in states { judge.observe(SignalState(text)!, at: morning + .seconds(second)) }
      return judge
    }
    #expect(violations([(0, "rrrrrrrr"), (1, "rGrGrrrr")]).conflicts == 1)
    #expect(violations([(0, "rrrrrrrr"), (1, "rGrrrrrr"), (4, "ryrrrrrr")]).shortGreens == 1)
    #expect(violations([(0, "rrrrrrrr"), (1, "rGrrrrrr"), (9, "rrrrrrrr")]).missingYellows == 1)
    #expect(violations([(0, "rrrrrrrr"), (1, "rGrrrrrr"), (9, "ryrrrrrr"), (11, "rrrrrrrr")]).shortYellows == 1)
    #expect(violations([(0, "rrrrrrrr"), (1, "rGrrrrrr"), (9, "ryrrrrrr"), (12, "rrrrrrrr"), (13, "rrrGrrrr")]).shortClearances == 1)
  }
}

@Suite struct FieldRimTests {
  private func command(_ text: String, token: UInt64, at second: Double, lasts: Double = 3) -> FieldCommand {
    FieldCommand(
      id: 1, signal: "S1-1", state: SignalState(text)!, issued: morning + .seconds(second), expires: morning + .seconds(second + lasts),
      token: token)
  }

  @Test func staleAndExpiredCommandsAreRefused() {
    let signal = SyntheticCity(rows: 1, columns: 1).topology().signals[0]
    var rim = FieldRim(signal, zoneOffset: .zero, start: morning)
    #expect(rim.take(command("rGrrrGrr", token: 5, at: 3), now: morning + .seconds(3)).verdict == .shown)
    #expect(rim.take(command("ryrrryrr", token: 4, at: 12), now: morning + .seconds(12)).reason == "stale token")
    #expect(rim.take(command("ryrrryrr", token: 5, at: 8), now: morning + .seconds(12)).reason == "expired")
    #expect(rim.take(command("rGrGrrrr", token: 5, at: 12), now: morning + .seconds(12)).reason == "conflicting greens")
    #expect(rim.take(command("rrrGrrrG", token: 5, at: 12), now: morning + .seconds(12)).reason == "a minimum interval is still running")
    #expect(rim.take(command("ryrrryrr", token: 6, at: 12), now: morning + .seconds(12)).verdict == .shown)
    #expect(rim.highestToken == 6)
  }

  @Test func silenceGivesWayToTheLocalPlan() {
    let signal = SyntheticCity(rows: 1, columns: 1).topology().signals[0]
    var rim = FieldRim(signal, zoneOffset: .zero, start: morning)
    #expect(rim.isLocal)
    _ = rim.take(command("rGrrrGrr", token: 1, at: 3), now: morning + .seconds(3))
    rim.heartbeat(now: morning + .seconds(20), token: 1, isReleased: false)
    _ = rim.advance(to: morning + .seconds(25))
    #expect(!rim.isLocal)
    for second in 26..<400 { _ = rim.advance(to: morning + .seconds(Double(second))) }
    #expect(rim.isLocal)
    #expect(rim.monitor.violations == 0)
  }
}
