import Foundation

/// What people on foot and on bicycles in the crosswalk take off a turning movement's saturation flow.
///
/// Flows in 1/s, times in s.
/// Source: HCM, 7th edition, chapter 31, section 2: equations 31-74 to 31-88.
public enum PedestrianConflict {
  /// f_Rpb of a right turn, or of a left turn from a one-way street.
  ///
  /// - Parameters:
  ///   - pedestrians: two-way flow in the conflicting crosswalk [1/s].
  ///   - bicycles: conflicting flow [1/s].
  ///   - green: effective green g [s].
  ///   - pedestrianService: g_ped [s], walk plus clearance, at most g.
  ///   - sparesReceivingLanes: whether there are more receiving lanes than turning lanes.
  public static func rightTurn(
    pedestrians: Double, bicycles: Double = 0, green g: Double, pedestrianService: Double, cycle C: Double, sparesReceivingLanes: Bool
  ) -> Double {
    guard pedestrians > 0 || bicycles > 0, g > 0 else { return 1 }
    let gped = min(g, max(pedestrianService, 0))
    let onFoot = gped > 0 ? gped / g * occupancy(pedestrians: pedestrians, service: gped, cycle: C) : 0
    let cycling = bicycles > 0 ? 0.02 + min(1900, bicycles * 3600 * C / g) / 2700 : 0
    return factor(onFoot + cycling - onFoot * cycling, sparesReceivingLanes)
  }

  /// f_Lpb of a left turn from a two-way street: pedestrians matter only once the opposing queue has cleared.
  ///
  /// - Parameters:
  ///   - opposing: v_o [veh/s].
  ///   - permitted: g_p [s].
  ///   - unblocked: g_u [s].
  public static func leftTurn(
    pedestrians: Double, opposing: Double, permitted gp: Double, unblocked gu: Double, pedestrianService: Double, cycle C: Double,
    sparesReceivingLanes: Bool
  ) -> Double {
    guard pedestrians > 0, gp > 0 else { return 1 }
    let gped = min(gp, max(pedestrianService, 0))
    let gq = max(0, gp - gu)
    guard gq < gped else { return 1 }
    let afterQueue = occupancy(pedestrians: pedestrians, service: gped, cycle: C) * (1 - 0.5 * gq / gped)
    let relevant = (gped - gq) / (gp - gq) * afterQueue * exp(-5 * opposing)
    return factor(relevant, sparesReceivingLanes)
  }

  /// OCC_pedg (eqs. 31-74 to 31-76).
  private static func occupancy(pedestrians: Double, service: Double, cycle: Double) -> Double {
    let flow = min(5000, pedestrians * 3600 * cycle / service)
    return flow <= 1000 ? flow / 2000 : min(0.4 + flow / 10_000, 0.9)
  }

  private static func factor(_ occupancy: Double, _ sparesReceivingLanes: Bool) -> Double {
    sparesReceivingLanes ? 1 - 0.6 * occupancy : 1 - occupancy
  }
}
