import TrafficFlow
import TrafficModel

/// Finds a signal's phases, rings and barriers from what conflicts with what: nothing of the shipped program enters but its clearances.
///
/// Movements that never run together stand on different sides of a barrier: barrier groups are what falls apart in the graph of
/// compatible movements, once movements that go with nearly everything (right turns, mostly) are set aside as overlaps. Within a group
/// each ring is a chain of movements that clash, its phases the fewest that part them. Splits follow critical flow ratios, cycle and
/// the order of phases (lead and lag) the least index of the platoon model.
public struct RingBarrierDesign: Sendable {
  public struct Outcome: Sendable {
    public var plan: RingBarrierPlan
    /// The same as rows of a fixed-time program.
    public var stages: [Stage]
    /// Performance index of the platoon model [veh].
    public var index: Double
    /// Orders and cycles judged.
    public var judged: Int
  }

  let model: SignalTimingModel
  let network: PlatoonNetwork
  let settings: IsolatedTiming.Settings
  let platoon: PlatoonSettings
  /// Flow ratio of each link.
  let ratio: [Double]

  /// - Parameter alone: streams of the signal, rows counted from its first link.
  public init(
    _ model: SignalTimingModel, _ alone: PlatoonNetwork, settings: IsolatedTiming.Settings = .init(), platoon: PlatoonSettings = .init()
  ) {
    self.model = model
    network = alone
    self.settings = settings
    self.platoon = platoon
    var ratio = [Double](repeating: 0, count: model.linkCount)
    for s in alone.streams {
      for part in s.parts where s.saturationFlow > 0 { ratio[part.row] = max(ratio[part.row], s.demand / s.saturationFlow) }
    }
    self.ratio = ratio
  }

  /// The best design found, turns that may yield served by phases of their own or not; nil where the conflicts allow none with barriers.
  public func best() -> Outcome? {
    var judged = 0
    var best: Outcome?
    for permissive in [false, true] {
      guard let layout = layout(permissive: permissive) else { continue }
      for outcome in designs(layout, &judged) where outcome.index < (best?.index ?? .infinity) { best = outcome }
    }
    best?.judged = judged
    return best
  }

  /// Phases before they have times: links, barrier, ring.
  struct Draft {
    var links: [Int]
    var barrier: Int
    var ring: Int
    var permissive: [Int] = []
  }
  struct Layout {
    var phases: [Draft]
    var overlaps: [(link: Int, parents: [Int])]
  }

  private func clash(_ i: Int, _ j: Int, _ permissive: Bool) -> Bool {
    let rules = model.constraints
    return rules.conflicts[i, j] == .conflict || (!permissive && rules.conflicts[i, j] == .permissive && !rules.allowsBothProtected(i, j))
  }

  /// - Parameter permissive: whether movements may run together of which one yields.
  func layout(permissive: Bool) -> Layout? {
    let all = model.usedLinks.indices.filter { model.usedLinks[$0] }
    func clash(_ i: Int, _ j: Int) -> Bool { i != j && self.clash(i, j, permissive) }
    func components(_ links: [Int], _ joined: (Int, Int) -> Bool) -> [[Int]] {
      var left = links
      var found: [[Int]] = []
      while let first = left.first {
        var part = [first]
        left.removeFirst()
        var at = 0
        while at < part.count {
          let i = part[at]
          part += left.filter { joined(i, $0) }
          left.removeAll { part.contains($0) }
          at += 1
        }
        found.append(part.sorted())
      }
      return found
    }
    var members = all
    var aside: [Int] = []
    var groups = components(members) { !clash($0, $1) }
    while groups.count < 2 {
      guard members.count > 2, aside.count < all.count / 2,
        let most = members.max(by: { a, b in
          let (x, y) = (members.count { !clash(a, $0) }, members.count { !clash(b, $0) })
          return (x, -a) < (y, -b)
        })
      else { return nil }
      members.removeAll { $0 == most }
      aside.append(most)
      groups = components(members) { !clash($0, $1) }
    }
    var phases: [Draft] = []
    for (b, group) in groups.enumerated() {
      // Chains of movements that clash; each needs as many phases as it takes to part them.
      var chains = components(group, clash).map { chain -> [[Int]] in
        var parts: [[Int]] = []
        for link in chain.sorted(by: { (ratio[$0], $1) > (ratio[$1], $0) }) {
          if let k = parts.firstIndex(where: { part in part.allSatisfy { !clash($0, link) } }) {
            parts[k].append(link)
          } else {
            parts.append([link])
          }
        }
        return parts
      }
      chains.sort { ($0.count, $1[0][0]) > ($1.count, $0[0][0]) }
      // Two rings suffice: what is over runs beside the phases of the shorter of them.
      while chains.count > 2 || (chains.count == 2 && chains[1].count == 1 && chains[0].count == 1) {
        let last = chains.removeLast()
        let into = chains.count - 1
        for (k, part) in last.enumerated() {
          if k < chains[into].count { chains[into][k] += part } else { chains[into].append(part) }
        }
      }
      for (r, chain) in chains.enumerated() {
        for part in chain { phases.append(Draft(links: part.sorted(), barrier: b + 1, ring: r + 1)) }
      }
    }
    // A movement set aside runs with every phase beside which nothing clashes with it.
    var overlaps: [(link: Int, parents: [Int])] = []
    for link in aside.sorted(by: { (ratio[$0], $1) > (ratio[$1], $0) }) {
      let parents = phases.indices.filter { p in
        phases.indices.allSatisfy { q in
          let together = q == p || (phases[q].barrier == phases[p].barrier && phases[q].ring != phases[p].ring)
          guard together else { return true }
          let others = phases[q].links + overlaps.filter { $0.parents.contains(q) }.map(\.link)
          return others.allSatisfy { !self.clash(link, $0, false) }
        }
      }
      guard parents.isEmpty else {
        overlaps.append((link, parents))
        continue
      }
      guard
        let host = phases.indices.first(where: { p in
          phases.indices.allSatisfy { q in
            (q != p && (phases[q].barrier != phases[p].barrier || phases[q].ring == phases[p].ring))
              || (phases[q].links + phases[q].permissive + overlaps.filter { $0.parents.contains(q) }.map(\.link)).allSatisfy {
                model.constraints.conflicts[link, $0] != .conflict
              }
          }
        })
      else { return nil }
      phases[host].permissive.append(link)
    }
    return Layout(phases: phases, overlaps: overlaps)
  }

