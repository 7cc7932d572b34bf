import Statistics
import TrafficModel

/// The tables that a simulation prints and reports show.
public enum SimulationTables {
  /// Measures a table shows unless told otherwise.
  public static let measures: [NetworkMeasure] = [
    .planned, .arrived, .underway, .neverInserted, .teleports, .delay, .timeLoss, .departureDelay, .delay95, .travelTime, .stops,
    .waitingTime, .speed, .fuel, .carbonDioxide,
  ]

  /// One row a measure: mean, half width of the 95 % interval and worst seed where there are several runs.
  public static func network(_ runs: [NetworkMeasures], measures: [NetworkMeasure] = measures, language: Language = .english) -> ReportTable
  {
    func word(_ key: String) -> String { Message(key).text(language) }
    var columns = [ReportTable.Column(word("report.measure"), .left), .init(word("report.mean"))]
    if runs.count > 1 { columns += [.init("± 95 %"), .init(word("report.worstSeed"))] }
    columns.append(.init(word("report.unit"), .left))
    var table = ReportTable(caption: word("report.networkTable"), columns: columns)
    for measure in measures {
      let summary = MeasureSummary(measure, of: runs)
      var cells = [measure.name(language), NumberText.fixed(summary.interval.estimate, measure.decimals)]
      if runs.count > 1 {
        let half = summary.interval.halfWidth
        cells += [
          half.isFinite ? NumberText.fixed(half, max(measure.decimals, 1)) : "–", NumberText.fixed(summary.worst, measure.decimals),
        ]
      }
      table.append(cells + [measure.unit], emphasized: measure == .delay)
    }
    return table
  }

  /// One row an approach, those of one controller together; the worst `limit` by total delay where there are more.
  public static func approaches(
    _ rows: [ApproachMeasures], _ network: RoadNetwork, limit: Int? = nil, language: Language = .english
  ) -> ReportTable {
    func word(_ key: String) -> String { Message(key).text(language) }
    var shown = rows
    if let limit, rows.count > limit {
      shown = Array(
        rows.sorted { ($0.delay * Double($0.served), $1.link) > ($1.delay * Double($1.served), $0.link) }.prefix(limit))
    }
    shown.sort { ($0.signals.first ?? SignalID(Int(Int32.max)), $0.link) < ($1.signals.first ?? SignalID(Int(Int32.max)), $1.link) }
    var table = ReportTable(
      caption: shown.count < rows.count
        ? Message("report.approachTableWorst", [String(shown.count), String(rows.count)]).text(language) : word("report.approachTable"),
      columns: [
        .init(word("report.signal"), .left), .init(word("report.approach"), .left), .init(word("report.vehicles")),
        .init(word("measure.delay") + " [s]"), .init(word("report.stops")), .init(word("report.standing") + " [s]"),
        .init(word("report.speed")), .init(word("report.maximumQueue")), .init("[m]"),
        .init("CO₂ [kg]"),
      ])
    for row in shown {
      table.append([
        row.signals.map { SVGCanvas.shortened(network.name($0), to: 24) }.joined(separator: " "), network.label(row.link),
        NumberText.count(row.served),
        NumberText.fixed(row.delay, 1), NumberText.fixed(row.stops, 2), NumberText.fixed(row.waitingTime, 1),
        NumberText.fixed(row.speed * 3.6, 1), String(row.maximumQueue), NumberText.fixed(row.maximumQueueLength, 0),
        NumberText.fixed(row.emissions.carbonDioxide / 1e6, 1),
      ])
    }
    return table
  }
}

extension RoadNetwork {
  /// The link's name with the street's, where it has one.
  public func label(_ link: LinkID) -> String {
    guard let street = self[link].streetName, !street.isEmpty else { return name(link) }
    return name(link) + " (" + street + ")"
  }
}
