import TrafficModel

/// The stages of a program side by side, each as a small plan of the junction with an arrow for every stream that may go.
public struct StageDiagram: Sendable {
  public let network: RoadNetwork
  public let signal: SignalID
  public let program: SignalProgram

  public init(_ network: RoadNetwork, signal: SignalID, program: SignalProgram) {
    self.network = network
    self.signal = signal
    self.program = program
  }

  public func draw(title: String, width: Double = 900, language: Language = .english) -> SVGCanvas {
    let serving = program.stages.enumerated().filter { $0.element.state.isServingStage && $0.element.duration.milliseconds > 0 }
    let perRow = max(1, min(serving.count, Int(width / 150)))
    let cell = min(width / Double(perRow), 190)
    let rows = max(1, (serving.count + perRow - 1) / perRow)
    let cellHeight = cell + 34
    var canvas = SVGCanvas(
      width: width, height: Double(rows) * cellHeight + 26, title: title, summary: Message("picture.phases.caption").text(language))
    canvas.text(
      Message("picture.phases.cycle", [NumberText.short(program.cycle.seconds), NumberText.short(program.offset.seconds)]).text(language),
      x: 4, y: 16, size: 12, color: .muted)
    let curves = streams()
    var low = Point(.infinity, .infinity), high = Point(-.infinity, -.infinity)
    for curve in curves {
      for p in curve.points {
        low = Point(min(low.x, p.x), min(low.y, p.y))
        high = Point(max(high.x, p.x), max(high.y, p.y))
      }
    }
    guard low.x.isFinite else { return canvas }
    let span = max(high.x - low.x, high.y - low.y, 1)
    let inner = cell - 26
    let scale = inner / span
    for (position, (index, stage)) in serving.enumerated() {
      let left = Double(position % perRow) * cell + 6, top = Double(position / perRow) * cellHeight + 24
      canvas.rectangle(
        x: left, y: top, width: cell - 12, height: cell - 12, SVGStyle(fill: PlotColor(css: "var(--panel,#f5f7f9)"), stroke: .grid),
        radius: 6)
      func place(_ p: Point) -> (x: Double, y: Double) {
        (
          left + 7 + (p.x - low.x + (span - (high.x - low.x)) / 2) * scale,
          top + 7 + (high.y - p.y + (span - (high.y - low.y)) / 2) * scale
        )
      }
      for curve in curves { canvas.polyline(curve.points.map(place), .line(.grid, width: 2)) }
      for curve in curves.sorted(by: { draws($0, stage).1 < draws($1, stage).1 }) {
        let (indication, _) = draws(curve, stage)
        guard let indication, indication.isGreen || indication == .stopThenProceed else { continue }
        let isProtected = indication == .green
        let color = isProtected ? Palette.signalGreen : Palette.orange
        let points = curve.points.map(place)
        canvas.polyline(points, .line(color, width: isProtected ? 2.6 : 2, dash: isProtected ? [] : [4, 3]))
        arrowHead(points, color: color, on: &canvas)
      }
      let name = stage.name.map { " " + $0 } ?? ""
      canvas.text("\(position + 1)" + name, x: left + 8, y: top + 17, size: 12, bold: true)
      let following = clearance(after: index)
      let seconds = NumberText.short(stage.duration.seconds) + " s" + (following > 0 ? " + " + NumberText.short(following) + " s" : "")
      canvas.text(seconds, x: left + (cell - 12) / 2, y: top + cell + 4, size: 12, anchor: .middle)
    }
    return canvas
  }

  /// Seconds of the stages between this serving stage and the next one.
  private func clearance(after index: Int) -> Double {
    var seconds = 0.0, i = (index + 1) % program.stages.count
    while i != index, !program.stages[i].state.isServingStage {
      seconds += program.stages[i].duration.seconds
      i = (i + 1) % program.stages.count
    }
    return seconds
  }

  private struct Stream {
    var link: Int
    var points: [Point]
  }

  private func draws(_ stream: Stream, _ stage: Stage) -> (Indication?, Int) {
    guard stream.link < stage.state.count else { return (nil, 0) }
    let shown = stage.state[stream.link]
    return (shown, shown == .green ? 2 : shown.isGreen ? 1 : 0)
  }

  /// One curve for each connection the controller rules: the end of the lane it leaves, the way across, the start of the lane it enters.
  private func streams() -> [Stream] {
    var streams: [Stream] = []
    for (index, connections) in network[signal].links.enumerated() {
      for id in connections {
        let connection = network[id]
        let from = network[connection.fromLane].shape, to = network[connection.toLane].shape
        guard let end = from.last, let start = to.first else { continue }
        let before = Self.stub(Array(from.reversed())), after = Self.stub(to)
        var points = [before, end]
        var via = connection.via, hops = 0
        while let inside = via, hops < 4 {
          points += network[inside].shape
          via = network.connectionsFrom[inside.index].first.flatMap { network[$0].via }
          hops += 1
        }
        if connection.via == nil {
          let middle = Point((end.x + start.x) / 2, (end.y + start.y) / 2)
          points.append(middle)
        }
        points += [start, after]
        streams.append(Stream(link: index, points: points))
      }
    }
    return streams
  }

  /// The point 12 m along a lane from its first point.
  private static func stub(_ shape: [Point]) -> Point {
    var left = 12.0
    for (a, b) in zip(shape, shape.dropFirst()) {
      let length = a.distance(to: b)
      if length >= left, length > 0 {
        let share = left / length
        return Point(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share)
      }
      left -= length
    }
    return shape[shape.count - 1]
  }

  private func arrowHead(_ points: [(x: Double, y: Double)], color: PlotColor, on canvas: inout SVGCanvas) {
    guard points.count > 1 else { return }
    let tip = points[points.count - 1]
    guard let base = points.last(where: { ($0.x - tip.x) * ($0.x - tip.x) + ($0.y - tip.y) * ($0.y - tip.y) > 4 }) else { return }
    let dx = tip.x - base.x, dy = tip.y - base.y, length = (dx * dx + dy * dy).squareRoot()
    let (ux, uy) = (dx / length, dy / length)
    canvas.polygon(
      [
        (tip.x + ux * 4, tip.y + uy * 4), (tip.x - ux * 3 - uy * 4, tip.y - uy * 3 + ux * 4),
        (tip.x - ux * 3 + uy * 4, tip.y - uy * 3 - ux * 4),
      ],
      .area(color))
  }
}
