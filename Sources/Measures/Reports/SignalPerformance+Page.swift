import Sensing
import TrafficModel

extension SignalPerformance {
  /// The report as one page. `notices` say what was wrong with the record; `zone` is the time zone of the clocks, where known.
  public func page(language: Language = .english, zone: String? = nil, notices: [String] = [], provenance: Provenance? = nil) -> HTMLPage {
    func t(_ key: String, _ arguments: String...) -> String { Message("performance." + key, arguments).text(language) }
    var page = HTMLPage(title: t("title"), language: language)
    page.provenance = provenance
    page.subtitle = t(
      "period", NumberText.count(log.count), String(log.devices.count), stampText(log.time.min() ?? 0), stampText(log.time.max() ?? 0))

    page.section(t("record"))
    page.paragraph(zone.map { t("zone", $0) } ?? t("noZone"))
    page.paragraph(
      t(
        "pairing", NumberText.count(pairing.pairs), NumberText.count(pairing.missingOff), NumberText.count(pairing.missingOn),
        String(pairing.cut)))
    if phases.incompleteCycles > 0 { page.paragraph(t("incomplete", String(phases.incompleteCycles))) }
    if notices.isEmpty { page.paragraph(t("clean")) }
    for notice in notices { page.notice(notice) }

    let diagrams = coordinationDiagrams(log, phases: phases, configuration: configuration)
    for d in log.devices.indices.sorted(by: { log.devices[$0] < log.devices[$1] }) {
      let device = UInt16(d)
      page.section(t("device", log.devices[d]))
      let own = arrivals.filter { $0.device == device }
      let all = own.reduce(0) { $0 + $1.total }
      if all > 0 {
        let green = own.reduce(0) { $0 + $1.onGreen }
        let ownFailures = failures.filter { $0.device == device }
        let ownApproaches = approaches.filter { $0.device == device && $0.delay.isFinite }
        let delay =
          ownApproaches.reduce(0) { $0 + $1.delay * Double($1.volume) } / max(1, Double(ownApproaches.reduce(0) { $0 + $1.volume }))
        page.keyFigures([
          .init(value: fixed(100 * Double(green) / Double(all), 1) + " %", label: t("arrivalsOnGreen"), note: NumberText.count(all)),
          .init(value: fixed(delay, 1) + " s", label: t("delay")),
          .init(
            value: String(ownFailures.filter(\.isFailure).count), label: t("splitFailure"), note: "\(t("cycles")): \(ownFailures.count)"),
        ])
      }
      for diagram in diagrams where diagram.device == device { pcd(diagram, t, &page) }
      arrivalsFigure(own, device, t, &page)
      terminationFigure(device, t, &page)
      splitTable(device, t, &page)
      failureFigure(device, t, &page)
      approachFigures(device, t, &page)
      smallTables(device, t, &page)
    }
    if !pivot.isEmpty {
      page.section(t("pivot"))
      var table = ReportTable(
        columns: [.init(t("link"), .left)]
          + [t("offsetChange"), t("accumulated"), t("before"), t("after"), t("before"), t("after")].map { ReportTable.Column($0) })
      for row in pivot { table.append(pivotRow(row)) }
      page.table(table)
    }
    return page
  }

  private var day: Double { Double((log.time.first ?? 0) / 86_400_000 * 86_400_000) }
  private func clock(_ t: Int64) -> Double { (Double(t) - day) / 1000 }
  private var span: ClosedRange<Double> {
    let low = clock(log.time.min() ?? 0), high = clock(log.time.max() ?? 0)
    return low...max(high, low + 1)
  }

  private func pcd(_ d: CoordinationDiagram, _ t: (String, String...) -> String, _ page: inout HTMLPage) {
    guard !d.cycles.isEmpty else { return }
    let lengths = d.cycles.map(\.length).sorted()
    let top = max(10, percentile(lengths, 0.98) * 1.05)
    let phase = String(d.phase)
    var chart = Chart(
      title: "\(name(d.device)) · " + t("pcd", phase), x: .init(span, label: t("timeOfDay"), kind: .clock),
      y: .init(0...top, label: t("inCycle")),
      height: 300, legendRows: 1)
    let shown = d.arrivals.filter { $0.inCycle <= top }
    chart.scatter(
      shown.filter(\.onGreen).map { (clock($0.time), $0.inCycle) }, color: Palette.green, name: t("onGreen"), size: 1.5, opacity: 0.75)
    chart.scatter(
      shown.filter { !$0.onGreen }.map { (clock($0.time), $0.inCycle) }, color: Palette.orange, name: t("onRed"), size: 2, marker: .cross,
      opacity: 0.75)
    chart.line(d.cycles.map { (clock($0.begin), min($0.green, top)) }, color: Palette.blue, name: t("beginGreen"), width: 1.4)
    chart.line(d.cycles.map { (clock($0.begin), min($0.yellow, top)) }, color: .ink, name: t("beginYellow"), width: 1.2, dash: [5, 3])
    page.heading(t("pcd", phase))
    page.figure(
      chart.finished(),
      caption: t("pcdCaption", phase, NumberText.count(d.arrivals.filter(\.onGreen).count), NumberText.count(d.arrivals.count)))
  }

