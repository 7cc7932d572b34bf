/// What a kind of vehicle can do and how its driver behaves. Defaults by class are the reader's business; here every value is set.
public struct VehicleType: Sendable, Hashable, Codable {
  public enum CarFollowing: String, Sendable, Codable { case krauss = "Krauss", idm = "IDM" }

  public var name: String
  /// One class, or ``VehicleClassSet/ignoring``.
  public var vehicleClass: VehicleClassSet
  /// [m]
  public var length: Double
  /// Gap kept when standing [m].
  public var minGap: Double
  /// [m]
  public var width: Double
  /// [m]
  public var height: Double
  /// Technical maximum [m/s].
  public var maxSpeed: Double
  /// What the driver wants at most, whatever the limit [m/s].
  public var desiredMaxSpeed: Double
  /// [m/s²]
  public var acceleration: Double
  /// Comfortable deceleration, positive [m/s²].
  public var deceleration: Double
  /// Hardest braking, positive [m/s²].
  public var emergencyDeceleration: Double
  /// Deceleration followers assume of this vehicle, positive [m/s²].
  public var apparentDeceleration: Double
  /// Driver imperfection of the Krauss model, 0 to 1.
  public var sigma: Double
  /// Step in which `sigma` takes effect [s]; 0 means each simulation step.
  public var sigmaStep: Double
  /// Desired time headway [s].
  public var tau: Double
  /// Delay of the first acceleration from standstill [s].
  public var startupDelay: Double
  /// IDM acceleration exponent.
  public var idmDelta: Double
  /// Distribution of desired speed over speed limit.
  public var speedFactor: SpeedFactor
  public var carFollowing: CarFollowing
  public var laneChange: LaneChangeParameters
  public var junction: JunctionParameters
  /// HBEFA3-style class, for example `HBEFA3/PC_G_EU4`; ``emissionClassFallback`` says whether it stands in for an unknown one.
  public var emissionClass: String
  public var emissionClassFallback: Bool
  /// Impatience from the start, 0 to 1: the driver's readiness to make others brake. It grows with waiting
  /// (``ScenarioOptions/timeToImpatience``); negative values keep it down.
  public var impatience: Double
  public var personCapacity: Int
  /// Time to load passengers etc. is not simulated; counted by readers.
  public var guiShape: String?

  public struct SpeedFactor: Sendable, Hashable, Codable {
    public var mean: Double
    public var deviation: Double
    public var minimum: Double
    public var maximum: Double
    public init(mean: Double, deviation: Double, minimum: Double, maximum: Double) {
      self.mean = mean
      self.deviation = deviation
      self.minimum = minimum
      self.maximum = maximum
    }
  }

  /// Eagerness of the lane-change motives; 1 is normal.
  public struct LaneChangeParameters: Sendable, Hashable, Codable {
    public var strategic = 1.0
    public var cooperative = 1.0
    public var speedGain = 1.0
    public var keepRight = 1.0
    public var overtakeRight = 0.0
    public var speedGainLookahead = 0.0
    public var cooperativeSpeed = 1.0
    public var assertive = 1.0
    public var lookaheadLeft = 2.0
    public var speedGainRight = 0.1
    public var strategicLookahead = 3000.0
    public init() {}
  }

  /// Behaviour at junctions.
  public struct JunctionParameters: Sendable, Hashable, Codable {
    /// Time after the last of its green in which a vehicle still runs red [s]; negative means never.
    public var ignoreRedTime = -1.0
    /// Deceleration above which a vehicle does not brake for yellow [m/s²]; negative means the type's deceleration.
    public var driveAfterYellowTime = -1.0
    public var keepClearTime = -1.0
    /// Minimum time gap to a foe passing after [s].
    public var timeGapMinor = 1.0
    /// Driver imperfection while passing a minor connection; negative: the type's own.
    public var sigmaMinor = -1.0
    public var stopLineGap = 1.0
    public var crossingGap = 10.0
    public init() {}
  }

  public init(
    name: String, vehicleClass: VehicleClassSet = .passenger, length: Double = 5, minGap: Double = 2.5, width: Double = 1.8,
    height: Double = 1.5, maxSpeed: Double = 200 / 3.6, desiredMaxSpeed: Double = 10_000 / 3.6, acceleration: Double = 2.6,
    deceleration: Double = 4.5, emergencyDeceleration: Double = 9, apparentDeceleration: Double? = nil, sigma: Double = 0.5,
    sigmaStep: Double = 0, tau: Double = 1, startupDelay: Double = 0, idmDelta: Double = 4,
    speedFactor: SpeedFactor = SpeedFactor(mean: 1, deviation: 0.1, minimum: 0.2, maximum: 2), carFollowing: CarFollowing = .krauss,
    laneChange: LaneChangeParameters = .init(), junction: JunctionParameters = .init(), emissionClass: String = "HBEFA3/PC_G_EU4",
    emissionClassFallback: Bool = false, impatience: Double = 0, personCapacity: Int = 4, guiShape: String? = nil
  ) {
    self.name = name
    self.vehicleClass = vehicleClass
    self.length = length
    self.minGap = minGap
    self.width = width
    self.height = height
    self.maxSpeed = maxSpeed
    self.desiredMaxSpeed = desiredMaxSpeed
    self.acceleration = acceleration
    self.deceleration = deceleration
    self.emergencyDeceleration = emergencyDeceleration
    self.apparentDeceleration = apparentDeceleration ?? deceleration
    self.sigma = sigma
    self.sigmaStep = sigmaStep
    self.tau = tau
    self.startupDelay = startupDelay
    self.idmDelta = idmDelta
    self.speedFactor = speedFactor
    self.carFollowing = carFollowing
    self.laneChange = laneChange
    self.junction = junction
    self.emissionClass = emissionClass
    self.emissionClassFallback = emissionClassFallback
    self.impatience = impatience
    self.personCapacity = personCapacity
    self.guiShape = guiShape
  }
}
