import SignalControl
import TimingOptimization
import TrafficModel

/// Splits that actuated control chose: how long each stage of the shipped programs was green on average while vehicles extended it.
///
/// Formulas know the flows; a simulated hour of gap-out control also knows what permissive turns, blocked lanes and short links let
/// through. Its mean greens are therefore a good place to begin a search.
struct ActuatedSplits {
  /// Mean green of each candidate stage that was shown [s], by signal.
  let seconds: [[Int: Double]]

  init(_ scenario: Scenario, models: [SignalTimingModel], seed: UInt64) throws {
    guard let strategy = ControlStrategy.named("actuated") else { preconditionFailure("the table of strategies has no actuated one") }
    let network = scenario.network
    let constraints = network.signals.map { $0.constraints ?? TimingConstraints.derived(for: $0, in: network) }
    let run = StrategyRun(
      scenario, strategy: strategy, constraints: constraints, recording: .init(signals: true, emissions: false))
    let record = try run.simulated(seed: seed).record
    seconds = models.map { model in
      let changes = record.signals.filter { $0.signal == model.signal }
      var total: [Int: (time: Double, shown: Int)] = [:]
      for (k, change) in changes.enumerated() where change.state.isServingStage {
        let greens = change.state.greens.filter { model.usedLinks.indices.contains($0) && model.usedLinks[$0] }
        guard let candidate = model.candidates.firstIndex(where: { $0.greens == greens }) else { continue }
        let until = k + 1 < changes.count ? changes[k + 1].time : record.end
        let old = total[candidate] ?? (0, 0)
        total[candidate] = (old.time + (until - change.time).seconds, old.shown + 1)
      }
      return total.mapValues { $0.time / Double($0.shown) }
    }
  }

  /// The shipped stages with these greens; nil where a signal showed none of them.
  func plans(_ models: [SignalTimingModel]) -> [StagePlan]? {
    var result: [StagePlan] = []
    for (model, greens) in zip(models, seconds) {
      guard var plan = model.shipped else { return nil }
      for k in plan.stages.indices {
        if let green = greens[plan.stages[k].candidate] { plan.stages[k].seconds = max(1, Int(green.rounded())) }
      }
      result.append(plan)
    }
    return result
  }
}
