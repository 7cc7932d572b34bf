import ArgumentParser
import Foundation
import Greenwave

/// What `control` and `compare` share: what controllers may see, which rules hold, and where SUMO is.
struct ControlOptions: ParsableArguments {
  /// A set of rules by name.
  enum Rules: String, ExpressibleByArgument, CaseIterable {
    /// The intervals of the shipped programs.
    case shipped
    /// Those under which the RESCO benchmark's figures are published (Ault & Sharon 2021).
    case resco
  }

  @Option(help: "What controllers may see: \(StreetInformation.allCases.map(\.rawValue).joined(separator: ", ")).")
  var information = StreetInformation.connectedVehicles
  @Option(help: "Where the loop ahead of an approach shorter than 60 m lies: lane, at its start; upstream, on what leads there.")
  var loops = SignalLoops.Layout.upstream
  @Option(
    name: .customLong("protocol"),
    help: "shipped: the programs' own intervals; resco: 3 s yellow, no all-red, 5 s green, vehicles never teleport.")
  var rules = Rules.shipped
  @Option(help: "Yellow of every link [s] instead of the protocol's.") var yellow: Double?
  @Option(help: "Red clearance of every link [s] instead of the protocol's.") var allRed: Double?
  @Option(help: "Shortest green of every link [s].") var minGreen = 5.0
  @Option(help: "Longest red of a link that somebody waits for [s].") var maxRed = 180.0
  @Option(help: "Where SUMO is installed; looked for in SUMO_HOME, PATH and what Benchmarks/setup-sumo made unless said.")
  var sumoHome: String?
  @Option(help: "The SUMO to look for, by version, for example 1.9.2.") var sumoVersion: String?
  @Option(help: "Share of the detectors that fail, half of them dead and half stuck on.") var faultyDetectors = 0.0
  @Option(help: "Seconds by which everything controllers hear is late.") var late = 0.0
  @Option(help: "Seconds after the begin at which the controller is restarted and knows nothing.") var restart: Double?

  func validate() throws {
    guard faultyDetectors >= 0, faultyDetectors <= 1 else { throw ValidationError("faulty-detectors is a share from 0 to 1") }
    guard late >= 0, late <= 600 else { throw ValidationError("late is from 0 to 600 s, not \(late)") }
    for (name, value) in [("yellow", yellow ?? 0), ("all-red", allRed ?? 0), ("min-green", minGreen), ("max-red", maxRed)] {
      guard value >= 0, value <= 3600 else { throw ValidationError("\(name) is from 0 to 3600 s, not \(value)") }
    }
  }

  /// Rules of every signal of a network.
  func constraints(_ network: RoadNetwork) -> [TimingConstraints] {
    var limits = TimingConstraints.Derivation()
    limits.minimumGreen = .seconds(minGreen)
    limits.maximumRed = .seconds(maxRed)
    let yellow = yellow ?? (rules == .resco ? 3 : nil), allRed = allRed ?? (rules == .resco ? 0 : nil)
    var constraints = ConflictMonitor.constraints(of: network, limits)
    for signal in constraints.indices {
      for link in constraints[signal].links.indices {
        if let yellow { constraints[signal].links[link].yellow = .seconds(yellow) }
        if let allRed { constraints[signal].links[link].redClearance = .seconds(allRed) }
      }
    }
    return constraints
  }

  /// The scenario as the protocol runs it.
  func adapted(_ scenario: Scenario) -> Scenario {
    var scenario = scenario
    if rules == .resco { scenario.options.timeToTeleport = nil }
    return scenario
  }

  /// The same run with what these options let go wrong.
  func disturbed(_ run: StrategyRun) -> StrategyRun {
    var run = run
    run.restart = restart.map { .seconds($0) }
    guard faultyDetectors > 0 || late > 0 else { return run }
    var disturbance = DisturbedStreet.Disturbance()
    disturbance.deadShare = faultyDetectors / 2
    disturbance.stuckShare = faultyDetectors / 2
    disturbance.delay = .seconds(late)
    run.disturbance = disturbance
    return run
  }

  /// What distinguishes runs under these options from others.
  var fingerprint: String {
    [
      information.rawValue, loops.rawValue, rules.rawValue, "\(yellow ?? -1)", "\(allRed ?? -1)", "\(minGreen)", "\(maxRed)",
      "\(faultyDetectors)",
      "\(late)", "\(restart ?? -1)",
    ].joined(separator: "|")
  }

  func findSUMO() throws -> SUMOInstallation { try SUMOInstallation.find(.init(home: sumoHome, version: sumoVersion)) }
}

extension StreetInformation: ExpressibleByArgument {}
extension SignalLoops.Layout: ExpressibleByArgument {}
