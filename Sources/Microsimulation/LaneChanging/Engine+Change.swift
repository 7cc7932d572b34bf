/// Changing lanes on one edge: vehicles from the foremost to the rearmost, each to the right first.
extension Engine {
  /// Works through the lanes of an edge; decided changes are collected in the chunk and carried out when all edges are done.
  func changeLanes(edge: Int, chunk: Chunk) {
    let scratch = chunk.changer
    let first = Int(network.edgeFirstLane[edge])
    let n = Int(network.edgeLaneCount[edge])
    let remaining = scratch.remaining, lead = scratch.lead, hopped = scratch.hopped, density = scratch.density
    let candidate = scratch.candidate, place = scratch.place
    /// Looks up who comes next on lane `i`.
    @inline(__always)
    func advance(_ i: Int) {
      guard remaining[i] > 0 else {
        candidate[i] = -1
        place[i] = -.infinity
        return
      }
      let v = lanes.vehicle(first + i, Int(remaining[i]) - 1)
      candidate[i] = Int32(v)
      place[i] = vehicles.position[v]
    }
    for i in 0..<n {
      remaining[i] = lanes.count[first + i]
      lead[i] = -1
      hopped[i] = -1
      density[i] = 0
      scratch.firstBlocked[i] = -1
      scratch.lastBlocked[i] = -1
      advance(i)
    }
    while true {
      var at = 0
      var position = place[0]
      for i in 1..<n where place[i] > position {
        at = i
        position = place[i]
      }
      let v = Int(candidate[at])
      if v < 0 { break }
      let direction = consider(v, at: at, first: first, count: n, chunk: chunk)
      remaining[at] -= 1
      if direction == 0 {
        lead[at] = Int32(v)
        density[at] += typeOf(v).pointee.space
      } else {
        let to = at + direction
        hopped[to] = Int32(v)
        density[to] += typeOf(v).pointee.space
        chunk.hops.append(Hop(vehicle: Int32(v), target: Int32(first + to)))
      }
      advance(at)
    }
  }

  /// Whether the edge's lanes may be changed at all.
  @inline(__always)
  func allowsChanging(edge: Int) -> Bool { network.edgeLaneCount[edge] > 1 && edgeChanges[edge] }

  private func consider(_ v: Int, at: Int, first: Int, count n: Int, chunk: Chunk) -> Int {
    let l = first + at
    if vehicles.stands[v] { return 0 }
    let type = typeOf(v)
    let scratch = chunk.changer
    let bit = type.pointee.classBit == 0 ? Self.anyClass : type.pointee.classBit
    let mayRight = changesRight[l] & bit != 0
    let mayLeft = changesLeft[l] & bit != 0
    if !mayRight && !mayLeft { return 0 }
    let best = vehicles.best(v, at)
    // On a fast road even those who stay think about whom they overtake.
    let isCalm = knowsClosed && !network.laneInternal[l] && scratch.lastBlocked[at] < 0 && network.laneSpeed[l] < Self.fastRoad
    let isRightClosed = isCalm && best.isRightClosed && type.pointee.strategic >= 0
    let isLeftClosed = isCalm && best.isLeftClosed && type.pointee.strategic >= 0
    if !mayRight || isRightClosed, !mayLeft || isLeftClosed {
      if mayRight { _ = foresee(v, speed: vehicles.speed[v]) }
      if mayLeft { _ = foresee(v, speed: vehicles.speed[v]) }
      vehicles.changeState[v] = vehicles.changeState[v] & Change.kept | Change.stay | Change.strategic
      return 0
    }
    let driver = Driver(
      vehicle: v, type: type, lane: l, at: at, first: first, count: n, isInside: network.laneInternal[l], speed: vehicles.speed[v],
      position: vehicles.position[v], wanted: desiredSpeed(v, on: l))
    var ahead = LeaderAhead()
    for i in 0..<n { scratch.occupation[i] = -1 }

    var stateRight: UInt32 = 0
    var right = Beside(lane: l - 1, index: at - 1, right: true)
    var left = Beside(lane: l + 1, index: at + 1, right: false)
    if mayRight {
      stateRight = check(driver, isClosed: isRightClosed, ahead: &ahead, beside: &right, chunk: chunk)
      if stateRight & Change.right != 0, stateRight & Change.blocked == 0 {
        finishChange(v)
        return -1
      }
      if stateRight & Change.right != 0, stateRight & Change.urgent != 0 {
        scratch.lastBlocked[at - 1] = Int32(v)
        if scratch.firstBlocked[at - 1] < 0 { scratch.firstBlocked[at - 1] = Int32(v) }
      }
    }
    var stateLeft: UInt32 = 0
    if mayLeft {
      stateLeft = check(driver, isClosed: isLeftClosed, ahead: &ahead, beside: &left, chunk: chunk)
      if stateLeft & Change.left != 0, stateLeft & Change.blocked == 0 {
        finishChange(v)
        return 1
      }
      if stateLeft & Change.left != 0, stateLeft & Change.urgent != 0 {
        scratch.lastBlocked[at + 1] = Int32(v)
        if scratch.firstBlocked[at + 1] < 0 { scratch.firstBlocked[at + 1] = Int32(v) }
      }
    }
    if (stateRight | stateLeft) & Change.wants != 0 {
      // How it drives with a wish that must wait depends on both sides.
      if mayRight { stateRight |= obstacles(v, type: type, lane: l, beside: &right, scratch: scratch) }
      if mayLeft { stateLeft |= obstacles(v, type: type, lane: l, beside: &left, scratch: scratch) }
    }
    if stateRight & Change.urgent != 0, stateLeft & Change.urgent != 0 { stateLeft = 0 }
    vehicles.changeState[v] = stateRight | stateLeft
    return 0
  }

