import Dispatch
import SignalControl
import TrafficModel

/// The deciding part of the control centre: readings, events and ticks go in, decisions come out.
///
/// It runs the controllers that `greenwave control` runs, behind the same ``ConflictMonitor``, for each signal at the level that its
/// detectors allow. It does no input or output and reads no clock: equal records in equal order give equal decisions, byte for byte.
/// That is what makes a journal verifiable. The live service drives it each second; ``verifyJournal(at:)`` drives it from the record.
public final class LiveEngine {
  public let topology: LiveTopology
  public let settings: LiveSettings
  public private(set) var now: Instant

  let signals: [LiveSignal]
  /// Of each detector of the topology, its signal and its place among the signal's.
  private(set) var detectorPlace: [(signal: Int, detector: Int)] = []
  private let detectorIndex: [String: Int]
  private var measuresBegin: Instant
  /// Alarms about the street as a whole since the last tick.
  private var alarms: [LiveDecision.Alarm] = []

  /// What a tick asks the street to do.
  public struct Command: Sendable, Hashable {
    public var signal: Int
    public var state: SignalState
  }

  /// What comes of a tick.
  public struct Outcome: Sendable {
    public var decision: LiveDecision
    public var commands: [Command]
    /// At the end of each minute.
    public var measures: LiveMeasures?
    /// Signals whose state on the street must be read before they can be commanded.
    public var readBackWanted: [Int]
    /// Signals left to their local plan.
    public var released: [Int]
  }

