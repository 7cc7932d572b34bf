import SignalControl
import Testing
import TrafficModel

@testable import ControlLoop

/// The loop keeps its promises whoever sits at its ends: late decisions are dropped, a street that fails leaves the record whole.
@Suite struct ControlLoopTests {
  /// Two links that cross.
  static func network() -> (RoadNetwork, [TimingConstraints]) {
    var network = RoadNetwork()
    let id = network.signalNames.intern("J")
    let stages = ["Gr", "yr", "rG", "ry"].map { Stage(state: SignalState($0)!, duration: .seconds(10)) }
    network.signals.append(Signal(id: id, links: [[], []], programs: [SignalProgram(id: "0", stages: stages)]))
    var conflicts = ConflictMatrix(count: 2)
    conflicts[0, 1] = .conflict
    let limits = TimingConstraints.LinkLimits(minimumGreen: .seconds(5), yellow: .seconds(3), redClearance: .zero, maximumRed: .seconds(90))
    return (network, [TimingConstraints(links: [limits, limits], conflicts: conflicts)])
  }

  struct Lost: Error {}

  /// A street that fails at its `failure`th step.
  final class Street: DetectorFeed, SignalOutput, LoopClock {
    var now = Instant.zero
    var isUnderway = false
    var failure: Int?
    var seen: [SignalState] = []
    private var steps = 0
    func collect() -> ControlInputs { ControlInputs() }
    func show(_ commands: [SignalCommand]) { seen.append(commands[0].state) }
    func shown() -> [SignalCommand] { isUnderway ? [SignalCommand(signal: SignalID(0), state: SignalState("yr")!)] : [] }
    func advance() throws -> Bool {
      steps += 1
      if steps == failure { throw Lost() }
      now += .seconds(1)
      return true
    }
  }

  /// Says what it is told to say, and takes its time over it.
  final class Controller: SignalController {
    let signals = [SignalID(0)]
    var wish: (Instant) -> SignalState
    var effort: (Instant) -> Int = { _ in 0 }
    init(_ wish: @escaping (Instant) -> SignalState) { self.wish = wish }
    func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
      let clock = ContinuousClock(), until = clock.now + .milliseconds(effort(now))
      while clock.now < until {}
      return [SignalCommand(signal: SignalID(0), state: wish(now))]
    }
    func explain(_ signal: SignalID) -> DecisionExplanation? {
      DecisionExplanation(
        time: .zero, signal: signal, presentStage: 0, chosenStage: 1,
        options: (0..<12).map { .init(stage: $0 % 2, after: Double($0), cost: Double($0)) })
    }
  }

  static func loop(_ street: Street, _ controller: Controller, deadline: Duration? = nil) -> ControlLoop {
    let (network, rules) = network()
    return ControlLoop(
      street: street, controller: controller, monitor: ConflictMonitor(network: network, constraints: rules),
      settings: .init(deadline: deadline))
  }

  static let programme: @Sendable (Instant) -> SignalState = { now in
    SignalState(["Gr", "yr", "rG", "ry"][[0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3][Int(now.seconds) % 20]])!
  }

  /// The decision at 7 s, to end the green, takes too long: the green is held, and the next decision is led to lawfully.
  @Test func aLateDecisionIsReplacedByHolding() throws {
    let street = Street(), controller = Controller(Self.programme)
    controller.effort = { $0 == Instant(seconds: 7) ? 60 : 0 }
    let loop = Self.loop(street, controller, deadline: .milliseconds(30))
    let summary = try loop.run(until: Instant(seconds: 18))
    #expect(summary.lateDecisions == 1 && summary.ticks == 18)
    #expect(street.seen[7].description == "Gr" && street.seen[8].description == "yr")
    #expect(street.seen.count { $0.description == "yr" } == 3)
    #expect(summary.latency(quantile: 1) >= .milliseconds(60) && summary.latency(quantile: 0.5) < .milliseconds(30))
  }

  @Test func whatHappenedSurvivesALostStreet() throws {
    let street = Street()
    street.failure = 6
    let loop = Self.loop(street, Controller(Self.programme))
    #expect(throws: Lost.self) { try loop.run(until: Instant(seconds: 60)) }
    #expect(loop.summary.ticks == 6 && loop.summary.latencies.count == 6)
  }

  /// A loop that comes to a street in mid-run reads back what it shows: the yellow it finds is served in full.
  @Test func aRestartReadsTheStreetBack() throws {
    let street = Street()
    street.isUnderway = true
    let loop = Self.loop(street, Controller { _ in SignalState("rG")! })
    try loop.run(until: Instant(seconds: 6))
    #expect(street.seen.prefix(4).map(\.description) == ["yr", "yr", "yr", "rG"])
  }

  @Test func decisionsAreLoggedAndFoundAgain() throws {
    let (network, _) = Self.network()
    let street = Street(), loop = Self.loop(street, Controller(Self.programme))
    var text = try DecisionLog.line(DecisionLog.Header(strategy: "test", network: network))
    var before: [SignalID: SignalState] = [:]
    try loop.run(until: Instant(seconds: 20)) { tick in
      for entry in DecisionLog.entries(of: tick, before: before, network: network, explain: loop.explain) {
        text += try DecisionLog.line(entry)
      }
      for command in tick.shown { before[command.signal] = command.state }
    }
    let found = try #require(try DecisionLog.find("J", at: 5, in: text, file: "log"))
    #expect(found.entry.time == 0 && found.entry.explanation?.options.count == DecisionLog.keptOptions)
    #expect(found.stages.map(\.description) == ["Gr", "rG"])
    #expect(try DecisionLog.find("K", at: 5, in: text, file: "log") == nil)
    // A log cut off in mid-line is read up to there; anything else that is no log is said.
    #expect(try DecisionLog.find("J", at: 50, in: String(text.dropLast(9)), file: "log") != nil)
    #expect(throws: InputProblem.self) { try DecisionLog.find("J", at: 5, in: "hello", file: "log") }
  }

  @Test func aDecisionIsToldInWords() {
    func text(_ chosen: Int, _ options: [DecisionExplanation.Option], isScore: Bool = false, _ language: Language = .english) -> String {
      DecisionExplanation(
        time: Instant(seconds: 300), signal: SignalID(0), presentStage: 0, chosenStage: chosen, options: options,
        unit: isScore ? "veh" : "veh·s", isScore: isScore
      ).text(signal: "J", stages: [SignalState("Gr")!, SignalState("rG")!], language)
    }
    let options = [DecisionExplanation.Option(stage: 1, after: 4, cost: 80), .init(stage: 1, after: 0, cost: 92.34)]
    let stay = text(0, options)
    #expect(stay.contains("stage 1 (Gr) stays") && stay.contains("better by 12.3") && stay.contains("stay for 4 s, then stage 2 (rG)"))
    #expect(text(1, options.reversed()).contains("whatever it costs"))
    #expect(text(1, [.init(stage: 1, after: nil, cost: 7), .init(stage: 0, after: nil, cost: 2)], isScore: true).contains("better by 5"))
    #expect(text(0, options, isScore: false, .chinese).contains("保持"))
  }
}
