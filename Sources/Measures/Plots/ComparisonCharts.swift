import Statistics
import TrafficModel

/// Pictures that set strategies side by side.
public enum ComparisonCharts {
  /// Every seed as a dot, the mean with its interval beside it.
  public static func means(
    _ comparison: StrategyComparison, _ measure: NetworkMeasure = .delay, width: Double = 900, language: Language = .english
  )
    -> SVGCanvas
  {
    let name = measure.name(language) + (measure.unit.isEmpty ? "" : " [" + measure.unit + "]")
    let summaries = comparison.entries.indices.map { comparison.summary(measure, of: $0) }
    let height = Double(comparison.entries.count) * 34 + 62
    let reach = summaries.flatMap { $0.values + ($0.interval.halfWidth.isFinite ? [$0.interval.upper] : []) }
    var chart = Chart(
      title: Message("comparison.means.title", [measure.name(language)]).text(language),
      summary: zip(comparison.entries, summaries).map { $0.name + ": " + $1.text + " " + measure.unit }.joined(separator: "; "),
      x: .init(PlotScale.niceDomain(reach, ticks: 8), label: name, ticks: 8),
      y: .init(
        -0.7...Double(comparison.entries.count) - 0.3, label: "",
        categories: comparison.entries.enumerated().map { (Double(comparison.entries.count - 1 - $0.offset), $0.element.name) }, grid: false
      ),
      width: width, height: height)
    let winner = comparison.best(measure)
    chart.inFrame { canvas, x, y in
      for (i, summary) in summaries.enumerated() {
        let middle = y(Double(summaries.count - 1 - i))
        let color = i == 0 ? PlotColor.muted : i == winner ? Palette.green : Palette.blue
        for (k, value) in summary.values.enumerated() where value.isFinite {
          let offset = Double(k % 3 - 1) * 3.5
          canvas.circle(x: x(value), y: middle + offset, radius: 2.2, .area(color, opacity: 0.45))
        }
        let mean = x(summary.interval.estimate)
        if summary.interval.halfWidth.isFinite {
          canvas.line(x(summary.interval.lower), middle, x(summary.interval.upper), middle, .line(color, width: 2.4))
          for end in [summary.interval.lower, summary.interval.upper] {
            canvas.line(x(end), middle - 5, x(end), middle + 5, .line(color, width: 2))
          }
        }
        Chart.mark(i == 0 ? .square : i == winner ? .diamond : .circle, at: (mean, middle), color: color, size: 5, on: &canvas)
        canvas.text(
          NumberText.fixed(summary.interval.estimate, measure.decimals), x: mean, y: middle - 8, size: 11, anchor: .middle,
          bold: i == winner,
          halo: true)
      }
    }
    return chart.finished()
  }

  /// Paired differences to the first strategy with their intervals, and a line at none.
  public static func differences(
    _ comparison: StrategyComparison, _ measure: NetworkMeasure = .delay, width: Double = 900, language: Language = .english
  ) -> SVGCanvas? {
    let rows = comparison.entries.indices.compactMap { i in comparison.difference(measure, of: i).map { (comparison.entries[i].name, $0) } }
    guard !rows.isEmpty else { return nil }
    let reach = rows.flatMap { row in
      row.1.difference.halfWidth.isFinite ? [row.1.difference.lower, row.1.difference.upper] : [row.1.difference.estimate]
    }
    let unit = measure.unit.isEmpty ? "" : " [" + measure.unit + "]"
    var chart = Chart(
      title: Message("comparison.differences.title", [comparison.entries[0].name]).text(language),
      x: .init(
        PlotScale.niceDomain(reach, ticks: 8),
        label: Message("comparison.differenceAxis", [comparison.entries[0].name]).text(language) + unit,
        ticks: 8),
      y: .init(
        -0.7...Double(rows.count) - 0.3, label: "",
        categories: rows.enumerated().map { (Double(rows.count - 1 - $0.offset), $0.element.0) },
        grid: false),
      width: width, height: Double(rows.count) * 34 + 62)
    chart.verticalRule(0, color: .ink, dash: [])
    chart.inFrame { canvas, x, y in
      for (i, row) in rows.enumerated() {
        let middle = y(Double(rows.count - 1 - i)), d = row.1.difference
        let isBetter = (d.estimate < 0) == (measure.smallerIsBetter ?? true)
        let color = !row.1.isSignificant ? PlotColor.muted : isBetter ? Palette.blue : Palette.vermilion
        if d.halfWidth.isFinite {
          canvas.line(x(d.lower), middle, x(d.upper), middle, .line(color, width: 3))
          for end in [d.lower, d.upper] { canvas.line(x(end), middle - 5, x(end), middle + 5, .line(color, width: 2)) }
        }
        Chart.mark(isBetter ? .diamond : .square, at: (x(d.estimate), middle), color: color, size: 5, on: &canvas)
        canvas.text(NumberText.signed(d.estimate, measure.decimals), x: x(d.estimate), y: middle - 8, size: 11, anchor: .middle, halo: true)
      }
    }
    return chart.finished()
  }

  /// Time lost in all on each link, second minus first, as vehicle-hours over the run; NaN where neither drove.
  public static func gainByLink(_ before: [RunSummary], _ after: [RunSummary], _ network: RoadNetwork) -> [Double] {
    var values = [Double](repeating: .nan, count: network.links.count)
    for (runs, sign) in [(before, -1.0), (after, 1.0)] {
      for run in runs {
        for share in run.links {
          guard let link = network.linkNames[share.link] else { continue }
          let add = sign * share.timeLoss / 3600 / Double(max(runs.count, 1))
          values[link.index] = (values[link.index].isNaN ? 0 : values[link.index]) + add
        }
      }
    }
    return values
  }

  /// Blue where time was gained, orange where it was lost.
  public static func gainMap(_ gain: [Double], _ network: RoadNetwork, title: String, language: Language = .english) -> SVGCanvas {
    let sizes = gain.filter(\.isFinite).map(\.magnitude).sorted()
    let top = sizes.isEmpty ? 1 : max(sizes[min(sizes.count - 1, Int(Double(sizes.count) * 0.98))], 1e-3)
    let reach = PlotScale.niceDomain([0, top], ticks: 3).upperBound
    let layer = NetworkMap.Layer(
      values: gain, range: -reach...reach, name: Message("comparison.gain.axis").text(language), unit: "veh·h",
      color: { Palette.diverging($0) })
    return NetworkMap(network, title: title).draw(layer, language: language)
  }

  /// The links with the largest changes, better and worse.
  public static func gainTable(_ gain: [Double], _ network: RoadNetwork, limit: Int = 10, language: Language = .english) -> ReportTable {
    var table = ReportTable(columns: [
      .init(Message("report.approach").text(language), .left), .init(Message("comparison.gain.axis").text(language) + " [veh·h]"),
    ])
    let order = gain.indices.filter { gain[$0].isFinite && gain[$0].magnitude > 1e-6 }.sorted {
      (-gain[$0].magnitude, $0) < (-gain[$1].magnitude, $1)
    }
    for i in order.prefix(limit) { table.append([network.label(LinkID(i)), NumberText.signed(gain[i], 2)]) }
    return table
  }
}
