extension RingBarrierPlan {
  /// What the controller shows through one cycle when every phase takes its split: the state rows of a fixed-time program, cut
  /// wherever any ring changes. Rings that end early rest in red until the barrier.
  ///
  /// - Parameter links: number of link indices of the controller.
  /// - Returns: nil where a phase has no split or one shorter than its clearance.
  public func fixedTimeStages(links: Int) -> [Stage]? {
    struct Span {
      var phase: Phase
      var begin: Int64
      var yellow: Int64
      var red: Int64
      var end: Int64
    }
    var spans: [Span] = []
    var at: Int64 = 0
    for barrier in barriers {
      var longest: Int64 = 0
      for ring in rings {
        var now = at
        for phase in sequence(ring: ring, barrier: barrier) {
          guard let split = phase.timing.split?.milliseconds else { return nil }
          let clearance = phase.timing.clearance
          let green = split - clearance.total.milliseconds
          guard green > 0 else { return nil }
          spans.append(
            Span(phase: phase, begin: now, yellow: now + green, red: now + green + clearance.yellow.milliseconds, end: now + split))
          now += split
        }
        longest = max(longest, now - at)
      }
      at += longest
    }
    guard at > 0 else { return nil }
    let cuts = Set(spans.flatMap { [$0.begin, $0.yellow, $0.red, $0.end] } + [0, at]).filter { $0 < at }.sorted()
    var stages: [Stage] = []
    for (k, from) in cuts.enumerated() {
      let to = k + 1 < cuts.count ? cuts[k + 1] : at
      var state = SignalState(repeating: .red, count: links)
      for span in spans where span.begin <= from && from < span.red {
        let isGreen = from < span.yellow
        for link in span.phase.permissiveLinks where state[link] != .green { state[link] = isGreen ? .permissiveGreen : .yellow }
        for link in span.phase.protectedLinks { state[link] = isGreen ? .green : .yellow }
      }
      for overlap in overlaps {
        // Green with any parent, and through the change from one parent to the next.
        let parents = spans.filter { overlap.parentPhases.contains($0.phase.number) }
        guard let current = parents.first(where: { $0.begin <= from && from < $0.end }) else { continue }
        let next = spans.filter { $0.phase.ring == current.phase.ring && $0.begin == current.end % at }.first
        let goesOn = next.map { overlap.parentPhases.contains($0.phase.number) } ?? false
        let shown: Indication = from < current.yellow || goesOn ? .green : from < current.red ? .yellow : .red
        for link in overlap.links { state[link] = shown }
      }
      if let last = stages.last, last.state == state {
        stages[stages.count - 1].duration = stages[stages.count - 1].duration + TimeAmount(milliseconds: to - from)
      } else {
        stages.append(Stage(state: state, duration: TimeAmount(milliseconds: to - from)))
      }
    }
    return stages
  }
}
