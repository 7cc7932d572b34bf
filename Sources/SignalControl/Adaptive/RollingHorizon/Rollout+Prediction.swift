/// The prediction itself: what traffic does from now under a plan.
extension Rollout {
  /// Cost of the present plans [veh·s] until the horizon. Times are seconds from an origin that the caller chose.
  func predict(from now: Int) -> Double {
    restore()
    let end = now + settings.horizon
    let last = Double(end)
    var cost = 0.0
    var arrival = 0
    let arrivalCount = arrivals.count
    for t in now..<end {
      let clock = Double(t)
      while arrival < arrivalCount, arrivals[arrival].time < clock + settings.foresight {
        let a = arrivals[arrival]
        push(a.vehicle, Int(a.lane))
        arrival += 1
      }
      for s in 0..<signalCount { control(s, t) }
      cost += pass(clock)
    }
    // What is left waits on.
    for l in 0..<laneCount {
      var v = Int(head[l])
      var k = 0.0
      while v >= 0 {
        if ready[v] < last {
          cost += (last - ready[v]) * laneWeight[l] + settings.terminalWeight * k * headways[headwayCount - 1]
          k += 1
        }
        v = Int(next[v])
      }
    }
    for h in boxHops {
      for i in 0..<Int(boxCount[h]) { cost += last - ready[Int(boxVehicle[h * 2 + i])] + 10 }
    }
    return cost
  }

  /// One second of traffic under what the signals permit; returns the delay counted.
  @inline(__always)
  private func pass(_ clock: Double) -> Double {
    var cost = 0.0
    for h in boxHops where boxCount[h] > 0 { cost += clearBox(h, clock) }
    for l in 0..<laneCount {
      let v = Int(head[l])
      if v < 0 { continue }
      let earliest = max(ready[v], free[l])
      if earliest >= clock + 1 { continue }
      cost += serve(l, v, max(earliest, clock), clock)
    }
    return cost
  }

  /// Brings the state from `start`, of which the reports tell, to the present, under what the signals have shown since.
  func bringForward(from start: Int, to now: Int) {
    restore()
    var arrival = 0
    for t in start..<now {
      while arrival < arrivals.count, arrivals[arrival].time < Double(t) + settings.foresight {
        push(arrivals[arrival].vehicle, Int(arrivals[arrival].lane))
        arrival += 1
      }
      permission.update(from: past + ((t % Self.memory + Self.memory) % Self.memory) * linkCount, count: linkCount)
      _ = pass(Double(t))
    }
    arrivals.removeFirst(arrival)
    carry(toStart: true)
    for s in layout.sinks.indices { room0[s] = room[s] + roomRate[s] * Double(now - start) }
    origin = Double(now)
  }

  /// Carries where the vehicles are from the start of every prediction to the present one, or the other way.
  @inline(__always)
  private func carry(toStart: Bool) {
    @inline(__always)
    func carry<Value>(_ start: UnsafeMutablePointer<Value>, _ present: UnsafeMutablePointer<Value>, _ count: Int) {
      if toStart { start.update(from: present, count: count) } else { present.update(from: start, count: count) }
    }
    carry(ready0, ready, vehicleCount)
    carry(next0, next, vehicleCount)
    carry(stopped0, stopped, vehicleCount)
    carry(target0, target, vehicleCount)
    carry(head0, head, laneCount)
    carry(tail0, tail, laneCount)
    carry(occupancy0, occupancy, laneCount)
    carry(free0, free, laneCount)
    carry(position0, position, laneCount)
    carry(held0, held, laneCount)
    carry(passed0, passed, hopCount)
    for h in boxHops {
      carry(boxCount0 + h, boxCount + h, 1)
      carry(boxReady0 + h * 2, boxReady + h * 2, 2)
      carry(boxVehicle0 + h * 2, boxVehicle + h * 2, 2)
    }
  }

  private func restore() {
    carry(toStart: false)
    for l in 0..<laneCount { heldUntil[l] = origin }
    room.update(from: room0, count: layout.sinks.count)
    for s in 0..<signalCount {
      stage[s] = stage0[s]
      greenSince[s] = greenSince0[s]
      clearingTo[s] = clearingTo0[s]
      clearSince[s] = clearSince0[s]
      spent[s] = false
      spentSecond[s] = secondStage[s] < 0
    }
    permission.update(from: permission0, count: linkCount)
    for i in 0..<share.count { shareUsed[i] = 0 }
  }

