import Formats
import TestSupport
import Testing
import TrafficFlow
import TrafficModel

@testable import SignalControl

/// What the rolling horizon knows beyond its queues: late reports, near neighbours, streets taken over in mid-change.
@Suite struct RollingHorizonTests {
  static func moving(_ approach: Int, at distance: Double, key: UInt32, time: Instant) -> VehicleReport {
    VehicleReport(
      time: time, link: LinkID(approach), lane: LaneID(approach), position: 200 - distance, speed: 13.89, length: 5, signalLink: approach,
      key: key, signal: SignalID(0))
  }

  /// Three vehicles were 20 to 50 m before the stop line 5 s ago: they have passed since, and green need not wait for them.
  @Test func lateReportsAreReadAsLate() {
    func firstChange(late: Double) -> Int? {
      let controller = RollingHorizonController(network: RoadNetwork.crossing())
      for second in 0..<12 {
        let now = Instant(seconds: Double(second)), told = now - .seconds(second >= 5 ? late : 0)
        // The same picture again and again: at 5 s and later three are about to cross while one waits on the other side.
        var vehicles = (0..<3).map { Self.moving(0, at: 20 + 15 * Double($0), key: UInt32(second * 10 + $0), time: told) }
        vehicles += AdaptiveControlTests.queue(1, 2, at: told)
        let state = controller.tick(now: now, inputs: ControlInputs(vehicles: vehicles))[0].state
        if state.hasYellow { return second }
      }
      return nil
    }
    let prompt = firstChange(late: 0) ?? 99, late = firstChange(late: 5) ?? 99
    #expect(late == 5, "those who have passed hold nobody up: \(late)")
    #expect(prompt > late, "those who are about to pass do: \(prompt)")
  }

  /// From every state a street may show in mid-change, the way goes on to one of the stages without a refusal.
  @Test(arguments: ["Gr", "yr", "rG", "ry", "rr"]) func aStreetIsTakenOverInMidChange(shown: String) {
    let network = RoadNetwork.crossing()
    let constraints = ConflictMonitor.constraints(of: network)
    let controllers: [any SignalController] = [RollingHorizonController(network: network), MaxPressureController(network: network)]
    for controller in controllers {
      var monitor = ConflictMonitor(network: network, constraints: constraints)
      let state = SignalState(shown)!
      let begin = Instant(seconds: 100)
      monitor.takeOver(SignalID(0), shown: state, at: begin)
      controller.resume([SignalCommand(signal: SignalID(0), state: state)], at: begin)
      var refused = 0
      var seen: [String] = []
      for second in 0..<60 {
        let now = begin + .seconds(Double(second))
        let vehicles = AdaptiveControlTests.queue(0, 4, at: now) + AdaptiveControlTests.queue(1, 4, at: now)
        let wished = controller.tick(now: now, inputs: ControlInputs(vehicles: vehicles))
        let (passed, violations) = monitor.pass(wished, at: now)
        refused += violations.count
        seen.append(passed[0].state.description)
        if second == 0, shown != "rr" { #expect(wished[0].state == state, "it goes on with what is shown") }
      }
      #expect(refused == 0)
      #expect(seen.contains("Gr") || seen.contains("rG"), "\(shown): \(seen)")
    }
  }

  /// Crossings 60 m apart would all be one problem; no group is larger than it may be, and none is forgotten.
  @Test func groupsStaySmall() {
    var design = GridDesign()
    design.spacing = 60
    let network = design.network()
    let signals = Array(network.signals.indices)
    let graph = StreetGraph(network)
    let groups = RollingHorizonController.groups(of: signals, graph, within: 110, size: 6)
    #expect(groups.flatMap { $0 }.sorted() == signals)
    #expect(groups.allSatisfy { $0.count <= 6 } && groups.contains { $0.count > 2 })
    #expect(RollingHorizonController.groups(of: signals, graph, within: 20, size: 6).count == signals.count)
  }

  /// Strategies that choose stages wish nothing that the monitor must refuse, whatever the intervals of the network's programs.
  @Test(arguments: [false, true]) func wishesAreLawful(protectsLefts: Bool) {
    var design = GridDesign()
    design.columns = 2
    design.rows = 2
    design.lanes = 3
    design.timing.protectsLefts = protectsLefts
    let network = design.network()
    var constraints = ConflictMonitor.constraints(of: network)
    // Links differ in what they owe.
    for s in constraints.indices {
      for i in constraints[s].links.indices where i % 3 == 0 {
        constraints[s].links[i].redClearance = .seconds(3)
        constraints[s].links[i].yellow = .seconds(5)
      }
    }
    for name in ["horizon", "max-pressure", "longest-queue"] {
      let controller = ControlStrategy.named(name)!.make(ControlProblem(network: network, constraints: constraints))
      var monitor = ConflictMonitor(network: network, constraints: constraints)
      var random = RandomNumbers(7)
      let approaches = network.connections.filter { $0.signal != nil }
      for second in 0..<90 {
        let now = Instant(seconds: Double(second))
        let vehicles = (0..<12).map { k in
          let way = approaches[Int(random.next() % UInt64(approaches.count))], lane = network[way.fromLane]
          return VehicleReport(
            time: now, link: lane.link, lane: lane.id, position: lane.length - Double(random.next() % 60), speed: 0, length: 5,
            signalLink: way.signal!.index, key: UInt32(k), signal: way.signal!.signal)
        }
        let result = monitor.pass(controller.tick(now: now, inputs: ControlInputs(vehicles: vehicles)), at: now)
        #expect(result.violations.isEmpty, "\(name) at \(second): \(result.violations)")
      }
    }
  }
}
