import SignalControl
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
    /// What the adaptive strategy weighed, best first.
    public var options: [DecisionExplanation.Option]
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
      signals: signals.map { signal in
        LiveSnapshot.Signal(
          shown: signal.transition.shown, level: signal.level, authority: signal.authority, stage: signal.target,
          stageCount: signal.controllers.stages.count, program: signal.program.id, planPending: signal.pending != nil,
          reason: signal.reason, options: signal.options,
          lanes: signal.lanes.map { LiveSnapshot.Lane(queue: $0.queue, flow: $0.arrivalRate * 3600) }, orders: signal.orders,
          reachable: !signal.isUnreachable, since: signal.transition.since, stages: signal.controllers.stages, timing: signal.program)
      },
      detectorHealth: detectorPlace.map { signals[$0.signal].detectors[$0.detector].health.rawValue },
      detectorOccupied: detectorPlace.map { signals[$0.signal].detectors[$0.detector].occupied })
  }
}
