/// Demand as streams along routes: what a network asks of its signals between two moments.
///
/// ```swift
/// let demand = RoutedDemand(demand, on: network, from: begin, to: end)
/// demand.movementFlow(on: network)  // veh/s of each movement
/// ```
///
/// Trips without a route take the quickest way through the empty network. Random choices (distributions, Poisson flows) enter with
/// their expectation.
public struct RoutedDemand: Sendable {
  /// Vehicles that follow one path.
  public struct Stream: Sendable, Hashable {
    public var path: [LinkID]
    /// Vehicles that leave within each slice, in expectation.
    public var vehicles: [Double]
    /// Mean length of vehicle and standing gap [m], and mean driver headway [s].
    public var spacing: Double
    public var headway: Double
  }

  /// Slice boundaries, one more than slices.
  public let boundaries: [Instant]
  /// In order of first departure.
  public private(set) var streams: [Stream] = []
  /// Departures left out because no path leads to their destination.
  public private(set) var unroutable = 0

  public init(_ demand: Demand, on network: RoadNetwork, from begin: Instant, to end: Instant, slices: Int = 1) {
    precondition(end > begin && slices > 0, "from \(begin) to \(end) in \(slices) slices")
    let span = (end - begin).milliseconds
    boundaries = (0...slices).map { Instant(milliseconds: begin.milliseconds + span * Int64($0) / Int64(slices)) }
    var router: TravelTimeRouter?
    var known: [Trip: [LinkID]] = [:]
    var index: [[LinkID]: Int] = [:]
    var typeWeight: [Double] = []
    var found: [Stream] = []

    struct Trip: Hashable {
      var from: LinkID
      var to: LinkID
      var via: [LinkID]
      var vehicleClass: VehicleClassSet
    }
    func types(_ selection: Selection<VehicleTypeID>) -> [(VehicleTypeID, Double)] {
      switch selection {
      case .fixed(let id): return [(id, 1)]
      case .distribution(let d):
        let choice = demand.typeDistributions[d]
        let total = choice.weights.reduce(0, +)
        return total > 0 ? zip(choice.values, choice.weights).map { ($0, $1 / total) } : []
      }
    }
    func ways(_ path: Departure.Path, _ type: VehicleType) -> [([LinkID], Double)] {
      switch path {
      case .route(.fixed(let id)): return [(demand.routes[id.index].links, 1)]
      case .route(.distribution(let d)):
        let choice = demand.routeDistributions[d]
        let total = choice.weights.reduce(0, +)
        return total > 0 ? zip(choice.values, choice.weights).map { (demand.routes[$0.index].links, $1 / total) } : []
      case .trip(let from, let to, let via):
        let trip = Trip(from: from, to: to, via: via, vehicleClass: type.vehicleClass)
        if let links = known[trip] { return links.isEmpty ? [] : [(links, 1)] }
        let network = router ?? TravelTimeRouter(network)
        router = network
        let links = network.route(from: from, via: via, to: to, type: type) ?? []
        known[trip] = links
        return links.isEmpty ? [] : [(links, 1)]
      }
    }
    func add(_ path: Departure.Path, _ type: Selection<VehicleTypeID>, _ amounts: [(slice: Int, vehicles: Double)]) {
      let kinds = types(type)
      let type = kinds.first.map { demand.vehicleTypes[$0.0.index] } ?? VehicleType(name: "")
      let spacing = kinds.reduce(0) { $0 + $1.1 * (demand.vehicleTypes[$1.0.index].length + demand.vehicleTypes[$1.0.index].minGap) }
      let headway = kinds.reduce(0) { $0 + $1.1 * demand.vehicleTypes[$1.0.index].tau }
      let choices = ways(path, type)
      if choices.isEmpty { unroutable += 1 }
      for (links, share) in choices {
        let at: Int
        if let known = index[links] {
          at = known
        } else {
          at = found.count
          index[links] = at
          found.append(Stream(path: links, vehicles: [Double](repeating: 0, count: slices), spacing: 0, headway: 0))
          typeWeight.append(0)
        }
        let vehicles = amounts.reduce(0) { $0 + $1.vehicles } * share
        for (slice, amount) in amounts { found[at].vehicles[slice] += amount * share }
        found[at].spacing += spacing * vehicles
        found[at].headway += headway * vehicles
        typeWeight[at] += vehicles
      }
    }
    func slice(of time: Instant) -> Int { min(slices - 1, Int((time - begin).milliseconds * Int64(slices) / span)) }

    for departure in demand.departures where departure.time >= begin && departure.time < end {
      add(departure.path, departure.type, [(slice(of: departure.time), 1)])
    }
    for flow in demand.flows {
      let last = flow.end ?? end
      guard last > begin, flow.begin < end else { continue }
      let length = (last - flow.begin).seconds
      var rate: Double
      switch flow.rate {
      case .period(let p): rate = p > 0 ? 1 / p : 0
      case .poisson(let r): rate = r
      case .probability(let p): rate = p
      case .number(let n): rate = length > 0 ? Double(n) / length : 0
      }
      if let limit = flow.limit, length > 0 { rate = min(rate, Double(limit) / length) }
      var amounts: [(Int, Double)] = []
      for s in 0..<slices {
        let overlap = (min(last, boundaries[s + 1]) - max(flow.begin, boundaries[s])).seconds
        if overlap > 0 { amounts.append((s, rate * overlap)) }
      }
      add(flow.path, flow.type, amounts)
    }
    for i in found.indices where typeWeight[i] > 0 {
      found[i].spacing /= typeWeight[i]
      found[i].headway /= typeWeight[i]
    }
    streams = found.filter { $0.vehicles.contains { $0 > 0 } }
  }

