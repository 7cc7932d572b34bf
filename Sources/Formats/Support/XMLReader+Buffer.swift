import Foundation
import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The one buffer: reading on, dropping what is done with, counting lines, and making UTF-8 of ISO-8859-1.
extension XMLReader {
  /// Looks at the file's first bytes: a byte-order mark and the declared encoding.
  mutating func begin() throws(InputProblem) {
    hasBegun = true
    while filled < 4, try more() {}
    if filled >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF { cursor = 3 }
    if filled >= 2, buffer[0] | buffer[1] == 0xFF, buffer[0] & buffer[1] == 0xFE {
      throw malformed("UTF-8, ASCII or ISO-8859-1", found: "UTF-16", advice: "save the file as UTF-8")
    }
    tokenStart = cursor
    while filled - cursor < 200, try more() {}
    guard starts(with: "<?xml") else { return }
    var p = cursor
    while p < filled, buffer[p] != UInt8(ascii: ">") { p += 1 }
    let head = String(decoding: UnsafeBufferPointer(start: buffer + cursor, count: p - cursor), as: UTF8.self)
    guard let key = head.range(of: "encoding") else { return }
    let encoding = head[key.upperBound...].drop { $0 == " " || $0 == "=" }.dropFirst().prefix { $0 != "\"" && $0 != "'" }.lowercased()
    switch encoding {
    case "utf-8", "utf8", "us-ascii", "ascii": return
    case "iso-8859-1", "latin1", "latin-1":
      isLatin1 = true
      let rest = Array(UnsafeBufferPointer(start: buffer + cursor, count: filled - cursor))
      if capacity < cursor + 2 * rest.count { grow(to: cursor + 2 * rest.count) }
      filled = cursor
      for byte in rest { appendLatin1(byte) }
      buffer[filled] = 0
    default: throw malformed("UTF-8, ASCII or ISO-8859-1", found: encoding, advice: "save the file as UTF-8")
    }
  }

  mutating func appendLatin1(_ byte: UInt8) {
    if byte < 0x80 {
      buffer[filled] = byte
      filled += 1
    } else {
      buffer[filled] = 0xC0 | byte >> 6
      buffer[filled + 1] = 0x80 | byte & 0x3F
      filled += 2
    }
  }

  mutating func grow(to size: Int) {
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size + 1)
    larger.update(from: buffer, count: filled + 1)
    buffer.deallocate()
    buffer = larger
    capacity = size
  }

  /// Drops what lies before the token and reads on; false where the file has no more. Positions shift by the token's start.
  mutating func more() throws(InputProblem) -> Bool {
    if sourceEnded { return false }
    let keep = min(tokenStart, cursor)
    if keep > 0 {
      countLines(to: keep)
      memmove(buffer, buffer + keep, filled - keep + 1)
      filled -= keep
      cursor -= keep
      tokenStart -= keep
      linesCountedTo = 0
    }
    if capacity - filled < 64 {
      guard capacity < Self.tagLimit else { throw malformed("tags shorter than 256 MB", found: "a longer one") }
      grow(to: capacity * 2)
    }
    if isLatin1 {
      let half = (capacity - filled) / 2
      let raw = UnsafeMutablePointer<UInt8>.allocate(capacity: half)
      defer { raw.deallocate() }
      let got = try source.read(into: raw, capacity: half)
      for i in 0..<got { appendLatin1(raw[i]) }
      sourceEnded = got == 0
    } else {
      let got = try source.read(into: buffer + filled, capacity: capacity - filled)
      filled += got
      sourceEnded = got == 0
    }
    buffer[filled] = 0
    return !sourceEnded
  }

  mutating func countLines(to position: Int) {
    guard position > linesCountedTo else { return }
    var lines = 0
    var i = linesCountedTo
    while i + 8 <= position {
      // Bytes equal to a line feed become zero, and zero bytes their top bits: counted eight at a time.
      let word = UnsafeRawPointer(buffer + i).loadUnaligned(as: UInt64.self) ^ 0x0A0A_0A0A_0A0A_0A0A
      let low = (word & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F
      lines &+= (~(low | word | 0x7F7F_7F7F_7F7F_7F7F)).nonzeroBitCount
      i += 8
    }
    while i < position {
      if buffer[i] == 10 { lines &+= 1 }
      i += 1
    }
    linesBefore += lines
    linesCountedTo = position
  }
}
