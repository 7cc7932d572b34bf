import Foundation
import TrafficModel

/// A Universal Traffic Data Format file as it stands: sections, headers, rows, cell by cell, so that it can be written back unchanged.
///
/// ```swift
/// var file = try UTDFFile.read("corridor.csv")
/// file["Timeplans", "Offset", 39, "DATA"]  // "54.5"
/// ```
///
/// A blank cell means the value is absent. Which records a node has differs from node to node.
public struct UTDFFile: Sendable, Hashable {
  public struct Section: Sendable, Hashable {
    /// For example `Lanes`.
    public var name: String
    /// The line below the section's name.
    public var title: String
    public var header: [String]
    public var rows: [Row]
  }

  public struct Row: Sendable, Hashable {
    /// From 1; 0 for rows that were added.
    public var line: Int
    public var fields: [String]
  }

  /// Sections whose meaning is known; others are kept as they are.
  public static let knownSections = ["Network", "Nodes", "Links", "Lanes", "Timeplans", "Phases"]

  public var name: String
  public var sections: [Section]

  public static func read(_ path: String) throws(InputProblems) -> UTDFFile {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw InputProblems([InputProblem(file: path, expected: "a readable file", found: "nothing", isMissingInput: true)])
    }
    return try UTDFFile(text: String(decoding: data, as: UTF8.self), file: path)
  }

  public init(text: String, file: String) throws(InputProblems) {
    name = file
    sections = []
    var problems: [InputProblem] = []
    // What the next line of a section is: its title, its header, or a row.
    var expects = 0
    for (number, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = number + 1
      let trimmed = raw.trimmingCharacters(in: .whitespaces)
      if trimmed.allSatisfy({ $0 == "," }) { continue }
      if trimmed.hasPrefix("["), let end = trimmed.firstIndex(of: "]") {
        let title = String(trimmed[trimmed.index(after: trimmed.startIndex)..<end])
        if sections.contains(where: { $0.name == title }) {
          problems.append(InputProblem(file: file, line: line, element: "[\(title)]", expected: "each section once", found: "it again"))
        }
        sections.append(Section(name: title, title: "", header: [], rows: []))
        expects = 1
        continue
      }
      guard !sections.isEmpty else {
        problems.append(
          InputProblem(
            file: file, line: line, expected: "a section such as [Network]", found: trimmed,
            advice: "combined UTDF files begin with [Network]"))
        break
      }
      let k = sections.count - 1
      if expects == 1 {
        sections[k].title = trimmed
        expects = 2
      } else if expects == 2 {
        sections[k].header = Self.fields(raw)
        expects = 3
      } else {
        let fields = Self.fields(raw)
        if fields.count > sections[k].header.count {
          problems.append(
            InputProblem(
              file: file, line: line, element: "[\(sections[k].name)] \(fields[0])", expected: "at most \(sections[k].header.count) fields",
              found: "\(fields.count)"))
        }
        sections[k].rows.append(Row(line: line, fields: fields))
      }
    }
    for required in ["Network", "Nodes"] where !sections.contains(where: { $0.name == required }) && problems.isEmpty {
      problems.append(InputProblem(file: file, element: "[\(required)]", expected: "the section", found: "none"))
    }
    if !problems.isEmpty { throw InputProblems(Array(problems.prefix(50)), further: max(0, problems.count - 50)) }
  }

  /// The file's text.
  public var text: String {
    var out = ""
    for (k, section) in sections.enumerated() {
      if k > 0 { out += "\n" }
      out += "[\(section.name)]\n\(section.title)\n" + section.header.map(Self.quoted).joined(separator: ",") + "\n"
      for row in section.rows { out += row.fields.map(Self.quoted).joined(separator: ",") + "\n" }
    }
    return out
  }

  public func section(_ name: String) -> Section? { sections.first { $0.name == name } }

  /// The cell of a record of an intersection, or nil where it is blank or not there. Setting adds the record where it is missing.
  public subscript(_ section: String, _ record: String, _ id: Int, _ column: String) -> String? {
    get {
      guard let s = self.section(section), let c = s.header.firstIndex(of: column) else { return nil }
      guard let row = s.rows.first(where: { Self.matches($0, record, id) }), c < row.fields.count, !row.fields[c].isEmpty else {
        return nil
      }
      return row.fields[c]
    }
    set {
      guard let k = sections.firstIndex(where: { $0.name == section }), let c = sections[k].header.firstIndex(of: column) else { return }
      var at = sections[k].rows.firstIndex { Self.matches($0, record, id) }
      if at == nil {
        var fields = [String](repeating: "", count: sections[k].header.count)
        fields[0] = record
        fields[1] = "\(id)"
        // Behind the intersection's last record.
        let last = sections[k].rows.lastIndex { $0.fields.count > 1 && $0.fields[1] == "\(id)" }
        at = last.map { $0 + 1 } ?? sections[k].rows.count
        sections[k].rows.insert(Row(line: 0, fields: fields), at: at ?? 0)
      }
      guard let at else { return }
      while sections[k].rows[at].fields.count <= c { sections[k].rows[at].fields.append("") }
      sections[k].rows[at].fields[c] = newValue ?? ""
    }
  }

  /// A network-wide setting.
  public func setting(_ name: String) -> String? {
    section("Network")?.rows.first { $0.fields.first == name && $0.fields.count > 1 && !$0.fields[1].isEmpty }?.fields[1]
  }

  /// Line of a record, for messages.
  func line(_ section: String, _ record: String, _ id: Int) -> Int? {
    self.section(section)?.rows.first { Self.matches($0, record, id) }?.line
  }

  private static func matches(_ row: Row, _ record: String, _ id: Int) -> Bool {
    row.fields.count > 1 && row.fields[0] == record && Int(row.fields[1]) == id
  }

  private static func fields(_ line: Substring) -> [String] {
    guard line.contains("\"") else {
      return line.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
    }
    var result: [String] = []
    var field = ""
    var quoted = false
    for c in line {
      if c == "\"" {
        quoted.toggle()
      } else if c == "," && !quoted {
        result.append(field.trimmingCharacters(in: .whitespaces))
        field = ""
      } else {
        field.append(c)
      }
    }
    return result + [field.trimmingCharacters(in: .whitespaces)]
  }

  private static func quoted(_ field: String) -> String { field.contains(",") ? "\"" + field + "\"" : field }
}
