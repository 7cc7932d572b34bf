#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes of a name or attribute value inside a reader's buffer. Valid until the reader moves on.
package struct XMLText {
  package let start: UnsafePointer<UInt8>
  package let count: Int

  @inline(__always)
  package init(start: UnsafePointer<UInt8>, count: Int) {
    self.start = start
    self.count = count
  }

  @inline(__always)
  package subscript(_ i: Int) -> UInt8 { start[i] }
  package var isEmpty: Bool { count == 0 }

  /// A copy as a string.
  package var string: String { String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self) }
  package var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

  /// Text without white space at its ends.
  package var trimmed: XMLText {
    var low = 0, high = count
    while low < high, isBlank(start[low]) { low += 1 }
    while high > low, isBlank(start[high - 1]) { high -= 1 }
    return XMLText(start: start + low, count: high - low)
  }

  @inline(__always)
  package func dropFirst(_ n: Int) -> XMLText { XMLText(start: start + n, count: count - n) }
  @inline(__always)
  package func prefix(_ n: Int) -> XMLText { XMLText(start: start, count: n) }

  /// Position of the last `byte`, or nil.
  package func lastIndex(of byte: UInt8) -> Int? {
    var i = count - 1
    while i >= 0 {
      if start[i] == byte { return i }
      i -= 1
    }
    return nil
  }

  @inline(__always)
  package static func == (a: XMLText, b: StaticString) -> Bool {
    a.count == b.utf8CodeUnitCount && memcmp(a.start, b.utf8Start, a.count) == 0
  }
  @inline(__always)
  package static func ~= (pattern: StaticString, value: XMLText) -> Bool { value == pattern }

  /// A decimal integer with optional sign, or nil.
  package var int: Int? {
    let text = trimmed
    var i = 0
    var negative = false
    guard text.count > 0, text.count <= 19 else { return nil }
    if text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") {
      negative = text[0] == UInt8(ascii: "-")
      i = 1
    }
    guard i < text.count else { return nil }
    var value = 0
    while i < text.count {
      let digit = text[i] &- 48
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int(digit)
      guard value >= 0 else { return nil }
      i += 1
    }
    return negative ? -value : value
  }

  /// A finite decimal number, or nil.
  package var double: Double? {
    let text = trimmed
    var cursor = text.start
    guard let value = parseDouble(&cursor, end: text.start + text.count), cursor == text.start + text.count else { return nil }
    return value
  }

  /// SUMO's spellings of truth, or nil.
  package var bool: Bool? {
    let text = trimmed
    switch text {
    case "1", "true", "True", "TRUE", "yes", "on", "x", "t": return true
    case "0", "false", "False", "FALSE", "no", "off", "-", "f": return false
    default: return nil
    }
  }

  /// Words between white space, in order.
  @inline(__always)
  package func forEachWord(_ body: (XMLText) -> Void) {
    var i = 0
    while i < count {
      while i < count, isBlank(start[i]) { i += 1 }
      let from = i
      while i < count, !isBlank(start[i]) { i += 1 }
      if i > from { body(XMLText(start: start + from, count: i - from)) }
    }
  }

  /// Words between white space.
  package var words: [String] {
    var all: [String] = []
    forEachWord { all.append($0.string) }
    return all
  }
}

@inline(__always)
package func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }

private let powersOfTen: [Double] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]

/// Reads a decimal number at `cursor` and moves past it; nil where none stands there or it is not finite.
///
/// Numbers of at most 15 digits and small exponents are exact by one multiplication or division (Clinger 1990); the rest go to
/// the C library.
@inline(__always)
package func parseDouble(_ cursor: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> Double? {
  let begin = cursor
  var p = cursor
  var negative = false
  if p < end, p.pointee == UInt8(ascii: "-") || p.pointee == UInt8(ascii: "+") {
    negative = p.pointee == UInt8(ascii: "-")
    p += 1
  }
  var mantissa: UInt64 = 0
  var digits = 0
  var scale = 0
  while p < end {
    let digit = p.pointee &- 48
    if digit >= 10 { break }
    mantissa = mantissa &* 10 &+ UInt64(digit)
    digits += 1
    p += 1
  }
  if p < end, p.pointee == UInt8(ascii: ".") {
    p += 1
    let from = p
    while p < end {
      let digit = p.pointee &- 48
      if digit >= 10 { break }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      p += 1
    }
    scale = p - from
    digits += scale
  }
  guard digits > 0 else { return nil }
  if digits <= 15, scale <= 22, p == end || (p.pointee | 32) != UInt8(ascii: "e") {
    cursor = p
    let value = powersOfTen.withUnsafeBufferPointer { Double(mantissa) / $0[scale] }
    return negative ? -value : value
  }
  return parseLongDouble(&cursor, from: begin, end: end)
}

@inline(never)
private func parseLongDouble(_ cursor: inout UnsafePointer<UInt8>, from begin: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> Double? {
  // The buffer behind `end` is not terminated, so the number is copied; 64 digits are more than a Double can tell apart.
  var copy: [CChar] = []
  var p = begin
  while p < end, copy.count < 400 {
    let c = p.pointee
    let belongs =
      (c >= 48 && c <= 57) || c == UInt8(ascii: ".") || c == UInt8(ascii: "-") || c == UInt8(ascii: "+") || (c | 32) == UInt8(ascii: "e")
    if !belongs { break }
    copy.append(CChar(bitPattern: c))
    p += 1
  }
  copy.append(0)
  let (value, used) = copy.withUnsafeBufferPointer { buffer in
    var stop: UnsafeMutablePointer<CChar>?
    let value = strtod(buffer.baseAddress!, &stop)
    return (value, stop! - UnsafeMutablePointer(mutating: buffer.baseAddress!))
  }
  guard used > 0, value.isFinite else { return nil }
  cursor = begin + used
  return value
}
