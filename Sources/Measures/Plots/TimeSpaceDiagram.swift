import TrafficModel

/// Time to the right, distance upward: signals as bars, vehicles as lines, green bands as areas.
public struct TimeSpaceDiagram: Sendable {
  public let corridor: Corridor
  public let network: RoadNetwork
  /// By signal; signals without a history are drawn as a line alone.
  public var histories: [SignalID: SignalHistory] = [:]
  public var trajectories: [Trajectory] = []
  public var bands: [GreenBand] = []
  /// What is shown [s on the scenario clock].
  public var window: ClosedRange<Double>
  public var title: String
  public var width = 900.0
  public var height: Double

  public init(_ corridor: Corridor, in network: RoadNetwork, window: ClosedRange<Double>, title: String) {
    self.corridor = corridor
    self.network = network
    self.window = window
    self.title = title
    height = min(max(420, 130 + 52 * Double(corridor.signals.count)), 1100)
  }

  public func draw(_ language: Language = .english) -> SVGCanvas {
    func word(_ key: String) -> String { Message(key).text(language) }
    let barHeight = min(max(0.35 * gapBetweenSignals, 2.5), 5)
    var chart = Chart(
      title: title, summary: word("picture.space.caption"),
      x: .init(window, label: word("picture.time"), kind: .clock, ticks: 9),
      // A little room above, so that a signal at the far end shows whole.
      y: .init(0...max(corridor.length, 1) * 1.02, label: word("picture.distance")),
      width: width, height: height, legendRows: 2)
    let plot = (left: chart.x(window.lowerBound), right: chart.x(window.upperBound))

    let ways = trajectories.flatMap { pieces($0) }
    for band in bands { draw(band, on: &chart, name: word(band.isUp ? "picture.space.bandUp" : "picture.space.bandDown")) }
    chart.inFrame { canvas, x, y in
      for piece in ways {
        canvas.polyline(
          piece.points.map { (x($0.x), y($0.y)) }, .line(piece.isUp ? Palette.blue : Palette.vermilion, width: 0.8, opacity: 0.75))
      }
    }
    for place in corridor.signals {
      let y = chart.y(place.distance)
      chart.canvas.line(plot.left, y, plot.right, y, .line(.muted, width: 0.8))
      if let history = histories[place.signal] {
        chart.inFrame { canvas, x, _ in
          for (links, top) in [(place.upLinks, y - barHeight - 0.5), (place.downLinks, y + 0.5)] where !links.isEmpty {
            for span in history.spans(links, from: window.lowerBound, to: window.upperBound) {
              SignalBands.draw(
                span.indication, x: x(span.begin), width: x(span.end) - x(span.begin), top: top, height: barHeight, open: true, on: &canvas)
            }
          }
        }
      }
      chart.canvas.text(
        SVGCanvas.shortened(network.name(place.signal)), x: plot.right - 3, y: y - barHeight - 3, size: 10, anchor: .end, color: .muted,
        halo: true)
    }
    if ways.contains(where: \.isUp) { chart.legend(word("picture.space.up"), .line(Palette.blue, width: 1.2), isArea: false) }
    if ways.contains(where: { !$0.isUp }) {
      chart.legend(word("picture.space.down"), .line(Palette.vermilion, width: 1.2), isArea: false)
    }
    SignalBands.addLegend(to: &chart, language, isOpen: true)
    return chart.finished()
  }

  /// Least distance on the page between two neighbouring signals [px], roughly.
  private var gapBetweenSignals: Double {
    let places = corridor.signals.map(\.distance)
    let least = zip(places, places.dropFirst()).map { $1 - $0 }.min() ?? corridor.length
    return least / max(corridor.length, 1) * (height - 90)
  }

  private func draw(_ band: GreenBand, on chart: inout Chart, name: String) {
    guard band.cycle > 0, let first = band.passes.first, band.passes.count > 1 else { return }
    let latest = band.passes.map(\.end).max()!, earliest = first.begin
    let low = ((window.lowerBound - latest) / band.cycle).rounded(.down), high = ((window.upperBound - earliest) / band.cycle).rounded(.up)
    guard high - low < 10_000 else { return }
    for k in stride(from: low, through: high, by: 1) {
      let shift = k * band.cycle
      chart.polygon(
        band.passes.map { ($0.begin + shift, $0.distance) } + band.passes.reversed().map { ($0.end + shift, $0.distance) },
        color: band.isUp ? Palette.sky : Palette.orange, opacity: 0.3, name: name)
    }
  }

  /// The stretches of a trajectory that lie on the corridor within the window, each in one direction.
  private func pieces(_ trajectory: Trajectory) -> [(points: [(x: Double, y: Double)], isUp: Bool)] {
    var pieces: [(points: [(x: Double, y: Double)], isUp: Bool)] = []
    var lastTime = -Double.infinity
    for sample in trajectory.samples {
      let time = sample.time.seconds
      guard time >= window.lowerBound, time <= window.upperBound, let place = corridor.distance(sample) else { continue }
      if let current = pieces.last, current.isUp == place.isUp, time - lastTime <= 5 {
        pieces[pieces.count - 1].points.append((time, place.distance))
      } else {
        pieces.append(([(time, place.distance)], place.isUp))
      }
      lastTime = time
    }
    return pieces.filter { $0.points.count > 1 }
  }
}
