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

  public init(name: String, summary: Message? = nil, make: @escaping @Sendable (ControlProblem) -> any SignalController) {
    self.name = name
    self.summary = summary ?? Message("strategy." + name)
    self.make = make
  }

  /// Every strategy, in the order of `greenwave strategies`.
  public static let all: [ControlStrategy] = [
    ControlStrategy(name: "fixed") { FixedTimeController(network: $0.network, plan: $0.plan) },
    ControlStrategy(name: "actuated") { ActuatedController(network: $0.network, detectors: $0.detectors) },
    ControlStrategy(name: "ring-barrier") {
      RingBarrierController(network: $0.network, constraints: $0.constraints, detectors: $0.detectors)
    },
    ControlStrategy(name: "max-pressure") {
      MaxPressureController(network: $0.network, settings: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "max-pressure-capacity") {
      MaxPressureController(network: $0.network, weight: .capacity, settings: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "max-pressure-delay") {
      MaxPressureController(network: $0.network, weight: .delay, settings: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "max-pressure-cyclic") {
      CyclicMaxPressureController(network: $0.network, intervals: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "longest-queue") {
      LaneQueueController(network: $0.network, weight: .queue, settings: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "lane-pressure") {
      LaneQueueController(network: $0.network, weight: .pressure, settings: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "self-organizing") {
      SelfOrganizingController(network: $0.network, settings: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "tuc") { TUCController(network: $0.network, intervals: RollingHorizonSettings($0.constraints)) },
    ControlStrategy(name: "store-and-forward-mpc") {
      StoreAndForwardMPC(network: $0.network, intervals: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "schedule-driven") {
      ScheduleDrivenController(network: $0.network, intervals: RollingHorizonSettings($0.constraints))
    },
    ControlStrategy(name: "horizon") { problem in
      RollingHorizonController(network: problem.network, settings: RollingHorizonSettings(problem.constraints))
    },
  ]

  /// Ending of a name that asks for ``PriorityController`` over the strategy before it: `horizon+priority`.
  public static let prioritySuffix = "+priority"

  /// Whether the strategy heeds priority requests, so that the street must be asked for them.
  public var heedsPriority: Bool { name.hasSuffix(Self.prioritySuffix) }

  public static func named(_ name: String) -> ControlStrategy? {
    if name.hasSuffix(prioritySuffix), let base = named(String(name.dropLast(prioritySuffix.count))), !base.heedsPriority {
      return ControlStrategy(name: name, summary: Message("strategy.priority")) { problem in
        PriorityController(base.make(problem), network: problem.network, constraints: problem.constraints)
      }
    }
    return all.first { $0.name == name }
  }
}

extension RollingHorizonSettings {
  /// The intervals that satisfy every signal's rules.
  init(_ constraints: [TimingConstraints]) {
    self.init()
    func seconds(_ amount: TimeAmount) -> Int { Int(amount.seconds.rounded(.up)) }
    let links = constraints.flatMap(\.links)
    minimumGreen = links.map { seconds($0.minimumGreen) }.max() ?? minimumGreen
    redClearance = links.map { seconds($0.redClearance) }.max() ?? 0
    yellow = (links.map { seconds($0.yellow) }.max() ?? yellow) + redClearance
  }
}
