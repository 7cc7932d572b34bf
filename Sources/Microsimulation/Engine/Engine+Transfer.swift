/// Crossing lane ends: vehicles whose front left its lane go on to the next, or arrive.
extension Engine {
  /// Moves everyone who left a lane, then notes whose tails lie where.
  func transfer() {
    for k in 0..<tailLanes.count {
      let l = Int(tailLanes[k])
      if network.laneNode[l] >= 0 { insideCount[Int(network.laneNode[l])] -= lanes.tailCount[l] }
      lanes.tailCount[l] = 0
    }
    tailLanes.removeAll()
    arrivedNow.removeAll(keepingCapacity: true)
    crossed.removeAll()
    for chunk in chunks {
      for k in 0..<chunk.leaving.count { advance(Int(chunk.leaving[k])) }
    }
    for chunk in chunks {
      for k in 0..<chunk.spanning.count { layTail(Int(chunk.spanning[k])) }
    }
    for k in 0..<crossed.count { layTail(Int(crossed[k])) }
  }

  private func advance(_ v: Int) {
    let first = Int(vehicles.lane[v])
    takeOff(v, from: first)
    var l = first
    let best = bestLane(v, l)
    let way = best.way
    let wayCount = best.count
    var step = 0
    var passed: UInt32 = 0
    var rest = vehicles.speed[v] * dt
    let from = vehicles.position[v] - rest
    var arrived = hasArrived(v, lane: l)
    while !arrived, vehicles.position[v] > network.laneLength[l] {
      let inside = network.laneInternal[l]
      let isLast = !inside && vehicles.cursor[v] + 1 == vehicles.routeEnd[v]
      var c = -1
      if inside {
        if network.outBegin[l] < network.outBegin[l + 1] { c = Int(network.outBegin[l]) }
      } else if !isLast, step < wayCount {
        c = Int(way[step])
        step += 1
      }
      let runsRed =
        c >= 0 && isRed(c) && !ignoresSignal(v, typeOf(v), c, canBrake: false)
      if c < 0 || runsRed {
        // No way on: an emergency stop at the end of the lane.
        vehicles.position[v] = network.laneLength[l]
        vehicles.speed[v] = 0
        vehicles.acceleration[v] = 0
        emergencyStops += 1
        break
      }
      vehicles.position[v] -= network.laneLength[l]
      pushTrail(v, lane: l)
      passed += 1
      let onLane = min(rest, network.laneLength[l] - (passed == 1 ? from : 0))
      leaveLane(v, l, meters: max(onLane, 0))
      rest -= max(onLane, 0)
      l = Int(network.connectionNext[c])
      let entry = network.connectionInside[c] < 0 && network.connectionVia[c] >= 0
      if entry {
        vehicles.entryTime[v] = now
        vehicles.entryKept[v] = now
      }
      if !network.connectionWaitInside[c], entry || network.connectionMiddle[c] {
        vehicles.conflictTime[v] = now
        vehicles.entryTime[v] = vehicles.entryKept[v]
      }
      if network.connectionInside[c] >= 0, network.connectionVia[c] < 0 {
        vehicles.entryTime[v] = .infinity
        vehicles.entryKept[v] = .infinity
        vehicles.conflictTime[v] = .infinity
      }
      if !network.laneInternal[l] {
        vehicles.cursor[v] += 1
        // A stop that was driven past is given up.
        while vehicles.hasStop[v], Int(stops[Int(vehicles.stopCursor[v])].routeOffset) < Int(vehicles.cursor[v]) {
          passStop(v)
          missedStops += 1
        }
      }
      totals?.entered[l] += 1
      if detectorBegin[l] < detectorBegin[l + 1] {
        chunks[0].watch(v, lane: l, from: vehicles.position[v] - vehicles.speed[v] * dt, to: vehicles.position[v], engine: self)
      }
      arrived = hasArrived(v, lane: l)
    }
    if passed > 0 {
      vehicles.bestIsOld[v] = true
      vehicles.requests[v] = passed < 16 ? vehicles.requests[v] >> UInt16(passed) : 0
      vehicles.requestCount[v] = passed < UInt32(vehicles.requestCount[v]) ? vehicles.requestCount[v] - UInt8(passed) : 0
    }
    if let totals, rest > 0 || passed == 0 {
      let speed = vehicles.speed[v]
      totals.add(
        lane: l, seconds: speed > 0 ? min(rest / speed, dt) : dt, meters: rest, speed: speed, wanted: desiredSpeed(v, on: l), stopped: false
      )
    }
    if arrived {
      vehicles.lane[v] = Int32(l)
      loseTime(v, lane: l, speed: vehicles.speed[v])
      arrivedNow.append(Int32(v))
      return
    }
    loseTime(v, lane: l, speed: vehicles.speed[v])
    putOn(v, lane: l)
    crossed.append(Int32(v))
  }

