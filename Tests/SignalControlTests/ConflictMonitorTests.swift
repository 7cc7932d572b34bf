import SignalControl
import Testing
import TrafficModel

/// Whatever a controller asks for, what passes the monitor obeys the rules: checked here by an independent reading of what was shown.
@Suite struct ConflictMonitorTests {
  /// A controller of six links: three pairs of foes, one permissive, one excepted.
  static func network() -> (RoadNetwork, TimingConstraints) {
    var network = RoadNetwork()
    let id = network.signalNames.intern("J")
    let stages = ["GGgrrr", "yyyrrr", "rrrGGG", "rrryyy"].map { Stage(state: SignalState($0)!, duration: .seconds(10)) }
    network.signals.append(
      Signal(id: id, links: Array(repeating: [], count: 6), programs: [SignalProgram(id: "0", stages: stages)]))
    var conflicts = ConflictMatrix(count: 6)
    for i in 0..<3 { for j in 3..<6 { conflicts[i, j] = .conflict } }
    conflicts[0, 2] = .permissive
    conflicts[4, 5] = .conflict
    let limits = TimingConstraints.LinkLimits(
      minimumGreen: .seconds(5), yellow: .seconds(3), redClearance: .seconds(2), maximumRed: .seconds(90))
    let rules = TimingConstraints(
      links: Array(repeating: limits, count: 6), conflicts: conflicts,
      exceptions: [.init(first: 4, second: 5, reason: "program 0 shows both")])
    return (network, rules)
  }

  /// Reads a recording second by second and lists every broken rule.
  static func faults(_ shown: [SignalState], _ rules: TimingConstraints) -> [String] {
    var faults: [String] = []
    var endOfGreen = [Int?](repeating: nil, count: 6)
    for i in 0..<6 {
      var greenFrom: Int? = nil, yellowFrom: Int? = nil
      for (t, state) in shown.enumerated() {
        if state[i].isGreen {
          if greenFrom == nil { greenFrom = t }
          yellowFrom = nil
        } else {
          if let from = greenFrom, from > 0, t - from < 5 { faults.append("green of \(i) at \(t): \(t - from) s") }
          if greenFrom != nil, state[i] != .yellow { faults.append("no yellow of \(i) at \(t)") }
          greenFrom = nil
          if state[i] == .yellow { yellowFrom = yellowFrom ?? t }
          if state[i] == .red, let from = yellowFrom {
            if from > 0, t - from < 3 { faults.append("yellow of \(i) at \(t): \(t - from) s") }
            yellowFrom = nil
          }
        }
        if !["G", "g", "y", "r"].contains(state[i].character) { faults.append("\(i) shows \(state[i].character) at \(t)") }
      }
    }
    for (t, state) in shown.enumerated() {
      if !rules.conflicts(in: state).isEmpty { faults.append("conflict at \(t): \(state)") }
      for i in 0..<6 {
        let before = t > 0 ? shown[t - 1][i] : state[i]
        if before == .yellow || before.isGreen, !(state[i] == .yellow || state[i].isGreen) { endOfGreen[i] = t }
      }
      for i in 0..<6 where t > 0 && state[i].isGreen && !shown[t - 1][i].isGreen {
        for j in 0..<6 where rules.conflicts[i, j] == .conflict && !(min(i, j) == 4 && max(i, j) == 5) {
          if shown[t - 1][j] == .yellow || endOfGreen[j].map({ t - $0 < 2 }) ?? false { faults.append("clearance \(j) to \(i) at \(t)") }
        }
      }
    }
    return faults
  }

  @Test(arguments: 0..<40) func arbitraryWishesNeverReachTheStreet(seed: Int) {
    let (network, rules) = Self.network()
    var monitor = ConflictMonitor(network: network, constraints: [rules])
    var random = RandomNumbers(UInt64(seed) &* 0x9E37_79B9 &+ 1)
    var shown: [SignalState] = []
    var wish = SignalState("GGgrrr")!
    for t in 0..<2_000 {
      switch random.next() % 12 {
      case 0: wish = SignalState((0..<6).map { _ in Indication.allCases[Int(random.next() % 8)] })
      case 1: wish = SignalState("rrrGGG")!
      case 2: wish = SignalState("GGgrrr")!
      case 3: wish = SignalState("GG")!
      case 4: wish = SignalState("yyyrrr")!
      case 5: wish = SignalState(repeating: .green, count: 6)
      case 6: wish = SignalState(repeating: .off, count: 6)
      default: break
      }
      let passed = monitor.pass([SignalCommand(signal: SignalID(0), state: wish)], at: Instant(seconds: Double(t)))
      shown.append(passed.commands[0].state)
    }
    #expect(Self.faults(shown, rules) == [])
    #expect(monitor.refusals > 0)
  }

