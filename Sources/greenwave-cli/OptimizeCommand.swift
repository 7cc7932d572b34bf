import ArgumentParser
import Foundation
import Greenwave

struct OptimizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "optimize",
    abstract: "Compute a timing plan, print before and after, and write it.",
    discussion: """
      PATH is a SUMO configuration or a folder with one, or with a scenario.yaml.
      Method network searches stages, splits, offsets and cycle with a platoon model and refines the result by simulation;
      platoon leaves out the simulation.
      """)

  enum Method: String, ExpressibleByArgument, CaseIterable { case network, platoon }

  @Argument(help: "The scenario.") var path: String
  @Option(help: "How the plan is made: \(Method.allCases.map(\.rawValue).joined(separator: ", ")).") var method: Method = .network
  @Option(help: "Where to write the plan, as a SUMO additional file.") var out: String?
  @Option(help: "Plans the refinement simulates.") var evaluations = 400
  @Option(help: "Simulated replications that decide between two plans.") var replications = 3
  @Option(help: "Seed of the search.") var seed: UInt64 = 1
  @Option(help: "Simulations run at a time; changes nothing but the time taken.") var threads = 2
  @Option(help: "Write the proposal as JSON.") var json: String?
  @Flag(help: "Tell each improvement as it is found.") var progress = false

  func validate() throws {
    guard evaluations > 0, replications > 0, threads > 0 else {
      throw ValidationError("evaluations, replications and threads must be at least 1")
    }
  }

  func run() throws {
    try CommandSupport.exitOnProblems { try optimize() }
  }

  private func optimize() throws {
    let clock = ContinuousClock()
    let began = clock.now
    var scenario = try ScenarioReader.read(path)
    try scenario.routeTrips()
    var strategy = NetworkTiming(seed: seed)
    strategy.refines = method == .network
    strategy.evaluations = evaluations
    strategy.replications = replications
    strategy.threads = threads
    if progress { strategy.progress = { FileHandle.standardError.write(Data(($0 + "\n").utf8)) } }
    var proposal = try strategy.propose(scenario)
    let spent = clock.now - began
    proposal.search.seconds = Double(spent.components.seconds) + Double(spent.components.attoseconds) * 1e-18
    print(ProposalText.report(proposal))
    if let out {
      var file = try TextOutput(path: out)
      file.write(SUMOSignalWriter.text(proposal.plan, network: scenario.network))
      try file.commit()
    }
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(proposal).write(to: URL(fileURLWithPath: json))
    }
  }
}
