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
  public var sumo: SUMOInstallation
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

  public init(_ run: StrategyRun, source: Source, sumo: SUMOInstallation) {
    self.run = run
    self.source = source
    self.sumo = sumo
  }

  /// Starts SUMO, drives it to the end, reads what it wrote.
  ///
  /// - Parameter observe: hears of every tick.
  /// - Throws: ``TraCIError`` where SUMO cannot be reached or breaks off, ``InputProblems`` where its output cannot be read.
  public func callAsFunction(seed: UInt64, observe: (ControlLoop.Tick, ControlLoop) throws -> Void = { _, _ in }) throws
    -> StrategyRun.Outcome
  {
    let scenario = run.scenario
    let outputs = try Outputs()
    defer { outputs.remove() }
    var further: [String] = []
    if !run.laidLoops.isEmpty {
      further = [outputs.folder.appendingPathComponent("loops.add.xml").path]
      try SUMOAdditionalWriter.write(detectors: run.laidLoops, network: scenario.network, to: further[0])
    }
    let process = try SUMOProcess(sumo, arguments: arguments(seed, outputs, further), folder: outputs.folder)
    let client = try process.connect()
    let street = try SUMOStreet(
      client: client, network: scenario.network, detectors: scenario.detectors, begin: scenario.begin, information: run.information,
      isWatched: run.isWatched)
    var changes: [SignalChange] = []
    var last: [SignalID: SignalState] = [:]
    street.hearsPriority = run.strategy.heedsPriority
    let loop = run.makeLoop(street)
    do {
      try loop.run(until: end) { tick in
        for command in tick.shown where last[command.signal] != command.state {
          last[command.signal] = command.state
          changes.append(SignalChange(time: tick.now, signal: command.signal, state: command.state))
        }
        try observe(tick, loop)
        try run.restartIfDue(loop, tick)
      }
      try street.close()
    } catch TraCIError.connectionLost(let doing) {
      // Its own words say more than the broken connection does.
      try process.finish()
      throw TraCIError.connectionLost(doing: doing)
    }
    let reached = street.now
    try process.finish()
    var record = try outputs.record(scenario, seed: seed, reached: reached)
    record.signals = changes
    return StrategyRun.Outcome(record: record, loop: loop.summary, isComplete: reached >= end)
  }

  /// What SUMO can do by itself, as a rival.
  public enum Rival: String, Sendable, CaseIterable {
    case shipped = "sumo:fixed"
    /// The shipped stages as programs of these types: greens from 5 to 50 s, SUMO's own defaults.
    case actuated = "sumo:actuated"
    case delayBased = "sumo:delay_based"
  }

  /// A run in which nobody but SUMO controls the signals.
  public func alone(_ rival: Rival, seed: UInt64) throws -> StrategyRun.Outcome {
    let outputs = try Outputs()
    defer { outputs.remove() }
    var programs: [String] = []
    if rival != .shipped {
      let file = outputs.folder.appendingPathComponent("programs.add.xml")
      try Data(Self.programs(run.scenario.network, kind: rival == .actuated ? "actuated" : "delay_based").utf8).write(to: file)
      programs = [file.path]
    }
    let process = try SUMOProcess(sumo, arguments: arguments(seed, outputs, programs), isRemote: false, folder: outputs.folder)
    try process.finish()
    let record = try outputs.record(run.scenario, seed: seed, reached: end)
    return StrategyRun.Outcome(record: record, loop: .init(), isComplete: true)
  }

  private static func programs(_ network: RoadNetwork, kind: String) -> String {
    var text = "<additional>\n"
    for signal in network.signals {
      guard let program = signal.activeProgram, program.cycle > .zero else { continue }
      text += "  <tlLogic id=\"\(network.name(signal.id))\" type=\"\(kind)\" programID=\"rival\" offset=\"\(program.offset.seconds)\">\n"
      for stage in program.stages {
        let duration = stage.duration.seconds
        let range = stage.state.isServingStage ? " minDur=\"\(min(duration, 5))\" maxDur=\"\(max(duration, 50))\"" : ""
        text += "    <phase duration=\"\(duration)\"\(range) state=\"\(stage.state)\"/>\n"
      }
      text += "  </tlLogic>\n"
    }
    return text + "</additional>\n"
  }

  private var end: Instant { run.scenario.end ?? run.scenario.begin + .seconds(3600) }

  private func arguments(_ seed: UInt64, _ outputs: Outputs, _ further: [String]) -> [String] {
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
    return arguments + [
      "-a", (files + [outputs.additional] + further).joined(separator: ","), "--begin", NumberText.short(scenario.begin.seconds), "--end",
      NumberText.short(end.seconds), "--seed", String(seed), "--step-length", NumberText.short(scenario.options.stepLength, 3),
      "--time-to-teleport", NumberText.short(scenario.options.timeToTeleport ?? -1), "--tripinfo-output", outputs.trips,
      "--tripinfo-output.write-unfinished", "true", "--tripinfo-output.write-undeparted", "true", "--device.emissions.probability", "1",
      "--no-step-log", "true", "--no-warnings", "true", "--duration-log.disable", "true",
    ]
  }

  /// What SUMO writes, in a folder of its own.
  private struct Outputs {
    let folder: URL
    var trips: String { folder.appendingPathComponent("trips.xml").path }
    var edges: String { folder.appendingPathComponent("edges.xml").path }
    var additional: String { folder.appendingPathComponent("edges.add.xml").path }

    init() throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-sumo-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data("<additional><edgeData id=\"links\" file=\"\(edges)\" excludeEmpty=\"true\"/></additional>\n".utf8)
        .write(to: URL(fileURLWithPath: additional))
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// Everybody whose planned departure lies within the run; SUMO also tells of some that were to leave after its end.
    func record(_ scenario: Scenario, seed: UInt64, reached: Instant) throws -> RunRecord {
      var record = RunRecord(begin: scenario.begin, end: reached, seed: seed)
      record.trips = try SUMOResultReader.trips(trips, network: scenario.network, end: reached).filter {
        $0.planned >= scenario.begin && $0.planned < reached
      }
      record.links = try SUMOResultReader.links(edges, network: scenario.network)
      return record
    }
  }
}
