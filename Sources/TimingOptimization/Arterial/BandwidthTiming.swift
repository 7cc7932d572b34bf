import IntegerPrograms
import TrafficModel

/// Times a street of a network for progression: splits by the platoon model, cycle, offsets and phase orders by a bandwidth program.
///
/// At each cycle the platoon model sets stages' lengths, the program then chooses offsets and the order of stages, proven best for
/// the bands; the platoon model says which cycle's plan delays traffic least. Signals off the street keep the model's offsets.
public struct BandwidthTiming: Sendable {
  public enum Method: String, Sendable, Codable, CaseIterable {
    case maxband, multiband, amband
  }

  public var method: Method
  /// Signals along the street in the heavier direction; nil to take the heaviest corridor.
  public var along: [String]?
  /// Cycles to try [s].
  public var cycles: [Int]
  /// Slowest and fastest progression, relative to the speed limits.
  public var speeds: ClosedRange<Double> = 0.85...1
  /// For each program [s].
  public var timeLimit = 10.0
  /// Exponent of MULTIBAND's and AM-Band's volume weights.
  public var volumeExponent = 1.0
  /// Signals with more stages than this keep their order: the orders grow as a factorial.
  public var mostStagesReordered = 4

  public init(_ method: Method, along: [String]? = nil, cycles: [Int] = Array(stride(from: 40, through: 120, by: 10))) {
    self.method = method
    self.along = along
    self.cycles = cycles
  }

  /// One timing of the street.
  public struct Outcome: Sendable {
    /// The signals of the problem.
    public var models: [SignalTimingModel]
    public var street: ArterialStreet
    /// What the program was given, at the cycle chosen.
    public var arterial: ArterialProblem
    public var solution: ArterialSolution
    /// A plan for every model of the problem.
    public var plans: [StagePlan]
    public var cycle: Int
    /// Rules that the plans break; above zero only where no tried cycle admits better.
    public var errors: Int
    /// The platoon model's index of these plans [veh].
    public var index: Double
    /// Programs solved.
    public var programs: Int
    public var modelEvaluations: Int
  }

  /// - Throws: ``InputProblems`` where there is no street, or where at no cycle a band fits.
  public func outcome(_ problem: TimingProblem, file: String) throws(InputProblems) -> Outcome {
    try TimingProblem.check(problem, file: file)
    let street: ArterialStreet
    if let along {
      street = try ArterialStreet(along: along, in: problem, file: file)
    } else {
      street = try ArterialStreet(heaviestIn: problem, file: file)
    }
    let models = problem.models
    var settings = PlatoonPlanner.Settings()
    settings.changesStages = false
    settings.cycles = cycles
    let platoon = PlatoonPlanner(
      models: models, scenarios: [PlatoonNetwork(problem.network, models: models, demand: problem.demand)], settings)
    let shipped = models.compactMap(\.shipped)
    var best: Outcome?
    var programs = 0
    var conflict: [String] = []
    for cycle in cycles {
      guard let fitted = platoon.fit(shipped, cycle) else { continue }
      let improved = platoon.improve(fitted, cycle: cycle, sweeps: 3).plans
      let base = models.indices.map { lawful(improved[$0], or: fitted[$0], models[$0]) }
      let candidates = street.signals.map { ordersOf(base[$0], models[$0], cycle: cycle) }
      let arterial = street.problem(models, candidates, cycle: cycle, speeds: speeds)
      let solution = solve(arterial, street)
      programs += 1
      guard let timing = solution.timing else {
        if conflict.isEmpty { conflict = solution.conflict }
        continue
      }
      var plans = base
      for (k, s) in street.signals.enumerated() {
        plans[s] = candidates[k][timing.orders[k]]
        // The stretch of street from the first signal is fixed by the program; where it lies in the clock's cycle is not.
        plans[s].offset = (Int((timing.offsets[k] + Double(base[street.signals[0]].offset)).rounded()) % cycle + cycle) % cycle
      }
      let judged = platoon.judge(plans, cycle: cycle)
      let broken = models.indices.reduce(0) { $0 + errors(plans[$1], models[$1]) }
      if best.map({ (broken, judged.index) < ($0.errors, $0.index) }) ?? true {
        best = Outcome(
          models: models, street: street, arterial: arterial, solution: solution, plans: plans, cycle: cycle, errors: broken,
          index: judged.index,
          programs: programs,
          modelEvaluations: 0)
      }
    }
    guard var found = best else {
      throw InputProblems([
        InputProblem(
          file: file, element: "arterial " + street.signals.map { models[$0].name }.joined(separator: ", "),
          expected: "a cycle at which a progression fits the greens", found: "none of \(cycles)",
          advice: conflict.isEmpty ? "try other cycles or speeds" : "these cannot be met together: " + conflict.joined(separator: "; "))
      ])
    }
    found.programs = programs
    found.modelEvaluations = platoon.evaluations
    return found
  }

