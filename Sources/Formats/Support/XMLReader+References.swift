import TrafficModel

/// References in values, words for faults, and what each byte may be part of.
extension XMLReader {
  /// Replaces the references in attribute `index`; the text only ever gets shorter, so it stays where it is.
  mutating func decode(_ index: Int) throws(InputProblem) {
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

  func reference(_ name: XMLText) -> Character? {
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

  func excerpt(at position: Int) -> String {
    let from = max(0, min(position, filled))
    let text = String(decoding: UnsafeBufferPointer(start: buffer + from, count: min(40, filled - from)), as: UTF8.self)
    return String(text.prefix { !$0.isNewline })
  }

  mutating func malformed(_ expected: String, found: String, advice: String? = nil) -> InputProblem {
    InputProblem(file: file, line: line, expected: expected, found: found, advice: advice ?? "the file is not well-formed XML")
  }
}

extension XMLReader {
  /// What a byte may be part of.
  enum Kind {
    static let beginsName: UInt8 = 1
    static let continuesName: UInt8 = 2
    /// Quotes, `&`, `<` and zero.
    static let endsValue: UInt8 = 4
  }

  nonisolated(unsafe) static let kinds: UnsafePointer<UInt8> = {
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

  func isNamePart(_ c: UInt8) -> Bool { Self.kinds[Int(c)] & Kind.continuesName != 0 }
}
