import TrafficModel

/// A day of flows as a series: the same places in every interval, intervals one after another.
public struct CountedDay: Sendable {
  /// One more than intervals.
  public let boundaries: [Instant]
  public let subjects: [FlowTable.Subject]
  /// `flows[interval][subject]` [veh/h].
  public let flows: [[Double]]

  /// Throws where intervals overlap or leave gaps, and for places that are not counted in each of them.
  public init(_ table: FlowTable, file: String) throws(InputProblems) {
    var subjects: [FlowTable.Subject] = []
    var column: [FlowTable.Subject: Int] = [:]
    struct Span: Hashable {
      var begin: Instant
      var end: Instant
    }
    var spans: Set<Span> = []
    for row in table.rows {
      spans.insert(Span(begin: row.begin, end: row.end))
      guard column[row.subject] == nil else { continue }
      column[row.subject] = subjects.count
      subjects.append(row.subject)
    }
    let ordered = spans.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
    var problems: [InputProblem] = []
    for (a, b) in zip(ordered, ordered.dropFirst()) where a.end != b.begin {
      problems.append(
        InputProblem(
          file: file, element: "intervals", expected: "one after another, the same for all places",
          found: "\(a.begin.seconds)–\(a.end.seconds) s, then \(b.begin.seconds)–\(b.end.seconds) s"))
    }
    if ordered.isEmpty { problems.append(InputProblem(file: file, expected: "counts", found: "none")) }
    guard problems.isEmpty else { throw InputProblems(Array(problems.prefix(20))) }
    let position = Dictionary(uniqueKeysWithValues: ordered.enumerated().map { ($0.element, $0.offset) })
    var flows = ordered.map { _ in [Double](repeating: .nan, count: subjects.count) }
    for row in table.rows {
      guard let k = position[Span(begin: row.begin, end: row.end)], let c = column[row.subject] else { continue }
      flows[k][c] = row.mean
    }
    for k in flows.indices {
      for c in subjects.indices where flows[k][c].isNaN {
        problems.append(
          InputProblem(
            file: file, element: Self.name(subjects[c]), expected: "a count in every interval",
            found: "none from \(ordered[k].begin.seconds) to \(ordered[k].end.seconds) s"))
      }
    }
    guard problems.isEmpty else { throw InputProblems(Array(problems.prefix(20))) }
    boundaries = ordered.map(\.begin) + [ordered[ordered.count - 1].end]
    self.subjects = subjects
    self.flows = flows
  }

  static func name(_ subject: FlowTable.Subject) -> String {
    switch subject {
    case .link(let link): link
    case .movement(let from, let to): "\(from) → \(to)"
    }
  }

  /// Flows of some intervals, averaged by length, as a table of one interval.
  ///
  /// - Parameters:
  ///   - begin, end: what the table says of the interval's time, for a scenario with a clock of its own.
  public func mean(_ intervals: Range<Int>, begin: Instant, end: Instant) -> FlowTable {
    let lengths = intervals.map { (boundaries[$0 + 1] - boundaries[$0]).seconds }
    let total = lengths.reduce(0, +)
    return FlowTable(
      rows: subjects.indices.map { c in
        let sum = zip(intervals, lengths).reduce(0.0) { $0 + flows[$1.0][c] * $1.1 }
        return .init(subject: subjects[c], begin: begin, end: end, mean: total > 0 ? sum / total : 0)
      })
  }

  /// The periods of the day, none shorter than `minimum` unless the day is.
  public func periods(minimum: TimeAmount, most: Int, worth: Double) -> PlanPeriods {
    let shortest = (1..<boundaries.count).map { (boundaries[$0] - boundaries[$0 - 1]).seconds }.min() ?? 1
    let intervals = max(1, Int((minimum.seconds / shortest - 1e-9).rounded(.up)))
    return PlanPeriods(counts: flows, minimumLength: min(intervals, flows.count), maximumPeriods: most, worth: worth)
  }
}
