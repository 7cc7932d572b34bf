import Statistics
import TrafficModel

/// The page that `greenwave compare` writes: which strategy is better, how surely, for whom, and where the gain came from.
public struct ComparisonReport: Sendable {
  public var title: String
  public let network: RoadNetwork
  public var comparison: StrategyComparison
  public var provenance: Provenance?
  /// A sentence on how it was run: street, period, protocol.
  public var subtitle = ""
  public var notices: [String] = []
  /// One full run of each strategy, by the strategy's position, for time-space diagrams and signal bands.
  public var examples: [Int: RunRecord] = [:]
  public var corridor: Corridor?

  public init(title: String, network: RoadNetwork, comparison: StrategyComparison, provenance: Provenance? = nil) {
    self.title = title
    self.network = network
    self.comparison = comparison
    self.provenance = provenance
  }

  public func html(_ language: Language = .english) -> String {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    var page = HTMLPage(title: title, language: language)
    page.provenance = provenance
    page.subtitle = subtitle
    for notice in notices { page.notice(notice) }
    for entry in comparison.entries {
      for run in entry.runs where !run.isValid {
        page.notice(word("comparison.invalid", [entry.name, String(run.seed), run.remarks.joined(separator: "; ")]))
      }
    }

    page.section(word("comparison.verdict"))
    page.paragraph(verdict(language))
    page.figure(
      ComparisonCharts.means(comparison, language: language), caption: word("comparison.means.caption"), table: comparison.table(language))
    page.table(comparison.table(language))
    if let picture = ComparisonCharts.differences(comparison, language: language) {
      page.figure(picture, caption: word("comparison.differences.caption", [comparison.entries[0].name]), table: seedTable(language))
    }

    page.section(word("comparison.who"))
    let series = comparison.entries.map { DistributionPlot.Series(name: $0.name, values: $0.runs.flatMap(\.delays)) }
    page.figure(
      DistributionPlot.draw(series, title: word("picture.distribution.title"), axis: word("picture.delaySeconds"), language: language),
      caption: word("picture.distribution.caption"), table: DistributionPlot.table(series, unit: "s", language: language))

    let winner = comparison.best()
    let shown = winner == 0 ? comparison.entries.indices.dropFirst().first : winner
    if let shown {
      let gain = ComparisonCharts.gainByLink(comparison.entries[0].runs, comparison.entries[shown].runs, network)
      if gain.contains(where: \.isFinite) {
        let heading = word("comparison.gain.title", [comparison.entries[shown].name, comparison.entries[0].name])
        page.section(heading)
        page.figure(
          ComparisonCharts.gainMap(gain, network, title: heading, language: language), caption: word("comparison.gain.caption"),
          table: ComparisonCharts.gainTable(gain, network, limit: 30, language: language))
        page.table(ComparisonCharts.gainTable(gain, network, language: language))
      }
      addExamples([0, shown], to: &page, language)
    }
    return page.html()
  }

  /// The outcome in one sentence, with its uncertainty.
  public func verdict(_ language: Language = .english) -> String {
    func word(_ key: String, _ arguments: [String]) -> String { Message(key, arguments).text(language) }
    let best = comparison.best(), base = comparison.entries[0].name
    let delay = NumberText.fixed(comparison.summary(.delay, of: best).interval.estimate, 1)
    guard best != 0, let paired = comparison.difference(.delay, of: best) else { return word("comparison.baselineBest", [base, delay]) }
    let gain = NumberText.fixed(-paired.difference.estimate, 1)
    guard paired.difference.halfWidth.isFinite else {
      return word("comparison.bestOneSeed", [comparison.entries[best].name, delay, gain, base])
    }
    return word(
      paired.isSignificant ? "comparison.best" : "comparison.bestUnsure",
      [
        comparison.entries[best].name, delay, gain, base, NumberText.fixed(-paired.difference.upper, 1),
        NumberText.fixed(-paired.difference.lower, 1),
      ])
  }

  private func seedTable(_ language: Language) -> ReportTable {
    let seeds = Array(Set(comparison.entries.flatMap { $0.runs.map(\.seed) })).sorted()
    var table = ReportTable(
      columns: [.init(Message("comparison.strategy").text(language), .left)]
        + seeds.map { .init(Message("report.seed", [String($0)]).text(language)) })
    for entry in comparison.entries {
      table.append(
        [entry.name] + seeds.map { seed in entry.runs.first { $0.seed == seed }.map { NumberText.fixed($0.measures.delay, 1) } ?? "–" })
    }
    return table
  }

  private func addExamples(_ shown: [Int], to page: inout HTMLPage, _ language: Language) {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    let known = shown.compactMap { i in examples[i].map { (comparison.entries[i].name, $0) } }
    guard !known.isEmpty else { return }
    var flow = [Double](repeating: 0, count: network.links.count)
    for interval in known[0].1.links where interval.lane == nil { flow[interval.link.index] += Double(interval.served) }
    if let way = corridor ?? Corridor.main(of: network, flow: flow) {
      page.section(word("comparison.timeSpace"))
      for (name, run) in known where !run.signals.isEmpty || !run.trajectories.isEmpty {
        page.figure(
          TimeSpaceDiagram.example(way, network, run, title: word("picture.space.title", [name])).draw(language),
          caption: name + ". " + word("picture.space.caption"))
      }
    }
    guard let signal = busiestSignal(known[0].1) else { return }
    page.section(word("comparison.signal", [network.name(signal)]))
    for (name, run) in known {
      let middle = (run.begin.seconds + run.end.seconds) / 2
      let window = max(run.begin.seconds, middle - 180)...max(min(run.end.seconds, middle + 180), run.begin.seconds + 1)
      let history = SignalHistory(signal, run.signals)
      guard !history.changes.isEmpty else { continue }
      page.figure(
        SignalBands.draw(
          history, rows: SignalBands.rows(of: signal, in: network), window: window,
          title: word("picture.bands.title", [network.name(signal)]),
          language: language), caption: name + ". " + word("picture.bands.caption"))
    }
  }

  private func busiestSignal(_ run: RunRecord) -> SignalID? {
    var served: [SignalID: Int] = [:]
    for row in ApproachMeasures.rows(run, network) { for signal in row.signals { served[signal, default: 0] += row.served } }
    return served.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? network.signals.first?.id
  }
}
