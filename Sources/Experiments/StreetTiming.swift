import IntegerPrograms
import Measures
import Statistics
import TimingOptimization
import TrafficModel

/// Times a scenario's street for progression and judges the result by simulation, on seeds that decided nothing.
public struct StreetTiming {
  public var strategy: BandwidthTiming
  public var seed: UInt64
  /// Replications for the figures before and after.
  public var verification = 5
  public var threads = 1

  public init(_ strategy: BandwidthTiming, seed: UInt64 = 1) {
    self.strategy = strategy
    self.seed = seed
  }

  /// - Parameter scenario: its trips routed.
  /// - Returns: the proposal, and the street with its bands. Where simulation finds the plan no better than the shipped one, the
  ///   proposal keeps the shipped plan and says so.
  public func propose(_ scenario: Scenario) throws(InputProblems) -> (proposal: TimingProposal, outcome: BandwidthTiming.Outcome) {
    let end = scenario.demandEnd
    let demand = RoutedDemand(scenario.demand, on: scenario.network, from: scenario.begin, to: end)
    let problem = TimingProblem(network: scenario.network, demand: demand, seed: seed, inputHash: scenario.inputHash)
    let outcome = try strategy.outcome(problem, file: scenario.name)
    let models = problem.models
    let shipped = models.compactMap(\.shipped)
    var plan = PlanRefinement(models: models).timingPlan(outcome.plans, name: strategy.method.rawValue)
    let seeds = (0..<verification).map { seed &* 1_000_003 &+ 500_000 &+ UInt64($0) }
    let judge = try SimulatedPlanEvaluator(scenario, seeds: seeds, threads: threads)
    let results = judge.evaluate([problem.shippedPlan, plan], replications: 0..<verification)
    func mean(_ measures: [PlanMeasures]) -> Double { SampleSummary(measures.map(\.delay)).mean }
    let improved = mean(results[1]) < mean(results[0])
    if !improved { plan = problem.shippedPlan }
    let certificate = outcome.solution.certificate
    let status: TimingProposal.Status = !improved ? .notImproved : (certificate.status == .optimal ? .optimal : .budget)
    let search = TimingProposal.Search(
      status: status, bound: certificate.bound, gap: certificate.gap, iterations: outcome.programs,
      modelEvaluations: outcome.modelEvaluations, simulations: 2 * verification, seconds: 0)
    var explanations = PlanExplanation.explain(
      models, from: shipped, to: improved ? outcome.plans : shipped, problem: problem, judged: search.modelEvaluations + search.simulations)
    explanations.insert(outcome.explanation, at: 0)
    let proposal = TimingProposal(
      plan: plan, findings: PlanCheck.findings(in: plan, of: scenario.network), before: results[0],
      after: improved ? results[1] : results[0], search: search, explanations: explanations,
      provenance: Provenance(seed: seed, inputHash: scenario.inputHash))
    return (proposal, outcome)
  }
}

extension BandwidthTiming.Outcome {
  /// The street and its bands in words.
  var explanation: TimingProposal.Explanation {
    func seconds(_ bands: [ArterialTiming.Band]) -> (least: String, mean: String) {
      let widths = bands.map { $0.width * Double(cycle) }
      return (
        NumberText.fixed(widths.min() ?? 0, 1), NumberText.fixed(widths.reduce(0, +) / Double(max(1, widths.count)), 1)
      )
    }
    let names = street.signals.map { models[$0].name }
    var reasons: [Message] = []
    if let timing = solution.timing {
      let (out, back) = (seconds(timing.outboundBands), seconds(timing.inboundBands))
      reasons.append(Message("timing.bands", ["\(cycle)", out.least, out.mean, back.least, back.mean]))
    }
    reasons.append(
      Message(
        "timing.bandCertificate",
        [
          NumberText.fixed(solution.certificate.objective, 4), NumberText.fixed(solution.certificate.bound, 4),
          "\(solution.certificate.nodes)", NumberText.fixed(solution.certificate.seconds, 2),
        ]))
    return .init(signal: names.joined(separator: " – "), changed: true, reasons: reasons)
  }

  /// Where the street runs, and its cycle.
  public func title(_ language: Language = .english) -> String {
    let names = street.signals.map { models[$0].name }
    return Message("timing.bandTitle", [names.first ?? "", names.last ?? "", "\(cycle)"]).text(language)
  }

  /// The street with its signals and bands as a time-space diagram over some cycles; nil where its links do not join up.
  public func diagram(_ scenario: Scenario, _ language: Language = .english) -> TimeSpaceDiagram? {
    let network = scenario.network
    guard let timing = solution.timing, let first = street.signals.first else { return nil }
    // The approach to the first stop line comes before the first stretch.
    let row = street.outboundRows[0]
    guard let entry = network[models[first].signal].links[row].first.map({ network[network[$0].fromLane].link }) else { return nil }
    guard let corridor = try? Corridor([entry] + street.outbound.flatMap(\.links), in: network) else { return nil }
    let begin = scenario.begin.seconds
    var diagram = TimeSpaceDiagram(corridor, in: network, window: begin...begin + 5 * Double(cycle), title: title(language))
    for s in street.signals {
      let program = plans[s].program(models[s], id: "band")
      diagram.histories[models[s].signal] = SignalHistory(
        models[s].signal, program: program, from: diagram.window.lowerBound, to: diagram.window.upperBound)
    }
    let shift = Double(plans[first].offset) - timing.offsets[0]
    let places = street.signals.map { s in corridor.signals.first { $0.signal == models[s].signal } }
    func pass(_ place: Corridor.SignalPlace?, up: Bool, line: Double, _ band: ArterialTiming.Band) -> GreenBand.Pass? {
      // Carriageways apart have no stop line of their own on the axis: theirs is where the other's is.
      guard let place, let distance = up ? place.up : place.down ?? place.up else { return nil }
      return .init(
        distance: distance, begin: line + shift - band.before * Double(cycle), end: line + shift + band.after * Double(cycle))
    }
    for k in street.outbound.indices {
      for up in [true, false] {
        let band = up ? timing.outboundBands[k] : timing.inboundBands[k]
        guard band.width > 1e-6, up || street.inbound[k] != nil else { continue }
        let line = up ? timing.outboundLine : timing.inboundLine
        let ends = [
          pass(places[k], up: up, line: line[k], band), pass(places[k + 1], up: up, line: line[k + 1], band),
        ].compactMap { $0 }
        guard ends.count == 2 else { continue }
        diagram.bands.append(GreenBand(isUp: up, passes: up ? ends : ends.reversed(), cycle: Double(cycle)))
      }
    }
    return diagram
  }
}
