import ControlLoop
import Estimation
import SignalControl
import TrafficModel

/// What a controller is allowed to see of the street.
public enum StreetInformation: String, Sendable, CaseIterable {
  /// Vehicles within range of a stop line tell position, speed, lane and the turn they signal.
  case connectedVehicles = "vehicles"
  /// The same without the turn.
  case withoutTurn = "without-turn"
  /// Loop detectors alone.
  case detectors

  func limit(_ reports: [VehicleReport]) -> [VehicleReport] {
    guard self == .withoutTurn else { return reports }
    return reports.map { report in
      var report = report
      report.signalLink = nil
      return report
    }
  }

  /// The loops that a controller hears: those of the scenario where any lies on an approach to a signal, else those that
  /// ``SignalLoops`` lays, which whoever runs the street must have laid under the same names.
  public func detectors(of network: RoadNetwork, given: [Detector], layout: SignalLoops.Layout = .upstream) -> [Detector] {
    guard self == .detectors else { return given }
    let approaches = Set(network.connections.filter { $0.signal != nil }.map(\.fromLane))
    let hasOwn = given.contains { detector in
      if case .point(let lane, _) = detector.kind { approaches.contains(lane) } else { false }
    }
    return hasOwn ? given : SignalLoops.lay(for: network, layout)
  }

  /// A controller by `strategy` that gets to see no more than this.
  public func controller(_ strategy: ControlStrategy, _ problem: ControlProblem) -> any SignalController {
    let controller = strategy.make(problem)
    guard self == .detectors else { return controller }
    return LoopDrivenController(network: problem.network, detectors: problem.detectors, base: controller)
  }
}
