import Foundation
import Testing
import TrafficModel

@testable import Formats

/// Whatever is in a file, a reader answers with a value or with problems that name the file; it never traps.
@Suite struct BadInputTests {
  /// A small generator of its own, so that a failure can be repeated.
  struct Randomness: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var x = state
      x = (x ^ (x >> 33)) &* 0xff51_afd7_ed55_8ccd
      return x ^ (x >> 33)
    }
  }

  static let nasty = [
    "nan", "-1", "0", "1e999", "999999999999999999999", "", "-0", "inf", "0x10", "1,2", "\u{0}", "a b", ":J_0", "west", "J", "1e-320", "é",
    "2147483648", "-2147483649", "all", "&lt;", "&bogus;", "<", ">", "\"", "-9223372036854775808", "0:0:0", "1:2", "exp(0)", "norm(", "..",
  ]

  /// One of many ways to spoil a text.
  static func spoiled(_ text: [UInt8], _ random: inout Randomness) -> [UInt8] {
    var bytes = text
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard !bytes.isEmpty else { return bytes }
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes.removeLast(bytes.count - at)
      case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...40, using: &random)))
      case 3: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + Int.random(in: 1...200, using: &random))], at: at)
      case 4: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
      default:
        // The value of an attribute, or of a key, becomes something nobody expects.
        guard let open = bytes[at...].firstIndex(of: UInt8(ascii: "\"")),
          let close = bytes[(open + 1)...].firstIndex(of: UInt8(ascii: "\""))
        else { continue }
        bytes.replaceSubrange((open + 1)..<close, with: Array(Self.nasty.randomElement(using: &random)!.utf8))
      }
    }
    return bytes
  }

  /// Reads `name` of the folder spoiled `count` times; answers how often it was refused.
  static func refusals(_ name: String, count: Int, seed: UInt64, read: (String) throws -> Void) throws -> Int {
    let folder = try SmallInputs.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent(name)
    let text = Array(try Data(contentsOf: path))
    var random = Randomness(state: seed)
    var refused = 0
    for _ in 0..<count {
      try Data(spoiled(text, &random)).write(to: path)
      do {
        try read(folder.path)
      } catch let problems as InputProblems {
        refused += 1
        #expect(!problems.problems.isEmpty)
        for problem in problems.problems { #expect(!problem.file.isEmpty && !problem.expected.isEmpty) }
      }
    }
    return refused
  }

  @Test func goodInputsAreGood() throws {
    let folder = try SmallInputs.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var scenario = try ScenarioReader.read(folder.path + "/run.sumocfg")
    #expect(scenario.demand.departures.count == 3)
    #expect(scenario.demand.flows.count == 5)
    #expect(scenario.detectors.count == 5)
    #expect(scenario.recognizedOnly["person"] == 1)
    #expect(scenario.recognizedOnly["rerouter"] == 1)
    #expect(scenario.recognizedOnly["option lateral-resolution"] == 1)
    #expect(scenario.network[SignalID(0)].activeProgram?.id == "day")
    #expect(scenario.seeds == [7])
    try scenario.routeTrips()
    let named = try ScenarioReader.read(folder.path)
    #expect(named.name == "A merge")
    #expect(named.network[SignalID(0)].activeProgram?.id == "0")
    #expect(named.end == Instant(seconds: 600))
    #expect(named.network.links.first { $0.streetName != nil }?.streetName == "Main & First")
    #expect(abs(named.network[named.network.linkNames["south"]!].grade - 0.05) < 1e-12)
  }

  @Test func spoiledNetworksNeverTrap() throws {
    let refused = try Self.refusals("n.net.xml", count: 2500, seed: 1) { _ = try SUMONetworkReader.read($0 + "/n.net.xml") }
    #expect(refused > 1000)
  }

  @Test(arguments: ["r.rou.xml", "a.add.xml", "run.sumocfg"])
  func spoiledScenariosNeverTrap(_ name: String) throws {
    let refused = try Self.refusals(name, count: 900, seed: 2) { folder in
      var scenario = try ScenarioReader.read(folder + "/run.sumocfg")
      try scenario.routeTrips()
    }
    #expect(refused > 200)
  }

  @Test func spoiledDescriptionsNeverTrap() throws {
    let refused = try Self.refusals("scenario.yaml", count: 600, seed: 3) { _ = try ScenarioReader.read($0) }
    #expect(refused > 100)
  }

  @Test func everyTruncationOfANetworkIsRefused() throws {
    let folder = try SmallInputs.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("n.net.xml")
    let text = Array(SmallInputs.network.utf8)
    for length in stride(from: 0, to: text.count - 6, by: 3) {
      try Data(text[..<length]).write(to: path)
      #expect(throws: InputProblems.self) { _ = try SUMONetworkReader.read(path.path) }
    }
  }

  /// What is wrong, where the reader says it stands, and a word of what it expected.
  static let faults: [(find: String, put: String, line: Int, says: String)] = [
    (#"to="J" priority="2""#, #"to="Q" priority="2""#, 12, "junction Q"),
    (#"via=":J_0_0""#, #"via=":J_9_0""#, 36, "via naming a lane"),
    (#"state="rG""#, #"state="rGG""#, 25, "2 characters"),
    (#"length="40.00""#, #"length="0""#, 17, "more than 0"),
    (#"from="S" to="J""#, #"from="J" to="J""#, 16, "between two junctions"),
    (#"speed="8.33""#, #"speed="8e33""#, 17, "less than 1000"),
    (#"linkIndex="1""#, #"linkIndex="7""#, 22, "at least 8"),
    (#"response="01""#, #"response="011""#, 34, "as many 0 and 1"),
    (#"incLanes="east_0""#, #"incLanes="gone_0""#, 31, "no lane gone_0"),
    (#"allow="bus taxi""#, #"allow="bus unicorn""#, 14, "known vehicle classes"),
    (#"type="traffic_light""#, #"type="trafic_light""#, 32, "known junction type"),
    ("</edge>\n    <edge id=\"east\"", "<edge id=\"east\"", 40, "</edge>"),
  ]

  @Test(arguments: faults.indices) func faultsAreNamedWithTheirPlace(_ index: Int) throws {
    let fault = Self.faults[index]
    let folder = try SmallInputs.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("n.net.xml").path
    let text = SmallInputs.network.replacingOccurrences(of: fault.find, with: fault.put)
    #expect(text != SmallInputs.network)
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    let problems = try #require(throws: InputProblems.self) { _ = try SUMONetworkReader.read(path) }
    let hit = problems.problems.filter { $0.line == fault.line && $0.description.contains(fault.says) }
    #expect(!hit.isEmpty, "\(problems)")
    #expect(problems.exitStatus == .data)
  }

  @Test func manyFaultsAreToldInOneGo() throws {
    let folder = try SmallInputs.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("n.net.xml").path
    try SmallInputs.network.replacingOccurrences(of: "speed=\"", with: "speed=\"-").write(toFile: path, atomically: false, encoding: .utf8)
    let problems = try #require(throws: InputProblems.self) { _ = try SUMONetworkReader.read(path) }
    #expect(problems.problems.filter { $0.description.contains("speed in m/s") }.count == 6)
  }

  @Test func aRouteWithAGapIsRefused() throws {
    let folder = try SmallInputs.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try #"<routes><vehicle id="v" depart="0"><route edges="west south"/></vehicle></routes>"#
      .write(to: folder.appendingPathComponent("r.rou.xml"), atomically: false, encoding: .utf8)
    let problems = try #require(throws: InputProblems.self) { _ = try ScenarioReader.read(folder.path + "/run.sumocfg") }
    #expect(problems.description.contains("r.rou.xml:1: vehicle v: expected edges that follow each other, found a gap from west to south"))
  }

  @Test func aMissingFileIsMissing() throws {
    let folder = try SmallInputs.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.removeItem(at: folder.appendingPathComponent("r.rou.xml"))
    let problems = try #require(throws: InputProblems.self) { _ = try ScenarioReader.read(folder.path + "/run.sumocfg") }
    #expect(problems.exitStatus == .missingInput)
  }
}
