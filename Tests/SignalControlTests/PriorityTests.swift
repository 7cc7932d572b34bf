import SignalControl
import Testing
import TrafficModel

/// Who asks is served in time, the way there and back is lawful, and the controller underneath goes on as if nothing had happened.
@Suite struct PriorityTests {
  /// Six links in two stages of 30 s (see ``ConflictMonitorTests``): links 0 to 2, then 3 to 5; yellow 3 s, red clearance 2 s.
  static func controller(_ settings: PriorityController.Settings = .init()) -> (PriorityController, TimingConstraints, SignalProgram) {
    var (network, rules) = ConflictMonitorTests.network()
    let rows = [("GGgrrr", 30.0), ("yyyrrr", 3), ("rrrrrr", 2), ("rrrGGG", 30), ("rrryyy", 3), ("rrrrrr", 2)]
    let program = SignalProgram(id: "1", stages: rows.map { Stage(state: SignalState($0.0)!, duration: .seconds($0.1)) })
    network.signals[0].programs = [program]
    let base = FixedTimeController(network: network)
    return (PriorityController(base, network: network, constraints: [rules], settings: settings), rules, program)
  }

  static func run(
    seconds: Int, settings: PriorityController.Settings = .init(), requests: (Int) -> [PriorityRequest]
  ) -> (shown: [SignalState], rules: TimingConstraints, program: SignalProgram) {
    let (controller, rules, program) = Self.controller(settings)
    let shown = (0..<seconds).map { t in
      controller.tick(now: Instant(seconds: Double(t)), inputs: ControlInputs(priorityRequests: requests(t)))[0].state
    }
    return (shown, rules, program)
  }

  static func request(_ link: Int, _ level: PriorityRequest.Level, _ arrival: Double, key: UInt32 = 7) -> PriorityRequest {
    PriorityRequest(signal: SignalID(0), link: link, level: level, arrival: .seconds(max(arrival, 0)), key: key)
  }

  /// An emergency vehicle on link 3 announces itself at 10 s and passes at 40 s: its stage comes after yellow and red clearance, stays until it
  /// has passed, and the program is in step again within a cycle.
  @Test func anEmergencyVehicleHasTheSignal() {
    let (shown, rules, program) = Self.run(seconds: 200) { t in (10..<40).contains(t) ? [Self.request(3, .emergency, Double(35 - t))] : [] }
    #expect(ConflictMonitorTests.faults(shown, rules) == [])
    #expect(shown[10].description == "yyyrrr" && shown[15].description == "rrrGGG")
    #expect((15..<40).allSatisfy { shown[$0].description == "rrrGGG" })
    for t in 110..<200 {
      let at = program.stage(at: Instant(seconds: Double(t)))!
      #expect(shown[t] == program.stages[at.index].state, "at \(t)")
    }
  }

  /// The program would end links 0 to 2 at 30 s; a bus that arrives at 38 s holds them until it has passed.
  @Test func aBusHoldsItsGreen() {
    let (shown, rules, _) = Self.run(seconds: 120) { t in (20..<38).contains(t) ? [Self.request(0, .transit, Double(38 - t))] : [] }
    #expect(ConflictMonitorTests.faults(shown, rules) == [])
    #expect((0..<38).allSatisfy { shown[$0][0] == .green })
    #expect(!shown[45][0].isGreen)
  }

  /// Priority ends after its longest hold whoever stands there, and a second bus within the lockout is not granted one.
  @Test func transitPriorityIsLimited() {
    let (shown, rules, _) = Self.run(seconds: 300) { t in t >= 15 ? [Self.request(0, .transit, 5, key: UInt32(t / 25))] : [] }
    #expect(ConflictMonitorTests.faults(shown, rules) == [])
    #expect(shown.contains { $0[3].isGreen })
    var red = 0, longest = 0
    for state in shown {
      red = state[3].isGreen ? 0 : red + 1
      longest = max(longest, red)
    }
    #expect(longest <= 70 + 20)
  }

  @Test func withoutRequestsNothingChanges() {
    let (shown, _, program) = Self.run(seconds: 200) { _ in [] }
    for t in 0..<200 { #expect(shown[t] == program.stages[program.stage(at: Instant(seconds: Double(t)))!.index].state) }
  }

  @Test(arguments: 0..<10) func arbitraryRequestsKeepTheRules(seed: Int) {
    var random = RandomNumbers(UInt64(seed) + 99)
    let (shown, rules, _) = Self.run(seconds: 2000) { _ in
      (0..<Int(random.next() % 3)).map { _ in
        Self.request(
          Int(random.next() % 8), random.next() % 4 == 0 ? .emergency : .transit, Double(random.next() % 40), key: UInt32(random.next() % 5)
        )
      }
    }
    #expect(ConflictMonitorTests.faults(shown, rules) == [])
  }
}
