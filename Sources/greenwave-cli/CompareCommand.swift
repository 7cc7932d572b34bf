import ArgumentParser
import Foundation
import Greenwave

/// `greenwave compare PATH --strategies a,b,c`.
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare control strategies on the same traffic.",
    discussion: """
      Every strategy runs with every seed; differences are paired seed by seed against the first. Finished runs are kept, so the same
      command goes on where an interrupted one stopped. With --street sumo SUMO runs the traffic and measures it; sumo:fixed,
      sumo:actuated and sumo:delay_based then name what SUMO does by itself. Several paths give a table each and one over all; a report
      or CSV is then written for each, its name extended by the scenario's.
      Example: greenwave compare cologne1 cologne3 --street sumo --protocol resco --seeds 5 --strategies sumo:fixed,longest-queue,horizon
      """)

  @Argument(help: "A .sumocfg, or a folder with a scenario; may be several.") var paths: [String]
  @Option(help: "Strategies, separated by commas; the first is what the others are compared with. See greenwave strategies.")
  var strategies = "fixed,actuated,horizon"
  @Option(help: "Number of seeds.") var seeds = 10
  @Option(help: "The first seed.") var firstSeed: UInt64 = 1
  @Option(help: "simulator, or sumo.") var street = "simulator"
  @Option(help: "Runs at the same time.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @OptionGroup var options: ControlOptions
  @Option(help: "Folder where finished runs are kept; the user's cache unless said.") var keep: String?
  @Flag(help: "Run everything anew, whatever has been kept.") var fresh = false
  @Option(help: "A page with pictures.") var report: String?
  @Option(help: "One row for every strategy, seed and measure.") var csv: String?
  @Flag(help: "Print one JSON object for machines, a line for each path, instead of tables.") var json = false
  @Option(help: "Language of table and report: en or zh.") var language = Language.english

  private var names: [String] { strategies.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }

  func validate() throws {
    guard !names.isEmpty else { throw ValidationError("name at least one strategy") }
    let rivals = SUMOStrategyRun.Rival.allCases.map(\.rawValue)
    for name in names where ControlStrategy.named(name) == nil && !rivals.contains(name) {
      throw ValidationError("no strategy '\(name)'; there are \((ControlStrategy.all.map(\.name) + rivals).joined(separator: ", "))")
    }
    guard Set(names).count == names.count else { throw ValidationError("a strategy is named twice") }
    guard street == "simulator" || street == "sumo" else { throw ValidationError("street is simulator or sumo, not '\(street)'") }
    if street != "sumo", let rival = names.first(where: { rivals.contains($0) }) {
      throw ValidationError("\(rival) is what SUMO does by itself: it needs --street sumo")
    }
    guard !paths.isEmpty else { throw ValidationError("name at least one scenario") }
    guard (1...1000).contains(seeds), (1...1024).contains(threads) else {
      throw ValidationError("seeds are from 1 to 1000 and threads from 1 to 1024")
    }
  }

  func run() async throws {
    do {
      let sumo = street == "sumo" ? try options.findSUMO() : nil
      var all: [(name: String, comparison: StrategyComparison)] = []
      for path in paths { all.append(try await compare(path, sumo)) }
      if all.count > 1, !json { print(StrategyComparison.overview(all, language).text()) }
    } catch let error as TraCIError {
      CommandSupport.writeError(error.description)
      throw ExitCode(ExitStatus.unavailable.rawValue)
    } catch let error as ExitCode {
      throw error
    } catch {
      try CommandSupport.exitOnProblems { throw error }
    }
  }

  private func compare(_ path: String, _ sumo: SUMOInstallation?) async throws -> (name: String, comparison: StrategyComparison) {
    var scenario = options.adapted(try ScenarioReader.read(path))
    if sumo == nil { try scenario.routeTrips() }
    let arena = try Arena(scenario, path: path, options: options, sumo: sumo)
    let runner = try makeRunner(scenario, arena), name = scenario.name
    let bar = ProgressBar(total: Double(names.count * seeds), isShown: !json)
    let started = Started()
    let comparison = try await runner.run { progress in
      bar.advance(started.step(progress), note: "\(name) \(progress.strategy) \(progress.seed)")
    }
    bar.finish()
    let provenance = Provenance(seed: firstSeed, inputHash: scenario.inputHash)
    if json {
      print(try jsonText(scenario, comparison, provenance, sumo))
    } else {
      if paths.count > 1 { print(scenario.name) }
      print(comparison.table(language).text())
    }
    if let csv { try write(comparison.csv(provenance: provenance), to: named(csv, scenario.name)) }
    if let report { try write(try page(scenario, arena, comparison, provenance), to: named(report, scenario.name)) }
    return (scenario.name, comparison)
  }

  /// The file's name for one of several scenarios: `out.html` → `out-cologne1.html`.
  private func named(_ file: String, _ scenario: String) -> String {
    guard paths.count > 1 else { return file }
    let url = URL(fileURLWithPath: file)
    let name = url.deletingPathExtension().lastPathComponent + "-" + scenario.replacingOccurrences(of: "/", with: "_")
    return url.deletingLastPathComponent().appendingPathComponent(name).appendingPathExtension(url.pathExtension).path
  }

  /// Where strategies are run: the simulator or a SUMO, under the rules asked for.
  private struct Arena: Sendable {
    let scenario: Scenario
    let constraints: [TimingConstraints]
    let information: StreetInformation
    let options: ControlOptions
    let sumo: SUMOInstallation?
    let source: SUMOStrategyRun.Source?

    init(_ scenario: Scenario, path: String, options: ControlOptions, sumo: SUMOInstallation?) throws {
      self.scenario = scenario
      constraints = options.constraints(scenario.network)
      information = options.information
      self.options = options
      self.sumo = sumo
      source = sumo == nil ? nil : try SUMOStrategyRun.Source(path: path)
    }

    func run(_ name: String, seed: UInt64, _ recording: Replication.Recording) throws -> StrategyRun.Outcome {
      let strategy = ControlStrategy.named(name) ?? ControlStrategy.named("fixed")!
      let run = options.disturbed(
        StrategyRun(
          scenario, strategy: strategy, constraints: constraints, information: information, loops: options.loops, recording: recording))
      guard let sumo, let source else { return try run.simulated(seed: seed) }
      let onSUMO = SUMOStrategyRun(run, source: source, sumo: sumo)
      if let rival = SUMOStrategyRun.Rival(rawValue: name) { return try onSUMO.alone(rival, seed: seed) }
      return try onSUMO(seed: seed)
    }
  }

  private func makeRunner(_ scenario: Scenario, _ arena: Arena) throws -> ExperimentRunner {
    let network = scenario.network
    let shared = [street, arena.sumo?.version ?? "", options.fingerprint].joined(separator: "|")
    let strategies = names.map { name in
      // What SUMO does by itself does not change with our build.
      let stamp = SUMOStrategyRun.Rival(rawValue: name) == nil ? Self.buildStamp : ""
      return ExperimentRunner.Strategy(name: name, fingerprint: shared + "|" + stamp) { seed in
        try arena.run(name, seed: seed, .init(linkInterval: .minutes(5))).summary(network)
      }
    }
    var store: RunStore?
    if !fresh {
      let cache = FileManager.default.urls(for: .cachesDirectory, in: .userDomainMask).first ?? FileManager.default.temporaryDirectory
      let folder = keep.map { URL(fileURLWithPath: $0) } ?? cache.appendingPathComponent("greenwave/runs")
      store = try RunStore(folder: folder, inputHash: scenario.inputHash)
    }
    return ExperimentRunner(strategies: strategies, seeds: (0..<UInt64(seeds)).map { firstSeed + $0 }, threads: threads, store: store)
  }

  /// The page, with one full run of the first and of the best strategy for its pictures.
  private func page(
    _ scenario: Scenario, _ arena: Arena, _ comparison: StrategyComparison, _ provenance: Provenance
  ) throws -> String {
    var routed = scenario
    try routed.routeTrips()
    let corridor = Corridor.main(of: routed)
    var page = ComparisonReport(
      title: Message("comparison.title", [scenario.name]).text(language), network: scenario.network, comparison: comparison,
      provenance: provenance)
    page.subtitle = Message(
      "comparison.subtitle",
      [
        arena.sumo.map { "SUMO " + $0.version } ?? Message("comparison.builtIn").text(language), NumberText.clock(scenario.begin.seconds),
        scenario.end.map { NumberText.clock($0.seconds) } ?? Message("comparison.untilEmpty").text(language), String(seeds),
        String(firstSeed),
      ]
    ).text(language)
    if options.rules == .resco { page.subtitle += " " + Message("comparison.resco").text(language) }
    page.corridor = corridor
    let recording = Replication.Recording.report(of: routed, corridor: corridor)
    let best = comparison.best()
    for i in Set([0, best == 0 ? min(1, names.count - 1) : best]).sorted() {
      page.examples[i] = try arena.run(names[i], seed: firstSeed, recording).record
    }
    return page.html(language)
  }

  private func jsonText(
    _ scenario: Scenario, _ comparison: StrategyComparison, _ provenance: Provenance, _ sumo: SUMOInstallation?
  ) throws -> String {
    struct Result: Encodable {
      struct Strategy: Encodable {
        var name: String
        var runs: [RunSummary]
      }
      var schemaVersion = 1
      var provenance: Provenance
      var scenario: String
      var street: String
      var strategies: [Strategy]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let result = Result(
      provenance: provenance, scenario: scenario.name, street: sumo.map { "SUMO " + $0.version } ?? "simulator",
      strategies: comparison.entries.map { .init(name: $0.name, runs: $0.runs) })
    return String(decoding: try encoder.encode(result), as: UTF8.self)
  }

  private func write(_ text: String, to path: String) throws {
    var file = try TextOutput(path: path)
    file.write(text)
    try file.commit()
  }

  /// Tells one build of the engine from the next: what another build gave must not be taken for this one's.
  private static var buildStamp: String {
    let path = Bundle.main.executablePath ?? CommandLine.arguments[0]
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let date = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    return "\(attributes?[.size] as? Int ?? 0)@\(date)"
  }
}

/// How many runs the bar has been told of; the first message also tells those that were resumed.
private final class Started: @unchecked Sendable {
  // The lock guards `told`.
  private let lock = NSLock()
  private var told = 0

  func step(_ progress: ExperimentRunner.Progress) -> Double {
    lock.lock()
    defer { lock.unlock() }
    let new = max(0, progress.finished - told)
    told = max(told, progress.finished)
    return Double(new)
  }
}