  private func finishChange(_ v: Int) {
    vehicles.clearChange(v)
    if vehicles.keepsRoom[v] { vehicles.keepNoRoom(v) }
  }

  /// State of the wish to change to the lane beside: what is wanted, and what stands in the way.
  @inline(__always)
  private func check(
    _ driver: borrowing Driver, isClosed: Bool, ahead: inout LeaderAhead, beside: inout Beside, chunk: Chunk
  ) -> UInt32 {
    if isClosed {
      _ = foresee(driver.vehicle, speed: driver.speed)
      return vehicles.changeState[driver.vehicle] & Change.kept | Change.stay | Change.strategic
    }
    let state = wish(driver, ahead: &ahead, beside: &beside, chunk: chunk)
    // What stands in the way of a change matters to those alone who want one.
    guard state & Change.wants != 0 else { return state }
    return obstructed(state, driver.vehicle, type: driver.type, lane: driver.lane, beside: &beside, scratch: chunk.changer)
  }

  /// Adds to a wish what stands in its way.
  private func obstructed(
    _ wish: UInt32, _ v: Int, type: UnsafePointer<TypeRecord>, lane l: Int, beside: inout Beside, scratch: ChangerScratch
  ) -> UInt32 {
    let blocked = obstacles(v, type: type, lane: l, beside: &beside, scratch: scratch)
    var state = wish | blocked
    guard blocked == 0, beside.lead.exists else { return state }
    let speed = vehicles.speed[v]
    let seen = network.laneLength[l] - vehicles.position[v]
    let sight = Following.brakeGap(speed, decel: type.pointee.decel, tau: type.pointee.tau, dt: dt) + type.pointee.minGap
    guard seen < sight || network.laneInternal[l] else { return state }
    let critical = leaderBeyond(v, type: type, lane: beside.lane, sight: sight, seen: seen, critical: true)
    if critical.exists, critical.vehicle != beside.lead.vehicle {
      let needed = Following.secureGap(
        type, speed: speed, leaderSpeed: vehicles.speed[critical.vehicle],
        leaderDecel: typeOf(critical.vehicle).pointee.decel, acceleration: vehicles.acceleration[v], changing: true, dt: dt)
      if critical.gap < needed * type.pointee.safetyFactor { state |= beside.right ? Change.leaderRight : Change.leaderLeft }
    }
    return state
  }

