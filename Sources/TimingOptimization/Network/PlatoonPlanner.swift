import TrafficModel

/// Searches plans with the platoon model: stages and their order, splits, offsets, at one cycle after another.
///
/// State of the search at one cycle: a plan for each signal, and an engine for each flow scenario that holds its profiles. A move
/// changes one signal; eight variants are judged at once and only what they reach is computed again.
public final class PlatoonPlanner {
  public struct Settings: Sendable, Hashable {
    /// Cycles to try [s].
    public var cycles: [Int] = Array(stride(from: 40, through: 120, by: 8))
    /// Rounds over all signals at each cycle.
    public var sweeps = 6
    /// Whether stages may be dropped, added, exchanged; otherwise only splits and offsets move.
    public var changesStages = true
    /// Most stages a signal may have.
    public var maximumStages = 6
    /// Cycles kept for the final, longer search.
    public var finalists = 3
    /// Weight of the worst scenario against the mean of all: 0 plans for the mean, 1 for the worst.
    public var tailWeight = 0.0
    /// Which part of the scenarios is the worst; 0: the very worst.
    public var tailShare = 0.0
    /// Evaluations of the evolution strategy that polishes the best plan's offsets and splits.
    public var polish = 0
    /// Variants the cell model judges where queues outgrow their roads.
    public var unblocking = 240
    public var seed: UInt64 = 1
    public init() {}
  }

  /// One complete plan with what the model says of it.
  public struct Solution: Sendable, Hashable {
    public var cycle: Int
    public var plans: [StagePlan]
    /// Performance index, averaged over the scenarios [veh].
    public var index: Double
    public var measures: [PlatoonMeasures]
    /// What the cell model says, where a queue outgrows its road and the platoon model cannot know.
    public var cells: CellNetwork.Measures?
    /// By which plans are ranked: the cell model's index where there is one.
    public var rank: Double { cells?.index ?? index }
  }

  public let models: [SignalTimingModel]
  /// Flow scenarios and their weights, which sum to 1.
  let engines: [PlatoonEngine]
  let weights: [Double]
  /// The scenario with most traffic as roads of cells.
  let cells: CellNetwork
  public var settings: Settings
  /// Variants judged so far.
  public private(set) var evaluations = 0
  /// Index of each scenario under the plans loaded.
  private var base: [Double] = []

  public init(
    models: [SignalTimingModel], scenarios: [PlatoonNetwork], weights: [Double]? = nil, model: PlatoonSettings = .init(),
    _ settings: Settings = .init()
  ) {
    precondition(!scenarios.isEmpty, "a search needs at least one flow scenario")
    self.models = models
    engines = scenarios.map { PlatoonEngine($0, model) }
    let w = weights ?? scenarios.map { _ in 1 }
    let sum = w.reduce(0, +)
    self.weights = w.map { $0 / sum }
    self.settings = settings
    cells = CellNetwork(scenarios.max { $0.throughput < $1.throughput } ?? scenarios[0], model)
  }

  /// What the model says of given plans, all fitted to a common cycle.
  public func judge(_ plans: [StagePlan], cycle: Int) -> Solution {
    load(plans, cycle)
    let measures = engines.map { $0.measures(lane: 0) }
    return Solution(cycle: cycle, plans: plans, index: objective(measures.map(\.index)), measures: measures)
  }

  /// Performance index of each of several plans, eight at a time; nil where its signals have different cycles.
  public func indices(of candidates: [[StagePlan]]) -> [Double?] {
    var result = [Double?](repeating: nil, count: candidates.count)
    var cycles: [(cycle: Int, members: [Int])] = []
    for (k, plans) in candidates.enumerated() {
      let own = Set(zip(plans, models).map { $0.cycle($1) })
      guard own.count == 1, let cycle = own.first, cycle > 0 else { continue }
      if let at = cycles.firstIndex(where: { $0.cycle == cycle && $0.members.count < PlatoonEngine.width }) {
        cycles[at].members.append(k)
      } else {
        cycles.append((cycle, [k]))
      }
    }
    for (cycle, members) in cycles {
      let greens = members.map { k in zip(candidates[k], models).map { $0.greens($1) } }
      var index = members.map { _ in [Double]() }
      for engine in engines {
        engine.setCycle(cycle)
        for (m, measures) in engine.evaluate(greens).enumerated() { index[m].append(measures.index) }
      }
      for (m, k) in members.enumerated() { result[k] = objective(index[m]) }
      evaluations += members.count
    }
    return result
  }

