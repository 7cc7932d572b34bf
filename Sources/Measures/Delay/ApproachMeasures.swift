import TrafficModel

/// What happened on the way up to one junction, over the whole run: one row of the engineer's table.
public struct ApproachMeasures: Sendable, Hashable {
  public var link: LinkID
  public var node: NodeID
  /// Controllers that rule the way out of the link; empty where none does.
  public var signals: [SignalID]
  /// Vehicles that passed the end of the link or ended on it.
  public var served: Int
  /// Mean over the served vehicles, or over one where there were none: time loss [s], stops, time standing [s].
  public var delay: Double
  public var stops: Double
  public var waitingTime: Double
  /// [m/s]; NaN where nobody drove.
  public var speed: Double
  /// Longest queue on one lane [veh], and its length [m]; the mean over time counts all lanes together [veh].
  public var maximumQueue: Int
  public var maximumQueueLength: Double
  public var meanQueue: Double
  public var emissions: Emissions
}

extension ApproachMeasures {
  /// One row for each link that somebody used, in the network's order, from a run's link intervals.
  ///
  /// - Parameter signalizedOnly: leaves out links that no controller rules.
  public static func rows(_ run: RunRecord, _ network: RoadNetwork, signalizedOnly: Bool = true) -> [ApproachMeasures] {
    var sums = [LinkInterval?](repeating: nil, count: network.links.count)
    var longest = [Int](repeating: 0, count: network.links.count)
    var longestLength = [Double](repeating: 0, count: network.links.count)
    let aggregated = Set(run.links.lazy.filter { $0.lane == nil }.map(\.link))
    for interval in run.links {
      let i = interval.link.index
      longest[i] = max(longest[i], interval.maximumQueue)
      longestLength[i] = max(longestLength[i], interval.maximumQueueLength)
      // Where a link is told both whole and lane by lane, the lanes would count twice.
      if interval.lane != nil, aggregated.contains(interval.link) { continue }
      if sums[i] == nil {
        sums[i] = interval
      } else {
        sums[i]!.add(interval)
      }
    }
    var rows: [ApproachMeasures] = []
    for link in network.links where link.function == .normal {
      guard let sum = sums[link.id.index], sum.vehicleSeconds > 0 else { continue }
      let signals = network.signals(at: link.id)
      if signalizedOnly && signals.isEmpty { continue }
      let served = Double(max(sum.served, 1))
      rows.append(
        ApproachMeasures(
          link: link.id, node: link.to, signals: signals, served: sum.served, delay: sum.timeLoss / served,
          stops: Double(sum.stops) / served, waitingTime: sum.waitingTime / served, speed: sum.meanSpeed ?? .nan,
          maximumQueue: longest[link.id.index], maximumQueueLength: longestLength[link.id.index],
          meanQueue: sum.waitingTime / max((run.end - run.begin).seconds, 1e-3), emissions: sum.emissions))
    }
    return rows
  }
}

extension LinkInterval {
  /// Joins what happened in another interval or on another lane; the span grows to cover both.
  public mutating func add(_ other: LinkInterval) {
    begin = min(begin, other.begin)
    end = max(end, other.end)
    if lane != other.lane { lane = nil }
    vehicleSeconds += other.vehicleSeconds
    vehicleMeters += other.vehicleMeters
    timeLoss += other.timeLoss
    waitingTime += other.waitingTime
    stops += other.stops
    entered += other.entered
    left += other.left
    departed += other.departed
    arrived += other.arrived
    laneChangesFrom += other.laneChangesFrom
    laneChangesTo += other.laneChangesTo
    teleported += other.teleported
    maximumQueue = max(maximumQueue, other.maximumQueue)
    maximumQueueLength = max(maximumQueueLength, other.maximumQueueLength)
    emissions += other.emissions
  }
}

extension RoadNetwork {
  /// Controllers that rule a way out of `link`, ascending.
  public func signals(at link: LinkID) -> [SignalID] {
    var found: Set<SignalID> = []
    for lane in self[link].lanes {
      for connection in connectionsFrom[lane.index] { if let signal = self[connection].signal { found.insert(signal.signal) } }
    }
    return found.sorted()
  }
}
