import TrafficModel

/// Stands between every controller and every output: what breaks a signal's rules does not pass.
///
/// A state that would show conflicting greens, cut a yellow, a red clearance or a minimum green short, or switch a signal off, is
/// refused: the signal holds what it shows, the reason is logged, and from the next tick on the signal is led to what the controller
/// wants by a lawful way. A link that waits longer than its maximum red while somebody calls for it is served, whoever objects. There
/// is no way to switch the monitor off; its limits are data of each signal (``TimingConstraints``).
public struct ConflictMonitor: Sendable {
  /// A refusal, or a link served because it had waited too long.
  public struct Violation: Hashable, Sendable, Codable {
    public enum Rule: String, Sendable, Codable, CaseIterable {
      case stateLength, conflictingGreens, missingYellow, shortYellow, shortRedClearance, shortGreen, signalOff, maximumRed
    }
    public var time: Instant
    public var signal: SignalID
    public var rule: Rule
    /// Link indices concerned.
    public var links: [Int]
    public var shown: SignalState
    public var wanted: SignalState

    /// The sentence for people.
    public func message(signalName: String) -> Message {
      Message("monitor." + rule.rawValue, [signalName, links.map(String.init).joined(separator: ", "), "\(shown)", "\(wanted)"])
    }
  }

  private struct Watch: Sendable {
    var transition: TransitionGuard
    /// Stages in which the starved can be served.
    let stages: [SignalState]
    /// Links that some program lets turn on red or shows red and yellow, and whether one shows the signal dark.
    let turnsOnRed: [Bool]
    let showsRedYellow: [Bool]
    let goesDark: Bool

    /// Whether link `i` may show `indication` at all.
    func knows(_ indication: Indication, _ i: Int) -> Bool {
      switch indication {
      case .off, .offBlinking: goesDark
      case .stopThenProceed: turnsOnRed[i]
      case .redYellow: showsRedYellow[i]
      case .green, .permissiveGreen, .yellow, .red: true
      }
    }
    /// Since when each link has been red with somebody waiting; nil while it is not.
    var waitingSince: [Instant?]
    /// What the signal is led to, against or beside the controller's wish.
    var lead: Lead?
    enum Lead: Sendable {
      case toWish
      case toServe(link: Int, state: SignalState)
    }
  }

  private var watches: [SignalID: Watch] = [:]
  private var constraints: [TimingConstraints]
  private let programs: [[SignalProgram]]
  /// Refusals so far.
  public private(set) var refusals = 0
  /// Links served because they had waited too long.
  public private(set) var rescues = 0

  /// - Parameter constraints: one for each signal of the network, in its order.
  public init(network: RoadNetwork, constraints: [TimingConstraints]) {
    precondition(constraints.count == network.signals.count, "\(constraints.count) rules for \(network.signals.count) signals")
    self.constraints = constraints
    programs = network.signals.map(\.programs)
  }

  /// Rules of every signal of a network: the shipped intervals, and no wait beyond `maximumRed`.
  public static func constraints(
    of network: RoadNetwork, _ settings: TimingConstraints.Derivation = .init()
  ) -> [TimingConstraints] {
    network.signals.map { $0.constraints ?? TimingConstraints.derived(for: $0, in: network, settings) }
  }

  /// Takes over what a street shows that has been running without us; every interval counts from `now`.
  public mutating func resume(_ signal: SignalID, shown: SignalState, at now: Instant) {
    guard shown.count == constraints[signal.index].links.count else { return }
    watches[signal] = makeWatch(signal, shown, now)
  }

  /// The same for a controller that comes in mid-run and may not know what the street shows: from there the signal is led to what the
  /// controller wants by a lawful way, and nothing of that counts as a refusal.
  public mutating func takeOver(_ signal: SignalID, shown: SignalState, at now: Instant) {
    resume(signal, shown: shown, at: now)
    watches[signal]?.lead = .toWish
  }