  @inline(__always)
  private func push(_ v: Int32, _ lane: Int) {
    next[Int(v)] = -1
    if tail[lane] < 0 { head[lane] = v } else { next[Int(tail[lane])] = v }
    tail[lane] = v
    occupancy[lane] += 1
  }

  @inline(__always)
  private func pop(_ lane: Int) {
    let v = Int(head[lane])
    head[lane] = next[v]
    if head[lane] < 0 { tail[lane] = -1 }
    occupancy[lane] -= 1
  }

  /// Whether a vehicle that crossed at `time` would find its exit free.
  @inline(__always)
  private func hasRoom(_ h: Int, _ clock: Double) -> Bool {
    let to = Int(hopTo[h])
    if to >= 0 { return occupancy[to] < laneCapacity[to] }
    let sink = Int(hopSink[h])
    return sink < 0 || room[sink] + roomRate[sink] * (clock - origin) >= 1
  }

  /// Whether the exit of a hop takes a vehicle at present.
  func hasRoomNow(_ h: Int) -> Bool {
    let to = Int(hopTo[h]), sink = Int(hopSink[h])
    return to >= 0 ? occupancy0[to] < laneCapacity[to] : sink < 0 || room0[sink] >= 1
  }

  /// Lets the head of a lane go if it may; returns the delay counted.
  private func serve(_ l: Int, _ v: Int, _ time: Double, _ clock: Double) -> Double {
    var h = Int(target[v])
    var onItsLane = true
    if h >= 0 {
      let a = approachOf[Int(hopFrom[h])]
      let way = onward[l * layout.approachCount + Int(a)]
      if way >= 0 { h = Int(way) } else if way == -1 { onItsLane = false }
    }
    if h < 0 {
      // It leaves the group's roads before any of its signals.
      pop(l)
      free[l] = time + headways[headwayCount - 1]
      return 0
    }
    let link = Int(hopLink[h])
    if link >= 0 {
      switch permission[link] {
      case Permission.protected: break
      case Permission.permissive, Permission.stopThenProceed:
        if !hasGap(h, time) {
          if hopBox[h] > 0, boxCount[h] < hopBox[h], permission[link] == Permission.permissive, hasRoom(h, clock) {
            enterBox(l, v, h, time)
          } else {
            pause(l, v, clock)
          }
          return 0
        }
      case Permission.yellow:
        // Who is too near to stop passes; who waits in the junction clears it by `clearBox`.
        if stopped[v] && position[l] == 0 || time >= Double(clearSince[Int(hopSignal[h])]) + settings.yellowUse {
          hold(l, v, clock)
          return 0
        }
      default:
        hold(l, v, clock)
        return 0
      }
    }
    guard hasRoom(h, clock) else {
      pause(l, v, clock)
      return 0
    }
    if held[l] {
      // Green has just begun for a queue that stands.
      held[l] = false
      free[l] = heldUntil[l] + discharge.startUp
      if free[l] >= clock + 1 { return 0 }
    }
    pop(l)
    var delay = time - ready[v]
    guard link >= 0 else {
      // Between two lanes of the same road it is the stop line downstream that spaces the queue.
      free[l] = time + 1
      leave(h, v, time)
      return delay * hopWeight[h]
    }
    let k = min(Int(position[l]), headwayCount - 1)
    if stopped[v] || delay > 2 { delay += postLoss[k] }
    passed[h] = time
    position[l] += 1
    free[l] = time + headways[min(k + 1, headwayCount - 1)] * laneFactor[l] + (onItsLane ? 0 : 2)
    leave(h, v, time)
    return delay
  }

  /// The head of a lane stands at red: the queue behind it will have to start again.
  @inline(__always)
  private func hold(_ l: Int, _ v: Int, _ clock: Double) {
    stopped[v] = true
    held[l] = true
    heldUntil[l] = clock + 1
    position[l] = 0
    free[l] = clock + 1
  }

