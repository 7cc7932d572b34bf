import Statistics
import TrafficModel

/// The page that `greenwave optimize` writes: what changes at each signal and why, and what drivers gain.
public struct BeforeAfterReport: Sendable {
  /// One figure before and after, from whatever judged the plans.
  public struct Row: Sendable {
    public var name: String
    public var unit: String
    public var before: Double
    public var after: Double
    /// Interval of after minus before, where several seeds were run.
    public var difference: ConfidenceInterval?
    public var decimals: Int
    public init(name: String, unit: String, before: Double, after: Double, difference: ConfidenceInterval? = nil, decimals: Int = 1) {
      self.name = name
      self.unit = unit
      self.before = before
      self.after = after
      self.difference = difference
      self.decimals = decimals
    }
  }

  public var title: String
  public let network: RoadNetwork
  public var provenance: Provenance?
  public var subtitle = ""
  /// Who judged: the platoon model, the simulator with so many seeds.
  public var judge = ""
  public var rows: [Row]
  /// Programs by signal.
  public var before: [SignalID: SignalProgram]
  public var after: [SignalID: SignalProgram]
  /// Why each signal changed or did not.
  public var reasons: [SignalID: [Message]] = [:]
  /// What the search or solver did and guarantees, one sentence each.
  public var certificate: [String] = []
  public var findings: [PlanFinding] = []
  public var notices: [String] = []
  /// Runs under both plans, where the simulator judged; pictures show the first of each.
  public var runsBefore: [RunRecord] = []
  public var runsAfter: [RunRecord] = []
  public var corridor: Corridor?
  /// Progression bands to draw instead of those the programs leave open.
  public var bands: [GreenBand]?

  public init(
    title: String, network: RoadNetwork, rows: [Row], before: [SignalID: SignalProgram], after: [SignalID: SignalProgram],
    provenance: Provenance? = nil
  ) {
    self.title = title
    self.network = network
    self.rows = rows
    self.before = before
    self.after = after
    self.provenance = provenance
  }

  /// Rows from runs on the same seeds.
  public static func rows(before: [RunRecord], after: [RunRecord], language: Language = .english) -> [Row] {
    let old = before.map { NetworkMeasures($0.trips) }, new = after.map { NetworkMeasures($0.trips) }
    precondition(!old.isEmpty && old.count == new.count, "\(old.count) runs before and \(new.count) after")
    let shown: [NetworkMeasure] = [
      .delay, .timeLoss, .departureDelay, .delay95, .travelTime, .stops, .waitingTime, .speed, .fuel, .carbonDioxide, .underway,
      .neverInserted,
    ]
    return shown.map { measure in
      let paired = PairedComparison(baseline: old.map(measure.value), alternative: new.map(measure.value))
      return Row(
        name: measure.name(language), unit: measure.unit, before: paired.baseline, after: paired.alternative,
        difference: old.count > 1 ? paired.difference : nil, decimals: measure.decimals)
    }
  }

  public func html(_ language: Language = .english) -> String {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    var page = HTMLPage(title: title, language: language)
    page.provenance = provenance
    page.subtitle = subtitle
    for notice in notices { page.notice(notice) }

    page.section(word("change.gain"))
    if let first = rows.first {
      let change = first.before == 0 ? 0 : (first.after - first.before) / first.before * 100
      page.keyFigures([
        .init(value: NumberText.fixed(first.before, first.decimals) + " " + first.unit, label: word("change.before"), note: first.name),
        .init(value: NumberText.fixed(first.after, first.decimals) + " " + first.unit, label: word("change.after"), note: first.name),
        .init(value: NumberText.signed(change, 0) + " %", label: word("change.change"), note: first.name),
      ])
    }
    if !judge.isEmpty { page.paragraph(word("change.judge", [judge])) }
    page.table(table(language))
    if !certificate.isEmpty {
      page.heading(word("change.certificate"))
      page.list(certificate)
    }
    if !findings.isEmpty {
      page.heading(word("change.findings"))
      page.list(findings.map { $0.signal + ": " + $0.message.text(language) })
    }
    addPictures(to: &page, language)
    addSignals(to: &page, language)
    return page.html()
  }

  /// Before, after, change and its interval.
  public func table(_ language: Language = .english) -> ReportTable {
    func word(_ key: String) -> String { Message(key).text(language) }
    let hasIntervals = rows.contains { $0.difference != nil }
    var columns: [ReportTable.Column] = [
      .init(word("report.measure"), .left), .init(word("change.before")), .init(word("change.after")), .init(word("change.change")),
    ]
    if hasIntervals { columns.append(.init("± 95 %")) }
    columns += [.init("%"), .init(word("report.unit"), .left)]
    var table = ReportTable(caption: word("change.table"), columns: columns)
    for (i, row) in rows.enumerated() {
      var cells = [
        row.name, NumberText.fixed(row.before, row.decimals), NumberText.fixed(row.after, row.decimals),
        NumberText.signed(row.after - row.before, row.decimals),
      ]
      if hasIntervals {
        cells.append(row.difference.flatMap { $0.halfWidth.isFinite ? NumberText.fixed($0.halfWidth, max(row.decimals, 1)) : nil } ?? "–")
      }
      cells.append(row.before == 0 ? "–" : NumberText.signed((row.after - row.before) / row.before.magnitude * 100, 0))
      table.append(cells + [row.unit], emphasized: i == 0)
    }
    return table
  }