  /// What may be shown from `now` on, in the order of `commands`.
  ///
  /// The first state of a signal is taken as it is unless greens conflict in it. `now` never decreases.
  /// - Parameter isCalled: whether somebody waits for a link; a maximum red runs only then.
  public mutating func pass(
    _ commands: [SignalCommand], at now: Instant, isCalled: (SignalID, Int) -> Bool = { _, _ in true }
  ) -> (commands: [SignalCommand], violations: [Violation]) {
    var passed: [SignalCommand] = []
    passed.reserveCapacity(commands.count)
    var violations: [Violation] = []
    for command in commands {
      let state = pass(command, at: now, isCalled: isCalled, &violations)
      passed.append(SignalCommand(signal: command.signal, state: state))
    }
    return (passed, violations)
  }

  private mutating func pass(
    _ command: SignalCommand, at now: Instant, isCalled: (SignalID, Int) -> Bool, _ violations: inout [Violation]
  ) -> SignalState {
    let signal = command.signal
    let links = constraints[signal.index].links.count
    var wanted = command.state
    func violate(_ rule: Violation.Rule, _ links: [Int], shown: SignalState) {
      violations.append(Violation(time: now, signal: signal, rule: rule, links: links, shown: shown, wanted: command.state))
    }
    let allRed = SignalState(repeating: .red, count: links)
    if wanted.count != links {
      violate(.stateLength, [], shown: watches[signal]?.transition.shown ?? allRed)
      refusals += 1
      wanted = watches[signal]?.transition.shown ?? allRed
    }
    guard var watch = watches[signal] else {
      // Nobody has been in the junction yet: no interval is owed.
      var first = makeWatch(signal, wanted, now - .seconds(86_400))
      let unknown = (0..<links).filter { !first.knows(wanted[$0], $0) }
      let pair = constraints[signal.index].conflicts(in: wanted).first
      if pair != nil || !unknown.isEmpty {
        violate(pair == nil ? .signalOff : .conflictingGreens, pair.map { [$0.0, $0.1] } ?? unknown, shown: allRed)
        refusals += 1
        first = makeWatch(signal, allRed, now - .seconds(86_400))
      }
      noteWaiting(&first, signal, now, isCalled)
      watches[signal] = first
      return first.transition.shown
    }
    noteWaiting(&watch, signal, now, isCalled)
    if watch.lead == nil, let starved = starvedLink(watch, now), let stage = stage(serving: starved, watch),
      watch.transition.isReady(for: stage, at: now)
    {
      violate(.maximumRed, [starved], shown: watch.transition.shown)
      rescues += 1
      watch.lead = .toServe(link: starved, state: stage)
    }
    switch watch.lead {
    case nil:
      if let (rule, links) = fault(watch, wanted, now) {
        violate(rule, links, shown: watch.transition.shown)
        refusals += 1
        watch.lead = .toWish
      } else {
        watch.transition.record(wanted, at: now)
      }
    case .toWish:
      let target = lawful(wanted, watch)
      if !target.hasYellow, watch.transition.isReady(for: target, at: now) {
        // The controller may end at once what it has wished for: it has the signal again when no green is owed its shortest time.
        let shown = watch.transition.advance(toward: target, at: now)
        if shown == wanted, watch.transition.owesNoGreen(at: now) { watch.lead = nil }
      }
    case .toServe(let link, let state):
      let shown = watch.transition.advance(toward: state, at: now)
      let isServed =
        shown[link].isGreen && now - watch.transition.since[link] >= watch.transition.constraints.links[link].minimumGreen
      if isServed { watch.lead = .toWish }
    }
    watches[signal] = watch
    return watch.transition.shown
  }

