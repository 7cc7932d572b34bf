/// Where an output comes from: enough to make it again, to the byte.
public struct Provenance: Sendable, Hashable, Codable {
  /// Version of this engine.
  public static let engineVersion = "0.1.0"

  public var engine: String
  public var seed: UInt64?
  /// SHA-256 over the inputs' bytes in the order they were read, as 64 hexadecimal digits.
  public var inputHash: String

  public init(seed: UInt64? = nil, inputHash: String) {
    engine = "greenwave " + Self.engineVersion
    self.seed = seed
    self.inputHash = inputHash
  }
}
