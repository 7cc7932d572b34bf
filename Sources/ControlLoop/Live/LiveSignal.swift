import SignalControl
import TrafficModel

/// What the engine remembers of one detector.
struct DetectorMemory: Sendable {
  enum Health: UInt8, Sendable { case silent, well, stuck, faulty }
  var lastHeard: Instant?
  var occupied = false
  var occupiedSince: Instant?
  var faulty = false
  var health = Health.silent
  /// Told as not well; its recovery is news.
  var isTold = false
}

/// One signal as the engine runs it: its controllers, the lawful way between their wishes, the monitor that judges, and what is known of its
/// lanes and detectors. Signals share nothing, so that those of a city can be decided side by side.
final class LiveSignal {
  let index: Int
  let place: LiveTopology.Signal
  let settings: LiveSettings
  let zoneOffset: TimeAmount
  let junction: LiveJunction
  let strategy: ControlStrategy
  /// The signal's detectors, in the topology's order.
  let places: [LiveTopology.Detector]

  var controllers: LiveControllers
  /// Leads from what is shown to what whoever has the say wishes; they take turns at any second.
  var transition: TransitionGuard
  var monitor: ConflictMonitor
  var program: SignalProgram
  /// Index in the signal's list; nil for a program that was adopted while running.
  var programIndex: Int?
  /// Entry of the calendar under which the program was taken: when the calendar moves on, its program takes over.
  var calendarIndex: Int
  var pending: (program: SignalProgram, reason: Message)?
  /// Serving stage that is shown or being changed to.
  var target = 0
  var level = ControlLevel.timeOfDay
  /// The first rise after a start is no recovery and need not wait.
  var hasRisen = false
  var wellSince: Instant?
  var orders: [LiveOrder] = []
  var lanes: [LaneMemory]
  var detectors: [DetectorMemory]
  /// Changes of detectors since the last tick.
  var events: [DetectorEvent] = []
  var hasLease: Bool
  var needsReadBack: Bool
  var acknowledged: SignalState?
  var unansweredSince: Instant?
  var isUnreachable = false
  var isStreetLost = false
  /// Alarms that are up: the signal does not answer, it refused, it runs below adaptive control.
  var isUnreachableTold = false
  var isRefusalTold = false
  var isLevelTold = false
  let began: Instant
  var reason = Message("live.starting")
  var options: [DecisionExplanation.Option] = []
  var lastEntry: LiveDecision.Entry?
  var alarms: [LiveDecision.Alarm] = []
  /// The monitor holds the signal against the wish, or serves one who waited too long.
  var isOverruled = false
  /// Links of the controller that no watched lane obeys: somebody may always wait there.
  private let unwatched: Set<Int>

  init(
    _ index: Int, _ place: LiveTopology.Signal, detectors places: [LiveTopology.Detector], start: LiveStart, strategy: ControlStrategy
  ) {
    self.index = index
    self.place = place
    self.places = places
    self.strategy = strategy
    settings = start.settings
    began = start.time
    zoneOffset = start.topology.zoneOffset
    junction = LiveJunction(place, detectors: places)
    let known = index < start.shown.count ? start.shown[index] : nil
    let shown = known.flatMap { $0.count == place.linkCount ? $0 : nil }
    let first = shown ?? SignalState(repeating: .red, count: place.linkCount)
    transition = TransitionGuard(constraints: place.constraints, shown: first, since: start.time)
    monitor = ConflictMonitor(network: junction.network, constraints: [place.constraints])
    monitor.resume(SignalID(0), shown: first, at: start.time)
    needsReadBack = shown == nil
    acknowledged = shown
    hasLease = start.regions.contains(place.region)
    detectors = places.map { _ in DetectorMemory() }
    calendarIndex = place.program(at: start.time, offset: zoneOffset)
    program = place.programs[calendarIndex]
    programIndex = calendarIndex
    controllers = LiveControllers(junction, program, place.constraints, strategy: strategy, replacing: nil)
    var lanes: [LaneMemory] = []
    for (k, approach) in place.approaches.enumerated() {
      lanes.append(
        LaneMemory(
          approach, length: junction.length[k], advance: junction.advance[k], hasStopBar: junction.hasStopBar[k], start: start.time))
    }
    self.lanes = lanes
    unwatched = Set(0..<place.linkCount).subtracting(place.approaches.flatMap(\.links))
    resume(from: first)
  }

