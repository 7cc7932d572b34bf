import TrafficModel

/// What a strategy gets to work with.
public struct ControlProblem: Sendable {
  public var network: RoadNetwork
  /// Rules of each signal, in the network's order; the monitor holds the same.
  public var constraints: [TimingConstraints]
  public var detectors: [Detector]
  /// Programs that replace those of the network, for strategies that run one.
  public var plan: TimingPlan?

  public init(network: RoadNetwork, constraints: [TimingConstraints], detectors: [Detector] = [], plan: TimingPlan? = nil) {
    self.network = network
    self.constraints = constraints
    self.detectors = detectors
    self.plan = plan
  }
}

/// A way to control signals, by the name that the command line knows it by.
public struct ControlStrategy: Sendable {
  public let name: String
  /// What it does, in one sentence.
  public let summary: Message
  public let make: @Sendable (ControlProblem) -> any SignalController

  public init(name: String, make: @escaping @Sendable (ControlProblem) -> any SignalController) {
    self.name = name
    summary = Message("strategy." + name)
    self.make = make
  }

  /// Every strategy, in the order of `greenwave strategies`.
  public static let all: [ControlStrategy] = [
    ControlStrategy(name: "fixed") { FixedTimeController(network: $0.network, plan: $0.plan) },
    ControlStrategy(name: "actuated") { ActuatedController(network: $0.network, detectors: $0.detectors) },
    ControlStrategy(name: "max-pressure") {
      MaxPressureController(network: $0.network, settings: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "max-pressure-capacity") {
      MaxPressureController(network: $0.network, weight: .capacity, settings: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "max-pressure-delay") {
      MaxPressureController(network: $0.network, weight: .delay, settings: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "self-organizing") {
      SelfOrganizingController(network: $0.network, settings: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "horizon") { problem in
      RollingHorizonController(network: problem.network, settings: RollingHorizonSettings(problem.constraints))
    },
  ]

  public static func named(_ name: String) -> ControlStrategy? { all.first { $0.name == name } }
}

extension RollingHorizonSettings {
  /// The intervals that satisfy every signal's rules.
  init(_ constraints: [TimingConstraints]) {
    self.init()
    func seconds(_ amount: TimeAmount) -> Int { Int(amount.seconds.rounded(.up)) }
    let links = constraints.flatMap(\.links)
    minimumGreen = links.map { seconds($0.minimumGreen) }.max() ?? minimumGreen
    yellow = links.map { seconds($0.yellow) + seconds($0.redClearance) }.max() ?? yellow
  }
}
