import ArgumentParser
import Foundation
import Greenwave

/// Signal performance measures from high-resolution controller logs.
struct MeasuresCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measures", abstract: "Signal performance measures from high-resolution controller logs.",
    discussion: """
      Prints what was read and a summary; --report writes a page of pictures, --csv one table a measure.
      Example: greenwave measures events.csv.gz --config detectors.csv --report out.html
      """)

  @Argument(help: "Controller log: time stamp, device, code, parameter; plain or gzipped.") var log: String
  @Option(help: "Detector table: DeviceId,Phase,Function,Parameter[,Distance][,Speed][,Movement][,Latency].") var config: String
  @Option(help: "Page to write.") var report: String?
  @Option(help: "Folder to write one table a measure into.") var csv: String?
  @Option(help: "Length of intervals, such as 15m.") var interval = "15m"
  @Option(help: "Time zone of the controllers' clocks, such as America/Denver; logs do not say.") var timeZone: String?
  @Option(help: "Corridor for the link pivot: pairs device:phase, upstream first, such as 227:6-452:2,452:6-454:2.") var corridor: String?
  @Option(help: "Common cycle of the corridor [s].") var cycle: Double = 100
  @Option(help: "Language of the page: en or zh.") var language: Language = .english
  @Flag(help: "Fail (65) when anything in the log was not in order.") var strict = false

  func run() throws {
    let seconds = try duration(interval, option: "--interval")
    if let timeZone, TimeZone(identifier: timeZone) == nil { throw ValidationError("no time zone is named \(timeZone)") }
    let links = try corridor.map(parseCorridor) ?? []
    try CommandSupport.exitOnProblems {
      let read = try HighResolutionLogReader.read(path: log)
      let (configuration, tableProblems) = try DetectorTable.read(path: config)
      var problems = read.report.allProblems + tableProblems
      let present = Set(read.events.devices)
      for device in configuration.devices where !present.contains(device) {
        problems.append(
          InputProblem(file: config, element: "device \(device)", expected: "a controller of the log", found: "none of its events"))
      }
      for problem in problems { CommandSupport.writeError(problem.description) }
      if timeZone == nil, !read.report.hasOffset { CommandSupport.writeError(Message("performance.noZone").text(language)) }
      let performance = SignalPerformance(
        read.events, configuration: configuration, interval: Int64(seconds * 1000), corridor: links, cycle: cycle)
      print("\(read.events.count) events, \(read.events.devices.count) controllers, \(performance.pairing.pairs) detector pulses")
      var summary = ReportTable(
        columns: ["controller", "phase"].map { .init($0, .left) }
          + ["arrivals", "on green", "platoon ratio", "split failures"].map { ReportTable.Column($0) })
      for key in performance.phases.keys {
        let own = performance.arrivals.filter { $0.device == key.device && $0.phase == key.phase }
        guard !own.isEmpty else { continue }
        let total = own.reduce(0) { $0 + $1.total }, green = own.reduce(0) { $0 + $1.onGreen }
        let ratios = own.filter { $0.platoonRatio.isFinite }
        let ratio = ratios.reduce(0) { $0 + $1.platoonRatio * Double($1.total) } / max(1, Double(ratios.reduce(0) { $0 + $1.total }))
        let failed = performance.failures.filter { $0.device == key.device && $0.phase == key.phase && $0.isFailure }.count
        summary.append([
          read.events.devices[Int(key.device)], String(key.phase), String(total),
          NumberText.fixed(100 * Double(green) / Double(max(1, total)), 1) + " %",
          NumberText.fixed(ratio, 2), String(failed),
        ])
      }
      print(summary.text())
      if let csv {
        try FileManager.default.createDirectory(atPath: csv, withIntermediateDirectories: true)
        for (name, table) in performance.tables() { try writeText(table.csv(), to: csv + "/" + name + ".csv") }
      }
      if let report {
        var hash = SHA256()
        for file in [log, config] { hash.update(Array(FileManager.default.contents(atPath: file) ?? Data())) }
        let page = performance.page(
          language: language, zone: timeZone, notices: problems.map(\.description), provenance: Provenance(inputHash: hash.finalize()))
        try writeText(page.html(), to: report)
      }
      if strict, !problems.isEmpty { throw ExitCode(ExitStatus.data.rawValue) }
    }
  }

  private func parseCorridor(_ text: String) throws -> [PivotLink] {
    try text.split(separator: ",").map { part in
      let ends = part.split(separator: "-").map { $0.split(separator: ":") }
      guard ends.count == 2, ends.allSatisfy({ $0.count == 2 }), let a = Int(ends[0][1]), let b = Int(ends[1][1]) else {
        throw ValidationError("--corridor takes pairs such as 227:6-452:2, not \(part)")
      }
      return PivotLink(upstream: String(ends[0][0]), upstreamPhase: a, downstream: String(ends[1][0]), downstreamPhase: b)
    }
  }
}
