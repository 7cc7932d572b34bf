extension PlanCheck {
  /// Holds a ring-and-barrier plan against its own sums: every ring must reach each barrier at the same moment, and all splits of a
  /// ring must fill the cycle.
  public static func findings(in plan: RingBarrierPlan, signal: String, program: String = "0") -> [PlanFinding] {
    var found: [PlanFinding] = []
    func add(_ rule: PlanFinding.Rule, _ severity: PlanFinding.Severity = .error, phase: Int? = nil, key: String, _ arguments: [String]) {
      found.append(
        PlanFinding(
          severity: severity, rule: rule, signal: signal, program: program, stage: phase, message: Message("plan." + key, arguments)))
    }
    for phase in plan.phases {
      guard let split = phase.timing.split else { continue }
      let green = split - phase.timing.clearance.total
      if green < phase.timing.minimumGreen {
        add(
          .shortGreen, phase: phase.number, key: "shortPhase", ["\(phase.number)", text(green), text(phase.timing.minimumGreen)])
      }
      if let pedestrian = phase.pedestrian, green < pedestrian.walk + pedestrian.clearance {
        add(
          .shortPedestrianClearance, .warning, phase: phase.number, key: "shortPedestrianPhase",
          ["\(phase.number)", text(green), text(pedestrian.walk + pedestrian.clearance)])
      }
    }
    guard let cycle = plan.cycle else { return found }
    for barrier in plan.barriers {
      var sums: [(ring: Int, sum: TimeAmount)] = []
      for ring in plan.rings {
        let sequence = plan.sequence(ring: ring, barrier: barrier)
        guard !sequence.isEmpty, sequence.allSatisfy({ $0.timing.split != nil }) else { continue }
        sums.append((ring, sequence.reduce(.zero) { $0 + ($1.timing.split ?? .zero) }))
      }
      if let first = sums.first {
        for other in sums.dropFirst() where other.sum != first.sum {
          add(
            .barrierCrossed, key: "barrierCrossed",
            ["\(first.ring)", "\(other.ring)", "\(barrier)", text(first.sum), text(other.sum)])
        }
      }
    }
    for ring in plan.rings {
      let phases = plan.phases.filter { $0.ring == ring }
      guard phases.allSatisfy({ $0.timing.split != nil }), Set(phases.map(\.barrier)).count == plan.barriers.count else { continue }
      let sum = phases.reduce(TimeAmount.zero) { $0 + ($1.timing.split ?? .zero) }
      if sum != cycle { add(.ringSum, key: "ringSum", ["\(ring)", text(sum), text(cycle)]) }
    }
    return found
  }

  private static func text(_ t: TimeAmount) -> String {
    t.milliseconds % 1000 == 0 ? "\(t.milliseconds / 1000)" : "\(t.seconds)"
  }
}
