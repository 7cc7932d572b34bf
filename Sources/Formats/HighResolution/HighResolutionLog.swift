import TrafficModel

/// A high-resolution controller log as read: the events, and everything about the file that was not in order.
public struct HighResolutionLog: Sendable {
  public var events: ControllerEventLog
  public var report: HighResolutionLogReport
}

/// What a reader met in a log: nothing is dropped without standing here.
public struct HighResolutionLogReport: Sendable, Hashable {
  /// A count with the line where it was first met.
  public struct Tally: Sendable, Hashable {
    public var count = 0
    public var firstLine = 0
    mutating func note(_ line: Int) {
      if count == 0 { firstLine = line }
      count += 1
    }
  }

  public var file: String
  /// Lines read, header and blank ones included.
  public var lines = 0
  public var events = 0
  /// Codes outside the enumerations: kept, but no measure reads them.
  public var unknownCodes: [UInt16: Tally] = [:]
  /// Lines that are no event: not kept.
  public var malformed = Tally()
  /// The first malformed lines, each with what was expected.
  public var problems: [InputProblem] = []
  /// Events stamped earlier than their controller's latest event by at most ``reorderWindow``: records that came late.
  public var late = Tally()
  /// Steps of a controller's clock further back than that.
  public var clockSteps = Tally()
  /// Largest step back [ms].
  public var largestStepBack: Int64 = 0
  /// Detector changes repeated to the digit: the second one is not kept.
  public var duplicates = Tally()
  /// Stamps carry an offset from UTC, so no time zone is needed.
  public var hasOffset = false
  public var end = StreamEnd.complete

  /// Records that arrive this much late are put back in their place; a longer way back is a step of the clock [ms].
  public static let reorderWindow: Int64 = 10_000

  public var isClean: Bool {
    unknownCodes.isEmpty && malformed.count == 0 && late.count == 0 && clockSteps.count == 0 && duplicates.count == 0 && end == .complete
  }

  /// Everything met, as problems for people.
  public var allProblems: [InputProblem] {
    var all = problems
    if malformed.count > problems.count {
      all.append(
        InputProblem(file: file, expected: "one event a line", found: "\(malformed.count - problems.count) further lines that are none"))
    }
    for (code, tally) in unknownCodes.sorted(by: { $0.key < $1.key }) {
      all.append(
        InputProblem(
          file: file, line: tally.firstLine, element: "code \(code)", expected: "a code of the enumerations",
          found: "\(tally.count) events with it", advice: "they are kept, and no measure reads them"))
    }
    if late.count > 0 {
      all.append(
        InputProblem(
          file: file, line: late.firstLine, expected: "events in order of time", found: "\(late.count) late events",
          advice: "they were put in their place"))
    }
    if clockSteps.count > 0 {
      all.append(
        InputProblem(
          file: file, line: clockSteps.firstLine, expected: "a clock that runs forward",
          found: "\(clockSteps.count) steps back, the largest \(Double(largestStepBack) / 1000) s",
          advice: "events keep their stamps; pairing starts afresh at each step"))
    }
    if duplicates.count > 0 {
      all.append(
        InputProblem(
          file: file, line: duplicates.firstLine, expected: "each detector change once", found: "\(duplicates.count) repeated to the digit",
          advice: "the repetition was left out"))
    }
    if case .truncated(let why) = end {
      all.append(
        InputProblem(
          file: file, line: lines, expected: "a whole file", found: "an end at line \(lines): \(why)", advice: "what was read is kept"))
    }
    return all
  }
}
