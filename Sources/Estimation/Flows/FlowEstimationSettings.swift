/// What flow estimation believes before it sees a count: the stated prior, every figure of it.
///
/// One set serves every network; nothing in it comes from any network's demand. Flows are hourly inside.
public struct FlowEstimationSettings: Sendable, Hashable, Codable {
  // MARK: Flow of a link, before counts: the logarithm is a line in the link's features plus effects of its kind and place.

  /// Flow of a single-lane link at 50 km/h [veh/h] and the standard deviation of its logarithm over cities.
  public var typicalFlow = 1000.0
  public var typicalSpread = 0.79
  /// Exponent of the number of lanes and of the speed limit, and their standard deviations.
  public var laneExponent = 0.71
  public var laneSpread = 1.3
  public var speedExponent = 0.71
  public var speedSpread = 0.34
  public var prioritySpread = 1.0
  /// Effect of a signal at a link's end, exponent of its green share over a usual one, and the spread of both: who plans signals sets them
  /// up where traffic is and gives green to where it comes from.
  public var signalEffect = 0.6
  public var greenExponent = 0.7
  public var usualGreen = 0.4
  public var signalSpread = 0.5
  /// Standard deviations of the effects of road class and of lying at the network's edge.
  public var classSpread = 1.1
  public var edgeSpread = 0.085
  /// Standard deviation and reach of the effect of place: neighbours along a road are alike.
  public var placeSpread = 1.5
  public var placeReach = 0.96
  /// Likeness across a turn and with the opposite direction, as a share of that straight ahead.
  public var turnLikeness = 0.12
  public var oppositeLikeness = 1.4
  /// What no feature explains.
  public var residualSpread = 0.17
  /// Counts are not believed to be less than this when logarithms are taken [veh/h].
  public var leastFlow = 15.0

  // MARK: Turning shares, before counts.

  /// Weights of turns beside straight ahead.
  public var rightWeight = 0.55
  public var leftWeight = 0.51
  public var uTurnWeight = 0.0098
  /// Exponents of the target's capacity, of the lanes that serve the movement, and of the target's expected flow.
  public var capacityExponent = 0.45
  public var servingExponent = 0.84
  public var attractionExponent = 0.31
  /// A movement that ways from entries to exits use for less than `routeShare` of its link's traffic loses weight with its use, down to
  /// that of a use of `routeFloor`; drivers' times differ by a log-normal factor of spread `routeSpread`.
  public var routeShare = 0.05
  public var routeFloor = 0.02
  public var routeSpread = 0.25
  /// Where ways are believed to tell more: what is added to their shares, and mean and spread of the exponent of a link's use in its flow.
  public var routeMixture = 0.1
  public var routeExponent = 0.35
  public var routeExponentSpread = 0.3
  /// Measured links that must be there to decide it by, and parts they are dealt into.
  public var routeJudges = 20
  public var routeFolds = 5
  /// Shortest-path trees that may be grown for this.
  public var routeTrees = 400
  /// Standard deviation of an even share.
  public var shareSpread = 0.35

  // MARK: How firmly each belief is held against the others.

  /// Factors on the standard deviation of the link prior where it stands for entering or leaving flow, and for a link's own flow.
  public var edgeLooseness = 2.7
  public var linkLooseness = 0.62
  /// Flow that begins or ends along a link, as a share of its flow; and other imbalance of a link over an interval.
  public var alongLink = 0.0072
  public var imbalance = 0.0095
  /// Factor on the Poisson standard deviation of counts.
  public var countLooseness = 1.0
  /// Factor on the uncertainty of vehicles that can have made several movements.
  public var ambiguityLooseness = 0.64
  /// Rounds of expectation maximisation for such vehicles.
  public var attributionRounds = 2
  /// Rounds of reweighting.
  public var rounds = 10

  // MARK: How an interval differs from the period it belongs to.

  /// Standard deviation and reach of local departures from the common rise and fall.
  public var localSpread = 0.16
  public var localReach = 2.9
  public var localResidual = 0.064
  /// Relative standard deviations within an interval: of flows entering and leaving, of a link's flow, and of an even share.
  public var intervalEdgeSpread = 0.52
  public var intervalLinkSpread = 0.8
  public var intervalShareSpread = 0.23
  public var intervalImbalance = 0.057
  public var intervalRounds = 4

  public init() {}
}
