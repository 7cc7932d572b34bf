import Microsimulation
import Testing
import TrafficModel

/// With what speed vehicles enter. SUMO 1.28 was asked each of these questions on a street of the same kind.
@Suite struct EntryTests {
  /// One vehicle that departs `room` metres before a red light; its departure speed as it was, or nil where it never entered.
  private func speedBeforeRed(_ speed: DepartureAttributes.DepartSpeed, room: Double) throws -> Double? {
    let network = SmallStreets.crossing()
    let link = { (from: String, to: String) in
      try #require(network.roads.first { network.nodeNames[$0.from] == from && network.nodeNames[$0.to] == to }?.id)
    }
    let west = try link("w", "c"), east = try link("c", "e")
    var demand = SmallStreets.demand(network, type: SmallStreets.exact(), ways: [(0, [west, east])])
    demand.departures[0].attributes.speed = speed
    demand.departures[0].attributes.position = .at(network.length(west) - room)
    let simulation = try Simulation(network: network, demand: demand)
    let red = SignalState(repeating: .red, count: network.signals[0].links.count)
    for _ in 0..<5 {
      simulation.setSignal(SignalID(0), red)
      simulation.step()
    }
    let trip = try #require(simulation.record().trips.first)
    return trip.ending == .neverInserted ? nil : trip.departureSpeed
  }

  @Test(arguments: [DepartureAttributes.DepartSpeed.average, .desired, .speedLimit, .max])
  func theRoadAheadLowersEverySpeedThatIsNotGiven(_ speed: DepartureAttributes.DepartSpeed) throws {
    let before = try #require(try speedBeforeRed(speed, room: 10))
    // It can still stop: what it drives in its reaction time and in braking at 4.5 m/s² from there is no more than the room.
    #expect(before > 0)
    #expect(before + before * before / 9 <= 10 + 4.5)
    // Where the light is far it enters as fast as the road allows.
    #expect(try speedBeforeRed(speed, room: 200) == 13.89)
  }

  @Test func aGivenSpeedThatIsTooFastIsNotLowered() throws {
    #expect(try speedBeforeRed(.at(13), room: 10) == nil)
    #expect(try speedBeforeRed(.at(2), room: 10) == 2)
  }

  @Test(arguments: [(DepartureAttributes.DepartSpeed.desired, false), (.speedLimit, false), (.max, true)])
  func vehiclesAheadLowerOnlyWhatMayAdapt(_ speed: DepartureAttributes.DepartSpeed, _ adapts: Bool) throws {
    let network = SmallStreets.straight()
    let east = try #require(network.roads.first?.id)
    var demand = SmallStreets.demand(network, type: SmallStreets.exact(), ways: [(0, [east]), (1, [east])])
    demand.departures[0].attributes.speed = .at(0)
    demand.departures[0].attributes.position = .at(20)
    demand.departures[1].attributes.speed = speed
    let simulation = try Simulation(network: network, demand: demand)
    for _ in 0..<120 { simulation.step() }
    let second = try #require(simulation.record().trips.first { $0.name == "v1" })
    #expect((second.departureDelay == 0) == adapts)
    #expect((second.departureSpeed < 13.89) == adapts)
  }
}
