import ControlLoop
import Formats
import Foundation
import Logging
import Microsimulation
import SignalControl
import Streets
import TrafficModel

/// Any street that the control loop can drive, as the live service's: the simulator, SUMO, or upright queues.
///
/// It brings what those lack and the field has: a rim at each signal that judges commands and falls back to the local plan, loops that
/// tell of themselves, and the day's clock. When the street's demand has run out it begins anew, where it can, so that the show goes on.
public final class RehearsalStreet: LiveStreet, @unchecked Sendable {
  public let topology: LiveTopology
  private let lock = NSLock()
  private var street: any Street
  /// Of each signal of the topology, its id on the street.
  private let signals: [SignalID]
  private let step: TimeAmount
  private let renew: (() throws -> any Street)?
  /// Joins the street again when it has gone.
  private let rejoin: (() throws -> any Street)?
  private var isRejoining = false
  private var nextRejoin = Date.distantPast
  private var reason: String?
  /// Loops of a street that has none; nil where it tells of them itself.
  private var loops: VirtualLoops?
  private let isReal: Bool
  private let logger: Logger?
  private var rims: FieldRims
  private var now: Instant
  /// Street time less live time.
  private var lag: TimeAmount
  private var isOver = false
  private var sequence: UInt64
  private var occupied: [Bool]
  private var lastAlive: Int64 = 0
  private var answered: @Sendable (FieldAnswer) -> Void = { _ in }
  private var read: @Sendable ([Reading]) -> Void = { _ in }

  /// - Parameters:
  ///   - signals: of each signal of the topology, its id on the street; detectors have the topology's order on both.
  ///   - step: what one advance of the street amounts to.
  ///   - isReal: the street runs by the machine's clock, and commands are judged by it.
  ///   - renew: another street when this one has ended.
  ///   - rejoin: the same one when it can be reached again; tried every five seconds, on a thread of its own.
  init(
    _ street: any Street, topology: LiveTopology, signals: [SignalID], start: Instant, step: TimeAmount, loops: VirtualLoops? = nil,
    isReal: Bool = false, logger: Logger? = nil, renew: (() throws -> any Street)? = nil, rejoin: (() throws -> any Street)? = nil
  ) {
    self.street = street
    self.topology = topology
    self.signals = signals
    self.step = step
    self.loops = loops
    self.isReal = isReal
    self.logger = logger
    self.renew = renew
    self.rejoin = rejoin
    now = start
    lag = street.now - start
    sequence = UInt64(max(0, start.milliseconds)) * 1000
    rims = FieldRims(topology, start: start)
    occupied = [Bool](repeating: false, count: topology.detectors.count)
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
    while now + step <= time {
      let shown = rims.advance(to: now)
      if !isOver {
        do { try move(shown, &readings) } catch { lose("\(error)") }
      }
      now += step
      if !isOver { tellAlive(&readings) }
    }
    if isOver { tryToRejoin() }
    let receiver = read
    lock.unlock()
    if !readings.isEmpty { receiver(readings) }
  }

  public var trouble: String? {
    lock.lock()
    defer { lock.unlock() }
    return reason
  }

  /// From here on nothing is answered and no detector tells anything: nobody knows what the street shows.
  private func lose(_ why: String) {
    isOver = true
    reason = why
    for index in occupied.indices { occupied[index] = false }
  }

  private func tryToRejoin() {
    guard let rejoin, !isRejoining, Date() >= nextRejoin else { return }
    isRejoining = true
    nonisolated(unsafe) let join = rejoin
    DispatchQueue.global().async { [self] in
      let fresh = Result { try join() }
      lock.lock()
      defer { lock.unlock() }
      isRejoining = false
      nextRejoin = Date().addingTimeInterval(5)
      switch fresh {
      case .success(let joined):
        street = joined
        lag = joined.now - now
        loops = loops?.renewed()
        isOver = false
        reason = nil
      case .failure(let error): logger?.debug("the street is still away", metadata: ["reason": "\(error)"])
      }
    }
  }

  private func move(_ shown: [SignalState], _ readings: inout [Reading]) throws {
    try street.show(zip(signals, shown).map { SignalCommand(signal: $0, state: $1) })
    let goesOn = try street.advance()
    let inputs = try street.collect()
    let events = loops?.events(inputs.vehicles, at: street.now) ?? inputs.detectorEvents
    for event in events where event.detector.index < occupied.count {
      let on = event.change == .on
      occupied[event.detector.index] = on
      readings.append(tell(event.detector.index, on, at: event.time - lag, speed: event.speed))
    }
    guard !goesOn else { return }
    if let renew {
      street = try renew()
      lag = street.now - (now + step)
    } else {
      lose("it has come to its end")
    }
  }

  /// Each loop tells that it lives, a tenth of them each second.
  private func tellAlive(_ readings: inout [Reading]) {
    guard now.milliseconds / 1000 != lastAlive else { return }
    lastAlive = now.milliseconds / 1000
    for index in stride(from: Int(lastAlive % 10), to: occupied.count, by: 10) {
      readings.append(tell(index, occupied[index], at: now, speed: .nan))
    }
  }