  /// Every order of phases within its barrier and ring, at a few cycles about Webster's.
  private func designs(_ layout: Layout, _ judged: inout Int) -> [Outcome] {
    let barriers = layout.phases.map(\.barrier).max() ?? 0
    let rings = layout.phases.map(\.ring).max() ?? 0
    var orders: [[Int]] = [[]]
    for b in 1...max(1, barriers) {
      for r in 1...max(1, rings) {
        let here = layout.phases.indices.filter { layout.phases[$0].barrier == b && layout.phases[$0].ring == r }
        guard !here.isEmpty else { continue }
        let ways = here.count <= 3 ? Self.permutations(here) : [here]
        orders = orders.flatMap { order in ways.map { order + $0 } }
        if orders.count > 64 { orders = Array(orders.prefix(64)) }
      }
    }
    let longest = min(settings.maximumCycle, Int(model.constraints.maximumCycle.seconds))
    var found: [Outcome] = []
    let first = webster(layout)
    var tried: Set<Int> = []
    for scale in [0.7, 0.85, 1, 1.2, 1.5] {
      let cycle = min(longest, max(settings.minimumCycle, Int((first * scale).rounded())))
      guard tried.insert(cycle).inserted else { continue }
      for order in orders {
        judged += 1
        if let outcome = outcome(layout, order, cycle: cycle, longest: longest) { found.append(outcome) }
      }
    }
    return found
  }

  private static func permutations(_ items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.indices.flatMap { k -> [[Int]] in
      var rest = items
      let item = rest.remove(at: k)
      return permutations(rest).map { [item] + $0 }
    }
  }

  private func clearance(_ p: Draft) -> (yellow: Int, red: Int) {
    let limits = (p.links + p.permissive).map { model.constraints.links[$0] }
    let yellow = limits.map { SignalTimingModel.wholeSeconds($0.yellow) }.max() ?? 3
    let total = limits.map { SignalTimingModel.wholeSeconds($0.yellow + $0.redClearance) }.max() ?? yellow
    return (yellow, max(0, total - yellow))
  }
  private func shortest(_ p: Draft) -> Int { (p.links + p.permissive).map { model.minimumGreen[$0] }.max() ?? 5 }
  private func need(_ p: Draft) -> Double { max(0.01, (p.links + p.permissive).map { ratio[$0] }.max() ?? 0) }

  /// Webster's cycle for the critical ring of each barrier [s].
  private func webster(_ layout: Layout) -> Double {
    var lost = 0.0
    var ratios: [Double] = []
    for b in Set(layout.phases.map(\.barrier)).sorted() {
      let chains = Set(layout.phases.map(\.ring)).sorted().map { r in layout.phases.filter { $0.barrier == b && $0.ring == r } }
      guard let critical = chains.max(by: { $0.reduce(0) { $0 + need($1) } < $1.reduce(0) { $0 + need($1) } }) else { continue }
      lost += critical.reduce(0) { $0 + Double(clearance($1).yellow + clearance($1).red) }
      ratios += critical.map(need)
    }
    return WebsterCycle.length(lostTime: lost, criticalFlowRatios: ratios) ?? Double(settings.maximumCycle)
  }

