import Testing
import TrafficModel

@testable import Microsimulation

/// Whom drivers heed at junctions, and what they know of the roads beyond.
@Suite struct JunctionKnowledgeTests {
  /// Oncoming traffic that turns into another lane stops nobody who waits inside the junction.
  @Test(arguments: [1, 2, 3]) func whoWaitsInsideYieldsAsTheWholeMovementDoes(lanes: Int) throws {
    let network = CompiledNetwork(SmallStreets.crossing(lanes: lanes))
    var waiting = 0
    var heeded = 0
    var open = 0
    for c in 0..<network.connectionCount where network.connectionMiddle[c] {
      waiting += 1
      let node = network.connectionNode[c]
      for k in Int(network.foeBegin[c])..<Int(network.foeBegin[c + 1]) {
        let foe = Int(network.foeConnection[k])
        heeded += 1
        #expect(network.yields(node: node, row: network.connectionRow[c], to: network.connectionRow[foe]))
      }
      // The oncoming right turn, where it has a lane of its own to turn into.
      for other in 0..<network.connectionCount
      where network.connectionNode[other] == node && network.connectionInside[other] < 0
        && network.connectionTo[other] != network.connectionTo[c]
        && !network.yields(node: node, row: network.connectionRow[c], to: network.connectionRow[other])
      {
        open += 1
      }
    }
    #expect(waiting > 0 && heeded > 0 && open > 0)
  }

  /// An empty lane weighs as much in an edge's speed as one vehicle that drives at the limit.
  @Test func emptyLanesCountInWhatDriversKnow() throws {
    let network = SmallStreets.straight(lanes: 2)
    let east = try #require(network.roads.first?.id)
    let simulation = try Simulation(
      network: network, demand: SmallStreets.demand(network, type: SmallStreets.exact(), ways: [(0, [east])], speed: 0))
    simulation.step()
    #expect(simulation.vehicles().count == 1)
    let speeds = EdgeSpeeds(simulation.engine.network)
    let limit = speeds.speed[east.index]
    speeds.update(simulation.engine)
    #expect(abs(speeds.speed[east.index] - (limit - limit / 2 / Double(EdgeSpeeds.memory))) < 1e-9)
  }
}
