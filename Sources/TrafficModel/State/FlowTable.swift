/// Flows with their uncertainty: the one form in which estimation and optimisation speak of demand, as a value and as JSON.
public struct FlowTable: Sendable, Hashable, Codable {
  public static let currentSchemaVersion = 1

  /// What a row is about; external names, so that the file outlives a build of the network.
  public enum Subject: Sendable, Hashable, Codable {
    case link(String)
    case movement(from: String, to: String)

    private enum Key: String, CodingKey { case link, from, to }
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      if let link = try container.decodeIfPresent(String.self, forKey: .link) {
        self = .link(link)
      } else {
        self = .movement(from: try container.decode(String.self, forKey: .from), to: try container.decode(String.self, forKey: .to))
      }
    }
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      switch self {
      case .link(let link): try container.encode(link, forKey: .link)
      case .movement(let from, let to):
        try container.encode(from, forKey: .from)
        try container.encode(to, forKey: .to)
      }
    }
  }

  /// One interval of one subject.
  public struct Row: Sendable, Hashable, Codable {
    public var subject: Subject
    public var begin: Instant
    public var end: Instant
    /// Mean flow [veh/h].
    public var mean: Double
    public init(subject: Subject, begin: Instant, end: Instant, mean: Double) {
      self.subject = subject
      self.begin = begin
      self.end = end
      self.mean = mean
    }
  }

  /// One entry of the covariance between rows, `first <= second`; absent pairs are zero.
  public struct Covariance: Sendable, Hashable, Codable {
    public var first: Int
    public var second: Int
    /// [(veh/h)²]
    public var value: Double
    public init(first: Int, second: Int, value: Double) {
      self.first = first
      self.second = second
      self.value = value
    }
  }

  public var schemaVersion: Int
  public var rows: [Row]
  public var covariance: [Covariance]
  public var provenance: Provenance?

  public init(rows: [Row], covariance: [Covariance] = [], provenance: Provenance? = nil) {
    schemaVersion = Self.currentSchemaVersion
    self.rows = rows
    self.covariance = covariance
    self.provenance = provenance
  }
}
