/// Holds a program against its signal's rules.
///
/// ```swift
/// let rules = TimingConstraints.derived(for: signal, in: network)
/// let findings = PlanCheck(rules).findings(in: program, signal: network.name(signal.id))
/// ```
///
/// Every part that makes, reads or runs a plan asks the same checker. What it finds names signal, stage, links and rule.
public struct PlanCheck: Sendable {
  public var constraints: TimingConstraints
  /// Link indices that rule at least one connection; others may stay dark.
  public var usedLinks: [Bool]

  public init(_ constraints: TimingConstraints, usedLinks: [Bool]? = nil) {
    self.constraints = constraints
    self.usedLinks = usedLinks ?? [Bool](repeating: true, count: constraints.links.count)
  }

  /// Checks a plan's signals one by one and together: programs that share a common cycle must all have it.
  public static func findings(in plan: TimingPlan, of network: RoadNetwork) -> [PlanFinding] {
    var found: [PlanFinding] = []
    for timing in plan.programs {
      let signal = network[timing.signal]
      let rules = signal.constraints ?? TimingConstraints.derived(for: signal, in: network)
      found += PlanCheck(rules, usedLinks: signal.links.map { !$0.isEmpty })
        .findings(in: timing.program, signal: network.name(timing.signal))
      guard let cycle = plan.cycle, cycle > .zero, timing.program.cycle > .zero else { continue }
      let own = timing.program.cycle
      // A half or third cycle stays in step with the others; anything else drifts.
      if cycle.milliseconds % own.milliseconds != 0 {
        found.append(
          PlanFinding(
            severity: .error, rule: .cycleMismatch, signal: network.name(timing.signal), program: timing.program.id,
            message: Message("plan.cycleMismatch", [seconds(own), seconds(cycle)])))
      }
    }
    return found
  }

  /// Everything in `program` that breaks a rule, in order of rule and link.
  public func findings(in program: SignalProgram, signal: String) -> [PlanFinding] {
    var found: [PlanFinding] = []
    let n = constraints.links.count
    func add(
      _ rule: PlanFinding.Rule, _ severity: PlanFinding.Severity = .error, stage: Int? = nil, links: [Int] = [], _ arguments: [String] = []
    ) {
      found.append(
        PlanFinding(
          severity: severity, rule: rule, signal: signal, program: program.id, stage: stage, links: links,
          message: Message("plan." + rule.rawValue, arguments)))
    }
    if program.kind == .off {
      add(.signalOff, .warning)
      return found
    }
    for (index, stage) in program.stages.enumerated() where stage.state.count != n {
      add(.stateLength, stage: index, ["\(stage.state.count)", "\(n)"])
    }
    guard program.cycle > .zero else {
      add(.zeroCycle)
      return found
    }
    guard found.isEmpty else { return found }

    for (index, stage) in program.stages.enumerated() {
      for (i, j) in constraints.conflicts(in: stage.state) {
        let both = constraints.conflicts[i, j] == .permissive
        add(both ? .permissiveWithoutYield : .conflictingGreens, stage: index, links: [i, j], ["\(i)", "\(j)"])
      }
      let dark = (0..<n).filter { stage.state[$0] == .off || stage.state[$0] == .offBlinking }
      if !dark.isEmpty { add(.signalOff, .warning, stage: index, links: dark) }
      if stage.duration.milliseconds % 1000 != 0 {
        add(.wholeSeconds, .note, stage: index, [Self.seconds(stage.duration)])
      }
    }
    checkLinks(SignalTimeline(program, links: n)) { add($0, $1, stage: $2, links: $3, $4) }
    if program.cycle < constraints.minimumCycle || program.cycle > constraints.maximumCycle {
      add(
        .cycleRange, .warning,
        [Self.seconds(program.cycle), Self.seconds(constraints.minimumCycle), Self.seconds(constraints.maximumCycle)])
    }
    return found
  }

  private typealias Add = (PlanFinding.Rule, PlanFinding.Severity, Int?, [Int], [String]) -> Void

  private func checkLinks(_ timeline: SignalTimeline, add: Add) {
    for (i, limits) in constraints.links.enumerated() where usedLinks[i] {
      let runs = timeline.runs[i]
      if !runs.contains(where: { $0.indication == .green }) {
        // A link that may always go after a stop is served, if slowly.
        let severity: PlanFinding.Severity = runs.contains { $0.indication == .stopThenProceed } ? .note : .warning
        add(.neverGreen, severity, nil, [i], ["\(i)"])
        continue
      }
      for run in runs {
        switch run.indication {
        case .green where runs.count > 1:
          if run.length < limits.minimumGreen {
            add(.shortGreen, .error, run.stage, [i], ["\(i)", Self.seconds(run.length), Self.seconds(limits.minimumGreen)])
          }
          if let most = limits.maximumGreen, run.length > most {
            add(.longGreen, .error, run.stage, [i], ["\(i)", Self.seconds(run.length), Self.seconds(most)])
          }
          if run.next == .red || run.next == .stopThenProceed { add(.missingYellow, .error, run.stage, [i], ["\(i)"]) }
          checkPedestrian(i, run, limits, add)
        case .yellow where run.followsGreen:
          if run.length < limits.yellow {
            add(.shortYellow, .error, run.stage, [i], ["\(i)", Self.seconds(run.length), Self.seconds(limits.yellow)])
          }
          guard limits.redClearance > .zero else { continue }
          for j in constraints.links.indices where constraints.conflicts[i, j] == .conflict {
            guard let wait = timeline.timeUntilGreen(of: j, from: run.start + run.length), wait < limits.redClearance else { continue }
            add(
              .shortRedClearance, .error, run.stage, [i, j],
              ["\(i)", "\(j)", Self.seconds(wait), Self.seconds(limits.redClearance)])
          }
        default: continue
        }
      }
      let red = longestRed(runs, cycle: timeline.cycle)
      if red > limits.maximumRed { add(.longRed, .error, nil, [i], ["\(i)", Self.seconds(red), Self.seconds(limits.maximumRed)]) }
    }
  }

  private func checkPedestrian(_ i: Int, _ run: SignalTimeline.Run, _ limits: TimingConstraints.LinkLimits, _ add: Add) {
    guard let pedestrian = limits.pedestrian else { return }
    let need = pedestrian.walk + pedestrian.clearance
    if run.length < pedestrian.walk {
      add(.shortWalk, .error, run.stage, [i], ["\(i)", Self.seconds(run.length), Self.seconds(pedestrian.walk)])
    } else if run.length < need {
      add(.shortPedestrianClearance, .error, run.stage, [i], ["\(i)", Self.seconds(run.length), Self.seconds(need)])
    }
  }

  /// Longest time between two greens.
  private func longestRed(_ runs: [SignalTimeline.Run], cycle: TimeAmount) -> TimeAmount {
    let greens = runs.filter { $0.indication == .green }
    guard runs.count > 1 else { return .zero }
    var longest = TimeAmount.zero
    for (k, run) in greens.enumerated() {
      var gap = greens[(k + 1) % greens.count].start - run.start - run.length
      if gap < .zero || greens.count == 1 { gap += cycle }
      longest = max(longest, gap)
    }
    return longest
  }

  private static func seconds(_ t: TimeAmount) -> String {
    t.milliseconds % 1000 == 0 ? "\(t.milliseconds / 1000)" : "\(t.seconds)"
  }
}
