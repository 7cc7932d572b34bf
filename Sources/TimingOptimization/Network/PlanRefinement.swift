import Statistics
import TrafficModel

/// Improves plans against an evaluator that is dear and noisy, such as a simulator: few candidates, compared on the same chance
/// events, most of them dismissed after one replication.
///
/// A stochastic hill climb with a cooling tolerance. Candidates of one round are made before any is judged, so the result does not
/// depend on how many are judged at once.
public struct PlanRefinement {
  public struct Settings: Sendable, Hashable {
    /// Plans judged at most.
    public var evaluations = 400
    /// Judging ends once this much has been simulated [vehicle seconds]: the same plans whatever the machine's speed.
    public var work = Double.infinity
    /// Replications that decide between two plans.
    public var replications = 6
    /// Candidates a round; every other one is the best of some in the eyes of the screen, where there is one.
    public var batch = 4
    /// Candidates the screen chooses from.
    public var screened = 8
    /// Best plans that meet once more at the end, on as many further replications as a quarter of the work allows.
    public var finalists = 6
    public var furtherReplications = 12
    /// A candidate this much worse in its first replication is judged no further [share of delay].
    public var dismissal = 0.06
    /// Worse plans are taken with this tolerance at first [share of delay], none at the end.
    public var tolerance = 0.02
    public var maximumStages = 8
    public var minimumCycle = 24
    public var maximumCycle = 160
    /// What a stop is worth [s].
    public var stopPenalty = 0.0
    /// Weight of the worst replications against the mean of all: 0 plans for the mean, 1 for the worst.
    public var tailWeight = 0.0
    /// Which part of the replications is the worst; 0: the very worst.
    public var tailShare = 0.2
    public var seed: UInt64 = 1
    public init() {}
  }

  public struct Outcome: Sendable {
    public var plans: [StagePlan]
    /// Objective over the deciding replications, mean and tail: delay, and stops at their worth [s/veh].
    public var delay: Double
    public var simulations: Int
    /// Plans judged, those the screen turned down not counted.
    public var judged: Int
    public var improvements: Int
    /// Whether the last quarter of the search found nothing better.
    public var settled: Bool
  }

  public let models: [SignalTimingModel]
  public var settings: Settings

  public init(models: [SignalTimingModel], _ settings: Settings = .init()) {
    self.models = models
    self.settings = settings
  }

  /// The plan a controller runs.
  public func timingPlan(_ plans: [StagePlan], name: String) -> TimingPlan {
    let cycles = Set(zip(plans, models).map { $0.cycle($1) })
    return TimingPlan(
      name: name, cycle: cycles.count == 1 && plans.count > 1 ? cycles.first.map { .seconds(Double($0)) } : nil,
      programs: zip(plans, models).map { .init(signal: $1.signal, program: $0.program($1, id: name)) })
  }

  /// Cheap and roughly right: what a model says of plans, less is better, nil where it cannot judge.
  public typealias Screen = ([[StagePlan]]) -> [Double?]

