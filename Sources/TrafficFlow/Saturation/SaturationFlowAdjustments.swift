/// The Highway Capacity Manual's saturation flow: a base rate times what the lane, the traffic and the place take off it.
///
/// ```swift
/// var lane = SaturationFlowAdjustments()
/// lane.heavyVehicles = 5
/// lane.centralBusinessDistrict = true
/// lane.adjusted(base: 1900.0 / 3600)  // veh/s a lane
/// ```
///
/// Lengths in m, rates in 1/s, percentages in percent.
/// Source: HCM, 7th edition, chapter 19: equations 19-8 to 19-14, exhibits 19-15 and 19-20.
public struct SaturationFlowAdjustments: Sendable, Hashable {
  /// Average lane width [m].
  public var laneWidth: Double = 3.6576
  /// Heavy vehicles [%].
  public var heavyVehicles: Double = 0
  /// Grade, positive uphill [%].
  public var grade: Double = 0
  /// Lanes of the lane group.
  public var lanes: Int = 1
  /// Parking manoeuvres beside the group [1/s], or nil where there is no parking.
  public var parkingManeuvers: Double?
  /// Buses stopping [1/s].
  public var busesStopping: Double = 0
  public var centralBusinessDistrict = false
  /// Lane utilisation factor; see `laneUtilization(_:lanes:)`.
  public var laneUtilization: Double = 1
  /// Factors the analyst gives: work zone, downstream lane blockage, sustained spillback, turns, pedestrians.
  public var otherFactors: Double = 1

  public init() {}

  /// Through-car equivalent of a protected left turn (E_L).
  public static let protectedLeftEquivalent = 1.05
  /// Through-car equivalent of a protected right turn (E_R).
  public static let protectedRightEquivalent = 1.18

  /// f_w: exhibit 19-20; its steps are at 10.0 and 12.9 feet.
  public static func width(_ metres: Double) -> Double {
    let feet = (metres / Foot.length * 100).rounded() / 100
    return feet < 10 ? 0.96 : feet <= 12.9 ? 1.0 : 1.04
  }

  /// f_HVg: equations 19-9 and 19-10.
  public static func heavyVehiclesAndGrade(percentHeavy P: Double, grade G: Double) -> Double {
    G < 0 ? (100 - 0.79 * P - 2.07 * G) / 100 : (100 - 0.78 * P - 0.31 * G * G) / 100
  }

  /// f_p: equation 19-11, manoeuvres [1/s] counted to at most 180 an hour.
  public static func parking(lanes: Int, maneuvers: Double?) -> Double {
    guard let maneuvers else { return 1 }
    let N = Double(lanes)
    return max(0.05, (N - 0.1 - 18 * min(180, maneuvers * 3600) / 3600) / N)
  }

  /// f_bb: equation 19-12, buses [1/s] counted to at most 250 an hour.
  public static func busBlockage(lanes: Int, buses: Double) -> Double {
    let N = Double(lanes)
    return max(0.05, (N - 14.4 * min(250, buses * 3600) / 3600) / N)
  }

  /// What a lane group serves, for default lane utilisation.
  public enum MovementKind: Sendable { case left, through, right }

  /// f_LU defaults of exhibit 19-15; more lanes than it lists take its smallest value.
  public static func laneUtilization(_ kind: MovementKind, lanes: Int) -> Double {
    switch (kind, lanes) {
    case (_, ...1): return 1
    case (.through, 2): return 0.952
    case (.through, _): return 0.908
    case (.left, _): return 0.971
    case (.right, _): return 0.885
    }
  }

  /// Product of the factors.
  public var factor: Double {
    Self.width(laneWidth) * Self.heavyVehiclesAndGrade(percentHeavy: heavyVehicles, grade: grade)
      * Self.parking(lanes: lanes, maneuvers: parkingManeuvers) * Self.busBlockage(lanes: lanes, buses: busesStopping)
      * (centralBusinessDistrict ? 0.9 : 1) * laneUtilization * otherFactors
  }

  /// s of one lane in the units of `base`.
  public func adjusted(base: Double) -> Double { base * factor }
}
