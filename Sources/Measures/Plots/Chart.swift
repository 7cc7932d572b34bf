/// A framed plot with axes: sensible margins, ticks, grid and legend, so that each picture only says what it shows.
///
/// ```swift
/// var chart = Chart(title: "Queue", x: .init(0...3600, label: "time", kind: .clock), y: .init(0...20, label: "vehicles"))
/// chart.line(points, color: Palette.blue, name: "north")
/// let picture = chart.finished()
/// ```
public struct Chart: Sendable {
  /// One axis: what it spans and how it is labelled.
  public struct Axis: Sendable {
    public var domain: ClosedRange<Double>
    public var label: String
    public var kind: PlotScale.Kind
    /// Ticks with texts of the caller's choosing instead of computed ones.
    public var categories: [(value: Double, label: String)]
    public var ticks: Int
    public var grid: Bool

    public init(
      _ domain: ClosedRange<Double>, label: String, kind: PlotScale.Kind = .number, categories: [(value: Double, label: String)] = [],
      ticks: Int = 6, grid: Bool = true
    ) {
      self.domain = domain
      self.label = label
      self.kind = kind
      self.categories = categories
      self.ticks = ticks
      self.grid = grid
    }
  }

  /// How a series is marked beside its colour.
  public enum Marker: Sendable { case none, circle, square, triangle, diamond, cross }

  struct LegendEntry: Sendable {
    var name: String
    var style: SVGStyle
    var marker: Marker
    var isArea: Bool
  }

  public var canvas: SVGCanvas
  public let x: PlotScale
  public let y: PlotScale
  let frame: (left: Double, top: Double, right: Double, bottom: Double)
  let legendRows: Double
  var legend: [LegendEntry] = []

  /// `legendRows` lines above the plot are kept for the legend; 0 where there is none. `leftMargin` overrides the space for
  /// the vertical axis's texts.
  public init(
    title: String, summary: String = "", x xAxis: Axis, y yAxis: Axis, width: Double = 760, height: Double = 320, legendRows: Int = 0,
    leftMargin: Double? = nil, showTitle: Bool = false
  ) {
    canvas = SVGCanvas(width: width, height: height, title: title, summary: summary)
    self.legendRows = Double(legendRows)
    let yScaleForLabels = PlotScale(yAxis.domain, from: 0, to: 1, kind: yAxis.kind)
    let yTicks = yAxis.categories.isEmpty ? yScaleForLabels.ticks(yAxis.ticks) : yAxis.categories.map(\.value)
    let yLabels = yAxis.categories.isEmpty ? yScaleForLabels.labels(yTicks) : yAxis.categories.map(\.label)
    let widest = yLabels.map { SVGCanvas.textWidth($0, size: 11) }.max() ?? 0
    let left = leftMargin ?? min(widest + (yAxis.label.isEmpty ? 16 : 36), width * 0.35)
    let top = (showTitle ? 26.0 : 10) + 18 * Double(legendRows)
    frame = (left, top, width - 16, height - (xAxis.label.isEmpty ? 24 : 42))
    x = PlotScale(xAxis.domain, from: frame.left, to: frame.right, kind: xAxis.kind)
    y = PlotScale(yAxis.domain, from: frame.bottom, to: frame.top, kind: yAxis.kind)

    if showTitle { canvas.text(title, x: left, y: 16, size: 13, bold: true) }
    let fitting = max(2, Int((frame.right - frame.left) / 70))
    let xTicks = xAxis.categories.isEmpty ? x.ticks(min(xAxis.ticks + 2, fitting)) : xAxis.categories.map(\.value)
    let xLabels = xAxis.categories.isEmpty ? x.labels(xTicks) : xAxis.categories.map(\.label)
    for (tick, label) in zip(yTicks, yLabels) {
      let position = y(tick)
      if yAxis.grid { canvas.line(frame.left, position, frame.right, position, .line(.grid, width: 1)) }
      canvas.text(label, x: frame.left - 6, y: position + 4, size: 11, anchor: .end, color: .muted)
    }
    for (tick, label) in zip(xTicks, xLabels) {
      let position = x(tick)
      if xAxis.grid { canvas.line(position, frame.top, position, frame.bottom, .line(.grid, width: 1)) }
      canvas.line(position, frame.bottom, position, frame.bottom + 4, .line(.muted, width: 1))
      let inside = min(position, width - 2 - SVGCanvas.textWidth(label, size: 11) / 2)
      canvas.text(label, x: inside, y: frame.bottom + 16, size: 11, anchor: .middle, color: .muted)
    }
    canvas.line(frame.left, frame.bottom, frame.right, frame.bottom, .line(.muted, width: 1))
    if !xAxis.label.isEmpty {
      canvas.text(xAxis.label, x: (frame.left + frame.right) / 2, y: height - 8, size: 12, anchor: .middle, color: .ink)
    }
    if !yAxis.label.isEmpty {
      canvas.text(yAxis.label, x: 14, y: (frame.top + frame.bottom) / 2, size: 12, anchor: .middle, color: .ink, angle: -90)
    }
  }

  /// The picture, legend drawn.
  public func finished() -> SVGCanvas {
    var canvas = canvas
    var left = frame.left
    var row = 0.0
    for entry in legend {
      let width = 26 + SVGCanvas.textWidth(entry.name, size: 11) + 14
      if left + width > frame.right, left > frame.left {
        left = frame.left
        row += 1
      }
      let middle = frame.top - 18 * legendRows + 6 + row * 18 - 2
      if entry.isArea {
        canvas.rectangle(x: left, y: middle - 5, width: 18, height: 10, entry.style, radius: 1)
      } else {
        canvas.line(left, middle, left + 18, middle, entry.style)
        Self.mark(entry.marker, at: (left + 9, middle), color: entry.style.stroke, on: &canvas)
      }
      canvas.text(entry.name, x: left + 23, y: middle + 4, size: 11)
      left += width
    }
    return canvas
  }

  static func mark(_ marker: Marker, at p: (x: Double, y: Double), color: PlotColor, size: Double = 3.2, on canvas: inout SVGCanvas) {
    let style = SVGStyle.area(color)
    switch marker {
    case .none: break
    case .circle: canvas.circle(x: p.x, y: p.y, radius: size, style)
    case .square: canvas.rectangle(x: p.x - size, y: p.y - size, width: 2 * size, height: 2 * size, style)
    case .triangle: canvas.polygon([(p.x - size, p.y + size), (p.x + size, p.y + size), (p.x, p.y - size)], style)
    case .diamond: canvas.polygon([(p.x - size, p.y), (p.x, p.y - size), (p.x + size, p.y), (p.x, p.y + size)], style)
    case .cross:
      canvas.line(p.x - size, p.y - size, p.x + size, p.y + size, .line(color, width: 1.5))
      canvas.line(p.x - size, p.y + size, p.x + size, p.y - size, .line(color, width: 1.5))
    }
  }
}