  /// Refines the best of several starts.
  ///
  /// - Parameter evaluator: offers `replications + furtherReplications` replications.
  public func refine(
    from starts: [[StagePlan]], evaluator: any PlanEvaluator, screen: Screen? = nil, progress: (Int, Double) -> Void = { _, _ in }
  ) -> Outcome {
    precondition(!starts.isEmpty, "a refinement needs a plan to start from")
    var random = RandomStream(seed: settings.seed, stream: 0x7E5)
    var simulations = 0
    var work = 0.0
    let reps = settings.replications
    func judge(_ candidates: [[StagePlan]], _ range: Range<Int>) -> [[Double]] {
      simulations += candidates.count * range.count
      return evaluator.evaluate(candidates.map { timingPlan($0, name: "trial") }, replications: range).map {
        $0.map { m in
          work += m.travelTime * Double(m.vehicles)
          return m.delay + settings.stopPenalty * m.stops
        }
      }
    }
    func value(_ x: [Double]) -> Double {
      FlowScenarios.meanAndTail(x, tail: settings.tailWeight, share: settings.tailShare)
    }

    // A city whose simulation is long leaves no time to look at every start.
    var first: [Double] = []
    while first.count < starts.count && (first.count < 2 || work < settings.work / 2) {
      let more = starts[first.count..<min(starts.count, first.count + settings.batch)]
      first += judge(Array(more), 0..<1).map { $0[0] }
    }
    let promising = first.indices.sorted { (first[$0], $0) < (first[$1], $1) }.prefix(3).map { starts[$0] }
    let full = judge(promising, 0..<reps)
    var at = 0
    for k in full.indices where value(full[k]) < value(full[at]) { at = k }
    var current = promising[at]
    var currentDelays = full[at]
    var best = current
    var bestDelay = value(currentDelays)
    var podium = [(plans: best, value: bestDelay, delays: currentDelays)]
    var improvements = 0
    var judged = starts.count
    var lastImprovement = judged
    var seen: Set<[StagePlan]> = Set(starts)
    progress(judged, bestDelay)
    while judged < settings.evaluations && work < settings.work {
      let heat = 1 - max(Double(judged) / Double(settings.evaluations), work / settings.work)
      var candidates: [[StagePlan]] = []
      while candidates.count < settings.batch {
        let choosing = screen != nil && candidates.count % 2 == 0
        let offers = fresh(from: current, choosing ? settings.screened : 1, seen, &random)
        guard !offers.isEmpty else { break }
        var chosen = 0
        if choosing, let values = screen?(offers) {
          for k in offers.indices where (values[k] ?? .infinity) < (values[chosen] ?? .infinity) { chosen = k }
        }
        seen.insert(offers[chosen])
        candidates.append(offers[chosen])
      }
      guard !candidates.isEmpty else { break }
      judged += candidates.count
      let quick = judge(candidates, 0..<1).map { $0[0] }
      let kept = candidates.indices.filter { quick[$0] < currentDelays[0] * (1 + settings.dismissal) }
      guard !kept.isEmpty else { continue }
      let rest = reps > 1 ? judge(kept.map { candidates[$0] }, 1..<reps) : kept.map { _ in [] }
      for (k, others) in zip(kept, rest) {
        let delays = [quick[k]] + others
        let change = value(delays) - value(currentDelays)
        let allowed = value(currentDelays) * settings.tolerance * heat * heat * random.uniform()
        guard change < 0 || (change < allowed && settings.tolerance > 0) else { continue }
        current = candidates[k]
        currentDelays = delays
        podium.append((current, value(delays), delays))
        if value(delays) < bestDelay {
          best = current
          bestDelay = value(delays)
          improvements += 1
          lastImprovement = judged
          progress(judged, bestDelay)
        }
      }
      // A walk that has strayed comes home.
      if value(currentDelays) > bestDelay * 1.03 {
        current = best
        currentDelays = judge([best], 0..<reps)[0]
      }
    }
    // Whoever won by luck on the deciding replications loses it on others.
    podium.sort { $0.value < $1.value }
    let last = podium.prefix(settings.furtherReplications > 0 ? settings.finalists : 1)
    if last.count > 1 {
      // A plan that jams once in ten mornings is found only by as many; they take a quarter of what may be simulated.
      let affordable = settings.work / 4 / max(1, work / Double(simulations)) / Double(last.count)
      let further = affordable < Double(settings.furtherReplications) ? max(1, Int(affordable)) : settings.furtherReplications
      let more = judge(last.map(\.plans), reps..<(reps + further))
      let all = zip(last, more).map { value($0.delays + $1) }
      var winner = 0
      for k in all.indices where all[k] < all[winner] { winner = k }
      best = last[winner].plans
      bestDelay = all[winner]
    }
    return Outcome(
      plans: best, delay: bestDelay, simulations: simulations, judged: judged, improvements: improvements,
      settled: judged - lastImprovement > judged / 4)
  }

  /// The longest cycle that all signals' rules allow [s].
  static func longestCycle(_ models: [SignalTimingModel]) -> Int {
    models.map { Int($0.constraints.maximumCycle.seconds) }.min() ?? .max
  }

