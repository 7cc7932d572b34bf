import ArgumentParser
import Foundation
import Greenwave

/// `greenwave control PATH --street … --strategy …`.
struct ControlCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control",
    abstract: "Control the signals of a street: the built-in simulator or a SUMO.",
    discussion: """
      PATH is a SUMO configuration or network, or a folder with a scenario. --street sumo starts a SUMO of our own; with
      --street traci://HOST:PORT PATH names the network of a SUMO that somebody else started: greenwave retries until SUMO listens, steps
      it to the end, closes and exits. --street replay:LOG feeds a recorded controller log to the strategy and shows nobody its signals:
      what would it have done? --explain A@300 tells why signal A did what it did at 300 s; --log keeps every decision, and
      greenwave explain reads it.
      """)

  @Argument(help: "The scenario, or the network SUMO runs.") var path: String
  @Option(help: "simulator, sumo, traci://HOST:PORT, or replay:LOG.") var street = "simulator"
  @Option(help: "How to control; see greenwave strategies.") var strategy = "fixed"
  @Option(help: "Scenario time at which to stop [s]; the scenario's end unless said.") var until: Double?
  @Option(help: "Seed of the simulator or of SUMO; the scenario's first unless said.") var seed: UInt64?
  @OptionGroup var options: ControlOptions
  @Option(help: "Milliseconds a decision may take; a later one is dropped and the signals hold. Unlimited unless said.")
  var deadline: Double?
  @Option(help: "Seconds to wait for SUMO to listen.") var patience = 60.0
  @Option(help: "Tell the options and reasons of a decision, as SIGNAL@SECONDS; may be given again.") var explain: [String] = []
  @Option(help: "A file for every decision, one JSON object a line.") var log: String?
  @Option(help: "Language of the sentences.") var language: Language = .english

  private enum Place {
    case simulator, sumo
    case traci(host: String, port: Int)
    case replay(String)
  }

  private var place: Place? {
    if street == "simulator" { return .simulator }
    if street == "sumo" { return .sumo }
    if street.hasPrefix("replay:"), street.count > 7 { return .replay(String(street.dropFirst(7))) }
    guard street.hasPrefix("traci://"), let colon = street.lastIndex(of: ":"),
      let port = Int(street[street.index(after: colon)...]), (1...65535).contains(port)
    else { return nil }
    let host = street[street.index(street.startIndex, offsetBy: 8)..<colon]
    return host.isEmpty ? nil : .traci(host: String(host), port: port)
  }

  func validate() throws {
    guard ControlStrategy.named(strategy) != nil else {
      throw ValidationError("no strategy '\(strategy)'; there are \(ControlStrategy.all.map(\.name).joined(separator: ", "))")
    }
    guard place != nil else {
      throw ValidationError("street is simulator, sumo, traci://HOST:PORT or replay:LOG, not '\(street)'")
    }
    for wish in explain where DecisionWish(wish) == nil { throw ValidationError("--explain takes SIGNAL@SECONDS, not '\(wish)'") }
    if let deadline, !(deadline > 0 && deadline < 1e9) { throw ValidationError("--deadline takes a positive number of milliseconds") }
  }

  func run() throws {
    try CommandSupport.exitOnProblems {
      do { try control() } catch let error as TraCIError {
        CommandSupport.writeError(error.description)
        throw ExitCode(ExitStatus.unavailable.rawValue)
      }
    }
  }

  private func control() throws {
    var scenario = options.adapted(try readScenario())
    if let until { scenario.end = Instant(seconds: until) }
    let wishes = explain.compactMap(DecisionWish.init)
    for wish in wishes where scenario.network.signalNames[wish.signal] == nil {
      throw InputProblem(
        file: path, element: "signal \(wish.signal)", expected: "a signal of the network", found: "none of that name",
        advice: "greenwave inspect lists them")
    }
    var run = options.disturbed(
      StrategyRun(
        scenario, strategy: ControlStrategy.named(strategy)!, constraints: options.constraints(scenario.network),
        information: options.information, loops: options.loops))
    run.loop.deadline = deadline.map { .milliseconds(Int64($0.rounded(.up))) }
    let teller = try DecisionTeller(scenario.network, wishes: wishes, log: log, strategy: strategy, language: language)
    switch place! {
    case .simulator:
      try scenario.routeTrips()
      let outcome = try run.simulated(seed: seed ?? scenario.seeds[0]) { try teller.hear($0, $1) }
      try teller.finish()
      tell(outcome.loop, scenario)
      tell(outcome.record)
    case .sumo:
      let sumo = SUMOStrategyRun(run, source: try .init(path: path), sumo: try options.findSUMO())
      let outcome = try teller.surviving({ tell($0, scenario) }) { hear in
        try sumo(seed: seed ?? scenario.seeds[0], observe: hear)
      }
      tell(outcome.loop, scenario)
      tell(outcome.record)
    case .traci(let host, let port):
      try teller.surviving({ tell($0, scenario) }) { hear in
        let client = try TraCIClient(host: host, port: port, patience: patience)
        let street = try SUMOStreet(
          client: client, network: scenario.network, detectors: run.scenario.detectors, begin: scenario.begin,
          information: options.information)
        street.hearsPriority = run.strategy.heedsPriority
        let loop = run.makeLoop(street)
        try loop.run(until: scenario.end) {
          try hear($0, loop)
          try run.restartIfDue(loop, $0)
        }
        try street.close()
        tell(loop.summary, scenario)
      }
    case .replay(let log):
      let street = try replayStreet(log, scenario)
      let loop = run.makeLoop(street)
      try loop.run(until: until.map { Instant(seconds: $0) }) { try teller.hear($0, loop) }
      try teller.finish()
      tell(loop.summary, scenario)
    }
  }

  /// A log whose detectors are the scenario's by name, or named by a table.
  private func replayStreet(_ log: String, _ scenario: Scenario) throws -> ReplayStreet {
    let read = try HighResolutionLogReader.read(path: log)
    for problem in read.report.allProblems { CommandSupport.writeError(problem.description) }
    let detectors = scenario.detectors.map { ($0.name, $0.id) }
    let street = ReplayStreet(read.events, detectors: Dictionary(detectors, uniquingKeysWith: { first, _ in first }))
    guard !street.events.isEmpty else {
      throw InputProblem(
        file: log, expected: "changes of detectors named DEVICE:CHANNEL as in the network", found: "none known",
        advice: "the scenario names its detectors in its additional files")
    }
    return street
  }

  /// A network alone is enough where SUMO brings the demand.
  private func readScenario() throws -> Scenario {
    if path.hasSuffix(".net.xml") || path.hasSuffix(".net.xml.gz") {
      switch place! {
      case .traci, .replay: return Scenario(name: path, network: try SUMONetworkReader.read(path), demand: Demand())
      case .simulator, .sumo:
        throw InputProblem(file: path, expected: "a scenario with demand", found: "a network", advice: "name the .sumocfg or folder")
      }
    }
    return try ScenarioReader.read(path)
  }

  private func tell(_ record: RunRecord) {
    let measures = NetworkMeasures(record.trips)
    print(
      Message(
        "control.delay", [NumberText.fixed(measures.delay, 1), "\(measures.planned)", "\(measures.planned - measures.arrived)"]
      ).text(language))
  }

  private func tell(_ summary: ControlLoop.Summary, _ scenario: Scenario) {
    func milliseconds(_ d: Duration) -> String {
      String(format: "%.1f", Double(d.components.seconds) * 1e3 + Double(d.components.attoseconds) * 1e-15)
    }
    print(
      Message(
        "control.summary",
        [
          "\(summary.ticks)", milliseconds(summary.latency(quantile: 0.5)), milliseconds(summary.latency(quantile: 0.99)),
          milliseconds(summary.latency(quantile: 1)), "\(summary.violations.count)",
        ]
      ).text(language))
    if summary.lateDecisions > 0 { print(Message("control.late", ["\(summary.lateDecisions)"]).text(language)) }
    for violation in summary.violations.prefix(20) {
      print("\(violation.time.seconds): " + violation.message(signalName: scenario.network.name(violation.signal)).text(language))
    }
    if summary.violations.count > 20 { print("… \(summary.violations.count - 20)") }
  }
}
