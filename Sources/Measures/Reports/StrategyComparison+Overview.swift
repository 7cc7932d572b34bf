import Statistics
import TrafficModel

extension StrategyComparison {
  /// Several scenarios in one table: a row for each strategy, a column for each scenario, with mean, standard deviation and worst seed of
  /// the delay. A cross marks runs that are not valid.
  ///
  /// Precondition: every comparison has the same strategies.
  public static func overview(
    _ comparisons: [(name: String, comparison: StrategyComparison)], _ language: Language = .english
  ) -> ReportTable {
    var table = ReportTable(
      caption: Message("comparison.overview").text(language),
      columns: [.init(Message("comparison.strategy").text(language), .left)] + comparisons.map { .init($0.name) })
    guard let first = comparisons.first else { return table }
    for (i, entry) in first.comparison.entries.enumerated() {
      let cells = comparisons.map { _, comparison -> String in
        precondition(comparison.entries.map(\.name) == first.comparison.entries.map(\.name), "comparisons of different strategies")
        let values = comparison.entries[i].runs.map { NetworkMeasure.delay.value(of: $0.measures) }
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let invalid = comparison.entries[i].runs.filter { !$0.isValid }.count
        var text = NumberText.fixed(mean, 1)
        if values.count > 1 {
          let deviation = (squares / Double(values.count - 1)).squareRoot()
          text += " ± " + NumberText.fixed(deviation, 1) + ", " + NumberText.fixed(values.max() ?? mean, 1)
        }
        return text + (invalid > 0 ? " (\(invalid) ✗)" : "")
      }
      table.append([entry.name] + cells)
    }
    return table
  }
}
