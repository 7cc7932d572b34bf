import ArgumentParser
import Foundation
import Greenwave

/// Clearances by calculation instead of the programs' own.
struct ClearanceOptions: ParsableArguments {
  @Flag(help: "Yellow and red clearance by the ITE equation instead of what the shipped programs show.") var ite = false
  @Option(help: "Walk interval of signalled crossings [s]; their clearance follows from length and --walking-speed.") var walk: Double?
  @Option(help: "Walking speed [m/s].") var walkingSpeed = 1.0668

  func validate() throws {
    guard walk ?? 0 >= 0, walkingSpeed > 0 else { throw ValidationError("walk must be at least 0, walking-speed positive") }
  }

  /// Nil where nothing is asked for.
  var rules: ClearanceRules? {
    guard ite || walk != nil else { return nil }
    var rules = ClearanceRules()
    rules.clearsVehicles = ite
    rules.walk = walk
    rules.walkingSpeed = walkingSpeed
    return rules
  }
}

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Hold a scenario's signal programs against their rules.",
    discussion: """
      Conflicts, yellow and red clearance come from the network and the programs it ships; a plan given with --plan is held against
      those. With --ite yellow and red clearance are computed from speeds, grades and widths; with --walk crossings get a walk interval
      and a clearance for their length. Ends with 65 where a rule is broken.
      PATH may also be a Synchro export (UTDF, .csv) or a folder of GMNS tables: then units, greens, rings and barriers are checked.
      """)

  @Argument(help: "The scenario.") var path: String
  @Option(help: "A SUMO additional file with the programs to check instead of the scenario's own.") var plan: String?
  @Option(help: "Shortest green of any link [s].") var minimumGreen = 5.0
  @OptionGroup var clearance: ClearanceOptions
  @Flag(help: "Print findings as JSON.") var json = false
  @Flag(help: "Tell notes as well.") var notes = false

  func run() throws {
    try CommandSupport.exitOnProblems { try check() }
  }

  /// Rings that must sum to the cycle and meet at barriers; what is wrong with the file itself has been told by its reader.
  private func checkRings(_ plans: [(signal: String, plan: RingBarrierPlan)], sums: Bool = true) throws {
    let findings = plans.flatMap { PlanCheck.findings(in: $0.plan, signal: $0.signal) }.filter {
      sums || ($0.rule != .ringSum && $0.rule != .barrierCrossed)
    }
    for f in findings { print("\(f.severity.rawValue): signal \(f.signal): \(f.message.text()) [\(f.rule.rawValue)]") }
    let errors = findings.count { $0.severity == .error }
    print("\(plans.count) programs checked: \(errors) errors, \(findings.count { $0.severity == .warning }) warnings")
    if errors > 0 { throw ExitCode(ExitStatus.data.rawValue) }
  }

  private func check() throws {
    switch try TimingSource.read(path) {
    // Sums were held to Synchro's tenths when the file was read.
    case .utdf(_, let signals): return try checkRings(signals.map { ("\($0.id)", $0.plan) }, sums: false)
    case .gmns(let tables): return try checkRings(tables.controllers.flatMap { c in c.plans.map { (c.id, $0.plan) } })
    case .scenario: break
    }
    var network = try ScenarioReader.read(path).network
    var settings = TimingConstraints.Derivation()
    settings.minimumGreen = .seconds(minimumGreen)
    if let rules = clearance.rules { network.setClearances(rules, settings) }
    var programs: [(SignalID, SignalProgram)] = network.signals.flatMap { s in s.programs.map { (s.id, $0) } }
    if let plan { programs = try SUMOAdditionalReader.read([plan], network: network).programs.map { ($0.signal, $0.program) } }
    var findings: [PlanFinding] = []
    for (id, program) in programs {
      let signal = network[id]
      let rules = signal.constraints ?? TimingConstraints.derived(for: signal, in: network, settings)
      findings += PlanCheck(rules, usedLinks: signal.links.map { !$0.isEmpty }).findings(in: program, signal: network.name(id))
    }
    if !notes { findings.removeAll { $0.severity == .note } }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(findings), as: UTF8.self))
    } else {
      for f in findings {
        let stage = f.stage.map { " stage \($0)" } ?? ""
        print("\(f.severity.rawValue): signal \(f.signal) program \(f.program)\(stage): \(f.message.text()) [\(f.rule.rawValue)]")
      }
      let errors = findings.count { $0.severity == .error }
      print("\(programs.count) programs checked: \(errors) errors, \(findings.count { $0.severity == .warning }) warnings")
    }
    if findings.contains(where: { $0.severity == .error }) { throw ExitCode(ExitStatus.data.rawValue) }
  }
}
