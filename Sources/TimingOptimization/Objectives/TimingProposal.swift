import TrafficModel

/// A plan with everything needed to trust it or not: the checker's verdict, what it is predicted to do, how it was found, from what,
/// and why each signal changed.
public struct TimingProposal: Sendable, Hashable, Codable {
  public static let schemaVersion = 1

  /// How the search or solver ended.
  public enum Status: String, Sendable, Codable {
    /// Proven best.
    case optimal
    /// Nothing tried was better.
    case localOptimum
    /// Stopped at the number of evaluations it was given.
    case budget
    /// No plan beat the one that runs.
    case notImproved
    /// Demand exceeds what any timing serves; the plan is the least bad.
    case oversaturated
  }

  public struct Search: Sendable, Hashable, Codable {
    public var status: Status
    /// Best objective any plan could reach, where the method knows one.
    public var bound: Double?
    /// (objective - bound)/objective, where there is a bound.
    public var gap: Double?
    public var iterations: Int
    /// Plans judged by model, and by simulation.
    public var modelEvaluations: Int
    public var simulations: Int
    /// Spent [s].
    public var seconds: Double
    public init(
      status: Status, bound: Double? = nil, gap: Double? = nil, iterations: Int, modelEvaluations: Int = 0, simulations: Int = 0,
      seconds: Double
    ) {
      self.status = status
      self.bound = bound
      self.gap = gap
      self.iterations = iterations
      self.modelEvaluations = modelEvaluations
      self.simulations = simulations
      self.seconds = seconds
    }
  }

  /// What happened to one signal, in words.
  public struct Explanation: Sendable, Hashable, Codable {
    public var signal: String
    public var changed: Bool
    public var reasons: [Message]
    public init(signal: String, changed: Bool, reasons: [Message]) {
      self.signal = signal
      self.changed = changed
      self.reasons = reasons
    }
  }

  public var plan: TimingPlan
  /// What the checker found; errors only where the rules themselves cannot be met.
  public var findings: [PlanFinding]
  /// Before and after, one entry a replication, common random numbers.
  public var before: [PlanMeasures]
  public var after: [PlanMeasures]
  public var search: Search
  public var explanations: [Explanation]
  public var provenance: Provenance

  public init(
    plan: TimingPlan, findings: [PlanFinding], before: [PlanMeasures], after: [PlanMeasures], search: Search,
    explanations: [Explanation], provenance: Provenance
  ) {
    self.plan = plan
    self.findings = findings
    self.before = before
    self.after = after
    self.search = search
    self.explanations = explanations
    self.provenance = provenance
  }
}