  mutating func scale(by factor: [Double]) {
    for s in streams.indices { for k in streams[s].vehicles.indices { streams[s].vehicles[k] *= factor[s] } }
  }

  mutating func scale(slice k: Int, by factor: [Double]) {
    for s in streams.indices { streams[s].vehicles[k] *= factor[s] }
  }

  /// Vehicles in all slices.
  public var total: Double { streams.reduce(0) { $0 + $1.vehicles.reduce(0, +) } }
  /// Time covered [s].
  public var duration: Double { (boundaries[boundaries.count - 1] - boundaries[0]).seconds }

  /// Flow into each link over the whole time [veh/s].
  public func linkFlow(on network: RoadNetwork) -> [Double] {
    var flow = [Double](repeating: 0, count: network.links.count)
    for s in streams {
      let rate = s.vehicles.reduce(0, +) / duration
      for link in s.path { flow[link.index] += rate }
    }
    return flow
  }

  /// Flow of each movement over the whole time [veh/s].
  public func movementFlow(on network: RoadNetwork) -> [Double] {
    let index = network.movementIndex()
    var flow = [Double](repeating: 0, count: network.movements.count)
    for s in streams {
      let rate = s.vehicles.reduce(0, +) / duration
      for (a, b) in zip(s.path, s.path.dropFirst()) {
        if let m = index[.init(from: a, to: b)] { flow[m.index] += rate }
      }
    }
    return flow
  }

  /// The movement flows of each slice as the table estimation and optimisation exchange.
  public func flowTable(on network: RoadNetwork) -> FlowTable {
    let index = network.movementIndex()
    var rows: [FlowTable.Row] = []
    for s in 0..<(boundaries.count - 1) {
      var flow = [Double](repeating: 0, count: network.movements.count)
      let hours = (boundaries[s + 1] - boundaries[s]).seconds / 3600
      for stream in streams {
        for (a, b) in zip(stream.path, stream.path.dropFirst()) {
          if let m = index[.init(from: a, to: b)] { flow[m.index] += stream.vehicles[s] / hours }
        }
      }
      for m in network.movements where flow[m.id.index] > 0 {
        rows.append(
          .init(
            subject: .movement(from: network.name(m.from), to: network.name(m.to)), begin: boundaries[s], end: boundaries[s + 1],
            mean: flow[m.id.index]))
      }
    }
    return FlowTable(rows: rows)
  }
}

/// Two links a movement joins.
public struct LinkPair: Hashable, Sendable {
  public var from: LinkID
  public var to: LinkID
  public init(from: LinkID, to: LinkID) {
    self.from = from
    self.to = to
  }
}

extension RoadNetwork {
  /// Movements by the links they join.
  public func movementIndex() -> [LinkPair: MovementID] {
    Dictionary(movements.map { (LinkPair(from: $0.from, to: $0.to), $0.id) }, uniquingKeysWith: { first, _ in first })
  }
}
