import ArgumentParser
import Foundation
import Greenwave

struct ControlCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control",
    abstract: "Control the signals of a street: the built-in simulator or a SUMO.",
    discussion: """
      PATH is a SUMO configuration or network, or a folder with a scenario. With --street traci://HOST:PORT it names the network of a
      SUMO that somebody else started: greenwave retries until SUMO listens, steps it to the end, closes and exits.
      """)

  @Argument(help: "The scenario, or the network SUMO runs.") var path: String
  @Option(help: "simulator, or traci://HOST:PORT.") var street = "simulator"
  @Option(help: "How to control; see greenwave strategies.") var strategy = "fixed"
  @Option(help: "Scenario time at which to stop [s]; the scenario's end unless said.") var until: Double?
  @Option(help: "Seed of the simulator; the scenario's first unless said.") var seed: UInt64?
  @Option(help: "What the controller may see: \(StreetInformation.allCases.map(\.rawValue).joined(separator: ", ")).")
  var information = StreetInformation.connectedVehicles.rawValue
  @Option(help: "Yellow of every link [s]; the shipped ones unless said.") var yellow: Double?
  @Option(help: "Red clearance of every link [s]; the shipped ones unless said.") var allRed: Double?
  @Option(help: "Shortest green of every link [s].") var minGreen = 5.0
  @Option(help: "Longest red of a link that somebody waits for [s].") var maxRed = 180.0
  @Option(help: "Seconds to wait for SUMO to listen.") var patience = 60.0
  @Option(help: "Language of the sentences.") var language: Language = .english

  func validate() throws {
    guard ControlStrategy.named(strategy) != nil else {
      throw ValidationError("no strategy '\(strategy)'; there are \(ControlStrategy.all.map(\.name).joined(separator: ", "))")
    }
    guard StreetInformation(rawValue: information) != nil else {
      throw ValidationError("information is one of \(StreetInformation.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard street == "simulator" || traci != nil else {
      throw ValidationError("street is simulator or traci://HOST:PORT, not '\(street)'")
    }
    for (name, value) in [("yellow", yellow ?? 0), ("all-red", allRed ?? 0), ("min-green", minGreen), ("max-red", maxRed)] {
      guard value >= 0, value <= 3600 else { throw ValidationError("\(name) is from 0 to 3600 s, not \(value)") }
    }
  }

  func run() throws {
    try CommandSupport.exitOnProblems {
      do { try control() } catch let error as TraCIError {
        CommandSupport.writeError(error.description)
        throw ExitCode(ExitStatus.unavailable.rawValue)
      }
    }
  }

  private var traci: (host: String, port: Int)? {
    guard street.hasPrefix("traci://"), let colon = street.lastIndex(of: ":"),
      let port = Int(street[street.index(after: colon)...]), (1...65535).contains(port)
    else { return nil }
    let host = street[street.index(street.startIndex, offsetBy: 8)..<colon]
    return host.isEmpty ? nil : (String(host), port)
  }

  private func control() throws {
    let scenario = try readScenario()
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
    let controller = ControlStrategy.named(strategy)!.make(
      ControlProblem(network: scenario.network, constraints: constraints, detectors: scenario.detectors))
    let monitor = ConflictMonitor(network: scenario.network, constraints: constraints)
    let seen = StreetInformation(rawValue: information)!
    let end = until.map { Instant(seconds: $0) } ?? scenario.end
    if let traci {
      let client = try TraCIClient(host: traci.host, port: traci.port, patience: patience)
      let street = try SUMOStreet(
        client: client, network: scenario.network, detectors: scenario.detectors, begin: scenario.begin, information: seen)
      let summary = try ControlLoop(street: street, controller: controller, monitor: monitor).run(until: end)
      try street.close()
      tell(summary, scenario)
    } else {
      let settings = Simulation.Settings(
        begin: scenario.begin, end: end, step: TimeAmount(seconds: scenario.options.stepLength), seed: seed ?? scenario.seeds[0],
        timeToTeleport: scenario.options.timeToTeleport ?? -1, timeToImpatience: scenario.options.timeToImpatience ?? -1,
        maximumDepartureDelay: scenario.options.maximumDepartureDelay ?? -1)
      let simulation = try Simulation(
        network: scenario.network, demand: scenario.demand, detectors: scenario.detectors, settings: settings)
      let street = SimulatedStreet(simulation: simulation, information: seen)
      let summary = try ControlLoop(street: street, controller: controller, monitor: monitor).run()
      tell(summary, scenario)
      let record = simulation.record()
      let delays = record.trips.map { $0.timeLoss + $0.departureDelay }
      let mean = delays.isEmpty ? 0 : delays.reduce(0, +) / Double(delays.count)
      let unfinished = record.trips.count { $0.ending != .arrived }
      print(
        Message("control.delay", [String(format: "%.1f", mean), "\(record.trips.count)", "\(unfinished)"]).text(language))
    }
  }

  /// A network alone is enough where SUMO brings the demand.
  private func readScenario() throws -> Scenario {
    if path.hasSuffix(".net.xml") || path.hasSuffix(".net.xml.gz") {
      guard traci != nil else {
        throw InputProblem(file: path, expected: "a scenario with demand", found: "a network", advice: "name the .sumocfg or folder")
      }
      return Scenario(name: path, network: try SUMONetworkReader.read(path), demand: Demand())
    }
    return try ScenarioReader.read(path)
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
          milliseconds(summary.latencies.last ?? .zero), "\(summary.violations.count)",
        ]
      ).text(language))
    for violation in summary.violations.prefix(20) {
      print("\(violation.time.seconds): " + violation.message(signalName: scenario.network.name(violation.signal)).text(language))
    }
    if summary.violations.count > 20 { print("… \(summary.violations.count - 20)") }
  }
}