  func alarm(_ raised: Bool, _ subject: String, _ message: Message) {
    alarms.append(LiveDecision.Alarm(raised: raised, signal: index, subject: subject, message: message))
  }

  var authority: CommandAuthority {
    if !hasLease { return .noLease }
    if orders.contains(where: { $0.action == .fallback }) { return .fallback }
    if settings.shadow || orders.contains(where: { $0.action == .shadow }) { return .shadow }
    return needsReadBack ? .awaitingReadBack : .commanding
  }

  /// Takes over `program`.
  func adopt(_ program: SignalProgram, index: Int?) {
    let served = controllers.stages.indices.contains(target) ? controllers.stages[target] : nil
    self.program = program
    programIndex = index
    controllers = LiveControllers(junction, program, place.constraints, strategy: strategy, replacing: controllers)
    target = controllers.stages.firstIndex { $0 == served } ?? 0
  }

  func removeOrders(where matches: (LiveOrder) -> Bool) {
    func isAway(_ order: LiveOrder) -> Bool { order.action == .fallback || order.action == .shadow }
    let wasAway = orders.contains(where: isAway)
    orders.removeAll(where: matches)
    // What was left to itself must be looked at before it is commanded again.
    if wasAway && !orders.contains(where: isAway) { needsReadBack = true }
  }

  /// Goes on from what the street shows: the stage with the same greens, or else the one with most of them.
  func resume(from shown: SignalState) {
    var best = -1
    for (index, stage) in controllers.stages.enumerated() {
      let common = stage.greens.filter { shown[$0].isGreen }.count
      if common > best { (best, target) = (common, index) }
    }
  }

  /// Takes over what the street was found to show.
  func readBack(_ state: SignalState, at now: Instant) {
    transition = TransitionGuard(constraints: place.constraints, shown: state, since: now)
    monitor.resume(SignalID(0), shown: state, at: now)
    acknowledged = state
    needsReadBack = false
    resume(from: state)
    answered()
    guard isRefusalTold else { return }
    isRefusalTold = false
    alarm(false, place.name, Message("alarm.refused", [place.name, ""]))
  }

  /// The street has refused a command: what it shows must be read before the next.
  func refuse(_ why: String) {
    needsReadBack = true
    isRefusalTold = true
    alarm(true, place.name, Message("alarm.refused", [place.name, why]))
  }

  /// The street has gone, or is there again: nobody knows what the signal shows until it has been read back.
  func streetIsLost(_ isLost: Bool) {
    isStreetLost = isLost
    unansweredSince = nil
    guard isLost else { return }
    needsReadBack = true
    isUnreachable = true
  }

  /// The street has answered.
  func answered() {
    unansweredSince = nil
    guard isUnreachable else { return }
    isUnreachable = false
    guard isUnreachableTold else { return }
    isUnreachableTold = false
    alarm(false, place.name, Message("alarm.unreachable", [place.name]))
  }

  /// Whether somebody waits for a link, as far as the monitor must care.
  func isCalled(_ link: Int) -> Bool {
    if level == .timeOfDay || unwatched.contains(link) { return true }
    return lanes.contains { $0.links.contains(link) && ($0.queue >= 0.5 || $0.stopBarOccupied) }
  }
}

/// The controllers that take turns at one signal, of the same kinds that `greenwave control` runs.
struct LiveControllers {
  let fixed: any SignalController
  let actuated: any SignalController
  let adaptive: any SignalController
  /// Distinct serving stages of the program, as the adaptive strategy numbers them.
  let stages: [SignalState]

  /// The adaptive controller of `old` goes on where the stages are the same: durations are nothing to it, what it has learnt is.
  init(
    _ junction: LiveJunction, _ program: SignalProgram, _ constraints: TimingConstraints, strategy: ControlStrategy,
    replacing old: LiveControllers?
  ) {
    let problem = ControlProblem(
      network: junction.network(running: program), constraints: [constraints], detectors: junction.detectors)
    stages = StageSequencer.servingStages(of: program)
    fixed = ControlStrategy.named("fixed")!.make(problem)
    actuated = ControlStrategy.named("actuated")!.make(problem)
    adaptive = if let old, old.stages == stages { old.adaptive } else { strategy.make(problem) }
  }
}
