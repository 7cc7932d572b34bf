import ArgumentParser
import Foundation
import Greenwave

struct OptimizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "optimize",
    abstract: "Compute a timing plan, print before and after, and write it.",
    discussion: """
      PATH is a SUMO configuration or a folder with one, or with a scenario.yaml.
      Methods for each signal alone: webster, hcm (target volume-to-capacity ratio), delay (least delay over cycle and splits), stages
      (over stages and their order as well), rings (phases in rings and barriers found from the conflicts). For all signals together: platoon (stages, splits, offsets and cycle by the platoon
      model), network (the same, refined by simulating the scenario's own traffic). Methods maxband, multiband and amband time one
      street for progression, with the widest bands there are: the street of --along, or the one with the most traffic.

      With --flows the numbers of vehicles on the scenario's routes are fitted to measured flows, for the models and for the
      simulations: a table as `greenwave estimate` writes it. Where it has variances, --flow-scenarios demands are drawn from them, and
      the plan is made for their mean and their worst fifth alike (objective robust), so that it holds up when the flows turn out
      otherwise; it is judged on fresh draws.
      """)

  enum Method: String, ExpressibleByArgument, CaseIterable {
    case webster, hcm, delay, stages, rings, platoon, network, maxband, multiband, amband
  }
  enum Objective: String, ExpressibleByArgument, CaseIterable { case delay, stops, robust, worst }

  @Argument(help: "The scenario.") var path: String
  @Option(help: "How the plan is made: \(Method.allCases.map(\.rawValue).joined(separator: ", ")).") var method: Method = .network
  @Option(
    help: ArgumentHelp(
      """
      What is minimised: delay (the mean), stops (each worth ten seconds), robust (mean delay and the mean of its worst fifth, half and \
      half) or worst (delay of the worst). Over the parts of the demand in the platoon model, over replications in simulation. \
      Default: delay, with uncertain flows robust.
      """))
  var objective: Objective?
  @Option(
    help: "Measured flows (flow table as JSON, or CSV: begin,end,link,count) instead of the scenario's numbers of vehicles; routes stay.")
  var flows: String?
  @Option(help: "Demands drawn from the uncertainty of --flows; 1 plans for their mean.") var flowScenarios = 6
  @Option(help: "Where to write the plan, as a SUMO additional file.") var out: String?
  @Option(help: "Plans the refinement judges; without it, as many as --effort allows.") var evaluations: Int?
  @Option(help: "What the refinement may simulate [million vehicle seconds, each about a second of one processor].") var effort = 300.0
  @Option(help: "Simulated replications that decide between two plans.") var replications = 6
  @OptionGroup var clearance: ClearanceOptions
  @Option(help: "Shortest green of any link [s].") var minimumGreen = 5.0
  @Option(help: "Longest cycle of any signal [s].") var maximumCycle = 180.0
  @Option(help: "Seed of the search.") var seed: UInt64 = 1
  @Option(help: "Simulations run at a time; changes nothing but the time taken.") var threads = 2
  @Option(help: "Write the proposal as JSON.") var json: String?
  @Option(help: "Signals of the street, in order, separated by commas (maxband, multiband, amband).") var along: String?
  @Option(help: "Where to draw the street's time-space diagram, as SVG (maxband, multiband, amband).") var diagram: String?
  @Option(help: "A page with pictures: before, after, and why.") var report: String?
  @Option(help: "Seeds the page simulates under both plans.") var reportSeeds = 5
  @Option(help: "Language of text and page: en or zh.") var language = Language.english
  @Flag(help: "Tell each improvement as it is found.") var progress = false

  func validate() throws {
    if along != nil || diagram != nil, BandwidthTiming.Method(rawValue: method.rawValue) == nil {
      throw ValidationError("--along and --diagram go with the methods maxband, multiband and amband")
    }
    if flows != nil, NetworkTiming.Method(rawValue: method.rawValue) == nil {
      throw ValidationError("--flows goes with all methods but maxband, multiband and amband")
    }
    guard minimumGreen > 0, maximumCycle > 0 else { throw ValidationError("minimum-green and maximum-cycle must be positive") }
    guard evaluations ?? 1 > 0, effort > 0, replications > 0, threads > 0, (1...1000).contains(reportSeeds),
      (1...1000).contains(flowScenarios)
    else {
      throw ValidationError("evaluations, effort, replications, threads, report-seeds and flow-scenarios must be positive")
    }
  }

  func run() throws {
    try CommandSupport.exitOnProblems { try optimize() }
  }

  private func optimize() throws {
    let clock = ContinuousClock()
    let began = clock.now
    var scenario = try ScenarioReader.read(path)
    var derivation = TimingConstraints.Derivation()
    derivation.minimumGreen = .seconds(minimumGreen)
    derivation.maximumCycle = .seconds(maximumCycle)
    var rules = clearance.rules ?? ClearanceRules()
    if clearance.rules == nil { rules.clearsVehicles = false }
    scenario.network.setClearances(rules, derivation)
    try scenario.routeTrips()
    if let bandwidth = BandwidthTiming.Method(rawValue: method.rawValue) {
      try optimizeStreet(scenario, bandwidth, began)
      return
    }
    var strategy = NetworkTiming(NetworkTiming.Method(rawValue: method.rawValue) ?? .network, seed: seed)
    strategy.evaluations = evaluations
    strategy.work = effort * 1e6
    strategy.replications = replications
    strategy.threads = threads
    switch objective {
    case nil: break
    case .delay: strategy.tailWeight = 0
    case .stops:
      strategy.tailWeight = 0
      strategy.stopPenalty = 10
    case .robust: strategy.tailWeight = 0.5
    case .worst:
      strategy.tailWeight = 1
      strategy.tailShare = 0
    }
    if let flows {
      strategy.flows = try readFlows(flows)
      strategy.flowsFile = flows
      strategy.flowScenarios = flowScenarios
    }
    if progress { strategy.progress = { CommandSupport.writeError($0) } }
    var proposal = try strategy.propose(scenario)
    proposal.search.seconds = began.duration(to: clock.now) / .seconds(1)
    try finish(proposal, report == nil ? scenario : try strategy.measured(scenario).scenario)
  }

  private func optimizeStreet(_ scenario: Scenario, _ method: BandwidthTiming.Method, _ began: ContinuousClock.Instant) throws {
    let names = along?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    var study = StreetTiming(BandwidthTiming(method, along: names), seed: seed)
    study.threads = threads
    let found = try study.propose(scenario)
    var proposal = found.proposal
    proposal.search.seconds = began.duration(to: .now) / .seconds(1)
    if let diagram {
      if let drawing = found.outcome.diagram(scenario) {
        var file = try TextOutput(path: diagram)
        file.write(drawing.draw().document())
        try file.commit()
      } else {
        FileHandle.standardError.write(Data("no diagram: the links of the street do not join up\n".utf8))
      }
    }
    try finish(proposal, scenario, drawing: report == nil ? nil : found.outcome.diagram(scenario, language))
  }

  private func finish(_ proposal: TimingProposal, _ scenario: Scenario, drawing: TimeSpaceDiagram? = nil) throws {
    print(ProposalText.report(proposal, language))
    if let report {
      // The replications that judged the proposal, so that page and proposal tell the same figures.
      let seeds = (0..<UInt64(reportSeeds)).map { seed &* 1_000_003 &+ 500_000 &+ $0 }
      let page = try BeforeAfterReport(
        proposal, scenario, seeds: seeds, corridor: drawing?.corridor, bands: drawing?.bands, threads: threads, language: language)
      var file = try TextOutput(path: report)
      file.write(page.html(language))
      try file.commit()
    }
    if let out {
      var file = try TextOutput(path: out)
      file.write(SUMOSignalWriter.text(proposal.plan, network: scenario.network, programID: "greenwave"))
      try file.commit()
    }
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      var file = try TextOutput(path: json)
      file.write(String(decoding: try encoder.encode(proposal), as: UTF8.self) + "\n")
      try file.commit()
    }
  }

  private func readFlows(_ path: String) throws -> FlowTable {
    try FlowCounts.read(path: path)
  }
}
