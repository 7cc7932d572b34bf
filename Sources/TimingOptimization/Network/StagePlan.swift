import TrafficModel

/// A signal's timing in whole seconds: which candidate stages, how long, from when.
public struct StagePlan: Sendable, Hashable {
  public struct Step: Sendable, Hashable {
    /// Position in the model's candidates.
    public var candidate: Int
    /// Time it is shown, transition to the next excluded [s].
    public var seconds: Int
    public init(candidate: Int, seconds: Int) {
      self.candidate = candidate
      self.seconds = seconds
    }
  }

  /// Stage 0 begins at clock times congruent to this modulo the cycle [s].
  public var offset: Int
  public var stages: [Step]

  public init(offset: Int = 0, stages: [Step]) {
    self.offset = offset
    self.stages = stages
  }

  /// Transitions of one round [s].
  public func lostSeconds(_ model: SignalTimingModel) -> Int {
    stages.indices.reduce(0) {
      $0 + model.transitionLength(from: stages[$1].candidate, to: stages[($1 + 1) % stages.count].candidate)
    }
  }

  /// [s]
  public func cycle(_ model: SignalTimingModel) -> Int { lostSeconds(model) + stages.reduce(0) { $0 + $1.seconds } }

  /// Why the plan cannot run, or nil where it can: every used link served, no stage followed by itself, greens long enough.
  func isRunnable(_ model: SignalTimingModel) -> Bool {
    guard stages.count > 1, stages.allSatisfy({ $0.seconds >= 1 }) else { return false }
    var served = SIMD4<UInt64>.zero
    for k in stages.indices {
      guard stages[k].candidate != stages[(k + 1) % stages.count].candidate else { return false }
      served |= model.candidates[stages[k].candidate].members
    }
    for i in model.usedLinks.indices where model.usedLinks[i] && !served.contains(i) { return false }
    return shortestGreenMargin(model) >= 0 && clearsInTime(model)
  }

  /// Whether every green that ends has cleared before a link it conflicts with turns green: the change to the next stage sees to the
  /// links of that, but a short stage may lie between.
  func clearsInTime(_ model: SignalTimingModel) -> Bool {
    let k = stages.count
    for a in 0..<k {
      let next = (a + 1) % k
      let following = model.candidates[stages[next].candidate].members
      for i in model.candidates[stages[a].candidate].greens where model.clearance[i] > 0 && !following.contains(i) {
        var clock = model.transitionLength(from: stages[a].candidate, to: stages[next].candidate) - model.yellow[i]
        var m = next
        for _ in 1..<k where clock < model.clearance[i] {
          clock += stages[m].seconds + model.transitionLength(from: stages[m].candidate, to: stages[(m + 1) % k].candidate)
          m = (m + 1) % k
          if clock < model.clearance[i], !(model.candidates[stages[m].candidate].members & model.conflicting[i]).isNone { return false }
        }
      }
    }
    return true
  }

  /// By how many seconds the shortest green exceeds its minimum; negative where one is too short.
  func shortestGreenMargin(_ model: SignalTimingModel) -> Int {
    let k = stages.count
    let lengths = stages.indices.map { model.transitionLength(from: stages[$0].candidate, to: stages[($0 + 1) % k].candidate) }
    var margin = Int.max
    for i in model.usedLinks.indices where model.usedLinks[i] {
      let on = stages.map { model.candidates[$0.candidate].members.contains(i) }
      guard let red = on.firstIndex(of: false) else { continue }
      var run = 0
      for step in 1...k {
        let here = (red + step) % k
        if on[here] {
          run += stages[here].seconds
          let next = (here + 1) % k
          if on[next] { run += lengths[here] }
        }
        if run > 0, !on[here] || step == k {
          margin = min(margin, run - model.minimumGreen[i])
          run = 0
        }
      }
    }
    return margin
  }

  /// The same stages stretched or squeezed to a cycle, in proportion, none below what its links need; nil where it cannot be done.
  func fitted(to cycle: Int, _ model: SignalTimingModel) -> StagePlan? {
    let available = cycle - lostSeconds(model)
    guard available >= stages.count else { return nil }
    let total = stages.reduce(0) { $0 + $1.seconds }
    var plan = self
    var exact: [(Int, Double)] = []
    var used = 0
    for k in stages.indices {
      let share = Double(stages[k].seconds) * Double(available) / Double(max(1, total))
      plan.stages[k].seconds = max(1, Int(share))
      used += plan.stages[k].seconds
      exact.append((k, share - Double(Int(share))))
    }
    // Largest remainders first, so that whole seconds still sum to the cycle.
    exact.sort { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
    var turn = 0
    while used < available {
      plan.stages[exact[turn % exact.count].0].seconds += 1
      used += 1
      turn += 1
    }
    while used > available {
      guard let longest = plan.stages.indices.max(by: { plan.stages[$0].seconds < plan.stages[$1].seconds }),
        plan.stages[longest].seconds > 1
      else { return nil }
      plan.stages[longest].seconds -= 1
      used -= 1
    }
    plan.offset = ((offset * cycle) / max(1, total + lostSeconds(model)))
    return plan.repaired(model)
  }

  /// Moves seconds from the longest stages to those whose greens are too short; nil where the cycle has no room.
  func repaired(_ model: SignalTimingModel) -> StagePlan? {
    var plan = self
    for _ in 0..<64 {
      let margin = plan.shortestGreenMargin(model)
      if margin >= 0 { return plan }
      // The stage whose lengthening helps most.
      var best: (StagePlan, Int)?
      for k in plan.stages.indices {
        var trial = plan
        trial.stages[k].seconds += 1
        guard
          let donor = trial.stages.indices.filter({ $0 != k }).max(by: { trial.stages[$0].seconds < trial.stages[$1].seconds }),
          trial.stages[donor].seconds > 1
        else { continue }
        trial.stages[donor].seconds -= 1
        let shortfall = trial.totalShortfall(model)
        if best.map({ shortfall < $0.1 }) ?? true { best = (trial, shortfall) }
      }
      guard let best, best.1 < plan.totalShortfall(model) else { return nil }
      plan = best.0
    }
    return nil
  }

  private func totalShortfall(_ model: SignalTimingModel) -> Int {
    let k = stages.count
    let lengths = stages.indices.map { model.transitionLength(from: stages[$0].candidate, to: stages[($0 + 1) % k].candidate) }
    var sum = 0
    for i in model.usedLinks.indices where model.usedLinks[i] {
      let on = stages.map { model.candidates[$0.candidate].members.contains(i) }
      guard let red = on.firstIndex(of: false) else { continue }
      var run = 0
      for step in 1...k {
        let here = (red + step) % k
        if on[here] {
          run += stages[here].seconds
          if on[(here + 1) % k] { run += lengths[here] }
        }
        if run > 0, !on[here] || step == k {
          sum += max(0, model.minimumGreen[i] - run)
          run = 0
        }
      }
    }
    return sum
  }

  /// The program a controller runs.
  public func program(_ model: SignalTimingModel, id: String) -> SignalProgram {
    var rows: [Stage] = []
    for k in stages.indices {
      let step = stages[k]
      rows.append(Stage(state: model.candidates[step.candidate].state, duration: .seconds(Double(step.seconds))))
      for t in model.transition(from: step.candidate, to: stages[(k + 1) % stages.count].candidate) {
        rows.append(Stage(state: t.state, duration: .seconds(Double(t.seconds))))
      }
    }
    let cycle = max(1, cycle(model))
    let shift = ((offset % cycle) + cycle) % cycle
    return SignalProgram(id: id, offset: .seconds(Double(shift)), stages: rows)
  }
}
