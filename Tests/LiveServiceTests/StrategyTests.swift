import ControlLoop
import SignalControl
import Testing
import TrafficModel

@testable import LiveService

@Suite struct LiveStrategyTests {
  /// Whatever strategy of the table runs: nothing unlawful reaches the street, the monitor has nothing to refuse, and the record replays.
  @Test(arguments: ["fixed", "actuated", "max-pressure", "self-organizing", "horizon"])
  func everyStrategyRunsLiveAndReplays(_ name: String) throws {
    let folder = Folder()
    var settings = LiveSettings()
    settings.strategy = name
    var violations = 0, commanded = 0, served = Set<Int>()
    try recordRun(folder, seconds: 240, topology: SyntheticCity(rows: 1, columns: 2).topology(), settings: settings) {
      _, snapshot, street in
      violations = street.violations
      commanded = street.counts.commanded
      if snapshot.signals[0].level == .adaptive { served.formUnion(snapshot.signals[0].shown.greens) }
    }
    #expect(violations == 0)
    #expect(commanded > 10)
    #expect(served.count >= 4)
    var reader = try JournalReader(directory: folder.path + "/journal")
    var refusals = 0
    while let record = try reader.next() {
      guard record.kind == LiveRecordKind.decision.rawValue else { continue }
      refusals += try LiveDecision(decoding: record.payload).alarms.count { $0.message.key == "alarm.monitor" }
    }
    #expect(refusals == 0)
    #expect(try verifyJournal(at: folder.path + "/journal").isReproduced)
  }

  @Test func anUnknownStrategyIsRefused() {
    let city = SyntheticCity(rows: 1, columns: 1).topology()
    var settings = LiveSettings()
    settings.strategy = "clairvoyance"
    #expect(throws: MalformedRecord.self) {
      _ = try LiveEngine(
        LiveStart(topology: city, settings: settings, time: morning, shown: [nil], regions: ["city"], provenance: Provenance(inputHash: ""))
      )
    }
  }

  /// A red longer than its maximum is ended by the monitor whoever has the say, but not against an operator's order.
  @Test func theStarvedAreServedButNotAgainstAnOrder() throws {
    var city = SyntheticCity(rows: 1, columns: 1).topology()
    for link in city.signals[0].constraints.links.indices { city.signals[0].constraints.links[link].maximumRed = .seconds(60) }
    // A program that forgets two of its movements.
    let all = city.signals[0].programs[1]
    city.signals[0].programs = [SignalProgram(id: "half", stages: Array(all.stages[0..<6]))]
    city.signals[0].timeOfDay = [.init(second: 0, program: 0)]
    city.signals[0].programs.append(all)
    func run(_ order: LiveOrder.Action?) throws -> Set<Int> {
      let engine = try LiveEngine(
        LiveStart(
          topology: city, settings: LiveSettings(), time: morning, shown: [SignalState(repeating: .red, count: 8)], regions: ["city"],
          provenance: Provenance(inputHash: "")))
      if let order { engine.take(.order(LiveOrder(id: 1, signal: 0, action: order, actor: "test", reason: "a test", time: morning))) }
      var greens = Set<Int>()
      for second in 1...300 {
        _ = engine.tick(morning + .seconds(Double(second)))
        greens.formUnion(engine.snapshot().signals[0].shown.greens)
      }
      return greens
    }
    #expect(try run(nil) == Set(0..<8))
    #expect(try run(.allRed).isEmpty)
    #expect(try run(.hold(stage: 0)) == [1, 5])
  }
}

@Suite struct PlanRetimingTests {
  let signal = SyntheticCity(rows: 1, columns: 1).topology().signals[0]

  /// Traffic from north and south alone: their greens grow at the others' expense, and the plan keeps the signal's rules.
  @Test func greenGoesWhereTheTrafficIs() throws {
    let flows = signal.approaches.map { $0.name.hasSuffix("N.through") || $0.name.hasSuffix("S.through") ? 0.2 : 0.01 }
    let program = signal.programs[1]
    let proposal = try #require(PlanRetiming(LiveSettings()).propose(signal, running: program, flows: flows))
    #expect(proposal.after < proposal.before)
    #expect(PlanGate.findings(proposal.program, for: signal).isEmpty)
    let serving = program.stages.indices.filter { program.stages[$0].state.isServingStage }
    func share(_ program: SignalProgram) -> Double { program.stages[serving[0]].duration.seconds / program.cycle.seconds }
    #expect(share(proposal.program) > share(program))
    // Nothing but durations has changed.
    #expect(proposal.program.stages.map(\.state) == program.stages.map(\.state))
  }

  @Test func nothingIsProposedWithoutTraffic() {
    #expect(
      PlanRetiming(LiveSettings()).propose(signal, running: signal.programs[1], flows: signal.approaches.map { _ in 0 }) == nil)
  }
}

@Suite struct VirtualLoopTests {
  @Test func aPassingVehicleIsSeenOnceByEachLoop() {
    var network = RoadNetwork()
    network.lanes = [Lane(id: LaneID(0), link: LinkID(0), position: 0, length: 100, speedLimit: 14)]
    let detectors = [
      Detector(id: DetectorID(0), name: "a", kind: .point(lane: LaneID(0), position: 40), role: .advance),
      Detector(id: DetectorID(1), name: "s", kind: .point(lane: LaneID(0), position: 98), role: .stopBar),
    ]
    var loops = VirtualLoops(detectors, network: network)
    var told: [Int: [DetectorEvent.Change]] = [:]
    for (second, position) in [10.0, 24, 38, 52, 66, 80, 96, 98].enumerated() {
      let now = Instant(seconds: Double(second))
      let report = VehicleReport(
        time: now, link: LinkID(0), lane: LaneID(0), position: position, speed: 14, length: 5, signalLink: nil, key: 7)
      for event in loops.events([report], at: now) { told[event.detector.index, default: []].append(event.change) }
    }
    for event in loops.events([], at: Instant(seconds: 8)) { told[event.detector.index, default: []].append(event.change) }
    #expect(told == [0: [.on, .off], 1: [.on, .off]])
    #expect(loops.events([], at: Instant(seconds: 9)).isEmpty)
  }
}
