import TrafficFlow
import TrafficModel

/// Signals decided together: their present state, the prediction that judges their plans, and the plans.
final class SignalGroup {
  let layout: SignalGroupLayout
  let rollout: Rollout
  let settings: RollingHorizonSettings
  var sequencers: [StageSequencer] = []
  private let stages: [[SignalState]]
  /// Plan of each signal: when to leave the present stage, and for which.
  private var plan: [(time: Int, stage: Int)?]
  private(set) var explanations: [DecisionExplanation?]
  private var waitingInBox: [Bool] = []
  /// Vehicles of the group by lane, reused.
  private var byLane: [[TrafficLearning.Seen]]
  private var sinkSpace: [Double]
  /// Vehicles on the group's lanes and exits, or about to enter them.
  var inbox: [TrafficLearning.Seen] = []
  /// Second since which each link has been red, and whether a vehicle waits for it.
  private var redSince: [Int]
  private var isCalled: [Bool]

  init(layout: SignalGroupLayout, graph: StreetGraph, stages: [[SignalState]], settings: RollingHorizonSettings) {
    self.layout = layout
    self.settings = settings
    self.stages = stages
    rollout = Rollout(
      layout: layout, graph: graph, stages: stages.map { $0.map { $0.indications.map { Permission.of($0) } } }, settings: settings)
    plan = [(time: Int, stage: Int)?](repeating: nil, count: stages.count)
    explanations = [DecisionExplanation?](repeating: nil, count: stages.count)
    byLane = [[TrafficLearning.Seen]](repeating: [], count: layout.lanes.count)
    sinkSpace = [Double](repeating: 0, count: layout.sinks.count)
    redSince = [Int](repeating: Int.min, count: rollout.linkCount)
    isCalled = [Bool](repeating: false, count: rollout.linkCount)
  }

  func start(_ now: Instant) {
    rollout.setDischarge(settings.discharge)
    sequencers = stages.map {
      StageSequencer(
        stages: $0, minimumGreen: .seconds(Double(settings.minimumGreen)),
        yellow: .seconds(Double(settings.yellow - settings.redClearance)),
        redClearance: .seconds(Double(settings.redClearance)), start: now)
    }
  }

  /// Seconds to drive `distance` from `speed` to at most `limit`, accelerating evenly.
  private func travelTime(_ distance: Double, _ speed: Double, _ limit: Double) -> Double {
    let a = settings.acceleration
    if speed >= limit { return distance / limit }
    let reach = (limit * limit - speed * speed) / (2 * a)
    if distance < reach { return ((speed * speed + 2 * a * distance).squareRoot() - speed) / a }
    return (limit - speed) / a + (distance - reach) / limit
  }

