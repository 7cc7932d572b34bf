import Statistics
import TrafficModel

/// The page that `greenwave simulate --report` writes: what drivers experienced, and where.
public struct SimulationReport: Sendable {
  /// What the page is called, usually the scenario's name.
  public var title: String
  public let network: RoadNetwork
  /// One a seed; pictures show the first.
  public var runs: [RunRecord]
  public var provenance: Provenance?
  /// The way the time-space diagram follows; nil: the straight way with the most signals.
  public var corridor: Corridor?
  /// Programs by signal where signals ran fixed, for stage diagrams and green bands.
  public var programs: [SignalID: SignalProgram] = [:]
  /// Signals shown one by one; nil: those with the most delay, at most six.
  public var shownSignals: [SignalID]?
  /// Sentences to be noticed first, such as what was recognised in the input but not simulated.
  public var notices: [String] = []

  public init(title: String, network: RoadNetwork, runs: [RunRecord], provenance: Provenance? = nil) {
    precondition(!runs.isEmpty, "a report needs a run")
    self.title = title
    self.network = network
    self.runs = runs
    self.provenance = provenance
  }

  /// The whole page.
  public func html(_ language: Language = .english) -> String {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    let run = runs[0]
    let measures = runs.map { NetworkMeasures($0.trips) }
    var page = HTMLPage(title: title, language: language)
    page.provenance = provenance
    page.subtitle = word(
      "simulation.subtitle",
      [NumberText.clock(run.begin.seconds), NumberText.clock(run.end.seconds), NumberText.count(measures[0].planned), String(runs.count)])
    for notice in notices { page.notice(notice) }
    for notice in Self.warnings(measures, language) { page.notice(notice) }

    page.section(word("simulation.drivers"))
    page.keyFigures(Self.keyFigures(measures, language))
    page.paragraph(word("simulation.delayDefinition"))
    page.table(SimulationTables.network(measures, language: language))

    let approaches = ApproachMeasures.rows(run, network)
    if !run.links.isEmpty {
      page.section(word("picture.map.title"))
      var map = NetworkMap(network, title: word("picture.map.title"))
      let way = corridor ?? mainCorridor(run)
      map.highlighted = way.map { $0.links + $0.returnLinks } ?? []
      let layer = NetworkMap.Layer(
        values: Self.delayByLink(run, network), name: word("measure.timeLoss"), unit: word("simulation.perVehicle"))
      page.figure(
        map.draw(layer, language: language),
        caption: word("picture.map.caption") + (way == nil ? "" : " " + word("picture.map.corridor")))
      if !approaches.isEmpty {
        page.table(SimulationTables.approaches(approaches, network, limit: 12, language: language))
        if approaches.count > 12 {
          page.foldedTable(
            SimulationTables.approaches(approaches, network, language: language), summary: word("simulation.allApproaches"))
        }
      }
    }

    if !run.samples.isEmpty || !run.trips.isEmpty {
      page.section(word("simulation.overTime"))
      let table = TimeCharts.table(run, language: language)
      if !run.samples.isEmpty {
        page.figure(TimeCharts.vehicles(run, language: language), caption: word("picture.queue.caption"), table: table)
      }
      page.figure(
        TimeCharts.flows(run, language: language), caption: word("picture.flow.caption"), table: run.samples.isEmpty ? table : nil)
      let series = runs.prefix(5).map {
        DistributionPlot.Series(name: word("report.seed", [String($0.seed)]), values: $0.trips.map(\.delay))
      }
      page.figure(
        DistributionPlot.draw(series, title: word("picture.distribution.title"), axis: word("picture.delaySeconds"), language: language),
        caption: word("picture.distribution.caption"), table: DistributionPlot.table(series, unit: "s", language: language))
    }

    if let way = corridor ?? mainCorridor(run), !run.signals.isEmpty || !programs.isEmpty || !run.trajectories.isEmpty {
      let name = corridorName(way)
      page.section(word("picture.space.title", [name]))
      page.figure(
        TimeSpaceDiagram.example(way, network, run, programs: programs, title: word("picture.space.title", [name])).draw(language),
        caption: word("picture.space.caption"),
        table: corridorTable(way, language))
    }

    let signals = shownSignals ?? worstSignals(approaches)
    if !signals.isEmpty, !run.signals.isEmpty || !programs.isEmpty {
      page.section(word("simulation.signals"))
      for signal in signals { addSignal(signal, run, to: &page, language) }
    }
    return page.html()
  }

