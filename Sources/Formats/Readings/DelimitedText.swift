import TrafficModel

/// Comma-separated text with a header, read whole: for tables of configuration and counts, not for logs.
struct DelimitedText {
  var file: String
  var header: [String]
  /// Records with the line each stands on.
  var records: [(line: Int, fields: [String])]

  init(path: String) throws {
    var bytes: [UInt8] = []
    let end = try CompressedLines.read(path: path) { bytes.append(contentsOf: $0) }
    if case .truncated(let why) = end { throw InputProblem(file: path, expected: "a whole file", found: why) }
    try self.init(text: String(decoding: bytes, as: UTF8.self), file: path)
  }

  init(text: String, file: String) throws {
    self.file = file
    header = []
    records = []
    var line = 0
    for raw in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
      line += 1
      if raw.allSatisfy(\.isWhitespace) { continue }
      let fields = Self.fields(raw)
      if header.isEmpty {
        header = fields.map { $0.lowercased().filter { $0.isLetter || $0.isNumber } }
        if header[0].hasPrefix("\u{FEFF}") { header[0].removeFirst() }
      } else {
        records.append((line, fields))
      }
    }
    guard !header.isEmpty else {
      throw InputProblem(file: file, expected: "a header line with the names of the columns", found: "an empty file")
    }
  }

  /// Fields of a record; quotes as in RFC 4180.
  static func fields(_ line: Substring) -> [String] {
    var result: [String] = []
    var field = ""
    var quoted = false
    var iterator = line.makeIterator()
    var pending = iterator.next()
    while let c = pending {
      pending = iterator.next()
      if quoted {
        if c == "\"" {
          if pending == "\"" {
            field.append("\"")
            pending = iterator.next()
          } else {
            quoted = false
          }
        } else {
          field.append(c)
        }
      } else if c == "\"" {
        quoted = true
      } else if c == "," || c == ";" {
        result.append(field.trimmed)
        field = ""
      } else {
        field.append(c)
      }
    }
    result.append(field.trimmed)
    return result
  }

  /// Position of the first of `names` (lower case, letters and digits only), or nil.
  func column(_ names: String...) -> Int? { header.firstIndex { names.contains($0) } }

  func required(_ names: String...) throws -> Int {
    if let k = header.firstIndex(where: { names.contains($0) }) { return k }
    throw InputProblem(file: file, line: 1, expected: "a column \(names.joined(separator: " or "))", found: header.joined(separator: ","))
  }
}

extension String {
  var trimmed: String {
    var s = Substring(self)
    while let c = s.first, c.isWhitespace { s.removeFirst() }
    while let c = s.last, c.isWhitespace { s.removeLast() }
    return String(s)
  }
}
