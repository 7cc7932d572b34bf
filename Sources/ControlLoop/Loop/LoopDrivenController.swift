import Estimation
import SignalControl
import TrafficModel

/// Any strategy that works from vehicle reports, run from loop detectors alone: vehicles are imagined from the loops
/// (``LaneStateEstimator``) and told to it as if they were connected, without the turn.
public final class LoopDrivenController: SignalController {
  private let base: any SignalController
  private var tracks: LaneStateEstimator
  private var shown: [SignalID: SignalState] = [:]

  /// - Parameters:
  ///   - detectors: the loops whose events will come; what each is for follows from its place.
  ///   - base: decides; it hears of imagined vehicles.
  public init(network: RoadNetwork, detectors: [Detector], base: any SignalController) {
    self.base = base
    tracks = LaneStateEstimator(network: network, detectors: detectors)
  }

  public var signals: [SignalID] { base.signals }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    let vehicles = tracks.update(now: now, events: inputs.detectorEvents, shown: shown)
    var imagined = inputs
    imagined.vehicles = vehicles
    let commands = base.tick(now: now, inputs: imagined)
    for command in commands { shown[command.signal] = command.state }
    return commands
  }

  public func resume(_ shown: [SignalCommand], at now: Instant) {
    for command in shown { self.shown[command.signal] = command.state }
    base.resume(shown, at: now)
  }

  public func explain(_ signal: SignalID) -> DecisionExplanation? { base.explain(signal) }
}
