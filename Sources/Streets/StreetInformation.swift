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
}
