import Foundation
import Testing
import TrafficModel

@testable import Formats

@Suite struct StreetDesignTests {
  static let designs: [(String, StreetDesign)] = {
    var grid = GridDesign()
    (grid.columns, grid.rows, grid.lanes) = (3, 2, 3)
    grid.timing.protectsLefts = true
    var narrow = GridDesign()
    (narrow.columns, narrow.rows, narrow.lanes) = (2, 2, 1)
    var tee = StreetDesign()
    let middle = tee.add(.init(name: "T", position: Point(0, 0), kind: .signalized))
    for (name, x, y) in [("west", -200.0, 0.0), ("east", 200, 0), ("south", 0, -200)] {
      let end = tee.add(.init(name: name, position: Point(x, y), kind: .deadEnd))
      tee.addBothWays(from: end, to: middle, lanes: 2, priority: name == "south" ? 1 : 2)
    }
    return [
      ("grid", grid.design()), ("narrow", narrow.design()), ("arterial", ArterialDesign(count: 4, spacing: 250).design()), ("tee", tee),
    ]
  }()

  @Test(arguments: designs.indices) func rightOfWayIsWhole(_ k: Int) {
    let network = Self.designs[k].1.network()
    for node in network.nodes where node.kind != .internal {
      let rows = node.rightOfWay
      for (i, row) in rows.enumerated() {
        #expect(row.foes.count == rows.count)
        for j in row.foes.indices {
          #expect(rows[j].foes[i])
          // Of two that meet, exactly one lets the other pass.
          #expect(row.yieldsTo[j] != rows[j].yieldsTo[i])
        }
        for j in row.yieldsTo.indices { #expect(row.foes[j]) }
      }
      var index = 0
      for lane in node.incomingLanes {
        for id in network.connectionsFrom[lane.index] {
          #expect(network[id].requestIndex == index)
          index += 1
        }
      }
      #expect(index == rows.count)
    }
    for link in network.roads where network[link.to].kind == .signalized {
      for lane in link.lanes { #expect(!network.connectionsFrom[lane.index].isEmpty, "\(network.name(lane)) leads nowhere") }
    }
  }

  @Test(arguments: designs.indices) func programsKeepTheRules(_ k: Int) {
    let network = Self.designs[k].1.network()
    #expect(!network.signals.isEmpty)
    for signal in network.signals {
      let rules = TimingConstraints.derived(for: signal, in: network)
      let errors = PlanCheck(rules).findings(in: signal.programs[0], signal: network.name(signal.id)).filter { $0.severity == .error }
      #expect(errors.isEmpty, "\(errors.map { $0.message.text() })")
      for link in signal.links.indices {
        let greens = signal.programs[0].stages.filter { $0.state[link].isGreen }
        #expect(!greens.isEmpty, "link \(link) of \(network.name(signal.id)) is never green")
      }
    }
  }

  @Test(arguments: designs.indices) func aWrittenNetworkReadsBackTheSame(_ k: Int) throws {
    let network = Self.designs[k].1.network()
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-\(UUID().uuidString).net.xml.gz").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SUMONetworkWriter.write(network, to: path)
    let back = try SUMONetworkReader.read(path)
    #expect(SUMONetworkWriter.text(back) == SUMONetworkWriter.text(network))
    #expect(back.lanes.count == network.lanes.count)
    #expect(back.connections.count == network.connections.count)
    for lane in network.lanes {
      let other = back[try #require(back.laneNames[network.name(lane.id)])]
      #expect(other.length == lane.length && other.speedLimit == lane.speedLimit && other.shape == lane.shape)
    }
  }

  @Test func aGeneratedScenarioReadsBack() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let files = try ArterialDesign(count: 3, spacing: 300).scenario().write(to: folder)
    #expect(files.count == 5)
    var scenario = try ScenarioReader.read(folder)
    try scenario.routeTrips()
    #expect(scenario.demand.flows.count == 2 + 3 * 6)
    #expect(scenario.detectors.count > 20)
    let again = try ScenarioReader.read(folder + "/arterial.sumocfg")
    #expect(again.end == scenario.end)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".part") }
    #expect(left.isEmpty)
  }
}
