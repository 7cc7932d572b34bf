/// Moving: the planned speed with the driver's imperfection, and where that leads.
extension Engine {
  /// Standing vehicles are reached when this near to the end of a stopping place [m].
  static let stoppingPlaceSlack = 0.5
  /// Less than this beyond the end of a lane is rounding [m].
  static let laneEndRounding = 1e-9

  /// Settles the plans that depend on what others announced.
  func decideLeft(chunk: Chunk) {
    for k in 0..<chunk.undecided.count {
      let entry = chunk.undecided[k]
      let v = Int(entry.vehicle)
      _ = decide(
        v, lane: Int(vehicles.lane[v]), type: typeOf(v), items: chunk.undecidedItems.first + Int(entry.first), count: Int(entry.count),
        mayLook: true)
    }
  }

  func move(lane l: Int, chunk: Chunk) {
    let row = lanes.pool + Int(lanes.base[l])
    let length = network.laneLength[l]
    let watched = detectorBegin[l] < detectorBegin[l + 1]
    // Where there is but one lane, wishes to change are forgotten on the way.
    let keepsWishes = network.edgeLaneCount[Int(network.laneEdge[l])] > 1
    var k = Int(lanes.count[l]) - 1
    while k >= 0 {
      let v = Int(row[k])
      k -= 1
      let type = typeOf(v)
      let speed = vehicles.speed[v]
      if speed == 0, vehicles.planned[v] < Self.requestSpeed, keepsWishes, !vehicles.hasStop[v], type.pointee.startupDelay <= 0 {
        stand(v, lane: l, chunk: chunk)
        continue
      }
      let old = vehicles.position[v]
      let wanted = desiredSpeed(v, on: l)
      let next = nextSpeed(v, lane: l, type: type, wanted: wanted, chunk: chunk)
      var position = old + next * dt
      // Braking for what lies beyond brings many to the very end of the lane, which rounding must not carry them over.
      if position > length, position < length + Self.laneEndRounding { position = length }
      let acceleration = dt == 1 ? next - speed : (next - speed) / dt
      vehicles.acceleration[v] = acceleration
      vehicles.speed[v] = next
      vehicles.position[v] = position
      vehicles.driven[v] += next * dt
      vehicles.mustWait[v] = vehicles.mustWaitNext[v]
      vehicles.requests[v] = vehicles.nextRequests[v]
      vehicles.requestCount[v] = vehicles.nextRequestCount[v]
      if vehicles.yielded[v] {
        vehicles.entryTime[v] = .infinity
        vehicles.conflictTime[v] = .infinity
      }
      account(v, type: type, next: next, acceleration: acceleration)
      prepareChange(v)
      if watched { chunk.watch(v, lane: l, from: old, to: position, engine: self) }
      if position > length || hasArrived(v, lane: l) {
        chunk.leaving.append(Int32(v))
      } else {
        if vehicles.trailCount[v] > 0 { chunk.spanning.append(Int32(v)) }
        if !vehicles.stands[v], wanted > 0 { vehicles.timeLoss[v] += dt * (wanted - next) / wanted }
        totals?.add(lane: l, seconds: dt, meters: next * dt, speed: next, wanted: wanted, stopped: vehicles.stands[v])
      }
    }
  }

  /// A step in which a vehicle stays where it stands, its stops apart: what ``move(lane:chunk:)`` comes to when the speed is and stays 0.
  @inline(__always)
  private func stand(_ v: Int, lane l: Int, chunk: Chunk) {
    vehicles.acceleration[v] = 0
    vehicles.mustWait[v] = vehicles.mustWaitNext[v]
    vehicles.requests[v] = vehicles.nextRequests[v]
    vehicles.requestCount[v] = vehicles.nextRequestCount[v]
    if vehicles.yielded[v] {
      vehicles.entryTime[v] = .infinity
      vehicles.conflictTime[v] = .infinity
    }
    vehicles.waiting[v] += dt
    vehicles.waitedSteps[v] &+= 1
    if !vehicles.wasWaiting[v] {
      vehicles.wasWaiting[v] = true
      vehicles.waitCount[v] += 1
    }
    prepareChange(v)
    if hasArrived(v, lane: l) {
      chunk.leaving.append(Int32(v))
      return
    }
    if vehicles.trailCount[v] > 0 { chunk.spanning.append(Int32(v)) }
    let wanted = desiredSpeed(v, on: l)
    if wanted > 0 { vehicles.timeLoss[v] += dt }
    totals?.add(lane: l, seconds: dt, meters: 0, speed: 0, wanted: wanted, stopped: false)
  }

  @inline(__always)
  func loseTime(_ v: Int, lane l: Int, speed: Double) {
    if vehicles.stands[v] { return }
    let wanted = desiredSpeed(v, on: l)
    if wanted > 0 { vehicles.timeLoss[v] += dt * (wanted - speed) / wanted }
  }

