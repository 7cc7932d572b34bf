import TrafficModel

extension SignalMemory {
  /// Actuated control: the stage in service is extended while vehicles come, and gives way to the next stage somebody waits for.
  mutating func chooseActuated(now: Instant, settings: LiveSettings) {
    guard stages.count > 1 else {
      reason = Message("live.onlyStage")
      return
    }
    let present = stages[target]
    let green = greenTime(of: present, at: now)
    guard green >= present.minimum else {
      reason = Message("live.minimumGreen", [stageName(target)])
      return
    }
    let next = (1..<stages.count).map { (target + $0) % stages.count }.first { isCalled($0) }
    guard let next else {
      reason = Message("live.noCall", [stageName(target)])
      return
    }
    let isExtended = present.lanes.contains { lane in
      lanes[lane].stopBarOccupied || lanes[lane].lastDetection.map { now - $0 < settings.passage } ?? false
    }
    if isExtended && green < present.maximum {
      reason = Message("live.extended", [stageName(target)])
      return
    }
    reason = Message(isExtended ? "live.maxOut" : "live.gapOut", [stageName(target), stageName(next)])
    target = next
    targetSince = now
  }

  /// Adaptive control: every way to go on is played forward over the horizon with the queues and arrival rates of each lane, and the
  /// one with the least time in queue is begun. Queues stand upright at the stop line and leave at saturation flow.
  mutating func chooseAdaptive(now: Instant, constraints: TimingConstraints, settings: LiveSettings) {
    options = []
    guard stages.count > 1 else {
      reason = Message("live.onlyStage")
      return
    }
    let present = stages[target]
    let green = greenTime(of: present, at: now)
    guard green >= present.minimum else {
      reason = Message("live.minimumGreen", [stageName(target)])
      return
    }
    // Nobody waits beyond the longest red a signal may show: a lane that comes near it is served first.
    let urgent = lanes.indices.filter { lane in
      !present.lanes.contains(lane) && (lanes[lane].queue > 0 || lanes[lane].stopBarOccupied)
        && lanes[lane].links.contains { link in
          transition.shown[link] == .red && now - transition.since[link] + .seconds(15) >= constraints.links[link].maximumRed
        }
    }
    if let lane = urgent.first, let stage = stages.indices.first(where: { stages[$0].lanes.contains(lane) }) {
      reason = Message("live.longestWait", [stageName(stage)])
      target = stage
      targetSince = now
      return
    }
    var best = LiveOption(stage: target, after: settings.horizon, cost: predictedCost(stage: target, after: settings.horizon, settings))
    options.append(best)
    for stage in stages.indices where stage != target {
      for after in [0, 5, 10, 20] {
        let option = LiveOption(stage: stage, after: after, cost: predictedCost(stage: stage, after: after, settings))
        options.append(option)
        if option.cost < best.cost { best = option }
      }
    }
    options.sort { ($0.cost, $0.stage, $0.after) < ($1.cost, $1.stage, $1.after) }
    if best.stage != target && best.after == 0 {
      let stay = options.first { $0.stage == target }?.cost ?? best.cost
      reason = Message("live.changeSaves", [stageName(target), stageName(best.stage), Self.tenths(stay - best.cost)])
      target = best.stage
      targetSince = now
    } else if best.stage != target {
      reason = Message("live.changeSoon", [stageName(target), stageName(best.stage), "\(best.after)"])
    } else {
      reason = Message("live.staySaves", [stageName(target)])
    }
  }

  /// How long the slowest link of the stage has been green; zero while the stage is still being changed to.
  private func greenTime(of stage: ServingStage, at now: Instant) -> TimeAmount {
    var least: TimeAmount?
    for link in stage.state.greens {
      guard transition.shown[link].isGreen else { return .zero }
      let elapsed = now - transition.since[link]
      least = least.map { min($0, elapsed) } ?? elapsed
    }
    // A stage without green of its own ends at once.
    return max(.zero, least.map { min($0, now - targetSince) } ?? (now - targetSince))
  }

  private func isCalled(_ stage: Int) -> Bool {
    stages[stage].lanes.contains { lane in
      !stages[target].lanes.contains(lane) && (lanes[lane].queue >= 0.5 || lanes[lane].stopBarOccupied)
    }
  }

  /// Time in queue over the horizon if the present stage ends `after` seconds from now and `stage` follows.
  private func predictedCost(stage: Int, after: Int, _ settings: LiveSettings) -> Double {
    let horizon = settings.horizon
    let present = stages[target], following = stages[stage]
    let change = changeTime(from: present, to: following, settings)
    var total = 0.0
    for (index, lane) in lanes.enumerated() {
      let servedNow = present.lanes.contains(index), servedThen = following.lanes.contains(index)
      var queue = lane.queue
      // What is left at the horizon waits on, for half of it on average.
      for second in 0..<horizon {
        let serves: Bool
        if second < after {
          serves = servedNow
        } else if Double(second) < Double(after) + change {
          serves = servedNow && servedThen
        } else {
          serves = servedThen
        }
        queue += lane.arrivalRate
        if serves { queue = max(0, queue - settings.saturationFlow) }
        total += queue
      }
      total += queue * Double(horizon) / 2
    }
    return total
  }

  /// Seconds without discharge between two stages.
  private func changeTime(from: ServingStage, to: ServingStage, _ settings: LiveSettings) -> Double {
    var longest = 0.0
    for link in from.state.greens where !to.state[link].isGreen {
      longest = max(longest, transition.clearance(of: link).seconds)
    }
    return longest + (longest > 0 ? settings.lostTime : 0)
  }

  func stageName(_ index: Int) -> String { "\(index + 1)" }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
  }
}
