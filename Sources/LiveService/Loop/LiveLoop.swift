import ControlLoop
import Foundation
import Logging
import TrafficModel

/// Runs the engine: each second it takes what came in, decides, writes the decision down, and only then commands.
///
/// It has a thread of its own, because its hour must come whatever the web server is busy with.
public final class LiveLoop: @unchecked Sendable {
  public struct Settings: Sendable {
    public var engine = LiveSettings()
    /// Time between ticks.
    public var interval = TimeAmount.seconds(1)
    /// Time given to the street to tell what it shows, before the engine starts without the rest.
    public var readBackPatience = 1.5
    /// Second of the local day at which the run is closed and a new one begun from what the street shows, so that old segments of
    /// the journal can be let go.
    public var dailyRestart = 3 * 3600 + 1800
    /// Regions this engine runs as its own; others only while nobody else does. nil: all of them.
    public var homeRegions: Set<String>?
    public init() {}
  }

  private let topology: LiveTopology
  private let settings: Settings
  private let street: any LiveStreet
  private let ingestor: Ingestor
  private let hub: LiveHub
  private let history: LiveHistory
  private let advanceDetectors: [String: (signal: Int, approach: Int)]
  private let clock: LiveClock
  private let logger: Logger
  private let leases: LeaseKeeper?
  private let inputHash: String
  private let signalIndex: [String: Int]
  private let regions: [String]

  private let worker = Worker("loop")
  private let keeper = Worker("leases")
  /// One look at the leases at a time: the loop takes the first, the keeper those after.
  private let leaseTurn = NSLock()
  private let lock = NSCondition()
  private var tokens: [String: UInt64] = [:]
  private var answers: [Int: SignalState] = [:]
  private var isStarting = true
  private var stopping = false
  private var latency = LatencyHistogram()
  private var ticks: UInt64 = 0
  private var skippedTicks: UInt64 = 0
  private var commandsSent: UInt64 = 0
  private var refusals: UInt64 = 0
  private var lastTick: Instant?
  private var failure: String?
  private var trouble: String?
  private var firstCommand: UInt64 = 0
  private var nextCommand: UInt64 = 0

