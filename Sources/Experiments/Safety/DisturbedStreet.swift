import ControlLoop
import SignalControl
import Statistics
import TrafficModel

/// A street whose news is worse than it is: detectors dead or stuck, readings late, reports lost. For rehearsing what happens then.
public final class DisturbedStreet: DetectorFeed, SignalOutput, LoopClock {
  public struct Disturbance: Hashable, Sendable {
    /// Shares of the detectors that never tell anything, and that stay on for ever.
    public var deadShare = 0.0
    public var stuckShare = 0.0
    /// By how much everything that is heard is late.
    public var delay = TimeAmount.zero
    /// Share of vehicle reports that are lost.
    public var lossShare = 0.0
    public var seed: UInt64 = 1
    public init() {}

    /// What becomes of each of `count` detectors.
    public func health(ofDetectors count: Int) -> [Health] {
      var draw = RandomStream(seed: seed, stream: 11)
      return (0..<count).map { _ in
        let u = draw.uniform()
        return u < deadShare ? .dead : u < deadShare + stuckShare ? .stuck : .sound
      }
    }
  }

  /// How a detector is rehearsed.
  public enum Health: String, Sendable { case sound, dead, stuck }

  private let street: any Street
  private let disturbance: Disturbance
  private let health: [Health]
  private var random: RandomStream
  private var underway: [(due: Instant, inputs: ControlInputs)] = []
  private var hasBegun = false

  /// - Parameter detectors: how many the street has.
  public init(_ street: any Street, _ disturbance: Disturbance, detectors: Int) {
    self.street = street
    self.disturbance = disturbance
    health = disturbance.health(ofDetectors: detectors)
    random = RandomStream(seed: disturbance.seed, stream: 12)
  }

  public var now: Instant { street.now }
  public var isUnderway: Bool { street.isUnderway }

  public func collect() throws -> ControlInputs {
    var inputs = try street.collect()
    inputs.detectorEvents.removeAll { health.indices.contains($0.detector.index) && health[$0.detector.index] != .sound }
    if disturbance.lossShare > 0 { inputs.vehicles.removeAll { _ in random.uniform() < disturbance.lossShare } }
    if !hasBegun {
      hasBegun = true
      let stuck = health.indices.filter { health[$0] == .stuck }
      inputs.detectorEvents = stuck.map { DetectorEvent(time: now, detector: DetectorID($0), change: .on) } + inputs.detectorEvents
    }
    guard disturbance.delay > .zero else { return inputs }
    underway.append((now + disturbance.delay, inputs))
    var heard = ControlInputs()
    while let first = underway.first, first.due <= now {
      // Events add up; of reports only the latest picture counts.
      heard.detectorEvents += first.inputs.detectorEvents
      heard.pedestrianCalls += first.inputs.pedestrianCalls
      heard.vehicles = first.inputs.vehicles
      heard.priorityRequests = first.inputs.priorityRequests
      underway.removeFirst()
    }
    return heard
  }

  public func show(_ commands: [SignalCommand]) throws { try street.show(commands) }
  public func shown() throws -> [SignalCommand] { try street.shown() }
  public func advance() throws -> Bool { try street.advance() }
}