  private func solve(_ arterial: ArterialProblem, _ street: ArterialStreet) -> ArterialSolution {
    let settings = MixedIntegerSettings(timeLimit: timeLimit)
    switch method {
    case .maxband:
      // A direction with hardly any traffic still weighs a little, so that its band is not thrown away for nothing.
      return MAXBANDProgram(arterial, balance: .ratio(inbound: max(street.inboundShare, 0.01))).solve(settings)
    case .multiband: return MULTIBANDProgram(arterial, volumeExponent: volumeExponent).solve(settings)
    case .amband: return MULTIBANDProgram.amBand(arterial, volumeExponent: volumeExponent).solve(settings)
    }
  }

  /// The first plan where it breaks no more rules than the second.
  private func lawful(_ plan: StagePlan, or other: StagePlan, _ model: SignalTimingModel) -> StagePlan {
    errors(plan, model) <= errors(other, model) ? plan : other
  }

  /// How many rules of the signal a plan breaks.
  private func errors(_ plan: StagePlan, _ model: SignalTimingModel) -> Int {
    PlanCheck(model.constraints, usedLinks: model.usedLinks).findings(in: plan.program(model, id: ""), signal: model.name)
      .count { $0.severity == .error }
  }

  /// The plan with its stages in every cyclic order that obeys the rules at the same cycle, the given one first; all at offset 0.
  private func ordersOf(_ plan: StagePlan, _ model: SignalTimingModel, cycle: Int) -> [StagePlan] {
    var given = plan
    given.offset = 0
    guard plan.stages.count > 2, plan.stages.count <= mostStagesReordered else { return [given] }
    var found = [given]
    let tolerated = errors(given, model)
    func permute(_ taken: [StagePlan.Step], _ left: [StagePlan.Step]) {
      guard !left.isEmpty else {
        guard var trial = StagePlan(stages: taken).fitted(to: cycle, model) else { return }
        trial.offset = 0
        if trial.isRunnable(model), trial.cycle(model) == cycle, !found.contains(trial), errors(trial, model) <= tolerated {
          found.append(trial)
        }
        return
      }
      for k in left.indices {
        var rest = left
        let step = rest.remove(at: k)
        permute(taken + [step], rest)
      }
    }
    permute([plan.stages[0]], Array(plan.stages.dropFirst()))
    return found
  }
}

extension ArterialStreet {
  /// The bandwidth problem of the street's signals, each with its candidate plans as phase orders, at a fixed cycle.
  func problem(_ models: [SignalTimingModel], _ candidates: [[StagePlan]], cycle: Int, speeds: ClosedRange<Double>) -> ArterialProblem {
    func window(_ plan: StagePlan, _ model: SignalTimingModel, _ row: Int) -> ArterialProblem.GreenWindow {
      guard row >= 0 else { return .init(start: 0, length: 1) }
      let timeline = SignalTimeline(plan.program(model, id: ""), links: model.linkCount)
      let greens = timeline.runs[row].filter { $0.indication == .green }
      guard let longest = greens.max(by: { ($0.length, $1.start) < ($1.length, $0.start) }) else { return .init(start: 0, length: 1) }
      return .init(start: longest.start.seconds / Double(cycle), length: longest.length.seconds / Double(cycle))
    }
    let problemSignals = signals.enumerated().map { k, s in
      ArterialProblem.Signal(
        models[s].name,
        orders: candidates[k].enumerated().map { number, plan in
          .init(
            "\(number + 1)", outbound: window(plan, models[s], outboundRows[k]), inbound: window(plan, models[s], inboundRows[k]))
        })
    }
    func travel(_ stretch: Stretch) -> ArterialProblem.Travel {
      .init(
        length: max(stretch.length, 1), speed: speeds.lowerBound * stretch.speed...speeds.upperBound * stretch.speed, volume: stretch.flow,
        saturationFlow: stretch.saturationFlow)
    }
    let links = outbound.indices.map { k in
      var back = travel(inbound[k] ?? outbound[k])
      if inbound[k] == nil {
        // Nobody comes back: any speed and no weight, so that the loop binds nothing.
        back.volume = 0
        back.speed = 0.1 * back.speed.lowerBound...10 * back.speed.upperBound
      }
      return ArterialProblem.Link(outbound: travel(outbound[k]), inbound: back)
    }
    return ArterialProblem(signals: problemSignals, links: links, cycle: Double(cycle)...Double(cycle))
  }
}