  /// Figures for the head of a page.
  static func keyFigures(_ measures: [NetworkMeasures], _ language: Language) -> [HTMLPage.KeyFigure] {
    let shown: [NetworkMeasure] = [.delay, .travelTime, .stops, .speed, .carbonDioxide, .arrived]
    return shown.map { measure in
      let summary = MeasureSummary(measure, of: measures)
      let unit = measure.unit.isEmpty ? "" : " " + measure.unit
      var note = ""
      if measures.count > 1, summary.interval.halfWidth.isFinite {
        note = "± " + NumberText.fixed(summary.interval.halfWidth, max(measure.decimals, 1)) + unit
      }
      if measure == .arrived {
        note = Message("simulation.ofPlanned", [NumberText.count(measures[0].planned)]).text(language)
      }
      return .init(value: NumberText.fixed(summary.interval.estimate, measure.decimals) + unit, label: measure.name(language), note: note)
    }
  }

  /// What a reader must not overlook.
  static func warnings(_ measures: [NetworkMeasures], _ language: Language) -> [String] {
    var notices: [String] = []
    let never = measures.map(\.neverInserted).max() ?? 0
    if never > 0 { notices.append(Message("simulation.neverInserted", [NumberText.count(never)]).text(language)) }
    let underway = measures.map(\.underway).max() ?? 0
    if underway * 10 > (measures.first?.planned ?? 0), underway > 0 {
      notices.append(Message("simulation.manyUnderway", [NumberText.count(underway)]).text(language))
    }
    return notices
  }

  /// Time lost per vehicle on each link, by the link's index; NaN where nobody drove [s].
  public static func delayByLink(_ run: RunRecord, _ network: RoadNetwork) -> [Double] {
    var values = [Double](repeating: .nan, count: network.links.count)
    for row in ApproachMeasures.rows(run, network, signalizedOnly: false) { values[row.link.index] = row.delay }
    return values
  }

  private func mainCorridor(_ run: RunRecord) -> Corridor? {
    var flow = [Double](repeating: 0, count: network.links.count)
    for interval in run.links where interval.lane == nil || network[interval.link].lanes.count == 1 {
      flow[interval.link.index] += Double(interval.served)
    }
    return Corridor.main(of: network, flow: flow)
  }

  private func corridorName(_ way: Corridor) -> String {
    var counts: [String: Int] = [:]
    for link in way.links { if let street = network[link].streetName, !street.isEmpty { counts[street, default: 0] += 1 } }
    if let street = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key { return street }
    return network.name(way.links[0]) + " → " + network.name(way.links[way.links.count - 1])
  }

  private func corridorTable(_ way: Corridor, _ language: Language) -> ReportTable {
    func word(_ key: String) -> String { Message(key).text(language) }
    var table = ReportTable(columns: [
      .init(word("report.signal"), .left), .init(word("picture.distance")), .init(word("report.cycle") + " [s]"),
      .init(word("report.offset") + " [s]"),
    ])
    for place in way.signals {
      let program = programs[place.signal]
      table.append([
        network.name(place.signal), NumberText.fixed(place.distance, 0), program.map { NumberText.short($0.cycle.seconds) } ?? "–",
        program.map { NumberText.short($0.offset.seconds) } ?? "–",
      ])
    }
    return table
  }

  /// Controllers with the most delay on their approaches, worst first.
  private func worstSignals(_ approaches: [ApproachMeasures]) -> [SignalID] {
    var total: [SignalID: Double] = [:]
    for row in approaches { for signal in row.signals { total[signal, default: 0] += row.delay * Double(row.served) } }
    if total.isEmpty { return Array(network.signals.prefix(6).map(\.id)) }
    return total.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(6).map(\.key)
  }

  private func addSignal(_ signal: SignalID, _ run: RunRecord, to page: inout HTMLPage, _ language: Language) {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    let name = network.name(signal)
    page.heading(word("simulation.signal", [name]))
    if let program = programs[signal] {
      page.figure(
        StageDiagram(network, signal: signal, program: program).draw(title: word("picture.phases.title", [name]), language: language),
        caption: word("picture.phases.caption"))
    }
    let middle = (run.begin.seconds + run.end.seconds) / 2
    let span = max((programs[signal]?.cycle.seconds ?? 90) * 4, 120)
    let window = max(run.begin.seconds, middle - span / 2)...max(min(run.end.seconds, middle + span / 2), run.begin.seconds + 1)
    var history = SignalHistory(signal, run.signals)
    if history.changes.isEmpty, let program = programs[signal] {
      history = SignalHistory(signal, program: program, from: window.lowerBound, to: window.upperBound)
    }
    let rows = SignalBands.rows(of: signal, in: network)
    guard !history.changes.isEmpty, !rows.isEmpty else { return }
    page.figure(
      SignalBands.draw(history, rows: rows, window: window, title: word("picture.bands.title", [name]), language: language),
      caption: word("picture.bands.caption"))
  }
}
