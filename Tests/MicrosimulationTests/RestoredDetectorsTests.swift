import Formats
import Microsimulation
import Testing
import TrafficModel

/// A run saved in the middle of its detectors' intervals gives the same figures as one that was never stopped.
struct RestoredDetectorsTests {
  private func street() throws -> Simulation {
    let network = SmallStreets.straight(lanes: 2)
    let east = try #require(network.roads.first)
    let lane = east.lanes[0]
    let detectors = [
      Detector(id: DetectorID(0), name: "loop", kind: .point(lane: lane, position: 300), period: .seconds(60)),
      Detector(id: DetectorID(1), name: "area", kind: .area(lanes: [lane], start: 500, end: 900), period: .seconds(60)),
      Detector(
        id: DetectorID(2), name: "gates",
        kind: .entryExit(entries: [.init(lane: lane, position: 100)], exits: [.init(lane: lane, position: 800)]),
        period: .seconds(60)),
    ]
    let ways = (0..<40).map { (at: Double($0) * 3, links: [east.id]) }
    return try Simulation(
      network: network, demand: SmallStreets.demand(network, type: VehicleType(name: "car"), ways: ways), detectors: detectors,
      settings: .init(end: Instant(seconds: 240), linkInterval: .seconds(60), keepsEmissions: true))
  }

  @Test func runningIntervalsGoOn() throws {
    let whole = try street()
    for _ in 0..<95 { whole.step() }
    _ = whole.drainDetectorIntervals()
    _ = whole.drainTrips()
    _ = whole.drainLinkIntervals()
    let state = whole.saveState()
    let resumed = try street()
    try resumed.restoreState(state)
    while !whole.isFinished {
      whole.step()
      resumed.step()
    }
    let expected = whole.record(), found = resumed.record()
    #expect(expected.detectors.count >= 6)
    #expect(found.detectors == expected.detectors)
    #expect(found.links == expected.links)
    #expect(found.trips == expected.trips)
  }

  @Test func whoFindsNoRoomInTimeIsGivenUpAndCounted() throws {
    let network = SmallStreets.straight(lanes: 1)
    let east = try #require(network.roads.first)
    let ways = (0..<60).map { _ in (at: 0.0, links: [east.id]) }
    let simulation = try Simulation(
      network: network, demand: SmallStreets.demand(network, type: SmallStreets.exact(), ways: ways),
      settings: .init(end: Instant(seconds: 600), maximumDepartureDelay: 30))
    while !simulation.isFinished { simulation.step() }
    let trips = simulation.record().trips
    #expect(simulation.gaveUp > 0)
    #expect(trips.count == 60)
    #expect(trips.count { $0.ending == .neverInserted } == simulation.gaveUp)
    #expect(trips.filter { $0.ending == .neverInserted }.allSatisfy { $0.departureDelay > 30 && $0.departureDelay < 40 })
  }
}
