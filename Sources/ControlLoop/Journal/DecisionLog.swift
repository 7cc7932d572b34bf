import Foundation
import SignalControl
import TrafficModel

/// Every decision of a run as lines of JSON, so that it can be asked for its reasons afterwards.
///
/// The first line says what wrote it; each further one is an ``Entry``. Lines are written as they come: a run that breaks off leaves all
/// that happened before.
public enum DecisionLog {
  /// What stands in the first line.
  public struct Header: Codable, Hashable, Sendable {
    public var schemaVersion = 1
    public var engine: String
    public var strategy: String
    /// What the stages show that explanations count, by the signals' names.
    public var stages: [String: [SignalState]]
    public init(strategy: String, network: RoadNetwork) {
      engine = Provenance(inputHash: "").engine
      self.strategy = strategy
      stages = [:]
      for signal in network.signals { stages[network.name(signal.id)] = DecisionExplanation.stages(of: signal.id, in: network) }
    }
  }

  /// One signal in one tick, where it changed, decided or was refused.
  public struct Entry: Codable, Hashable, Sendable {
    /// [s]
    public var time: Double
    public var signal: String
    public var shown: SignalState
    /// What the controller wished, where the street shows something else.
    public var wished: SignalState?
    public var violations: [ConflictMonitor.Violation]?
    public var explanation: DecisionExplanation?
    public init(time: Double, signal: String, shown: SignalState) {
      self.time = time
      self.signal = signal
      self.shown = shown
    }
  }

  /// Options kept of each decision.
  public static let keptOptions = 8

  /// The entries of one tick.
  public static func entries(
    of tick: ControlLoop.Tick, before: [SignalID: SignalState], network: RoadNetwork, explain: (SignalID) -> DecisionExplanation?
  ) -> [Entry] {
    let wishes = Dictionary(tick.wished.map { ($0.signal, $0.state) }, uniquingKeysWith: { first, _ in first })
    return tick.shown.compactMap { command in
      var explanation = explain(command.signal).flatMap { $0.time == tick.now ? $0 : nil }
      if let options = explanation?.options.prefix(keptOptions) { explanation?.options = Array(options) }
      let violations = tick.violations.filter { $0.signal == command.signal }
      guard explanation != nil || !violations.isEmpty || before[command.signal] != command.state else { return nil }
      var entry = Entry(time: tick.now.seconds, signal: network.name(command.signal), shown: command.state)
      if let wished = wishes[command.signal], wished != command.state { entry.wished = wished }
      if !violations.isEmpty { entry.violations = violations }
      entry.explanation = explanation
      return entry
    }
  }

  public static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  /// The last decision of `signal` at or before `time` [s], and what its stages show.
  ///
  /// - Throws: the first line that is not of such a log. A last line that was cut off is passed over.
  public static func find(_ signal: String, at time: Double, in text: String, file: String) throws(InputProblem)
    -> (entry: Entry, stages: [SignalState])?
  {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.first, let header = try? decoder.decode(Header.self, from: Data(first.utf8)), header.schemaVersion == 1 else {
      throw InputProblem(
        file: file, line: 1, expected: "a log of decisions, schema version 1",
        found: text.isEmpty ? "an empty file" : String((lines.first ?? "").prefix(40)),
        advice: "greenwave control --log writes one")
    }
    var found: Entry?
    for (number, line) in lines.enumerated().dropFirst() where !line.isEmpty {
      guard let entry = try? decoder.decode(Entry.self, from: Data(line.utf8)) else {
        if number == lines.count - 1 { break }
        throw InputProblem(file: file, line: number + 1, expected: "a decision", found: String(line.prefix(40)))
      }
      if entry.time > time { break }
      if entry.signal == signal, entry.explanation != nil || found?.explanation == nil { found = entry }
    }
    return found.map { ($0, header.stages[signal] ?? []) }
  }
}
