import TestSupport
import Testing
import TrafficModel

@testable import SignalControl

/// Two one-lane approaches of 200 m that cross at a signal: whoever waits alone must get green, and no strategy may forget an interval.
@Suite struct AdaptiveControlTests {
  static func strategies(_ network: RoadNetwork) -> [(String, any SignalController)] {
    [
      ("horizon", RollingHorizonController(network: network)),
      ("max-pressure", MaxPressureController(network: network)),
      ("max-pressure-capacity", MaxPressureController(network: network, weight: .capacity)),
      ("max-pressure-delay", MaxPressureController(network: network, weight: .delay)),
      ("self-organizing", SelfOrganizingController(network: network)),
    ]
  }

  /// `count` vehicles that stand on an approach, 7.5 m apart.
  static func queue(_ approach: Int, _ count: Int, at now: Instant) -> [VehicleReport] {
    (0..<count).map { k in
      VehicleReport(
        time: now, link: LinkID(approach), lane: LaneID(approach), position: 199 - 7.5 * Double(k), speed: 0, length: 5,
        signalLink: approach, key: UInt32(approach * 100 + k), signal: SignalID(0))
    }
  }

  @Test func whoWaitsAloneGetsGreen() {
    let network = RoadNetwork.crossing()
    for (name, controller) in Self.strategies(network) {
      var shown: [String] = []
      for second in 0..<30 {
        let now = Instant(seconds: Double(second))
        let commands = controller.tick(now: now, inputs: ControlInputs(vehicles: Self.queue(1, 5, at: now)))
        shown.append(commands[0].state.description)
      }
      #expect(shown.last == "rG", "\(name): \(shown)")
      let first = shown.firstIndex(of: "rG") ?? 0
      #expect(shown[..<first].suffix(3).allSatisfy { $0 == "yr" }, "\(name): yellow of three seconds before the change: \(shown)")
    }
  }

  @Test func demandFromBothSidesKeepsTheIntervalsAndStarvesNobody() {
    let network = RoadNetwork.crossing()
    for (name, controller) in Self.strategies(network) {
      // Queues that lose a vehicle every two seconds of green and gain one every five.
      var waiting = [8, 8]
      var shown: [String] = []
      for second in 0..<600 {
        let now = Instant(seconds: Double(second))
        let vehicles = (0..<2).flatMap { Self.queue($0, waiting[$0], at: now) }
        let state = controller.tick(now: now, inputs: ControlInputs(vehicles: vehicles))[0].state
        shown.append(state.description)
        for i in 0..<2 {
          if state[i].isGreen, second % 2 == 0 { waiting[i] = max(0, waiting[i] - 1) }
          if second % 5 == i { waiting[i] = min(waiting[i] + 1, 25) }
        }
      }
      #expect(Set(shown).isSubset(of: ["Gr", "yr", "rG", "ry"]), "\(name)")
      var runs: [(state: String, length: Int)] = []
      for state in shown {
        if runs.last?.state == state { runs[runs.count - 1].length += 1 } else { runs.append((state, 1)) }
      }
      for run in runs.dropFirst().dropLast() {
        #expect(run.length >= (run.state.contains("y") ? 3 : 5), "\(name): \(run.state) for \(run.length) s")
        #expect(run.length <= 150, "\(name): \(run.state) for \(run.length) s")
      }
      #expect(runs.count > 6, "\(name): both sides are served again and again")
    }
  }

  @Test func equalInputsGiveEqualAnswers() {
    let network = RoadNetwork.crossing()
    func run() -> [SignalState] {
      let controller = RollingHorizonController(network: network)
      return (0..<120).map { second in
        let now = Instant(seconds: Double(second))
        let vehicles = Self.queue(0, second / 7 % 9, at: now) + Self.queue(1, second / 5 % 6, at: now)
        return controller.tick(now: now, inputs: ControlInputs(vehicles: vehicles))[0].state
      }
    }
    #expect(run() == run())
  }

  @Test func aDecisionTellsItsOptions() throws {
    let controller = RollingHorizonController(network: RoadNetwork.crossing())
    for second in 0..<8 {
      let now = Instant(seconds: Double(second))
      _ = controller.tick(now: now, inputs: ControlInputs(vehicles: Self.queue(1, 4, at: now)))
    }
    let explanation = try #require(controller.explain(SignalID(0)))
    #expect(explanation.chosenStage == 1)
    #expect(explanation.options.count > 5)
    #expect(zip(explanation.options, explanation.options.dropFirst()).allSatisfy { $0.cost <= $1.cost })
  }

  @Test func linksThatStayOpenKeepTheirGreenThroughAChange() {
    let from = SignalState("GGgr")!, to = SignalState("rGGG")!
    let yellow = TimeAmount.seconds(3)
    #expect(StageSequencer.transition(from: from, to: to, elapsed: .zero, yellow: yellow).description == "yGgr")
    #expect(StageSequencer.transition(from: from, to: to, elapsed: .seconds(5), yellow: yellow).description == "yGgr")
    let apart = SignalState("rrrG")!
    #expect(StageSequencer.transition(from: from, to: apart, elapsed: .seconds(1), yellow: yellow).description == "yyyr")
    #expect(StageSequencer.transition(from: from, to: apart, elapsed: .seconds(4), yellow: yellow).description == "rrrr")
  }

  @Test func theExponentialIsExact() {
    #expect(abs(exponential(0) - 1) < 1e-15)
    #expect(abs(exponential(1) - 2.718281828459045) < 1e-14)
    #expect(abs(exponential(-10) / 4.5399929762484854e-05 - 1) < 1e-12)
    #expect(exponential(-60) == 0)
  }
}
