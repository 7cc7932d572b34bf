import TrafficModel

/// Writes demand as SUMO's route file: types, distributions, routes, vehicles, trips and flows, in order of departure.
public enum SUMORouteWriter {
  public static func write(_ demand: Demand, network: RoadNetwork, to path: String) throws(OutputProblem) {
    try TextOutput.write(text(demand, network: network), to: path)
  }

  /// The whole file as text. Stops at stopping places name them: write those with ``SUMOAdditionalWriter``.
  public static func text(_ demand: Demand, network: RoadNetwork) -> String {
    var xml = SUMOXML(root: "routes")
    for type in demand.vehicleTypes { add(type, to: &xml) }
    for choice in demand.typeDistributions {
      xml.element(
        "vTypeDistribution",
        [
          ("id", choice.name), ("vTypes", choice.values.map { demand.vehicleTypes[$0.index].name }.joined(separator: " ")),
          ("probabilities", choice.weights.map(shortest).joined(separator: " ")),
        ])
    }
    // Routes named after a vehicle are written within it.
    for (index, route) in demand.routes.enumerated() where !demand.routeNames[RouteID(index)].hasPrefix("!") {
      add(route, name: demand.routeNames[RouteID(index)], depth: 1, demand, network, to: &xml)
    }
    for choice in demand.routeDistributions where !choice.name.hasPrefix("!") { add(choice, demand, to: &xml) }
    var flows = demand.flows[...]
    for departure in demand.departures {
      while let flow = flows.first, flow.begin <= departure.time {
        add(flow, demand, network, to: &xml)
        flows = flows.dropFirst()
      }
      add(departure, demand, network, to: &xml)
    }
    for flow in flows { add(flow, demand, network, to: &xml) }
    return xml.finish()
  }

  private static func add(_ choice: WeightedChoice<RouteID>, _ demand: Demand, to xml: inout SUMOXML) {
    xml.element(
      "routeDistribution",
      [
        ("id", choice.name), ("routes", choice.values.map { demand.routeNames[$0] }.joined(separator: " ")),
        ("probabilities", choice.weights.map(shortest).joined(separator: " ")),
      ])
  }

  private static func add(
    _ route: Route, name: String?, depth: Int, _ demand: Demand, _ network: RoadNetwork, to xml: inout SUMOXML
  ) {
    let edges = route.links.map { network.name($0) }.joined(separator: " ")
    xml.element("route", depth: depth, [("id", name), ("edges", edges)], opens: !route.stops.isEmpty)
    for stop in route.stops { add(stop, depth: depth + 1, demand, network, to: &xml) }
    if !route.stops.isEmpty { xml.close("route", depth: depth) }
  }

  private static func add(_ stop: ScheduledStop, depth: Int, _ demand: Demand, _ network: RoadNetwork, to xml: inout SUMOXML) {
    var place: [(String, String?)] = []
    if let id = stop.place {
      place = [(demand.stoppingPlaces[id.index].kind.rawValue, demand.stoppingPlaces[id.index].name)]
    } else {
      place = [("lane", network.name(stop.lane)), ("startPos", shortest(stop.startPosition)), ("endPos", shortest(stop.endPosition))]
    }
    xml.element(
      "stop", depth: depth,
      place + [
        ("duration", stop.duration == 0 ? nil : shortest(stop.duration)), ("until", stop.until.map(shortest)),
        ("parking", stop.parking ? "1" : nil),
      ])
  }

  private static func add(_ departure: Departure, _ demand: Demand, _ network: RoadNetwork, to xml: inout SUMOXML) {
    var attributes: [(String, String?)] = [
      ("id", demand.vehicleNames[departure.id]), ("type", name(departure.type, demand)), ("depart", departure.time.sumo),
    ]
    attributes += self.attributes(departure.attributes)
    attributes.append(("line", departure.line))
    add(departure.path, kind: "vehicle", attributes, departure.stops, demand, network, to: &xml)
  }

