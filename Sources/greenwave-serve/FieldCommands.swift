import ArgumentParser
import ControlLoop
import Formats
import Foundation
import LiveService
import Logging
import TrafficModel

/// Topologies from files and from nothing.
enum TopologyFile {
  static func read(_ path: String) -> LiveTopology {
    guard let data = FileManager.default.contents(atPath: path) else { stopWith("\(path): cannot be read", .missingInput) }
    do { return try JSONDecoder().decode(LiveTopology.self, from: data) } catch {
      stopWith("\(path): expected a topology as `greenwave-serve topology` writes it: \(fault(error))", .data)
    }
  }

  /// What is wrong with a JSON file, and where in it.
  private static func fault(_ error: any Error) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }.joined()
      return path.isEmpty ? "" : " at " + path
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context): return "\(key.stringValue) is missing" + place(context)
    case .typeMismatch(_, let context), .valueNotFound(_, let context): return context.debugDescription + place(context)
    case .dataCorrupted(let context): return (context.codingPath.isEmpty ? "it is not JSON" : context.debugDescription) + place(context)
    default: return "\(error)"
    }
  }

  static func grid(_ size: String, regions: Int = 1, zone: Double = 0) -> LiveTopology {
    let parts = size.split(separator: "x").compactMap { Int($0) }
    guard parts.count == 2, parts.allSatisfy({ (1...60).contains($0) }) else {
      stopWith("--grid \(size): ROWSxCOLUMNS, 1 to 60 each", .usage)
    }
    guard (1...1000).contains(regions) else { stopWith("--regions \(regions): 1 to 1000", .usage) }
    var city = SyntheticCity(rows: parts[0], columns: parts[1])
    city.zoneOffset = .seconds(zone * 3600)
    return city.topology().divided(into: regions)
  }
}

/// `greenwave-serve topology`
struct TopologyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topology", abstract: "Write what the service must know of a city as JSON: signals, rules, plans, lanes, detectors.",
    discussion: """
      From a scenario's network, for --topology of the service: a pair of loops stands in each lane before a signal; give them the names
      and places of the street's own.
      """)
  @Argument(help: "A .sumocfg or a folder with scenario.yaml; a grid otherwise.") var scenario: String?
  @Option(help: "Size of the made-up grid, ROWSxCOLUMNS.") var grid = "4x5"
  @Option(help: "Regions, west to east, that engines can own one by one.") var regions = 1
  @Option(help: "Hours that local time is ahead of UTC.") var zone = 0.0

  func run() throws {
    var city = TopologyFile.grid(grid, regions: regions, zone: zone)
    if let scenario {
      do {
        let read = try ScenarioReader.read(scenario)
        city = NetworkTopology(read.network, name: read.name, zoneOffset: .seconds(zone * 3600)).topology.divided(into: regions)
      } catch { stopWith("\(error)", .data) }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    FileHandle.standardOutput.write(try encoder.encode(city) + Data("\n".utf8))
  }
}

/// `greenwave-serve field`
struct FieldSimulatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "field", abstract: "Signals and detectors of a city behind a broker: the other end of --street mqtt://…")
  @Argument(help: "mqtt://HOST:PORT") var broker: String
  @Option(help: "Signals, rules, plans and detectors as JSON, as `greenwave-serve topology` writes it; a grid otherwise.") var topology:
    String?
  @Option(help: "Size of the grid, ROWSxCOLUMNS.") var grid = "4x5"
  @Option(help: "Regions of the grid.") var regions = 1
  @Option(help: "Seed.") var seed: UInt64 = 1
  @Option(help: "Share of the built-in demand.") var demand = 1.0

  func run() throws {
    guard let address = MQTTAddress(broker) else { stopWith("\(broker): mqtt://HOST:PORT", .usage) }
    let logger = Logger(label: "field") { StreamLogHandler.standardError(label: $0) }
    let field = try FieldSimulator(
      address, topology: topology.map(TopologyFile.read) ?? TopologyFile.grid(grid, regions: regions), start: LiveClock.wall, seed: seed,
      demand: demand, logger: logger)
    var turns = 0
    while true {
      field.advance(to: LiveClock.wall)
      usleep(100_000)
      turns += 1
      if turns % 100 == 0 {
        let counts = field.counts
        print("commanded \(counts.commanded)  refused \(counts.refused)  on local plan \(counts.local)  violations \(field.violations)")
        fflush(nil)
      }
    }
  }
}
