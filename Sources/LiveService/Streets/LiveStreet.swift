import ControlLoop
import SignalControl
import TrafficModel

/// One command to one signal, as it goes to the street.
public struct FieldCommand: Sendable, Hashable, Codable {
  public var id: UInt64
  public var signal: String
  public var state: SignalState
  public var issued: Instant
  /// Of no effect from this moment on.
  public var expires: Instant
  /// The lease's token: a street that has seen a higher one refuses.
  public var token: UInt64

  public init(id: UInt64, signal: String, state: SignalState, issued: Instant, expires: Instant, token: UInt64) {
    self.id = id
    self.signal = signal
    self.state = state
    self.issued = issued
    self.expires = expires
    self.token = token
  }
}

/// What the street answers.
public struct FieldAnswer: Sendable, Hashable, Codable {
  public enum Verdict: String, Sendable, Codable { case shown, refused, state }
  /// The command answered; 0 for a state that was asked for.
  public var id: UInt64
  public var signal: String
  public var verdict: Verdict
  /// What the signal shows now.
  public var state: SignalState
  public var reason: String?

  public init(id: UInt64, signal: String, verdict: Verdict, state: SignalState, reason: String? = nil) {
    self.id = id
    self.signal = signal
    self.verdict = verdict
    self.state = state
    self.reason = reason
  }
}

/// What the live loop can drive. Called from the loop's own thread, one call at a time; answers go to `answered`, from any thread.
public protocol LiveStreet: AnyObject, Sendable {
  /// What keeps the whole street out of reach, in words; nil while it can be reached. Asked each tick.
  var trouble: String? { get }
  /// Where answers and readings of the street go; set once before anything else is called.
  func connect(answered: @escaping @Sendable (FieldAnswer) -> Void, read: @escaping @Sendable ([Reading]) -> Void)
  /// Moves a simulated street to `now`; a real one needs no moving.
  func advance(to now: Instant)
  /// Asks what signals show; the answers come as ``FieldAnswer/Verdict/state``.
  func requestStates(of signals: [String], now: Instant)
  func send(_ commands: [FieldCommand])
  /// Tells the controllers who is in charge of each region, and which signals are left to their local plan.
  func heartbeat(now: Instant, tokens: [String: UInt64], released: [String])
  /// Tells vehicles what `signals` show and for how long, where the street has a way to.
  func broadcast(_ snapshot: LiveSnapshot, of signals: [Int], in topology: LiveTopology)
  func close()
}

extension LiveStreet {
  public var trouble: String? { nil }
  public func broadcast(_ snapshot: LiveSnapshot, of signals: [Int], in topology: LiveTopology) {}
}

/// The last gate before the lamps, in the controller's cabinet or whatever stands for it: refuses what is stale or comes from an engine
/// that has lost its lease, and goes back to the local plan when it hears nothing.
public struct FieldRim: Sendable {
  public private(set) var transition: TransitionGuard
  public private(set) var highestToken: UInt64 = 0
  private var lastHeard: Instant?
  private let program: SignalProgram
  private let zoneOffset: TimeAmount
  private let silence: TimeAmount
  private var commanded: SignalState?
  private let constraints: TimingConstraints
  public private(set) var monitor: IntervalMonitor

  public init(_ signal: LiveTopology.Signal, zoneOffset: TimeAmount, start: Instant, silence: TimeAmount = .seconds(10)) {
    constraints = signal.constraints
    program = signal.programs[signal.program(at: start, offset: zoneOffset)]
    self.zoneOffset = zoneOffset
    self.silence = silence
    // Red before anybody came, so that nothing has still to clear.
    transition = TransitionGuard(
      constraints: signal.constraints, shown: SignalState(repeating: .red, count: signal.linkCount), since: start - .minutes(1))
    monitor = IntervalMonitor(constraints: signal.constraints)
  }

  public var isLocal: Bool { commanded == nil }

  public mutating func heartbeat(now: Instant, token: UInt64, isReleased: Bool) {
    guard token >= highestToken else { return }
    highestToken = token
    lastHeard = now
    if isReleased { commanded = nil }
  }