  private static func add(_ flow: DepartureFlow, _ demand: Demand, _ network: RoadNetwork, to xml: inout SUMOXML) {
    var attributes: [(String, String?)] = [
      ("id", flow.name), ("type", name(flow.type, demand)), ("begin", flow.begin.sumo), ("end", flow.end?.sumo),
    ]
    switch flow.rate {
    case .period(let seconds): attributes.append(("period", shortest(seconds)))
    case .poisson(let rate): attributes.append(("period", "exp(\(shortest(rate)))"))
    case .probability(let share): attributes.append(("probability", shortest(share)))
    case .number(let count): if flow.limit == nil { attributes.append(("number", String(count))) }
    }
    attributes.append(("number", flow.limit.map(String.init)))
    attributes += self.attributes(flow.attributes)
    add(flow.path, kind: "flow", attributes, flow.stops, demand, network, to: &xml)
  }

  private static func add(
    _ path: Departure.Path, kind: String, _ attributes: [(String, String?)], _ stops: [ScheduledStop], _ demand: Demand,
    _ network: RoadNetwork, to xml: inout SUMOXML
  ) {
    var kind = kind
    var attributes = attributes
    var own: Route?
    switch path {
    case .route(.fixed(let id)):
      let name = demand.routeNames[id]
      if name.hasPrefix("!") { own = demand.routes[id.index] } else { attributes.append(("route", name)) }
    case .route(.distribution(let index)): attributes.append(("route", demand.routeDistributions[index].name))
    case .trip(let from, let to, let via):
      if kind == "vehicle" { kind = "trip" }
      attributes += [
        ("from", network.name(from)), ("to", network.name(to)),
        ("via", via.isEmpty ? nil : via.map { network.name($0) }.joined(separator: " ")),
      ]
    }
    let opens = own != nil || !stops.isEmpty
    xml.element(kind, attributes, opens: opens)
    if let own { add(own, name: nil, depth: 2, demand, network, to: &xml) }
    for stop in stops { add(stop, depth: 2, demand, network, to: &xml) }
    if opens { xml.close(kind) }
  }

  private static func name(_ selection: Selection<VehicleTypeID>, _ demand: Demand) -> String {
    switch selection {
    case .fixed(let id): demand.vehicleTypes[id.index].name
    case .distribution(let index): demand.typeDistributions[index].name
    }
  }

  private static func attributes(_ given: DepartureAttributes) -> [(String, String?)] {
    let usual = DepartureAttributes()
    func unless<Value: Equatable>(_ value: Value, _ default: Value, _ text: String) -> String? { value == `default` ? nil : text }
    let lane =
      switch given.lane {
      case .first: "first"
      case .random: "random"
      case .free: "free"
      case .allowed: "allowed"
      case .best: "best"
      case .bestBySpeed: "best_prob"
      case .index(let index): String(index)
      }
    let position =
      switch given.position {
      case .base: "base"
      case .random: "random"
      case .free: "free"
      case .randomFree: "random_free"
      case .last: "last"
      case .stop: "stop"
      case .at(let meters): shortest(meters)
      }
    let speed =
      switch given.speed {
      case .random: "random"
      case .max: "max"
      case .desired: "desired"
      case .speedLimit: "speedLimit"
      case .last: "last"
      case .average: "avg"
      case .at(let speed): shortest(speed)
      }
    let arrivalLane =
      switch given.arrivalLane {
      case .current: "current"
      case .random: "random"
      case .first: "first"
      case .index(let index): String(index)
      }
    let arrivalPosition =
      switch given.arrivalPosition {
      case .max: "max"
      case .random: "random"
      case .at(let meters): shortest(meters)
      }
    let arrivalSpeed =
      switch given.arrivalSpeed {
      case .current: "current"
      case .at(let speed): shortest(speed)
      }
    return [
      ("departLane", unless(given.lane, usual.lane, lane)), ("departPos", unless(given.position, usual.position, position)),
      ("departSpeed", unless(given.speed, usual.speed, speed)), ("arrivalLane", unless(given.arrivalLane, usual.arrivalLane, arrivalLane)),
      ("arrivalPos", unless(given.arrivalPosition, usual.arrivalPosition, arrivalPosition)),
      ("arrivalSpeed", unless(given.arrivalSpeed, usual.arrivalSpeed, arrivalSpeed)), ("speedFactor", given.speedFactor.map(shortest)),
    ]
  }
}
