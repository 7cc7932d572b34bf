import Statistics

extension PlatoonPlanner {
  /// Solutions whose queues outgrow their roads, judged by the cell model and moved until it finds no better.
  ///
  /// The platoon model lets a queue of any length stand before its stop line and charges for what exceeds the road; it does not see
  /// the stop line upstream blocked by it. Where one of the solutions has such a queue all are judged by cells, so that they compare;
  /// the best of them then has the signals at both ends of full roads retimed.
  func unblocked(_ solutions: [Solution]) -> [Solution] {
    guard settings.unblocking > 0, solutions.contains(where: { $0.measures.contains { $0.spillback > 0 } }) else { return solutions }
    var judged = solutions
    for k in judged.indices { judged[k].cells = cellMeasures(judged[k]) }
    guard let best = judged.indices.min(by: { (judged[$0].rank, $0) < (judged[$1].rank, $1) }) else { return judged }
    let better = unblock(judged[best], variants: settings.unblocking)
    if better.rank < judged[best].rank { judged.append(better) }
    return judged
  }

  /// What the cell model says of a solution.
  public func cellMeasures(_ solution: Solution) -> CellNetwork.Measures {
    cells.measures(zip(solution.plans, models).map { $0.greens($1) }, cycle: solution.cycle)
  }

  /// Moves offsets and splits of the signals at full roads while the cell model finds the network better for it.
  ///
  /// - Parameter variants: judged at most.
  public func unblock(_ start: Solution, variants: Int) -> Solution {
    var best = start
    best.cells = start.cells ?? cellMeasures(start)
    let full = signalsAtFullRoads(start)
    guard !full.isEmpty else { return best }
    var random = RandomStream(seed: settings.seed, stream: 0xCE11)
    var judged = 0
    while judged < variants {
      judged += 1
      var trial = best
      let s = full[random.integer(below: full.count)]
      var plan = trial.plans[s]
      if models.count > 1 && random.uniform() < 0.5 {
        let shift = [-16, -8, -4, -2, 2, 4, 8, 16][random.integer(below: 8)]
        plan.offset = ((plan.offset + shift) % best.cycle + best.cycle) % best.cycle
      } else {
        let a = random.integer(below: plan.stages.count), b = random.integer(below: plan.stages.count)
        let amount = [1, 2, 4, 7][random.integer(below: 4)]
        guard a != b, plan.stages[a].seconds > amount else { continue }
        plan.stages[a].seconds -= amount
        plan.stages[b].seconds += amount
        guard plan.isRunnable(models[s]) else { continue }
      }
      trial.plans[s] = plan
      let measures = cellMeasures(trial)
      guard measures.index < (best.cells?.index ?? .infinity) else { continue }
      best.plans = trial.plans
      best.cells = measures
    }
    var solution = judge(best.plans, cycle: best.cycle)
    solution.cells = best.cells
    return solution
  }

  /// Signals whose queue outgrows its road, and those that feed them.
  private func signalsAtFullRoads(_ solution: Solution) -> [Int] {
    _ = judge(solution.plans, cycle: solution.cycle)
    var found = Set<Int>()
    for engine in engines {
      for (j, s) in engine.network.streams.enumerated() {
        let r = engine.results[j]
        guard r.longest[0] + r.overflow[0] > engine.layout.streams[j].storage else { continue }
        found.insert(s.signal)
        for group in s.groups { for feed in group.feeds { found.insert(engine.network.streams[feed.stream].signal) } }
      }
    }
    return found.sorted()
  }
}
