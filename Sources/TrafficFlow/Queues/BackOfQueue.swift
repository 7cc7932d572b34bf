import Foundation

/// How far back the queue reaches, in the three terms of the Highway Capacity Manual.
///
/// Flows in veh/s a lane, times in s, speeds in m/s, lengths in m.
/// Source: HCM, 7th edition, chapter 31, section 4: equations 31-131 to 31-156.
public struct BackOfQueue: Sendable, Hashable {
  /// Q1 [veh a lane].
  public var first: Double
  /// Q2, from random and oversaturated arrivals.
  public var second: Double
  /// Q3, from an initial queue.
  public var third: Double
  /// Average back of queue [veh a lane].
  public var average: Double { first + second + third }

  public init(first: Double, second: Double, third: Double = 0) {
    self.first = first
    self.second = second
    self.third = third
  }

  /// Delay of one stop's braking and accelerating d_a [s] (eqs. 31-131, 31-132) where `speedLimit` is posted.
  public static func accelerationDelay(speedLimit: Double) -> Double {
    let Sa = approachSpeed(speedLimit: speedLimit)
    let stopped = 5 * Mile.perHour
    return (Sa - stopped) * (Sa - stopped) / (2 * Sa) * (1 / (3.5 * Foot.length) + 1 / (4.0 * Foot.length))
  }

  /// Average approach speed S_a = 0.90 (25.6 + 0.47 S_pl) in mi/h, here [m/s] (eq. 31-132).
  public static func approachSpeed(speedLimit: Double) -> Double {
    0.9 * (25.6 + 0.47 * speedLimit / Mile.perHour) * Mile.perHour
  }

  /// Q1 of a lane with one green a cycle (eqs. 31-133 to 31-141).
  ///
  /// - Parameters:
  ///   - demand: v of the lane [veh/s].
  ///   - capacity: c of the lane [veh/s].
  ///   - saturationFlow: s [veh/s].
  ///   - proportionOnGreen: P.
  ///   - accelerationDelay: d_a [s].
  public static func first(
    demand v: Double, capacity c: Double, saturationFlow s: Double, proportionOnGreen P: Double, green g: Double, cycle C: Double,
    accelerationDelay da: Double
  ) -> Double {
    let r = C - g
    guard v > 0, g > 0, s > 0, c > 0, r > 0 else { return 0 }
    let X = v / c
    let x = min(1, X)
    let q = min(v, c)
    let arrivalsOnRed = (1 - P) * q * C / r
    let arrivalsOnGreen = P * q * C / g
    if da <= (1 - P) * g * X {
      let tf = q * C * (1 - P - P * da / g) / (s * (1 - x * P))
      return max(0, arrivalsOnRed * r + arrivalsOnGreen * (tf - da))
    }
    let tf = q * C * (1 - P) * (r - da) / (s * (r - x * (1 - P) * g))
    return max(0, arrivalsOnRed * (r - da + tf))
  }

  /// Q1 of a left turn with more than one service period a cycle: whoever joins its longest unbroken queue and stops fully.
  ///
  /// The fully stopped queue clears d_a/2 before the last delayed vehicle does, so arrivals in that time only slow down.
  public static func first(polygon: QueueAccumulationPolygon, accelerationDelay da: Double) -> Double {
    guard polygon.cycle > 0 else { return 0 }
    return max(0, polygon.largestStoppedPlatoon - polygon.arrivalsPerCycle / polygon.cycle * da / 2)
  }

  /// Q2 = c d2 / N (eq. 31-142): capacity [veh/s] of the group, incremental delay [s].
  public static func second(capacity: Double, lanes: Int, incrementalDelay: Double) -> Double {
    capacity * incrementalDelay / Double(max(1, lanes))
  }

  /// Q3 (eqs. 31-143 to 31-148) of an initial queue [veh], demand and capacity of the group [veh/s], period [s].
  public static func third(queue Qb: Double, demand v: Double, capacity c: Double, lanes: Int, period T: Double) -> Double {
    guard Qb > 0, T > 0 else { return 0 }
    let over = v >= c
    let tA = over ? T : min(Qb / (c - v), T)
    let Qe = Qb + tA * (v - c)
    let Qeo = over ? T * (v - c) : 0
    return tA * (Qb + Qe - Qeo) / 2 / (Double(max(1, lanes)) * T)
  }

  /// Back of queue not exceeded with the given probability (eqs. 31-150 to 31-153): 0.85, 0.90 or 0.95.
  public func percentile(
    _ probability: Double, volumeToCapacity X: Double, greenRatio: Double, filtering I: Double = 1
  ) -> Double {
    let z = [0.85: 1.04, 0.90: 1.28, 0.95: 1.64][probability]
    precondition(z != nil, "HCM gives the 85th, 90th and 95th percentile, not \(probability)")
    let sum = first + second
    guard sum > 0, let z else { return third }
    let over = X >= 1 ? 0.60 * pow(z, 0.24) * pow(max(0, greenRatio), 0.33) * (1 - exp(2 - 2 * X)) : 0
    return sum * min(1.8, 1 + z * (I / sum).squareRoot() + over) + third
  }

  /// Average spacing of queued vehicles [m] (eq. 31-155): 25 feet a car, 45 a heavy vehicle.
  public static func spacing(percentHeavy P: Double) -> Double {
    (25 * (1 - 0.01 * P) + 0.45 * P) * Foot.length
  }

  /// Queue over storage R_Q (eqs. 31-154, 31-156).
  public static func storageRatio(spacing: Double, queue: Double, storage: Double) -> Double {
    precondition(storage > 0, "storage \(storage)")
    return spacing * queue / storage
  }
}
