import ArgumentParser
import Experiments
import Formats
import Foundation
import Measures
import Microsimulation
import TrafficModel

/// `greenwave simulate PATH`.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Simulate a road network with its demand and signal plans.",
    discussion: """
      PATH is a SUMO configuration (.sumocfg) or a folder with a scenario.yaml. Prints what drivers experienced. Files named by the
      options below are written in SUMO's formats, or as CSV or JSON where their names end so (a further .gz packs them).
      """)

  @Argument(help: "A .sumocfg, or a folder with a scenario.yaml.")
  var path: String

  @Option(help: "Seed of the run, or of the first of several.")
  var seed: UInt64?
  @Option(help: "Number of runs with seeds one after the other.")
  var seeds: Int?
  @Option(help: "Threads to use; the result does not depend on it.")
  var threads = 1
  @Option(parsing: .unconditional, help: "Beginning of the simulated time [s] instead of the scenario's.")
  var begin: Double?
  @Option(parsing: .unconditional, help: "End of the simulated time [s] instead of the scenario's; negative: until everybody has arrived.")
  var end: Double?
  @Option(help: "Length of a step [s] instead of the scenario's.")
  var stepLength: Double?
  @Option(
    parsing: .unconditional, help: "Standing time after which a vehicle is moved on [s] instead of the scenario's; not positive: never.")
  var timeToTeleport: Double?
  @Option(help: "A page with pictures of the run.")
  var report: String?
  @Option(name: [.customLong("tripinfo-output"), .customLong("tripinfo")], help: "One record for each vehicle.")
  var trips: String?
  @Option(name: [.customLong("summary-output"), .customLong("summary")], help: "The state of the network, step by step.")
  var summary: String?
  @Option(name: [.customLong("edgedata-output"), .customLong("edgedata")], help: "Figures of every link, by interval.")
  var edges: String?
  @Option(help: "Length of the link intervals [s].")
  var interval = 300.0
  @Option(name: [.customLong("detector-output"), .customLong("detectors")], help: "A folder for the detectors' intervals: e1, e2, e3.")
  var detectors: String?
  @Option(name: [.customLong("tls-output"), .customLong("signals")], help: "What the signals showed.")
  var signals: String?
  @Option(name: [.customLong("fcd-output"), .customLong("vehicles")], help: "Where every vehicle was, step by step: a large file.")
  var vehicles: String?
  @Flag(help: "Vehicles on the road at the end, and those that never entered, have a record too.")
  var writeUnfinished = false
  @Flag(help: "Print one JSON object for machines instead of tables.")
  var json = false
  @Option(help: "Language of tables and report: en or zh.")
  var language = Language.english

  func validate() throws {
    if let seeds, !(1...10_000).contains(seeds) { throw ValidationError("--seeds must be from 1 to 10000") }
    if !(1...1024).contains(threads) { throw ValidationError("--threads must be from 1 to 1024") }
    if let stepLength, !(stepLength >= 0.001 && stepLength <= 10) { throw ValidationError("--step-length must be from 0.001 to 10 s") }
    if !(interval >= 1 && interval < 1e8) { throw ValidationError("--interval must be at least 1 s") }
    for time in [begin, end, timeToTeleport] {
      if let time, !(abs(time) < 1e9) { throw ValidationError("a time must be within a thousand million seconds") }
    }
  }

  func run() throws {
    try CommandSupport.exitOnProblems {
      var scenario = try ScenarioReader.read(path)
      try adjust(&scenario)
      if let summary = scenario.recognizedOnlySummary {
        CommandSupport.writeError(Message("run.recognizedOnly", [summary]).text(language))
      }
      let records = try replicate(scenario)
      if let limit = scenario.options.maximumDepartureDelay, limit >= 0 {
        let given = records.reduce(0) { $0 + $1.trips.count { $0.ending == .neverInserted && $0.departureDelay > limit } }
        if given > 0 { CommandSupport.writeError(Message("run.gaveUp", ["\(given)", "\(limit)"]).text(language)) }
      }
      let provenance = Provenance(seed: records[0].seed, inputHash: scenario.inputHash)
      try writeOutputs(scenario, records, provenance)
      let measures = records.map { NetworkMeasures($0.trips) }
      if json {
        print(try SimulationResult(scenario, records, measures, provenance).json())
      } else {
        print(SimulationTables.network(measures, language: language).text())
        let approaches = ApproachMeasures.rows(records[0], scenario.network)
        if !approaches.isEmpty {
          print(SimulationTables.approaches(approaches, scenario.network, limit: 20, language: language).text())
        }
      }
    }
  }

  private func adjust(_ scenario: inout Scenario) throws {
    if let begin { scenario.setBegin(Instant(seconds: begin)) }
    if let end { scenario.end = end < 0 ? nil : Instant(seconds: end) }
    if let last = scenario.end, last <= scenario.begin {
      CommandSupport.writeError(Message("run.endBeforeBegin", ["\(last.seconds)", "\(scenario.begin.seconds)"]).text(language))
      throw ExitCode(ExitStatus.usage.rawValue)
    }
    if let stepLength { scenario.options.stepLength = stepLength }
    if let timeToTeleport { scenario.options.timeToTeleport = timeToTeleport > 0 ? timeToTeleport : nil }
    if seed != nil || seeds != nil {
      let first = seed ?? scenario.seeds[0]
      scenario.seeds = (0..<(seeds ?? 1)).map { first &+ UInt64($0) }
    }
  }

  /// One record a seed. Several seeds share the threads among them, one run to a thread; a single run takes them all.
  private func replicate(_ scenario: Scenario) throws -> [RunRecord] {
    let seeds = scenario.seeds
    let span = ((scenario.end ?? scenario.begin + .seconds(3600)) - scenario.begin).seconds
    let bar = ProgressBar(total: span * Double(seeds.count), isShown: !json)
    defer { bar.finish() }
    var run = ScenarioRun(scenario: scenario)
    run.linkInterval = TimeAmount(seconds: interval)
    if report != nil { run.trajectories = Replication.Recording.report(of: scenario, corridor: try mainCorridor(scenario)).trajectories }
    if vehicles != nil { run.trajectories = TrajectoryWindow(begin: scenario.begin, end: Instant(seconds: 1e9)) }
    if seeds.count == 1 || threads == 1 {
      run.threads = threads
      return try seeds.map { seed in
        try run.run(seed: seed) { bar.advance($0, note: "\($1)") }
      }
    }
    let shared = run
    let results = Replications(count: seeds.count)
    DispatchQueue.concurrentPerform(iterations: min(threads, seeds.count)) { worker in
      var k = worker
      while k < seeds.count {
        results.set(k, Result { try shared.run(seed: seeds[k]) { bar.advance($0, note: "\($1)") } })
        k += min(threads, seeds.count)
      }
    }
    return try results.all.map { try $0!.get() }
  }

  private func writeOutputs(_ scenario: Scenario, _ records: [RunRecord], _ provenance: Provenance) throws {
    for (k, record) in records.enumerated() {
      let outputs = RunOutputs(
        network: scenario.network, demand: scenario.demand, detectors: scenario.detectors,
        provenance: Provenance(seed: record.seed, inputHash: scenario.inputHash))
      func file(_ name: String) -> String { k == 0 ? name : Self.numbered(name, record.seed) }
      if let trips { try outputs.writeTrips(record, to: file(trips), unfinished: writeUnfinished) }
      if let summary { try outputs.writeSummary(record, to: file(summary), step: TimeAmount(seconds: scenario.options.stepLength)) }
      if let edges { try outputs.writeLinks(record, to: file(edges)) }
      if let vehicles {
        try outputs.writeVehicles(record, to: file(vehicles), step: TimeAmount(seconds: scenario.options.stepLength))
      }
      if let signals { try outputs.writeSignals(record, to: file(signals)) }
      if let detectors {
        try? FileManager.default.createDirectory(atPath: detectors, withIntermediateDirectories: true)
        for kind in RunOutputs.DetectorKind.allCases {
          try outputs.writeDetectors(record, kind: kind, to: file(detectors + "/" + kind.rawValue + ".xml"))
        }
      }
    }
    guard let report else { return }
    var page = SimulationReport(title: scenario.name, network: scenario.network, runs: records, provenance: provenance)
    page.corridor = try mainCorridor(scenario)
    for signal in scenario.network.signals {
      if let program = signal.activeProgram, program.kind == .fixedTime { page.programs[signal.id] = program }
    }
    if let summary = scenario.recognizedOnlySummary {
      page.notices.append(Message("run.recognizedOnly", [summary]).text(language))
    }
    try TextOutput.write(page.html(language), to: report)
  }

  /// The corridor most vehicles take. Trips find their way when they depart; where that will be is judged by the empty network.
  private func mainCorridor(_ scenario: Scenario) throws -> Corridor? {
    var routed = scenario
    try routed.routeTrips()
    return Corridor.main(of: routed)
  }

  /// `trips.xml` → `trips.7.xml` for the run with seed 7.
  private static func numbered(_ name: String, _ seed: UInt64) -> String {
    let slash = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    guard let dot = name[slash...].firstIndex(of: ".") else { return name + ".\(seed)" }
    return name[..<dot] + ".\(seed)" + name[dot...]
  }
}

/// Results of replications on several threads, each in its own place.
private final class Replications: @unchecked Sendable {
  // The lock guards `all`.
  private let lock = NSLock()
  private(set) var all: [Result<RunRecord, any Error>?]

  init(count: Int) { all = Array(repeating: nil, count: count) }

  func set(_ k: Int, _ result: Result<RunRecord, any Error>) {
    lock.lock()
    all[k] = result
    lock.unlock()
  }
}
