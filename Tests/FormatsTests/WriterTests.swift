import Foundation
import TestSupport
import Testing
import TrafficModel

@testable import Formats

/// What is written reads back as what it was.
@Suite struct WriterTests {
  private func temporary(_ name: String) -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-\(UUID().uuidString)-\(name)").path
  }

  private func isSame(_ a: Demand, _ b: Demand) {
    // Whether an emission class stands in for an unknown one is told when reading; what is written is the one that stands in.
    func types(_ demand: Demand) -> [VehicleType] {
      demand.vehicleTypes.map { type in
        var type = type
        type.emissionClassFallback = false
        return type
      }
    }
    #expect(types(a) == types(b))
    #expect(a.typeDistributions.map(\.values) == b.typeDistributions.map(\.values))
    #expect(a.typeDistributions.map(\.weights) == b.typeDistributions.map(\.weights))
    #expect(a.departures.map(\.time) == b.departures.map(\.time))
    #expect(a.departures.map(\.type) == b.departures.map(\.type))
    #expect(a.departures.map(\.attributes) == b.departures.map(\.attributes))
    #expect(a.departures.map(\.stops) == b.departures.map(\.stops))
    #expect(a.vehicleNames.names == b.vehicleNames.names)
    func ways(_ demand: Demand) -> [[LinkID]] {
      demand.departures.map { departure in
        switch departure.path {
        case .route(.fixed(let id)): demand.routes[id.index].links
        case .route(.distribution(let k)): demand.routeDistributions[k].values.flatMap { demand.routes[$0.index].links }
        case .trip(let from, let to, let via): [from] + via + [to]
        }
      }
    }
    #expect(ways(a) == ways(b))
    #expect(a.flows.map(\.rate) == b.flows.map(\.rate))
    #expect(a.flows.map(\.limit) == b.flows.map(\.limit))
    #expect(a.flows.map(\.name) == b.flows.map(\.name))
    #expect(a.flows.map(\.end) == b.flows.map(\.end))
  }

  @Test func demandDetectorsAndStopsReadBackTheSame() throws {
    let folder = try SmallInputs.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let network = try SUMONetworkReader.read(folder.path + "/n.net.xml")
    let read = try SUMORouteReader.read([folder.path + "/r.rou.xml"], additional: [folder.path + "/a.add.xml"], network: network)
    let routes = folder.path + "/w.rou.xml", additional = folder.path + "/w.add.xml"
    try SUMORouteWriter.write(read.demand, network: network, to: routes)
    try SUMOAdditionalWriter.write(
      detectors: read.detectors, stoppingPlaces: read.demand.stoppingPlaces, network: network, to: additional)
    let back = try SUMORouteReader.read([routes], additional: [additional], network: network)
    isSame(read.demand, back.demand)
    #expect(back.detectors.map(\.kind) == read.detectors.map(\.kind))
    #expect(back.detectors.map(\.period) == read.detectors.map(\.period))
    #expect(back.detectors.map(\.haltingSpeed) == read.detectors.map(\.haltingSpeed))
    #expect(back.demand.stoppingPlaces == read.demand.stoppingPlaces)
  }

  @Test(.enabled(if: SharedData.has("data"))) func bolognasDemandReadsBackTheSame() throws {
    let scenario = try ScenarioReader.read(try #require(SharedData.url("data/bologna-acosta")).path)
    let routes = temporary("r.rou.xml.gz"), additional = temporary("a.add.xml")
    defer { for path in [routes, additional] { try? FileManager.default.removeItem(atPath: path) } }
    try SUMORouteWriter.write(scenario.demand, network: scenario.network, to: routes)
    try SUMOAdditionalWriter.write(
      detectors: scenario.detectors, stoppingPlaces: scenario.demand.stoppingPlaces, network: scenario.network, to: additional)
    let back = try SUMORouteReader.read([routes], additional: [additional], network: scenario.network)
    isSame(scenario.demand, back.demand)
    #expect(back.detectors == scenario.detectors)
  }

  /// A small run with one vehicle that arrived and one that did not.
  private var record: (RoadNetwork, RunRecord) {
    let network = ArterialDesign(count: 1, spacing: 300).network()
    var record = RunRecord(begin: .zero, end: Instant(seconds: 100), seed: 7)
    record.trips = [
      TripRecord(
        name: "a,\"1\" & <b>", type: VehicleTypeID(0), ending: .arrived, planned: .zero, departure: Instant(seconds: 1),
        arrival: Instant(seconds: 51.5), firstLink: LinkID(0), lastLink: LinkID(0), departureLane: LaneID(0), arrivalLane: LaneID(0),
        departureDelay: 1, duration: 50.5, length: 300, timeLoss: 12.345, stops: 1),
      TripRecord(
        name: "late", type: VehicleTypeID(0), ending: .neverInserted, planned: Instant(seconds: 90), firstLink: LinkID(0),
        lastLink: LinkID(0), departureDelay: 10),
    ]
    var interval = LinkInterval(begin: .zero, end: Instant(seconds: 100), link: LinkID(0))
    interval.vehicleSeconds = 50
    interval.vehicleMeters = 300
    record.links = [interval]
    record.signals = [SignalChange(time: .zero, signal: SignalID(0), state: SignalState("Gr")!, stage: 0)]
    return (network, record)
  }

  @Test func outputsAgreeInAllForms() throws {
    let (network, record) = record
    let outputs = RunOutputs(network: network, demand: Demand(), provenance: Provenance(seed: 7, inputHash: "abc"))
    let paths = ["t.xml", "t.csv", "t.json", "t.xml.gz"].map(temporary)
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    for path in paths { try outputs.writeTrips(record, to: path, unfinished: true) }
    var seen: [[String]] = []
    for path in [paths[0], paths[3]] {
      var xml = try XMLReader(path: path)
      var rows: [String] = []
      while true {
        let token = try xml.next()
        if token == .finish { break }
        if token == .start, xml.name == "tripinfo" {
          rows.append(xml["id"]!.string + "|" + xml["timeLoss"]!.string + "|" + xml["arrival"]!.string)
        }
      }
      seen.append(rows)
    }
    #expect(seen[0] == ["a,\"1\" & <b>|12.35|51.50", "late|0.00|-1.00"])
    #expect(seen[1] == seen[0])
    let csv = try String(contentsOfFile: paths[1], encoding: .utf8).split(separator: "\n")
    #expect(csv[0] == "# greenwave \(Provenance.engineVersion) schema=1 kind=tripinfos seed=7 inputs=sha256:abc")
    #expect(csv[1].hasPrefix("tripinfo_id,tripinfo_depart,"))
    #expect(csv[2].hasPrefix("\"a,\"\"1\"\" & <b>\",1.00,"))
    #expect(csv.count == 4)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: paths[2]))) as? [String: Any])
    #expect(json["schema"] as? Int == 1)
    let rows = try #require(json["rows"] as? [[String: Any]])
    #expect(rows.map { $0["timeLoss"] as? Double } == [12.35, 0])
    let finished = temporary("f.xml")
    defer { try? FileManager.default.removeItem(atPath: finished) }
    try outputs.writeTrips(record, to: finished)
    #expect(try !String(contentsOfFile: finished, encoding: .utf8).contains("late"))
  }

  @Test func anOutputAppearsWholeOrNotAtAll() throws {
    #expect(throws: OutputProblem.self) { try TextOutput.write("x", to: "/nonexistent-folder/x.xml") }
    let path = temporary("half.xml")
    do {
      var output = try TextOutput(path: path)
      output.write("half of")
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(!FileManager.default.fileExists(atPath: path + ".part"))
    try TextOutput.write("whole", to: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "whole")
  }

  @Test func aDeviceIsWrittenToAndKeepsItsPlace() throws {
    // By way of a link, so that a defect would cost the link and not the machine's device.
    let path = temporary("device")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try TextOutput.write("gone", to: path)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "/dev/zero")
    #expect(!FileManager.default.fileExists(atPath: path + ".part"))
  }
}
