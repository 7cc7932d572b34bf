import ControlLoop
import Foundation
import SignalControl
import TestSupport
import Testing
import TrafficModel

@testable import Streets

/// A transport that compares what a client sends with a recording and answers from it.
final class RecordedTransport: TraCITransport {
  var steps: [(what: String, sent: String, answer: String)]
  var mismatches: [String] = []

  init(_ steps: [(what: String, sent: String, answer: String)]) { self.steps = steps }

  func exchange(_ message: [UInt8], doing what: String) throws(TraCIError) -> [UInt8] {
    guard !steps.isEmpty else { throw .connectionLost(doing: what) }
    let step = steps.removeFirst()
    let sent = message.map { hex($0) }.joined()
    if sent != step.sent { mismatches.append("\(step.what): sent \(sent), recorded \(step.sent)") }
    return Array(bytes(step.answer).dropFirst(4))
  }

  func close() {}
}

func bytes(_ hexadecimal: String) -> [UInt8] {
  var result: [UInt8] = []
  var text = Substring(hexadecimal)
  while text.count >= 2 {
    result.append(UInt8(text.prefix(2), radix: 16)!)
    text = text.dropFirst(2)
  }
  return result
}

/// Exchanges of the official client with SUMO 1.28, byte by byte.
func goldenExchanges() throws -> [(what: String, sent: String, answer: String)] {
  let data = try Data(contentsOf: SharedData.url("data/traci/traci_golden.json")!)
  let entries = try JSONSerialization.jsonObject(with: data) as! [[Any]]
  return entries.compactMap { entry in
    let messages = entry[2] as! [[String]]
    guard messages.count == 2 else { return nil }
    return (entry[0] as! String, messages[0][1], messages[1][1])
  }
}

@Suite struct TraCIGoldenBytes {
  @Test(.enabled(if: SharedData.has("data/traci/traci_golden.json")))
  func everyExchangeMatches() throws {
    let transport = RecordedTransport(try goldenExchanges())
    let sumo = try TraCIClient(transport: transport, order: 1)
    #expect(sumo.apiVersion == 22)
    #expect(sumo.serverName == "SUMO 1.28.0")
    #expect(try sumo.signalIDs() == ["A0"])
    #expect(try sumo.state(ofSignal: "A0") == "GGgrrrGGgrrr")
    #expect(try sumo.phase(ofSignal: "A0") == 0)
    #expect(try sumo.phaseDuration(ofSignal: "A0") == 39)
    #expect(try sumo.step().isEmpty)
    try sumo.setPhase(ofSignal: "A0", to: 2)
    try sumo.setPhaseDuration(ofSignal: "A0", to: 17.5)
    try sumo.setState(ofSignal: "A0", to: "rrrrrrrrrrrr")
    try sumo.setProgram(ofSignal: "A0", to: "0")
    let first = try sumo.subscribe(.inductionLoop, "e1_w", variables: [0x10, 0x13])
    #expect(first.objects[0][0x10] == .int(0))
    #expect(first.objects[0][0x13] == .double(0))
    #expect(try sumo.jamLengthVehicles(ofArea: "e2_w") == 0)
    #expect(try sumo.expectedVehicles() == 4)
    let results = try sumo.step()
    #expect(results.count == 1)
    #expect(results[0].response == 0xE0)
    #expect(results[0].subject == "e1_w")
    #expect(try sumo.simulationTime() == 2)
    #expect(try sumo.nextSwitch(ofSignal: "A0") == 18.5)
    #expect(throws: TraCIError.refused(command: 0xA2, message: "Traffic light 'nope' is not known")) { try sumo.phase(ofSignal: "nope") }
    try sumo.close()
    #expect(transport.mismatches.isEmpty)
    #expect(transport.steps.isEmpty)
  }

  @Test(.enabled(if: SharedData.has("data/traci/traci_golden.json")))
  func damagedAnswersAreErrorsNotCrashes() throws {
    let exchanges = try goldenExchanges()
    for (index, exchange) in exchanges.enumerated() where index > 1 {
      let good = bytes(exchange.answer)
      for cut in stride(from: 4, to: good.count, by: 1) {
        var reader = TraCIReader(Array(good[4..<cut]))
        _ = try? readAnswer(&reader)
      }
      for position in 4..<good.count {
        var damaged = Array(good.dropFirst(4))
        damaged[position - 4] = damaged[position - 4] ^ 0xFF
        var reader = TraCIReader(damaged)
        _ = try? readAnswer(&reader)
      }
    }
    var short = TraCIReader([0x0C, 0, 0, 0, 9, 65])
    #expect(throws: TraCIError.self) { try short.typed() }
    var huge = TraCIReader([0x0E, 0x7F, 0xFF, 0xFF, 0xFF])
    #expect(throws: TraCIError.self) { try huge.typed() }
  }