  @Test func aLawfulProgramPassesUntouched() {
    let (network, rules) = Self.network()
    var monitor = ConflictMonitor(network: network, constraints: [rules])
    let plan = [("GGgrrr", 20), ("yyyrrr", 3), ("rrrrrr", 2), ("rrrGGG", 15), ("rrryyy", 3), ("rrrrrr", 2)]
    var t = 0
    for _ in 0..<20 {
      for (text, length) in plan {
        for _ in 0..<length {
          let passed = monitor.pass([SignalCommand(signal: SignalID(0), state: SignalState(text)!)], at: Instant(seconds: Double(t)))
          #expect(passed.commands[0].state.description == text && passed.violations.isEmpty, "at \(t)")
          t += 1
        }
      }
    }
    #expect(monitor.refusals == 0 && monitor.rescues == 0)
  }

  /// A link somebody waits for is served after its maximum red, though the controller never gives it green.
  @Test func theStarvedAreServed() {
    let (network, rules) = Self.network()
    var monitor = ConflictMonitor(network: network, constraints: [rules])
    var served = false
    var shown: [SignalState] = []
    for t in 0..<400 {
      let wish = SignalCommand(signal: SignalID(0), state: SignalState("GGgrrr")!)
      let state = monitor.pass([wish], at: Instant(seconds: Double(t)), isCalled: { _, link in link == 4 }).commands[0].state
      shown.append(state)
      if state[4].isGreen { served = true }
      #expect(t < 90 || served || t < 90 + 6)
    }
    #expect(served && monitor.rescues >= 2)
    #expect(Self.faults(shown, rules) == [])
  }

  @Test func nobodyIsRescuedWhereNobodyWaits() {
    let (network, rules) = Self.network()
    var monitor = ConflictMonitor(network: network, constraints: [rules])
    for t in 0..<400 {
      let wish = SignalCommand(signal: SignalID(0), state: SignalState("GGgrrr")!)
      let state = monitor.pass([wish], at: Instant(seconds: Double(t)), isCalled: { _, _ in false }).commands[0].state
      #expect(state.description == "GGgrrr")
    }
    #expect(monitor.rescues == 0)
  }

  /// After a restart nothing is known of how long the street has shown its state, so every interval is owed in full.
  @Test func afterARestartEveryIntervalCountsAnew() {
    let (network, rules) = Self.network()
    var monitor = ConflictMonitor(network: network, constraints: [rules])
    let now = Instant(seconds: 1000)
    monitor.resume(SignalID(0), shown: SignalState("yyyrrr")!, at: now)
    let early = monitor.pass([SignalCommand(signal: SignalID(0), state: SignalState("rrrrrr")!)], at: now + .seconds(1))
    #expect(early.violations.first?.rule == .shortYellow)
    #expect(early.commands[0].state.description == "yyyrrr")
    #expect(early.violations[0].message(signalName: "J").text().contains("yellow of link 0"))
  }
}

/// A controller that takes over in mid-run is led from what is shown to what it wants, and that is no refusal.
@Suite struct TakeOverTests {
  @Test func aNewControllerIsLedWithoutRefusals() {
    let (network, rules) = ConflictMonitorTests.network()
    var monitor = ConflictMonitor(network: network, constraints: [rules])
    var shown: [SignalState] = [SignalState("rrrGGG")!]
    monitor.takeOver(SignalID(0), shown: shown[0], at: .zero)
    // Its program runs from its own begin and would end its first green after 8 s.
    for t in 1..<60 {
      let wish = SignalState(
        ["GGgrrr", "yyyrrr", "rrrrrr", "rrrGGG", "rrryyy", "rrrrrr"][[8, 11, 13, 33, 36, 38].firstIndex { t % 38 < $0 }!])!
      let passed = monitor.pass(
        [SignalCommand(signal: SignalID(0), state: wish)], at: Instant(seconds: Double(t)), isCalled: { _, _ in false })
      #expect(passed.violations.isEmpty, "at \(t)")
      shown.append(passed.commands[0].state)
    }
    #expect(ConflictMonitorTests.faults(shown, rules) == [])
    #expect(monitor.refusals == 0)
    #expect(shown[38..<46].contains { $0.description == "GGgrrr" })
  }
}

/// SplitMix64 (Steele, Lea & Flood 2014), enough to shuffle wishes.
struct RandomNumbers {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
