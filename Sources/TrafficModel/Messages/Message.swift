/// Languages the engine speaks to people in.
public enum Language: String, Sendable, Codable, CaseIterable { case english = "en", chinese = "zh" }

/// A sentence for people, kept as its key and arguments until somebody reads it: the journal stores no prose, and the same decision
/// can be explained in each language.
public struct Message: Hashable, Sendable, Codable {
  public var key: String
  /// Replace `{0}`, `{1}`, … of the table's sentence.
  public var arguments: [String]

  public init(_ key: String, _ arguments: [String] = []) {
    self.key = key
    self.arguments = arguments
  }

  /// The sentence in `language`. A key that is not in the table is shown as it is with its arguments, so that nothing is hidden.
  public func text(_ language: Language = .english) -> String {
    guard let sentence = MessageTable.sentence(key, language) else {
      return arguments.isEmpty ? key : key + "(" + arguments.joined(separator: ", ") + ")"
    }
    var text = ""
    var rest = Substring(sentence)
    while let open = rest.firstIndex(of: "{") {
      text += rest[..<open]
      guard let close = rest[open...].firstIndex(of: "}"), let index = Int(rest[rest.index(after: open)..<close]) else {
        text += rest[open...]
        return text
      }
      text += arguments.indices.contains(index) ? arguments[index] : "{\(index)}"
      rest = rest[rest.index(after: close)...]
    }
    return text + rest
  }
}

/// Every sentence the engine shows to people, in each language. One file a subject adds its own table (`MessageTable+Plan.swift`, …)
/// and its line in `subjects`.
public enum MessageTable {
  public struct Entry: Sendable {
    public var key: String
    public var english: String
    public var chinese: String
    public init(_ key: String, en english: String, zh chinese: String) {
      self.key = key
      self.english = english
      self.chinese = chinese
    }
  }

  /// All tables, one a subject.
  public static let subjects: [[Entry]] = [
    plan, report, flowReport, measures, pictures, comparison, commandLine,
    timing,
    health, signalPerformance,
    live, page,
    monitor, strategies, control, explanation,
  ]

  private static let index: [String: Entry] = {
    var table: [String: Entry] = [:]
    for entry in subjects.joined() {
      precondition(table[entry.key] == nil, "two sentences for the message \(entry.key)")
      table[entry.key] = entry
    }
    return table
  }()

  /// The sentence behind `key`, or nil.
  public static func sentence(_ key: String, _ language: Language) -> String? {
    index[key].map { language == .chinese ? $0.chinese : $0.english }
  }
}
