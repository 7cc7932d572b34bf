/// A typed index: the same integer cannot be taken for a link here and a lane there.
///
/// External ids are strings. A reader interns each once (see ``NameTable``) and everything inside works with these; the string
/// comes back only on output. Indices of one network are dense from 0, so a column indexed by `index` needs no dictionary.
public struct Identifier<Subject>: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  /// Position in the owning table, from 0.
  public let rawValue: Int32

  public init(_ index: Int) { rawValue = Int32(index) }

  /// Position in the owning table, from 0.
  public var index: Int { Int(rawValue) }

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public var description: String { "\(Subject.self)#\(rawValue)" }

  public init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(Int32.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

public typealias NodeID = Identifier<Node>
public typealias LinkID = Identifier<Link>
public typealias LaneID = Identifier<Lane>
public typealias ConnectionID = Identifier<LaneConnection>
public typealias MovementID = Identifier<Movement>
public typealias SignalID = Identifier<Signal>
public typealias DetectorID = Identifier<Detector>
public typealias VehicleTypeID = Identifier<VehicleType>
public typealias RouteID = Identifier<Route>
public typealias VehicleID = Identifier<Departure>
public typealias StoppingPlaceID = Identifier<StoppingPlace>

/// External names and their typed indices, in order of first appearance.
public struct NameTable<Subject>: Sendable {
  public private(set) var names: [String] = []
  private var indices: [String: Int32] = [:]

  public init() {}

  public var count: Int { names.count }

  /// The id of `name`, adding it at the end when it is new.
  @discardableResult
  public mutating func intern(_ name: String) -> Identifier<Subject> {
    if let known = indices[name] { return Identifier(Int(known)) }
    indices[name] = Int32(names.count)
    names.append(name)
    return Identifier(names.count - 1)
  }

  /// The id of `name`, or nil where it was never interned.
  public subscript(_ name: String) -> Identifier<Subject>? { indices[name].map { Identifier(Int($0)) } }

  /// The external name of `id`. Precondition: `id` came from this table.
  public subscript(_ id: Identifier<Subject>) -> String { names[id.index] }
}
