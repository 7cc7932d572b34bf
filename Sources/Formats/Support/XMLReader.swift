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

  struct Attribute {
    var name: XMLText
    var value: XMLText
    var hasReference: Bool
  }

  package let file: String
  var source: ByteSource
  var buffer: UnsafeMutablePointer<UInt8>
  var capacity: Int
  /// Bytes in the buffer; a zero byte always follows them.
  var filled = 0
  var cursor = 0
  var sourceEnded = false
  var isLatin1 = false
  var hasBegun = false
  var hasRoot = false

  var tokenStart = 0
  var linesBefore = 1
  var linesCountedTo = 0

  var attributes: UnsafeMutablePointer<Attribute>
  var attributeCapacity = 32
  var attributeCount = 0
  var currentName = XMLText(start: UnsafePointer(emptyBytes), count: 0)
  var endPending = false

  var openNames: [UInt8] = []
  var openStarts: [Int] = []

  static let tagLimit = 1 << 28
  static let depthLimit = 500

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
  mutating func skipText() throws(InputProblem) -> Bool {
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

  mutating func startTag() throws(InputProblem) {
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

  enum Scan {
    case complete, incomplete
    case malformed(String, at: Int)
  }

  /// Reads the tag at `cursor` and moves behind it; where the buffer ends inside it, nothing has moved.
  mutating func scanStartTag() -> Scan {
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

  mutating func growAttributes(_ count: Int) {
    let larger = UnsafeMutablePointer<Attribute>.allocate(capacity: attributeCapacity * 2)
    larger.moveInitialize(from: attributes, count: count)
    attributes.deallocate()
    attributes = larger
    attributeCapacity *= 2
  }

  mutating func endTag() throws(InputProblem) {
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

  mutating func close() {
    openNames.removeLast(openNames.count - openStarts.removeLast())
  }

  var innermost: String { String(decoding: openNames[(openStarts.last ?? 0)...], as: UTF8.self) }

  /// Passes over a comment, a CDATA section or a document type.
  mutating func declaration() throws(InputProblem) {
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

  func starts(with text: StaticString) -> Bool {
    filled - cursor >= text.utf8CodeUnitCount && memcmp(buffer + cursor, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  /// Moves behind `mark`, dropping what was passed so that a long comment needs no long buffer.
  mutating func skip(past mark: StaticString, from: Int, what: String) throws(InputProblem) {
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
}

private nonisolated(unsafe) let emptyBytes: UnsafeMutablePointer<UInt8> = {
  let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
  bytes[0] = 0
  return bytes
}()
