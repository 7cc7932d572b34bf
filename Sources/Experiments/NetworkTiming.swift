import Statistics
import TimingOptimization
import TrafficModel

/// Times the signals of a scenario: formulas or searches for each alone, or a platoon model and the microsimulation for all together.
///
/// The platoon model is judged thousands of times a second and finds stages, splits, offsets at each cycle; a few of its plans are
/// then refined where it is blind (spillback, lane changes, permissive turns) by simulating the scenario's own demand, with common
/// random numbers. Seeds that decided nothing judge the result.
public struct NetworkTiming {
  public enum Method: String, Sendable, CaseIterable {
    /// Each signal alone: Webster, the HCM's target volume-to-capacity ratio, least delay, least delay over stages too, over rings and
    /// barriers.
    case webster, hcm, delay, stages, rings
    /// All together: by the platoon model, and refined by simulation.
    case platoon, network
  }

  public var method: Method
  public var seed: UInt64
  /// Plans the refinement judges at most; nil: as many as `work` allows.
  public var evaluations: Int?
  /// What the refinement may simulate [vehicle seconds]. At about a million a second of one processor, minutes; the same plans on any
  /// machine.
  public var work = 3e8
  public var replications = 6
  /// Replications, fresh ones, for the figures before and after.
  public var verification = 5
  public var threads = 1
  /// Slices of the demand that serve the platoon model as flow scenarios.
  public var slices = 4
  /// What a stop is worth beside its own delay [s].
  public var stopPenalty = 0.0
  public var planner = PlatoonPlanner.Settings()
  public var model = PlatoonSettings()
  /// Measured flows instead of the scenario's own numbers of vehicles; the routes stay. Where the table has variances, the plan is made
  /// for several demands drawn from them.
  public var flows: FlowTable?
  /// Name of the flows in messages about them.
  public var flowsFile = "flows"
  /// Demands drawn from uncertain flows.
  public var flowScenarios = 6
  /// Weight of the worst replications and scenarios against the mean of all; nil: half where flows are uncertain, else none.
  public var tailWeight: Double?
  /// Which part of them is the worst; 0: the very worst.
  public var tailShare = 0.2
  /// Told how the search goes.
  public var progress: (String) -> Void = { _ in }

  public init(_ method: Method = .network, seed: UInt64 = 1) {
    self.method = method
    self.seed = seed
  }

  /// A scenario's demand as measured flows would have it.
  public struct Measured: Sendable {
    /// The scenario with its vehicles thinned or multiplied.
    public var scenario: Scenario
    /// The same as streams, in slices.
    public var demand: RoutedDemand
    /// Draws from the flows' uncertainty, streams and departures; empty where the flows have none.
    public var draws: [RoutedDemand] = []
    public var demands: [Demand] = []
    /// Subjects of the table that no route passes.
    public var unmatched: [FlowTable.Subject] = []
    /// Vehicles of the scenario before.
    public var vehiclesBefore: Double
  }

  /// The scenario with `flows` for its demand; as it is where there are none.
  ///
  /// - Parameter scenario: its trips routed.
  public func measured(_ scenario: Scenario) throws(InputProblems) -> Measured {
    let end = scenario.demandEnd
    let routed = RoutedDemand(scenario.demand, on: scenario.network, from: scenario.begin, to: end, slices: slices)
    var result = Measured(scenario: scenario, demand: routed, vehiclesBefore: routed.total)
    guard let flows else { return result }
    let fitted = try routed.fitted(to: flows, on: scenario.network, file: flowsFile)
    result.demand = fitted.demand
    result.unmatched = fitted.unmatched
    result.scenario.demand = scenario.demand.scaled(to: fitted.demand, from: routed)
    let (draws, demands) = try drawn(scenario, routed, flows, seed: seed)
    result.draws = draws
    result.demands = demands
    return result
  }

  private func drawn(
    _ scenario: Scenario, _ routed: RoutedDemand, _ flows: FlowTable, seed: UInt64
  ) throws(InputProblems) -> ([RoutedDemand], [Demand]) {
    guard flowScenarios > 1, flows.covariance.contains(where: { $0.first == $0.second && $0.value > 0 }) else { return ([], []) }
    var draws: [RoutedDemand] = []
    for table in FlowScenarios.drawn(from: flows, count: flowScenarios, seed: seed) {
      draws.append(try routed.fitted(to: table, on: scenario.network, file: flowsFile).demand)
    }
    return (draws, draws.map { scenario.demand.scaled(to: $0, from: routed) })
  }

  /// What a method found before anything is verified.
  private struct Found {
    var plans: [StagePlan]
    var search: TimingProposal.Search
    /// Plans a refinement may start from.
    var starts: [[StagePlan]] = []
    /// Rings and barriers by signal, in place of its stages.
    var rings: [SignalID: RingBarrierDesign.Outcome] = [:]
    /// Judges candidates before they are simulated.
    var screen: PlanRefinement.Screen?
  }

