import Formats
import Microsimulation
import Testing
import TrafficModel

/// Laws of the second car-following model: nobody touches whoever is ahead, and everybody arrives.
struct FollowingLawTests {
  @Test func driversAfterIDMKeepTheirDistanceAndArrive() throws {
    let network = SmallStreets.crossing(kind: .priority)
    var type = SmallStreets.exact { $0.carFollowing = .idm }
    type.tau = 1.2
    let simulation = try Simulation(
      network: network, demand: SmallStreets.randomDemand(network, count: 120, every: 3, type: type),
      settings: .init(end: Instant(seconds: 1200)))
    while !simulation.isFinished {
      simulation.step()
      let order = simulation.vehicles().sorted { ($0.lane.index, $0.position) < ($1.lane.index, $1.position) }
      for (back, front) in zip(order, order.dropFirst()) where back.lane == front.lane {
        #expect(front.position - type.length >= back.position - 1e-6)
      }
    }
    #expect(simulation.arrived == 120)
  }
}
