import ControlLoop
import Formats
import Foundation
import Logging
import Streets
import TrafficModel

/// SUMO over TraCI as the street, for rehearsals: it is stepped with the loop's clock, and loops are read out of where its vehicles are.
public final class TraCIStreet: LiveStreet, @unchecked Sendable {
  public let topology: LiveTopology
  private let client: TraCIClient
  private let logger: Logger
  private let lock = NSLock()
  private var lanes: [Lane] = []
  private let signalIndex: [String: Int]
  private var rims: [FieldRim]
  private var now: Instant
  private let start: Instant
  private let begin: Double
  private var sequence: UInt64
  private var isOver = false
  private var answered: @Sendable (FieldAnswer) -> Void = { _ in }
  private var read: @Sendable ([Reading]) -> Void = { _ in }

  private struct Lane {
    var name: String
    var length: Double
    var advance: String?
    var stop: String?
    var positions: [String: Double] = [:]
    var isStopOccupied = false
  }

  /// Joins a SUMO that listens at `host:port` and runs `scenario`, whose network tells the signals. Throws ``InputProblems`` or
  /// ``TraCIError``.
  public init(host: String, port: Int, scenario path: String, start: Instant, zoneOffset: TimeAmount, logger: Logger) throws {
    let scenario = try ScenarioReader.read(path)
    let layout = NetworkTopology(scenario.network, name: scenario.name, zoneOffset: zoneOffset)
    topology = layout.topology
    self.logger = logger
    signalIndex = Dictionary(topology.signals.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    rims = topology.signals.map { FieldRim($0, zoneOffset: zoneOffset, start: start) }
    now = start
    self.start = start
    sequence = UInt64(max(0, start.milliseconds)) * 1000
    client = try TraCIClient(host: host, port: port)
    begin = try client.simulationTime()
    var position: [String: Int] = [:]
    for signal in topology.signals {
      for approach in signal.approaches where position[approach.name] == nil {
        position[approach.name] = lanes.count
        let lane = scenario.network.laneNames[approach.name]
        lanes.append(Lane(name: approach.name, length: lane.map { scenario.network[$0].length } ?? 100))
      }
    }
    for detector in topology.detectors {
      guard let approach = detector.approach, let lane = position[topology.signals[detector.signal].approaches[approach].name] else {
        continue
      }
      if detector.role == .advance { lanes[lane].advance = detector.name } else { lanes[lane].stop = detector.name }
    }
  }

  public func connect(answered: @escaping @Sendable (FieldAnswer) -> Void, read: @escaping @Sendable ([Reading]) -> Void) {
    lock.lock()
    defer { lock.unlock() }
    self.answered = answered
    self.read = read
  }

  public func advance(to time: Instant) {
    lock.lock()
    var readings: [Reading] = []
    while now + .seconds(1) <= time, !isOver {
      do {
        for (index, signal) in topology.signals.enumerated() { client.enqueueState(signal.name, rims[index].advance(to: now).description) }
        now += .seconds(1)
        _ = try client.step(to: begin + (now - start).seconds)
        for lane in lanes.indices { try observe(lane, &readings) }
      } catch {
        // SUMO has ended: the detectors fall silent, and the engine does what it does when they do.
        isOver = true
        logger.error("SUMO has gone", metadata: ["reason": "\(error)"])
      }
    }
    if isOver { now = time }
    let receiver = read
    lock.unlock()
    if !readings.isEmpty { receiver(readings) }
  }

  private func observe(_ index: Int, _ readings: inout [Reading]) throws {
    let lane = lanes[index]
    let advancePlace = max(0.5, lane.length - NetworkTopology.advanceDistance),
      stopPlace = max(0.5, lane.length - NetworkTopology.stopBarDistance)
    var positions: [String: Double] = [:]
    guard case .strings(let vehicles) = try client.get(.lane, TraCIVariable.lastStepVehicleIDs, lane.name) else { return }
    for vehicle in vehicles {
      positions[vehicle] = try client.lanePosition(ofVehicle: vehicle)
    }
    func tell(_ detector: String?, _ on: Bool) {
      guard let detector else { return }
      sequence += 1
      readings.append(
        Reading(source: "sumo", sequence: sequence, detector: detector, time: now, value: .state(occupied: on, speed: .nan)))
    }
    for (vehicle, before) in lane.positions.sorted(by: { $0.key < $1.key }) {
      if let after = positions[vehicle] {
        if before < advancePlace, after >= advancePlace {
          tell(lane.advance, true)
          tell(lane.advance, false)
        }
      } else if before > lane.length / 2 {
        if !lanes[index].isStopOccupied { tell(lane.stop, true) }
        tell(lane.stop, false)
        lanes[index].isStopOccupied = false
      }
    }
    let isOccupied = positions.values.contains { $0 >= stopPlace - 3 }
    if isOccupied != lanes[index].isStopOccupied {
      tell(lane.stop, isOccupied)
      lanes[index].isStopOccupied = isOccupied
    }
    lanes[index].positions = positions
    if Int(now.milliseconds / 1000) % 10 == index % 10 {
      tell(lane.advance, false)
      tell(lane.stop, isOccupied)
    }
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

  public func close() {
    lock.lock()
    defer { lock.unlock() }
    try? client.close()
  }
}
