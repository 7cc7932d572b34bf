import TrafficModel

/// All vehicles that will leave, in order, with what chance decides about each: its type, its route, its driver.
///
/// Chance is drawn by vehicle, not in sequence, so that adding one vehicle to a demand does not change the others.
struct Fleet {
  struct Vehicle {
    var time: Instant
    var type: Int32
    var factor: Double
    var routeBegin: Int32
    var routeEnd: Int32
    var stopBegin: Int32
    var stopEnd: Int32
    var arrivalPosition: Double
    var arrivalSpeed: Double
    var arrivalLane: Int32
    var entry: Engine.Entry
    /// Index among the trips to be routed when they leave; -1: the route is given.
    var trip: Int32
    /// Departure or flow it comes from.
    var source: Source
  }
  struct Trip {
    var from: LinkID
    var to: LinkID
    var via: [LinkID]
  }
  enum Source {
    case departure(VehicleID)
    case flow(Int, Int)
  }

  var vehicles: [Vehicle] = []
  var types: [TypeRecord] = []
  let routes: RouteTable
  /// Trips whose way is found when they leave.
  var trips: [Trip] = []
  var stops: [StopRecord] = []
  var largestFactor = 1.0
  var notes: [String: Int] = [:]

  var router: TravelTimeRouter?

  init(network: RoadNetwork, demand: Demand, settings: Simulation.Settings) throws(InputProblems) {
    let given = demand.routes.reduce(0) { $0 + $1.links.count }
    routes = RouteTable(capacity: given + (demand.departures.count + 1000) * 512)
    types = demand.vehicleTypes.map(TypeRecord.init)
    if types.isEmpty { types = [TypeRecord(VehicleType(name: "default"))] }
    largestFactor = max(
      1, demand.vehicleTypes.map { min($0.speedFactor.maximum, $0.speedFactor.mean + 3 * $0.speedFactor.deviation) }.max() ?? 1)
    var problems: [InputProblem] = []
    var further = 0
    func report(_ problem: InputProblem) {
      if problems.count < 50 { problems.append(problem) } else { further += 1 }
    }
    var key: UInt64 = 0
    for departure in demand.departures {
      key = UInt64(departure.id.index)
      guard departure.time >= settings.begin else {
        notes["departures before the beginning", default: 0] += 1
        continue
      }
      if let end = settings.end, departure.time >= end { continue }
      add(
        name: demand.vehicleNames.count > departure.id.index ? demand.vehicleNames[departure.id] : "\(departure.id.index)", key: key,
        time: departure.time, type: departure.type, path: departure.path, attributes: departure.attributes, stops: departure.stops,
        source: .departure(departure.id), network: network, demand: demand, seed: settings.seed, report: report)
    }
    for (index, flow) in demand.flows.enumerated() {
      for (k, time) in Self.times(of: flow, index: index, settings: settings).enumerated() {
        guard time >= settings.begin else {
          notes["departures before the beginning", default: 0] += 1
          continue
        }
        if let end = settings.end, time >= end { continue }
        key = 1 << 40 | UInt64(index) << 24 | UInt64(k)
        add(
          name: "\(flow.name).\(k)", key: key, time: time, type: flow.type, path: flow.path, attributes: flow.attributes, stops: flow.stops,
          source: .flow(index, k), network: network, demand: demand, seed: settings.seed, report: report)
      }
    }
    if !problems.isEmpty { throw InputProblems(problems, further: further) }
    // By time; at one time in the order of the source.
    let order = vehicles.indices.sorted { (vehicles[$0].time, $0) < (vehicles[$1].time, $1) }
    vehicles = order.map { vehicles[$0] }
  }

