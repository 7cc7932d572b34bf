import Foundation
import TestSupport
import Testing
import TrafficModel

@testable import Formats

/// Six networks nobody here wrote: what the reader holds is what the file says, counted another way.
@Suite struct SUMONetworkReaderTests {
  static let networks = [
    "resco/cologne1/cologne1.net.xml", "resco/cologne3/cologne3.net.xml", "resco/grid4x4/grid4x4.net.xml",
    "resco/ingolstadt1/ingolstadt1.net.xml", "resco/ingolstadt7/ingolstadt7.net.xml", "bologna-acosta/acosta_buslanes.net.xml",
  ].map { "data/" + $0 }

  @Test(.enabled(if: SharedData.has("data")), arguments: networks)
  func countsAreThoseOfTheText(_ name: String) throws {
    let url = try #require(SharedData.url(name))
    let network = try SUMONetworkReader.read(url.path)
    let text = try String(contentsOf: url, encoding: .utf8)
    func count(_ tag: String) -> Int { text.components(separatedBy: tag).count - 1 }
    #expect(network.lanes.count == count("<lane "))
    #expect(network.links.count == count("<edge "))
    #expect(network.nodes.count == count("<junction "))
    #expect(network.connections.count == count("<connection "))
    #expect(network.nodes.reduce(0) { $0 + $1.rightOfWay.count } == count("<request "))
    #expect(network.signals.reduce(0) { $0 + $1.programs.count } == count("<tlLogic "))
    let programs = network.signals.flatMap(\.programs)
    #expect(programs.reduce(0) { $0 + $1.stages.count } == count("<phase "))
    let signalized = network.connections.filter { $0.signal != nil }
    #expect(signalized.count == count(" tl=\""))
    #expect(network.roads.count == network.links.count - count("function=\""))
  }

  @Test(.enabled(if: SharedData.has("data")), arguments: networks)
  func rightOfWayHoldsTogether(_ name: String) throws {
    let network = try SUMONetworkReader.read(try #require(SharedData.url(name)).path)
    for node in network.nodes {
      for (i, row) in node.rightOfWay.enumerated() {
        for j in row.yieldsTo.indices { #expect(row.foes[j], "\(network.name(node.id)): \(i) yields to \(j), which is no foe") }
        for j in row.foes.indices { #expect(node.rightOfWay[j].foes[i], "\(network.name(node.id)): foes \(i), \(j) are not mutual") }
      }
    }
    for connection in network.connections {
      let from = network[network[connection.fromLane].link], to = network[network[connection.toLane].link]
      if from.function == .normal {
        #expect(from.to == to.from)
        #expect(connection.requestIndex != nil)
      }
      if let signal = connection.signal { #expect(network[signal.signal].links[signal.index].contains(connection.id)) }
    }
  }

  @Test(.enabled(if: SharedData.has("data"))) func permissionsAndGeographyOfBologna() throws {
    let network = try SUMONetworkReader.read(try #require(SharedData.url("data/bologna-acosta/acosta_buslanes.net.xml")).path)
    let busLanes = network.lanes.filter { $0.kind == .bus }
    #expect(!busLanes.isEmpty)
    #expect(network.location?.projection.hasPrefix("+proj=utm") == true)
    let roundabouts = network.nodes.filter(\.isRoundabout)
    #expect(!roundabouts.isEmpty)
    // Every node of a roundabout is entered by one of its links, and no other street counts as part of it.
    let circling = network.links.filter(\.isRoundabout)
    #expect(circling.count == roundabouts.count)
    #expect(Set(circling.map(\.to)) == Set(roundabouts.map(\.id)))
    let path = NSTemporaryDirectory() + "greenwave-\(UUID()).net.xml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SUMONetworkWriter.write(network, to: path)
    let again = try SUMONetworkReader.read(path)
    #expect(Set(again.links.filter(\.isRoundabout).map { again.name($0.id) }) == Set(circling.map { network.name($0.id) }))
    let lane = try #require(network.laneNames["1_0"])
    #expect(network[lane].length == 0.2)
    #expect(network[lane].shape == [Point(1492.63, 842.77), Point(1492.81, 842.85)])
  }
}