  private func arrivalsFigure(_ own: [ArrivalsOnGreen], _ device: UInt16, _ t: (String, String...) -> String, _ page: inout HTMLPage) {
    guard !own.isEmpty else { return }
    page.heading(t("arrivalsOnGreen"))
    var chart = Chart(
      title: "\(name(device)) · " + t("arrivalsOnGreen"), x: .init(span, label: t("timeOfDay"), kind: .clock),
      y: .init(0...100, label: t("arrivalsOnGreen") + " [%]"), height: 240, legendRows: 1)
    var table = ReportTable(
      columns: [.init(t("phase", ""), .left), .init(t("timeOfDay"), .left)]
        + [t("arrivals"), t("onGreen"), t("onYellow"), t("onRed"), t("greenShare"), t("platoonRatio")].map { ReportTable.Column($0) })
    for (k, (phase, rows)) in runs(own, by: \.phase).enumerated() {
      chart.line(
        rows.map { (clock($0.begin + interval / 2), 100 * $0.shareOnGreen) }, color: Palette.categories[k % Palette.categories.count],
        name: t("phase", String(phase)), dash: Chart.dash(k), marker: Chart.marker(k))
      for r in rows {
        table.append([
          String(phase), String(stampText(r.begin).dropFirst(11).prefix(5)), String(r.total), String(r.onGreen), String(r.onYellow),
          String(r.onRed),
          fixed(r.greenShare, 2), fixed(r.platoonRatio, 2),
        ])
      }
    }
    page.figure(chart.finished(), caption: t("arrivalsOnGreen"), table: table)
  }

  private func terminationFigure(_ device: UInt16, _ t: (String, String...) -> String, _ page: inout HTMLPage) {
    let keys = phases.keys.filter { $0.device == device }
    guard !keys.isEmpty else { return }
    page.heading(t("termination"))
    let highest = Double(keys.map(\.phase).max() ?? 8)
    var chart = Chart(
      title: "\(name(device)) · " + t("termination"), x: .init(span, label: t("timeOfDay"), kind: .clock),
      y: .init(0.4...(highest + 0.6), label: t("phase", ""), categories: keys.map { (Double($0.phase), String($0.phase)) }), height: 240,
      legendRows: 1)
    let kinds: [(PhaseCycle.Termination, String, Chart.Marker, PlotColor)] = [
      (.gapOut, t("gapOut"), .circle, Palette.green), (.maxOut, t("maxOut"), .square, Palette.orange),
      (.forceOff, t("forceOff"), .triangle, Palette.blue), (.unknown, t("unknown"), .cross, .muted),
    ]
    for (kind, label, marker, color) in kinds {
      let points = keys.flatMap { key in
        (phases.histories[key]?.cycles ?? []).filter { $0.termination == kind }.map { (clock($0.yellow), Double(key.phase)) }
      }
      if !points.isEmpty { chart.scatter(points, color: color, name: label, size: 2.4, marker: marker) }
    }
    page.figure(chart.finished(), caption: t("terminationCaption"))
  }

  private func splitTable(_ device: UInt16, _ t: (String, String...) -> String, _ page: inout HTMLPage) {
    var table = ReportTable(
      columns: [.init(t("phase", ""), .left)]
        + [t("services"), t("split"), t("split85"), t("gapOut"), t("maxOut"), t("forceOff")].map { ReportTable.Column($0) })
    for key in phases.keys where key.device == device {
      let cycles = phases.histories[key]?.cycles ?? []
      guard !cycles.isEmpty else { continue }
      let splits = cycles.map { Double($0.red - $0.green) / 1000 }.sorted()
      func share(_ kind: PhaseCycle.Termination) -> String {
        fixed(100 * Double(cycles.filter { $0.termination == kind }.count) / Double(cycles.count), 0) + " %"
      }
      table.append([
        String(key.phase), String(cycles.count), fixed(percentile(splits, 0.5), 1), fixed(percentile(splits, 0.85), 1), share(.gapOut),
        share(.maxOut),
        share(.forceOff),
      ])
    }
    guard !table.rows.isEmpty else { return }
    page.heading(t("splits"))
    page.table(table)
  }