  /// Who on the wanted lane is too near; looked at once, when it is first asked for.
  func obstacles(
    _ v: Int, type: UnsafePointer<TypeRecord>, lane l: Int, beside: inout Beside, scratch: ChangerScratch
  ) -> UInt32 {
    if beside.isLookedAt { return beside.blocked }
    beside.isLookedAt = true
    let lead = leadBeside(v, type: type, lane: l, beside: &beside, scratch: scratch)
    var follow = changeFollower(v, type: type, target: beside.lane, index: beside.index, scratch: scratch)
    if lead.exists, lead.vehicle == follow.vehicle { follow = .nobody }
    beside.follow = follow
    let leaderBit = beside.right ? Change.leaderRight : Change.leaderLeft
    let followerBit = beside.right ? Change.followerRight : Change.followerLeft
    let speed = vehicles.speed[v]
    let acceleration = vehicles.acceleration[v]
    var blocked: UInt32 = 0
    if follow.exists, follow.gap < 0 { blocked |= followerBit | Change.overlapping }
    if lead.exists, lead.gap < 0 { blocked |= leaderBit | Change.overlapping }
    if blocked & followerBit == 0, follow.exists {
      let other = typeOf(follow.vehicle)
      let needed = Following.secureGap(
        other, speed: vehicles.speed[follow.vehicle], leaderSpeed: speed, leaderDecel: type.pointee.decel,
        acceleration: vehicles.acceleration[follow.vehicle], changing: true, dt: dt)
      if follow.gap < needed * type.pointee.safetyFactor { blocked |= followerBit }
    }
    if blocked & leaderBit == 0, lead.exists {
      let needed = Following.secureGap(
        type, speed: speed, leaderSpeed: vehicles.speed[lead.vehicle],
        leaderDecel: typeOf(lead.vehicle).pointee.decel, acceleration: acceleration, changing: true, dt: dt)
      if lead.gap < needed * type.pointee.safetyFactor { blocked |= leaderBit }
    }
    beside.blocked = blocked
    return blocked
  }

  /// The vehicle ahead on the wanted lane.
  @inline(__always)
  func leadBeside(
    _ v: Int, type: UnsafePointer<TypeRecord>, lane l: Int, beside: inout Beside, scratch: ChangerScratch
  ) -> Neighbor {
    if !beside.isLeadKnown {
      beside.isLeadKnown = true
      beside.lead = changeLeader(v, type: type, lane: l, target: beside.lane, index: beside.index, scratch: scratch)
    }
    return beside.lead
  }

  /// The vehicle ahead on the own lane.
  @inline(__always)
  func leaderAhead(
    _ v: Int, type: UnsafePointer<TypeRecord>, lane l: Int, at: Int, ahead: inout LeaderAhead, scratch: ChangerScratch
  ) -> Neighbor {
    if !ahead.isKnown {
      ahead.isKnown = true
      ahead.leader = changeLeader(v, type: type, lane: l, target: l, index: at, scratch: scratch)
    }
    return ahead.leader
  }

  /// Carries out the changes decided on all edges and delivers advice across edges.
  func applyChanges() {
    for chunk in chunks {
      for k in 0..<chunk.hops.count {
        let hop = chunk.hops[k]
        let v = Int(hop.vehicle), target = Int(hop.target)
        let old = Int(vehicles.lane[v])
        laneChanges += 1
        changedLane(v, from: old, to: target)
        takeOff(v, from: old)
        putOn(v, lane: target)
        moveTrail(v, to: target)
        if !keepsWay(v, from: old, to: target) { vehicles.requestCount[v] = 0 }
      }
      chunk.hops.removeAll()
    }
    for chunk in chunks {
      for k in 0..<chunk.messages.count {
        let message = chunk.messages[k]
        advise(Int(message.vehicle), speed: message.speed)
        vehicles.changeState[Int(message.vehicle)] |= message.state
      }
      chunk.messages.removeAll()
    }
  }

  /// Whether the way on from the new lane runs beside that from the old one, so that what the vehicle asked for holds there too.
  private func keepsWay(_ v: Int, from old: Int, to new: Int) -> Bool {
    let before = nextConnection(v, from: old), after = nextConnection(v, from: new)
    guard before >= 0, after >= 0 else { return false }
    let a = Int(network.connectionTo[before]), b = Int(network.connectionTo[after])
    return network.laneEdge[a] == network.laneEdge[b]
      && network.laneIndex[b] - network.laneIndex[a] == network.laneIndex[new] - network.laneIndex[old]
  }

  private func nextConnection(_ v: Int, from l: Int) -> Int {
    if network.laneInternal[l] { return network.outBegin[l] < network.outBegin[l + 1] ? Int(network.outBegin[l]) : -1 }
    let best = bestLane(v, l)
    return best.count > 0 ? Int(best.way[0]) : -1
  }

  /// Takes a vehicle's tail off the lanes behind it.
  func dropTrail(_ v: Int) {
    let trail = vehicles.trail + v * VehicleColumns.trailLimit
    for k in 0..<Int(vehicles.trailCount[v]) {
      let l = Int(trail[k])
      if lanes.removeTail(v, from: l), network.laneNode[l] >= 0 { insideCount[Int(network.laneNode[l])] -= 1 }
    }
    vehicles.trailCount[v] = 0
  }