  /// Sets the prediction to the present.
  func prepare(now: Instant, learning: inout TrafficLearning, graph: StreetGraph) {
    // Reports that come late tell of a street as it was: it is brought forward from there, under what the signals have shown since.
    let age = learning.age < Double(Rollout.memory) ? learning.age.rounded() : 0
    let clock = now.seconds - age
    rollout.clear()
    rollout.origin = clock
    for l in byLane.indices { byLane[l].removeAll(keepingCapacity: true) }
    for s in sinkSpace.indices { sinkSpace[s] = .infinity }
    for i in isCalled.indices { isCalled[i] = false }
    waitingInBox = [Bool](repeating: false, count: sequencers.count)
    var boxed: [TrafficLearning.Seen] = []
    // Vehicles on their way to the end of a queue in an exit: they take its room.
    var underway: [(sink: Int, behind: Double)] = []
    for vehicle in inbox {
      if vehicle.hop >= 0 {
        let way = graph.hops[vehicle.hop]
        let h = layout.localHop[vehicle.hop]
        if h >= 0, layout.hops[h].signal >= 0 {
          rollout.passed0[h] = max(rollout.passed0[h], clock - 1)
          if way.box > 0, vehicle.speed < 6, vehicle.distance < way.length * 0.7 {
            boxed.append(vehicle)
            continue
          }
        }
        let to = layout.localLane[way.to]
        if to >= 0 {
          var behind = vehicle
          behind.lane = way.to
          behind.distance = graph.length[way.to] + max(way.length - vehicle.distance, 0)
          byLane[place(behind, to, graph)].append(behind)
        } else {
          underway.append((layout.localSink[way.to], 0))
        }
        continue
      }
      let local = layout.localLane[vehicle.lane]
      if local < 0 {
        let sink = layout.localSink[vehicle.lane]
        if sink >= 0 {
          // A queue in the exit leaves room for so many behind its end; an exit that moves takes all.
          let behind = ((graph.length[vehicle.lane] - vehicle.distance) / settings.spacing).rounded(.down)
          if vehicle.speed < 2 {
            sinkSpace[sink] = min(sinkSpace[sink], behind)
          } else {
            underway.append((sink, behind))
          }
        }
        continue
      }
      byLane[place(vehicle, local, graph)].append(vehicle)
    }
    let tails = sinkSpace
    for (sink, behind) in underway where sink >= 0 && behind < tails[sink] { sinkSpace[sink] -= 1 }
    for s in sinkSpace.indices {
      rollout.room0[s] = sinkSpace[s]
      rollout.roomRate[s] = learning.outflow(layout.sinks[s])
    }
    for l in byLane.indices where !byLane[l].isEmpty {
      byLane[l].sort { ($0.distance, $0.key) < ($1.distance, $1.key) }
      let limit = graph.speed[layout.lanes[l]]
      for vehicle in byLane[l] {
        let target = vehicle.target >= 0 ? layout.localHop[vehicle.target] : -1
        let ready = clock + travelTime(vehicle.distance, vehicle.speed, limit)
        if target >= 0, layout.hops[target].link >= 0, vehicle.speed < 2 { isCalled[layout.hops[target].link] = true }
        if vehicle.isNew, target >= 0 { learning.note(lead: ready - clock + layout.distanceToStop[l] / limit, vehicle.target) }
        if let v = rollout.makeVehicle(ready: ready, hop: target, stopped: vehicle.speed < 2) {
          rollout.append(v, to: l)
        }
      }
    }
    for vehicle in boxed.sorted(by: { ($0.distance, $0.key) > ($1.distance, $1.key) }) {
      let h = layout.localHop[vehicle.hop]
      if let v = rollout.makeVehicle(ready: clock - 1, hop: h, stopped: true) {
        rollout.putInBox(v, hop: h, ready: clock + 1)
      }
    }
    expectArrivals(clock, learning, graph)
    trackLanes(clock, graph)
    if age > 0 { rollout.bringForward(from: Int(clock.rounded()), to: Int(now.seconds.rounded())) }
    for h in rollout.boxHops where rollout.boxCount0[h] > 0 {
      let hop = layout.hops[h]
      guard let next = sequencers[hop.signal].next else { continue }
      if !stages[hop.signal][next][hop.link - layout.linkStart[hop.signal]].isGreen { waitingInBox[hop.signal] = true }
    }
    for s in sequencers.indices {
      let since = now - sequencers[s].changeSince
      sequencers[s].advance(
        to: now,
        hold: waitingInBox[s] && since < .seconds(Double(settings.yellow + settings.clearanceExtension)))
    }
    let second = Int(now.seconds.rounded())
    for (s, sequencer) in sequencers.enumerated() {
      rollout.stage0[s] = sequencer.stage
      rollout.greenSince0[s] = Int(sequencer.greenSince.seconds.rounded())
      rollout.clearingTo0[s] = sequencer.next ?? -1
      rollout.clearSince0[s] = Int(sequencer.changeSince.seconds.rounded())
      let state = sequencer.state(at: now)
      for i in 0..<state.count {
        rollout.permission0[layout.linkStart[s] + i] = Permission.of(state[i])
        let link = layout.linkStart[s] + i
        if state[i].isGreen { redSince[link] = second } else if redSince[link] == Int.min { redSince[link] = second }
      }
      if let p = plan[s], p.time < second { plan[s] = nil }
    }
    // Patience does not help who could not go at green.
    for h in layout.ruledHops where isCalled[layout.hops[h].link] && !rollout.hasRoomNow(h) {
      let link = layout.hops[h].link
      if second - redSince[link] < settings.patience * 4 / 3 { isCalled[link] = false }
    }
  }

