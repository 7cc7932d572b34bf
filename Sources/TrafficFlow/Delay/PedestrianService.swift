import Foundation

/// What walking across one leg of a signalised junction is like (HCM 7th edition, chapter 19, equations 19-51 to 19-60).
///
/// Times in s, flows in veh/s, speeds in m/s.
public struct PedestrianService: Sendable, Hashable {
  public struct Inputs: Sendable, Hashable {
    /// Cycle [s].
    public var cycle: Double
    /// Walk interval [s].
    public var walk: Double
    /// Lanes crossed.
    public var lanesCrossed: Double
    /// Right turns on red that conflict with the crossing [veh/s].
    public var rightTurnsOnRed: Double = 0
    /// Permitted left turns that conflict with the crossing [veh/s].
    public var permittedLeftTurns: Double = 0
    /// Right-turn channelising islands along the crosswalk.
    public var islands: Double = 0
    /// Flow of all movements on the street being crossed [veh/s].
    public var crossedStreetFlow: Double
    /// Through lanes of the street being crossed.
    public var crossedStreetLanes: Double
    /// 85th-percentile speed on the street being crossed [m/s].
    public var speed85: Double

    public init(cycle: Double, walk: Double, lanesCrossed: Double, crossedStreetFlow: Double, crossedStreetLanes: Double, speed85: Double) {
      self.cycle = cycle
      self.walk = walk
      self.lanesCrossed = lanesCrossed
      self.crossedStreetFlow = crossedStreetFlow
      self.crossedStreetLanes = crossedStreetLanes
      self.speed85 = speed85
    }
  }

  /// Walk interval plus the four seconds of clearance people still use [s] (eq. 19-51).
  public let effectiveWalk: Double
  /// Average wait [s] (eq. 19-54).
  public let delay: Double
  /// Vehicles a lane in fifteen minutes on the crossed street (eq. 19-60).
  public let vehiclesPerLane: Double
  public let crossSectionFactor: Double
  public let volumeFactor: Double
  public let speedFactor: Double
  public let delayFactor: Double
  /// Perception score (eq. 19-55).
  public let score: Double
  public var level: LevelOfService { LevelOfService(score: score) }

  public init(_ i: Inputs) {
    precondition(i.cycle > 0 && i.crossedStreetLanes > 0, "cycle \(i.cycle), lanes \(i.crossedStreetLanes)")
    effectiveWalk = min(i.cycle, i.walk + 4)
    delay = (i.cycle - effectiveWalk) * (i.cycle - effectiveWalk) / (2 * i.cycle)
    vehiclesPerLane = 900 * i.crossedStreetFlow / i.crossedStreetLanes
    crossSectionFactor = 0.681 * pow(i.lanesCrossed, 0.514)
    volumeFactor =
      0.00569 * 900 * (i.rightTurnsOnRed + i.permittedLeftTurns) - i.islands * (0.0027 * vehiclesPerLane - 0.1946)
    speedFactor = 0.00013 * vehiclesPerLane * i.speed85 / Mile.perHour
    delayFactor = delay > 1 ? 0.0401 * log(delay) : 0
    score = 0.5997 + crossSectionFactor + volumeFactor + speedFactor + delayFactor
  }
}

/// What cycling through a signalised junction in a bicycle lane is like (HCM 7th edition, chapter 19, equations 19-106 to 19-110).
///
/// Times in s, flows in 1/s, widths in m.
public struct BicycleService: Sendable, Hashable {
  /// Bicycles a second the lane can pass (eq. 19-106).
  public let capacity: Double
  /// Average wait [s] (eq. 19-107).
  public let delay: Double
  public let crossSectionFactor: Double
  public let volumeFactor: Double
  /// Perception score (eq. 19-108).
  public let score: Double
  public var level: LevelOfService { LevelOfService(score: score) }

  /// - Parameters:
  ///   - crossStreetWidth: kerb to kerb [m].
  ///   - outsideWidth: outside through lane, bicycle lane and paved shoulder together [m].
  ///   - vehicleFlow: left, through and right demand of the approach [veh/s].
  public init(
    cycle: Double, green: Double, bicycleFlow: Double, crossStreetWidth: Double, outsideWidth: Double, vehicleFlow: Double,
    throughLanes: Double, saturationFlow: Double = 2000.0 / 3600
  ) {
    precondition(cycle > 0 && throughLanes > 0, "cycle \(cycle), lanes \(throughLanes)")
    capacity = saturationFlow * green / cycle
    delay = HCMControlDelay.uniform(cycle: cycle, green: green, volumeToCapacity: capacity > 0 ? bicycleFlow / capacity : 1)
    crossSectionFactor = 0.0153 * crossStreetWidth / Foot.length - 0.2144 * outsideWidth / Foot.length
    volumeFactor = 0.0066 * 900 * vehicleFlow / throughLanes
    score = 4.1324 + crossSectionFactor + volumeFactor
  }
}
