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
      command goes on where an interrupted one stopped.
      """)

  @Argument(help: "A .sumocfg, or a folder with a scenario.") var path: String
  @Option(help: "Strategies, separated by commas; the first is what the others are compared with. See greenwave strategies.")
  var strategies = "fixed,actuated,horizon"
  @Option(help: "Number of seeds.") var seeds = 10
  @Option(help: "The first seed.") var firstSeed: UInt64 = 1
  @Option(help: "simulator, or sumo.") var street = "simulator"
  @Option(help: "Where SUMO is installed; SUMO_HOME unless said.") var sumoHome: String?
  @Option(help: "Runs at the same time.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "What controllers may see: \(StreetInformation.allCases.map(\.rawValue).joined(separator: ", ")).")
  var information = StreetInformation.connectedVehicles.rawValue
  @Option(help: "Yellow of every link [s]; the shipped ones unless said.") var yellow: Double?
  @Option(help: "Red clearance of every link [s]; the shipped ones unless said.") var allRed: Double?
  @Option(help: "Shortest green of every link [s].") var minGreen = 5.0
  @Option(help: "Longest red of a link that somebody waits for [s].") var maxRed = 180.0
  @Option(help: "Folder where finished runs are kept; the user's cache unless said.") var keep: String?
  @Flag(help: "Run everything anew, whatever has been kept.") var fresh = false
  @Option(help: "A page with pictures.") var report: String?
  @Option(help: "One row for every strategy, seed and measure.") var csv: String?
  @Flag(help: "Print one JSON object for machines instead of a table.") var json = false
  @Option(help: "Language of table and report: en or zh.") var language = Language.english

  private var names: [String] { strategies.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }

  func validate() throws {
    guard !names.isEmpty else { throw ValidationError("name at least one strategy") }
    for name in names where ControlStrategy.named(name) == nil {
      throw ValidationError("no strategy '\(name)'; there are \(ControlStrategy.all.map(\.name).joined(separator: ", "))")
    }
    guard Set(names).count == names.count else { throw ValidationError("a strategy is named twice") }
    guard street == "simulator" || street == "sumo" else { throw ValidationError("street is simulator or sumo, not '\(street)'") }
    guard StreetInformation(rawValue: information) != nil else {
      throw ValidationError("information is one of \(StreetInformation.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard (1...1000).contains(seeds), (1...1024).contains(threads) else {
      throw ValidationError("seeds are from 1 to 1000 and threads from 1 to 1024")
    }
    for (name, value) in [("yellow", yellow ?? 0), ("all-red", allRed ?? 0), ("min-green", minGreen), ("max-red", maxRed)] {
      guard value >= 0, value <= 3600 else { throw ValidationError("\(name) is from 0 to 3600 s, not \(value)") }
    }
  }

  func run() async throws {
    do {
      try await compare()
    } catch let error as TraCIError {
      CommandSupport.writeError(error.description)
      throw ExitCode(ExitStatus.unavailable.rawValue)
    } catch let error as ExitCode {
      throw error
    } catch {
      try CommandSupport.exitOnProblems { throw error }
    }
  }

  private func compare() async throws {
    var scenario = try ScenarioReader.read(path)
    try scenario.routeTrips()
    let runner = try makeRunner(scenario)
    let bar = ProgressBar(total: Double(names.count * seeds), isShown: !json)
    let started = Started()
    let comparison = try await runner.run { progress in
      bar.advance(started.step(progress), note: "\(progress.strategy) \(progress.seed)")
    }
    bar.finish()
    let provenance = Provenance(seed: firstSeed, inputHash: scenario.inputHash)
    if json { print(try jsonText(comparison, provenance)) } else { print(comparison.table(language).text()) }
    if let csv { try write(comparison.csv(provenance: provenance), to: csv) }
    if let report { try write(try page(scenario, comparison, provenance), to: report) }
  }

  private func constraints(_ scenario: Scenario) -> [TimingConstraints] {
    var limits = TimingConstraints.Derivation()
    limits.minimumGreen = .seconds(minGreen)
    limits.maximumRed = .seconds(maxRed)
    var constraints = ConflictMonitor.constraints(of: scenario.network, limits)
    for signal in constraints.indices {
      for link in constraints[signal].links.indices {
        if let yellow { constraints[signal].links[link].yellow = .seconds(yellow) }
        if let allRed { constraints[signal].links[link].redClearance = .seconds(allRed) }
      }
    }
    return constraints
  }

  private func makeRunner(_ scenario: Scenario) throws -> ExperimentRunner {
    let run = try strategyRunner(scenario)
    let network = scenario.network
    let shared = [street, information, "\(yellow ?? -1)", "\(allRed ?? -1)", "\(minGreen)", "\(maxRed)", Self.buildStamp]
      .joined(separator: "|")
    let strategies = names.map { name in
      ExperimentRunner.Strategy(name: name, fingerprint: shared) { seed in
        try run(ControlStrategy.named(name)!, seed, .init(linkInterval: .minutes(5))).summary(network)
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

  /// How to run one strategy with one seed on the street that was asked for.
  private func strategyRunner(
    _ scenario: Scenario
  ) throws -> @Sendable (ControlStrategy, UInt64, Replication.Recording) throws -> StrategyRun.Outcome {
    let constraints = constraints(scenario), seen = StreetInformation(rawValue: information)!
    guard street == "sumo" else {
      return { strategy, seed, recording in
        try StrategyRun(scenario, strategy: strategy, constraints: constraints, information: seen, recording: recording).simulated(
          seed: seed)
      }
    }
    guard let home = sumoHome ?? ProcessInfo.processInfo.environment["SUMO_HOME"] else {
      throw InputProblem(
        file: "SUMO", expected: "a SUMO installation", found: "no SUMO_HOME",
        advice: "give --sumo-home; Benchmarks/setup-sumo installs one",
        isMissingInput: true)
    }
    let source = try SUMOStrategyRun.Source(path: path)
    return { strategy, seed, recording in
      let run = StrategyRun(scenario, strategy: strategy, constraints: constraints, information: seen, recording: recording)
      return try SUMOStrategyRun(run, source: source, home: home)(seed: seed)
    }
  }

  /// The page, with one full run of the first and of the best strategy for its pictures.
  private func page(_ scenario: Scenario, _ comparison: StrategyComparison, _ provenance: Provenance) throws -> String {
    let run = try strategyRunner(scenario)
    let corridor = Corridor.main(of: scenario)
    var page = ComparisonReport(
      title: Message("comparison.title", [scenario.name]).text(language), network: scenario.network, comparison: comparison,
      provenance: provenance)
    page.subtitle = Message(
      "comparison.subtitle",
      [
        street == "sumo" ? "SUMO" : Message("comparison.builtIn").text(language), NumberText.clock(scenario.begin.seconds),
        scenario.end.map { NumberText.clock($0.seconds) } ?? Message("comparison.untilEmpty").text(language), String(seeds),
        String(firstSeed),
      ]
    ).text(language)
    page.corridor = corridor
    let recording = Replication.Recording.report(of: scenario, corridor: corridor)
    let best = comparison.best()
    for i in Set([0, best == 0 ? min(1, names.count - 1) : best]).sorted() {
      page.examples[i] = try run(ControlStrategy.named(names[i])!, firstSeed, recording).record
    }
    return page.html(language)
  }

  private func jsonText(_ comparison: StrategyComparison, _ provenance: Provenance) throws -> String {
    struct Result: Encodable {
      struct Strategy: Encodable {
        var name: String
        var runs: [RunSummary]
      }
      var schemaVersion = 1
      var provenance: Provenance
      var strategies: [Strategy]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let result = Result(provenance: provenance, strategies: comparison.entries.map { .init(name: $0.name, runs: $0.runs) })
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
