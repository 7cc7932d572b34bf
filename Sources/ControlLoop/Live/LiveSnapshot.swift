import TrafficModel

/// What the engine knows at one moment, for people and programs that look on.
public struct LiveSnapshot: Sendable, Codable, Hashable {
  public struct Lane: Sendable, Codable, Hashable {
    public var queue: Double
    /// [veh/h]
    public var flow: Double
  }
  public struct Signal: Sendable, Codable, Hashable {
    public var shown: SignalState
    public var level: ControlLevel
    public var authority: CommandAuthority
    public var stage: Int
    public var stageCount: Int
    public var program: String
    /// Whether a plan waits for the end of the cycle.
    public var planPending: Bool
    public var reason: Message
    public var options: [LiveOption]
    public var lanes: [Lane]
    public var orders: [LiveOrder]
    public var reachable: Bool
    /// When each link took its present indication.
    public var since: [Instant]
    /// Serving stages of the program in use.
    public var stages: [SignalState]
    public var timing: SignalProgram
  }
  public var time: Instant
  public var signals: [Signal]
  /// 0 silent, 1 well, 2 stuck, 3 faulty; same order as the topology's.
  public var detectorHealth: [UInt8]
  public var detectorOccupied: [Bool]
}

extension LiveEngine {
  public func snapshot() -> LiveSnapshot {
    LiveSnapshot(
      time: now,
      signals: signals.indices.map { index in
        let signal = signals[index]
        return LiveSnapshot.Signal(
          shown: signal.transition.shown, level: signal.level, authority: authority(of: index), stage: signal.target,
          stageCount: signal.stages.count, program: signal.program.id, planPending: signal.pending != nil, reason: signal.reason,
          options: signal.options, lanes: signal.lanes.map { LiveSnapshot.Lane(queue: $0.queue, flow: $0.arrivalRate * 3600) },
          orders: signal.orders, reachable: !signal.isUnreachable,
          since: signal.transition.since, stages: signal.stages.map(\.state), timing: signal.program)
      },
      detectorHealth: detectors.map(\.health.rawValue), detectorOccupied: detectors.map(\.occupied))
  }
}
