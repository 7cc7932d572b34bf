import TrafficModel

/// What is kept of one run when many are compared: small enough to store for every strategy and seed, whole enough to draw from.
public struct RunSummary: Sendable, Hashable, Codable {
  public static let currentSchemaVersion = 1

  public var schemaVersion: Int
  public var seed: UInt64
  public var measures: NetworkMeasures
  /// Delay of every planned vehicle, ascending [s].
  public var delays: [Double]
  /// Where time was lost; links that nobody used are left out.
  public var links: [LinkShare]
  /// Nothing went wrong: the run reached its end, no unsafe command was refused.
  public var isValid: Bool
  /// What went wrong, where something did.
  public var remarks: [String]

  /// Time lost on one link over the whole run.
  public struct LinkShare: Sendable, Hashable, Codable {
    /// External name, so that a stored summary outlives a build of the network.
    public var link: String
    /// [veh·s]
    public var timeLoss: Double
    public var served: Int
    public init(link: String, timeLoss: Double, served: Int) {
      self.link = link
      self.timeLoss = timeLoss
      self.served = served
    }
  }

  public init(
    seed: UInt64, measures: NetworkMeasures, delays: [Double], links: [LinkShare], isValid: Bool = true, remarks: [String] = []
  ) {
    schemaVersion = Self.currentSchemaVersion
    self.seed = seed
    self.measures = measures
    self.delays = delays.sorted()
    self.links = links
    self.isValid = isValid
    self.remarks = remarks
  }

  /// Keeps what a comparison needs of `run`.
  public init(_ run: RunRecord, network: RoadNetwork) {
    self.init(
      seed: run.seed, measures: NetworkMeasures(run.trips), delays: run.trips.map(\.delay),
      links: ApproachMeasures.rows(run, network, signalizedOnly: false).map {
        LinkShare(link: network.name($0.link), timeLoss: $0.delay * Double(max($0.served, 1)), served: $0.served)
      })
  }
}