  /// The best plans found, best first, one a cycle.
  public func search(from start: [StagePlan]) -> [Solution] {
    var solutions: [Solution] = []
    let longest = PlanRefinement.longestCycle(models)
    for cycle in settings.cycles where cycle <= longest {
      guard let fitted = fit(start, cycle) else { continue }
      solutions.append(improve(fitted, cycle: cycle, sweeps: settings.sweeps))
    }
    solutions.sort { ($0.index, $0.cycle) < ($1.index, $1.cycle) }
    if settings.polish > 0, models.count > 1, let best = solutions.first {
      let polished = polish(best, evaluations: settings.polish)
      if polished.index < best.index { solutions[0] = polished }
    }
    for k in solutions.indices.prefix(settings.finalists) {
      for near in [solutions[k].cycle - 3, solutions[k].cycle + 3] where near >= 20 && near <= longest {
        guard let fitted = fit(solutions[k].plans, near) else { continue }
        let better = improve(fitted, cycle: near, sweeps: settings.sweeps)
        if better.index < solutions[k].index { solutions[k] = better }
      }
    }
    return unblocked(solutions).sorted { ($0.rank, $0.cycle) < ($1.rank, $1.cycle) }
  }

  /// Plans stretched to a cycle; where a signal's stages do not fit it, the two candidate stages that serve all its links do.
  public func fit(_ plans: [StagePlan], _ cycle: Int) -> [StagePlan]? {
    var result: [StagePlan] = []
    for (model, plan) in zip(models, plans) {
      if let fitted = plan.fitted(to: cycle, model), fitted.isRunnable(model) {
        result.append(fitted)
        continue
      }
      guard let simple = Self.simplest(model, cycle) else { return nil }
      result.append(simple)
    }
    return result
  }

  /// Fewest stages that serve every link within the cycle.
  static func simplest(_ model: SignalTimingModel, _ cycle: Int) -> StagePlan? {
    let c = model.candidates
    for a in c.indices {
      for b in c.indices where b > a {
        let plan = StagePlan(stages: [.init(candidate: a, seconds: 10), .init(candidate: b, seconds: 10)])
        if let fitted = plan.fitted(to: cycle, model), fitted.isRunnable(model) { return fitted }
      }
    }
    // Greedy cover: the stage that serves most of what is left.
    var left = SIMD4<UInt64>.zero
    for i in model.usedLinks.indices where model.usedLinks[i] { left.insert(i) }
    var stages: [StagePlan.Step] = []
    while !left.isNone {
      guard let best = c.indices.max(by: { (c[$0].members & left).size < (c[$1].members & left).size }),
        !(c[best].members & left).isNone
      else { return nil }
      stages.append(.init(candidate: best, seconds: 6))
      left &= ~c[best].members
    }
    return StagePlan(stages: stages).fitted(to: cycle, model).flatMap { $0.isRunnable(model) ? $0 : nil }
  }

  /// Mean of the scenarios, mixed with the worst of them.
  private func objective(_ index: [Double]) -> Double {
    guard settings.tailWeight > 0 else { return zip(index, weights).reduce(0) { $0 + $1.0 * $1.1 } }
    return FlowScenarios.meanAndTail(index, weights: weights, tail: settings.tailWeight, share: settings.tailShare)
  }

  /// Plans from anywhere start from even flow, which takes rounds to reach the far end of a large network; after a sweep the profiles
  /// are nearly right already.
  private func load(_ plans: [StagePlan], _ cycle: Int, afterSweep: Bool = false) {
    let greens = zip(plans, models).map { $0.greens($1) }
    for engine in engines {
      engine.setCycle(cycle)
      _ = engine.evaluate([greens], rounds: afterSweep ? engine.settings.rounds : 4 * engine.settings.rounds, fromEven: !afterSweep)
    }
    base = engines.map { $0.measures(lane: 0).index }
  }

  /// Moves until nothing helps or the sweeps are used up.
  public func improve(_ start: [StagePlan], cycle: Int, sweeps: Int) -> Solution {
    var plans = start
    load(plans, cycle)
    for sweep in 0..<sweeps {
      var gained = 0.0
      if settings.changesStages && sweep < sweeps - 1 {
        for s in models.indices { gained += moveStages(s, &plans, cycle) }
      }
      for s in models.indices { gained += moveSplits(s, &plans, cycle) }
      if models.count > 1 { for s in models.indices { gained += moveOffset(s, &plans, cycle) } }
      // Incremental changes stop below a tolerance: now and then everything is computed afresh.
      load(plans, cycle, afterSweep: true)
      if gained < 1e-3 { break }
    }
    return judge(plans, cycle: cycle)
  }