  /// Speed for the step: as planned, within what the vehicle can do, less what the driver misses, with regard to lane changes.
  @inline(__always)
  private func nextSpeed(_ v: Int, lane l: Int, type: UnsafePointer<TypeRecord>, wanted: Double, chunk: Chunk) -> Double {
    let speed = vehicles.speed[v]
    let planned = vehicles.planned[v]
    if type.pointee.startupDelay > 0 { noteStart(v, type: type, planned: planned) }
    let stop = vehicles.hasStop[v] ? min(planned, atStop(v, lane: l, planned: planned, chunk: chunk)) : planned
    let slowest = max(speed - type.pointee.emergency * dt, 0)
    let comfortable = max(speed - type.pointee.decel * dt, 0)
    let low = min(comfortable, max(planned, slowest))
    var high = min(wanted, speed + type.pointee.accel * dt, min(type.pointee.maxSpeed, stop))
    high = max(low, high)
    if type.pointee.startupDelay > 0, vehicles.sinceStart[v] > 0, vehicles.sinceStart[v] - dt < type.pointee.startupDelay {
      high = max(low, min(high, Following.haltingSpeed))
    }
    var next = high
    if type.pointee.model == 0 {
      let sigma = type.pointee.sigmaMinor == type.pointee.sigma || !passesMinor(v, lane: l) ? type.pointee.sigma : type.pointee.sigmaMinor
      if sigma > 0 {
        let draw = CounterRandom.uniform(
          key: dawdlingKey, entity: UInt64(UInt32(bitPattern: vehicles.number[v])), step: stepIndex)
        let lost = sigma * min(high, type.pointee.accel) * draw * dt
        next = max(low, max(0, high - lost))
      }
    }
    next = heedLaneChange(v, lane: l, type: type, low: low, wanted: next, high: high)
    if next > 0, vehicles.hasMinimum[v] { next = max(next, vehicles.plannedMinimum[v]) }
    if abs(next) < Self.requestSpeed, !vehicles.hasStop[v] || vehicles.stopDistance[v] > Following.positionEpsilon { next = 0 }
    return max(next, 0)
  }

  private func noteStart(_ v: Int, type: UnsafePointer<TypeRecord>, planned: Double) {
    let raw = (max(planned, 0) - vehicles.speed[v]) / dt
    if planned <= Following.haltingSpeed, vehicles.waiting[v] > 2, raw <= 0.5 * type.pointee.accel {
      vehicles.sinceStart[v] = 0
    } else if vehicles.stands[v] {
      vehicles.sinceStart[v] = dt
    } else {
      vehicles.sinceStart[v] += dt
    }
  }

  private func passesMinor(_ v: Int, lane l: Int) -> Bool {
    if network.laneInternal[l] {
      let first = Int(network.inBegin[l])
      return first < Int(network.inBegin[l + 1]) && !hasPriority(Int(network.inConnection[first]))
    }
    let best = bestLane(v, l)
    guard best.count > 0 else { return false }
    let c = Int(best.way[0])
    return !hasPriority(c) && network.laneLength[l] - vehicles.position[v] <= network.connectionVisibility[c]
  }

  /// Standing, waiting and their times.
  @inline(__always)
  private func account(_ v: Int, type: UnsafePointer<TypeRecord>, next: Double, acceleration: Double) {
    let stopped = vehicles.stands[v]
    if next <= Following.haltingSpeed, !stopped, acceleration <= 0.5 * type.pointee.accel {
      vehicles.waiting[v] += dt
    } else {
      vehicles.waiting[v] = 0
    }
    if stopped {
      vehicles.stoppedTotal[v] += dt
      vehicles.wasWaiting[v] = false
    } else if next <= Following.haltingSpeed {
      vehicles.waitedSteps[v] &+= 1
      if !vehicles.wasWaiting[v] {
        vehicles.wasWaiting[v] = true
        vehicles.waitCount[v] += 1
      }
    } else {
      vehicles.wasWaiting[v] = false
    }
  }

  /// Speed allowed by the next scheduled stop; notes reaching and leaving it.
  private func atStop(_ v: Int, lane l: Int, planned: Double, chunk: Chunk) -> Double {
    let stop = stops[Int(vehicles.stopCursor[v])]
    if vehicles.stands[v] {
      vehicles.stopLeft[v] -= dt
      if vehicles.stopLeft[v] <= 0 {
        vehicles.stopLeft[v] = -1
        vehicles.stands[v] = false
        vehicles.stopDistance[v] = .infinity
        passStop(v)
        vehicles.waiting[v] = 0
        vehicles.bestCursor[v] = -1
        vehicles.bestIsOld[v] = true
        chunk.rerouted.append(Int32(v))
        return planned
      }
      return 0
    }
    guard Int(stop.routeOffset) == Int(vehicles.cursor[v]), Int32(l) == stop.lane else { return planned }
    let position = vehicles.position[v]
    let target = position + vehicles.stopDistance[v]
    if position >= min(target, stop.end) - Self.stoppingPlaceSlack - Following.epsilon, planned <= Following.haltingSpeed {
      vehicles.stopLeft[v] = max(stop.duration, stop.until - now)
      vehicles.stands[v] = vehicles.stopLeft[v] >= 0
    }
    return planned
  }

  /// Looks to the next stop from now on.
  func passStop(_ v: Int) {
    vehicles.stopCursor[v] += 1
    vehicles.hasStop[v] = vehicles.stopCursor[v] < vehicles.stopEnd[v]
  }

  /// Where on its lane the vehicle would come to rest at a stop: behind those that stand there.
  func stopPosition(_ v: Int, _ stop: StopRecord) -> Double {
    let l = Int(stop.lane)
    var free = stop.end
    for k in 0..<Int(lanes.count[l]) {
      let other = lanes.vehicle(l, k)
      guard other != v, vehicles.stands[other] else { continue }
      let back = vehicles.position[other] - typeOf(other).pointee.length
      if vehicles.position[other] > stop.start - Following.positionEpsilon, back < free {
        free = back - typeOf(v).pointee.minGap
      }
    }
    return free
  }

  @inline(__always)
  func hasArrived(_ v: Int, lane l: Int) -> Bool {
    vehicles.cursor[v] + 1 == vehicles.routeEnd[v] && !vehicles.hasStop[v]
      && vehicles.position[v] > min(vehicles.arrivalPosition[v], network.laneLength[l]) - Following.positionEpsilon
      && !network.laneInternal[l] && (vehicles.arrivalLane[v] < 0 || vehicles.arrivalLane[v] == network.laneIndex[l])
  }
}
