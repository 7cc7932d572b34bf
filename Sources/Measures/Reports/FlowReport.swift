import TrafficModel

/// The page that `greenwave estimate --report` writes: every link's flow, and how sure it is.
public struct FlowReport: Sendable {
  /// One link's hourly flows, interval by interval, with their 95 % intervals.
  public struct Link: Sendable, Hashable {
    public var id: LinkID
    public var isMeasured: Bool
    public var mean: [Double]
    public var low: [Double]
    public var high: [Double]

    public init(id: LinkID, isMeasured: Bool, mean: [Double], low: [Double], high: [Double]) {
      precondition(mean.count == low.count && low.count == high.count && !mean.isEmpty, "intervals of \(mean.count) flows")
      self.id = id
      self.isMeasured = isMeasured
      self.mean = mean
      self.low = low
      self.high = high
    }

    var average: Double { mean.reduce(0, +) / Double(mean.count) }
    /// Half of the interval over the flow.
    var doubt: Double { (0..<mean.count).reduce(0) { $0 + (high[$1] - low[$1]) / 2 } / max(mean.reduce(0, +), 1) }
  }

  public let network: RoadNetwork
  public var links: [Link]
  public var begin: Instant
  public var interval: TimeAmount
  /// Factor on the variances that measured links left out in turn asked for.
  public var inflation: Double
  public var notices: [String] = []
  public var provenance: Provenance?
  /// Flows below are too small for a share to say anything [veh/h].
  public static let least = 50.0

  public init(network: RoadNetwork, links: [Link], begin: Instant, interval: TimeAmount, inflation: Double) {
    precondition(!links.isEmpty, "a report needs a link")
    self.network = network
    self.links = links
    self.begin = begin
    self.interval = interval
    self.inflation = inflation
  }

  /// The whole page.
  public func html(_ language: Language = .english) -> String {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    let intervals = links[0].mean.count
    let end = begin + TimeAmount(milliseconds: interval.milliseconds * Int64(intervals))
    let measured = links.filter(\.isMeasured)
    var page = HTMLPage(title: word("flows.title"), language: language)
    page.provenance = provenance
    page.subtitle = word(
      "flows.subtitle",
      [
        NumberText.count(links.count), NumberText.count(measured.count), clock(begin), clock(end), String(intervals),
      ])
    for notice in notices { page.notice(notice) }
    page.keyFigures(keyFigures(measured.count, language))

    page.section(word("flows.map"))
    var map = NetworkMap(network, title: word("flows.map"))
    map.highlighted = measured.map(\.id)
    page.figure(
      map.draw(
        .init(values: values { $0.average }, name: word("flows.flow"), unit: "", color: { Palette.heat($0) }), language: language),
      caption: word("flows.mapCaption"))
    page.section(word("flows.doubtMap"))
    map = NetworkMap(network, title: word("flows.doubtMap"))
    map.highlighted = measured.map(\.id)
    page.figure(
      map.draw(
        .init(
          values: values { $0.average >= Self.least ? 100 * $0.doubt : .nan }, range: 0...100, name: "± ", unit: "%",
          color: { Palette.cividis(min($0, 1)) }), language: language),
      caption: word("flows.doubtCaption", [NumberText.short(Self.least)]))

    let busiest = links.filter { !$0.isMeasured }.sorted { ($1.average, $0.id) < ($0.average, $1.id) }.prefix(4)
    if intervals > 1, !busiest.isEmpty {
      page.section(word("flows.overTime"))
      for link in busiest {
        page.figure(course(of: link, language), caption: word("flows.overTimeCaption", [network.label(link.id)]))
      }
    }
    page.section(word("flows.table"))
    page.foldedTable(table(language), summary: word("flows.table") + " (" + NumberText.count(links.count) + ")")
    return page.html()
  }

  /// Flow and interval of every link over the period's mean, busiest first.
  public func table(_ language: Language = .english) -> ReportTable {
    func word(_ key: String) -> String { Message(key).text(language) }
    var table = ReportTable(
      columns: [.init(word("flows.link"), .left), .init(word("flows.flow")), .init(word("flows.low")), .init(word("flows.high"))]
        + [.init(word("flows.source"), .left)])
    for link in links.sorted(by: { ($1.average, $0.id) < ($0.average, $1.id) }) {
      let n = Double(link.mean.count)
      table.append(
        [network.label(link.id)]
          + [link.average, link.low.reduce(0, +) / n, link.high.reduce(0, +) / n].map { NumberText.fixed($0, 0) }
          + [word(link.isMeasured ? "flows.measured" : "flows.unmeasured")])
    }
    return table
  }

  private func keyFigures(_ measured: Int, _ language: Language) -> [HTMLPage.KeyFigure] {
    func word(_ key: String) -> String { Message(key).text(language) }
    let distance = links.reduce(0) { $0 + $1.average * network.length($1.id) / 1000 }
    let doubts = links.filter { !$0.isMeasured && $0.average >= Self.least }.map(\.doubt).sorted()
    return [
      .init(value: "\(NumberText.count(measured)) / \(NumberText.count(links.count))", label: word("flows.links")),
      .init(value: NumberText.count(Int(distance.rounded())), label: word("flows.distance")),
      .init(
        value: doubts.isEmpty ? "–" : "± " + NumberText.fixed(100 * doubts[doubts.count / 2], 0) + " %", label: word("flows.doubt")),
      .init(value: NumberText.fixed(inflation, 2), label: word("flows.inflation"), note: word("flows.byCrossValidation")),
    ]
  }

  private func values(_ value: (Link) -> Double) -> [Double] {
    var values = [Double](repeating: .nan, count: network.links.count)
    for link in links { values[link.id.index] = value(link) }
    return values
  }

  private func course(of link: Link, _ language: Language) -> SVGCanvas {
    let width = interval.seconds
    let start = begin.seconds - day
    let times = link.mean.indices.map { start + (Double($0) + 0.5) * width }
    var chart = Chart(
      title: network.label(link.id), summary: Message("flows.overTimeCaption", [network.label(link.id)]).text(language),
      x: .init(
        start...(start + width * Double(link.mean.count)), label: Message("flows.time").text(language), kind: .clock),
      y: .init(PlotScale.niceDomain([0, link.high.max() ?? 1], ticks: 5), label: Message("flows.flow").text(language)), width: 900,
      height: 240)
    chart.line(times.indices.map { (times[$0], link.mean[$0]) }, color: Palette.blue)
    for (k, time) in times.enumerated() {
      chart.interval(at: time, mean: link.mean[k], low: link.low[k], high: link.high[k], color: Palette.blue)
    }
    return chart.finished()
  }

  /// Readings that count from an epoch are shown by the time of their day; a scenario's clock as it is.
  private var day: Double { begin.seconds >= 7 * 86_400 ? (begin.seconds / 86_400).rounded(.down) * 86_400 : 0 }

  private func clock(_ instant: Instant) -> String { NumberText.clock(instant.seconds - day) }
}
