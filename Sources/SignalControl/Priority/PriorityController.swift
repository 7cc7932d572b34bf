import TrafficModel

/// Priority for vehicles that ask for it, over any controller: green extension and early green for buses and trams, pre-emption for
/// emergency vehicles, and a lawful way back afterwards.
///
/// The controller underneath goes on deciding all the time and does not know. While nobody asks, what it wishes is shown. While somebody
/// does, the stage that serves them is led to through the signal's own intervals; then, on the way back, its wish again (Signal Timing
/// Manual, 2nd ed., chapter 10).
public final class PriorityController: SignalController {
  public struct Settings: Sendable, Hashable {
    /// Time before arrival at which an emergency vehicle is given the signal, and a bus may be [s].
    public var emergencyLead = 30.0
    public var transitLead = 12.0
    /// Longest time for which a bus may hold or bring forward a green [s].
    public var transitHold = 20.0
    /// Time after one transit priority in which the signal grants no other [s].
    public var lockout = 60.0
    public init() {}
  }

  private enum Mode {
    case follow
    case serve(link: Int, level: PriorityRequest.Level, key: UInt32, since: Instant, stage: SignalState)
    case recover
  }

  private struct Member {
    var transition: TransitionGuard?
    var mode = Mode.follow
    var stages: [SignalState]
    var lockedUntil: Instant?
  }

  private let base: any SignalController
  private let constraints: [TimingConstraints]
  private let settings: Settings
  private var members: [Int: Member] = [:]
  private var explanations: [SignalID: DecisionExplanation] = [:]
  /// Requests granted so far, by level.
  public private(set) var granted: [PriorityRequest.Level: Int] = [:]

  /// - Parameter constraints: rules of each signal, in the network's order.
  public init(_ base: any SignalController, network: RoadNetwork, constraints: [TimingConstraints], settings: Settings = .init()) {
    self.base = base
    self.constraints = constraints
    self.settings = settings
    for signal in base.signals {
      let rules = constraints[signal.index]
      let states = network[signal].programs.flatMap { StageSequencer.servingStages(of: $0) }
      members[signal.index] = Member(stages: states.filter { $0.count == rules.links.count && rules.conflicts(in: $0).isEmpty })
    }
  }

  public var signals: [SignalID] { base.signals }

  public func resume(_ shown: [SignalCommand], at now: Instant) {
    base.resume(shown, at: now)
    for command in shown where command.state.count == constraints[command.signal.index].links.count {
      guard members[command.signal.index] != nil else { continue }
      members[command.signal.index]!.transition = TransitionGuard(
        constraints: constraints[command.signal.index], shown: command.state, since: now)
      members[command.signal.index]!.mode = .recover
    }
  }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    base.tick(now: now, inputs: inputs).map { wish in
      let requests = inputs.priorityRequests.filter { $0.signal == wish.signal }
      return SignalCommand(signal: wish.signal, state: show(wish, requests, now))
    }
  }

  private func show(_ wish: SignalCommand, _ requests: [PriorityRequest], _ now: Instant) -> SignalState {
    let signal = wish.signal
    guard var member = members[signal.index], wish.state.count == constraints[signal.index].links.count else { return wish.state }
    defer { members[signal.index] = member }
    var transition =
      member.transition ?? TransitionGuard(constraints: constraints[signal.index], shown: wish.state, since: now - .seconds(86_400))
    defer { member.transition = transition }

    if case .serve(let link, let level, let key, let since, _) = member.mode {
      let isHere = requests.contains { $0.key == key && $0.link == link }
      let isOver = level == .transit && now - since >= .seconds(settings.transitHold)
      let isOutranked = level == .transit && requests.contains { $0.level == .emergency }
      if !isHere || isOver || isOutranked {
        if level == .transit { member.lockedUntil = now + .seconds(settings.lockout) }
        member.mode = .recover
      }
    }
    if let request = choose(requests, member, transition.shown, wish.state, now),
      let stage = stage(for: request.link, member, transition.shown)
    {
      member.mode = .serve(link: request.link, level: request.level, key: request.key, since: now, stage: stage)
      granted[request.level, default: 0] += 1
    }

    switch member.mode {
    case .follow: transition.record(wish.state, at: now)
    case .serve(let link, let level, _, _, let stage):
      lead(&transition, to: stage, now)
      explanations[signal] = DecisionExplanation(
        time: now, signal: signal, presentStage: index(transition.shown, member), chosenStage: index(stage, member), options: [],
        reason: Message(level == .emergency ? "explain.emergency" : "explain.transit", ["\(link)"]))
    case .recover:
      // A wish that is itself on its way between two stages is waited for.
      if !wish.state.hasYellow { lead(&transition, to: wish.state, now) }
      // The controller may end at once what it shows: it gets the signal back when nothing is owed to any green.
      if transition.shown == wish.state, wish.state.isServingStage, transition.owesNoGreen(at: now) { member.mode = .follow }
    }
    return transition.shown
  }

  private func lead(_ transition: inout TransitionGuard, to target: SignalState, _ now: Instant) {
    guard transition.isReady(for: target, at: now) else { return }
    _ = transition.advance(toward: target, at: now)
  }

  /// The request to grant now: emergencies first, then who arrives first. Buses only where nothing else is being served, within the lead,
  /// outside the lockout, and where the controller would not serve them anyway.
  private func choose(
    _ requests: [PriorityRequest], _ member: Member, _ shown: SignalState, _ wish: SignalState, _ now: Instant
  ) -> PriorityRequest? {
    var isServing = false
    if case .serve(_, let level, _, _, _) = member.mode {
      if level == .emergency { return nil }
      isServing = true
    }
    func isSooner(_ a: PriorityRequest, _ b: PriorityRequest) -> Bool { (a.arrival, a.key) < (b.arrival, b.key) }
    let known = requests.filter { $0.link < shown.count && $0.arrival >= .zero }
    if let emergency = known.filter({ $0.level == .emergency && $0.arrival <= .seconds(settings.emergencyLead) }).min(by: isSooner) {
      return emergency
    }
    if isServing || (member.lockedUntil.map { now < $0 } ?? false) { return nil }
    return known.filter { $0.level == .transit && $0.arrival <= .seconds(settings.transitLead) && !wish[$0.link].isGreen }
      .min(by: isSooner)
  }

  /// What is shown where it serves the link already, else the stage that protects it, else one that lets it go.
  private func stage(for link: Int, _ member: Member, _ shown: SignalState) -> SignalState? {
    if shown[link].isGreen, shown.isServingStage { return shown }
    return member.stages.first { $0[link] == .green } ?? member.stages.first { $0[link].isGreen }
  }

  private func index(_ state: SignalState, _ member: Member) -> Int { member.stages.firstIndex(of: state) ?? 0 }

  public func explain(_ signal: SignalID) -> DecisionExplanation? {
    if case .serve? = members[signal.index]?.mode { return explanations[signal] }
    return base.explain(signal)
  }
}