  /// Departure times of a flow.
  static func times(of flow: DepartureFlow, index: Int, settings: Simulation.Settings) -> [Instant] {
    let begin = flow.begin.seconds
    let end = flow.end?.seconds ?? settings.end?.seconds ?? .infinity
    let most = flow.limit ?? Int.max
    var times: [Instant] = []
    switch flow.rate {
    case .number(let n):
      guard n > 0, end.isFinite else { return (0..<max(n, 0)).map { _ in flow.begin } }
      let gap = (end - begin) / Double(n)
      for k in 0..<min(n, most) { times.append(Instant(seconds: begin + Double(k) * gap)) }
    case .period(let period):
      guard period > 0 else { return [] }
      var k = 0
      while k < most, begin + Double(k) * period < end {
        times.append(Instant(seconds: begin + Double(k) * period))
        k += 1
        if !end.isFinite, k >= 1_000_000 { break }
      }
    case .poisson(let rate):
      guard rate > 0, end.isFinite else { return [] }
      var at = begin
      var k: UInt64 = 0
      while times.count < most {
        let u = 1 - CounterRandom.uniform(seed: settings.seed, entity: 1 << 41 | UInt64(index), step: k, purpose: .departure)
        at += -Elementary.log(u) / rate
        k += 1
        if at >= end { break }
        times.append(Instant(seconds: at))
      }
    case .probability(let p):
      guard end.isFinite else { return [] }
      var at = begin
      var k: UInt64 = 0
      let step = settings.step.seconds
      while at < end, times.count < most {
        if CounterRandom.uniform(seed: settings.seed, entity: 1 << 41 | UInt64(index), step: k, purpose: .departure) < p * step {
          times.append(Instant(seconds: at))
        }
        at += step
        k += 1
      }
    }
    return times
  }

  private mutating func add(
    name: String, key: UInt64, time: Instant, type: Selection<VehicleTypeID>, path: Departure.Path, attributes: DepartureAttributes,
    stops ownStops: [ScheduledStop], source: Source, network: RoadNetwork, demand: Demand, seed: UInt64,
    report: (InputProblem) -> Void
  ) {
    let typeID = choose(type, from: demand.typeDistributions, seed: seed, key: key, purpose: .vehicleType)
    guard typeID.index < demand.vehicleTypes.count else {
      report(
        InputProblem(file: "demand", element: "vehicle \(name)", expected: "a vehicle type of the demand", found: "type \(typeID.index)"))
      return
    }
    let vehicleType = demand.vehicleTypes[typeID.index]
    var links: [LinkID]
    var scheduled = ownStops
    var trip: Int32 = -1
    switch path {
    case .route(let selection):
      let id = choose(selection, from: demand.routeDistributions, seed: seed &+ 1, key: key, purpose: .vehicleType)
      guard id.index < demand.routes.count else {
        report(InputProblem(file: "demand", element: "vehicle \(name)", expected: "a route of the demand", found: "route \(id.index)"))
        return
      }
      links = demand.routes[id.index].links
      scheduled = demand.routes[id.index].stops + scheduled
    case .trip(let from, let to, let via):
      if router == nil { router = TravelTimeRouter(network) }
      guard let found = router?.route(from: from, via: via, to: to, type: vehicleType) else {
        report(
          InputProblem(
            file: "demand", element: "trip \(name)", expected: "a way from \(network.linkNames[from]) to \(network.linkNames[to])",
            found: "none for \(vehicleType.name)"))
        return
      }
      links = found
      trip = Int32(trips.count)
      trips.append(Trip(from: from, to: to, via: via))
    }
    guard !links.isEmpty else {
      report(InputProblem(file: "demand", element: "vehicle \(name)", expected: "a route with at least one link"))
      return
    }
    let range = routes.intern(links)
    let first = Int32(stops.count)
    addStops(scheduled, links: links, network: network, name: name, report: report)
    let last = links[links.count - 1]
    let length = network[last].lanes.first.map { network[$0].length } ?? 0
    let arrival: Double
    switch attributes.arrivalPosition {
    case .max: arrival = length
    case .at(let given): arrival = given < 0 ? max(0, length + given) : min(given, length)
    case .random: arrival = length * CounterRandom.uniform(seed: seed, entity: key, step: 1, purpose: .position)
    }
    let arrivalSpeed: Double
    if case .at(let given) = attributes.arrivalSpeed { arrivalSpeed = given } else { arrivalSpeed = -1 }
    let arrivalLane: Int32
    switch attributes.arrivalLane {
    case .current: arrivalLane = -1
    case .first: arrivalLane = 0
    case .index(let i): arrivalLane = Int32(min(i, network[last].lanes.count - 1))
    case .random:
      let draw = CounterRandom.uniform(seed: seed, entity: key, step: 2, purpose: .lane)
      arrivalLane = Int32(min(Double(network[last].lanes.count - 1), draw * Double(network[last].lanes.count)))
    }
    vehicles.append(
      Vehicle(
        time: time, type: typeID.rawValue, factor: attributes.speedFactor ?? factor(vehicleType.speedFactor, seed: seed, key: key),
        routeBegin: range.lowerBound, routeEnd: range.upperBound, stopBegin: first, stopEnd: Int32(stops.count), arrivalPosition: arrival,
        arrivalSpeed: arrivalSpeed, arrivalLane: arrivalLane, entry: Engine.Entry(attributes), trip: ownStops.isEmpty ? trip : -1,
        source: source))
  }