  /// Throws ``MalformedRecord`` where no control strategy has the name that the settings give.
  public init(_ start: LiveStart) throws(MalformedRecord) {
    guard let strategy = ControlStrategy.named(start.settings.strategy) else {
      throw MalformedRecord(field: "strategy \(start.settings.strategy)", offset: 0)
    }
    topology = start.topology
    settings = start.settings
    now = start.time
    measuresBegin = start.time
    detectorIndex = Dictionary(topology.detectors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    var watching = [[LiveTopology.Detector]](repeating: [], count: topology.signals.count)
    for detector in topology.detectors {
      detectorPlace.append((detector.signal, watching[detector.signal].count))
      watching[detector.signal].append(detector)
    }
    signals = topology.signals.enumerated().map { LiveSignal($0, $1, detectors: watching[$0], start: start, strategy: strategy) }
    for event in start.standing { take(event) }
  }

  /// Position of the detector of that name, or nil for one nobody knows.
  public func detector(named name: String) -> Int? { detectorIndex[name] }

  // MARK: Inputs

  /// Takes in one reading. Readings of unknown detectors are for the caller to refuse; here they are of no effect.
  public func take(_ reading: Reading) {
    guard let index = detectorIndex[reading.detector] else { return }
    let place = detectorPlace[index]
    signals[place.signal].take(reading, detector: place.detector, at: now)
  }

  /// Takes in an event.
  public func take(_ event: LiveEvent) {
    func signal(_ index: Int) -> LiveSignal? { signals.indices.contains(index) ? signals[index] : nil }
    switch event {
    case .order(let order):
      guard let signal = signal(order.signal) else { return }
      signal.orders.removeAll { $0.id == order.id }
      signal.orders.append(order)
    case .undo(let id, _, _, _): for signal in signals { signal.removeOrders { $0.id == id } }
    case .plan(let index, let program, let reason, let time):
      guard let signal = signal(index) else { return }
      // A plan is for the traffic of its part of the day; one that outlived a restart is taken up only where that part still lasts.
      let place = signal.place
      guard now - time < .seconds(43_200),
        place.program(at: time, offset: topology.zoneOffset) == place.program(at: now, offset: topology.zoneOffset)
      else { return }
      signal.pending = (program, reason)
    case .acknowledged(let index, _, let state):
      signal(index)?.acknowledged = state
      signal(index)?.answered()
    case .refused(let index, _, let why):
      guard let signal = signal(index) else { return }
      signal.refuse(why)
    case .readBack(let index, let state, _):
      guard let signal = signal(index), state.count == signal.place.linkCount else { return }
      signal.readBack(state, at: now)
    case .lease(let region, let token, _, _):
      for signal in signals where signal.place.region == region {
        if token != nil && !signal.hasLease { signal.needsReadBack = true }
        signal.hasLease = token != nil
      }
    case .street(let trouble, _):
      for signal in signals { signal.streetIsLost(trouble != nil) }
      alarms.append(
        LiveDecision.Alarm(
          raised: trouble != nil, signal: LiveDecision.Alarm.allSignals, subject: "street",
          message: Message("alarm.street", [trouble ?? ""])))
    }
  }

  // MARK: Tick

  /// Decides for every signal. Precondition: `time` is not before the last tick.
  public func tick(_ time: Instant) -> Outcome {
    precondition(time >= now, "the clock went back from \(now.milliseconds) to \(time.milliseconds)")
    let elapsed = time - now
    now = time
    var decision = LiveDecision(time: time, digest: 0xcbf2_9ce4_8422_2325, entries: [], alarms: [])
    func mix(_ byte: UInt8) { decision.digest = (decision.digest ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    decision.alarms = alarms
    alarms.removeAll(keepingCapacity: true)
    var outcome = Outcome(decision: decision, commands: [], measures: nil, readBackWanted: [], released: [])
    for (index, tick) in ticks(time, elapsed).enumerated() {
      let signal = signals[index]
      if tick.isCommand { outcome.commands.append(Command(signal: index, state: tick.entry.shown)) }
      switch tick.authority {
      case .commanding: break
      case .awaitingReadBack: outcome.readBackWanted.append(index)
      case .shadow, .fallback, .noLease: outcome.released.append(index)
      }
      for indication in tick.entry.shown.indications { mix(indication.rawValue) }
      mix(tick.entry.level.rawValue)
      mix(tick.entry.authority.rawValue)
      if signal.lastEntry.map({ Self.differs($0, tick.entry) }) ?? true {
        decision.entries.append(tick.entry)
        signal.lastEntry = tick.entry
      }
      decision.alarms += signal.alarms
      signal.alarms.removeAll(keepingCapacity: true)
    }
    outcome.decision = decision
    outcome.measures = closeMinute()
    return outcome
  }

  /// Every signal's tick, in their order; they share nothing, so that how many cores take part changes no byte.
  private func ticks(_ time: Instant, _ elapsed: TimeAmount) -> [LiveSignal.Tick] {
    let share = 16
    guard signals.count > share else { return signals.map { $0.tick(time, elapsed: elapsed) } }
    var parts = [[LiveSignal.Tick]](repeating: [], count: (signals.count + share - 1) / share)
    parts.withUnsafeMutableBufferPointer { parts in
      nonisolated(unsafe) let parts = parts
      nonisolated(unsafe) let signals = signals
      DispatchQueue.concurrentPerform(iterations: parts.count) { part in
        parts[part] = signals[(part * share)..<min(signals.count, (part + 1) * share)].map { $0.tick(time, elapsed: elapsed) }
      }
    }
    return parts.flatMap { $0 }
  }

  /// Numbers in a reason move each second; they are worth a record only when something else changes.
  private static func differs(_ a: LiveDecision.Entry, _ b: LiveDecision.Entry) -> Bool {
    a.shown != b.shown || a.level != b.level || a.authority != b.authority || a.order != b.order || a.reason.key != b.reason.key
  }

  private func closeMinute() -> LiveMeasures? {
    let minute: Int64 = 60_000
    guard now.milliseconds / minute > measuresBegin.milliseconds / minute else { return nil }
    var rows: [LiveMeasures.Row] = []
    for signal in signals {
      var row = LiveMeasures.Row(signal: signal.index, arrivals: 0, departures: 0, queueSeconds: 0, arrivalsOnGreen: 0)
      for lane in signal.lanes.indices {
        let sums = signal.lanes[lane].minute
        row.arrivals += sums.arrivals
        row.departures += sums.departures
        row.queueSeconds += sums.queueSeconds
        row.arrivalsOnGreen += sums.arrivalsOnGreen
        signal.lanes[lane].minute = LaneMemory.Minute()
      }
      rows.append(row)
    }
    defer { measuresBegin = now }
    return LiveMeasures(begin: measuresBegin, end: now, rows: rows)
  }
}
