/// What the platoon model takes for granted.
public struct PlatoonSettings: Sendable, Hashable {
  /// Steps a cycle is divided into.
  public var steps = 60
  /// Green lost as a queue starts [s].
  public var startupLostTime = 1.5
  /// Yellow used as green [s].
  public var yellowExtension = 2.0
  /// Spread of free travel times over their mean; sets platoon dispersion by Yu and Van Aerde's relation.
  public var travelTimeSpread = 0.15
  /// Vehicles that clear after a permissive green ends.
  public var sneakers = 1.5
  /// Follow-up headway of permissive turns [s].
  public var followUpHeadway = 2.5
  /// Rounds of a full evaluation: profiles are passed on once a round.
  public var rounds = 3
  /// Weight of a stop's own loss in the performance index.
  public var stopWeight = 1.0
  /// Weight of vehicles queued beyond a stream's storage [veh/veh].
  public var spillbackWeight = 2.0
  /// Changes in a profile smaller than this are not passed on when one signal moves [veh a cycle].
  public var tolerance = 0.1
  /// Stop lines downstream a change is followed at most. What lies beyond is caught up with when the network is next evaluated whole.
  public var maximumHops = 3
  public init() {}
}
