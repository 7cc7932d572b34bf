import TrafficModel

extension SUMORouteWriter {
  /// A type with all that differs from its class's defaults.
  static func add(_ type: VehicleType, to xml: inout SUMOXML) {
    let vehicleClass = type.vehicleClass.isEmpty ? "ignoring" : type.vehicleClass.memberNames[0]
    let usual = SUMOVehicleDefaults.type(named: type.name, vehicleClass: vehicleClass)!
    func unless(_ path: KeyPath<VehicleType, Double>) -> String? {
      type[keyPath: path] == usual[keyPath: path] ? nil : shortest(type[keyPath: path])
    }
    var factor: String?
    if type.speedFactor != usual.speedFactor {
      let f = type.speedFactor
      factor =
        f.maximum == Double.greatestFiniteMagnitude
        ? "norm(\(shortest(f.mean)),\(shortest(f.deviation)))"
        : "normc(\(shortest(f.mean)),\(shortest(f.deviation)),\(shortest(f.minimum)),\(shortest(f.maximum)))"
    }
    // What follows another value by default is written where it does not follow.
    let emergencyByDefault = max(usual.emergencyDeceleration, type.deceleration)
    xml.element(
      "vType",
      [
        ("id", type.name), ("vClass", vehicleClass), ("length", unless(\.length)), ("minGap", unless(\.minGap)), ("width", unless(\.width)),
        ("height", unless(\.height)), ("maxSpeed", unless(\.maxSpeed)), ("desiredMaxSpeed", unless(\.desiredMaxSpeed)),
        ("accel", unless(\.acceleration)), ("decel", unless(\.deceleration)),
        ("emergencyDecel", type.emergencyDeceleration == emergencyByDefault ? nil : shortest(type.emergencyDeceleration)),
        ("apparentDecel", type.apparentDeceleration == type.deceleration ? nil : shortest(type.apparentDeceleration)),
        ("sigma", unless(\.sigma)), ("sigmaStep", unless(\.sigmaStep)), ("tau", unless(\.tau)), ("startupDelay", unless(\.startupDelay)),
        ("carFollowModel", type.carFollowing == .krauss ? nil : type.carFollowing.rawValue), ("delta", unless(\.idmDelta)),
        ("speedFactor", factor), ("impatience", unless(\.impatience)),
        ("emissionClass", type.emissionClass == usual.emissionClass ? nil : type.emissionClass),
        ("personCapacity", type.personCapacity == usual.personCapacity ? nil : String(type.personCapacity)), ("guiShape", type.guiShape),
        ("lcStrategic", unless(\.laneChange.strategic)), ("lcCooperative", unless(\.laneChange.cooperative)),
        ("lcSpeedGain", unless(\.laneChange.speedGain)), ("lcKeepRight", unless(\.laneChange.keepRight)),
        ("lcOvertakeRight", unless(\.laneChange.overtakeRight)), ("lcSpeedGainLookahead", unless(\.laneChange.speedGainLookahead)),
        (
          "lcCooperativeSpeed",
          type.laneChange.cooperativeSpeed == type.laneChange.cooperative ? nil : shortest(type.laneChange.cooperativeSpeed)
        ),
        ("lcAssertive", unless(\.laneChange.assertive)), ("lcLookaheadLeft", unless(\.laneChange.lookaheadLeft)),
        ("lcSpeedGainRight", unless(\.laneChange.speedGainRight)), ("lcStrategicLookahead", unless(\.laneChange.strategicLookahead)),
        ("jmDriveAfterRedTime", unless(\.junction.ignoreRedTime)), ("jmDriveAfterYellowTime", unless(\.junction.driveAfterYellowTime)),
        ("jmIgnoreKeepClearTime", unless(\.junction.keepClearTime)), ("jmTimegapMinor", unless(\.junction.timeGapMinor)),
        ("jmSigmaMinor", unless(\.junction.sigmaMinor)), ("jmStoplineGap", unless(\.junction.stopLineGap)),
        ("jmCrossingGap", unless(\.junction.crossingGap)),
      ])
  }
}
