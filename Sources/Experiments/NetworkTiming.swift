import Statistics
import TimingOptimization
import TrafficModel

/// Times all signals of a scenario together: a platoon model proposes, the microsimulation decides.
///
/// The platoon model is judged ten thousand times a second and finds stages, splits, offsets at each cycle; a few of its plans are
/// then refined where it is blind (spillback, lane changes, permissive turns) by simulating the scenario's own demand, with common
/// random numbers. Seeds that decided nothing judge the result.
public struct NetworkTiming {
  public var seed: UInt64
  /// Refine by simulation.
  public var refines = true
  public var evaluations = 400
  public var replications = 3
  /// Replications, fresh ones, for the figures before and after.
  public var verification = 5
  public var threads = 1
  /// Slices of the demand that serve the platoon model as flow scenarios.
  public var slices = 4
  public var planner = PlatoonPlanner.Settings()
  public var model = PlatoonSettings()
  /// Told how the search goes.
  public var progress: (String) -> Void = { _ in }

  public init(seed: UInt64 = 1) { self.seed = seed }

  /// - Parameter scenario: its trips routed.
  public func propose(_ scenario: Scenario) throws(InputProblems) -> TimingProposal {
    let end = scenario.end ?? (scenario.demand.departures.last?.time ?? scenario.begin) + .seconds(60)
    let demand = RoutedDemand(scenario.demand, on: scenario.network, from: scenario.begin, to: end, slices: slices)
    let problem = TimingProblem(network: scenario.network, demand: demand, seed: seed, inputHash: scenario.inputHash)
    try TimingProblem.check(problem, file: scenario.name)
    let models = problem.models
    let scenarios = (0..<slices).filter { s in demand.streams.contains { $0.vehicles[s] > 0 } }.map {
      PlatoonNetwork(scenario.network, models: models, demand: demand, slice: $0)
    }
    let platoon = PlatoonPlanner(models: models, scenarios: scenarios, model: model, planner)
    let shipped = models.compactMap(\.shipped)
    let solutions = platoon.search(from: shipped)
    for s in solutions.prefix(5) { progress("platoon model: cycle \(s.cycle) s, index \(s.index)") }
    var plans = solutions.first?.plans ?? shipped
    var search = TimingProposal.Search(
      status: .localOptimum, iterations: solutions.count, modelEvaluations: platoon.evaluations, seconds: 0)

    let base = seed &* 1_000_003
    let deciding = (0..<replications).map { base &+ UInt64($0) }
    let fresh = (0..<verification).map { base &+ 500_000 &+ UInt64($0) }
    let evaluator = try SimulatedPlanEvaluator(scenario, seeds: deciding, threads: threads)
    if refines {
      var settings = PlanRefinement.Settings()
      settings.evaluations = evaluations
      settings.replications = replications
      settings.seed = seed
      let refinement = PlanRefinement(models: models, settings)
      let outcome = refinement.refine(from: [shipped] + solutions.map(\.plans), evaluator: evaluator) {
        progress("simulation: \($0) plans judged, delay \($1) s")
      }
      plans = outcome.plans
      search.simulations = outcome.simulations
      search.iterations += outcome.improvements
      search.status = outcome.settled ? .localOptimum : .budget
    }
    var plan = PlanRefinement(models: models).timingPlan(plans, name: "greenwave")
    let judge = try SimulatedPlanEvaluator(scenario, seeds: fresh, threads: threads)
    let results = judge.evaluate([problem.shippedPlan, plan], replications: 0..<verification)
    search.simulations += 2 * verification
    func mean(_ m: [PlanMeasures]) -> Double { m.reduce(0) { $0 + $1.delay } / Double(max(1, m.count)) }
    let improved = mean(results[1]) < mean(results[0])
    if !improved {
      search.status = .notImproved
      plan = problem.shippedPlan
    }
    let after = improved ? results[1] : results[0]
    return TimingProposal(
      plan: plan, findings: PlanCheck.findings(in: plan, of: scenario.network), before: results[0], after: after, search: search,
      explanations: PlanExplanation.explain(models, from: shipped, to: improved ? plans : shipped, problem: problem),
      provenance: Provenance(seed: seed, inputHash: scenario.inputHash))
  }
}
