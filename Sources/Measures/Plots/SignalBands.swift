import TrafficModel

/// What a controller showed, stream by stream, over time.
public enum SignalBands {
  /// One row of the picture.
  public struct Row: Sendable, Hashable {
    public var label: String
    /// Positions in the controller's state drawn together.
    public var links: [Int]
    public init(label: String, links: [Int]) {
      self.label = label
      self.links = links
    }
  }

  /// One row for each approach and turn of a controller, in the order of its links.
  public static func rows(of signal: SignalID, in network: RoadNetwork) -> [Row] {
    var rows: [Row] = []
    var position: [String: Int] = [:]
    for (index, connections) in network[signal].links.enumerated() {
      guard let connection = connections.first.map({ network[$0] }) else { continue }
      let from = network[connection.fromLane].link
      let label = SVGCanvas.shortened(network.name(from)) + " " + arrow(connection.turn)
      if let known = position[label] {
        rows[known].links.append(index)
      } else {
        position[label] = rows.count
        rows.append(Row(label: label, links: [index]))
      }
    }
    return rows
  }

  /// A turn as a sign that needs no language.
  public static func arrow(_ turn: Turn) -> String {
    switch turn {
    case .straight: "↑"
    case .left: "↰"
    case .slightLeft: "↖"
    case .right: "↱"
    case .slightRight: "↗"
    case .uTurn, .uTurnRight: "↶"
    case .invalid: "·"
    }
  }

  public static func draw(
    _ history: SignalHistory, rows: [Row], window: ClosedRange<Double>, title: String, width: Double = 900, language: Language = .english
  ) -> SVGCanvas {
    let rowHeight = 20.0
    let categories = rows.enumerated().map { (value: Double($0.offset), label: $0.element.label) }
    var chart = Chart(
      title: title, summary: Message("picture.bands.caption").text(language),
      x: .init(window, label: Message("picture.time").text(language), kind: .clock, ticks: 9),
      y: .init(
        -0.6...Double(rows.count) - 0.4, label: "", categories: categories.map { (Double(rows.count - 1) - $0.value, $0.label) },
        grid: false),
      width: width, height: Double(rows.count) * rowHeight + 75, legendRows: 1)
    chart.inFrame { canvas, x, y in
      for (i, row) in rows.enumerated() {
        let bottom = y(Double(rows.count - 1 - i)) + rowHeight * 0.36
        for span in history.spans(row.links, from: window.lowerBound, to: window.upperBound) {
          draw(
            span.indication, x: x(span.begin), width: x(span.end) - x(span.begin), top: bottom - rowHeight * 0.72, height: rowHeight * 0.72,
            open: false, on: &canvas)
        }
      }
    }
    addLegend(to: &chart, language, isOpen: false)
    return chart.finished()
  }

  /// One span. Open: green is drawn as an outline, so that a road diagram shows through. Otherwise height carries the meaning too.
  static func draw(
    _ indication: Indication, x: Double, width: Double, top: Double, height: Double, open: Bool, on canvas: inout SVGCanvas
  ) {
    let share: Double =
      open ? 1 : indication == .green ? 1 : indication == .permissiveGreen ? 0.66 : indication == .red ? 0.14 : 0.36
    let style = open && indication.isGreen ? SVGStyle.area(color(indication), opacity: 0.28) : SVGStyle.area(color(indication))
    canvas.rectangle(x: x, y: top + height * (1 - share), width: max(width, 0.3), height: height * share, style)
  }

  static func color(_ indication: Indication) -> PlotColor {
    switch indication {
    case .green: Palette.signalGreen
    case .permissiveGreen: Palette.signalPermissive
    case .yellow, .redYellow: Palette.signalYellow
    case .red: Palette.signalRed
    case .off, .offBlinking, .stopThenProceed: .muted
    }
  }

  static func addLegend(to chart: inout Chart, _ language: Language, isOpen: Bool) {
    chart.legend(Message("picture.green").text(language), .area(Palette.signalGreen, opacity: isOpen ? 0.28 : 1), isArea: true)
    if !isOpen { chart.legend(Message("picture.permissive").text(language), .area(Palette.signalPermissive), isArea: true) }
    chart.legend(Message("picture.yellow").text(language), .area(Palette.signalYellow), isArea: true)
    chart.legend(Message("picture.red").text(language), .area(Palette.signalRed), isArea: true)
  }
}
