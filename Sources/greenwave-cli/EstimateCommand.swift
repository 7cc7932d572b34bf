import ArgumentParser
import Foundation
import Greenwave

/// Flows of a whole network from detectors on part of it.
struct EstimateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate", abstract: "Estimate all flows of a network from detectors on part of it.",
    discussion: """
      Writes a flow table as JSON: mean and covariance of every link and movement, interval by interval; `optimize --flows` reads it.
      Readings: .xml SUMO loops (instants or intervals), .csv interval counts, .json NGSI-LD TrafficFlowObserved, .ndjson or - for lines.
      Example: greenwave estimate city.net.xml --readings counts.csv --detectors places.csv --interval 15m --out flows.json
      """)
  @Argument(help: "Network (.net.xml), SUMO configuration or scenario folder.") var path: String
  @Option(help: "Readings; - for standard input. May be given several times.") var readings: [String]
  @Option(help: "Where detectors stand: a table detector,lane[,position][,role], or a SUMO additional file.") var detectors: String?
  @Option(help: "Length of intervals.") var interval = "15m"
  @Option(help: "Flow table to write; - for standard output.") var out = "-"
  @Option(help: "Page of maps and tables to write.") var report: String?
  @Option(help: "Language of the page: en or zh.") var language: Language = .english
  @Flag(help: "Follow lines as they come: one flow table a line at each interval's end.") var follow = false
  @Flag(help: "Fail (65) when any reading was not in order.") var strict = false

  func run() throws {
    let seconds = try duration(interval, option: "--interval")
    guard !follow || report == nil else { throw ValidationError("--report needs an end, which --follow has not") }
    guard !follow || readings.count == 1 else { throw ValidationError("--follow takes one stream of lines") }
    try CommandSupport.exitOnProblems {
      let network: RoadNetwork
      var places: [Detector] = []
      if path.hasSuffix(".net.xml") || path.hasSuffix(".net.xml.gz") {
        network = try SUMONetworkReader.read(path)
      } else {
        let scenario = try ScenarioReader.read(path)
        network = scenario.network
        places = scenario.detectors
      }
      if let detectors {
        if detectors.hasSuffix(".csv") {
          let (found, problems) = try DetectorPlaces.read(path: detectors, network: network)
          for problem in problems { CommandSupport.writeError(problem.description) }
          places = found
        } else {
          places = try SUMOAdditionalReader.read([detectors], network: network).detectors
        }
      }
      guard !places.isEmpty else {
        throw InputProblem(file: path, expected: "detectors in the scenario or by --detectors", found: "none")
      }
      if follow { return try followLines(network, places, seconds) }
      try estimateAll(network, places, seconds)
    }
  }

  private func estimateAll(_ network: RoadNetwork, _ places: [Detector], _ seconds: Double) throws {
    var all: [StreamReading] = []
    var problems: [InputProblem] = []
    for file in readings { try read(file, &all, &problems) }
    let (ordered, repeated) = Self.inOrder(all)
    all = ordered
    if repeated > 0 {
      problems.append(
        InputProblem(
          file: readings.joined(separator: ", "), expected: "one reading of a detector and a time",
          found: "\(repeated) repeated ones (the last of each is used)"))
    }
    for problem in problems.prefix(50) { CommandSupport.writeError(problem.description) }
    if problems.count > 50 { CommandSupport.writeError("… and \(problems.count - 50) more") }
    var low = Int64.max, high = Int64.min
    for r in all {
      switch r {
      case .event(_, let t, _, _):
        low = min(low, t.milliseconds)
        high = max(high, t.milliseconds)
      case .interval(_, let a, let b, _, _, _):
        low = min(low, a.milliseconds)
        high = max(high, b.milliseconds - 1)
      }
    }
    guard low <= high else { throw InputProblem(file: readings.joined(separator: ", "), expected: "readings", found: "none") }
    let length = Int64(seconds * 1000)
    let begin = low - ((low % length) + length) % length
    let intervals = Int((high - begin) / length) + 1
    guard intervals <= 10_000 else {
      throw InputProblem(
        file: readings[0], expected: "at most 10,000 intervals", found: "\(intervals)", advice: "choose a longer --interval")
    }
    let flowNetwork = FlowNetwork(network)
    var builder = LoopEvidenceBuilder(
      network: network, flowNetwork: flowNetwork, detectors: places, begin: Instant(milliseconds: begin),
      interval: TimeAmount(milliseconds: length), intervals: intervals)
    let signals = histories(network, begin, begin + Int64(intervals) * length)
    let ids = Dictionary(places.map { ($0.name, $0.id) }, uniquingKeysWith: { a, _ in a })
    var unknown: [String: Int] = [:]
    for r in all { feed(r, ids, signals, &builder, &unknown) }
    for (name, count) in unknown.sorted(by: { $0.key < $1.key }).prefix(20) {
      CommandSupport.writeError(
        InputProblem(file: readings[0], element: name, expected: "a detector that stands somewhere", found: "\(count) readings of it")
          .description)
    }
    guard !builder.evidence.sites.isEmpty, builder.events > builder.unmapped else {
      throw InputProblem(file: readings[0], expected: "readings of detectors that stand near a link's beginning or end", found: "none")
    }
    let estimator = FlowEstimator(flowNetwork)
    let (evidence, distrusted) = estimator.screened(builder.evidence)
    for site in distrusted {
      CommandSupport.writeError(
        "\(flowNetwork.linkName[site.row]): loops at its \(site.end == .end ? "end" : "beginning") count \(Int(site.counted.rounded())) veh/h where \(Int(site.expected.rounded())) are expected; not used"
      )
    }
    var structure = estimator.structure(evidence, withVariance: false)
    structure.inflation = estimator.inflation(evidence)
    var rows: [FlowTable.Row] = []
    var covariance: [FlowTable.Covariance] = []
    var estimates: [FlowEstimate] = []
    for k in 0..<intervals {
      let estimate = estimator.interval(k, of: evidence, around: structure)
      if report != nil { estimates.append(estimate) }
      let from = Instant(milliseconds: begin + Int64(k) * length)
      let part = estimate.rows(flowNetwork, begin: from, end: from + TimeAmount(milliseconds: length), offset: rows.count)
      rows += part.rows
      covariance += part.covariance
    }
    var hash = SHA256()
    for file in [path] + readings where file != "-" { hash.update(Array(FileManager.default.contents(atPath: file) ?? Data())) }
    let table = FlowTable(rows: rows, covariance: covariance, provenance: Provenance(inputHash: hash.finalize()))
    try write(table, to: out)
    if let report {
      let measured = Set(evidence.measuredRows)
      var page = FlowReport(
        network: network,
        links: (0..<flowNetwork.linkCount).map { row in
          let ranges = estimates.map { $0.interval(of: row, seconds: seconds) }
          return FlowReport.Link(
            id: flowNetwork.link[row], isMeasured: measured.contains(row), mean: estimates.map { $0.link[row] }, low: ranges.map(\.low),
            high: ranges.map(\.high))
        }, begin: Instant(milliseconds: begin), interval: TimeAmount(milliseconds: length), inflation: structure.inflation)
      page.notices = problems.prefix(20).map(\.description)
      page.provenance = table.provenance
      try writeText(page.html(language), to: report)
    }
    CommandSupport.writeError(
      "\(flowNetwork.linkCount) links, \(Set(evidence.measuredRows).count) measured, \(intervals) intervals; variances times \(NumberText.fixed(structure.inflation, 2)) by cross-validation"
    )
    if strict, !problems.isEmpty || !unknown.isEmpty { throw ExitCode(ExitStatus.data.rawValue) }
  }

  /// Readings in order of time, each detector's interval once: what is told again later replaces what was told before.
  static func inOrder(_ all: [StreamReading]) -> (readings: [StreamReading], repeated: Int) {
    struct Key: Hashable {
      var detector: String
      var begin: Int64
      var end: Int64
      var change: DetectorEvent.Change?
    }
    var last: [Key: Int] = [:]
    var time = [Int64](repeating: 0, count: all.count)
    for (k, reading) in all.enumerated() {
      switch reading {
      case .event(let name, let t, let change, _):
        time[k] = t.milliseconds
        last[Key(detector: name, begin: t.milliseconds, end: t.milliseconds, change: change)] = k
      case .interval(let name, let a, let b, _, _, _):
        time[k] = a.milliseconds
        last[Key(detector: name, begin: a.milliseconds, end: b.milliseconds)] = k
      }
    }
    let order = last.values.sorted { (time[$0], $0) < (time[$1], $1) }
    return (order.map { all[$0] }, all.count - order.count)
  }

  private func write(_ table: FlowTable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try writeText(String(decoding: try encoder.encode(table), as: UTF8.self), to: path)
  }

  private func read(_ file: String, _ all: inout [StreamReading], _ problems: inout [InputProblem]) throws {
    if file == "-" || file.hasSuffix(".ndjson") || file.hasSuffix(".jsonl") {
      let lines = try LineSource(file)
      var number = 0
      while let line = lines.next() {
        number += 1
        do {
          if let r = try ReadingStream.line(line, number: number, file: file) { all.append(r) }
        } catch let problem as InputProblem {
          problems.append(problem)
        }
      }
    } else if file.hasSuffix(".csv") || file.hasSuffix(".csv.gz") {
      let (found, bad) = try ReadingStream.intervalCounts(path: file)
      all += found
      problems += bad
    } else if file.hasSuffix(".json") {
      guard let data = FileManager.default.contents(atPath: file) else {
        throw InputProblem(file: file, expected: "a readable file", isMissingInput: true)
      }
      let (found, bad) = try ReadingStream.trafficFlowObserved(Array(data), file: file)
      all += found
      problems += bad
    } else {
      var found: [StreamReading] = []
      try ReadingStream.sumoLoops(path: file) { found.append($0) }
      all += found
    }
  }

  private func histories(_ network: RoadNetwork, _ begin: Int64, _ end: Int64) -> [SignalStateHistory] {
    network.signals.map { signal in
      guard let program = signal.activeProgram, program.kind == .fixedTime else { return SignalStateHistory() }
      return SignalStateHistory(program, from: Instant(milliseconds: begin), to: Instant(milliseconds: end))
    }
  }

  private func feed(
    _ r: StreamReading, _ ids: [String: DetectorID], _ signals: [SignalStateHistory], _ builder: inout LoopEvidenceBuilder,
    _ unknown: inout [String: Int]
  ) {
    switch r {
    case .event(let name, let t, let change, let speed):
      guard let id = ids[name] else { return unknown[name, default: 0] += 1 }
      builder.take(DetectorEvent(time: t, detector: id, change: change, speed: speed), signals: signals)
    case .interval(let name, let a, let b, let count, _, _):
      guard let id = ids[name] else { return unknown[name, default: 0] += 1 }
      builder.take(count: count, detector: id, begin: a, end: b)
    }
  }

  /// Lines as they come: each interval is closed ten seconds after its end and its table written as one line.
  private func followLines(_ network: RoadNetwork, _ places: [Detector], _ seconds: Double) throws {
    let lines = try LineSource(readings[0])
    let flowNetwork = FlowNetwork(network)
    var filter = FlowFilter(FlowEstimator(flowNetwork), intervalSeconds: seconds)
    let ids = Dictionary(places.map { ($0.name, $0.id) }, uniquingKeysWith: { a, _ in a })
    let length = Int64(seconds * 1000)
    let lateness: Int64 = 10_000
    var open: Int64?
    var waiting: [StreamReading] = []
    var number = 0, late = 0
    var unknown: [String: Int] = [:]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    func time(_ r: StreamReading) -> Int64 {
      switch r {
      case .event(_, let t, _, _): t.milliseconds
      case .interval(_, let a, _, _, _, _): a.milliseconds
      }
    }
    func close(_ k: Int64) throws {
      let begin = k * length
      var builder = LoopEvidenceBuilder(
        network: network, flowNetwork: flowNetwork, detectors: places, begin: Instant(milliseconds: begin),
        interval: TimeAmount(milliseconds: length), intervals: 1)
      let signals = histories(network, begin - 60_000, begin + length)
      for r in waiting.sorted(by: { time($0) < time($1) }) where time(r) < begin + length { feed(r, ids, signals, &builder, &unknown) }
      // A vehicle over a loop at the interval's end is told of again in the next one.
      waiting.removeAll { time($0) < begin + length - 5_000 }
      let estimate = filter.take(builder.evidence)
      let part = estimate.rows(flowNetwork, begin: Instant(milliseconds: begin), end: Instant(milliseconds: begin + length), offset: 0)
      print(String(decoding: try encoder.encode(FlowTable(rows: part.rows, covariance: part.covariance)), as: UTF8.self))
      FileHandle.standardOutput.synchronizeFile()
    }
    while let line = lines.next() {
      number += 1
      let reading: StreamReading?
      do {
        reading = try ReadingStream.line(line, number: number, file: readings[0])
      } catch let problem as InputProblem {
        CommandSupport.writeError(problem.description)
        continue
      }
      guard let reading else { continue }
      let t = time(reading)
      let k = t >= 0 ? t / length : -((length - 1 - t) / length)
      if open == nil { open = k }
      if k < open! {
        late += 1
        continue
      }
      waiting.append(reading)
      while t >= (open! + 1) * length + lateness {
        try close(open!)
        open! += 1
      }
    }
    if let last = open { try close(last) }
    if late > 0 { CommandSupport.writeError("\(late) readings came after their interval was closed") }
    for (name, count) in unknown.sorted(by: { $0.key < $1.key }).prefix(20) {
      CommandSupport.writeError("\(name): no place known, \(count) readings")
    }
  }
}