  private func outcome(_ layout: Layout, _ order: [Int], cycle wanted: Int, longest: Int) -> Outcome? {
    let phases = order.map { layout.phases[$0] }
    let barriers = Set(phases.map(\.barrier)).sorted(), rings = Set(phases.map(\.ring)).sorted()
    func chain(_ b: Int, _ r: Int) -> [Int] { phases.indices.filter { phases[$0].barrier == b && phases[$0].ring == r } }
    func least(_ k: Int) -> Int { shortest(phases[k]) + clearance(phases[k]).yellow + clearance(phases[k]).red }
    // Barriers share the cycle by their critical rings' needs, no ring below its shortest greens.
    let floors = barriers.map { b in rings.map { chain(b, $0).reduce(0) { $0 + least($1) } }.max() ?? 0 }
    let weights = barriers.map { b in rings.map { chain(b, $0).reduce(0) { $0 + need(phases[$1]) } }.max() ?? 0 }
    let cycle = max(wanted, floors.reduce(0, +))
    guard cycle <= longest else { return nil }
    let lengths = Self.shared(cycle, floors, weights)
    var splits = [Int](repeating: 0, count: phases.count)
    for (k, b) in barriers.enumerated() {
      for r in rings {
        let members = chain(b, r)
        guard !members.isEmpty else { continue }
        for (m, split) in zip(members, Self.shared(lengths[k], members.map(least), members.map { need(phases[$0]) })) { splits[m] = split }
      }
    }
    var plan = RingBarrierPlan(phases: [], cycle: .seconds(Double(cycle)))
    for (k, p) in phases.enumerated() {
      let c = clearance(p)
      plan.phases.append(
        Phase(
          number: k + 1, ring: p.ring, barrier: p.barrier,
          position: (chain(p.barrier, p.ring).firstIndex(of: k) ?? 0) + 1,
          protectedLinks: p.links.filter { !yields($0, beside: p, in: phases) },
          permissiveLinks: (p.links.filter { yields($0, beside: p, in: phases) } + p.permissive).sorted(),
          timing: PhaseTiming(
            minimumGreen: .seconds(Double(shortest(p))), maximumGreen: .seconds(Double(splits[k] - c.yellow - c.red)), passage: .seconds(2),
            clearance: .init(yellow: .seconds(Double(c.yellow)), redClearance: .seconds(Double(c.red))), split: .seconds(Double(splits[k])))
        ))
    }
    plan.overlaps = layout.overlaps.enumerated().map { n, o in
      let parents = order.indices.filter { o.parents.contains(order[$0]) }
      let limits = model.constraints.links[o.link]
      return Overlap(
        name: "\(n + 1)", parentPhases: parents.map { $0 + 1 }, links: [o.link],
        clearance: .init(yellow: limits.yellow, redClearance: limits.redClearance))
    }
    guard let rows = plan.fixedTimeStages(links: model.linkCount) else { return nil }
    let stages = rows.map { row -> Stage in
      var row = row
      for i in 0..<row.state.count where row.state[i] == .red { row.state[i] = model.resting[i] }
      return row
    }
    let program = SignalProgram(id: "rings", stages: stages)
    let errors =
      PlanCheck(model.constraints, usedLinks: model.usedLinks).findings(in: program, signal: model.name)
      + PlanCheck.findings(in: plan, signal: model.name)
    guard errors.allSatisfy({ $0.severity != .error }) else { return nil }
    let engine = PlatoonEngine(network, platoon)
    engine.setCycle(cycle)
    let index = engine.evaluate([[Self.greens(stages, links: model.linkCount)]])[0].index
    return Outcome(plan: plan, stages: stages, index: index, judged: 0)
  }

  /// Whether a link gives way to one that may run beside its phase.
  private func yields(_ link: Int, beside phase: Draft, in phases: [Draft]) -> Bool {
    phases.contains { q in
      let together = (q.barrier == phase.barrier && q.ring != phase.ring) || q.links == phase.links
      return together
        && q.links.contains { other in
          other != link && model.constraints.conflicts[link, other] == .permissive && !model.constraints.allowsBothProtected(link, other)
            && model.rightOfWay.yields[link][other]
        }
    }
  }

  /// Whole seconds that sum to `total`, none below its floor, what is over in proportion to weights.
  static func shared(_ total: Int, _ floors: [Int], _ weights: [Double]) -> [Int] {
    var result = floors
    let sum = max(1e-9, weights.reduce(0, +))
    var left = total - floors.reduce(0, +)
    while left > 0 {
      // The next second goes where most is missing against a proportional share.
      let k = floors.indices.max { a, b in
        let x = weights[a] / sum * Double(total) - Double(result[a]), y = weights[b] / sum * Double(total) - Double(result[b])
        return x != y ? x < y : a > b
      }
      result[k ?? 0] += 1
      left -= 1
    }
    return result
  }

  /// Greens of a program's rows, for the platoon model.
  static func greens(_ stages: [Stage], links: Int) -> [PlatoonEngine.GreenInterval] {
    var intervals: [PlatoonEngine.GreenInterval] = []
    for link in 0..<links {
      var clock: Float = 0
      for (k, stage) in stages.enumerated() {
        let length = Float(stage.duration.seconds)
        if stage.state[link].isGreen {
          let before = stages[(k + stages.count - 1) % stages.count].state[link], after = stages[(k + 1) % stages.count].state[link]
          intervals.append(
            .init(
              row: link, from: clock, to: clock + length, isProtected: stage.state[link] == .green, startsGreen: !before.isGreen,
              endsGreen: !after.isGreen))
        }
        clock += length
      }
    }
    return intervals
  }
}
