/// Writes TraCI's big-endian bytes.
///
/// A message is an `Int32` total length (itself included) followed by commands; a command is its length (itself included) as one byte, or
/// a zero byte and an `Int32` where it exceeds 255, then its identifier and its content.
struct TraCIWriter {
  private(set) var bytes: [UInt8] = []

  mutating func byte(_ value: UInt8) { bytes.append(value) }

  mutating func int(_ value: Int) {
    let word = UInt32(bitPattern: Int32(truncatingIfNeeded: value))
    bytes.append(UInt8(truncatingIfNeeded: word >> 24))
    bytes.append(UInt8(truncatingIfNeeded: word >> 16))
    bytes.append(UInt8(truncatingIfNeeded: word >> 8))
    bytes.append(UInt8(truncatingIfNeeded: word))
  }

  mutating func double(_ value: Double) {
    let word = value.bitPattern
    for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
  }

  mutating func string(_ value: String) {
    int(value.utf8.count)
    bytes.append(contentsOf: value.utf8)
  }

  mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

  /// A value with the byte that names its type in front.
  mutating func typed(_ value: TraCIValue) {
    switch value {
    case .unsignedByte(let v):
      byte(0x07)
      byte(v)
    case .byte(let v):
      byte(0x08)
      byte(UInt8(bitPattern: v))
    case .int(let v):
      byte(0x09)
      int(v)
    case .double(let v):
      byte(0x0B)
      double(v)
    case .string(let v):
      byte(0x0C)
      string(v)
    case .strings(let v):
      byte(0x0E)
      int(v.count)
      for item in v { string(item) }
    case .doubles(let v):
      byte(0x10)
      int(v.count)
      for item in v { double(item) }
    case .compound(let v):
      byte(0x0F)
      int(v.count)
      for item in v { typed(item) }
    case .position(let x, let y):
      byte(0x01)
      double(x)
      double(y)
    case .position3(let x, let y, let z):
      byte(0x03)
      double(x)
      double(y)
      double(z)
    case .color(let r, let g, let b, let a):
      byte(0x11)
      for v in [r, g, b, a] { byte(v) }
    case .polygon(let points):
      byte(0x06)
      if points.count <= 255 {
        byte(UInt8(points.count))
      } else {
        byte(0)
        int(points.count)
      }
      for p in points {
        double(p.x)
        double(p.y)
      }
    }
  }

  /// One command: length, identifier, content.
  mutating func command(_ id: UInt8, _ content: [UInt8]) {
    let length = content.count + 2
    if length <= 255 {
      byte(UInt8(length))
    } else {
      byte(0)
      int(length + 4)
    }
    byte(id)
    append(content)
  }

  /// `commands` as one message, its total length in front.
  static func message(_ commands: [UInt8]) -> [UInt8] {
    var writer = TraCIWriter()
    writer.int(commands.count + 4)
    writer.append(commands)
    return writer.bytes
  }
}

/// Reads TraCI's big-endian bytes; every read is checked against the end.
struct TraCIReader {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var remaining: Int { bytes.count - position }

  private mutating func need(_ count: Int, _ what: String) throws(TraCIError) {
    guard count >= 0, remaining >= count else {
      throw .malformed(expected: "\(count) bytes of \(what) at byte \(position)", found: "\(remaining) bytes")
    }
  }

  mutating func byte() throws(TraCIError) -> UInt8 {
    try need(1, "a byte")
    defer { position += 1 }
    return bytes[position]
  }

  mutating func int() throws(TraCIError) -> Int {
    try need(4, "an integer")
    var word: UInt32 = 0
    for i in 0..<4 { word = word << 8 | UInt32(bytes[position + i]) }
    position += 4
    return Int(Int32(bitPattern: word))
  }

  mutating func double() throws(TraCIError) -> Double {
    try need(8, "a double")
    var word: UInt64 = 0
    for i in 0..<8 { word = word << 8 | UInt64(bytes[position + i]) }
    position += 8
    return Double(bitPattern: word)
  }

  mutating func string() throws(TraCIError) -> String {
    let count = try int()
    try need(count, "a string")
    defer { position += count }
    return String(decoding: bytes[position..<position + count], as: UTF8.self)
  }

  /// The number of a string in a table.
  mutating func name(_ table: inout NameTable) throws(TraCIError) -> Int {
    let count = try int()
    try need(count, "a string")
    defer { position += count }
    return bytes.withUnsafeBufferPointer { table.number(of: UnsafeBufferPointer(rebasing: $0[position..<position + count])) }
  }

  /// The identifier of the command that begins here, without reading it.
  func peekIdentifier() -> UInt8? {
    var ahead = self
    guard (try? ahead.commandLength()) != nil else { return nil }
    return try? ahead.byte()
  }

  mutating func skip(_ count: Int) throws(TraCIError) {
    try need(count, "padding")
    position += count
  }

  /// The number of items of a list: never more than the bytes left could hold.
  private mutating func count(of what: String, atLeast size: Int) throws(TraCIError) -> Int {
    let n = try int()
    guard n >= 0, n * size <= remaining else { throw .malformed(expected: "a list of \(what)", found: "\(n) items in \(remaining) bytes") }
    return n
  }

  /// A value with the byte that names its type in front. Compounds nest at most eight deep.
  mutating func typed(depth: Int = 0) throws(TraCIError) -> TraCIValue {
    try typed(as: try byte(), depth: depth)
  }

  /// A value whose type has been read.
  mutating func typed(as type: UInt8, depth: Int = 0) throws(TraCIError) -> TraCIValue {
    switch type {
    case 0x07: return .unsignedByte(try byte())
    case 0x08: return .byte(Int8(bitPattern: try byte()))
    case 0x09: return .int(try int())
    case 0x0B: return .double(try double())
    case 0x0C: return .string(try string())
    case 0x0E:
      let n = try count(of: "strings", atLeast: 4)
      var items: [String] = []
      items.reserveCapacity(n)
      for _ in 0..<n { items.append(try string()) }
      return .strings(items)
    case 0x10:
      let n = try count(of: "doubles", atLeast: 8)
      var items: [Double] = []
      for _ in 0..<n { items.append(try double()) }
      return .doubles(items)
    case 0x0F:
      guard depth < 8 else { throw .malformed(expected: "a compound at most eight deep", found: "a deeper one") }
      let n = try count(of: "compound items", atLeast: 2)
      var items: [TraCIValue] = []
      for _ in 0..<n { items.append(try typed(depth: depth + 1)) }
      return .compound(items)
    case 0x00, 0x01: return .position(x: try double(), y: try double())
    case 0x02, 0x03: return .position3(x: try double(), y: try double(), z: try double())
    case 0x11: return .color(red: try byte(), green: try byte(), blue: try byte(), alpha: try byte())
    case 0x06:
      var n = Int(try byte())
      if n == 0 { n = try int() }
      guard n >= 0, n * 16 <= remaining else { throw .malformed(expected: "a polygon", found: "\(n) points in \(remaining) bytes") }
      var points: [TraCIValue.Point] = []
      for _ in 0..<n { points.append(.init(x: try double(), y: try double())) }
      return .polygon(points)
    default: throw .malformed(expected: "a known type", found: "type 0x\(hex(type))")
    }
  }

  /// The length in front of a command, in either form, without the bytes of the length itself.
  mutating func commandLength() throws(TraCIError) -> Int {
    let short = Int(try byte())
    if short > 0 { return short - 1 }
    return try int() - 5
  }
}
