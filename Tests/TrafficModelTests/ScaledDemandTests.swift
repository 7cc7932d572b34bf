import Foundation
import Testing
import TrafficModel

/// Departures thinned and multiplied to other flows.
@Suite struct ScaledDemandTests {
  /// Two routes, ninety vehicles each over an hour, and a flow of sixty on the first.
  static func demand(on network: RoadNetwork) -> Demand {
    var demand = Demand()
    demand.vehicleTypes = [VehicleType(name: "car")]
    let links = network.links.map(\.id)
    demand.routes = [Route(links: [links[0], links[1], links[2]]), Route(links: [links[0], links[1], links[3]])]
    for k in 0..<180 {
      demand.departures.append(
        Departure(
          id: demand.vehicleNames.intern("v\(k)"), type: .fixed(VehicleTypeID(0)), path: .route(.fixed(RouteID(k % 2))),
          time: Instant(seconds: Double(k) * 20)))
    }
    demand.flows = [
      DepartureFlow(
        name: "f", type: .fixed(VehicleTypeID(0)), path: .route(.fixed(RouteID(0))), begin: .zero, end: Instant(seconds: 3600),
        rate: .number(60))
    ]
    return demand
  }

  static func routed(_ demand: Demand, on network: RoadNetwork) -> RoutedDemand {
    RoutedDemand(demand, on: network, from: .zero, to: Instant(seconds: 3600), slices: 4)
  }

  static func fitted(_ first: Double, _ second: Double) throws -> (RoadNetwork, Demand, RoutedDemand, RoutedDemand) {
    let network = RoutedDemandTests.network
    let demand = demand(on: network)
    let source = routed(demand, on: network)
    let (c, d) = (network.name(network.links[2].id), network.name(network.links[3].id))
    let rows = [(c, first), (d, second)].map {
      FlowTable.Row(subject: .link($0.0), begin: .zero, end: Instant(seconds: 3600), mean: $0.1)
    }
    return (network, demand, source, try source.fitted(to: FlowTable(rows: rows), on: network).demand)
  }

  @Test(arguments: [(150.0, 90.0), (75, 45), (450, 0), (160, 200)]) func eachSliceCarriesItsFlow(first: Double, second: Double) throws {
    let (network, demand, source, target) = try Self.fitted(first, second)
    let scaled = demand.scaled(to: target, from: source)
    let found = Self.routed(scaled, on: network)
    for (s, stream) in target.streams.enumerated() {
      let now = found.streams.first { $0.path == stream.path }?.vehicles ?? [0, 0, 0, 0]
      // Whole vehicles: one more or less a slice, and the flow's own rounding.
      for k in 0..<4 { #expect(abs(now[k] - stream.vehicles[k]) <= 2, "stream \(s), slice \(k)") }
    }
    #expect(zip(scaled.departures, scaled.departures.dropFirst()).allSatisfy { $0.time <= $1.time })
    #expect(Set(scaled.departures.map(\.id)).count == scaled.departures.count)
  }

  @Test func theSameFlowsLeaveTheDemandAlone() throws {
    let (_, demand, source, target) = try Self.fitted(150, 90)
    let scaled = demand.scaled(to: target, from: source)
    #expect(scaled.departures.map(\.time) == demand.departures.map(\.time) && scaled.departures.map(\.id) == demand.departures.map(\.id))
  }

  /// A tenth less traffic keeps nine of ten departures: two demands differ by their flows, not by chance.
  @Test func smallChangesShareMostDepartures() throws {
    let (_, demand, source, target) = try Self.fitted(135, 81)
    let kept = demand.scaled(to: target, from: source).departures
    let known = Set(demand.departures.map(\.id))
    #expect(kept.allSatisfy { known.contains($0.id) } && (158...166).contains(kept.count), "\(kept.count)")
  }

  /// Rows that contradict each other are met as far as each is sure.
  @Test func surerRowsCountMore() throws {
    let network = RoutedDemandTests.network
    let source = Self.routed(Self.demand(on: network), on: network)
    let (a, b) = (network.name(network.links[0].id), network.name(network.links[1].id))
    let table = FlowTable(
      rows: [(a, 200.0), (b, 300.0)].map { .init(subject: .link($0.0), begin: .zero, end: Instant(seconds: 3600), mean: $0.1) },
      covariance: [.init(first: 0, second: 0, value: 100), .init(first: 1, second: 1, value: 900)])
    let flow = try source.fitted(to: table, on: network).demand.linkFlow(on: network)[0] * 3600
    // All streams pass both links, so that a fixed point has w₁·log(200/x) + w₂·log(300/x) = 0 with w = mean/variance: 2 and 1/3.
    #expect(abs(flow - pow(200, 6.0 / 7) * pow(300, 1.0 / 7)) < 0.01, "\(flow)")
  }

  /// A table in quarters of an hour moves traffic from one quarter to another; one row for the hour does not.
  @Test func fineTablesMoveTrafficInTime() throws {
    let network = RoutedDemandTests.network
    let source = Self.routed(Self.demand(on: network), on: network)
    let a = network.name(network.links[0].id)
    let rows = [120.0, 480, 240, 120].enumerated().map {
      FlowTable.Row(
        subject: .link(a), begin: Instant(seconds: Double($0.offset) * 900), end: Instant(seconds: Double($0.offset + 1) * 900),
        mean: $0.element)
    }
    let fitted = try source.fitted(to: FlowTable(rows: rows), on: network).demand
    let totals = (0..<4).map { k in fitted.streams.reduce(0) { $0 + $1.vehicles[k] } }
    for (total, wanted) in zip(totals, [30.0, 120, 60, 30]) { #expect(abs(total - wanted) < 1e-3) }
    let flat = try source.fitted(
      to: FlowTable(rows: [.init(subject: .link(a), begin: .zero, end: Instant(seconds: 3600), mean: 120)]), on: network
    ).demand
    for k in 0..<4 { #expect(abs(flat.streams.reduce(0) { $0 + $1.vehicles[k] } - 30) < 1e-3) }
  }
}
