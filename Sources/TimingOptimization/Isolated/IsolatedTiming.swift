import TrafficFlow
import TrafficModel

/// Times each signal as if it stood alone.
public enum IsolatedTiming {
  public enum Method: String, Sendable, CaseIterable {
    /// Webster's cycle, greens in proportion to critical flow ratios.
    case webster
    /// The HCM's cycle for a target critical volume-to-capacity ratio, greens likewise.
    case hcm
    /// Least delay over cycle and splits, by search in the platoon model.
    case delay
    /// Least delay over stages and their order as well.
    case stages
  }

  public struct Settings: Sendable, Hashable {
    public var minimumCycle = 30
    public var maximumCycle = 150
    /// X_c the HCM method aims for.
    public var targetVolumeToCapacity = 0.9
    /// Critical flow ratio above which formulas are not trusted and the longest cycle is taken.
    public var saturatedRatio = 0.95
    public init() {}
  }

  /// What became of one signal.
  public struct Result: Sendable, Hashable {
    public var plan: StagePlan
    /// Sum of critical flow ratios.
    public var criticalFlowRatio: Double
    /// How fast queues grow where demand exceeds capacity [veh/s].
    public var queueGrowth: Double
    public var evaluations: Int
  }

  /// - Parameter network: streams of all signals; each signal is timed on its own, arrivals even.
  public static func timing(
    _ method: Method, models: [SignalTimingModel], network: PlatoonNetwork, settings: Settings = .init(),
    model: PlatoonSettings = .init()
  ) -> [Result] {
    models.indices.compactMap { s in
      guard let shipped = models[s].shipped else { return nil }
      let alone = network.isolated(signal: s)
      var result: Result
      switch method {
      case .webster, .hcm: result = formula(method, shipped, models[s], alone, settings)
      case .delay, .stages: result = search(method, shipped, models[s], alone, settings, model)
      }
      result.queueGrowth = growth(result.plan, models[s], alone, model)
      return result
    }
  }

  /// How heavily a plan of each signal is loaded.
  public struct Load: Sendable, Hashable {
    /// Sum of critical flow ratios; 1 or more means that no timing with these stages serves the demand.
    public var criticalFlowRatio: Double
    /// How fast queues grow where demand exceeds what the plan lets through [veh/s].
    public var queueGrowth: Double
  }

  /// - Parameter network: streams of all signals; each signal is looked at alone.
  public static func loads(
    of plans: [StagePlan], models: [SignalTimingModel], network: PlatoonNetwork, model: PlatoonSettings = .init()
  ) -> [Load] {
    models.indices.map { s in
      let alone = network.isolated(signal: s)
      return Load(
        criticalFlowRatio: CriticalMovements(plans[s], models[s], streams: alone.streams, rowStart: 0).total,
        queueGrowth: growth(plans[s], models[s], alone, model))
    }
  }

  private static func formula(
    _ method: Method, _ shipped: StagePlan, _ model: SignalTimingModel, _ alone: PlatoonNetwork, _ settings: Settings
  ) -> Result {
    let critical = CriticalMovements(shipped, model, streams: alone.streams, rowStart: 0)
    let lost = Double(shipped.lostSeconds(model))
    let Y = critical.total
    var cycle = Double(settings.maximumCycle)
    if Y < settings.saturatedRatio {
      switch method {
      case .hcm:
        // C = L Xc / (Xc - ΣY) (eq. 31-68).
        let X = settings.targetVolumeToCapacity
        if X > Y { cycle = lost * X / (X - Y) }
      default: cycle = WebsterCycle.length(lostTime: lost, criticalFlowRatios: critical.stageRatios) ?? cycle
      }
    }
    let whole = min(settings.maximumCycle, max(settings.minimumCycle, Int(cycle.rounded())))
    let greens = WebsterCycle.greens(cycle: Double(whole), lostTime: lost, criticalFlowRatios: critical.stageRatios)
    var plan = shipped
    for k in plan.stages.indices { plan.stages[k].seconds = max(1, Int((greens[k] * 10).rounded())) }
    // Greens too short for their links push the cycle out rather than the rules.
    for c in whole...max(whole, 240) {
      if let fitted = plan.fitted(to: c, model), fitted.isRunnable(model) {
        return Result(plan: fitted, criticalFlowRatio: Y, queueGrowth: 0, evaluations: 0)
      }
    }
    return Result(plan: shipped, criticalFlowRatio: Y, queueGrowth: 0, evaluations: 0)
  }

  private static func search(
    _ method: Method, _ shipped: StagePlan, _ model: SignalTimingModel, _ alone: PlatoonNetwork, _ settings: Settings,
    _ platoon: PlatoonSettings
  ) -> Result {
    var planning = PlatoonPlanner.Settings()
    planning.cycles = Array(stride(from: settings.minimumCycle, through: settings.maximumCycle, by: 6))
    planning.changesStages = method == .stages
    let planner = PlatoonPlanner(models: [model], scenarios: [alone], model: platoon, planning)
    let plan = planner.search(from: [shipped]).first?.plans[0] ?? shipped
    return Result(
      plan: plan, criticalFlowRatio: CriticalMovements(plan, model, streams: alone.streams, rowStart: 0).total, queueGrowth: 0,
      evaluations: planner.evaluations)
  }

  /// Vehicles a second that arrive and cannot leave.
  private static func growth(
    _ plan: StagePlan, _ model: SignalTimingModel, _ alone: PlatoonNetwork, _ settings: PlatoonSettings
  ) -> Double {
    let engine = PlatoonEngine(alone, settings)
    engine.setCycle(max(1, plan.cycle(model)))
    _ = engine.evaluate([[plan.greens(model)]])
    return alone.streams.indices.reduce(0) { sum, j in
      let x = Double(engine.results[j].saturation[0])
      return x > 1 ? sum + alone.streams[j].demand * (1 - 1 / x) : sum
    }
  }
}

extension PlatoonNetwork {
  /// One signal alone: its streams with all their demand arriving evenly, rows counted from its first link.
  public func isolated(signal s: Int) -> PlatoonNetwork {
    let members = streams.indices.filter { streams[$0].signal == s }
    let position = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($0.element, $0.offset) })
    let own = members.map { j -> Stream in
      var stream = streams[j]
      stream.signal = 0
      stream.external = stream.demand
      stream.groups = []
      for k in stream.parts.indices {
        stream.parts[k].row -= rowStart[s]
        stream.parts[k].opponents = stream.parts[k].opponents.compactMap { o in
          position[o.stream].map { Opponent(stream: $0, share: o.share) }
        }
      }
      return stream
    }
    return PlatoonNetwork(rowStart: [0, rowStart[s + 1] - rowStart[s]], streams: own, period: period)
  }
}
