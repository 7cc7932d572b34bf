import TrafficFlow

/// A signalised intersection as the Highway Capacity Manual wants it described.
///
/// Flows in veh/s, times in s, lengths in m, speeds in m/s, heavy vehicles and grade in percent; defaults are the manual's.
/// Source: HCM, 7th edition, chapter 19.
public struct HCMIntersection: Sendable, Hashable {
  public enum Control: String, Sendable, Hashable {
    /// Fixed durations; incremental delay factor 0.5.
    case pretimed
    /// Durations are the averages of an actuated controller; phases with passage time and maximum green have a smaller factor.
    case actuated
  }

  /// [s]
  public var cycle: Double
  /// Analysis period T [s].
  public var period: Double = 900
  /// Base saturation flow of a lane [veh/s].
  public var baseSaturationFlow: Double = 1900.0 / 3600
  public var centralBusinessDistrict = false
  public var control: Control = .pretimed
  /// Left-turners that clear after each permitted green.
  public var sneakers: Double = PermittedLeftTurn.sneakers
  public var approaches: [HCMApproach]

  public init(cycle: Double, approaches: [HCMApproach]) {
    self.cycle = cycle
    self.approaches = approaches
  }
}

/// A phase of the intersection: average duration and, where it is actuated, its settings.
public struct HCMPhase: Sendable, Hashable {
  public var number: Int
  /// Green, yellow and red clearance together D_p [s].
  public var duration: Double
  /// [s]
  public var yellow: Double
  /// [s]
  public var redClearance: Double
  /// [s]; nil for pretimed phases.
  public var maximumGreen: Double?
  /// [s]
  public var minimumGreen: Double = 5
  /// [s]; nil for pretimed phases.
  public var passageTime: Double?
  /// [s]; nil where pedestrians walk for the whole green.
  public var walk: Double?
  /// [s]
  public var pedestrianClearance: Double?
  /// Length of the stop-line detection zone [m].
  public var detectionLength: Double = 12.192
  /// The phase runs to its maximum every cycle.
  public var maximumRecall = false

  public init(number: Int, duration: Double, yellow: Double, redClearance: Double) {
    self.number = number
    self.duration = duration
    self.yellow = yellow
    self.redClearance = redClearance
  }

  /// Y + Rc [s].
  public var change: Double { yellow + redClearance }
  /// g = D_p - l1 - l2 [s] (eq. 19-3).
  public var effectiveGreen: Double {
    max(0, duration - PermittedLeftTurn.startupLostTime - change + PermittedLeftTurn.extensionOfGreen)
  }
  /// l_t [s] (eq. 19-1).
  public var lostTime: Double { PermittedLeftTurn.startupLostTime + change - PermittedLeftTurn.extensionOfGreen }
  /// Effective green at maximum [s] (eq. 19-25).
  public var availableGreen: Double {
    maximumGreen.map { $0 - PermittedLeftTurn.startupLostTime + PermittedLeftTurn.extensionOfGreen } ?? effectiveGreen
  }
}

/// One approach: its lanes, traffic and phases.
public struct HCMApproach: Sendable, Hashable {
  public enum LeftTurn: String, Sendable, Hashable {
    case absent, permitted, protected, protectedPermitted
    /// The approach has a green of its own, left turns included.
    case split
  }

  public var name: String
  /// Position of the approach it faces, or nil.
  public var opposing: Int?
  /// Demand by turn [veh/s].
  public var left = 0.0
  public var through = 0.0
  public var right = 0.0
  /// Right turns made on red [veh/s].
  public var rightOnRed = 0.0
  public var peakHourFactor = 1.0
  public var heavyVehiclesLeft = 0.0
  public var heavyVehiclesThrough = 0.0
  /// Platoon ratio R_p of left and of other traffic.
  public var platoonRatioLeft = 1.0
  public var platoonRatioThrough = 1.0
  /// Upstream filtering factor I.
  public var filtering = 1.0
  /// Queue as the period begins [veh].
  public var initialQueueLeft = 0.0
  public var initialQueueThrough = 0.0
  /// Pedestrians, and bicycles, in the crosswalk its turns conflict with [1/s].
  public var pedestrians = 0.0
  public var bicycles = 0.0
  public var exclusiveLeftLanes = 0
  public var throughLanes = 0
  public var exclusiveRightLanes = 0
  public var sharedLeft = false
  public var sharedRight = false
  /// [m]
  public var laneWidth = 3.6576
  /// [%]
  public var grade = 0.0
  /// Lanes that receive its turns.
  public var receivingLanes = 1
  /// Parking manoeuvres beside the kerb lane [1/s]; nil where there is no parking.
  public var parkingManeuvers: Double?
  /// [1/s]
  public var busesStopping = 0.0
  /// Storage of a lane [m], where limited.
  public var storageLeft: Double?
  public var storageThrough: Double?
  /// Posted [m/s].
  public var speedLimit = 15.6464
  /// Whether drivers turning left against it mind its right-turners in a lane of their own.
  public var rightTurnsInfluenceOpposingLeft = true
  public var leftTurn: LeftTurn = .permitted
  public var sequence: PermittedLeftTurn.Sequence = .permitted
  public var leftPhase: HCMPhase?
  public var throughPhase: HCMPhase

  public init(name: String, throughPhase: HCMPhase) {
    self.name = name
    self.throughPhase = throughPhase
  }

  /// Lanes through traffic may use.
  var throughServingLanes: Int { throughLanes + (sharedLeft ? 1 : 0) + (sharedRight ? 1 : 0) }
  var turnsLeftPermitted: Bool { leftTurn == .permitted || leftTurn == .protectedPermitted }
  var protectedGreen: Double { leftPhase?.effectiveGreen ?? 0 }
}