  private func tell(_ detector: Int, _ on: Bool, at time: Instant, speed: Double) -> Reading {
    sequence += 1
    return Reading(
      source: "street", sequence: sequence, detector: topology.detectors[detector].name, time: time,
      value: .state(occupied: on, speed: on ? speed : .nan))
  }

  public func requestStates(of names: [String], now: Instant) {
    lock.lock()
    let answers = isOver ? [] : rims.readBack(names, now: self.now), receiver = answered
    lock.unlock()
    for answer in answers { receiver(answer) }
  }

  public func send(_ commands: [FieldCommand]) {
    lock.lock()
    let answers = isOver ? [] : rims.take(commands, now: isReal ? max(now, LiveClock.wall) : now), receiver = answered
    lock.unlock()
    for answer in answers { receiver(answer) }
  }

  public func heartbeat(now: Instant, tokens: [String: UInt64], released: [String]) {
    lock.lock()
    defer { lock.unlock() }
    rims.heartbeat(now: self.now, tokens: tokens, released: released)
  }

  /// What no street may ever show, counted over all signals since the start.
  public var violations: Int {
    lock.lock()
    defer { lock.unlock() }
    return rims.violations
  }

  /// Changes of any signal since the start, commands shown and refused, and signals on their local plan.
  public var counts: (changes: Int, commanded: Int, refused: Int, local: Int) {
    lock.lock()
    defer { lock.unlock() }
    return (rims.changes, rims.commanded, rims.refused, rims.local)
  }

  public func close() {
    lock.lock()
    defer { lock.unlock() }
    try? (street as? SUMOStreet)?.close()
  }
}

// MARK: Kinds

extension RehearsalStreet {
  /// Upright queues: cheap enough for hundreds of signals.
  public static func queues(
    _ topology: LiveTopology, start: Instant, seed: UInt64, demand: Double = 1, step: TimeAmount = .seconds(1), isReal: Bool = false
  ) -> RehearsalStreet {
    RehearsalStreet(
      PointQueueStreet(topology: topology, start: start, seed: seed, demand: demand, step: step), topology: topology,
      signals: topology.signals.indices.map { SignalID($0) }, start: start, step: step, isReal: isReal)
  }

  /// The built-in simulator. Throws ``InputProblems`` where the scenario cannot be read or routed.
  public static func simulated(_ path: String, start: Instant, seed: UInt64, zoneOffset: TimeAmount) throws -> RehearsalStreet {
    let scenario = try ScenarioReader.read(path)
    let layout = try layout(scenario, path, zoneOffset)
    let step = TimeAmount(seconds: scenario.options.stepLength)
    var seed = seed
    func make() throws(InputProblems) -> any Street {
      defer { seed &+= 1 }
      let settings = Simulation.Settings(
        begin: scenario.begin, end: scenario.end, step: step, seed: seed, timeToTeleport: scenario.options.timeToTeleport ?? -1,
        timeToImpatience: scenario.options.timeToImpatience ?? 0)
      let simulation = try Simulation(
        network: scenario.network, demand: scenario.demand, detectors: layout.detectors, settings: settings)
      return SimulatedStreet(simulation: simulation, information: .detectors)
    }
    return RehearsalStreet(try make(), topology: layout.topology, signals: layout.signals, start: start, step: step, renew: make)
  }

  /// A SUMO that listens at `host:port` and runs the scenario at `path`. Throws ``InputProblems`` or ``TraCIError``.
  public static func sumo(
    host: String, port: Int, scenario path: String, start: Instant, zoneOffset: TimeAmount, logger: Logger
  ) throws -> RehearsalStreet {
    let scenario = try ScenarioReader.read(path)
    let layout = try layout(scenario, path, zoneOffset)
    func join(patience: Double) throws -> any Street {
      try SUMOStreet(
        client: try TraCIClient(host: host, port: port, patience: patience, answerPatience: 20), network: scenario.network,
        begin: scenario.begin, information: .connectedVehicles)
    }
    return RehearsalStreet(
      try join(patience: 60), topology: layout.topology, signals: layout.signals, start: start,
      step: TimeAmount(seconds: scenario.options.stepLength),
      loops: VirtualLoops(layout.detectors, network: scenario.network), logger: logger, rejoin: { try join(patience: 1) })
  }

  private static func layout(_ scenario: Scenario, _ path: String, _ zoneOffset: TimeAmount) throws(InputProblems) -> NetworkTopology {
    let layout = NetworkTopology(scenario.network, name: scenario.name, zoneOffset: zoneOffset)
    guard !layout.topology.signals.isEmpty else {
      throw InputProblems([InputProblem(file: path, expected: "at least one signal with a fixed-time program", found: "none")])
    }
    return layout
  }
}
