extension Chart {
  /// Dash patterns by series number: the second carrier beside colour.
  public static func dash(_ i: Int) -> [Double] { [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 2]][((i % 5) + 5) % 5] }

  /// Marker by series number.
  public static func marker(_ i: Int) -> Marker { [.circle, .square, .triangle, .diamond, .cross][((i % 5) + 5) % 5] }

  /// Points joined by straight lines; a gap wherever a figure is not finite.
  public mutating func line(
    _ points: [(x: Double, y: Double)], color: PlotColor, name: String? = nil, width: Double = 1.8, dash: [Double] = [],
    marker: Marker = .none, opacity: Double = 1
  ) {
    let style = SVGStyle.line(color, width: width, dash: dash, opacity: opacity)
    inFrame { canvas, x, y in
      for run in Self.finiteRuns(points) {
        canvas.polyline(run.map { (x($0.x), y($0.y)) }, style)
        if marker != .none || run.count == 1 {
          for point in run {
            Self.mark(marker == .none ? .circle : marker, at: (x(point.x), y(point.y)), color: color, on: &canvas)
          }
        }
      }
    }
    remember(name, style, marker: marker)
  }

  /// A figure that holds from each point to the next, and from the last to `until`.
  public mutating func steps(
    _ points: [(x: Double, y: Double)], until: Double? = nil, color: PlotColor, name: String? = nil, width: Double = 1.8,
    dash: [Double] = [],
    filled: Bool = false
  ) {
    let style = SVGStyle.line(color, width: width, dash: dash)
    inFrame { canvas, x, y in
      for run in Self.finiteRuns(points) {
        var corners: [(x: Double, y: Double)] = []
        for (i, point) in run.enumerated() {
          if i > 0 { corners.append((x(point.x), y(run[i - 1].y))) }
          corners.append((x(point.x), y(point.y)))
        }
        if let until, let last = run.last, last.x < until, last.x == points.last?.x { corners.append((x(until), y(last.y))) }
        if filled, let first = corners.first, let last = corners.last {
          canvas.polygon(corners + [(last.x, y(0)), (first.x, y(0))], .area(color, opacity: 0.18))
        }
        canvas.polyline(corners, style)
      }
    }
    remember(name, style)
  }

  /// One bar from 0 for each point, `width` wide in the unit of x.
  public mutating func bars(
    _ points: [(x: Double, y: Double)], width: Double, color: PlotColor, name: String? = nil, tooltips: [String] = []
  ) {
    inFrame { canvas, x, y in
      for (i, point) in points.enumerated() where point.y.isFinite {
        let left = x(point.x - width / 2), right = x(point.x + width / 2)
        let top = min(y(point.y), y(0)), bottom = max(y(point.y), y(0))
        canvas.rectangle(
          x: left, y: top, width: right - left, height: bottom - top, .area(color),
          tooltip: tooltips.indices.contains(i) ? tooltips[i] : nil)
      }
    }
    remember(name, .area(color), isArea: true)
  }

  /// A band between two curves over the same abscissae, such as a confidence interval.
  public mutating func band(
    _ points: [(x: Double, low: Double, high: Double)], color: PlotColor, opacity: Double = 0.2, name: String? = nil
  ) {
    let finite = points.filter { $0.low.isFinite && $0.high.isFinite }
    inFrame { canvas, x, y in
      canvas.polygon(finite.map { (x($0.x), y($0.high)) } + finite.reversed().map { (x($0.x), y($0.low)) }, .area(color, opacity: opacity))
    }
    remember(name, .area(color, opacity: opacity), isArea: true)
  }

  /// An area in the data's coordinates.
  public mutating func polygon(
    _ points: [(x: Double, y: Double)], color: PlotColor, opacity: Double = 1, name: String? = nil, outline: PlotColor = .none,
    tooltip: String? = nil
  ) {
    let style = SVGStyle(fill: color, stroke: outline, opacity: opacity)
    inFrame { canvas, x, y in canvas.polygon(points.map { (x($0.x), y($0.y)) }, style, tooltip: tooltip) }
    remember(name, style, isArea: true)
  }

  /// Single points.
  public mutating func scatter(
    _ points: [(x: Double, y: Double)], color: PlotColor, name: String? = nil, size: Double = 2, marker: Marker = .circle,
    opacity: Double = 1
  ) {
    inFrame { canvas, x, y in
      for point in points where point.x.isFinite && point.y.isFinite {
        if marker == .circle {
          canvas.circle(x: x(point.x), y: y(point.y), radius: size, .area(color, opacity: opacity))
        } else {
          Self.mark(marker, at: (x(point.x), y(point.y)), color: color, size: size, on: &canvas)
        }
      }
    }
    remember(name, .line(color, width: 0.01), marker: marker == .none ? .circle : marker)
  }

  /// A mean with its confidence interval: a vertical whisker at `x`.
  public mutating func interval(
    at value: Double, mean: Double, low: Double, high: Double, color: PlotColor, cap: Double = 5, marker: Marker = .circle
  ) {
    inFrame { canvas, x, y in
      let style = SVGStyle.line(color, width: 1.6)
      canvas.line(x(value), y(low), x(value), y(high), style)
      canvas.line(x(value) - cap, y(low), x(value) + cap, y(low), style)
      canvas.line(x(value) - cap, y(high), x(value) + cap, y(high), style)
      Self.mark(marker, at: (x(value), y(mean)), color: color, size: 4, on: &canvas)
    }
  }

  /// A straight line across the plot at a figure of the vertical axis.
  public mutating func horizontalRule(_ value: Double, color: PlotColor = .muted, dash: [Double] = [4, 3], label: String? = nil) {
    canvas.line(frame.left, y(value), frame.right, y(value), .line(color, width: 1.2, dash: dash))
    if let label { canvas.text(label, x: frame.right - 2, y: y(value) - 4, size: 11, anchor: .end, color: color, halo: true) }
  }

  /// A straight line across the plot at a figure of the horizontal axis.
  public mutating func verticalRule(_ value: Double, color: PlotColor = .muted, dash: [Double] = [4, 3], label: String? = nil) {
    canvas.line(x(value), frame.top, x(value), frame.bottom, .line(color, width: 1.2, dash: dash))
    if let label { canvas.text(label, x: x(value) + 4, y: frame.top + 12, size: 11, color: color, halo: true) }
  }

  /// Text at a point of the data's coordinates.
  public mutating func label(
    _ string: String, x xValue: Double, y yValue: Double, size: Double = 11, anchor: SVGCanvas.Anchor = .start, color: PlotColor = .ink
  ) {
    canvas.text(string, x: x(xValue), y: y(yValue), size: size, anchor: anchor, color: color, halo: true)
  }

  /// Adds a line to the legend for marks drawn by other means.
  public mutating func legend(_ name: String, _ style: SVGStyle, isArea: Bool, marker: Marker = .none) {
    remember(name, style, marker: marker, isArea: isArea)
  }

  /// Draws with the two scales at hand, cut off at the plot's frame.
  public mutating func inFrame(_ draw: (inout SVGCanvas, PlotScale, PlotScale) -> Void) {
    let (x, y) = (x, y)
    canvas.clipped(
      x: frame.left - 1, y: frame.top - 5, width: frame.right - frame.left + 2, height: frame.bottom - frame.top + 6
    ) { draw(&$0, x, y) }
  }

  private mutating func remember(_ name: String?, _ style: SVGStyle, marker: Marker = .none, isArea: Bool = false) {
    guard let name, !legend.contains(where: { $0.name == name }) else { return }
    legend.append(LegendEntry(name: name, style: style, marker: marker, isArea: isArea))
  }

  static func finiteRuns(_ points: [(x: Double, y: Double)]) -> [[(x: Double, y: Double)]] {
    var runs: [[(x: Double, y: Double)]] = [[]]
    for point in points {
      if point.x.isFinite && point.y.isFinite {
        runs[runs.count - 1].append(point)
      } else if !runs[runs.count - 1].isEmpty {
        runs.append([])
      }
    }
    return runs.filter { !$0.isEmpty }
  }
}