  /// Keeps what is shown until the asker has had time to go on from it, and says what it is.
  public mutating func readBack(now: Instant) -> SignalState {
    commanded = transition.shown
    lastHeard = now
    return transition.shown
  }

  /// Judges a command; shows it where it is good.
  public mutating func take(_ command: FieldCommand, now: Instant) -> FieldAnswer {
    func refuse(_ why: String) -> FieldAnswer {
      FieldAnswer(id: command.id, signal: command.signal, verdict: .refused, state: transition.shown, reason: why)
    }
    if command.token < highestToken { return refuse(Self.staleToken) }
    if now >= command.expires { return refuse("expired") }
    if command.state.count != constraints.links.count { return refuse("wrong number of indications") }
    if !constraints.conflicts(in: command.state).isEmpty { return refuse("conflicting greens") }
    // The engine's clock and ours tick apart: what becomes lawful within the tolerance is taken and shown when it is.
    var trial = transition
    if trial.advance(toward: command.state, at: now) != command.state {
      trial = transition
      guard trial.advance(toward: command.state, at: now + Self.tolerance) == command.state else {
        // Reached only where the engine does not know what is shown here; it must read back before it goes on.
        return refuse("a minimum interval is still running")
      }
    }
    highestToken = command.token
    lastHeard = now
    commanded = command.state
    _ = advance(to: now)
    return FieldAnswer(id: command.id, signal: command.signal, verdict: .shown, state: command.state)
  }

  /// Why a deposed engine is refused.
  public static let staleToken = "stale token"
  /// How much earlier than lawful a command may come.
  static let tolerance = TimeAmount.milliseconds(300)

  /// What is shown at `now`.
  public mutating func advance(to now: Instant) -> SignalState {
    if let heard = lastHeard, now - heard >= silence { commanded = nil }
    if lastHeard == nil { commanded = nil }
    let wanted = commanded ?? program.stage(at: now + zoneOffset).map { program.stages[$0.index].state }
    if let wanted { monitor.observe(transition.advance(toward: wanted, at: now), at: now) }
    return transition.shown
  }
}

/// Counts what must never be seen on a street: conflicting greens, and intervals shorter than the signal's rules.
///
/// Written apart from ``TransitionGuard``, from the rules alone, so that a fault in one does not hide in the other.
public struct IntervalMonitor: Sendable, Hashable {
  public private(set) var conflicts = 0
  public private(set) var shortGreens = 0
  public private(set) var shortYellows = 0
  public private(set) var missingYellows = 0
  public private(set) var shortClearances = 0
  private let constraints: TimingConstraints
  private var last: SignalState?
  private var since: [Instant] = []
  private var greenEnded: [Instant?] = []

  public init(constraints: TimingConstraints) { self.constraints = constraints }

  public var violations: Int { conflicts + shortGreens + shortYellows + missingYellows + shortClearances }

  public mutating func observe(_ state: SignalState, at now: Instant) {
    guard let before = last else {
      last = state
      since = [Instant](repeating: now, count: state.count)
      greenEnded = [Instant?](repeating: nil, count: state.count)
      return
    }
    if !constraints.conflicts(in: state).isEmpty { conflicts += 1 }
    for i in 0..<state.count where state[i] != before[i] {
      let lasted = now - since[i], limits = constraints.links[i]
      if before[i].isGreen && !state[i].isGreen {
        if lasted < limits.minimumGreen { shortGreens += 1 }
        if state[i] != .yellow && limits.yellow > .zero { missingYellows += 1 }
      }
      if before[i] == .yellow {
        if lasted < limits.yellow { shortYellows += 1 }
        greenEnded[i] = now
      }
      if before[i].isGreen && state[i] == .red { greenEnded[i] = now }
      if state[i].isGreen && !before[i].isGreen {
        for j in 0..<state.count where j != i && constraints.conflicts[i, j] == .conflict {
          let excepted = constraints.exceptions.contains { ($0.first, $0.second) == (i, j) || ($0.second, $0.first) == (i, j) }
          guard !excepted, let ended = greenEnded[j] else { continue }
          if now - ended < constraints.links[j].redClearance { shortClearances += 1 }
        }
      }
      if !(before[i].isGreen && state[i].isGreen) { since[i] = now }
    }
    last = state
  }
}
