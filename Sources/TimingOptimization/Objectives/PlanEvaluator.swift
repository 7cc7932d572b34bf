import TrafficModel

/// What a plan did to traffic in one replication, or is predicted to do.
public struct PlanMeasures: Sendable, Hashable, Codable {
  /// Time lost by a vehicle, waiting to enter included [s/veh].
  public var delay: Double
  /// Stops of a vehicle.
  public var stops: Double
  /// Vehicles that asked to travel, and those that arrived.
  public var vehicles: Int
  public var arrived: Int
  /// Time a vehicle spent on the road, or did until the end [s]; 0 where nobody measured it.
  public var travelTime: Double
  public init(delay: Double, stops: Double, vehicles: Int, arrived: Int, travelTime: Double = 0) {
    self.delay = delay
    self.stops = stops
    self.vehicles = vehicles
    self.arrived = arrived
    self.travelTime = travelTime
  }
}

/// Judges complete plans by whatever means: a model, a simulator, the street.
///
/// Replication k of one plan and replication k of another see the same chance events, so that their difference is the plans'.
public protocol PlanEvaluator {
  /// Measures of each plan in each of the given replications, `result[plan][replication]`.
  func evaluate(_ plans: [TimingPlan], replications: Range<Int>) -> [[PlanMeasures]]
}

/// A method of making a timing plan.
public protocol TimingStrategy {
  /// What the command line calls it.
  static var name: String { get }
  func propose(_ problem: TimingProblem) throws(InputProblems) -> TimingProposal
}

/// What is to be timed: the streets, their rules, and the traffic.
public struct TimingProblem: Sendable {
  public var network: RoadNetwork
  /// The signals to time.
  public var models: [SignalTimingModel]
  public var demand: RoutedDemand
  public var inputHash: String
  public var seed: UInt64

  /// Signals of the network that run a fixed-time or actuated program; railway signals are left alone.
  public init(network: RoadNetwork, demand: RoutedDemand, seed: UInt64 = 1, inputHash: String = "") {
    self.network = network
    self.demand = demand
    self.seed = seed
    self.inputHash = inputHash
    models = network.signals.filter { signal in
      guard let kind = signal.activeProgram?.kind else { return false }
      return kind != .railSignal && kind != .railCrossing && kind != .off
    }.map { SignalTimingModel($0, in: network) }.filter { model in model.usedLinks.contains(true) && model.shipped != nil }
  }

  /// The programs that run now, as a plan.
  public var shippedPlan: TimingPlan {
    TimingPlan(
      name: "shipped",
      programs: models.compactMap { model in model.shippedProgram.map { .init(signal: model.signal, program: $0) } })
  }
}
