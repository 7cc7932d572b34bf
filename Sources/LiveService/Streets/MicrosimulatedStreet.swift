import ControlLoop
import Formats
import Foundation
import Microsimulation
import TrafficModel

/// The built-in simulator as the street. When its demand has run out it begins anew with the next seed, so that the show goes on.
public final class MicrosimulatedStreet: LiveStreet, @unchecked Sendable {
  public let topology: LiveTopology
  private let layout: NetworkTopology
  private let scenario: Scenario
  private let signalIndex: [String: Int]
  private let lock = NSLock()
  private var simulation: Simulation
  private var rims: [FieldRim]
  private var seed: UInt64
  private var now: Instant
  /// Live time at which the present simulation stood at its beginning.
  private var origin: Instant
  private var sequence: UInt64
  private var occupied: [Bool]
  private var lastAlive: Int64 = 0
  private var answered: @Sendable (FieldAnswer) -> Void = { _ in }
  private var read: @Sendable ([Reading]) -> Void = { _ in }

  /// Throws ``InputProblems`` where the scenario cannot be read or routed.
  public init(scenario path: String, start: Instant, seed: UInt64, zoneOffset: TimeAmount) throws {
    scenario = try ScenarioReader.read(path)
    layout = NetworkTopology(scenario.network, name: scenario.name, zoneOffset: zoneOffset)
    topology = layout.topology
    guard !topology.signals.isEmpty else {
      throw InputProblems([InputProblem(file: path, expected: "at least one signal with a fixed-time program", found: "none")])
    }
    signalIndex = Dictionary(topology.signals.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.seed = seed
    now = start
    origin = start
    sequence = UInt64(max(0, start.milliseconds)) * 1000
    rims = topology.signals.map { FieldRim($0, zoneOffset: zoneOffset, start: start) }
    occupied = [Bool](repeating: false, count: layout.detectors.count)
    simulation = try Self.makeSimulation(scenario, layout, seed: seed)
  }

  /// Writes the demonstration's files into `folder`, where they can be looked at and changed, and returns the path of its configuration.
  public static func writeDemonstration(to folder: String) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let configuration = folder + "/demo.sumocfg"
    guard !FileManager.default.fileExists(atPath: configuration) else { return configuration }
    for (name, bytes) in [
      ("demo.net.xml.gz", PackageResources.demo_net_xml_gz), ("demo.rou.xml", PackageResources.demo_rou_xml),
      ("demo.sumocfg", PackageResources.demo_sumocfg),
    ] {
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    return configuration
  }

  private static func makeSimulation(_ scenario: Scenario, _ layout: NetworkTopology, seed: UInt64) throws(InputProblems) -> Simulation {
    try Simulation(
      network: scenario.network, demand: scenario.demand, detectors: layout.detectors,
      settings: Simulation.Settings(
        begin: scenario.begin, end: scenario.end, step: TimeAmount(seconds: scenario.options.stepLength), seed: seed,
        timeToTeleport: scenario.options.timeToTeleport ?? -1, timeToImpatience: scenario.options.timeToImpatience ?? 0))
  }

  public func connect(answered: @escaping @Sendable (FieldAnswer) -> Void, read: @escaping @Sendable ([Reading]) -> Void) {
    lock.lock()
    defer { lock.unlock() }
    self.answered = answered
    self.read = read
  }

  public func advance(to time: Instant) {
    lock.lock()
    let step = simulation.settings.step
    var readings: [Reading] = []
    while now + step <= time {
      for index in rims.indices { simulation.setSignal(layout.signals[index], rims[index].advance(to: now)) }
      simulation.step()
      now += step
      for event in simulation.drainDetectorEvents() {
        let on = event.change == .on
        occupied[event.detector.index] = on
        readings.append(tell(event.detector.index, on, at: origin + (event.time - simulation.settings.begin), speed: event.speed))
      }
      if simulation.isFinished {
        seed &+= 1
        // The demand was read once already; it can be laid out again.
        if let fresh = try? Self.makeSimulation(scenario, layout, seed: seed) { simulation = fresh }
        origin = now
      }
      guard now.milliseconds / 1000 != lastAlive else { continue }
      lastAlive = now.milliseconds / 1000
      for index in stride(from: Int(lastAlive % 10), to: occupied.count, by: 10) {
        readings.append(tell(index, occupied[index], at: now, speed: .nan))
      }
    }
    let receiver = read
    lock.unlock()
    if !readings.isEmpty { receiver(readings) }
  }

  private func tell(_ detector: Int, _ on: Bool, at time: Instant, speed: Double) -> Reading {
    sequence += 1
    return Reading(
      source: "street", sequence: sequence, detector: topology.detectors[detector].name, time: time,
      value: .state(occupied: on, speed: on ? speed : .nan))
  }

  public func requestStates(of signals: [String], now: Instant) {
    lock.lock()
    let answers = signals.compactMap { name in
      signalIndex[name].map { FieldAnswer(id: 0, signal: name, verdict: .state, state: rims[$0].readBack(now: self.now)) }
    }
    let receiver = answered
    lock.unlock()
    for answer in answers { receiver(answer) }
  }

  public func send(_ commands: [FieldCommand]) {
    lock.lock()
    let answers = commands.compactMap { command in signalIndex[command.signal].map { rims[$0].take(command, now: now) } }
    let receiver = answered
    lock.unlock()
    for answer in answers { receiver(answer) }
  }

  public func heartbeat(now: Instant, tokens: [String: UInt64], released: [String]) {
    lock.lock()
    defer { lock.unlock() }
    let free = Set(released)
    for (index, signal) in topology.signals.enumerated() {
      guard let token = tokens[signal.region] else { continue }
      rims[index].heartbeat(now: self.now, token: token, isReleased: free.contains(signal.name))
    }
  }

  public func close() {}
}
