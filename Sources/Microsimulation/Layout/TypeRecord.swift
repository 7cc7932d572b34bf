import TrafficModel

/// What the engine needs of a vehicle type, in one row.
struct TypeRecord: BitwiseCopyable {
  var length: Double
  var minGap: Double
  /// Length and gap together [m].
  var space: Double
  var accel: Double
  var decel: Double
  var emergency: Double
  var apparent: Double
  var sigma: Double
  var sigmaMinor: Double
  var tau: Double
  var maxSpeed: Double
  var width: Double
  var classBit: UInt64
  var startupDelay: Double
  var idmDelta: Double
  /// 0 Krauss, 1 IDM.
  var model: UInt8
  /// Half the inverse of the deceleration, and of the apparent one where that is larger [s²/m].
  var halfPerDecel: Double
  var halfPerApparent: Double
  // Lane changing.
  var strategic: Double
  var cooperative: Double
  var cooperativeSpeed: Double
  /// Thresholds that the summed wish must pass.
  var thresholdRight: Double
  var thresholdLeft: Double
  var keepRight: Double
  var lookaheadLeft: Double
  var safetyFactor: Double
  var speedGainLookahead: Double
  var overtakeRight: Double
  // Junctions.
  var impatience: Double
  var timeGapMinor: Double
  var keepClearTime: Double
  var ignoreRedTime: Double
  var afterYellowTime: Double
  var stopLineGap: Double

  init(_ type: VehicleType) {
    length = type.length
    minGap = type.minGap
    space = type.length + type.minGap
    accel = type.acceleration
    decel = type.deceleration
    emergency = max(type.emergencyDeceleration, type.deceleration)
    apparent = type.apparentDeceleration
    sigma = type.sigma
    sigmaMinor = type.junction.sigmaMinor >= 0 ? type.junction.sigmaMinor : type.sigma
    tau = type.tau
    maxSpeed = min(type.maxSpeed, type.desiredMaxSpeed)
    width = type.width
    classBit = type.vehicleClass.rawValue
    startupDelay = type.startupDelay
    idmDelta = type.idmDelta
    model = type.carFollowing == .idm ? 1 : 0
    halfPerDecel = 0.5 / decel
    halfPerApparent = 0.5 / apparent
    let change = type.laneChange
    strategic = change.strategic
    cooperative = change.cooperative
    cooperativeSpeed = min(max(change.cooperativeSpeed, 0), 1)
    thresholdLeft = change.speedGain > 0 ? 0.2 / change.speedGain : .infinity
    thresholdRight = change.speedGain > 0 && change.speedGainRight > 0 ? (0.2 / change.speedGainRight) / change.speedGain : .infinity
    keepRight = change.keepRight
    lookaheadLeft = change.lookaheadLeft
    safetyFactor = change.assertive > 0 ? 1 / change.assertive : .infinity
    speedGainLookahead = change.speedGainLookahead
    overtakeRight = change.overtakeRight
    impatience = type.impatience
    timeGapMinor = type.junction.timeGapMinor
    keepClearTime = type.junction.keepClearTime
    ignoreRedTime = type.junction.ignoreRedTime
    afterYellowTime = max(type.junction.driveAfterYellowTime, 0)
    stopLineGap = type.junction.stopLineGap
  }
}