  private func failureFigure(_ device: UInt16, _ t: (String, String...) -> String, _ page: inout HTMLPage) {
    let own = failures.filter { $0.device == device }
    guard !own.isEmpty else { return }
    page.heading(t("splitFailure"))
    var chart = Chart(
      title: "\(name(device)) · " + t("splitFailure"), x: .init(0...1, label: t("greenOccupancy")),
      y: .init(0...1, label: t("redOccupancy")),
      width: 420, height: 300, legendRows: 1)
    chart.scatter(
      own.filter { !$0.isFailure }.map { ($0.greenOccupancy, $0.redOccupancy) }, color: Palette.blue, name: t("cleared"), size: 1.6,
      opacity: 0.5)
    chart.scatter(
      own.filter(\.isFailure).map { ($0.greenOccupancy, $0.redOccupancy) }, color: Palette.orange, name: t("failures"), size: 2.6,
      marker: .cross)
    chart.horizontalRule(0.8)
    chart.verticalRule(0.8)
    var table = ReportTable(columns: [.init(t("phase", ""), .left), .init(t("cycles")), .init(t("failures"))])
    for (phase, rows) in runs(own, by: \.phase) {
      table.append([String(phase), String(rows.count), String(rows.filter(\.isFailure).count)])
    }
    page.figure(
      chart.finished(), caption: t("splitFailureCaption", String(own.filter(\.isFailure).count), String(own.count)), table: table)
  }

  private func approachFigures(_ device: UInt16, _ t: (String, String...) -> String, _ page: inout HTMLPage) {
    let own = approaches.filter { $0.device == device }
    guard !own.isEmpty else { return }
    page.heading(t("approach"))
    let perHour = 3_600_000 / Double(interval)
    var table = ReportTable(
      columns: [.init(t("phase", ""), .left), .init(t("timeOfDay"), .left)]
        + [t("volume"), t("delay"), t("speed")].map { ReportTable.Column($0) })
    for r in own {
      table.append([
        String(r.phase), String(stampText(r.begin).dropFirst(11).prefix(5)), fixed(Double(r.volume) * perHour, 0), fixed(r.delay, 1),
        fixed(r.speed * 3.6, 0),
      ])
    }
    let figures: [(String, (ApproachInterval) -> Double)] = [
      (t("volume"), { Double($0.volume) * perHour }), (t("delay"), { $0.delay }),
    ]
    for (k, (label, value)) in figures.enumerated() {
      let finite = own.map(value).filter(\.isFinite)
      guard !finite.isEmpty else { continue }
      var chart = Chart(
        title: "\(name(device)) · " + label, x: .init(span, label: t("timeOfDay"), kind: .clock),
        y: .init(PlotScale.niceDomain(finite), label: label), height: 240, legendRows: 1)
      for (c, (phase, rows)) in runs(own, by: \.phase).enumerated() where rows.contains(where: { value($0).isFinite }) {
        chart.line(
          rows.map { (clock($0.begin + interval / 2), value($0)) }, color: Palette.categories[c % Palette.categories.count],
          name: t("phase", String(phase)), dash: Chart.dash(c), marker: Chart.marker(c))
      }
      page.figure(chart.finished(), caption: label, table: k == 0 ? table : nil)
    }
  }

  private func smallTables(_ device: UInt16, _ t: (String, String...) -> String, _ page: inout HTMLPage) {
    let time = ReportTable.Column(t("timeOfDay"), .left), phase = ReportTable.Column(t("phase", ""), .left)
    func hour(_ begin: Int64) -> String { String(stampText(begin).dropFirst(11).prefix(5)) }
    var crossings = ReportTable(columns: [phase, time, .init(t("onYellow")), .init(t("redClearance")), .init(t("onRed"))])
    for r in yellowRed where r.device == device {
      crossings.append([String(r.phase), hour(r.begin), String(r.onYellow), String(r.onRedClearance), String(r.onRed)])
    }
    var walkers = ReportTable(columns: [phase, time, .init(t("calls")), .init(t("meanDelay")), .init(t("greatestDelay"))])
    for r in pedestrians where r.device == device {
      walkers.append([String(r.phase), hour(r.begin), String(r.calls), fixed(r.meanDelay, 1), fixed(r.greatestDelay, 1)])
    }
    let own = turning.filter { $0.device == device }
    let times = Set(own.map(\.begin)).sorted()
    var turns = ReportTable(columns: [.init(t("movement"), .left)] + times.map { ReportTable.Column(hour($0)) } + [.init(t("total"))])
    for (movement, rows) in runs(own, by: \.movement) {
      let byTime = Dictionary(uniqueKeysWithValues: rows.map { ($0.begin, $0.count) })
      turns.append([movement] + times.map { String(byTime[$0] ?? 0) } + [String(rows.reduce(0) { $0 + $1.count })])
    }
    for (title, table) in [(t("yellowRed"), crossings), (t("pedestrians"), walkers), (t("turning"), turns)] where !table.rows.isEmpty {
      page.heading(title)
      if table.rows.count > 12 { page.foldedTable(table, summary: "\(title) (\(table.rows.count))") } else { page.table(table) }
    }
  }
}