  /// Runnable plans a step or a few from `current` that nobody has judged yet.
  private func fresh(
    from current: [StagePlan], _ count: Int, _ seen: Set<[StagePlan]>, _ random: inout RandomStream
  ) -> [[StagePlan]] {
    var found: [[StagePlan]] = []
    var attempts = 0
    let longest = min(settings.maximumCycle, Self.longestCycle(models))
    while found.count < count && attempts < 200 {
      attempts += 1
      var trial = current
      for _ in 0..<[1, 1, 1, 2, 3][random.integer(below: 5)] { mutate(&trial, &random) }
      guard
        zip(trial, models).allSatisfy({
          $0.isRunnable($1) && (settings.minimumCycle...max(settings.minimumCycle, longest)).contains($0.cycle($1))
        }),
        !seen.contains(trial), !found.contains(trial)
      else { continue }
      found.append(trial)
    }
    return found
  }

  /// One random step: a duration, an exchange of time, a stage added, dropped, exchanged or moved, an offset, the whole cycle.
  func mutate(_ plans: inout [StagePlan], _ random: inout RandomStream) {
    if plans.count > 1, random.uniform() < 0.08 {
      let factor = [0.85, 0.92, 0.96, 1.04, 1.08, 1.15][random.integer(below: 6)]
      let cycle = plans[0].cycle(models[0])
      let target = Int((Double(cycle) * factor).rounded())
      for s in plans.indices {
        let own = plans[s].cycle(models[s])
        if let fitted = plans[s].fitted(to: own == cycle ? target : Int((Double(own) * factor).rounded()), models[s]) { plans[s] = fitted }
      }
      return
    }
    let s = random.integer(below: plans.count)
    let model = models[s]
    var p = plans[s]
    let k = p.stages.count
    let steps = [1, 2, 3, 5, 8]
    func pick(_ list: [Int], _ r: inout RandomStream) -> Int { list[r.integer(below: list.count)] }
    let dice = random.uniform()
    // A signal among others keeps the common cycle in most steps; alone, it is free.
    let coordinated = plans.count > 1
    switch dice {
    case ..<(coordinated ? 0.06 : 0.30):
      let a = random.integer(below: k)
      p.stages[a].seconds = max(1, p.stages[a].seconds + pick(steps, &random) * (random.uniform() < 0.5 ? -1 : 1))
    case ..<0.48:
      let a = random.integer(below: k)
      let b = random.integer(below: k)
      let d = min(pick(steps, &random), p.stages[a].seconds - 1)
      p.stages[a].seconds -= d
      p.stages[b].seconds += d
    case ..<0.58:
      guard k < settings.maximumStages else { return }
      let cycle = p.cycle(model)
      p.stages.insert(
        .init(candidate: random.integer(below: model.candidates.count), seconds: pick([4, 5, 6, 8, 10, 14], &random)),
        at: random.integer(below: k + 1))
      if coordinated || random.uniform() < 0.5 { p = refit(p, cycle, model) }
    case ..<0.66:
      guard k > 2 else { return }
      let cycle = p.cycle(model)
      p.stages.remove(at: random.integer(below: k))
      if coordinated || random.uniform() < 0.5 { p = refit(p, cycle, model) }
    case ..<0.74:
      let cycle = p.cycle(model)
      p.stages[random.integer(below: k)].candidate = random.integer(below: model.candidates.count)
      if coordinated { p = refit(p, cycle, model) }
    case ..<0.80:
      guard k > 2 else { return }
      let cycle = p.cycle(model)
      p.stages.swapAt(random.integer(below: k), random.integer(below: k))
      if coordinated { p = refit(p, cycle, model) }
    default:
      if coordinated {
        p.offset += pick([1, 2, 3, 5, 8, 12, 20], &random) * (random.uniform() < 0.5 ? -1 : 1)
      } else {
        let a = random.integer(below: k)
        p.stages[a].seconds = max(1, p.stages[a].seconds + (random.uniform() < 0.5 ? -1 : 1))
      }
    }
    plans[s] = p
  }

  private func refit(_ plan: StagePlan, _ cycle: Int, _ model: SignalTimingModel) -> StagePlan {
    guard var fitted = plan.fitted(to: cycle, model) else { return plan }
    fitted.offset = plan.offset
    return fitted
  }
}
