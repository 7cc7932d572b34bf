import Foundation
import TrafficModel

/// Writes records as XML, CSV or JSON: what the file's name ends in decides, a further `.gz` packs it.
///
/// XML looks as SUMO's own, so that its scripts read it. CSV names its columns as SUMO's xml2csv does, `element_attribute`, with one
/// line for each innermost record; its first line, a comment, tells version, seed and inputs. JSON nests as XML does.
struct OutputFile: ~Copyable {
  enum Form { case xml, csv, json }

  static let schemaVersion = 1

  private var text: TextOutput
  private let form: Form
  private let root: String
  private var isFirst = true
  private var columns: [String] = []

  init(path: String, root: String, schema: String, provenance: Provenance) throws(OutputProblem) {
    let plain = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
    form = plain.hasSuffix(".csv") ? .csv : plain.hasSuffix(".json") ? .json : .xml
    self.root = root
    text = try TextOutput(path: path)
    let seed = provenance.seed.map { String($0) } ?? "none"
    switch form {
    case .xml:
      text.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
      text.write("<!-- \(provenance.engine), schema \(Self.schemaVersion), seed \(seed), inputs sha256 \(provenance.inputHash) -->\n")
      text.write(
        "<\(root) xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
          + " xsi:noNamespaceSchemaLocation=\"http://sumo.dlr.de/xsd/\(schema)\">\n")
    case .csv:
      text.write(
        "# \(provenance.engine) schema=\(Self.schemaVersion) kind=\(root) seed=\(seed) inputs=sha256:\(provenance.inputHash)\n")
    case .json:
      text.write(
        "{\"schema\":\(Self.schemaVersion),\"kind\":\(jsonString(root)),\"provenance\":{\"engine\":\(jsonString(provenance.engine)),"
          + "\"seed\":\(provenance.seed.map { String($0) } ?? "null"),\"inputHash\":\(jsonString(provenance.inputHash))},\"rows\":[")
    }
  }

  mutating func write(_ row: OutputRow) {
    switch form {
    case .xml: writeXML(row, 4)
    case .csv: writeCSV(row)
    case .json:
      text.write(isFirst ? "\n" : ",\n")
      text.write(Self.json(row))
    }
    isFirst = false
  }

  consuming func commit() throws(OutputProblem) {
    switch form {
    case .xml: text.write("</\(root)>\n")
    case .csv: break
    case .json: text.write("\n]}\n")
    }
    try text.commit()
  }

  private mutating func writeXML(_ row: OutputRow, _ indent: Int) {
    text.append { bytes in Self.xml(row, indent, into: &bytes) }
  }

  /// Appends a record's bytes one by one: a file holds a line for each of many vehicles, and no string need be made for any of them.
  private static func xml(_ row: OutputRow, _ indent: Int, into bytes: inout [UInt8]) {
    func put(_ character: Unicode.Scalar) { bytes.append(UInt8(ascii: character)) }
    for _ in 0..<indent { put(" ") }
    put("<")
    bytes.append(contentsOf: row.element.utf8)
    for field in row.fields {
      put(" ")
      bytes.append(contentsOf: field.name.utf8)
      put("=")
      put("\"")
      field.value.appendXML(to: &bytes)
      put("\"")
    }
    if row.children.isEmpty {
      put("/")
      put(">")
      put("\n")
      return
    }
    put(">")
    put("\n")
    for child in row.children { xml(child, indent + 4, into: &bytes) }
    for _ in 0..<indent { put(" ") }
    put("<")
    put("/")
    bytes.append(contentsOf: row.element.utf8)
    put(">")
    put("\n")
  }

  /// An only child of its kind joins its parent's line; several make a line each.
  private mutating func writeCSV(_ row: OutputRow) {
    func flat(_ row: OutputRow) -> [(String, String)] { row.fields.map { (row.element + "_" + $0.name, $0.value.plain) } }
    func lines(_ row: OutputRow, _ before: [(String, String)]) -> [[(String, String)]] {
      let own = before + flat(row)
      return row.children.isEmpty ? [own] : row.children.flatMap { lines($0, own) }
    }
    for line in lines(row, []) {
      if columns.isEmpty {
        columns = line.map(\.0)
        text.write(columns.map(csvField).joined(separator: ",") + "\n")
      }
      let values = Dictionary(line, uniquingKeysWith: { first, _ in first })
      text.write(columns.map { csvField(values[$0] ?? "") }.joined(separator: ",") + "\n")
    }
  }

  private static func json(_ row: OutputRow) -> String {
    var parts = row.fields.map { jsonString($0.name) + ":" + $0.value.json }
    var seen: [String] = []
    for child in row.children where !seen.contains(child.element) {
      seen.append(child.element)
      let same = row.children.filter { $0.element == child.element }
      parts.append(jsonString(child.element) + ":[" + same.map(json).joined(separator: ",") + "]")
    }
    return "{" + parts.joined(separator: ",") + "}"
  }
}
