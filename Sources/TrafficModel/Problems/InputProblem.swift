/// Something wrong with what a user gave us: where it stands, what was expected, what to do. Readers collect many and report them in
/// one go.
public struct InputProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// File as the user named it.
  public var file: String
  /// Line from 1, where known.
  public var line: Int?
  /// Element, field or record, for example `lane 12_0` or `column 3`.
  public var element: String?
  /// What was expected there.
  public var expected: String
  /// What was found instead, shortened to be readable.
  public var found: String?
  /// What the user can do about it.
  public var advice: String?
  /// The file is not there or cannot be opened, as against being there and wrong: another exit code.
  public var isMissingInput: Bool

  public init(
    file: String, line: Int? = nil, element: String? = nil, expected: String, found: String? = nil, advice: String? = nil,
    isMissingInput: Bool = false
  ) {
    self.file = file
    self.line = line
    self.element = element
    self.expected = expected
    self.found = found
    self.advice = advice
    self.isMissingInput = isMissingInput
  }

  /// `file:line: element: expected …, found … (advice)`
  public var description: String {
    var text = file
    if let line { text += ":\(line)" }
    text += ": "
    if let element { text += element + ": " }
    text += "expected " + expected
    if let found { text += ", found " + (found.count > 80 ? found.prefix(77) + "…" : found) }
    if let advice { text += " (" + advice + ")" }
    return text
  }
}

/// All that is wrong with an input, in the order it was met.
public struct InputProblems: Error, Hashable, Sendable, CustomStringConvertible {
  public var problems: [InputProblem]
  /// Problems beyond those kept; a broken file of a million lines must not fill the memory with its complaints.
  public var further: Int

  public init(_ problems: [InputProblem], further: Int = 0) {
    self.problems = problems
    self.further = further
  }

  /// 66 where everything that is wrong is that files are missing, else 65.
  public var exitStatus: ExitStatus { problems.allSatisfy(\.isMissingInput) ? .missingInput : .data }

  public var description: String {
    var lines = problems.map(\.description)
    if further > 0 { lines.append("… and \(further) more") }
    return lines.joined(separator: "\n")
  }
}

/// Exit codes of every command, after sysexits.h.
public enum ExitStatus: Int32, Sendable {
  case success = 0
  /// The command line is wrong.
  case usage = 64
  /// The input is wrong.
  case data = 65
  /// An input file is missing or unreadable.
  case missingInput = 66
  /// A service (SUMO, a broker, a database) is not available.
  case unavailable = 69
  /// A defect of ours.
  case software = 70
  /// Writing or reading failed in mid-flight.
  case inputOutput = 74
  /// Interrupted by the user; what can be resumed is kept.
  case interrupted = 130
}
