import ControlLoop
import Formats
import Foundation
import Measures
import SignalControl
import Streets
import TrafficModel

/// The same strategies with SUMO as the street: a SUMO of its own for each run, driven over TraCI and measured by its own outputs.
public struct SUMOStrategyRun: Sendable {
  public var run: StrategyRun
  /// Folder that holds `bin/sumo`.
  public var home: String
  /// What SUMO loads: a configuration, or network, routes and additional files.
  public var source: Source

  public enum Source: Sendable, Hashable {
    case configuration(String)
    case files(network: String, routes: [String], additional: [String])

    /// The files behind a scenario's path.
    public init(path: String) throws(InputProblems) {
      var file = path
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
        let entries = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        guard let name = entries.contains("scenario.yaml") ? "scenario.yaml" : entries.first(where: { $0.hasSuffix(".sumocfg") }) else {
          throw InputProblems([InputProblem(file: path, expected: "a scenario.yaml or a .sumocfg in the folder", found: "neither")])
        }
        file = path.hasSuffix("/") ? path + name : path + "/" + name
      }
      if file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
        let description = try ScenarioDescription.read(file)
        self = .files(network: description.networkFile, routes: description.routeFiles, additional: description.additionalFiles)
      } else {
        self = .configuration(file)
      }
    }
  }

  public init(_ run: StrategyRun, source: Source, home: String) {
    self.run = run
    self.source = source
    self.home = home
  }

  /// Starts SUMO, drives it to the end, reads what it wrote.
  ///
  /// - Throws: ``TraCIError`` where SUMO cannot be reached or breaks off, ``InputProblems`` where its output cannot be read.
  public func callAsFunction(seed: UInt64) throws -> StrategyRun.Outcome {
    let scenario = run.scenario
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-sumo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let trips = folder.appendingPathComponent("trips.xml").path, edges = folder.appendingPathComponent("edges.xml").path
    let additional = folder.appendingPathComponent("edges.add.xml").path
    try Data("<additional><edgeData id=\"links\" file=\"\(edges)\" excludeEmpty=\"true\"/></additional>\n".utf8)
      .write(to: URL(fileURLWithPath: additional))
    let port = try Self.freePort()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: home + "/bin/sumo")
    process.arguments = arguments(seed: seed, port: port, trips: trips, additional: additional)
    process.environment = ProcessInfo.processInfo.environment.merging(["SUMO_HOME": home]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer { if process.isRunning { process.terminate() } }

    let client = try TraCIClient(host: "127.0.0.1", port: port, patience: 60)
    let street = try SUMOStreet(
      client: client, network: scenario.network, detectors: scenario.detectors, begin: scenario.begin, information: run.information)
    var changes: [SignalChange] = []
    var last: [SignalID: SignalState] = [:]
    let end = scenario.end ?? scenario.begin + .seconds(3600)
    let summary = try run.makeLoop(street).run(until: end) { tick in
      for command in tick.shown where last[command.signal] != command.state {
        last[command.signal] = command.state
        changes.append(SignalChange(time: tick.now, signal: command.signal, state: command.state))
      }
    }
    let reached = street.now
    try street.close()
    process.waitUntilExit()

    var record = RunRecord(begin: scenario.begin, end: reached, seed: seed)
    record.trips = try SUMOResultReader.trips(trips, network: scenario.network, end: reached)
    record.links = try SUMOResultReader.links(edges, network: scenario.network)
    record.signals = changes
    return StrategyRun.Outcome(record: record, loop: summary, isComplete: reached >= end && process.terminationStatus == 0)
  }

  private func arguments(seed: UInt64, port: Int, trips: String, additional: String) -> [String] {
    let scenario = run.scenario
    var arguments: [String] = []
    // An additional file on the command line replaces the configuration's own, so those are named again.
    var files: [String] = []
    switch source {
    case .configuration(let path):
      arguments += ["-c", path]
      files = (try? SUMOConfiguration.read(path).additionalFiles) ?? []
    case .files(let network, let routes, let own):
      arguments += ["-n", network]
      if !routes.isEmpty { arguments += ["-r", routes.joined(separator: ",")] }
      files = own
    }
    arguments += [
      "-a", (files + [additional]).joined(separator: ","), "--begin", NumberText.short(scenario.begin.seconds), "--seed", String(seed),
      "--step-length", NumberText.short(scenario.options.stepLength, 3),
      "--time-to-teleport", NumberText.short(scenario.options.timeToTeleport ?? -1), "--tripinfo-output", trips,
      "--tripinfo-output.write-unfinished", "true", "--tripinfo-output.write-undeparted", "true", "--device.emissions.probability", "1",
      "--no-step-log", "true", "--no-warnings", "true", "--duration-log.disable", "true", "--remote-port", String(port), "--num-clients",
      "1",
    ]
    if let end = scenario.end { arguments += ["--end", NumberText.short(end.seconds)] }
    return arguments
  }

  /// A port nobody listens on at this moment.
  private static func freePort() throws -> Int {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw InputProblem(file: "port", expected: "a free port on this machine", found: "none") }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0 }
    }
    guard isBound else { throw InputProblem(file: "port", expected: "a free port on this machine", found: "none") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
