import ControlLoop
import Formats
import SignalControl
import Statistics
import TrafficModel

/// Drives a controller with arbitrary calls and faults and audits what passes the monitor.
///
/// Vehicles appear, stand and vanish anywhere; detectors chatter, stick and fail; buttons are pushed; buses and fire engines ask; seconds go
/// missing; the controller is replaced in mid-run; and now and then its wish is garbled on the way, as a faulty controller's would be.
public struct ConflictTrial: Sendable {
  public struct Outcome: Sendable {
    /// Seconds of all signals together.
    public var controllerSeconds = 0
    public var refusals = 0
    public var rescues = 0
    /// Wishes that were garbled on purpose.
    public var garbled = 0
    public var faults: [SafetyAudit.Fault: Int] = [:]
    public var example: String?

    public init() {}

    public static func + (a: Outcome, b: Outcome) -> Outcome {
      var sum = a
      sum.controllerSeconds += b.controllerSeconds
      sum.refusals += b.refusals
      sum.rescues += b.rescues
      sum.garbled += b.garbled
      sum.faults.merge(b.faults, uniquingKeysWith: +)
      sum.example = a.example ?? b.example
      return sum
    }
  }

  public var strategy: ControlStrategy
  public let network: RoadNetwork
  public let constraints: [TimingConstraints]
  public let detectors: [Detector]
  /// Share of ticks in which a wish is garbled.
  public var garble = 0.01

  public init(_ strategy: ControlStrategy, network: RoadNetwork, constraints: [TimingConstraints], detectors: [Detector]) {
    self.strategy = strategy
    self.network = network
    self.constraints = constraints
    self.detectors = detectors
  }

  /// A small network whose signals have permissive and protected lefts, with loops at every stop line and ahead of it.
  public static func network(protectsLefts: Bool, lanes: Int, columns: Int = 2) -> (network: RoadNetwork, detectors: [Detector]) {
    var design = GridDesign()
    design.columns = columns
    design.rows = 1
    design.lanes = lanes
    design.spacing = 150
    design.timing.protectsLefts = protectsLefts
    let network = design.network()
    var detectors: [Detector] = []
    for link in network.roads where network[link.to].kind == .signalized {
      for id in link.lanes {
        for (role, distance) in [(Detector.Role.stopBar, 2.0), (.advance, 40)] where network[id].length > distance {
          detectors.append(
            Detector(
              id: DetectorID(detectors.count), name: "\(role.rawValue)_\(network.name(id))",
              kind: .point(lane: id, position: network[id].length - distance), role: role))
        }
      }
    }
    return (network, detectors)
  }

  /// Runs for `seconds` of the scenario clock.
  public func run(seconds: Int, seed: UInt64) -> Outcome {
    var inputs = ArbitraryInputs(network: network, detectors: detectors, seed: seed)
    var random = RandomStream(seed: seed, stream: 2)
    var monitor = ConflictMonitor(network: network, constraints: constraints)
    var controller = make()
    var audits = network.signals.map { signal in
      SafetyAudit(
        constraints[signal.id.index],
        turnsOnRed: constraints[signal.id.index].links.indices.map { i in
          signal.programs.contains { $0.stages.contains { i < $0.state.count && $0.state[i] == .stopThenProceed } }
        })
    }
    var outcome = Outcome()
    var now = Instant.zero
    var shown: [SignalState?] = network.signals.map { _ in nil }
    while now < Instant(seconds: Double(seconds)) {
      if random.uniform() < 0.0005 {
        // Another process takes over: it knows nothing but what the street shows.
        controller = make()
        monitor = ConflictMonitor(network: network, constraints: constraints)
        let known = shown.enumerated().compactMap { s, state in state.map { SignalCommand(signal: SignalID(s), state: $0) } }
        for command in known { monitor.takeOver(command.signal, shown: command.state, at: now) }
        controller.resume(known, at: now)
      }
      let (heard, called) = inputs.next(now)
      var wishes = controller.tick(now: now, inputs: heard)
      if random.uniform() < garble, !wishes.isEmpty {
        let k = min(Int(random.uniform() * Double(wishes.count)), wishes.count - 1)
        Self.garble(&wishes[k].state, &random)
        outcome.garbled += 1
      }
      let passed = monitor.pass(wishes, at: now, isCalled: { called[$0.index] >> UInt64($1) & 1 == 1 })
      for command in passed.commands {
        audits[command.signal.index].see(command.state, at: now, called: called[command.signal.index])
        shown[command.signal.index] = command.state
        outcome.controllerSeconds += 1
      }
      outcome.refusals += passed.violations.count { $0.rule != .maximumRed }
      outcome.rescues += passed.violations.count { $0.rule == .maximumRed }
      now += .seconds(random.uniform() < 0.005 ? 1 + (random.uniform() * 7).rounded() : 1)
    }
    for audit in audits {
      outcome.faults.merge(audit.counts, uniquingKeysWith: +)
      outcome.example = outcome.example ?? audit.example
    }
    return outcome
  }

  private func make() -> any SignalController {
    strategy.make(ControlProblem(network: network, constraints: constraints, detectors: detectors))
  }

  private static func garble(_ state: inout SignalState, _ random: inout RandomStream) {
    switch Int(random.uniform() * 5) {
    case 0: state = SignalState(repeating: .green, count: state.count)
    case 1: state = SignalState(repeating: .off, count: state.count)
    case 2: state = SignalState(Array(state.indications.dropLast()))
    case 3: state = SignalState(state.indications.map { $0.isGreen ? .red : .green })
    default:
      state = SignalState(state.indications.map { _ in Indication.allCases[min(Int(random.uniform() * 8), 7)] })
    }
  }
}
