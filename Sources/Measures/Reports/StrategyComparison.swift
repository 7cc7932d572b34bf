import Statistics
import TrafficModel

/// Several strategies on the same seeds: means, worst seeds, and paired differences against the first one.
public struct StrategyComparison: Sendable {
  /// One strategy with its runs, one a seed.
  public struct Entry: Sendable {
    public var name: String
    /// Ascending by seed.
    public var runs: [RunSummary]
    public init(name: String, runs: [RunSummary]) {
      self.name = name
      self.runs = runs.sorted { $0.seed < $1.seed }
    }
  }

  /// The first is what the others are compared with.
  public var entries: [Entry]

  /// Precondition: at least one entry, each with a run.
  public init(_ entries: [Entry]) {
    precondition(!entries.isEmpty && entries.allSatisfy { !$0.runs.isEmpty }, "a comparison needs strategies that were run")
    self.entries = entries
  }

  /// Mean, interval and worst seed of one strategy.
  public func summary(_ measure: NetworkMeasure, of index: Int) -> MeasureSummary {
    MeasureSummary(measure, of: entries[index].runs.map(\.measures))
  }

  /// The difference to the first strategy over the seeds both have; nil where they share none, or for the first itself.
  public func difference(_ measure: NetworkMeasure, of index: Int) -> PairedComparison? {
    guard index != 0 else { return nil }
    let pairs = entries[index].runs.compactMap { run in
      entries[0].runs.first { $0.seed == run.seed }.map { (measure.value(of: $0.measures), measure.value(of: run.measures)) }
    }.filter { $0.0.isFinite && $0.1.isFinite }
    return pairs.isEmpty ? nil : PairedComparison(baseline: pairs.map(\.0), alternative: pairs.map(\.1))
  }

  /// The entry with the least mean of `measure`, those with an invalid run last.
  public func best(_ measure: NetworkMeasure = .delay) -> Int {
    func key(_ i: Int) -> (Int, Double, Int) {
      let mean = summary(measure, of: i).interval.estimate
      return (entries[i].runs.allSatisfy(\.isValid) ? 0 : 1, measure.smallerIsBetter ?? true ? mean : -mean, i)
    }
    return entries.indices.min { key($0) < key($1) } ?? 0
  }

  /// One row a strategy.
  public func table(_ language: Language = .english) -> ReportTable {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    var table = ReportTable(
      caption: word("comparison.table", [entries[0].name]),
      columns: [
        .init(word("comparison.strategy"), .left), .init(word("measure.delay") + " [s]"), .init("± 95 %"), .init(word("report.worstSeed")),
        .init(word("comparison.difference") + " [s]"), .init("± 95 %"), .init("%"), .init(word("report.stops")), .init("CO₂ [kg]"),
        .init(word("comparison.unfinished")), .init(word("comparison.neverInserted")), .init(word("comparison.runs")),
      ])
    let winner = best()
    for (i, entry) in entries.enumerated() {
      let delay = summary(.delay, of: i), paired = difference(.delay, of: i)
      func half(_ interval: ConfidenceInterval?) -> String {
        guard let interval, interval.halfWidth.isFinite else { return "–" }
        return NumberText.fixed(interval.halfWidth, 1)
      }
      let invalid = entry.runs.filter { !$0.isValid }.count
      table.append(
        [
          entry.name, NumberText.fixed(delay.interval.estimate, 1), half(delay.interval), NumberText.fixed(delay.worst, 1),
          paired.map { NumberText.signed($0.difference.estimate, 1) } ?? "–", half(paired?.difference),
          paired?.relativeDifference.map { NumberText.signed($0 * 100, 0) } ?? "–",
          NumberText.fixed(summary(.stops, of: i).interval.estimate, 2),
          NumberText.fixed(summary(.carbonDioxide, of: i).interval.estimate, 0),
          NumberText.fixed(summary(.underway, of: i).interval.estimate, 1),
          NumberText.fixed(summary(.neverInserted, of: i).interval.estimate, 1),
          String(entry.runs.count) + (invalid > 0 ? " (\(invalid) ✗)" : ""),
        ], emphasized: i == winner && entries.count > 1)
    }
    return table
  }

  /// One row for every strategy, seed and measure: what the means were made of.
  public func csv(provenance: Provenance?) -> String {
    var table = ReportTable(
      columns: ["schemaVersion", "engine", "inputHash", "strategy", "seed", "valid"].map { .init($0) }
        + NetworkMeasure.allCases.map { .init($0.rawValue) })
    for entry in entries {
      for run in entry.runs {
        table.append(
          [
            String(RunSummary.currentSchemaVersion), provenance?.engine ?? "greenwave " + Provenance.engineVersion,
            provenance?.inputHash ?? "",
            entry.name, String(run.seed), run.isValid ? "1" : "0",
          ]
            + NetworkMeasure.allCases.map { NumberText.short($0.value(of: run.measures), 6) })
      }
    }
    return table.csv()
  }
}
