/// Yellow change and red clearance intervals by the kinematic equation of the Institute of Transportation Engineers.
///
/// Speeds in m/s, lengths in m, times in s.
/// Source: ITE, *Guidelines for Determining Traffic Signal Change and Clearance Intervals* (2020), and ITE Journal, March 2020.
public enum ITEClearance {
  /// Standard gravity [m/s²].
  static let gravity = 9.80665

  /// Yellow Y = t + v / (2a + 2Gg) [s]: long enough that whoever cannot stop can reach the line.
  ///
  /// - Parameters:
  ///   - speed: 85th-percentile approach speed [m/s].
  ///   - grade: rise over run, negative downhill.
  ///   - reactionTime: t [s].
  ///   - deceleration: a [m/s²]; ten feet a second squared unless told.
  public static func yellow(speed: Double, grade: Double = 0, reactionTime t: Double = 1, deceleration a: Double = 3.048) -> Double {
    t + speed / (2 * a + 2 * gravity * grade)
  }

  /// Yellow for a turn entered at `turningSpeed` after slowing from `speed`: Y = t + (v0 - vE/2) / a (2020 extended form) [s].
  public static func turningYellow(
    speed v0: Double, turningSpeed vE: Double, grade: Double = 0, reactionTime t: Double = 1, deceleration a: Double = 3.048
  ) -> Double {
    t + (v0 - 0.5 * vE) / (a + gravity * grade)
  }

  /// Red clearance R = (W + L) / v [s], less `conflictingStartup` where the rules allow for the next stream's reaction.
  ///
  /// - Parameters:
  ///   - width: from stop line to the far side of the last conflict [m].
  ///   - vehicleLength: L [m]; twenty feet unless told.
  ///   - speed: crossing speed, often the 15th percentile [m/s].
  public static func redClearance(
    width: Double, vehicleLength: Double = 6.096, speed: Double, conflictingStartup: Double = 0
  ) -> Double {
    precondition(speed > 0, "crossing speed \(speed)")
    return max(0, (width + vehicleLength) / speed - conflictingStartup)
  }

  /// Pedestrian clearance [s]: crossing length over walking speed (MUTCD 4I: 3.5 ft/s unless told).
  public static func pedestrianClearance(length: Double, speed: Double = 3.5 * 0.3048) -> Double {
    precondition(speed > 0, "walking speed \(speed)")
    return length / speed
  }
}