  /// The rule that going from what is shown to `wanted` would break, or nil.
  private func fault(_ watch: Watch, _ wanted: SignalState, _ now: Instant) -> (Violation.Rule, [Int])? {
    let transition = watch.transition
    let rules = transition.constraints
    for i in 0..<wanted.count {
      let elapsed = now - transition.since[i]
      switch (transition.shown[i], wanted[i]) {
      case (.green, .green), (.green, .permissiveGreen), (.permissiveGreen, .green), (.permissiveGreen, .permissiveGreen): break
      case (.green, .yellow), (.permissiveGreen, .yellow):
        if elapsed < rules.links[i].minimumGreen { return (.shortGreen, [i]) }
      case (.green, _), (.permissiveGreen, _):
        if rules.links[i].yellow > .zero { return (.missingYellow, [i]) }
        if elapsed < rules.links[i].minimumGreen { return (.shortGreen, [i]) }
      case (.yellow, .yellow), (.yellow, .green), (.yellow, .permissiveGreen): break
      case (.yellow, _): if elapsed < rules.links[i].yellow { return (.shortYellow, [i]) }
      default: break
      }
      if !watch.knows(wanted[i], i) { return (.signalOff, [i]) }
    }
    if let pair = rules.conflicts(in: wanted).first { return (.conflictingGreens, [pair.0, pair.1]) }
    for i in 0..<wanted.count where wanted[i].isGreen && !transition.shown[i].isGreen {
      for j in transition.foes[i] where !transition.hasCleared(j, at: now) {
        // A foe that ends its yellow in this very tick has cleared where it owes no red clearance.
        let endsNow = !wanted[j].isGreen && wanted[j] != .yellow && rules.links[j].redClearance == .zero
        if endsNow || transition.shown[j] == .redYellow || transition.shown[j] == .off || transition.shown[j] == .offBlinking { continue }
        return (.shortRedClearance, [i, j])
      }
    }
    return nil
  }

  /// `wanted` without what no way leads to: indications that the signal may not show, and the later of two conflicting greens.
  private func lawful(_ wanted: SignalState, _ watch: Watch) -> SignalState {
    var state = wanted
    for i in 0..<state.count where !watch.knows(state[i], i) { state[i] = .red }
    for (i, j) in watch.transition.constraints.conflicts(in: state) where state[i].isGreen && state[j].isGreen { state[j] = .red }
    return state
  }

  private func noteWaiting(_ watch: inout Watch, _ signal: SignalID, _ now: Instant, _ isCalled: (SignalID, Int) -> Bool) {
    for i in 0..<watch.waitingSince.count {
      let shown = watch.transition.shown[i]
      // Who may turn after a stop does not wait for a green.
      if shown.admitsTraffic || shown == .stopThenProceed || !isCalled(signal, i) {
        watch.waitingSince[i] = nil
      } else if watch.waitingSince[i] == nil {
        watch.waitingSince[i] = now
      }
    }
  }

  private func starvedLink(_ watch: Watch, _ now: Instant) -> Int? {
    watch.waitingSince.indices.first { i in
      watch.waitingSince[i].map { now - $0 >= watch.transition.constraints.links[i].maximumRed } ?? false
    }
  }

  private func stage(serving link: Int, _ watch: Watch) -> SignalState? {
    watch.stages.first { $0[link] == .green } ?? watch.stages.first { $0[link].isGreen }
  }

  private func makeWatch(_ signal: SignalID, _ shown: SignalState, _ now: Instant) -> Watch {
    let rules = constraints[signal.index]
    let states = programs[signal.index].flatMap { $0.stages.map(\.state) }.filter { $0.count == shown.count }
    return Watch(
      transition: TransitionGuard(constraints: rules, shown: shown, since: now),
      stages: states.filter { $0.isServingStage && rules.conflicts(in: $0).isEmpty },
      turnsOnRed: (0..<shown.count).map { i in states.contains { $0[i] == .stopThenProceed } },
      showsRedYellow: (0..<shown.count).map { i in states.contains { $0[i] == .redYellow } },
      goesDark: states.contains { $0.indications.contains { $0 == .off || $0 == .offBlinking } },
      waitingSince: [Instant?](repeating: nil, count: shown.count))
  }
}
