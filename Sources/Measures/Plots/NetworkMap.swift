import TrafficModel

/// The streets from above, each link coloured by a figure.
public struct NetworkMap: Sendable {
  /// What the colours mean.
  public struct Layer: Sendable {
    /// One figure a link, by the link's index; NaN draws the link as a bare street.
    public var values: [Double]
    /// Figures of the colour scale's ends.
    public var range: ClosedRange<Double>
    public var name: String
    public var unit: String
    public var color: @Sendable (Double) -> PlotColor

    public init(
      values: [Double], range: ClosedRange<Double>? = nil, name: String, unit: String,
      color: @escaping @Sendable (Double) -> PlotColor = { Palette.heat($0) }
    ) {
      self.values = values
      // A single jammed stub must not wash out everything else: the scale ends at the 98th percentile.
      let finite = values.filter(\.isFinite).sorted()
      let top = finite.isEmpty ? 1 : finite[min(finite.count - 1, Int(Double(finite.count) * 0.98))]
      self.range = range ?? PlotScale.niceDomain([0, max(top, 1e-3)], ticks: 5)
      self.name = name
      self.unit = unit
      self.color = color
    }
  }

  public let network: RoadNetwork
  public var title: String
  public var width = 900.0
  /// Links drawn with a casing on top, such as a corridor.
  public var highlighted: [LinkID] = []

  public init(_ network: RoadNetwork, title: String) {
    self.network = network
    self.title = title
  }

  /// Draws the map. Height follows the network's shape, at most some three quarters of the width.
  public func draw(_ layer: Layer, language: Language = .english) -> SVGCanvas {
    let roads = network.roads
    var low = Point(.infinity, .infinity), high = Point(-.infinity, -.infinity)
    func cover(_ p: Point) {
      low = Point(min(low.x, p.x), min(low.y, p.y))
      high = Point(max(high.x, p.x), max(high.y, p.y))
    }
    for road in roads { path(of: road).forEach(cover) }
    if !low.x.isFinite { (low, high) = (Point(0, 0), Point(1, 1)) }
    let margin = 14.0, foot = 46.0
    let spanX = max(high.x - low.x, 1), spanY = max(high.y - low.y, 1)
    let drawable = width - 2 * margin
    let scale = min(drawable / spanX, width * 0.72 / spanY)
    let height = max(spanY * scale, width * 0.3) + 2 * margin + foot
    let left = margin + (drawable - spanX * scale) / 2
    let top = margin + (height - 2 * margin - foot - spanY * scale) / 2
    func place(_ p: Point) -> (x: Double, y: Double) { (left + (p.x - low.x) * scale, top + (high.y - p.y) * scale) }

    let worst = roads.map(\.id).filter { layer.values[$0.index].isFinite }.max { layer.values[$0.index] < layer.values[$1.index] }
    let summary = worst.map {
      Message("picture.map.summary", [String(roads.count), network.label($0), NumberText.figure(layer.values[$0.index]), layer.unit])
        .text(language)
    }
    var canvas = SVGCanvas(width: width, height: height, title: title, summary: summary ?? "")

    let thickness = min(max(3.2 * scale, 1.6), 7)
    for id in highlighted { canvas.polyline(path(of: network[id]).map(place), .line(.ink, width: thickness + 5, opacity: 0.25)) }
    for node in network.nodes where node.shape.count > 2 && node.kind != .internal {
      canvas.polygon(node.shape.map(place), .area(.grid))
    }
    let ordered = roads.sorted { (rank(layer, $0.id), $0.id) < (rank(layer, $1.id), $1.id) }
    for road in ordered {
      let points = path(of: road).map(place)
      let value = layer.values[road.id.index]
      let lanes = min(Double(road.lanes.count), 4)
      let stroke = thickness * (0.7 + 0.3 * lanes)
      guard value.isFinite else {
        canvas.polyline(points, .line(.grid, width: max(stroke * 0.6, 1)))
        continue
      }
      let share = (value - layer.range.lowerBound) / (layer.range.upperBound - layer.range.lowerBound)
      let data = "M" + points.map { NumberText.short($0.x, 1) + " " + NumberText.short($0.y, 1) }.joined(separator: "L")
      canvas.path(
        data, .line(layer.color(share), width: stroke),
        tooltip: network.label(road.id) + ": " + NumberText.figure(value) + " " + layer.unit)
    }
    for place in signalPlaces().map(place) {
      canvas.circle(x: place.x, y: place.y, radius: max(thickness * 0.75, 2.6), SVGStyle(fill: .paper, stroke: .ink, width: 1.2))
    }
    drawFoot(layer, on: &canvas, height: height, scale: scale, language: language)
    return canvas
  }

  private func rank(_ layer: Layer, _ id: LinkID) -> Double {
    let value = layer.values[id.index]
    return value.isFinite ? value : -.infinity
  }

  /// Colour bar, meaning of the circles, scale of distance.
  private func drawFoot(_ layer: Layer, on canvas: inout SVGCanvas, height: Double, scale: Double, language: Language) {
    let y = height - 30, barWidth = 220.0, left = 14.0
    let steps = 22
    for i in 0..<steps {
      let share = (Double(i) + 0.5) / Double(steps)
      canvas.rectangle(
        x: left + barWidth * Double(i) / Double(steps), y: y, width: barWidth / Double(steps) + 0.5, height: 10, .area(layer.color(share)))
    }
    let bar = PlotScale(layer.range, from: left, to: left + barWidth)
    let ticks = bar.ticks(5)
    for (i, (tick, label)) in zip(ticks, bar.labels(ticks)).enumerated() {
      canvas.text(label, x: bar(tick), y: y + 22, size: 10.5, anchor: i == 0 ? .start : .middle, color: .muted)
    }
    canvas.text(layer.name + (layer.unit.isEmpty ? "" : " [" + layer.unit + "]"), x: left, y: y - 5, size: 11.5)
    canvas.circle(x: left + barWidth + 40, y: y + 5, radius: 4, SVGStyle(fill: .paper, stroke: .ink, width: 1.2))
    canvas.text(Message("picture.map.signal").text(language), x: left + barWidth + 50, y: y + 9, size: 11.5)
    var metres = 1.0
    for candidate in [1.0, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000] where candidate * scale <= 160 {
      metres = candidate
    }
    let right = width - 14, start = right - metres * scale
    canvas.line(start, y + 8, right, y + 8, .line(.ink, width: 2))
    canvas.line(start, y + 4, start, y + 12, .line(.ink, width: 2))
    canvas.line(right, y + 4, right, y + 12, .line(.ink, width: 2))
    let label = metres >= 1000 ? NumberText.short(metres / 1000) + " km" : NumberText.short(metres) + " m"
    canvas.text(label, x: right, y: y - 2, size: 11.5, anchor: .end)
  }

  /// One place for each node where a controller rules.
  private func signalPlaces() -> [Point] {
    var nodes: Set<NodeID> = []
    for connection in network.connections where connection.signal != nil {
      nodes.insert(network[network[connection.fromLane].link].to)
    }
    return nodes.sorted().map { network[$0].position }
  }

  /// The way a link is drawn: the middle of its lanes, so that the two directions of a street lie beside each other.
  private func path(of link: Link) -> [Point] {
    let shapes = link.lanes.map { network[$0].shape }.filter { $0.count > 1 }
    if let middle = shapes.isEmpty ? nil : shapes[shapes.count / 2] { return middle }
    if link.shape.count > 1 { return link.shape }
    return [network[link.from].position, network[link.to].position]
  }
}