  /// The lane on which the prediction keeps a vehicle: its own, or the one it must change to unless it is stuck at the end of the wrong one.
  private func place(_ vehicle: TrafficLearning.Seen, _ local: Int, _ graph: StreetGraph) -> Int {
    guard vehicle.target >= 0 else { return local }
    let h = layout.localHop[vehicle.target]
    guard h >= 0, layout.hops[h].signal >= 0 else { return local }
    let a = layout.approachIndex[layout.hops[h].from]
    let way = layout.onward[local * layout.approachCount + a]
    if way != -1 { return local }
    let side = layout.lateral[local * layout.approachCount + a]
    if side < 0 || (vehicle.distance < 15 && vehicle.speed < 2) { return local }
    return side
  }

  /// Vehicles beyond the reports, at the rates learnt.
  private func expectArrivals(_ clock: Double, _ learning: TrafficLearning, _ graph: StreetGraph) {
    for h in layout.ruledHops {
      let hop = layout.hops[h]
      let q = learning.expectedRate(hop.graph) * settings.expectedShare
      guard q > 0.002 else { continue }
      var t = clock + learning.lead(hop.graph) + 0.5 / q
      while t < clock + Double(settings.horizon) {
        if let v = rollout.makeVehicle(ready: t, hop: h, stopped: false) { rollout.arrivals.append((t, v, Int32(hop.from))) }
        t += 1 / q
      }
    }
    rollout.arrivals.sort { ($0.time, $0.vehicle) < ($1.time, $1.vehicle) }
    // Shares of the turns of vehicles that come from a signal of the same group.
    var start: [Int] = []
    var hops: [Int32] = []
    var shares: [Double] = []
    for l in layout.lanes.indices {
      start.append(hops.count)
      guard layout.isFed[l] else { continue }
      for h in layout.ruledHops {
        let a = layout.approachIndex[layout.hops[h].from]
        guard layout.onward[l * layout.approachCount + a] != -1 || layout.lateral[l * layout.approachCount + a] >= 0 else { continue }
        let share = learning.share(link: graph.link[layout.lanes[l]], hop: layout.hops[h].graph)
        guard share > 0 else { continue }
        hops.append(Int32(h))
        shares.append(share)
      }
    }
    start.append(hops.count)
    rollout.shareStart = start
    rollout.shareHop = hops
    rollout.share = shares
  }

  /// Time since which each lane may discharge again.
  private func trackLanes(_ clock: Double, _ graph: StreetGraph) {
    for l in layout.lanes.indices {
      rollout.free0[l] = clock - 10
      rollout.position0[l] = 0
      rollout.held0[l] = false
    }
    for l in layout.lanes.indices {
      let vehicles = byLane[l]
      guard let first = vehicles.first else { continue }
      rollout.free0[l] = clock
      if first.speed < 0.5 {
        rollout.held0[l] = true
      } else {
        // How far its start is behind it: the speed at which the k-th vehicle of a queue crosses.
        let limit = graph.speed[layout.lanes[l]]
        let ratio = min((first.speed * first.speed + 2 * settings.acceleration * first.distance).squareRoot() / limit, 1)
        rollout.position0[l] = Int32((ratio * ratio * Double(rollout.headwayCount - 1)).rounded())
      }
    }
  }

  // MARK: Deciding

  func decide(now: Instant) {
    let second = Int(now.seconds.rounded())
    for s in sequencers.indices { setPlan(s, plan[s]) }
    for s in sequencers.indices {
      guard sequencers[s].mayChange(at: now), sequencers[s].stages.count > 1 else { continue }
      decide(s, now, second)
    }
    rollout.remember(second)
  }

