/// Everything a run needs: streets, travellers, sensors, the time to cover and how to run it. Readers make it, simulators, tuners
/// and experiments take it.
public struct Scenario: Sendable {
  public var name: String
  public var network: RoadNetwork
  public var demand: Demand
  public var detectors: [Detector]
  public var begin: Instant
  /// Nil: until everybody has arrived.
  public var end: Instant?
  public var options: ScenarioOptions
  /// Seeds of the replications, in order; at least one.
  public var seeds: [UInt64]
  /// How the scenario's clock maps to the world's, where the source says so.
  public var clock: ScenarioClock?
  /// Over every file's bytes, in the order they were read: see ``Provenance``.
  public var inputHash: String
  /// What was recognised but is not simulated, counted by kind; and vehicles left out, with the reason as the kind.
  public var recognizedOnly: [String: Int]

  public init(
    name: String, network: RoadNetwork, demand: Demand, detectors: [Detector] = [], begin: Instant = .zero, end: Instant? = nil,
    options: ScenarioOptions = .init(), seeds: [UInt64] = [23423], clock: ScenarioClock? = nil, inputHash: String = "",
    recognizedOnly: [String: Int] = [:]
  ) {
    self.name = name
    self.network = network
    self.demand = demand
    self.detectors = detectors
    self.begin = begin
    self.end = end
    self.options = options
    self.seeds = seeds
    self.clock = clock
    self.inputHash = inputHash
    self.recognizedOnly = recognizedOnly
  }

  /// What was recognised but is not simulated, in one line, or nil where there is nothing to say.
  public var recognizedOnlySummary: String? {
    if recognizedOnly.isEmpty { return nil }
    return recognizedOnly.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
  }
}

/// How a scenario asks to be run; the defaults are SUMO 1.28's.
public struct ScenarioOptions: Sendable, Hashable, Codable {
  /// [s]
  public var stepLength = 1.0
  /// A vehicle that stood this long is moved on [s]; nil: never.
  public var timeToTeleport: Double? = 300
  /// Waiting time in which impatience grows from 0 to 1 [s]; nil: it does not grow.
  public var timeToImpatience: Double? = 180
  /// A vehicle that could not enter for this long is given up [s]; nil: never.
  public var maximumDepartureDelay: Double?
  /// Demand is multiplied by this.
  public var scale = 1.0
  /// Routes are not checked for gaps; vehicles on broken ones are left out.
  public var ignoresRouteErrors = false
  /// Position update by the mean of old and new speed instead of the new one.
  public var ballisticUpdate = false

  public init() {}
}
