import Foundation
import Greenwave

/// One map with the truth of one simulated period: what every loop saw, what every signal showed, which movements were made.
struct MeasuredMap {
  var name: String
  var network: RoadNetwork
  var flowNetwork: FlowNetwork
  var detectors: [Detector]
  var signals: [SignalStateHistory]
  var begin: Instant
  var intervals: Int
  var interval: TimeAmount
  var events: [DetectorEvent]
  /// Movements made in each interval, interval-major.
  var movements: [[Double]]
  /// Queues at ends of red: lane, when, vehicles standing.
  var queues: [(lane: LaneID, time: Int64, vehicles: Double)] = []

  /// Loops that stand for a link: two metres after each lane's beginning and before its end.
  static func loops(_ network: RoadNetwork) -> [Detector] {
    var result: [Detector] = []
    for link in network.links where link.function == .normal {
      for id in link.lanes {
        let length = network[id].length
        for (role, at, mark) in [(Detector.Role.stopBar, max(length - 2, length * 0.7), "x"), (.entry, min(2, length * 0.3), "e")] {
          result.append(
            Detector(
              id: DetectorID(result.count), name: mark + network.laneNames[id], kind: .point(lane: id, position: at), role: role))
        }
      }
    }
    return result
  }

  /// Runs SUMO on `configuration` unless `folder` already holds its output, and reads it.
  static func sumo(
    _ name: String, configuration: String, sumo: String, folder: String, seed: Int, interval: TimeAmount = .minutes(15)
  ) throws -> MeasuredMap {
    let description = try SUMOConfiguration.read(configuration)
    let scenario = try ScenarioReader.read(configuration)
    let network = scenario.network
    let detectors = loops(network)
    let end = scenario.end ?? (scenario.begin + .minutes(60))
    let stem = "\(folder)/\(name).\(seed)"
    if !FileManager.default.fileExists(atPath: stem + ".routes.xml") {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      var add = "<additional>\n"
      for d in detectors {
        guard case .point(let lane, let position) = d.kind else { continue }
        add +=
          "<instantInductionLoop id=\"\(d.name)\" lane=\"\(network.laneNames[lane])\" pos=\"\(NumberText.fixed(position, 2))\" file=\"\(name).\(seed).loops.xml\"/>\n"
      }
      for lane in network.lanes where network[lane.link].function == .normal {
        guard let c = network.connectionsFrom[lane.id.index].lazy.map({ network[$0] }).first(where: { $0.signal != nil }) else { continue }
        add +=
          "<laneAreaDetector id=\"q\(network.laneNames[lane.id])\" lane=\"\(network.laneNames[lane.id])\" pos=\"0\" endPos=\"\(NumberText.fixed(max(0.1, lane.length - 0.1), 2))\" friendlyPos=\"true\" tl=\"\(network.name(c.signal!.signal))\" to=\"\(network.laneNames[c.toLane])\" file=\"\(name).\(seed).queues.xml\"/>\n"
      }
      for signal in network.signals {
        add += "<timedEvent type=\"SaveTLSStates\" source=\"\(network.name(signal.id))\" dest=\"\(name).\(seed).signals.xml\"/>\n"
      }
      try (add + "</additional>\n").write(toFile: stem + ".add.xml", atomically: true, encoding: .utf8)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: sumo)
      process.arguments =
        [
          "-n", description.networkFile ?? "", "-r", description.routeFiles.joined(separator: ","), "-a",
          (description.additionalFiles.filter { !$0.hasSuffix("detectors.add.xml") } + [stem + ".add.xml"]).joined(separator: ","), "-b",
          String(scenario.begin.seconds), "-e", String(end.seconds), "--seed", String(seed), "--no-step-log", "--no-warnings",
          "--vehroute-output", stem + ".routes.part", "--vehroute-output.exit-times", "--vehroute-output.write-unfinished",
        ]
      process.standardError = Pipe()
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else {
        throw InputProblem(file: configuration, expected: "a SUMO run that ends well", found: "status \(process.terminationStatus)")
      }
      try FileManager.default.moveItem(atPath: stem + ".routes.part", toPath: stem + ".routes.xml")
    }
    var signals = [SignalStateHistory](repeating: SignalStateHistory(), count: network.signals.count)
    try SUMOSignalRecord.read(stem + ".signals.xml", network: network) { t, id, state in signals[id.index].append(t.milliseconds, state) }
    var ids: [String: DetectorID] = [:]
    for d in detectors { ids[d.name] = d.id }
    var events: [DetectorEvent] = []
    try SUMOLoopEvents.read(stem + ".loops.xml", detector: { ids[$0] }) { events.append($0) }
    let flowNetwork = FlowNetwork(network)
    let intervals = Int((end - scenario.begin).milliseconds / interval.milliseconds)
    var rows: [String: Int32] = [:]
    for (k, n) in flowNetwork.linkName.enumerated() { rows[n] = Int32(k) }
    var movementOf: [Int64: Int] = [:]
    for k in 0..<flowNetwork.movementCount { movementOf[Int64(flowNetwork.from[k]) << 32 | Int64(flowNetwork.to[k])] = k }
    var made = [[Double]](repeating: [Double](repeating: 0, count: flowNetwork.movementCount), count: intervals)
    try SUMOMovementRecord.read(stem + ".routes.xml") { a, b, t in
      let k = Int((t - scenario.begin).milliseconds / interval.milliseconds)
      guard let x = rows[a], let y = rows[b], let m = movementOf[Int64(x) << 32 | Int64(y)], made.indices.contains(k) else { return }
      made[k][m] += 1
    }
    var map = MeasuredMap(
      name: name, network: network, flowNetwork: flowNetwork, detectors: detectors, signals: signals, begin: scenario.begin,
      intervals: intervals, interval: interval, events: events, movements: made)
    try SUMOQueueRecord.read(stem + ".queues.xml") { id, end, vehicles in
      if let lane = network.laneNames[String(id.dropFirst())] { map.queues.append((lane, end.milliseconds, vehicles)) }
    }
    return map
  }

  /// The same from the built-in simulator.
  static func builtIn(_ name: String, configuration: String, seed: Int, interval: TimeAmount = .minutes(15)) throws -> MeasuredMap {
    var scenario = try ScenarioReader.read(configuration)
    let network = scenario.network
    scenario.detectors = loops(network)
    let end = scenario.end ?? (scenario.begin + .minutes(60))
    let flowNetwork = FlowNetwork(network)
    let simulation = try Simulation(
      network: network, demand: scenario.demand, detectors: scenario.detectors,
      settings: Simulation.Settings(
        begin: scenario.begin, end: end, step: TimeAmount(seconds: scenario.options.stepLength), seed: UInt64(seed), threads: 1,
        timeToTeleport: scenario.options.timeToTeleport ?? -1, timeToImpatience: scenario.options.timeToImpatience ?? -1,
        linkInterval: .minutes(5), sampleInterval: .seconds(60), maximumDepartureDelay: scenario.options.maximumDepartureDelay ?? -1))
    var signals = [SignalStateHistory](repeating: SignalStateHistory(), count: network.signals.count)
    var events: [DetectorEvent] = []
    while !simulation.isFinished, simulation.now < end {
      for signal in network.signals {
        guard let program = signal.activeProgram, let (index, _) = program.stage(at: simulation.now) else { continue }
        let state = program.stages[index].state
        if signals[signal.id.index].state.last != state {
          simulation.setSignal(signal.id, state)
          signals[signal.id.index].append(simulation.now.milliseconds, state)
        }
      }
      simulation.step()
      events += simulation.drainDetectorEvents()
    }
    let intervals = Int((end - scenario.begin).milliseconds / interval.milliseconds)
    return MeasuredMap(
      name: name, network: network, flowNetwork: flowNetwork, detectors: scenario.detectors, signals: signals, begin: scenario.begin,
      intervals: intervals, interval: interval, events: events, movements: [])
  }

  /// What all loops tell.
  func evidence(of events: [DetectorEvent]? = nil) -> LoopEvidence {
    var builder = LoopEvidenceBuilder(
      network: network, flowNetwork: flowNetwork, detectors: detectors, begin: begin, interval: interval, intervals: intervals)
    for event in events ?? self.events { builder.take(event, signals: signals) }
    return builder.evidence
  }

  /// The true flow of each link, hourly, interval-major: vehicles over the loops at its end.
  func truth(_ evidence: LoopEvidence) -> [[Double]] {
    var flow = [[Double]](repeating: [Double](repeating: 0, count: flowNetwork.linkCount), count: intervals)
    let perHour = 3600 / interval.seconds
    for site in evidence.sites where site.end == .end { for k in 0..<intervals { flow[k][site.row] = site.totals[k] * perHour } }
    return flow
  }
}
