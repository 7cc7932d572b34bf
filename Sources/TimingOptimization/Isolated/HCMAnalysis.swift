import TrafficFlow

/// What the Highway Capacity Manual says of an intersection.
public struct HCMAnalysis: Sendable {
  public struct LaneGroup: Sendable {
    public enum Kind: String, Sendable { case left = "L", sharedLeft = "LT", through = "T", sharedRight = "TR", right = "R" }
    /// Position in the intersection's approaches.
    public var approach: Int
    public var kind: Kind
    public var lanes: Int
    /// Number of the phase that serves it, the protected one where there are two.
    public var phase: Int
    /// v [veh/s].
    public var demand: Double
    /// s of a lane, protected where there are two [veh/s].
    public var saturationFlow: Double
    /// s of a lane while permitted [veh/s]; nil where it never is.
    public var permittedSaturationFlow: Double?
    /// Effective green g [s].
    public var green: Double
    /// P.
    public var proportionOnGreen: Double
    /// c [veh/s].
    public var capacity: Double
    /// c_a, were the phase to run to its maximum [veh/s].
    public var availableCapacity: Double
    /// Incremental delay factor k.
    public var incrementalFactor: Double
    public var delay: HCMControlDelay
    public var queue: BackOfQueue
    /// Back of queue not exceeded in 95 of 100 cycles [veh a lane].
    public var queue95: Double
    /// Average and 95th-percentile queue over storage, where storage is limited.
    public var storageRatio: Double?
    public var storageRatio95: Double?
    /// Queue left when the period ends [veh].
    public var finalQueue: Double

    /// X = v/c.
    public var volumeToCapacity: Double { capacity > 0 ? demand / capacity : demand > 0 ? .infinity : 0 }
    public var level: LevelOfService { LevelOfService(controlDelay: delay.total, overCapacity: volumeToCapacity > 1) }
  }

  public struct Approach: Sendable {
    public var name: String
    /// [veh/s]
    public var demand: Double
    /// Control delay [s/veh].
    public var delay: Double
    public var level: LevelOfService { LevelOfService(controlDelay: delay) }
    /// Permitted period of its left turn.
    public var permitted: PermittedLeftTurn.Period
    /// Pedestrian factors f_Lpb and f_Rpb.
    public var leftPedestrianFactor: Double
    public var rightPedestrianFactor: Double
  }

  public var laneGroups: [LaneGroup]
  public var approaches: [Approach]
  /// Control delay of all vehicles [s/veh] (eq. 19-29).
  public var delay: Double
  public var level: LevelOfService { LevelOfService(controlDelay: delay) }
  /// X_c (eq. 19-30).
  public var criticalVolumeToCapacity: Double
  /// Sum of critical flow ratios; 1 or more means no timing serves the demand.
  public var criticalFlowRatio: Double

  /// Follows the manual's ten steps for motor traffic.
  ///
  /// Steps 3 and 4 lean on each other: lane flows need saturation flows, a permitted left turn's saturation flow needs the queue
  /// of the opposing lanes. They are repeated until flows and unblocked greens rest, which takes a handful of rounds.
  public init(_ intersection: HCMIntersection) {
    precondition(intersection.cycle > 0 && intersection.period > 0, "cycle \(intersection.cycle), period \(intersection.period)")
    var work = intersection.approaches.map { HCMApproachWork($0, intersection) }
    for _ in 0..<40 {
      let before = work
      for i in work.indices {
        let a = intersection.approaches[i]
        let facing = a.opposing.map { OpposingTraffic(intersection.approaches[$0], before[$0], intersection) }
        work[i].updatePermitted(a, intersection, facing)
        work[i].updateSaturation(a, intersection)
        work[i].distributeFlows(a, intersection)
      }
      let change = zip(work, before).reduce(0) { max($0, $1.0.difference(from: $1.1)) }
      if change < 1e-6 { break }
    }
    var groups: [LaneGroup] = []
    for i in work.indices { groups += work[i].laneGroups(of: intersection.approaches[i], index: i, intersection) }
    laneGroups = groups
    func mean(_ members: [LaneGroup]) -> Double {
      let flow = members.reduce(0) { $0 + $1.demand }
      return flow > 0 ? members.reduce(0) { $0 + $1.demand * $1.delay.total } / flow : 0
    }
    approaches = work.indices.map { i in
      let own = groups.filter { $0.approach == i }
      return Approach(
        name: intersection.approaches[i].name, demand: own.reduce(0) { $0 + $1.demand }, delay: mean(own), permitted: work[i].permitted,
        leftPedestrianFactor: work[i].leftPedestrianFactor, rightPedestrianFactor: work[i].rightPedestrianFactor)
    }
    delay = mean(groups)
    let critical = CriticalPath(intersection, groups, work)
    criticalFlowRatio = critical.flowRatio
    criticalVolumeToCapacity =
      intersection.cycle > critical.lostTime
      ? intersection.cycle / (intersection.cycle - critical.lostTime) * critical.flowRatio : .infinity
  }
}