  /// After a change the tail lies on the lanes that lead to the new one.
  private func moveTrail(_ v: Int, to target: Int) {
    let n = Int(vehicles.trailCount[v])
    guard n > 0 else { return }
    let trail = vehicles.trail + v * VehicleColumns.trailLimit
    for k in 0..<n {
      let l = Int(trail[k])
      if lanes.removeTail(v, from: l), network.laneNode[l] >= 0 { insideCount[Int(network.laneNode[l])] -= 1 }
    }
    var lane = target
    for k in 0..<n {
      let edge = network.laneEdge[Int(trail[k])]
      var found = -1
      for i in Int(network.inBegin[lane])..<Int(network.inBegin[lane + 1]) where network.laneEdge[Int(network.inLane[i])] == edge {
        found = Int(network.inLane[i])
        break
      }
      if found < 0 { break }
      trail[k] = Int32(found)
      lane = found
    }
    layTail(v)
  }

  /// Notes a speed another vehicle would like this one to drive.
  @inline(__always)
  func advise(_ v: Int, speed: Double) {
    let n = Int(vehicles.adviceCount[v])
    guard n < VehicleColumns.adviceLimit else { return }
    vehicles.advice[v * VehicleColumns.adviceLimit + n] = (speed - vehicles.speed[v]) / dt
    vehicles.adviceCount[v] = UInt8(n + 1)
  }

  /// Forgets the advice of the last step and keeps only a strategic wish.
  @inline(__always)
  func prepareChange(_ v: Int) {
    let state = vehicles.changeState[v]
    vehicles.changeState[v] = state & Change.strategic != 0 ? state & Change.wants : 0
    if vehicles.keepsRoom[v] { vehicles.keepNoRoom(v) }
    vehicles.adviceCount[v] = 0
    vehicles.dontBrake[v] = false
  }

  /// The speed after lane-change wishes: room for those who must come in, help asked for, own haste.
  @inline(__always)
  func heedLaneChange(_ v: Int, lane l: Int, type: UnsafePointer<TypeRecord>, low: Double, wanted: Double, high: Double) -> Double {
    // Most have nothing to heed: neither advice nor anybody to keep room for, and no wish but one that waits for its turn.
    if vehicles.changeState[v] == 0, vehicles.adviceCount[v] == 0, !vehicles.keepsRoom[v] || vehicles.blockerLength[v] == 0 {
      // Where there is but one lane all wishes are forgotten, and how far ahead the driver looked.
      if network.edgeLaneCount[Int(network.laneEdge[l])] < 2 { vehicles.clearChange(v) }
      return wanted
    }
    return heeding(v, lane: l, type: type, low: low, wanted: wanted, high: high)
  }

  private func heeding(_ v: Int, lane l: Int, type: UnsafePointer<TypeRecord>, low: Double, wanted: Double, high: Double) -> Double {
    let state = vehicles.changeState[v]
    var low = low
    var high = high
    var safe = wanted
    var got = false
    let speed = vehicles.speed[v]
    if vehicles.keepsRoom[v], vehicles.blockerLength[v] != 0 {
      let space = vehicles.leftSpace[v] - vehicles.blockerLength[v] - 1 - type.pointee.minGap
      if space > 0 {
        let slowest = max(speed - type.pointee.emergency * dt, 0)
        let stopping = Following.stopSpeed(type, speed: speed, gap: space, decel: type.pointee.decel, relax: true, dt: dt)
        high = min(high, max(stopping, slowest))
        if stopping < wanted {
          if stopping < low, stopping >= slowest { low = max(slowest, stopping) }
          safe = max(low, stopping)
          got = true
        }
      }
    }
    let weight = type.pointee.cooperativeSpeed
    for k in 0..<Int(vehicles.adviceCount[v]) {
      let advised = speed + vehicles.advice[v * VehicleColumns.adviceLimit + k] * dt
      if advised >= low, advised <= high {
        safe = min(advised * weight + (1 - weight) * wanted, safe)
        got = true
      }
    }
    if got, !vehicles.dontBrake[v] { return safe }
    if state & Change.wants != 0, state & Change.blocked != 0 {
      if state & Change.strategic != 0 { return (high + wanted) / 2 }
      if state & Change.cooperative != 0 {
        if state & Change.byLeader != 0 { return (max(0, low) + wanted) / 2 }
        if state & Change.byFollower != 0 { return (high + wanted) / 2 }
      }
    }
    if state & Change.blockingLeader != 0 { return (high + wanted) / 2 }
    if network.edgeLaneCount[Int(network.laneEdge[l])] < 2 { vehicles.clearChange(v) }
    return wanted
  }
}