  /// - Parameter scenario: its trips routed.
  public func propose(_ scenario: Scenario) throws(InputProblems) -> TimingProposal {
    let asked = scenario
    let measured = try measured(asked)
    let scenario = measured.scenario
    let problem = TimingProblem(network: scenario.network, demand: measured.demand, seed: seed, inputHash: scenario.inputHash)
    try TimingProblem.check(problem, file: scenario.name)
    let tail = tailWeight ?? (measured.draws.isEmpty ? 0 : 0.5)
    let models = problem.models
    let shipped = models.compactMap(\.shipped)
    var found: Found
    switch method {
    case .webster, .hcm, .delay, .stages, .rings: found = isolated(problem)
    case .platoon, .network: found = together(problem, shipped, measured.draws, tail)
    }
    let base = seed &* 1_000_003
    if method == .network {
      let settings = PlanRefinement.Settings()
      let deciding = (0..<(replications + settings.furtherReplications)).map { base &+ UInt64($0) }
      let evaluator = try SimulatedPlanEvaluator(
        scenario, demands: measured.demands.isEmpty ? nil : measured.demands, seeds: deciding, threads: threads)
      addStarts(&found, problem, scenario, shipped)
      refine(&found, models, shipped, evaluator, tail)
    }

    var plan = PlanRefinement(models: models).timingPlan(found.plans, name: "greenwave")
    for k in plan.programs.indices {
      if let rings = found.rings[plan.programs[k].signal] { plan.programs[k].program.stages = rings.stages }
    }
    // Fresh seeds, and where flows are uncertain fresh draws of them.
    let verification = max(verification, measured.draws.count)
    let fresh = (0..<verification).map { base &+ 500_000 &+ UInt64($0) }
    var demands: [Demand]?
    if let flows, !measured.draws.isEmpty {
      let routed = RoutedDemand(
        asked.demand, on: scenario.network, from: problem.demand.boundaries[0], to: problem.demand.boundaries[slices], slices: slices)
      demands = try drawn(asked, routed, flows, seed: base &+ 500_000).1
    }
    let judge = try SimulatedPlanEvaluator(scenario, demands: demands, seeds: fresh, threads: threads)
    let results = judge.evaluate([problem.shippedPlan, plan], replications: 0..<verification)
    found.search.simulations += 2 * verification
    func value(_ m: [PlanMeasures]) -> Double {
      FlowScenarios.meanAndTail(m.map { $0.delay + stopPenalty * $0.stops }, tail: tail, share: tailShare)
    }
    // A formula gives what it gives; a search that did not help leaves the signals as they are.
    func errors(_ plan: TimingPlan) -> Int { PlanCheck.findings(in: plan, of: scenario.network).count { $0.severity == .error } }
    let keeps =
      (value(results[1]) < value(results[0]) || method == .webster || method == .hcm) && errors(plan) <= errors(problem.shippedPlan)
    if !keeps {
      found.search.status = .notImproved
      plan = problem.shippedPlan
    }
    let kept = keeps ? found.plans : shipped
    let judged = found.search.modelEvaluations + found.search.simulations
    var explanations = PlanExplanation.explain(models, from: shipped, to: kept, problem: problem, judged: judged)
    let loads = IsolatedTiming.loads(
      of: kept, models: models, network: PlatoonNetwork(problem.network, models: models, demand: problem.demand))
    for k in explanations.indices {
      if keeps, let rings = found.rings[models[k].signal] {
        explanations[k] = .init(signal: models[k].name, changed: true, reasons: [PlanExplanation.rings(rings)])
      }
      explanations[k].reasons += PlanExplanation.load(loads[k])
    }
    if loads.contains(where: { $0.criticalFlowRatio >= 1 }) { found.search.status = .oversaturated }
    if let note = flowNote(measured) { explanations.insert(.init(signal: scenario.name, changed: false, reasons: [note]), at: 0) }
    return TimingProposal(
      plan: plan, findings: PlanCheck.findings(in: plan, of: scenario.network), before: results[0], after: keeps ? results[1] : results[0],
      search: found.search, explanations: explanations, provenance: Provenance(seed: seed, inputHash: scenario.inputHash))
  }

  private func isolated(_ problem: TimingProblem) -> Found {
    let network = PlatoonNetwork(problem.network, models: problem.models, demand: problem.demand)
    let how = IsolatedTiming.Method(rawValue: method.rawValue) ?? .stages
    let results = IsolatedTiming.timing(how, models: problem.models, network: network, model: model)
    var rings: [SignalID: RingBarrierDesign.Outcome] = [:]
    if method == .rings {
      for (s, signal) in problem.models.enumerated() {
        rings[signal.signal] = RingBarrierDesign(signal, network.isolated(signal: s), platoon: model).best()
      }
    }
    var found = Found(
      plans: results.map(\.plan),
      search: .init(
        status: .localOptimum, iterations: results.count,
        modelEvaluations: results.reduce(0) { $0 + $1.evaluations } + rings.values.reduce(0) { $0 + $1.judged }, seconds: 0))
    found.rings = rings
    return found
  }