  private func addPictures(to page: inout HTMLPage, _ language: Language) {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    if let old = runsBefore.first, let new = runsAfter.first {
      page.section(word("change.where"))
      let gain = ComparisonCharts.gainByLink([RunSummary(old, network: network)], [RunSummary(new, network: network)], network)
      if gain.contains(where: \.isFinite) {
        page.figure(
          ComparisonCharts.gainMap(gain, network, title: word("change.where"), language: language),
          caption: word("comparison.gain.caption"),
          table: ComparisonCharts.gainTable(gain, network, limit: 30, language: language))
      }
      let series = [
        DistributionPlot.Series(name: word("change.before"), values: runsBefore.flatMap { $0.trips.map(\.delay) }),
        DistributionPlot.Series(name: word("change.after"), values: runsAfter.flatMap { $0.trips.map(\.delay) }),
      ]
      page.figure(
        DistributionPlot.draw(series, title: word("picture.distribution.title"), axis: word("picture.delaySeconds"), language: language),
        caption: word("picture.distribution.caption"), table: DistributionPlot.table(series, unit: "s", language: language))
    }
    var flow = [Double](repeating: 0, count: network.links.count)
    for interval in runsBefore.first?.links ?? [] where interval.lane == nil { flow[interval.link.index] += Double(interval.served) }
    guard let way = corridor ?? Corridor.main(of: network, flow: flow), way.signals.count > 1 else { return }
    page.section(word("change.corridor"))
    for (name, programs, run) in [(word("change.before"), before, runsBefore.first), (word("change.after"), after, runsAfter.first)] {
      var diagram = TimeSpaceDiagram.example(way, network, run, programs: programs, title: word("picture.space.title", [name]))
      if let bands, programs == after { diagram.bands = bands }
      page.figure(diagram.draw(language), caption: name + ". " + word("picture.space.caption"))
    }
  }

  /// A name with its numbers filled up to equal length, so that S2 sorts before S10.
  private static func natural(_ name: String) -> String {
    var result = "", digits = ""
    func flush() {
      if !digits.isEmpty { result += String(repeating: "0", count: max(0, 12 - digits.count)) + digits }
      digits = ""
    }
    for c in name {
      if c.isASCII, c.isNumber {
        digits.append(c)
      } else {
        flush()
        result.append(c)
      }
    }
    flush()
    return result
  }

  private func addSignals(to page: inout HTMLPage, _ language: Language) {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    let signals = Array(Set(before.keys).union(after.keys)).sorted { a, b in
      let (x, y) = (Self.natural(network.name(a)), Self.natural(network.name(b)))
      return x != y ? x < y : a < b
    }
    guard !signals.isEmpty else { return }
    page.section(word("change.signals"))
    var table = ReportTable(columns: [
      .init(word("report.signal"), .left), .init(word("report.cycle") + " [s]"), .init("→"), .init(word("report.offset") + " [s]"),
      .init("→"),
      .init(word("change.greens") + " [s]"), .init("→"),
    ])
    func greens(_ program: SignalProgram?) -> String {
      guard let program else { return "–" }
      return program.stages.filter { $0.state.isServingStage }.map { NumberText.short($0.duration.seconds) }.joined(separator: " · ")
    }
    for signal in signals {
      let (old, new) = (before[signal], after[signal])
      table.append([
        network.name(signal), old.map { NumberText.short($0.cycle.seconds) } ?? "–", new.map { NumberText.short($0.cycle.seconds) } ?? "–",
        old.map { NumberText.short($0.offset.seconds) } ?? "–", new.map { NumberText.short($0.offset.seconds) } ?? "–", greens(old),
        greens(new),
      ])
    }
    page.table(table)
    // Diagrams of a hundred signals would bury the page; the table above has them all.
    let drawn = signals.filter { before[$0] != after[$0] }.prefix(12)
    for signal in signals where reasons[signal] != nil || drawn.contains(signal) {
      let name = network.name(signal)
      page.heading(word("simulation.signal", [name]))
      page.list((reasons[signal] ?? []).map { $0.text(language) })
      guard drawn.contains(signal) else { continue }
      for (label, program) in [(word("change.before"), before[signal]), (word("change.after"), after[signal])] {
        guard let program else { continue }
        page.figure(
          StageDiagram(network, signal: signal, program: program).draw(
            title: label + " – " + word("picture.phases.title", [name]), language: language),
          caption: label + ". " + word("picture.phases.caption"))
      }
    }
  }
}
