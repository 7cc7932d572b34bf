import TrafficModel

extension Scenario {
  /// When its demand has been on the road for a while: its end, or a minute after the last vehicle leaves.
  var demandEnd: Instant {
    if let end { return end }
    let last = demand.flows.compactMap(\.end).reduce(demand.departures.last?.time ?? begin) { max($0, $1) }
    return max(last, begin) + .seconds(60)
  }
}
