/// Level of service, A (best) to F.
public enum LevelOfService: String, Sendable, Hashable, CaseIterable, Codable {
  case A, B, C, D, E, F

  /// Of motor traffic at a signal, from control delay [s/veh]; a lane group over capacity is F whatever its delay (HCM7 exhibit 19-8).
  public init(controlDelay: Double, overCapacity: Bool = false) {
    guard !overCapacity, controlDelay.isFinite else {
      self = .F
      return
    }
    self = Self.grade(controlDelay, [10, 20, 35, 55, 80])
  }

  /// Of walking or cycling at a signal, from the perception score (HCM7 exhibit 19-9).
  public init(score: Double) {
    self = Self.grade(score, [1.5, 2.5, 3.5, 4.5, 5.5])
  }

  private static func grade(_ value: Double, _ limits: [Double]) -> LevelOfService {
    allCases[limits.firstIndex { value <= $0 } ?? 5]
  }
}