  /// `leases` nil: the engine owns every region by itself.
  public init(
    topology: LiveTopology, settings: Settings = Settings(), street: any LiveStreet, ingestor: Ingestor, hub: LiveHub, history: LiveHistory,
    clock: LiveClock,
    leases: LeaseKeeper?, inputHash: String, logger: Logger
  ) {
    self.topology = topology
    self.settings = settings
    self.street = street
    self.ingestor = ingestor
    self.hub = hub
    self.history = history
    var advance: [String: (signal: Int, approach: Int)] = [:]
    for detector in topology.detectors where detector.role == .advance {
      if let approach = detector.approach { advance[detector.name] = (detector.signal, approach) }
    }
    advanceDetectors = advance
    self.clock = clock
    self.leases = leases
    self.inputHash = inputHash
    self.logger = logger
    regions = Array(Set(topology.signals.map(\.region))).sorted()
    signalIndex = Dictionary(topology.signals.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    nextCommand = UInt64(max(0, LiveClock.wall.milliseconds)) << 16
    firstCommand = nextCommand
    let known = Set(topology.detectors.map(\.name))
    street.connect(
      answered: { [weak self] in self?.take($0) },
      read: { [weak self] readings in
        guard let self, self.ingestor.isOpen else { return }
        var parsed = ReadingParser.Parsed()
        parsed.readings = readings.filter { known.contains($0.detector) }
        parsed.indices = Array(parsed.readings.indices)
        parsed.isPartial = true
        // The street is the engine's own; what it cannot record now it will find in the next tick's state.
        do { _ = try self.ingestor.stage(parsed, received: self.clock.now) } catch {
          self.logger.warning("readings of the street not taken", metadata: ["error": "\(error)"])
        }
      })
  }

  public struct Status: Sendable {
    public var latency: LatencyHistogram
    public var ticks: UInt64
    public var skipped: UInt64
    public var commands: UInt64
    public var refusals: UInt64
    public var lastTick: Instant?
    public var failure: String?
    /// What keeps the whole street out of reach.
    public var trouble: String?
    public var tokens: [String: UInt64]
  }

  public var status: Status {
    lock.lock()
    defer { lock.unlock() }
    return Status(
      latency: latency, ticks: ticks, skipped: skippedTicks, commands: commandsSent, refusals: refusals, lastTick: lastTick,
      failure: failure, trouble: trouble, tokens: tokens)
  }

  /// Forgets the latencies so far, for a measurement.
  public func resetLatency() {
    lock.lock()
    latency = LatencyHistogram()
    lock.unlock()
  }

  public var now: Instant { clock.now }
  /// Seconds of the loop in one of the world's.
  public var speed: Double { clock.factor }

  public func start() {
    worker.start { [self] in
      do { try run() } catch {
        logger.critical("the loop has stopped", metadata: ["error": "\(error)"])
        lock.lock()
        failure = "\(error)"
        lock.unlock()
      }
    }
    if leases != nil { keeper.start { [self] in keepLeases() } }
  }

  public func stop() {
    lock.lock()
    stopping = true
    lock.broadcast()
    lock.unlock()
    worker.stop(patience: 10)
    keeper.stop()
    for region in regions { try? leases?.release(region) }
    street.close()
  }

  private var isStopping: Bool {
    lock.lock()
    defer { lock.unlock() }
    return stopping
  }

  // MARK: Answers of the street

  private func take(_ answer: FieldAnswer) {
    guard let index = signalIndex[answer.signal] else { return }
    lock.lock()
    let starting = isStarting
    if starting, answer.verdict == .state { answers[index] = answer.state }
    // On a broker the answers to another engine's commands are heard too.
    let isOurs = answer.verdict == .state || (answer.id > firstCommand && answer.id <= nextCommand)
    if answer.verdict == .refused, isOurs { refusals += 1 }
    lock.broadcast()
    lock.unlock()
    guard !starting, isOurs else { return }
    let event: LiveEvent
    switch answer.verdict {
    case .shown: event = .acknowledged(signal: index, command: answer.id, state: answer.state)
    case .refused: event = .refused(signal: index, command: answer.id, reason: answer.reason ?? "")
    case .state: event = .readBack(signal: index, state: answer.state, time: clock.now)
    }
    do {
      try ingestor.record(event)
      if answer.verdict == .refused, answer.reason == FieldRim.staleToken, leases != nil { try giveUp(topology.signals[index].region) }
    } catch { logger.error("an answer of the street is lost", metadata: ["error": "\(error)"]) }
  }

  // MARK: Leases

  /// Renews the leases; while the database is away the last tokens stay in use, since nobody else can get a higher one either, and if
  /// somebody does, the street refuses ours.
  private func keepLeases() {
    // Others' regions are looked at after their engines have had the time to come for them, at the start and after an outage.
    var patience = Date().addingTimeInterval(Double(leases?.term ?? 0) / 1000 + 2)
    var wasReached = true
    while !keeper.isStopping {
      let isReached = takeLeases(others: Date() > patience)
      if !isReached {
        if wasReached { logger.warning("leases not renewed: the database is away") }
        patience = Date().addingTimeInterval(3)
      } else if !wasReached {
        logger.notice("leases are renewed again")
      }
      wasReached = isReached
      keeper.rest(settings.homeRegions == nil ? 2 : 0.5)
    }
  }

  private func takeLeases(others: Bool) -> Bool {
    guard let leases else { return true }
    leaseTurn.lock()
    defer { leaseTurn.unlock() }
    var isReached = true
    for region in regions {
      do {
        lock.lock()
        let before = tokens[region]
        lock.unlock()
        let isHome = settings.homeRegions?.contains(region) ?? true
        guard isHome || before != nil || others else { continue }
        let lease = try leases.acquire(region, isRenewal: before != nil, isHome: isHome)
        let token = lease?.token
        lock.lock()
        tokens[region] = token
        let starting = isStarting
        lock.unlock()
        guard before != token, !starting else { continue }
        let time = clock.now
        // The database's milliseconds are the world's.
        let since = lease?.gap.map { time - .milliseconds(Int64(Double($0) * clock.factor)) }
        try ingestor.record(.lease(region: region, token: token, time: time, since: since))
        logger.notice(
          token == nil ? "a region is another engine's now" : "a region is taken up", metadata: ["region": "\(region)"])
      } catch {
        isReached = false
      }
    }
    return isReached
  }

  /// A street that has seen a higher token says that another engine has the region, whether or not the database can be asked.
  private func giveUp(_ region: String) throws {
    lock.lock()
    let wasHeld = tokens.removeValue(forKey: region) != nil
    lock.unlock()
    guard wasHeld else { return }
    try ingestor.record(.lease(region: region, token: nil, time: clock.now))
    logger.warning("the street obeys another engine", metadata: ["region": "\(region)"])
  }

  // MARK: Ticks

  private func begin(_ time: Instant, knowing: [SignalState?]? = nil) throws -> LiveEngine {
    var shown = knowing, time = time
    if shown == nil {
      street.advance(to: time)
      street.requestStates(of: topology.signals.map(\.name), now: time)
      let limit = Date().addingTimeInterval(settings.readBackPatience)
      lock.lock()
      while answers.count < topology.signals.count, !stopping, lock.wait(until: limit) {}
      shown = topology.signals.indices.map { answers[$0] }
      lock.unlock()
      // For how long the street has shown it nobody knows: every interval is counted from here.
      time = max(time, clock.now)
    }
    hub.forgetAlarms()
    lock.lock()
    isStarting = false
    trouble = nil
    let held = regions.filter { leases == nil || tokens[$0] != nil }
    let heldTokens = leases == nil ? nil : tokens
    lock.unlock()
    let start = LiveStart(
      topology: topology, settings: settings.engine, time: time, shown: shown!, standing: ingestor.standing(at: time), regions: held,
      tokens: heldTokens, provenance: Provenance(inputHash: inputHash))
    try ingestor.record(start)
    logger.info(
      "the loop begins",
      metadata: [
        "signals": "\(topology.signals.count)", "readBack": "\(shown!.filter { $0 != nil }.count)",
        "regions": "\(held.joined(separator: " "))",
      ])
    return try LiveEngine(start)
  }

  private func run() throws {
    _ = takeLeases(others: false)
    let interval = settings.interval.milliseconds
    var engine = try begin(clock.now)
    var due = Instant(milliseconds: (engine.now.milliseconds / interval + 1) * interval)
    var restartDay = localDay(due)
    while !isStopping {
      sleep(until: due)
      if isStopping { break }
      street.advance(to: due)
      try noteTrouble()
      let inputs = try ingestor.tick(due)
      for input in inputs {
        switch input {
        case .readings(let readings):
          for reading in readings {
            engine.take(reading)
            if case .state(true, _) = reading.value, let place = advanceDetectors[reading.detector] {
              history.note(arrivalAt: place.signal, approach: place.approach, time: reading.time)
            }
          }
        case .event(let event): engine.take(event)
        }
      }
      let outcome = engine.tick(due)
      var through = try ingestor.record(output: .decision, outcome.decision.encoded())
      if let measures = outcome.measures { through = try ingestor.record(output: .measures, measures.encoded()) }
      try ingestor.journal.commitBlocking(through: through)
      command(outcome, at: due)
      let late = -clock.nanoseconds(until: due) / 1e6
      lock.lock()
      latency.add(max(0, late))
      ticks += 1
      lastTick = due
      lock.unlock()
      history.note(outcome.decision.entries, at: due)
      let snapshot = engine.snapshot()
      hub.note(outcome.decision.alarms, at: due)
      hub.publish(snapshot)
      street.broadcast(snapshot, of: outcome.decision.entries.map(\.signal), in: topology)
      if localDay(due) != restartDay {
        restartDay = localDay(due)
        engine = try begin(due, knowing: engine.snapshot().signals.map { $0.authority == .awaitingReadBack ? nil : $0.shown })
      }
      // A loop of the world's time that has fallen behind goes on with the present; a faster one runs every second it owes.
      let next = due + settings.interval
      let behind = clock.now.milliseconds - next.milliseconds
      if behind >= interval, clock.factor <= 1 {
        let missed = behind / interval
        lock.lock()
        skippedTicks += UInt64(missed)
        lock.unlock()
        due = Instant(milliseconds: next.milliseconds + missed * interval)
      } else {
        due = next
      }
    }
  }

  /// Records that the street as a whole has gone or is there again.
  private func noteTrouble() throws {
    let found = street.trouble
    lock.lock()
    let before = trouble
    trouble = found
    lock.unlock()
    guard found != before, (found == nil) != (before == nil) else { return }
    try ingestor.record(.street(trouble: found, time: clock.now))
    if let found {
      logger.error("the street is out of reach", metadata: ["reason": "\(found)"])
    } else {
      logger.notice("the street can be reached again")
    }
  }

  /// Number of the day that begins at the hour of the daily restart.
  private func localDay(_ time: Instant) -> Int64 {
    ((time + topology.zoneOffset).milliseconds - Int64(settings.dailyRestart) * 1000) / 86_400_000
  }

  private func sleep(until due: Instant) {
    while !isStopping {
      let left = clock.nanoseconds(until: due)
      if left <= 0 { return }
      // In slices, so that a stop does not wait; the last bit exactly.
      usleep(UInt32(min(left / 1000, 100_000).rounded(.up)))
    }
  }

  private func command(_ outcome: LiveEngine.Outcome, at due: Instant) {
    lock.lock()
    let tokens = tokens
    lock.unlock()
    var commands: [FieldCommand] = []
    for command in outcome.commands {
      let signal = topology.signals[command.signal]
      guard let token = leases == nil ? 1 : tokens[signal.region] else { continue }
      lock.lock()
      nextCommand += 1
      let id = nextCommand
      lock.unlock()
      commands.append(
        FieldCommand(
          id: id, signal: signal.name, state: command.state, issued: due, expires: due + settings.engine.commandExpiry,
          token: token))
    }
    street.heartbeat(
      now: due, tokens: leases == nil ? Dictionary(uniqueKeysWithValues: regions.map { ($0, 1) }) : tokens,
      released: outcome.released.map { topology.signals[$0].name })
    if !commands.isEmpty {
      street.send(commands)
      lock.lock()
      commandsSent += UInt64(commands.count)
      lock.unlock()
    }
    if !outcome.readBackWanted.isEmpty {
      street.requestStates(of: outcome.readBackWanted.map { topology.signals[$0].name }, now: due)
    }
  }
}