  /// The time of this step the vehicle spent on the lane it is leaving, and what it drove there.
  @inline(__always)
  private func leaveLane(_ v: Int, _ l: Int, meters: Double) {
    guard let totals else { return }
    let speed = vehicles.speed[v]
    let seconds = speed > 0 ? min(meters / speed, dt) : 0
    totals.add(lane: l, seconds: seconds, meters: meters, speed: speed, wanted: desiredSpeed(v, on: l), stopped: false)
    totals.left[l] += 1
  }

  func changedLane(_ v: Int, from: Int, to: Int) {
    totals?.changesFrom[from] += 1
    totals?.changesTo[to] += 1
  }

  func takeOff(_ v: Int, from l: Int) {
    lanes.filled[l] -= typeOf(v).pointee.space
    lanes.remove(v, from: l)
    if network.laneNode[l] >= 0 { insideCount[Int(network.laneNode[l])] -= 1 }
  }

  /// Puts the front of a vehicle on a lane, in order of position.
  func putOn(_ v: Int, lane l: Int) {
    let position = vehicles.position[v]
    let row = lanes.pool + Int(lanes.base[l])
    var k = 0
    let n = Int(lanes.count[l])
    while k < n, vehicles.position[Int(row[k])] < position { k += 1 }
    lanes.insert(v, into: l, at: k)
    lanes.filled[l] += typeOf(v).pointee.space
    vehicles.lane[v] = Int32(l)
    if network.laneNode[l] >= 0 { insideCount[Int(network.laneNode[l])] += 1 }
  }

  private func pushTrail(_ v: Int, lane l: Int) {
    let trail = vehicles.trail + v * VehicleColumns.trailLimit
    var n = Int(vehicles.trailCount[v])
    if n == VehicleColumns.trailLimit { n -= 1 }
    var k = n
    while k > 0 {
      trail[k] = trail[k - 1]
      k -= 1
    }
    trail[0] = Int32(l)
    vehicles.trailCount[v] = UInt8(n + 1)
  }

  /// Notes the lanes behind its front's that a vehicle still covers.
  func layTail(_ v: Int) {
    let trail = vehicles.trail + v * VehicleColumns.trailLimit
    let length = typeOf(v).pointee.length
    var back = vehicles.position[v] - length
    var covered: UInt8 = 0
    while back < 0, covered < vehicles.trailCount[v] {
      let l = Int(trail[Int(covered)])
      back += network.laneLength[l]
      if lanes.tailCount[l] == 0 { tailLanes.append(Int32(l)) }
      let before = lanes.tailCount[l]
      lanes.addTail(v, on: l, back: back, length: length) { self.typeOf($0).pointee.length }
      if network.laneNode[l] >= 0 { insideCount[Int(network.laneNode[l])] += lanes.tailCount[l] - before }
      covered += 1
    }
    vehicles.trailCount[v] = covered
  }
}
