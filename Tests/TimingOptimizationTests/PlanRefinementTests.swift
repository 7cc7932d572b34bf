import Testing
import TrafficFlow
import TrafficModel

@testable import TimingOptimization

/// The refinement against an evaluator whose answer is known: Webster's delay of a crossroads, with a shift for each replication.
@Suite struct PlanRefinementTests {
  struct WebsterEvaluator: PlanEvaluator {
    func evaluate(_ plans: [TimingPlan], replications: Range<Int>) -> [[PlanMeasures]] {
      plans.map { plan in
        let delay = plan.programs.reduce(0.0) { sum, timing in
          let t = SignalTimeline(timing.program, links: 5)
          let C = t.cycle.seconds
          // Demands of the five links [veh/s]; saturation flow half a vehicle a second.
          return sum
            + zip(0..<5, [0.02, 0.12, 0.02, 0.12, 0.15]).reduce(0) {
              let g = max(1, t.green(of: $1.0).seconds - 1)
              let X = $1.1 / (0.5 * g / C)
              return $0 + $1.1
                * (HCMControlDelay.uniform(cycle: C, green: g, volumeToCapacity: X)
                  + HCMControlDelay.incremental(volumeToCapacity: X, capacity: 0.5 * g / C, period: 3600))
            }
        }
        return replications.map { PlanMeasures(delay: delay + Double($0), stops: 0, vehicles: 1, arrived: 1) }
      }
    }
  }

  func refine(_ evaluations: Int, seed: UInt64 = 1) -> PlanRefinement.Outcome {
    var settings = PlanRefinement.Settings()
    settings.evaluations = evaluations
    settings.replications = 2
    // The evaluator's replications differ by a shift: the same two judge start and outcome.
    settings.furtherReplications = 0
    settings.seed = seed
    let model = Crossroads.model
    return PlanRefinement(models: [model], settings).refine(from: [[model.shipped!]], evaluator: WebsterEvaluator())
  }

  @Test func findsAShorterCycleAndKeepsTheRules() {
    let model = Crossroads.model
    let outcome = refine(400)
    let start = WebsterEvaluator().evaluate(
      [PlanRefinement(models: [model]).timingPlan([model.shipped!], name: "s")], replications: 0..<2)[0]
    #expect(outcome.delay < (start[0].delay + start[1].delay) / 2 - 0.5)
    let program = outcome.plans[0].program(model, id: "r")
    #expect(PlanCheck(model.constraints).findings(in: program, signal: "X").filter { $0.severity == .error }.isEmpty)
    #expect(program.cycle < Crossroads.shipped.cycle)
  }

  @Test func equalSeedsGiveEqualPlans() {
    let (a, b) = (refine(120), refine(120))
    #expect(a.plans == b.plans && a.delay == b.delay && a.simulations == b.simulations)
  }

  /// A screen that knows the answer spares simulations: the same number of plans judged gives a plan no worse.
  @Test func aScreenDoesNotHarm() {
    let model = Crossroads.model
    func run(screened: Bool) -> PlanRefinement.Outcome {
      var settings = PlanRefinement.Settings()
      settings.evaluations = 100
      settings.replications = 2
      let refinement = PlanRefinement(models: [model], settings)
      let screen: PlanRefinement.Screen = { plans in
        WebsterEvaluator().evaluate(plans.map { refinement.timingPlan($0, name: "s") }, replications: 0..<1).map { $0[0].delay }
      }
      return refinement.refine(from: [[model.shipped!]], evaluator: WebsterEvaluator(), screen: screened ? screen : nil)
    }
    #expect(run(screened: true).delay <= run(screened: false).delay + 0.01)
    #expect(run(screened: true).plans == run(screened: true).plans)
  }

  /// The work allowed ends the search, not a clock.
  @Test func workEndsTheSearch() {
    struct Counted: PlanEvaluator {
      func evaluate(_ plans: [TimingPlan], replications: Range<Int>) -> [[PlanMeasures]] {
        WebsterEvaluator().evaluate(plans, replications: replications).map { runs in
          runs.map { PlanMeasures(delay: $0.delay, stops: 0, vehicles: 10, arrived: 10, travelTime: 100) }
        }
      }
    }
    var settings = PlanRefinement.Settings()
    settings.evaluations = .max
    settings.work = 50_000
    let model = Crossroads.model
    let outcome = PlanRefinement(models: [model], settings).refine(from: [[model.shipped!]], evaluator: Counted())
    // Each run is a thousand vehicle seconds; the last round and the finalists may pass the limit.
    #expect((50...100).contains(outcome.simulations), "\(outcome.simulations)")
  }
}
