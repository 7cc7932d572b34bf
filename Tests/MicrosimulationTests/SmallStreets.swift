import Formats
import Microsimulation
import TrafficModel

/// Streets and traffic small enough to know the answer.
enum SmallStreets {
  /// One road of one lane from west to east, 1000 m from node to node.
  static func straight(lanes: Int = 1, length: Double = 1000) -> RoadNetwork {
    var design = StreetDesign()
    let a = design.add(.init(name: "a", position: Point(0, 0)))
    let b = design.add(.init(name: "b", position: Point(length, 0)))
    design.addBothWays(from: a, to: b, lanes: lanes)
    return design.network()
  }

  /// A four-leg junction at 500 m from every end.
  static func crossing(kind: Node.Kind = .signalized, lanes: Int = 1) -> RoadNetwork {
    var design = StreetDesign()
    let c = design.add(.init(name: "c", position: Point(500, 500), kind: kind))
    for (name, at, priority) in [
      ("w", Point(0, 500), 2), ("e", Point(1000, 500), 2), ("s", Point(500, 0), 1), ("n", Point(500, 1000), 1),
    ] {
      let end = design.add(.init(name: name, position: at, kind: .deadEnd))
      design.addBothWays(from: end, to: c, lanes: lanes, priority: priority)
    }
    return design.network()
  }

  static func grid(side: Int = 3, lanes: Int = 2) -> RoadNetwork {
    var grid = GridDesign()
    (grid.columns, grid.rows, grid.lanes) = (side, side, lanes)
    return grid.network()
  }

  /// A driver who neither dawdles nor differs from others.
  static func exact(_ change: (inout VehicleType) -> Void = { _ in }) -> VehicleType {
    var type = VehicleType(name: "exact", sigma: 0, speedFactor: .init(mean: 1, deviation: 0, minimum: 1, maximum: 1))
    change(&type)
    return type
  }

  static func demand(_ network: RoadNetwork, type: VehicleType, ways: [(at: Double, links: [LinkID])], speed: Double? = nil) -> Demand {
    var demand = Demand()
    demand.vehicleTypes = [type]
    _ = demand.vehicleTypeNames.intern(type.name)
    for (k, way) in ways.enumerated() {
      demand.routes.append(Route(links: way.links))
      _ = demand.routeNames.intern("r\(k)")
      var attributes = DepartureAttributes()
      if let speed { attributes.speed = .at(speed) }
      demand.departures.append(
        Departure(
          id: demand.vehicleNames.intern("v\(k)"), type: .fixed(VehicleTypeID(0)), path: .route(.fixed(RouteID(k))),
          time: Instant(seconds: way.at), attributes: attributes))
    }
    return demand
  }

  /// Ways through a network drawn from a fixed stream: each from a link nobody leads to, until the end.
  static func randomDemand(_ network: RoadNetwork, count: Int, every headway: Double, type: VehicleType, seed: UInt64 = 7) -> Demand {
    var state = seed
    func draw(_ n: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(n))
    }
    var next = [[LinkID]](repeating: [], count: network.links.count)
    var led = [Bool](repeating: false, count: network.links.count)
    for movement in network.movements where movement.turn != .uTurn {
      next[movement.from.index].append(movement.to)
      led[movement.to.index] = true
    }
    let entries = network.roads.map(\.id).filter { !led[$0.index] }
    let ways = (0..<count).map { k -> (at: Double, links: [LinkID]) in
      var links = [entries[draw(entries.count)]]
      while links.count < 40, !next[links.last!.index].isEmpty {
        links.append(next[links.last!.index][draw(next[links.last!.index].count)])
      }
      return (Double(k) * headway, links)
    }
    return demand(network, type: type, ways: ways)
  }
}

/// Runs a simulation under its network's own fixed-time programs.
struct FixedTime {
  private let programs: [SignalProgram?]

  init(_ network: RoadNetwork) { programs = network.signals.map(\.activeProgram) }

  func step(_ simulation: Simulation) {
    for (k, program) in programs.enumerated() {
      if let program, let at = program.stage(at: simulation.now) { simulation.setSignal(SignalID(k), program.stages[at.index].state) }
    }
    simulation.step()
  }
}