  /// The head of a lane waits for a gap or for room.
  @inline(__always)
  private func pause(_ l: Int, _ v: Int, _ clock: Double) {
    stopped[v] = true
    position[l] = 0
    free[l] = clock + 1
  }

  private func leave(_ h: Int, _ v: Int, _ time: Double) {
    let to = Int(hopTo[h])
    if to < 0 {
      let sink = Int(hopSink[h])
      if sink >= 0 { room[sink] -= 1 }
      return
    }
    ready[v] = time + hopTravel[h] + laneTravel[to]
    stopped[v] = false
    var lane = to
    if hopLink[h] >= 0 {
      let choice = chooseNext(to)
      target[v] = choice
      if choice >= 0 {
        let a = Int(approachOf[Int(hopFrom[Int(choice)])])
        if onward[to * layout.approachCount + a] == -1 {
          let side = layout.lateral[to * layout.approachCount + a]
          if side >= 0 { lane = side }
        }
      }
    }
    push(Int32(v), lane)
  }

  /// The next ruled hop of a vehicle that comes from another signal of the group, by shares learnt, in turn.
  private func chooseNext(_ lane: Int) -> Int32 {
    let from = shareStart[lane], end = shareStart[lane + 1]
    guard from < end else { return -1 }
    // The rest of the shares leaves the group's roads.
    var best = -1
    var most = 0.5
    for i in from..<end {
      shareUsed[i] += share[i]
      if shareUsed[i] > most {
        most = shareUsed[i]
        best = i
      }
    }
    if best < 0 { return -1 }
    shareUsed[best] -= 1
    return shareHop[best]
  }

  /// No vehicle with right of way crosses within the critical gap after `time`.
  private func hasGap(_ h: Int, _ time: Double) -> Bool {
    for i in Int(yieldStart[h])..<Int(yieldStart[h + 1]) {
      let y = Int(yields[i])
      let link = Int(hopLink[y])
      let p = permission[link]
      guard p == Permission.protected || p == Permission.permissive || p == Permission.yellow else { continue }
      if passed[y] > time - 1.5 { return false }
      if p == Permission.yellow, time >= Double(clearSince[Int(hopSignal[y])]) + settings.yellowUse { continue }
      let l = Int(hopFrom[y])
      var v = Int(head[l])
      var at = free[l]
      for _ in 0..<2 {
        if v < 0 { break }
        at = max(at, ready[v])
        if at > time + settings.criticalGap { break }
        if Int(target[v]) == y { return false }
        at += headways[headwayCount - 1]
        v = Int(next[v])
      }
    }
    return true
  }

  private func enterBox(_ l: Int, _ v: Int, _ h: Int, _ time: Double) {
    pop(l)
    let n = Int(boxCount[h])
    boxVehicle[h * 2 + n] = Int32(v)
    boxReady[h * 2 + n] = time + 1.5
    boxCount[h] += 1
    stopped[v] = true
    position[l] += 1
    free[l] = time + headways[1]
  }

  /// Lets a vehicle that waits in the junction go when it finds a gap.
  private func clearBox(_ h: Int, _ clock: Double) -> Double {
    let v = Int(boxVehicle[h * 2])
    let time = max(boxReady[h * 2], clock)
    guard time < clock + 1, hasRoom(h, clock), hasGap(h, time) else { return 0 }
    boxCount[h] -= 1
    boxVehicle[h * 2] = boxVehicle[h * 2 + 1]
    boxReady[h * 2] = max(boxReady[h * 2 + 1], time + settings.followUp)
    passed[h] = time
    let delay = time - ready[v] + postLoss[0]
    leave(h, v, time)
    return delay
  }

  // MARK: Signals

  private func control(_ s: Int, _ t: Int) {
    if clearingTo[s] >= 0 {
      let since = t - clearSince[s]
      guard since >= settings.yellow else { return }
      if since < settings.yellow + settings.clearanceExtension, boxBlocks(s, clearingTo[s]) {
        setClearanceRed(s)
        return
      }
      stage[s] = clearingTo[s]
      clearingTo[s] = -1
      greenSince[s] = t
      show(s)
      return
    }
    guard t - greenSince[s] >= settings.minimumGreen else { return }
    if planTime[s] >= 0, !spent[s] {
      guard t >= planTime[s] else { return }
      spent[s] = true
      if planStage[s] != stage[s] { startClearing(s, planStage[s], t) }
      return
    }
    if spent[s], !spentSecond[s], stage[s] == planStage[s] {
      guard t - greenSince[s] >= secondGreen[s] else { return }
      spentSecond[s] = true
      startClearing(s, secondStage[s], t)
      return
    }
    continuation(s, t)
  }

