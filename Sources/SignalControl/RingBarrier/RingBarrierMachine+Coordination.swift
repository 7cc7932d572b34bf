import TrafficModel

extension RingBarrierMachine {
  /// The common cycle of a coordinated plan: where each phase is forced off, and when the coordinated ones yield.
  struct Coordination: Sendable {
    let cycle: Int64
    /// Clock time of the cycle's zero, modulo the cycle [ms].
    let zero: Int64
    /// Moment of the cycle at which each phase's green is forced to end [ms].
    let forceOff: [Int64]
    /// Green of each phase when it takes its whole split [ms].
    let splitGreen: [Int64]

    /// Moment at which the coordinated phase of each phase's ring begins; of the first such phase where the ring has none [ms].
    private let home: [Int64]

    /// Nil where the plan runs free, or where a phase has no split longer than its clearance.
    init?(_ plan: RingBarrierPlan, sequence: [[[Int]]]) {
      guard let cycle = plan.cycle?.milliseconds, cycle > 0, plan.phases.contains(where: \.isCoordinated) else { return nil }
      self.cycle = cycle
      var end = [Int64](repeating: 0, count: plan.phases.count)
      var begin = end
      var at: Int64 = 0
      for group in sequence[0].indices {
        var longest: Int64 = 0
        for ring in sequence {
          var time = at
          for p in ring[group] {
            let phase = plan.phases[p]
            guard let split = phase.timing.split, split > phase.timing.clearance.total else { return nil }
            begin[p] = time
            time += split.milliseconds
            end[p] = time
          }
          longest = max(longest, time - at)
        }
        at += longest
      }
      // Splits that do not fill the cycle leave the rest to the group that ends it.
      let forceOff = plan.phases.indices.map { end[$0] - plan.phases[$0].timing.clearance.total.milliseconds }
      self.forceOff = forceOff
      splitGreen = plan.phases.indices.map { forceOff[$0] - begin[$0] }
      let first = plan.phases.indices.filter { plan.phases[$0].isCoordinated }.min { (begin[$0], $0) < (begin[$1], $1) }!
      home = plan.phases.map { phase in
        let own = plan.phases.indices.first { plan.phases[$0].isCoordinated && plan.phases[$0].ring == phase.ring }
        return begin[own ?? first]
      }
      let reference: Int64
      switch plan.offsetReference {
      case .beginGreen: reference = begin[first]
      case .beginYellow: reference = forceOff[first]
      case .beginRed: reference = forceOff[first] + plan.phases[first].timing.clearance.yellow.milliseconds
      }
      zero = plan.offset.milliseconds - reference
    }

    private func moment(_ now: Instant) -> Int64 { Self.positive(now.milliseconds - zero, cycle) }
    private static func positive(_ value: Int64, _ cycle: Int64) -> Int64 { ((value % cycle) + cycle) % cycle }

    /// Time until the phase's next force-off.
    func timeToForceOff(_ p: Int, _ now: Instant) -> TimeAmount { .milliseconds(Self.positive(forceOff[p] - moment(now), cycle)) }

    /// Whether a phase that may begin in `delay` and needs `least` can end by its force-off, and that before the coordinated phase of its
    /// ring begins again.
    func hasTime(_ p: Int, after delay: TimeAmount, least: TimeAmount, _ now: Instant) -> Bool {
      let left = timeToForceOff(p, now)
      return left >= delay + least && left.milliseconds <= Self.positive(home[p] - moment(now), cycle)
    }

    /// The coordinated phase gives way from its yield point on, and holds again once it has come back in the same cycle. It is the caller
    /// who sees to it that only those are served who end before their own force-off.
    func hasYielded(_ p: Int, since: Instant, _ now: Instant) -> Bool {
      let sinceYield = Self.positive(moment(now) - forceOff[p], cycle)
      return sinceYield < cycle - splitGreen[p] && now.milliseconds - since.milliseconds >= sinceYield
    }

    func isForcedOff(_ p: Int, since: Instant, _ now: Instant, isFloating: Bool) -> Bool {
      let elapsed = now.milliseconds - since.milliseconds
      if isFloating, elapsed >= splitGreen[p] { return true }
      return elapsed >= Self.positive(forceOff[p] - moment(since), cycle)
    }
  }
}