  private mutating func addStops(
    _ scheduled: [ScheduledStop], links: [LinkID], network: RoadNetwork, name: String, report: (InputProblem) -> Void
  ) {
    var at = 0
    let begin = routes.intern(links).lowerBound
    for stop in scheduled {
      let link = network[stop.lane].link
      guard let index = links.indices.first(where: { $0 >= at && links[$0] == link }) else {
        report(
          InputProblem(
            file: "demand", element: "stop of vehicle \(name)", expected: "a stop on the route, after the stops before it",
            found: network.laneNames[stop.lane]))
        continue
      }
      at = index
      stops.append(
        StopRecord(
          lane: stop.lane.rawValue, routeOffset: begin + Int32(index), start: stop.startPosition, end: stop.endPosition,
          duration: stop.duration, until: stop.until ?? -.infinity))
    }
  }

  private func choose<Value>(
    _ selection: Selection<Value>, from tables: [WeightedChoice<Value>], seed: UInt64, key: UInt64, purpose: CounterRandom.Purpose
  ) -> Value {
    switch selection {
    case .fixed(let value): return value
    case .distribution(let index):
      let table = tables[index]
      var left = CounterRandom.uniform(seed: seed, entity: key, step: 0, purpose: purpose) * table.weights.reduce(0, +)
      for (value, weight) in zip(table.values, table.weights) {
        left -= weight
        if left < 0 { return value }
      }
      return table.values[table.values.count - 1]
    }
  }

  /// A driver's factor on the speed limit: normal, drawn again until it lies within bounds.
  private func factor(_ spread: VehicleType.SpeedFactor, seed: UInt64, key: UInt64) -> Double {
    guard spread.deviation > 0 else { return min(max(spread.mean, spread.minimum), spread.maximum) }
    for draw in 0..<64 {
      let value = spread.mean + spread.deviation * CounterRandom.normal(seed: seed, entity: key, draw: UInt64(draw), purpose: .speedFactor)
      if value >= spread.minimum, value <= spread.maximum { return value }
    }
    return min(max(spread.mean, spread.minimum), spread.maximum)
  }
}

extension Engine.Entry {
  init(_ attributes: DepartureAttributes) {
    switch attributes.lane {
    case .first: lane = .first
    case .random: lane = .random
    case .free: lane = .free
    case .allowed: lane = .allowed
    case .best: lane = .best
    case .bestBySpeed: lane = .bestBySpeed
    case .index(let i): lane = .index(i)
    }
    switch attributes.position {
    case .base: place = .base
    case .random: place = .random
    case .free: place = .free
    case .randomFree: place = .randomFree
    case .last: place = .last
    case .stop: place = .stop
    case .at(let p): place = .at(p)
    }
    switch attributes.speed {
    case .random: speed = .random
    case .max: speed = .max
    case .desired: speed = .desired
    case .speedLimit: speed = .limit
    case .last: speed = .last
    case .average: speed = .average
    case .at(let v): speed = .at(v)
    }
  }
}
