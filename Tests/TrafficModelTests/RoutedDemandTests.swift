import Testing
import TrafficModel

/// Three links in a row and a branch: a → b → c, a → b → d.
@Suite struct RoutedDemandTests {
  static var network: RoadNetwork {
    var n = RoadNetwork()
    for name in ["n0", "n1", "n2", "n3", "n4"] {
      n.nodes.append(Node(id: n.nodeNames.intern(name), kind: .priority, position: Point(0, 0)))
    }
    for (name, from, to) in [("a", 0, 1), ("b", 1, 2), ("c", 2, 3), ("d", 2, 4)] {
      let id = n.linkNames.intern(name)
      let lane = n.laneNames.intern(name + "_0")
      n.links.append(Link(id: id, from: NodeID(from), to: NodeID(to), lanes: [lane]))
      n.lanes.append(Lane(id: lane, link: id, position: 0, length: 100, speedLimit: 10))
    }
    for (from, to) in [(0, 1), (1, 2), (1, 3)] {
      n.connections.append(
        LaneConnection(id: ConnectionID(n.connections.count), fromLane: LaneID(from), toLane: LaneID(to), turn: .straight))
    }
    n.deriveAdjacency()
    return n
  }

  static var demand: Demand {
    var d = Demand()
    d.vehicleTypes = [VehicleType(name: "car")]
    d.routes = [Route(links: [LinkID(0), LinkID(1), LinkID(2)])]
    for k in 0..<60 {
      let trip = k % 3 == 0
      d.departures.append(
        Departure(
          id: d.vehicleNames.intern("v\(k)"), type: .fixed(VehicleTypeID(0)),
          path: trip ? .trip(from: LinkID(0), to: LinkID(3), via: []) : .route(.fixed(RouteID(0))), time: Instant(seconds: Double(k * 60))))
    }
    return d
  }

  @Test func countsVehiclesByMovementAndSlice() throws {
    let network = Self.network
    let d = RoutedDemand(Self.demand, on: network, from: .zero, to: Instant(seconds: 3600), slices: 4)
    #expect(d.total == 60 && d.unroutable == 0)
    #expect(d.streams.count == 2)
    let flow = d.movementFlow(on: network)
    #expect(abs(flow[0] - 60.0 / 3600) < 1e-12 && abs(flow[1] - 40.0 / 3600) < 1e-12 && abs(flow[2] - 20.0 / 3600) < 1e-12)
    #expect(d.streams.reduce(0) { $0 + $1.vehicles[2] } == 15)
    // Entering minus leaving is nothing at every node but the ends.
    let links = d.linkFlow(on: network)
    #expect(abs(links[1] - links[2] - links[3]) < 1e-12)
    let table = d.flowTable(on: network)
    #expect(table.rows.count == 12)
    #expect(abs(table.rows.reduce(0) { $0 + $1.mean / 4 } - 120) < 1e-9)
  }

  @Test func fitsMeasuredFlows() throws {
    let network = Self.network
    let d = RoutedDemand(Self.demand, on: network, from: .zero, to: Instant(seconds: 3600))
    let rows: [FlowTable.Row] = [
      .init(subject: .link("a"), begin: .zero, end: Instant(seconds: 3600), mean: 90),
      .init(subject: .movement(from: "b", to: "d"), begin: .zero, end: Instant(seconds: 3600), mean: 45),
      .init(subject: .movement(from: "c", to: "d"), begin: .zero, end: Instant(seconds: 3600), mean: 5),
    ]
    let fitted = try d.fitted(to: FlowTable(rows: rows), on: network)
    #expect(fitted.unmatched == [.movement(from: "c", to: "d")])
    let links = fitted.demand.linkFlow(on: network).map { $0 * 3600 }
    #expect(abs(links[0] - 90) < 1e-3 && abs(links[3] - 45) < 1e-3 && abs(links[2] - 45) < 1e-3)
  }

  @Test func saysWhatIsWrongWithFlows() {
    let network = Self.network
    let d = RoutedDemand(Self.demand, on: network, from: .zero, to: Instant(seconds: 3600))
    func says(_ rows: [FlowTable.Row], _ text: String) {
      #expect { try d.fitted(to: FlowTable(rows: rows), on: network) } throws: {
        ($0 as? InputProblems)?.description.contains(text) ?? false
      }
    }
    says([.init(subject: .link("x"), begin: .zero, end: Instant(seconds: 3600), mean: 9)], "a link of the network")
    says([.init(subject: .link("a"), begin: .zero, end: Instant(seconds: 3600), mean: -1)], "a flow from 0")
    says([.init(subject: .link("a"), begin: Instant(seconds: 9000), end: Instant(seconds: 9600), mean: 9)], "none")
  }
}
