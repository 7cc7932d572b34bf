import TrafficModel

/// Cumulative distributions side by side: who suffers, not only how much on average.
public enum DistributionPlot {
  /// One curve; figures need not be sorted.
  public struct Series: Sendable {
    public var name: String
    public var values: [Double]
    public init(name: String, values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// - Parameter axis: what the figures are, with their unit.
  public static func draw(
    _ series: [Series], title: String, axis: String, width: Double = 900, height: Double = 340, language: Language = .english
  )
    -> SVGCanvas
  {
    let sorted = series.map { $0.values.filter(\.isFinite).sorted() }
    // The last two percent of the worst series would squeeze the rest into a corner.
    let reach = sorted.map { $0.isEmpty ? 0 : $0[min($0.count - 1, Int(Double($0.count) * 0.98))] }.max() ?? 1
    var chart = Chart(
      title: title, summary: Message("picture.distribution.caption").text(language),
      x: .init(PlotScale.niceDomain([0, max(reach, 1)], ticks: 8), label: axis, ticks: 8),
      y: .init(0...100, label: Message("picture.distribution.share").text(language)), width: width, height: height,
      legendRows: (series.count + 3) / 4)
    chart.horizontalRule(50, dash: [2, 3])
    chart.horizontalRule(95, dash: [2, 3])
    for (i, values) in sorted.enumerated() where !values.isEmpty {
      var points: [(x: Double, y: Double)] = []
      let steps = min(values.count, 400)
      for k in 0..<steps {
        let rank = k * (values.count - 1) / max(steps - 1, 1)
        points.append((values[rank], 100 * Double(rank + 1) / Double(values.count)))
      }
      chart.line(points, color: Palette.category(i), name: series[i].name, dash: Chart.dash(i))
    }
    return chart.finished()
  }

  /// The figures behind the curves: quantiles.
  public static func table(_ series: [Series], unit: String, language: Language = .english) -> ReportTable {
    let shares = [0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0]
    var table = ReportTable(columns: [.init("", .left)] + shares.map { .init(NumberText.short($0 * 100) + " % [" + unit + "]") })
    for one in series {
      let values = one.values.filter(\.isFinite).sorted()
      table.append(
        [one.name]
          + shares.map { share in
            values.isEmpty
              ? "–" : NumberText.fixed(values[min(values.count - 1, max(0, Int((Double(values.count) * share).rounded(.up)) - 1))], 1)
          })
    }
    return table
  }
}
