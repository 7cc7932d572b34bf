/// What one signal link shows. The characters are SUMO's; the names are the field's.
public enum Indication: UInt8, Sendable, Codable, CaseIterable {
  /// Protected green: no conflicting traffic has green (`G`).
  case green
  /// Permissive green: yield to conflicting traffic that has green too (`g`).
  case permissiveGreen
  /// Yellow change (`y`).
  case yellow
  /// Red (`r`).
  case red
  /// Red and yellow together, before green (`u`).
  case redYellow
  /// Flashing yellow or signal off, yield to others (`o`).
  case offBlinking
  /// Signal off, with right of way (`O`).
  case off
  /// Red, but may turn after a stop (`s`): the green arrow of German practice, right turn on red.
  case stopThenProceed

  public init?(character: Character) {
    switch character {
    case "G": self = .green
    case "g": self = .permissiveGreen
    case "y", "Y": self = .yellow
    case "r": self = .red
    case "u": self = .redYellow
    case "o": self = .offBlinking
    case "O": self = .off
    case "s": self = .stopThenProceed
    default: return nil
    }
  }

  public var character: Character {
    switch self {
    case .green: "G"
    case .permissiveGreen: "g"
    case .yellow: "y"
    case .red: "r"
    case .redYellow: "u"
    case .offBlinking: "o"
    case .off: "O"
    case .stopThenProceed: "s"
    }
  }

  /// Green of either kind.
  public var isGreen: Bool { self == .green || self == .permissiveGreen }
  /// Traffic without a stop may enter: green, or the signal is off.
  public var admitsTraffic: Bool { isGreen || self == .off || self == .offBlinking }
}

/// What one controller shows on all of its links at one moment: the value that travels from controller to street.
public struct SignalState: Hashable, Sendable, Codable, CustomStringConvertible {
  public var indications: [Indication]

  public init(_ indications: [Indication]) { self.indications = indications }
  public init(repeating indication: Indication, count: Int) { indications = [Indication](repeating: indication, count: count) }

  /// Reads SUMO's spelling, for example `GGrrgy`. Nil at the first unknown character.
  public init?(_ text: some StringProtocol) {
    var read: [Indication] = []
    read.reserveCapacity(text.utf8.count)
    for character in text {
      guard let indication = Indication(character: character) else { return nil }
      read.append(indication)
    }
    indications = read
  }

  public var count: Int { indications.count }
  public subscript(_ i: Int) -> Indication {
    get { indications[i] }
    set { indications[i] = newValue }
  }
  public var description: String { String(indications.map(\.character)) }
  /// Indices of the links with green of either kind.
  public var greens: [Int] { indications.indices.filter { indications[$0].isGreen } }
  public var hasYellow: Bool { indications.contains(.yellow) }
  /// Some green and no yellow: a stage in which traffic is served, not a transition between two.
  public var isServingStage: Bool { !hasYellow && indications.contains { $0.isGreen } }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let state = SignalState(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a signal state of the characters GgyruoOs, not \(text)")
    }
    self = state
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
