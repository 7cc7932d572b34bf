import TrafficModel

/// Traffic over time, from a run's samples.
public enum TimeCharts {
  /// Vehicles on the road, of them standing, and those waiting to enter.
  public static func vehicles(_ run: RunRecord, width: Double = 900, height: Double = 300, language: Language = .english) -> SVGCanvas {
    func word(_ key: String) -> String { Message(key).text(language) }
    let samples = thinned(run.samples)
    let top = samples.map { Double(max($0.running, $0.waitingToEnter)) }
    var chart = Chart(
      title: word("picture.queue.title"), summary: word("picture.queue.caption"),
      x: .init(run.begin.seconds...max(run.end.seconds, run.begin.seconds + 1), label: word("picture.time"), kind: .clock),
      y: .init(PlotScale.niceDomain(top), label: word("picture.vehicles")), width: width, height: height, legendRows: 1)
    func points(_ value: (NetworkSample) -> Int) -> [(x: Double, y: Double)] { samples.map { ($0.time.seconds, Double(value($0))) } }
    chart.line(points(\.running), color: Palette.blue, name: word("picture.running"))
    chart.steps(points(\.halting), color: Palette.vermilion, name: word("picture.halting"), width: 1.4, filled: true)
    chart.line(points(\.waitingToEnter), color: Palette.purple, name: word("picture.waitingToEnter"), dash: Chart.dash(1))
    return chart.finished()
  }

  /// Vehicles that entered and arrived, per hour, in intervals of `interval` seconds.
  public static func flows(
    _ run: RunRecord, interval: Double = 300, width: Double = 900, height: Double = 260, language: Language = .english
  ) -> SVGCanvas {
    func word(_ key: String) -> String { Message(key).text(language) }
    let (entered, arrived) = flowPoints(run, interval: interval)
    var chart = Chart(
      title: word("picture.flow.title"), summary: word("picture.flow.caption"),
      x: .init(run.begin.seconds...max(run.end.seconds, run.begin.seconds + 1), label: word("picture.time"), kind: .clock),
      y: .init(PlotScale.niceDomain((entered + arrived).map(\.y)), label: word("picture.vehiclesPerHour")), width: width, height: height,
      legendRows: 1)
    chart.steps(entered, until: run.end.seconds, color: Palette.blue, name: word("picture.entered"), filled: true)
    chart.steps(arrived, until: run.end.seconds, color: Palette.orange, name: word("picture.arrivedFlow"), dash: Chart.dash(1))
    return chart.finished()
  }

  /// The figures of both charts.
  public static func table(_ run: RunRecord, interval: Double = 300, language: Language = .english) -> ReportTable {
    func word(_ key: String) -> String { Message(key).text(language) }
    var table = ReportTable(columns: [
      .init(word("picture.time"), .left), .init(word("picture.entered") + " [/h]"), .init(word("picture.arrivedFlow") + " [/h]"),
      .init(word("picture.running")), .init(word("picture.halting")), .init(word("picture.waitingToEnter")),
    ])
    let (entered, arrived) = flowPoints(run, interval: interval)
    var next = 0
    for (i, point) in entered.enumerated() {
      let end = point.x + interval
      while next + 1 < run.samples.count, run.samples[next + 1].time.seconds <= end { next += 1 }
      let sample = run.samples.indices.contains(next) ? run.samples[next] : nil
      table.append(
        [
          NumberText.clock(point.x, withSeconds: interval.truncatingRemainder(dividingBy: 60) != 0), NumberText.fixed(point.y, 0),
          NumberText.fixed(arrived[i].y, 0),
        ] + [sample?.running, sample?.halting, sample?.waitingToEnter].map { $0.map { String($0) } ?? "–" })
    }
    return table
  }

  private static func flowPoints(_ run: RunRecord, interval: Double) -> (
    entered: [(x: Double, y: Double)], arrived: [(x: Double, y: Double)]
  ) {
    precondition(interval > 0, "an interval must be positive, not \(interval)")
    let begin = run.begin.seconds, span = max(run.end.seconds - begin, interval)
    let count = min(Int((span / interval).rounded(.up)), 100_000)
    var entered = [Double](repeating: 0, count: count), arrived = entered
    for trip in run.trips {
      for (time, isArrival) in [(trip.departure, false), (trip.arrival, true)] {
        guard let seconds = time?.seconds else { continue }
        let k = Int(((seconds - begin) / interval).rounded(.down))
        guard (0..<count).contains(k) else { continue }
        if isArrival { arrived[k] += 1 } else { entered[k] += 1 }
      }
    }
    func rate(_ counts: [Double]) -> [(x: Double, y: Double)] {
      counts.enumerated().map { k, n in
        let from = begin + Double(k) * interval
        // The last interval may be cut short by the run's end; its rate counts only the time it had.
        return (from, n * 3600 / max(min(from + interval, run.end.seconds) - from, 1))
      }
    }
    return (rate(entered), rate(arrived))
  }

  /// At most some 700 samples: more cannot be told apart on a page.
  private static func thinned(_ samples: [NetworkSample]) -> [NetworkSample] {
    guard samples.count > 700 else { return samples }
    let stride = (samples.count + 699) / 700
    return samples.enumerated().filter { $0.offset % stride == 0 || $0.offset == samples.count - 1 }.map(\.element)
  }
}
