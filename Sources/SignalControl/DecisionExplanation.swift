import TrafficModel

/// The options of a decision and their predicted cost.
public struct DecisionExplanation: Hashable, Sendable, Codable {
  public struct Option: Hashable, Sendable, Codable {
    /// Stage served after the present one, or the present one.
    public var stage: Int
    /// Seconds until the change begins; nil where the present stage simply goes on.
    public var after: Double?
    /// Predicted cost [veh·s], or the strategy's own measure where `unit` says so.
    public var cost: Double
    public init(stage: Int, after: Double?, cost: Double) {
      self.stage = stage
      self.after = after
      self.cost = cost
    }
  }
  public var time: Instant
  public var signal: SignalID
  public var presentStage: Int
  public var chosenStage: Int
  /// Best first: ascending by cost, or descending where `isScore`.
  public var options: [Option]
  /// What `cost` counts.
  public var unit: String
  /// `cost` is a merit: more is better.
  public var isScore: Bool
  /// Why, where the options alone do not say it.
  public var reason: Message?

  public init(
    time: Instant, signal: SignalID, presentStage: Int, chosenStage: Int, options: [Option], unit: String = "veh·s", isScore: Bool = false,
    reason: Message? = nil
  ) {
    self.time = time
    self.signal = signal
    self.presentStage = presentStage
    self.chosenStage = chosenStage
    self.options = options
    self.unit = unit
    self.isScore = isScore
    self.reason = reason
  }

  /// The stages that explanations count for a signal: those of its program that serve, without repetition.
  public static func stages(of signal: SignalID, in network: RoadNetwork) -> [SignalState] {
    network[signal].activeProgram.map { StageSequencer.servingStages(of: $0) } ?? []
  }
}