  /// Moves offsets alone.
  public func coordinate(_ start: [StagePlan], cycle: Int) -> [StagePlan] {
    var plans = start
    load(plans, cycle)
    for _ in 0..<settings.sweeps {
      var gained = 0.0
      for s in models.indices { gained += moveOffset(s, &plans, cycle) }
      load(plans, cycle, afterSweep: true)
      if gained < 1e-3 { break }
    }
    return plans
  }

  /// Judges variants of one signal, eight at a time, and keeps the best if it helps. Returns the gain.
  private func tryVariants(_ s: Int, _ variants: [StagePlan], _ plans: inout [StagePlan]) -> Double {
    var best: (gain: Double, plan: StagePlan)?
    var at = 0
    while at < variants.count {
      let batch = Array(variants[at..<min(at + PlatoonEngine.width, variants.count)])
      at += PlatoonEngine.width
      let greens = batch.map { $0.greens(models[s]) }
      let changes = engines.map { $0.change(signal: s, to: greens) }
      evaluations += batch.count
      let now = objective(base)
      for k in batch.indices {
        let gain = now - objective(zip(base, changes).map { $0 + Double($1[k]) })
        if gain > (best?.gain ?? 1e-4) { best = (gain, batch[k]) }
      }
    }
    for engine in engines { engine.clearTrial() }
    guard let best else { return 0 }
    plans[s] = best.plan
    let greens = [best.plan.greens(models[s])]
    for (e, engine) in engines.enumerated() {
      base[e] += Double(engine.change(signal: s, to: greens)[0])
      engine.commit(lane: 0)
    }
    return best.gain
  }

  private func moveOffset(_ s: Int, _ plans: inout [StagePlan], _ cycle: Int) -> Double {
    var gain = 0.0
    for steps in [[-8, -4, -2, -1, 1, 2, 4, 8], (1...8).map { $0 * cycle / 9 }] {
      let variants = steps.map { d in
        var p = plans[s]
        p.offset = ((p.offset + d) % cycle + cycle) % cycle
        return p
      }
      gain += tryVariants(s, variants, &plans)
    }
    return gain
  }

  private func moveSplits(_ s: Int, _ plans: inout [StagePlan], _ cycle: Int) -> Double {
    var gain = 0.0
    let k = plans[s].stages.count
    for amount in [5, 2, 1] {
      for _ in 0..<4 {
        var variants: [StagePlan] = []
        for a in 0..<k {
          for b in 0..<k where a != b && plans[s].stages[a].seconds > amount {
            var p = plans[s]
            p.stages[a].seconds -= amount
            p.stages[b].seconds += amount
            if p.isRunnable(models[s]) { variants.append(p) }
          }
        }
        let g = tryVariants(s, variants, &plans)
        gain += g
        if g <= 0 { break }
      }
    }
    return gain
  }

  private func moveStages(_ s: Int, _ plans: inout [StagePlan], _ cycle: Int) -> Double {
    let variants = StageMoves.all(of: plans[s], models[s], cycle: cycle, maximumStages: settings.maximumStages)
    return tryVariants(s, variants, &plans)
  }
}

/// Ways to rearrange one signal's stages.
enum StageMoves {
  /// Every plan one step away: a stage dropped, exchanged for another candidate, added, or two swapped; all fitted to the cycle.
  static func all(of plan: StagePlan, _ model: SignalTimingModel, cycle: Int, maximumStages: Int) -> [StagePlan] {
    var seen: Set<[Int]> = [plan.stages.map(\.candidate)]
    var result: [StagePlan] = []
    func offer(_ stages: [StagePlan.Step]) {
      guard stages.count >= 2, stages.count <= maximumStages, seen.insert(stages.map(\.candidate)).inserted else { return }
      let trial = StagePlan(offset: plan.offset, stages: stages)
      guard var fitted = trial.fitted(to: cycle, model) else { return }
      fitted.offset = plan.offset
      if fitted.isRunnable(model) { result.append(fitted) }
    }
    let k = plan.stages.count
    for a in 0..<k {
      var without = plan.stages
      without.remove(at: a)
      offer(without)
      for c in model.candidates.indices {
        var exchanged = plan.stages
        exchanged[a].candidate = c
        offer(exchanged)
        var added = plan.stages
        added.insert(.init(candidate: c, seconds: 8), at: a)
        offer(added)
      }
      for b in (a + 1)..<max(a + 1, k) {
        var swapped = plan.stages
        swapped.swapAt(a, b)
        offer(swapped)
      }
    }
    return result
  }
}
