import Foundation
import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Pulls tags out of an XML file, plain or gzip, without building a tree or a string.
///
///     var xml = try XMLReader(path: "city.net.xml.gz")
///     while true {
///       switch try xml.next() {
///       case .start: if xml.name == "lane", let speed = xml["speed"]?.double { … }
///       case .end: continue
///       case .finish: return
///       }
///     }
///
/// Names and values are views of the reader's buffer, good until the next call of `next`. Memory is one buffer, whatever the
/// file's size. Text between tags is passed over: none of the formats read with it keeps data there. UTF-8, ASCII and ISO-8859-1
/// are read; entities beyond the five of XML and character references are refused, so a file cannot expand without bound.
package struct XMLReader: ~Copyable {
  package enum Token { case start, end, finish }

  private struct Attribute {
    var name: XMLText
    var value: XMLText
    var hasReference: Bool
  }

  package let file: String
  private var source: ByteSource
  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// Bytes in the buffer; a zero byte always follows them.
  private var filled = 0
  private var cursor = 0
  private var sourceEnded = false
  private var isLatin1 = false
  private var hasBegun = false
  private var hasRoot = false

  private var tokenStart = 0
  private var linesBefore = 1
  private var linesCountedTo = 0

  private var attributes: UnsafeMutablePointer<Attribute>
  private var attributeCapacity = 32
  private var attributeCount = 0
  private var currentName = XMLText(start: UnsafePointer(emptyBytes), count: 0)
  private var endPending = false

  private var openNames: [UInt8] = []
  private var openStarts: [Int] = []

  private static let tagLimit = 1 << 28
  private static let depthLimit = 500

  /// Opens `path`. Throws where it is missing or unreadable.
  package init(path: String, bufferSize: Int = 1 << 18) throws(InputProblem) {
    file = path
    source = try ByteSource(path: path)
    capacity = max(64, bufferSize)
    buffer = .allocate(capacity: capacity + 1)
    buffer[0] = 0
    attributes = .allocate(capacity: attributeCapacity)
  }

  deinit {
    buffer.deallocate()
    attributes.deallocate()
  }

  // MARK: What stands here

  /// Name of the element that starts or ends.
  package var name: XMLText { currentName }
  /// Elements open around and including this one.
  package var depth: Int { openStarts.count }
  /// Line of the tag, from 1.
  package var line: Int {
    mutating get {
      countLines(to: tokenStart)
      return linesBefore
    }
  }

  /// Value of an attribute of the element that starts, or nil.
  @inline(__always)
  package subscript(_ key: StaticString) -> XMLText? {
    for i in 0..<attributeCount where attributes[i].name == key { return attributes[i].value }
    return nil
  }

  /// Every attribute in the file's order.
  package var allAttributes: [(name: String, value: String)] {
    (0..<attributeCount).map { (attributes[$0].name.string, attributes[$0].value.string) }
  }

  /// Moves past the end of the element that has just started.
  package mutating func skipElement() throws(InputProblem) {
    let outside = depth - 1
    while depth > outside { _ = try next() }
  }

  // MARK: Moving on

  package mutating func next() throws(InputProblem) -> Token {
    if endPending {
      endPending = false
      attributeCount = 0
      close()
      return .end
    }
    attributeCount = 0
    if !hasBegun { try begin() }
    while true {
      guard try skipText() else {
        tokenStart = filled
        if depth > 0 { throw malformed("the end of <\(innermost)>", found: "the end of the file") }
        if !hasRoot { throw malformed("an XML document", found: "no element") }
        return .finish
      }
      tokenStart = cursor
      if cursor + 1 >= filled, try !more() { throw malformed("a tag", found: "the end of the file") }
      switch buffer[cursor + 1] {
      case UInt8(ascii: "/"):
        try endTag()
        return .end
      case UInt8(ascii: "!"): try declaration()
      case UInt8(ascii: "?"): try skip(past: "?>", from: cursor + 2, what: "the end ?> of a processing instruction")
      default:
        try startTag()
        return .start
      }
    }
  }

  /// Moves to the next `<`; false at the end of the file. Outside the root only white space may stand.
  private mutating func skipText() throws(InputProblem) -> Bool {
    while true {
      var p = cursor
      if depth == 0 {
        while p < filled, isBlank(buffer[p]) { p += 1 }
        if p < filled, buffer[p] != UInt8(ascii: "<") {
          tokenStart = p
          throw malformed(hasRoot ? "nothing after the root element" : "an XML document", found: excerpt(at: p))
        }
      } else if let hit = memchr(buffer + p, 0x3C, filled - p) {
        p = UnsafePointer<UInt8>(hit.assumingMemoryBound(to: UInt8.self)) - UnsafePointer(buffer)
      } else {
        p = filled
      }
      cursor = p
      if p < filled { return true }
      tokenStart = p
      if try !more() { return false }
    }
  }

  private mutating func startTag() throws(InputProblem) {
    while true {
      switch scanStartTag() {
      case .complete: break
      case .incomplete:
        if try more() { continue }
        throw malformed("the end > of a tag", found: "the end of the file")
      case .malformed(let expected, let at): throw malformed(expected, found: excerpt(at: at))
      }
      break
    }
    if depth == 0, hasRoot { throw malformed("one root element", found: "<\(currentName.string)> after it") }
    hasRoot = true
    guard depth < Self.depthLimit else { throw malformed("elements nested at most \(Self.depthLimit) deep", found: "more") }
    openStarts.append(openNames.count)
    openNames.append(contentsOf: currentName.bytes)
    for i in 0..<attributeCount where attributes[i].hasReference { try decode(i) }
  }

  private enum Scan {
    case complete, incomplete
    case malformed(String, at: Int)
  }

  /// Reads the tag at `cursor` and moves behind it; where the buffer ends inside it, nothing has moved.
  private mutating func scanStartTag() -> Scan {
    let text = UnsafePointer(buffer)
    let kinds = Self.kinds
    func isNameStart(_ c: UInt8) -> Bool { kinds[Int(c)] & Kind.beginsName != 0 }
    func isNamePart(_ c: UInt8) -> Bool { kinds[Int(c)] & Kind.continuesName != 0 }
    let end = filled
    var p = cursor + 1
    let nameFrom = p
    guard isNameStart(text[p]) else { return p >= end ? .incomplete : .malformed("the name of an element", at: cursor) }
    while isNamePart(text[p]) { p += 1 }
    if p >= end { return .incomplete }
    let name = XMLText(start: text + nameFrom, count: p - nameFrom)
    var count = 0
    var selfClosing = false
    while true {
      let gapFrom = p
      while isBlank(text[p]) { p += 1 }
      if p >= end { return .incomplete }
      let c = text[p]
      if c == UInt8(ascii: ">") {
        p += 1
        break
      }
      if c == UInt8(ascii: "/") {
        if p + 1 >= end { return .incomplete }
        guard text[p + 1] == UInt8(ascii: ">") else { return .malformed("/> at the end of the tag", at: p) }
        p += 2
        selfClosing = true
        break
      }
      guard p > gapFrom else { return .malformed("white space between attributes", at: p) }
      let keyFrom = p
      guard isNameStart(c) else { return .malformed("the name of an attribute", at: p) }
      while isNamePart(text[p]) { p += 1 }
      let key = XMLText(start: text + keyFrom, count: p - keyFrom)
      while isBlank(text[p]) { p += 1 }
      if p >= end { return .incomplete }
      guard text[p] == UInt8(ascii: "=") else { return .malformed("= after the attribute's name", at: p) }
      p += 1
      while isBlank(text[p]) { p += 1 }
      if p >= end { return .incomplete }
      let quote = text[p]
      guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return .malformed("a quoted attribute value", at: p) }
      p += 1
      let valueFrom = p
      var hasReference = false
      var union: UInt8 = 0
      while true {
        while true {
          let b = text[p]
          if kinds[Int(b)] & Kind.endsValue != 0 { break }
          union |= b
          p += 1
        }
        let b = text[p]
        if b == quote { break }
        if b == UInt8(ascii: "&") {
          hasReference = true
        } else if b == UInt8(ascii: "<") {
          return .malformed("no < inside an attribute value", at: keyFrom)
        } else if b == 0 {
          return p >= end ? .incomplete : .malformed("no zero byte", at: keyFrom)
        }
        p += 1
      }
      let value = XMLText(start: text + valueFrom, count: p - valueFrom)
      p += 1
      if union >= 0x80, String(validating: value.bytes, as: UTF8.self) == nil { return .malformed("valid UTF-8", at: keyFrom) }
      for i in 0..<count {
        let other = attributes[i].name
        if other.count == key.count, other[0] == key[0], memcmp(other.start, key.start, key.count) == 0 {
          return .malformed("each attribute once", at: keyFrom)
        }
      }
      if count == attributeCapacity { growAttributes(count) }
      (attributes + count).initialize(to: Attribute(name: key, value: value, hasReference: hasReference))
      count += 1
    }
    currentName = name
    attributeCount = count
    endPending = selfClosing
    cursor = p
    return .complete
  }

  private mutating func growAttributes(_ count: Int) {
    let larger = UnsafeMutablePointer<Attribute>.allocate(capacity: attributeCapacity * 2)
    larger.moveInitialize(from: attributes, count: count)
    attributes.deallocate()
    attributes = larger
    attributeCapacity *= 2
  }

  private mutating func endTag() throws(InputProblem) {
    while true {
      var p = cursor + 2
      let from = p
      while isNamePart(buffer[p]) { p += 1 }
      let count = p - from
      while isBlank(buffer[p]) { p += 1 }
      if p >= filled {
        if try more() { continue }
        throw malformed("the end > of a tag", found: "the end of the file")
      }
      guard buffer[p] == UInt8(ascii: ">") else { throw malformed("> after the name of an end tag", found: excerpt(at: cursor)) }
      currentName = XMLText(start: UnsafePointer(buffer) + from, count: count)
      cursor = p + 1
      break
    }
    guard let start = openStarts.last else { throw malformed("no end tag outside the root", found: "</\(currentName.string)>") }
    let name = currentName
    let matches =
      openNames.count - start == name.count
      && openNames.withUnsafeBufferPointer { memcmp($0.baseAddress! + start, name.start, name.count) == 0 }
    guard matches else { throw malformed("</\(innermost)>", found: "</\(name.string)>") }
    close()
  }

  private mutating func close() {
    openNames.removeLast(openNames.count - openStarts.removeLast())
  }

  private var innermost: String { String(decoding: openNames[(openStarts.last ?? 0)...], as: UTF8.self) }

  /// Passes over a comment, a CDATA section or a document type.
  private mutating func declaration() throws(InputProblem) {
    while filled - cursor < 9, try more() {}
    if starts(with: "<!--") { return try skip(past: "-->", from: cursor + 4, what: "the end --> of a comment") }
    if starts(with: "<![CDATA["), depth > 0 { return try skip(past: "]]>", from: cursor + 9, what: "the end ]]> of a CDATA section") }
    if starts(with: "<!DOCTYPE"), !hasRoot {
      var p = cursor
      while true {
        if p >= filled {
          let kept = p - cursor
          guard try more() else { throw malformed("the end > of the document type", found: "the end of the file") }
          p = cursor + kept
          continue
        }
        if buffer[p] == UInt8(ascii: "[") {
          throw malformed("no declarations inside the document", found: "<!DOCTYPE … [", advice: "remove the internal subset")
        }
        if buffer[p] == UInt8(ascii: ">") { break }
        p += 1
      }
      cursor = p + 1
      return
    }
    throw malformed("a tag or a comment", found: excerpt(at: cursor))
  }

  private func starts(with text: StaticString) -> Bool {
    filled - cursor >= text.utf8CodeUnitCount && memcmp(buffer + cursor, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  /// Moves behind `mark`, dropping what was passed so that a long comment needs no long buffer.
  private mutating func skip(past mark: StaticString, from: Int, what: String) throws(InputProblem) {
    let beganAt = line
    let length = mark.utf8CodeUnitCount
    var p = from
    while true {
      while p + length <= filled {
        if buffer[p] == mark.utf8Start[0], memcmp(buffer + p, mark.utf8Start, length) == 0 {
          cursor = p + length
          tokenStart = cursor
          return
        }
        p += 1
      }
      cursor = min(p, filled)
      tokenStart = cursor
      guard try more() else { throw InputProblem(file: file, line: beganAt, expected: what, found: "the end of the file") }
      p = cursor
    }
  }

  // MARK: The buffer

  /// Looks at the file's first bytes: a byte-order mark and the declared encoding.
  private mutating func begin() throws(InputProblem) {
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

  private mutating func appendLatin1(_ byte: UInt8) {
    if byte < 0x80 {
      buffer[filled] = byte
      filled += 1
    } else {
      buffer[filled] = 0xC0 | byte >> 6
      buffer[filled + 1] = 0x80 | byte & 0x3F
      filled += 2
    }
  }

  private mutating func grow(to size: Int) {
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size + 1)
    larger.update(from: buffer, count: filled + 1)
    buffer.deallocate()
    buffer = larger
    capacity = size
  }

  /// Drops what lies before the token and reads on; false where the file has no more. Positions shift by the token's start.
  private mutating func more() throws(InputProblem) -> Bool {
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

  private mutating func countLines(to position: Int) {
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

  // MARK: References and faults

  /// Replaces the references in attribute `index`; the text only ever gets shorter, so it stays where it is.
  private mutating func decode(_ index: Int) throws(InputProblem) {
    let value = attributes[index].value
    let target = UnsafeMutablePointer(mutating: value.start)
    var written = 0
    var i = 0
    while i < value.count {
      guard value[i] == UInt8(ascii: "&") else {
        target[written] = value[i]
        written += 1
        i += 1
        continue
      }
      var j = i + 1
      while j < value.count, value[j] != UInt8(ascii: ";"), j - i < 12 { j += 1 }
      let name = XMLText(start: value.start + i + 1, count: j - i - 1)
      guard j < value.count, value[j] == UInt8(ascii: ";"), let scalar = reference(name) else {
        throw malformed("one of &lt; &gt; &amp; &quot; &apos; or a character reference", found: "&" + name.string)
      }
      for byte in String(scalar).utf8 {
        target[written] = byte
        written += 1
      }
      i = j + 1
    }
    attributes[index].value = XMLText(start: value.start, count: written)
  }

  private func reference(_ name: XMLText) -> Character? {
    switch name {
    case "lt": return "<"
    case "gt": return ">"
    case "amp": return "&"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard name.count > 1, name[0] == UInt8(ascii: "#") else { return nil }
      let digits = name.string.dropFirst()
      let code = digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
      guard let code, code >= 9, let scalar = Unicode.Scalar(code) else { return nil }
      return Character(scalar)
    }
  }

  private func excerpt(at position: Int) -> String {
    let from = max(0, min(position, filled))
    let text = String(decoding: UnsafeBufferPointer(start: buffer + from, count: min(40, filled - from)), as: UTF8.self)
    return String(text.prefix { !$0.isNewline })
  }

  private mutating func malformed(_ expected: String, found: String, advice: String? = nil) -> InputProblem {
    InputProblem(file: file, line: line, expected: expected, found: found, advice: advice ?? "the file is not well-formed XML")
  }
}

private nonisolated(unsafe) let emptyBytes: UnsafeMutablePointer<UInt8> = {
  let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
  bytes[0] = 0
  return bytes
}()

extension XMLReader {
  /// What a byte may be part of.
  private enum Kind {
    static let beginsName: UInt8 = 1
    static let continuesName: UInt8 = 2
    /// Quotes, `&`, `<` and zero.
    static let endsValue: UInt8 = 4
  }

  private nonisolated(unsafe) static let kinds: UnsafePointer<UInt8> = {
    let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    for c in 0..<256 {
      let byte = UInt8(c)
      let begins = (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":") || byte >= 0x80
      let continues = begins || byte &- 48 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
      let ends = c == 0 || "\"'&<".utf8.contains(byte)
      table[c] = (begins ? Kind.beginsName : 0) | (continues ? Kind.continuesName : 0) | (ends ? Kind.endsValue : 0)
    }
    return UnsafePointer(table)
  }()

  private func isNamePart(_ c: UInt8) -> Bool { Self.kinds[Int(c)] & Kind.continuesName != 0 }
}
