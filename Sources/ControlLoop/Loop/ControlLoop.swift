import SignalControl
import TrafficModel

/// The running loop: each tick it hears from the street, asks the controller, lets the monitor judge, and shows what passed.
///
/// It runs at its own pace, never in reaction to an event, and joins what never meet: a controller that knows no street and a street that
/// knows no controller. Only clock, feed and output differ between simulation, rehearsal and the field.
public final class ControlLoop {
  public struct Settings: Sendable {
    /// Wall-clock time a decision may take; one that takes longer is dropped and the signals hold. Nil: a simulated street waits.
    public var deadline: Duration?
    /// Who waits according to loops, where no vehicle tells.
    public var calls: LoopCalls?
    public init(deadline: Duration? = nil, calls: LoopCalls? = nil) {
      self.deadline = deadline
      self.calls = calls
    }
  }

  /// What happened in one tick.
  public struct Tick: Sendable {
    public var now: Instant
    public var inputs: ControlInputs
    /// What the controller wished.
    public var wished: [SignalCommand]
    /// What the street shows.
    public var shown: [SignalCommand]
    public var violations: [ConflictMonitor.Violation]
    /// Wall-clock time of the decision.
    public var latency: Duration
    public var isLate: Bool
  }

  /// What a run amounted to.
  public struct Summary: Sendable {
    public var ticks = 0
    public var lateDecisions = 0
    public var violations: [ConflictMonitor.Violation] = []
    /// Wall-clock time of the decisions, in the order they were made.
    public var latencies: [Duration] = []

    public init() {}

    /// Latency that a share of the decisions stayed within; zero without decisions.
    public func latency(quantile: Double) -> Duration {
      guard !latencies.isEmpty else { return .zero }
      let sorted = latencies.sorted()
      return sorted[min(sorted.count - 1, Int((Double(sorted.count) * quantile).rounded(.up)))]
    }
  }

  private let street: any Street
  private var controller: any SignalController
  private var monitor: ConflictMonitor
  private var settings: Settings
  private var lastShown: [SignalCommand] = []
  /// What happened so far; whole also where a run broke off.
  public private(set) var summary = Summary()

  public init(street: any Street, controller: any SignalController, monitor: ConflictMonitor, settings: Settings = .init()) {
    self.street = street
    self.controller = controller
    self.monitor = monitor
    self.settings = settings
  }

  /// Why the controller does what it does at a signal.
  public func explain(_ signal: SignalID) -> DecisionExplanation? { controller.explain(signal) }

  /// Runs until the street ends or `until` is reached.
  /// - Parameter observe: hears of every tick after it has been shown.
  @discardableResult
  public func run(until: Instant? = nil, observe: (Tick) throws -> Void = { _ in }) throws -> Summary {
    if street.isUnderway { try takeOver() }
    while until.map({ street.now < $0 }) ?? true {
      let tick = try decide()
      summary.ticks += 1
      summary.lateDecisions += tick.isLate ? 1 : 0
      summary.violations += tick.violations
      summary.latencies.append(tick.latency)
      try observe(tick)
      guard try street.advance() else { break }
    }
    return summary
  }

  /// Another controller takes the place of the present one, as after a restart: it knows nothing but what the street shows.
  public func replace(controller: any SignalController) throws {
    self.controller = controller
    try takeOver()
  }

  private func takeOver() throws {
    let shown = try street.shown()
    for state in shown { monitor.takeOver(state.signal, shown: state.state, at: street.now) }
    controller.resume(shown, at: street.now)
  }

  private func decide() throws -> Tick {
    let now = street.now
    let inputs = try street.collect()
    let clock = ContinuousClock()
    let began = clock.now
    let wished = controller.tick(now: now, inputs: inputs)
    let latency = clock.now - began
    let isLate = settings.deadline.map { latency > $0 } ?? false && !lastShown.isEmpty
    settings.calls?.note(inputs.detectorEvents)
    let isCalled = settings.calls.map { calls in { calls.isCalled($0, $1) } } ?? Self.calls(inputs)
    let (passed, violations) = monitor.pass(isLate ? lastShown : wished, at: now, isCalled: isCalled)
    try street.show(passed)
    lastShown = passed
    return Tick(now: now, inputs: inputs, wished: wished, shown: passed, violations: violations, latency: latency, isLate: isLate)
  }

  /// Somebody waits for a link where a vehicle signals it; without vehicle reports every link may have somebody waiting.
  private static func calls(_ inputs: ControlInputs) -> (SignalID, Int) -> Bool {
    guard !inputs.vehicles.isEmpty else { return { _, _ in true } }
    var called: Set<SignalLink> = []
    for report in inputs.vehicles {
      guard let signal = report.signal else { continue }
      guard let link = report.signalLink else { return { _, _ in true } }
      called.insert(SignalLink(signal: signal, index: link))
    }
    return { called.contains(SignalLink(signal: $0, index: $1)) }
  }
}