  /// The link of a signal that has been red for longest, beyond patience and with somebody waiting.
  private func starved(_ s: Int, _ second: Int) -> Int? {
    var oldest = second - settings.patience
    var found: Int?
    for link in layout.linkStart[s]..<layout.linkStart[s + 1] where isCalled[link] && redSince[link] <= oldest {
      oldest = redSince[link] - 1
      found = link - layout.linkStart[s]
    }
    return found
  }

  /// Cost of the plans set, under the best of the continuations.
  private func judge(_ second: Int) -> Double {
    var cost = Double.infinity
    for factor in settings.changeFactors {
      rollout.changeFactor = factor
      cost = min(cost, rollout.predict(from: second))
    }
    return cost
  }

  /// Looks one change further for the best plans that switch now and the best that wait.
  private func refine(_ s: Int, _ second: Int, _ options: inout [DecisionExplanation.Option]) {
    let order = options.indices.sorted { (options[$0].cost, $0) < (options[$1].cost, $1) }
    let now = order.filter { options[$0].after == 0 }.prefix(settings.refined)
    let later = order.filter { options[$0].after != 0 }.prefix(settings.refined)
    for i in Array(now) + Array(later) {
      setPlan(s, (second + Int(options[i].after ?? 0), options[i].stage))
      for green in settings.secondGreens {
        for r in sequencers[s].stages.indices where r != options[i].stage {
          rollout.secondGreen[s] = green
          rollout.secondStage[s] = r
          options[i].cost = min(options[i].cost, judge(second))
        }
      }
      rollout.secondStage[s] = -1
    }
  }

  private func setPlan(_ s: Int, _ p: (time: Int, stage: Int)?) {
    rollout.planTime[s] = p?.time ?? -1
    rollout.planStage[s] = p?.stage ?? -1
  }

  private func decide(_ s: Int, _ now: Instant, _ second: Int) {
    let present = sequencers[s].stage
    var options: [DecisionExplanation.Option] = []
    for hold in settings.holds {
      for q in sequencers[s].stages.indices where q != present {
        setPlan(s, (second + hold, q))
        options.append(.init(stage: q, after: Double(hold), cost: judge(second)))
      }
    }
    if !settings.secondGreens.isEmpty { refine(s, second, &options) }
    var best: (time: Int, stage: Int)?
    var bestStay = Double.infinity
    var bestSwitch = Double.infinity
    var switchTo = present
    for option in options {
      if option.after == 0 {
        if option.cost < bestSwitch {
          bestSwitch = option.cost
          switchTo = option.stage
        }
      } else if option.cost < bestStay {
        bestStay = option.cost
        best = (second + Int(option.after ?? 0), option.stage)
      }
    }
    if let link = starved(s, second) {
      // Nobody is left waiting for ever, whatever the predictions say: the cheapest stage that serves the link follows now.
      let serving = options.filter { $0.after == 0 && stages[s][$0.stage][link].isGreen }.min { $0.cost < $1.cost }
      if let serving {
        switchTo = serving.stage
        bestSwitch = -.infinity
      }
    }
    if bestSwitch + settings.switchThreshold < bestStay {
      sequencers[s].change(to: switchTo, at: now)
      plan[s] = nil
      rollout.clearingTo0[s] = switchTo
      rollout.clearSince0[s] = second
      let state = sequencers[s].state(at: now)
      for i in 0..<state.count { rollout.permission0[layout.linkStart[s] + i] = Permission.of(state[i]) }
      setPlan(s, nil)
    } else {
      plan[s] = best
      setPlan(s, best)
    }
    explanations[s] = DecisionExplanation(
      time: now, signal: SignalID(layout.signals[s]), presentStage: present, chosenStage: sequencers[s].next ?? present,
      options: options.sorted { $0.cost < $1.cost })
  }
}