  /// What the measured flows did to the demand, in words.
  private func flowNote(_ measured: Measured) -> Message? {
    guard flows != nil else { return nil }
    return Message(
      "timing.flows",
      [
        "\(Int(measured.vehiclesBefore.rounded()))", "\(Int(measured.demand.total.rounded()))", "\(measured.unmatched.count)",
        "\(measured.draws.count)",
      ])
  }

  /// - Parameter draws: demands that may well be, beside the slices of the one to plan for; both count alike.
  private func together(_ problem: TimingProblem, _ shipped: [StagePlan], _ draws: [RoutedDemand], _ tail: Double) -> Found {
    let demand = problem.demand
    var scenarios = (0..<slices).filter { s in demand.streams.contains { $0.vehicles[s] > 0 } }.map {
      PlatoonNetwork(problem.network, models: problem.models, demand: demand, slice: $0)
    }
    var weights = [Double](repeating: 1 / Double(scenarios.count), count: scenarios.count)
    for draw in draws where draw.total > 0 {
      scenarios.append(PlatoonNetwork(problem.network, models: problem.models, demand: draw))
      weights.append(1 / Double(draws.count))
    }
    var model = model
    model.stopWeight *= 1 + stopPenalty / 4
    var planning = settings(signals: problem.models.count)
    planning.tailWeight = tail
    planning.tailShare = tailShare
    let platoon = PlatoonPlanner(models: problem.models, scenarios: scenarios, weights: weights, model: model, planning)
    let solutions = platoon.search(from: shipped)
    for s in solutions.prefix(5) { progress("platoon model: cycle \(s.cycle) s, index \(s.index)") }
    var found = Found(
      plans: solutions.first?.plans ?? shipped,
      search: .init(status: .localOptimum, iterations: solutions.count, modelEvaluations: platoon.evaluations, seconds: 0))
    found.starts = solutions.map(\.plans)
    found.screen = { platoon.indices(of: $0) }
    return found
  }

  /// A large city is searched at fewer cycles: the work of one grows with its signals.
  private func settings(signals: Int) -> PlatoonPlanner.Settings {
    var settings = planner
    guard signals > 50 else { return settings }
    settings.cycles = planner.cycles.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
    settings.finalists = 1
    settings.sweeps = min(planner.sweeps, 4)
    return settings
  }

  /// Where else a search may begin: the shipped stages with coordinated offsets, as actuated control would split them, and the plan with
  /// the widest bands along the heaviest street.
  private func addStarts(_ found: inout Found, _ problem: TimingProblem, _ scenario: Scenario, _ shipped: [StagePlan]) {
    let models = problem.models
    let platoon = PlatoonPlanner(
      models: models, scenarios: [PlatoonNetwork(problem.network, models: models, demand: problem.demand)], model: model, planner)
    func common(_ plans: [StagePlan]) -> Int {
      let cycles = zip(plans, models).map { $0.cycle($1) }.sorted()
      return cycles[cycles.count / 2]
    }
    var bases = [shipped]
    if let splits = try? ActuatedSplits(scenario, models: models, seed: seed).plans(models) { bases.append(splits) }
    found.search.simulations += 1
    for plans in bases {
      if models.count == 1 {
        found.starts.append(plans)
      } else if let fitted = platoon.fit(plans, common(plans)) {
        found.starts.append(platoon.coordinate(fitted, cycle: common(plans)))
      }
    }
    if models.count > 2 {
      let cycles = Array(found.starts.prefix(2).compactMap { $0.first?.cycle(models[0]) })
      if let bands = try? BandwidthTiming(.multiband, cycles: cycles).outcome(problem, file: scenario.name) {
        found.starts.append(bands.plans)
      }
    }
    found.search.modelEvaluations += platoon.evaluations
  }

  private func refine(
    _ found: inout Found, _ models: [SignalTimingModel], _ shipped: [StagePlan], _ evaluator: SimulatedPlanEvaluator, _ tail: Double
  ) {
    var settings = PlanRefinement.Settings()
    settings.evaluations = evaluations ?? .max
    settings.work = evaluations == nil ? work : .infinity
    settings.replications = replications
    settings.seed = seed
    settings.stopPenalty = stopPenalty
    settings.tailWeight = tail
    settings.tailShare = tailShare
    let outcome = PlanRefinement(models: models, settings).refine(
      from: [shipped] + found.starts, evaluator: evaluator, screen: found.screen
    ) {
      progress("simulation: \($0) plans judged, \($1) s")
    }
    found.plans = outcome.plans
    found.search.simulations += outcome.simulations
    found.search.iterations += outcome.improvements
    found.search.status = outcome.settled ? .localOptimum : .budget
  }
}
