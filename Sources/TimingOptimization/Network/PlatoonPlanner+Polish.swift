import Solvers

extension PlatoonPlanner {
  /// Offsets and splits of a solution, moved all together by an evolution strategy: where moving one signal at a time is stuck, moving
  /// several may help.
  ///
  /// - Parameter evaluations: plans judged at most.
  /// - Returns: the better of the solution and what was found, its stages and cycle unchanged.
  public func polish(_ solution: Solution, evaluations: Int) -> Solution {
    let cycle = solution.cycle
    // Unknowns: an offset for each signal but the first, whose own only turns the clock, and a length for each stage, all in seconds.
    var start: [Double] = []
    for (s, plan) in solution.plans.enumerated() {
      if s > 0 { start.append(Double(plan.offset)) }
      for stage in plan.stages { start.append(Double(stage.seconds)) }
    }
    func plans(_ x: [Double]) -> [StagePlan]? {
      var at = 0
      var result: [StagePlan] = []
      for (s, old) in solution.plans.enumerated() {
        var plan = old
        if s > 0 {
          plan.offset = (Int(x[at].rounded()) % cycle + cycle) % cycle
          at += 1
        }
        for k in plan.stages.indices {
          plan.stages[k].seconds = max(1, Int((x[at] * 16).rounded()))
          at += 1
        }
        let offset = plan.offset
        // Lengths are proportions: whole seconds that sum to the cycle follow from them.
        guard var fitted = plan.fitted(to: cycle, models[s]), fitted.isRunnable(models[s]) else { return nil }
        fitted.offset = offset
        result.append(fitted)
      }
      return result
    }
    var settings = CMAES.Settings(seed: self.settings.seed)
    settings.maximumEvaluations = evaluations
    settings.tolerance = 0.2
    // Whole registers of candidates.
    settings.population = max(16, (Int(4 + 3 * Double(start.count).squareRoot()) + 7) / 8 * 8)
    settings.lower = start.map { _ in -Double(cycle) }
    settings.upper = start.map { _ in 2 * Double(cycle) }
    var search = CMAES(start: start, step: 4, settings: settings)
    var best = solution
    while !search.isFinished {
      let candidates = search.ask().map(plans)
      let known = candidates.indices.filter { candidates[$0] != nil }
      let values = indices(of: known.compactMap { candidates[$0] })
      var told = [Double](repeating: .infinity, count: candidates.count)
      for (k, value) in zip(known, values) {
        guard let value, let plan = candidates[k] else { continue }
        told[k] = value
        if value < best.index {
          best.index = value
          best.plans = plan
        }
      }
      search.tell(told)
    }
    guard best.plans != solution.plans else { return solution }
    let judged = judge(best.plans, cycle: cycle)
    return judged.index < solution.index ? judged : solution
  }
}
