import TrafficModel

/// Actuated control in rings and barriers, as NEMA TS 2 controllers run it: gap-out with passage time and gap reduction, max-out, recalls,
/// dual entry, simultaneous gap-out at barriers, walk and pedestrian clearance, overlaps, and coordination by force-offs and yield points.
///
/// Programs of SUMO's type `NEMA` are run as they stand; other programs become one ring whose phases are the serving stages.
public final class RingBarrierController: SignalController {
  public struct Settings: Sendable, Hashable {
    public enum ForceOff: Sendable, Hashable {
      /// Each phase ends at its own moment of the cycle: what one leaves unused, the next may take.
      case fixed
      /// Each phase has its split at most: what is left unused goes to the coordinated phases.
      case floating
    }
    public var forceOff = ForceOff.fixed
    /// Rings that leave for the barrier must have a gap at the same time; else a gap once found stands.
    public var simultaneousGapOut = true
    /// A detection during red stays a call when the vehicle has gone on.
    public var locksCalls = true
    /// Coordinated phases show walk in every cycle.
    public var coordinatedWalkRecall = false
    /// Distance of the detectors from the stop line in travel time [s], where vehicle reports stand in for loops.
    public var detectorGap = 2.0
    /// Passage time and longest green of stages that become phases, where their program gives none [s].
    public var passage = 3.0
    public var maximumGreen = 50.0
    public init() {}
  }

  private struct Member {
    var signal: SignalID
    var machine: RingBarrierMachine?
    var plan: RingBarrierPlan
    var links: Int
    var isWalk: [Bool]
    /// Phases, by place in the plan, whose green serves each link; the first of them is called by whoever waits.
    var phasesOfLink: [[Int]]
    /// Loops of each phase, and whether they call it.
    var loops: [[(Int, Bool)]]
    /// Vehicles over the detectors of each phase, and those among them that call it, as reports tell.
    var reported: [Presence]
  }

  private struct Presence: Equatable {
    var extending = 0
    var calling = 0
  }

  public let signals: [SignalID]
  private let settings: Settings
  private var members: [Member]
  /// What a detector has to do with a phase.
  private struct Link {
    var member: Int
    var phase: Int
    var calls: Bool
  }
  private var memberOf: [Int: Int] = [:]
  /// Phases that each detector calls, as (member, phase).
  private var calledBy: [[Link]]
  private var loops: LoopWatch
  private var last: Instant?
  /// Distance from the stop line within which a report counts as a detection [m], by lane; 0 where loops do the work.
  private let zone: [Double]
  private let laneLength: [Double]

