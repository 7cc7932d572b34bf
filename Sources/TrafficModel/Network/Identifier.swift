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
///
/// An open-addressed table over the names' UTF-8, so that a reader can look a name up by the bytes in its buffer without making
/// a string first. Names are equal where their bytes are.
public struct NameTable<Subject>: Sendable {
  public private(set) var names: [String] = []
  /// One a name: spares most comparisons of the names themselves.
  private var hashes: [UInt64] = []
  /// Position of a name plus one, or 0 where free; the count is a power of two, at most two thirds full.
  private var slots: [Int32] = []

  public init() {}

  public var count: Int { names.count }

  /// The id of `name`, adding it at the end when it is new.
  @discardableResult
  public mutating func intern(_ name: String) -> Identifier<Subject> {
    var name = name
    return name.withUTF8 { intern(utf8: $0) }
  }

  /// The id of `name`, or nil where it was never interned.
  public subscript(_ name: String) -> Identifier<Subject>? {
    var name = name
    return name.withUTF8 { self[utf8: $0] }
  }

  /// The external name of `id`. Precondition: `id` came from this table.
  public subscript(_ id: Identifier<Subject>) -> String { names[id.index] }

  /// As ``intern(_:)``, by the name's bytes.
  package mutating func intern(utf8 name: UnsafeBufferPointer<UInt8>) -> Identifier<Subject> {
    if (names.count + 1) * 3 > slots.count * 2 { grow() }
    let hash = Self.hash(name)
    let slot = slot(of: name, hash)
    if slots[slot] != 0 { return Identifier(Int(slots[slot]) - 1) }
    names.append(String(decoding: name, as: UTF8.self))
    hashes.append(hash)
    slots[slot] = Int32(names.count)
    return Identifier(names.count - 1)
  }

  /// As the subscript by string, by the name's bytes.
  package subscript(utf8 name: UnsafeBufferPointer<UInt8>) -> Identifier<Subject>? {
    if slots.isEmpty { return nil }
    let found = slots[slot(of: name, Self.hash(name))]
    return found == 0 ? nil : Identifier(Int(found) - 1)
  }

  /// Where `name` is, or the free place where it belongs.
  private func slot(of name: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let position = Int(slots[slot]) - 1
      if position < 0 { return slot }
      if hashes[position] == hash, names[position].utf8.elementsEqual(name) { return slot }
      slot = (slot + 1) & mask
    }
  }

  private mutating func grow() {
    let size = max(16, slots.count * 2)
    slots = [Int32](repeating: 0, count: size)
    for (position, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & (size - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = Int32(position + 1)
    }
  }

  /// Eight bytes at a time, multiplied and folded; the same on every run, unlike Swift's own hashing.
  private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let raw = UnsafeRawBufferPointer(name)
    var hash = UInt64(raw.count) &* 0x9E37_79B9_7F4A_7C15
    var i = 0
    while i < raw.count {
      var word: UInt64 = 0
      if i + 8 <= raw.count {
        word = raw.loadUnaligned(fromByteOffset: i, as: UInt64.self)
      } else {
        for k in i..<raw.count { word = word << 8 | UInt64(raw[k]) }
      }
      let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
      hash = product.high ^ product.low
      i += 8
    }
    return hash ^ hash >> 32
  }
}