  private func readAnswer(_ reader: inout TraCIReader) throws(TraCIError) {
    _ = try reader.commandLength()
    _ = try reader.byte()
    _ = try reader.byte()
    _ = try reader.string()
    _ = try TraCISubscriptionResult(&reader)
  }

  @Test func longCommandsUseTheExtendedLength() throws {
    var writer = TraCIWriter()
    writer.command(0xC2, [UInt8](repeating: 1, count: 300))
    #expect(Array(writer.bytes.prefix(6)) == [0, 0, 0, 0x01, 0x32, 0xC2])
    #expect(writer.bytes.count == 306)
    var reader = TraCIReader(writer.bytes)
    #expect(try reader.commandLength() == 301)
  }

  @Test func valuesComeBackAsTheyWent() throws {
    let values: [TraCIValue] = [
      .int(-3), .double(1.25), .string("é"), .strings(["a", ""]), .doubles([1, 2]), .byte(-1), .unsignedByte(200),
      .compound([.int(1), .string("x")]), .position(x: 1, y: 2), .position3(x: 1, y: 2, z: 3),
      .color(red: 1, green: 2, blue: 3, alpha: 4), .polygon([.init(x: 0, y: 1), .init(x: 2, y: 3)]),
    ]
    for value in values {
      var writer = TraCIWriter()
      writer.typed(value)
      var reader = TraCIReader(writer.bytes)
      #expect(try reader.typed() == value)
      #expect(reader.remaining == 0)
    }
  }

  @Test func aServerThatIsAbsentOrTooNewIsSaid() {
    #expect(throws: TraCIError.self) { try TraCIClient(host: "127.0.0.1", port: 1, patience: 0) }
    let old = RecordedTransport([
      ("version", "000000060200", "00000020070000000000001500000000630000000b53554d4f20312e32382e30")
    ])
    #expect(throws: TraCIError.unsupportedVersion(api: 99, name: "SUMO 1.28.0")) { try TraCIClient(transport: old, order: nil) }
    let gone = RecordedTransport([])
    #expect(throws: TraCIError.connectionLost(doing: "agreeing on the version")) { try TraCIClient(transport: gone, order: nil) }
  }
}

@Suite struct NameTableTests {
  /// Numbers count up in the order of appearance and stay, through growth and between names that begin alike.
  @Test func namesKeepTheirNumbers() {
    var table = NameTable()
    func number(_ name: String) -> Int { Array(name.utf8).withUnsafeBufferPointer { table.number(of: $0) } }
    let names = (0..<500).map { "vehicle_\($0 % 7)_\($0)" } + ["", "é"]
    #expect(names.map(number) == Array(0..<502))
    #expect(names.reversed().map(number) == (0..<502).reversed())
    #expect(table.names == names)
  }

  /// What the context subscription of one step says, read without strings, is what the general reader says.
  @Test func vehiclesAreReadAsTheGeneralReaderReadsThem() throws {
    let network = RoadNetwork.crossing()
    let lane = network.name(network.lanes.first { network[$0.link].function == .normal }!.id)
    var writer = TraCIWriter()
    writer.byte(0x93)
    writer.string("J")
    writer.byte(0xA4)
    writer.byte(3)
    writer.int(2)
    for (name, speed) in [("a", 3.5), ("b", 0.0)] {
      writer.string(name)
      for (variable, value) in [
        (TraCIVariable.speed, TraCIValue.double(speed)), (TraCIVariable.lane, .string(lane)), (TraCIVariable.lanePosition, .double(12)),
      ] {
        writer.byte(variable)
        writer.byte(0)
        writer.typed(value)
      }
    }
    var message = TraCIWriter()
    message.byte(0)
    message.int(writer.bytes.count + 5)
    message.append(writer.bytes)
    var general = TraCIReader(message.bytes), fast = TraCIReader(message.bytes)
    #expect(fast.peekIdentifier() == 0x93)
    let result = try TraCISubscriptionResult(&general)
    var vehicles = SUMOVehicles()
    try vehicles.read(&fast, network)
    #expect(fast.remaining == 0)
    #expect(vehicles.present.map { vehicles.name($0) } == result.objects.map(\.id))
    #expect(vehicles.known.map { TraCIValue.double($0.speed) } == result.objects.map { $0[TraCIVariable.speed]! })
    #expect(vehicles.known.allSatisfy { $0.position == 12 && network.name(LaneID(Int($0.lane))) == lane })
    #expect(vehicles.unasked(at: 5) == [0, 1])
    vehicles.note(
      0, TraCINextSignal(.compound([.int(1), .string(network.name(SignalID(0))), .int(1), .double(30), .string("r")])), at: 5, network)
    #expect(vehicles.unasked(at: 6) == [1] && vehicles.known[0].stopPosition == 42 && vehicles.known[0].link == 1)
    for cut in 0..<message.bytes.count {
      var reader = TraCIReader(Array(message.bytes.prefix(cut)))
      #expect(throws: TraCIError.self) { try vehicles.read(&reader, network) }
    }
  }
}