  /// - Parameters:
  ///   - plans: rings and barriers of signals, in place of what their programs say.
  ///   - constraints: rules of each signal, in the network's order; the shipped ones unless given.
  ///   - detectors: loops; a detector that names signal and phase calls that phase, others what their lane leads to.
  public init(
    network: RoadNetwork, plans: [SignalID: RingBarrierPlan] = [:], constraints: [TimingConstraints]? = nil, detectors: [Detector] = [],
    settings: Settings = .init()
  ) {
    self.settings = settings
    members = []
    var run: [SignalID] = []
    var hasLoops: Set<SignalID> = []
    for detector in detectors {
      guard case .point(let lane, _) = detector.kind else { continue }
      for id in network.connectionsFrom[lane.index] { if let link = network[id].signal { hasLoops.insert(link.signal) } }
    }
    for signal in network.signals {
      let rules = constraints?[signal.id.index] ?? signal.constraints ?? TimingConstraints.derived(for: signal, in: network)
      guard let plan = plans[signal.id] ?? Self.plan(of: signal, rules, settings, hasLoops: hasLoops.contains(signal.id)),
        !plan.phases.isEmpty
      else { continue }
      let links = max(signal.links.count, rules.links.count)
      memberOf[signal.id.index] = members.count
      run.append(signal.id)
      members.append(
        Member(
          signal: signal.id, machine: nil, plan: plan, links: links,
          isWalk: (0..<links).map { i in
            signal.links.indices.contains(i) && !signal.links[i].isEmpty
              && signal.links[i].allSatisfy { network[network[network[$0].fromLane].link].function == .walkingArea }
          },
          phasesOfLink: Self.phases(of: plan, links: links), loops: [[(Int, Bool)]](repeating: [], count: plan.phases.count),
          reported: [Presence](repeating: Presence(), count: plan.phases.count)))
    }
    signals = run
    var hasLoop = [Bool](repeating: false, count: network.lanes.count)
    var called = [[Link]](repeating: [], count: (detectors.map(\.id.index).max() ?? -1) + 1)
    for detector in detectors {
      guard case .point(let lane, let position) = detector.kind else { continue }
      if let signal = detector.signal, let number = detector.phase, let m = memberOf[signal.index],
        let p = members[m].plan.phases.firstIndex(where: { $0.number == number })
      {
        called[detector.id.index] = [Link(member: m, phase: p, calls: true)]
        hasLoop[lane.index] = true
        continue
      }
      let reach = network[lane].speedLimit * 5
      guard detector.role == .stopBar || detector.role == .advance || network[lane].length - position <= reach else { continue }
      var phases: [Int: Bool] = [:]
      var member: Int?
      for id in network.connectionsFrom[lane.index] {
        guard let link = network[id].signal, let m = memberOf[link.signal.index], link.index < members[m].links else { continue }
        member = m
        for (k, p) in members[m].phasesOfLink[link.index].enumerated() { phases[p] = phases[p] ?? false || k == 0 }
      }
      guard let member, !phases.isEmpty else { continue }
      called[detector.id.index] = phases.keys.sorted().map { Link(member: member, phase: $0, calls: phases[$0]!) }
      hasLoop[lane.index] = true
    }
    calledBy = called
    for (d, links) in called.enumerated() { for link in links { members[link.member].loops[link.phase].append((d, link.calls)) } }
    loops = LoopWatch(count: called.count)
    zone = network.lanes.map { hasLoop[$0.id.index] ? 0 : min($0.length, $0.speedLimit * settings.detectorGap) }
    laneLength = network.lanes.map(\.length)
  }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    for m in members.indices where members[m].machine == nil {
      members[m].machine = RingBarrierMachine(plan: members[m].plan, settings: settings, start: now)
    }
    hear(inputs, now)
    var commands: [SignalCommand] = []
    commands.reserveCapacity(members.count)
    for m in members.indices {
      members[m].machine!.advance(to: now)
      commands.append(
        SignalCommand(
          signal: members[m].signal, state: members[m].machine!.state(links: members[m].links, isWalk: members[m].isWalk, at: now)))
    }
    return commands
  }

  private func hear(_ inputs: ControlInputs, _ now: Instant) {
    for event in inputs.detectorEvents where calledBy.indices.contains(event.detector.index) {
      // A detector that is at fault calls all the time: nobody is left standing because a loop broke.
      _ = loops.hear(event, at: now)
      for link in calledBy[event.detector.index] { detect(link.member, link.phase, LoopWatch.time(of: event, heard: now)) }
    }
    watchLoops(now)
    for call in inputs.pedestrianCalls {
      guard let m = memberOf[call.signal.index], let p = members[m].plan.phases.firstIndex(where: { $0.number == call.phase }) else {
        continue
      }
      members[m].machine!.callWalk(p)
    }
    var reported = members.map { [Presence](repeating: Presence(), count: $0.reported.count) }
    for report in inputs.vehicles where laneLength[report.lane.index] - report.position <= zone[report.lane.index] {
      guard let signal = report.signal, let link = report.signalLink, let m = memberOf[signal.index],
        members[m].phasesOfLink.indices.contains(link)
      else { continue }
      for (k, p) in members[m].phasesOfLink[link].enumerated() {
        reported[m][p].extending += 1
        if k == 0 { reported[m][p].calling += 1 }
      }
    }
    for m in members.indices {
      for p in reported[m].indices where reported[m][p].extending > 0 || members[m].reported[p].extending > 0 {
        members[m].reported[p] = reported[m][p]
        detect(m, p, now)
      }
    }
  }

  private func detect(_ m: Int, _ p: Int, _ time: Instant) {
    var present = members[m].reported[p]
    for (d, calls) in members[m].loops[p] where loops.isOccupied(d) {
      present.extending += 1
      if calls { present.calling += 1 }
    }
    members[m].machine!.detect(p, isOccupied: present.extending > 0, isCalling: present.calling > 0, at: time)
  }

  /// Loops that stand still lose their say; phases with a loop that may be dead or stuck are recalled.
  private func watchLoops(_ now: Instant) {
    let elapsed = last.map { now - $0 } ?? .zero
    last = now
    for m in members.indices {
      for p in members[m].loops.indices where !members[m].loops[p].isEmpty {
        let isGreen = members[m].machine!.isGreen(p)
        var isDoubtful = false
        for (d, calls) in members[m].loops[p] {
          let was = loops.isStuck(d)
          if isGreen { loops.pass(d, elapsed) }
          if loops.isStuck(d) != was { detect(m, p, now) }
          if calls, loops.isStuck(d) || loops.isSilent(d, at: now) { isDoubtful = true }
        }
        if isDoubtful, !isGreen { members[m].machine!.call(p) }
      }
    }
  }

  public func explain(_ signal: SignalID) -> DecisionExplanation? {
    guard let m = memberOf[signal.index], let machine = members[m].machine else { return nil }
    return machine.explanation(signal)
  }

  // MARK: Plans

  /// Rings and barriers of a `NEMA` program, or one ring of a program's stages; nil for programs without serving stages.
  static func plan(of signal: Signal, _ rules: TimingConstraints, _ settings: Settings, hasLoops: Bool) -> RingBarrierPlan? {
    guard let program = signal.activeProgram else { return nil }
    if program.kind == .ringBarrier, var plan = RingBarrierPlan(program) {
      if program.parameter("coordinate-mode") == "false" { plan.cycle = nil }
      // SUMO's coordinated phases have no split of their own: their longest green and clearance is it.
      for p in plan.phases.indices where plan.cycle != nil && plan.phases[p].timing.split == nil {
        plan.phases[p].timing.split = plan.phases[p].timing.maximumGreen + plan.phases[p].timing.clearance.total
      }
      return plan
    }
    return singleRing(program, rules, settings, hasLoops: hasLoops)
  }

  /// The serving stages of a program as phases of one ring; links green in two of them stay green through the change.
  ///
  /// Where reports stand in for loops a vehicle is present over the whole zone before the stop line, so the gap that ends the green is the
  /// passage time less the time it takes to cross the zone.
  static func singleRing(
    _ program: SignalProgram, _ rules: TimingConstraints, _ settings: Settings, hasLoops: Bool
  ) -> RingBarrierPlan? {
    let passage = hasLoops ? settings.passage : max(settings.passage - settings.detectorGap, 1)
    var phases: [Phase] = []
    for state in StageSequencer.servingStages(of: program) where state.count >= rules.links.count {
      let stage = program.stages.first { $0.state == state }!
      let limits = state.greens.filter { $0 < rules.links.count }.map { rules.links[$0] }
      let shortest = max(limits.map(\.minimumGreen).max() ?? .zero, stage.minimum ?? .zero)
      phases.append(
        Phase(
          number: phases.count + 1, ring: 1, barrier: 1, position: phases.count + 1,
          protectedLinks: state.indications.indices.filter { state[$0] == .green },
          permissiveLinks: state.indications.indices.filter { state[$0] == .permissiveGreen },
          timing: PhaseTiming(
            minimumGreen: shortest, maximumGreen: max(stage.maximum ?? max(stage.duration, .seconds(settings.maximumGreen)), shortest),
            passage: stage.vehicleExtension ?? .seconds(passage),
            clearance: ClearanceIntervals(
              yellow: limits.map(\.yellow).max() ?? .seconds(3), redClearance: limits.map(\.redClearance).max() ?? .zero))))
    }
    return phases.isEmpty ? nil : RingBarrierPlan(phases: phases)
  }

  /// For each link the phases that serve it: those that protect it, else those that let it go.
  private static func phases(of plan: RingBarrierPlan, links: Int) -> [[Int]] {
    (0..<links).map { link in
      let protected = plan.phases.indices.filter { plan.phases[$0].protectedLinks.contains(link) }
      let permitted = plan.phases.indices.filter { plan.phases[$0].permissiveLinks.contains(link) }
      return protected.isEmpty ? permitted : protected
    }
  }
}

extension RingBarrierMachine {
  /// What the first ring that times a phase does, and why.
  func explanation(_ signal: SignalID) -> DecisionExplanation? {
    guard let ring = rings.first(where: { $0.phase != nil }), let p = ring.phase else { return nil }
    let reason: Message
    switch (ring.interval, lastTermination[p]) {
    case (.green, nil): reason = Message("explain.phaseGreen", ["\(plan.phases[p].number)"])
    case (.green, _): reason = Message("explain.phaseWaits", ["\(plan.phases[p].number)"])
    case (_, .gapOut?): reason = Message("explain.phaseGapOut", ["\(plan.phases[p].number)"])
    case (_, .maxOut?): reason = Message("explain.phaseMaxOut", ["\(plan.phases[p].number)"])
    case (_, .forceOff?): reason = Message("explain.phaseForceOff", ["\(plan.phases[p].number)"])
    case (_, nil): reason = Message("explain.changing")
    }
    return DecisionExplanation(
      time: ring.since, signal: signal, presentStage: p, chosenStage: ring.next ?? p, options: [], unit: "s", reason: reason)
  }
}
