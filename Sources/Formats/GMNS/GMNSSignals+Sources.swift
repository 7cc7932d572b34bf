import TrafficModel

extension GMNSSignals {
  /// Fixed-time programs as tables: each stage a phase of one ring, in the order shown, its links as the movements of the phase.
  ///
  /// Programs that hold rings and barriers keep them. A link green in several stages belongs to each of them: the tables have no word
  /// for a green that lasts from one to the next. What is lost is named.
  public init(programs: [(signal: SignalID, program: SignalProgram)], network: RoadNetwork, lost: inout [String]) {
    var controllers: [Controller] = []
    for (id, program) in programs {
      let signal = network[id]
      let name = network.name(id)
      let rings = RingBarrierPlan(program)
      let plan = rings ?? Self.stages(of: program)
      if rings == nil,
        plan.phases.contains(where: { p in
          plan.phases.contains { $0.number != p.number && !Set($0.protectedLinks + $0.permissiveLinks).isDisjoint(with: p.protectedLinks) }
        })
      {
        lost.append("signal \(name): greens that last through several stages are written as one green a stage")
      }
      guard !plan.phases.isEmpty else {
        lost.append("signal \(name): program \(program.id) shows no green; not written")
        continue
      }
      var movements: [Movement] = []
      for phase in plan.phases {
        for (links, protection) in [(phase.protectedLinks, Movement.Protection.protected), (phase.permissiveLinks, .permitted)] {
          var seen: Set<String> = []
          for connection in links.flatMap({ signal.links.indices.contains($0) ? signal.links[$0] : [] }) {
            let subject =
              network.name(network[network[connection].fromLane].link) + "->" + network.name(network[network[connection].toLane].link)
            if seen.insert(subject).inserted {
              movements.append(Movement(phase: phase.number, subject: subject, isLink: false, protection: protection))
            }
          }
        }
      }
      controllers.append(Controller(id: name, plans: [Plan(id: "\(name)-\(program.id)", timeOfDay: "", plan: plan, movements: movements)]))
    }
    self.init(controllers: controllers)
  }

  /// A program's stages as phases of a single ring: what follows a stage until the next green is its clearance.
  private static func stages(of program: SignalProgram) -> RingBarrierPlan {
    var plan = RingBarrierPlan(phases: [], cycle: program.cycle, offset: program.offset)
    let stages = program.stages
    guard let first = stages.firstIndex(where: { $0.state.isServingStage }) else { return plan }
    // A program that begins within a clearance begins its first stage later.
    let lead = stages[..<first].reduce(TimeAmount.zero) { $0 + $1.duration }
    plan.offset = program.offset + lead
    for step in stages.indices {
      let k = (first + step) % stages.count
      let stage = stages[k]
      if stage.state.isServingStage {
        let links = 0..<stage.state.count
        plan.phases.append(
          Phase(
            number: plan.phases.count + 1, ring: 1, barrier: 1, position: plan.phases.count + 1,
            protectedLinks: links.filter { stage.state[$0] == .green },
            permissiveLinks: links.filter { stage.state[$0] == .permissiveGreen },
            timing: PhaseTiming(
              minimumGreen: stage.minimum ?? stage.duration, maximumGreen: stage.maximum ?? stage.duration, passage: .zero,
              clearance: .init(yellow: .zero, redClearance: .zero), split: stage.duration)))
      } else if let last = plan.phases.indices.last {
        if stage.state.hasYellow {
          plan.phases[last].timing.clearance.yellow += stage.duration
        } else {
          plan.phases[last].timing.clearance.redClearance += stage.duration
        }
        plan.phases[last].timing.split? += stage.duration
      }
    }
    return plan
  }

  /// The signals of a UTDF file; lane groups become the movements of their phases, named intersection and group.
  public init(_ signals: [UTDFSignal], lost: inout [String]) {
    self.init(
      controllers: signals.map { s in
        var movements: [Movement] = []
        for m in s.movements where m.lanes > 0 || m.shared > 0 {
          for p in m.protectedPhases {
            movements.append(.init(phase: p, subject: "\(s.id)-\(m.name)", isLink: false, protection: .protected))
          }
          for p in m.permittedPhases {
            movements.append(.init(phase: p, subject: "\(s.id)-\(m.name)", isLink: false, protection: .permitted))
          }
        }
        let known = Set(s.plan.phases.map(\.number))
        movements.removeAll { !known.contains($0.phase) }
        return Controller(id: "\(s.id)", plans: [Plan(id: "\(s.id)", timeOfDay: "", plan: s.plan, movements: movements)])
      })
    if signals.contains(where: { !$0.movements.isEmpty }) { lost.append("lanes, volumes and saturation flows") }
  }
}
