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
  /// Position of a name plus one in the low half, the upper half of its hash in the other, or 0 where free: one look spares most
  /// comparisons of names. The count is a power of two, at most half full.
  private var slots: [UInt64] = []

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
    if (names.count + 1) * 2 > slots.count { grow() }
    let hash = Self.hash(name)
    let slot = slot(of: name, hash)
    if slots[slot] != 0 { return Identifier(Int(slots[slot] & 0xFFFF_FFFF) - 1) }
    names.append(String(decoding: name, as: UTF8.self))
    slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(names.count)
    return Identifier(names.count - 1)
  }

  /// As the subscript by string, by the name's bytes.
  package subscript(utf8 name: UnsafeBufferPointer<UInt8>) -> Identifier<Subject>? {
    if slots.isEmpty { return nil }
    let found = slots[slot(of: name, Self.hash(name))] & 0xFFFF_FFFF
    return found == 0 ? nil : Identifier(Int(found) - 1)
  }

  /// Where `name` is, or the free place where it belongs.
  private func slot(of name: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int {
    let mask = slots.count - 1
    return slots.withUnsafeBufferPointer { slots in
      var slot = Int(truncatingIfNeeded: hash) & mask
      while true {
        let entry = slots[slot]
        if entry == 0 { return slot }
        if entry >> 32 == hash >> 32, names[Int(entry & 0xFFFF_FFFF) - 1].utf8.elementsEqual(name) { return slot }
        slot = (slot + 1) & mask
      }
    }
  }

  private mutating func grow() {
    let old = slots
    let size = max(16, slots.count * 2)
    slots = [UInt64](repeating: 0, count: size)
    for entry in old where entry != 0 {
      var name = names[Int(entry & 0xFFFF_FFFF) - 1]
      var slot = Int(truncatingIfNeeded: name.withUTF8(Self.hash)) & (size - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = entry
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