  private func show(_ s: Int) {
    let first = layout.linkStart[s], count = layout.linkStart[s + 1] - first
    let row = stageStart[s] + stage[s] * count
    for i in 0..<count { permission[first + i] = stagePermission[row + i] }
  }

  private func startClearing(_ s: Int, _ to: Int, _ t: Int) {
    clearingTo[s] = to
    clearSince[s] = t
    let first = layout.linkStart[s], count = layout.linkStart[s + 1] - first
    let old = stageStart[s] + stage[s] * count, new = stageStart[s] + to * count
    for i in 0..<count {
      let a = stagePermission[old + i], b = stagePermission[new + i]
      let wasGreen = a == Permission.protected || a == Permission.permissive
      let staysGreen = b == Permission.protected || b == Permission.permissive
      permission[first + i] = wasGreen && !staysGreen ? Permission.yellow : wasGreen ? a : a == b ? a : Permission.red
    }
  }

  private func setClearanceRed(_ s: Int) {
    for link in layout.linkStart[s]..<layout.linkStart[s + 1] where permission[link] == Permission.yellow {
      permission[link] = Permission.red
    }
  }

  /// Vehicles stand in the junction whose way the next stage does not keep open.
  private func boxBlocks(_ s: Int, _ to: Int) -> Bool {
    let first = layout.linkStart[s], count = layout.linkStart[s + 1] - first
    let row = stageStart[s] + to * count
    for h in boxHops where Int(hopSignal[h]) == s && boxCount[h] > 0 {
      let p = stagePermission[row + Int(hopLink[h]) - first]
      if p != Permission.protected && p != Permission.permissive { return true }
    }
    return false
  }

  /// What happens after the plan: the stage that serves most vehicles a second, with the time lost by changing counted against the others
  /// (the priority index of self-organising control, Lämmer and Helbing 2008).
  private func continuation(_ s: Int, _ t: Int) {
    let clock = Double(t)
    let first = layout.linkStart[s], count = layout.linkStart[s + 1] - first
    let stages = stageCount[s]
    let present = stage[s]
    let h = headways[headwayCount - 1]
    let change = Double(settings.yellow) + 1
    for q in 0..<stages {
      stageScore[q] = 0
      stageTime[q] = 0
    }
    for i in approachStart[s]..<approachStart[s + 1] {
      let l = Int(approachLanes[i])
      var v = Int(head[l])
      if v < 0 || ready[v] > clock + change + 1 { continue }
      for q in 0..<stages { open[q] = true }
      var left = stages
      var depth = 0.0
      let age = 1 + max(0, clock - ready[v]) * settings.ageing
      while v >= 0, left > 0, depth < 15 {
        let hop = Int(target[v])
        guard hop >= 0, hopLink[hop] >= 0, Int(hopSignal[hop]) == s, hasRoom(hop, clock) else { break }
        let offset = Int(hopLink[hop]) - first
        let arrival = ready[v]
        for q in 0..<stages where open[q] {
          let reach = q == present ? clock + 1.5 + depth * h : clock + change + depth * h
          let p = stagePermission[stageStart[s] + q * count + offset]
          if arrival <= reach, p == Permission.protected || p == Permission.permissive {
            stageScore[q] += p == Permission.protected ? age : settings.permissiveWeight * age
            stageTime[q] = max(stageTime[q], (depth + 1) * h)
          } else {
            open[q] = false
            left -= 1
          }
        }
        depth += 1
        v = Int(next[v])
      }
    }
    let own = stageScore[present] > 0 ? stageScore[present] / max(stageTime[present], 1) : 0
    var best = -1
    var most = own
    for q in 0..<stages where q != present && stageScore[q] > 0 {
      let index = stageScore[q] / (changeFactor * change + stageTime[q])
      if index > most {
        most = index
        best = q
      }
    }
    if best >= 0 { startClearing(s, best, t) }
  }
}