@Suite struct ReplayStreetTests {
  /// Events come with the tick at or after their time, and the replay ends after the last one.
  @Test func eventsComeAtTheirTime() {
    let times = [10.4, 11, 11.2, 14.9]
    let events = times.enumerated().map {
      DetectorEvent(time: Instant(seconds: $1), detector: DetectorID(0), change: $0 % 2 == 0 ? .on : .off)
    }
    let street = ReplayStreet(events)
    var heard: [(Double, Int)] = []
    repeat { heard.append((street.now.seconds, street.collect().detectorEvents.count)) } while street.advance()
    #expect(heard.map(\.0) == [10, 11, 12, 13, 14, 15])
    #expect(heard.map(\.1) == [0, 2, 1, 0, 0, 1])
  }

  @Test func unknownDetectorsAreCounted() throws {
    var log = ControllerEventLog()
    log.devices = ["227"]
    for (t, channel) in [(1000, 3), (1500, 3), (2000, 4)] as [(Int64, Int32)] {
      log.append(time: t, device: 0, code: t == 1500 ? 81 : 82, parameter: channel)
    }
    let street = ReplayStreet(log, detectors: ["227:3": DetectorID(5)])
    #expect(street.events.map(\.change) == [.on, .off] && street.events[0].detector == DetectorID(5))
    #expect(street.unknown == ["227:4": 1])
  }
}

@Suite struct SUMOInstallationTests {
  @Test func whatIsNotThereIsSaid() {
    #expect(throws: InputProblem.self) { try SUMOInstallation.find(.init(home: "/nowhere/at/all")) }
    let problem = #expect(throws: InputProblem.self) {
      try SUMOInstallation.find(.init(version: "0.0.1", environment: ["PATH": "", "HOME": "/nowhere"]))
    }
    #expect(problem?.isMissingInput == true && problem?.description.contains("setup-sumo 0.0.1") == true)
  }

  static let installed = try? SUMOInstallation.find()

  /// A SUMO that cannot load its input ends at once: its own words are told, and nobody waits for it to listen.
  @Test(.enabled(if: installed != nil)) func aSUMOThatFailsTellsWhy() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sumo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let process = try SUMOProcess(Self.installed!, arguments: ["-n", "absent.net.xml"], folder: folder)
    let error = #expect(throws: TraCIError.self) { try process.connect(patience: 30) }
    guard case .ended(let status, let complaint)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(status != 0 && complaint.contains("absent.net.xml"))
  }

  /// SUMO killed in mid-run is an error with words, not a hang or a crash.
  @Test(.enabled(if: installed != nil && SharedData.has("data/resco/cologne1/cologne1.net.xml"))) func aSUMOThatEndsEarlyIsAnError() throws
  {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sumo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let network = SharedData.url("data/resco/cologne1/cologne1.net.xml")!.path
    let process = try SUMOProcess(
      Self.installed!, arguments: ["-n", network, "--no-step-log", "true", "--begin", "0", "--end", "5"], folder: folder)
    let client = try process.connect()
    try client.synchronizeClock()
    for _ in 0..<3 { _ = try client.step() }
    // SUMO refuses steps beyond its end or closes: either is told.
    #expect(throws: TraCIError.self) {
      try client.close()
      _ = try client.step()
    }
    try process.finish()
  }
}
