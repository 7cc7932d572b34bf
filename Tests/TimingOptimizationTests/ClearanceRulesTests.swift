import Testing
import TrafficFlow
import TrafficModel

@testable import TimingOptimization

/// Yellow, red clearance and pedestrian intervals computed for a junction of known speeds, grade and widths.
@Suite struct ClearanceRulesTests {
  /// One approach of 15 m/s on a grade of -3 % that goes straight over 20 m, and a crossing of 12 m.
  static func junction() -> RoadNetwork {
    var network = RoadNetwork()
    func add(_ function: Link.Function, length: Double, speed: Double, grade: Double = 0) -> LaneID {
      let link = LinkID(network.links.count), lane = LaneID(network.lanes.count)
      network.links.append(Link(id: link, from: NodeID(0), to: NodeID(0), function: function, lanes: [lane], grade: grade))
      network.lanes.append(Lane(id: lane, link: link, position: 0, length: length, speedLimit: speed))
      return lane
    }
    let approach = add(.normal, length: 200, speed: 15, grade: -0.03), exit = add(.normal, length: 200, speed: 15)
    let inside = add(.internal, length: 20, speed: 15)
    let area = add(.walkingArea, length: 2, speed: 1.4), crossing = add(.crossing, length: 12, speed: 1.4)
    for (k, way) in [(approach, exit, LaneID?.some(inside)), (area, crossing, nil)].enumerated() {
      network.connections.append(
        LaneConnection(
          id: ConnectionID(k), fromLane: way.0, toLane: way.1, via: way.2, turn: .straight, priority: .major,
          signal: SignalLink(signal: SignalID(0), index: k)))
    }
    network.signals = [Signal(id: SignalID(0), links: [[ConnectionID(0)], [ConnectionID(1)]], programs: [])]
    network.deriveAdjacency()
    return network
  }

  @Test func vehiclesGetTheITEIntervalsAndWalkersTheirs() throws {
    var network = Self.junction()
    var rules = ClearanceRules()
    rules.walk = 7
    network.setClearances(rules)
    let links = try #require(network.signals[0].constraints).links
    let exact = ITEClearance.yellow(speed: 15, grade: -0.03)
    #expect(exact <= links[0].yellow.seconds && links[0].yellow.seconds < exact + 0.1)
    let red = ITEClearance.redClearance(width: 20, speed: 15)
    #expect(red <= links[0].redClearance.seconds && links[0].redClearance.seconds < red + 0.1)
    // 12 m at 3.5 ft/s take 11.25 s.
    #expect(links[1].pedestrian == PedestrianTiming(walk: .seconds(7), clearance: .seconds(11.3)))
    #expect(links[0].pedestrian == nil)
  }

  @Test func onlyWhatIsAskedForChanges() throws {
    var network = Self.junction()
    let before = TimingConstraints.derived(for: network.signals[0], in: network)
    var rules = ClearanceRules()
    rules.clearsVehicles = false
    network.setClearances(rules)
    #expect(network.signals[0].constraints == before)
  }
}
