import TrafficModel

extension Demand {
  /// Vehicles that mean to use each link, by the link's index, for trips that have been routed. Flows count with their rate from `begin`
  /// to `end`; route distributions with their weights.
  public func plannedFlow(links: Int, from begin: Instant, to end: Instant) -> [Double] {
    var flow = [Double](repeating: 0, count: links)
    func add(_ route: RouteID, _ vehicles: Double) { for link in routes[route.index].links { flow[link.index] += vehicles } }
    func add(_ path: Departure.Path, _ vehicles: Double) {
      switch path {
      case .route(.fixed(let route)): add(route, vehicles)
      case .route(.distribution(let index)):
        let choice = routeDistributions[index]
        let total = choice.weights.reduce(0, +)
        guard total > 0 else { return }
        for (route, weight) in zip(choice.values, choice.weights) { add(route, vehicles * weight / total) }
      case .trip(let from, let to, let via): for link in [from] + via + [to] { flow[link.index] += vehicles }
      }
    }
    for departure in departures where departure.time >= begin && departure.time < end { add(departure.path, 1) }
    for stream in self.flows {
      let seconds = max(0, (min(stream.end ?? end, end) - max(stream.begin, begin)).seconds)
      let vehicles: Double =
        switch stream.rate {
        case .period(let period): seconds / max(period, 1e-3)
        case .poisson(let rate): seconds * rate
        case .probability(let p): seconds * p
        case .number(let n): Double(n)
        }
      add(stream.path, min(vehicles, stream.limit.map { Double($0) } ?? .infinity))
    }
    return flow
  }
}

extension Corridor {
  /// Lanes on which a vehicle is on the corridor, those inside junctions included, ascending.
  public var lanes: [LaneID] { places.keys.sorted().map { LaneID($0) } }

  /// The way the most signals and the most of a scenario's traffic lie on.
  public static func main(of scenario: Scenario) -> Corridor? {
    let end = scenario.end ?? scenario.demand.departures.last?.time ?? scenario.begin + .seconds(3600)
    return main(
      of: scenario.network, flow: scenario.demand.plannedFlow(links: scenario.network.links.count, from: scenario.begin, to: end))
  }
}
