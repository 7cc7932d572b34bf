/// Reads JSON from bytes without building a tree: what an ingest of tens of thousands of records a second needs.
///
/// Strict (RFC 8259): no comments, no trailing commas, no control characters in strings, at most 32 levels.
struct JSONCursor {
  struct Fault: Error, Hashable, Sendable {
    var offset: Int
    var expected: String
  }

  enum Value: Hashable, Sendable {
    case string(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    case null
    case array
    case object

    /// As the sender would recognise it, shortened.
    var text: String {
      switch self {
      case .string(let text): "\"" + (text.count > 60 ? text.prefix(57) + "…" : text) + "\""
      case .integer(let value): "\(value)"
      case .number(let value): "\(value)"
      case .bool(let value): "\(value)"
      case .null: "null"
      case .array: "[…]"
      case .object: "{…}"
      }
    }
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var offset: Int

  /// The bytes must outlive the cursor.
  init(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  var isAtEnd: Bool { offset >= bytes.count }
  var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  func fault(_ expected: String) -> Fault { Fault(offset: offset, expected: expected) }

  mutating func skipSpace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return
      }
    }
  }

  /// Takes `byte` where it comes next.
  mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  mutating func expect(_ byte: UInt8, _ what: String) throws(Fault) { if !take(byte) { throw fault(what) } }

  /// A whole value; what lies inside arrays and objects is checked and passed over.
  mutating func value(depth: Int = 0) throws(Fault) -> Value {
    skipSpace()
    guard let first = next else { throw fault("a value") }
    switch first {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try word("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try word("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try word("null")
      return .null
    case UInt8(ascii: "["):
      guard depth < 32 else { throw fault("at most 32 levels") }
      offset += 1
      if take(UInt8(ascii: "]")) { return .array }
      repeat { _ = try value(depth: depth + 1) } while take(UInt8(ascii: ","))
      try expect(UInt8(ascii: "]"), "] or ,")
      return .array
    case UInt8(ascii: "{"):
      guard depth < 32 else { throw fault("at most 32 levels") }
      offset += 1
      if take(UInt8(ascii: "}")) { return .object }
      repeat {
        skipSpace()
        _ = try string()
        try expect(UInt8(ascii: ":"), ":")
        _ = try value(depth: depth + 1)
      } while take(UInt8(ascii: ","))
      try expect(UInt8(ascii: "}"), "} or ,")
      return .object
    default: return try number()
    }
  }

  private mutating func word(_ text: StaticString) throws(Fault) {
    for k in 0..<text.utf8CodeUnitCount {
      guard offset < bytes.count, bytes[offset] == text.utf8Start[k] else { throw fault("a value") }
      offset += 1
    }
  }

  mutating func string() throws(Fault) -> String {
    guard next == UInt8(ascii: "\"") else { throw fault("a string") }
    offset += 1
    let start = offset
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\"") {
        let text = try decode(start, offset)
        offset += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if byte < 0x20 { throw fault("no control character in a string") }
      offset += 1
    }
    throw fault("the end of the string")
  }

  private func decode(_ start: Int, _ end: Int) throws(Fault) -> String {
    guard let text = String(validating: bytes[start..<end], as: UTF8.self) else { throw Fault(offset: start, expected: "UTF-8") }
    return text
  }

  private mutating func escapedString(from start: Int) throws(Fault) -> String {
    var units: [UInt8] = []
    for k in start..<offset { units.append(bytes[k]) }
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: units, as: UTF8.self) else { throw Fault(offset: start, expected: "UTF-8") }
        return text
      case UInt8(ascii: "\\"):
        guard offset < bytes.count else { throw fault("an escape") }
        let escape = bytes[offset]
        offset += 1
        switch escape {
        case UInt8(ascii: "n"): units.append(0x0A)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "r"): units.append(0x0D)
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(escape)
        case UInt8(ascii: "u"):
          var scalar = UInt32(try hexadecimal())
          if (0xD800..<0xDC00).contains(scalar) {
            guard offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u") else {
              throw fault("the second half of a surrogate pair")
            }
            offset += 2
            let low = UInt32(try hexadecimal())
            guard (0xDC00..<0xE000).contains(low) else { throw fault("the second half of a surrogate pair") }
            scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
          }
          guard let character = Unicode.Scalar(scalar) else { throw fault("a Unicode scalar") }
          units.append(contentsOf: Array(String(Character(character)).utf8))
        default: throw fault("an escape")
        }
      case 0..<0x20: throw fault("no control character in a string")
      default: units.append(byte)
      }
    }
    throw fault("the end of the string")
  }

  private mutating func hexadecimal() throws(Fault) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard offset < bytes.count else { throw fault("four hexadecimal digits") }
      let digit: UInt8
      switch bytes[offset] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[offset] - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[offset] - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[offset] - UInt8(ascii: "A") + 10
      default: throw fault("four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
      offset += 1
    }
    return value
  }

  private mutating func number() throws(Fault) -> Value {
    let start = offset
    var isInteger = true
    if next == UInt8(ascii: "-") { offset += 1 }
    let digits = offset
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    guard offset > digits, offset == digits + 1 || bytes[digits] != UInt8(ascii: "0") else { throw fault("a value") }
    if next == UInt8(ascii: ".") {
      isInteger = false
      offset += 1
      let fraction = offset
      while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
      guard offset > fraction else { throw fault("a digit") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isInteger = false
      offset += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
      let exponent = offset
      while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
      guard offset > exponent else { throw fault("a digit") }
    }
    if isInteger, offset - digits <= 18 {
      var value: Int64 = 0
      for k in digits..<offset { value = value * 10 + Int64(bytes[k] - UInt8(ascii: "0")) }
      return .integer(bytes[start] == UInt8(ascii: "-") ? -value : value)
    }
    let text = try decode(start, offset)
    guard let value = Double(text), value.isFinite else { throw Fault(offset: start, expected: "a number that can be represented") }
    return .number(value)
  }
}
