import Formats
import TestSupport
import Testing
import TrafficModel

@testable import Microsimulation

/// Hand-worked cases of driving alone, behind another, and up to a red signal.
@Suite struct CarFollowingTests {
  /// Largest speed from which braking at `decel` with reaction time `tau`, speed falling in whole steps, stays within the gap: worked out by
  /// trying, not by the closed form.
  private func safeByTrial(gap: Double, decel: Double, tau: Double) -> Double {
    func distance(_ v: Double) -> Double {
      var sum = v * tau
      var speed = v - decel
      while speed > 0 {
        sum += speed
        speed -= decel
      }
      return sum
    }
    var low = 0.0
    var high = 100.0
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if distance(middle) <= gap { low = middle } else { high = middle }
    }
    return low
  }

  @Test(arguments: [0.5, 3, 10, 25, 60, 140.0]) func safeStoppingSpeedIsTheLargestThatStopsInTime(gap: Double) {
    for (decel, tau) in [(4.5, 1.0), (3.0, 1.0), (4.5, 1.5)] {
      let expected = safeByTrial(gap: gap, decel: decel, tau: tau)
      let found = Following.safeStop(gap: gap, decel: decel, headway: tau, dt: 1)
      // The rule keeps a millimetre back.
      #expect(
        found <= expected + 1e-9 && expected - found < 1.1e-3, "gap \(gap), decel \(decel), tau \(tau): \(found), by trial \(expected)")
    }
  }

  @Test func brakingDistanceIsTheSumOfTheSteps() {
    // 13.5 m/s at 4.5 m/s²: the steps end at 9, 4.5 and 0 m/s.
    #expect(abs(Following.brakeGap(13.5, decel: 4.5, tau: 0, dt: 1) - 13.5) < 1e-9)
    #expect(abs(Following.brakeGap(13.5, decel: 4.5, tau: 1, dt: 1) - 27) < 1e-9)
  }

  @Test func aLoneVehicleAcceleratesToTheLimitAndLosesNoMoreTime() throws {
    let network = SmallStreets.straight()
    let east = try #require(network.linkNames["a-b"] ?? network.roads.first?.id)
    let type = SmallStreets.exact()
    let simulation = try Simulation(
      network: network, demand: SmallStreets.demand(network, type: type, ways: [(0, [east])], speed: 0), settings: .init(seed: 3))
    var speeds: [Double] = []
    while !simulation.isFinished, simulation.now < Instant(seconds: 300) {
      simulation.step()
      if let vehicle = simulation.vehicles().first { speeds.append(vehicle.speed) }
    }
    #expect(speeds.first == 0)
    for (k, speed) in speeds.enumerated() { #expect(abs(speed - min(2.6 * Double(k), 13.89)) < 1e-9, "second \(k)") }
    let trip = try #require(simulation.drainTrips().first)
    #expect(trip.ending == .arrived)
    // Steps at 2.6, 5.2, …, 13.0 m/s.
    let lost = (1...5).map { 1 - 2.6 * Double($0) / 13.89 }.reduce(0, +)
    #expect(abs(trip.timeLoss - lost) < 1e-6)
    #expect(trip.waitingTime == 0)
  }

  @Test func aFollowerKeepsItsHeadway() throws {
    let network = SmallStreets.straight(length: 3000)
    let east = try #require(network.roads.first?.id)
    var demand = SmallStreets.demand(network, type: SmallStreets.exact { $0.maxSpeed = 8 }, ways: [(0, [east]), (4, [east])])
    demand.vehicleTypes.append(SmallStreets.exact { $0.name = "fast" })
    _ = demand.vehicleTypeNames.intern("fast")
    demand.departures[1].type = .fixed(VehicleTypeID(1))
    let simulation = try Simulation(network: network, demand: demand)
    for _ in 0..<200 { simulation.step() }
    let both = simulation.vehicles()
    try #require(both.count == 2)
    let lead = both.max { $0.position < $1.position }!, follow = both.min { $0.position < $1.position }!
    #expect(abs(lead.speed - 8) < 1e-9)
    #expect(abs(follow.speed - 8) < 1e-6)
    // At equal speeds the follower keeps its minimum gap and what it drives in its reaction time.
    #expect(abs(lead.position - 5 - follow.position - (2.5 + 8)) < 0.05)
  }

  @Test func vehiclesStopAtRedAndLeaveAtSaturationHeadways() throws {
    let network = SmallStreets.crossing()
    let links = Dictionary(uniqueKeysWithValues: network.roads.map { (network.name($0.id), $0) })
    let west = try #require(links.values.first { network.nodeNames[$0.from] == "w" })
    let east = try #require(links.values.first { network.nodeNames[$0.to] == "e" })
    let ways = (0..<12).map { (at: Double($0) * 3, links: [west.id, east.id]) }
    let simulation = try Simulation(network: network, demand: SmallStreets.demand(network, type: SmallStreets.exact(), ways: ways))
    let signal = SignalID(0)
    let count = network.signals[0].links.count
    let red = SignalState(repeating: .red, count: count)
    var green = [Indication](repeating: .red, count: count)
    for connection in network.connections where network[connection.fromLane].link == west.id {
      if let link = connection.signal { green[link.index] = .green }
    }
    for _ in 0..<100 {
      simulation.setSignal(signal, red)
      simulation.step()
    }
    let length = network.length(west.id)
    let queue = simulation.vehicles().sorted { $0.position > $1.position }
    #expect(queue.count == 12)
    // One metre before the line, then one vehicle each 7.5 m.
    for (k, vehicle) in queue.enumerated() {
      #expect(vehicle.speed == 0)
      #expect(abs(length - 1 - 7.5 * Double(k) - vehicle.position) < 0.6, "vehicle \(k) at \(vehicle.position)")
    }
    var crossed: [Double] = []
    var before = 12
    while crossed.count < 12, simulation.now < Instant(seconds: 200) {
      simulation.setSignal(signal, SignalState(green))
      simulation.step()
      let left = simulation.vehicles().count { $0.link == west.id }
      for _ in left..<before { crossed.append(simulation.now.seconds - 100) }
      before = left
    }
    try #require(crossed.count == 12)
    // Behind the first few, Krauss drivers at 13.89 m/s discharge one in 1 + 7.5 / 13.89 seconds, seen here in whole steps.
    let headway = (crossed[11] - crossed[4]) / 7
    #expect(headway > 1.4 && headway < 2.2, "headway \(headway), crossing at \(crossed)")
  }
}
