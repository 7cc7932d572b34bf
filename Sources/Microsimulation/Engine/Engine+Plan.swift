/// Planning: from the state at the beginning of the step, how fast may each vehicle drive, and which connections does it want to pass?
extension Engine {
  /// Below this planned speed a vehicle asks for nothing [m/s].
  static let requestSpeed = 0.0001

  /// Lengths, room and standing vehicles of a lane, read by those who might enter it. Gives the lengths with gaps [m].
  @inline(__always)
  func summarize(lane l: Int) -> Double {
    let row = lanes.pool + Int(lanes.base[l])
    let n = Int(lanes.count[l])
    var sum = 0.0
    var room = -1.0
    for k in 0..<n {
      let v = Int(row[k])
      let type = typeOf(v)
      if room < 0, vehicles.speed[v] < Following.haltingSpeed, !network.laneRoundabout[l] {
        let stop = Following.brakeGap(vehicles.speed[v], decel: type.pointee.decel, tau: type.pointee.tau, dt: dt)
        room = max(0, vehicles.position[v] - type.pointee.length + stop - sum)
        if vehicles.position[v] - type.pointee.length + stop - sum < 0 { room = 0 }
      }
      sum += type.pointee.space
    }
    lanes.filled[l] = sum
    lanes.hasStanding[l] = room >= 0
    lanes.roomBehindStanding[l] = room >= 0 ? room : network.laneLength[l] - sum
    return sum
  }

  func plan(lane l: Int, chunk: Chunk, board part: ApproachBoard.Part) {
    let row = lanes.pool + Int(lanes.base[l])
    var leader = -1
    var leaderBack = 0.0
    if lanes.tailCount[l] > 0 {
      leader = Int(lanes.tailVehicle[l * LaneOccupancy.tailLimit])
      leaderBack = lanes.tailBack[l * LaneOccupancy.tailLimit]
    }
    var ahead = 0.0
    let queues = !hasEqual && !network.laneRoundabout[l] && !network.laneInternal[l]
    let length = network.laneLength[l]
    var k = Int(lanes.count[l]) - 1
    while k >= 0 {
      let v = Int(row[k])
      if queues, leader >= 0, vehicles.speed[v] == 0, vehicles.speed[leader] == 0,
        queuesUp(v, behind: leaderBack, to: length)
      {
        ahead += typeOf(v).pointee.space
        leader = v
        leaderBack = vehicles.position[v] - typeOf(v).pointee.length
        k -= 1
        continue
      }
      plan(v, lane: l, leader: leader, leaderBack: leaderBack, ahead: ahead, chunk: chunk, board: part)
      let type = typeOf(v)
      ahead += type.pointee.space
      leader = v
      leaderBack = vehicles.position[v] - type.pointee.length
      k -= 1
    }
  }

  /// Whether a vehicle that stands, far from the end of its lane, has no room behind the one that stands ahead. Its plan is known then: it asks
  /// for nothing and stays where it is.
  @inline(__always)
  private func queuesUp(_ v: Int, behind back: Double, to length: Double) -> Bool {
    let type = typeOf(v)
    let position = vehicles.position[v]
    let tau = type.pointee.tau
    let fastest = type.pointee.accel * dt
    guard type.pointee.model == 0, 2 * tau >= dt, !vehicles.hasStop[v],
      back - position - type.pointee.minGap < Following.epsilon + 0.9 * Self.requestSpeed * tau,
      length - position > fastest * (dt + tau + fastest * type.pointee.halfPerDecel) + Following.sureMargin
    else { return false }
    vehicles.planned[v] = 0
    vehicles.nextRequestCount[v] = 0
    vehicles.yielded[v] = false
    vehicles.mustWaitNext[v] = true
    vehicles.hasMinimum[v] = false
    return true
  }

  /// How a lane leads on for a vehicle: the lane itself, or on a lane inside a junction the one it leads to.
  @inline(__always)
  func bestLane(_ v: Int, _ l: Int) -> BestLane {
    let index =
      network.laneInternal[l] ? network.laneIndex[Int(network.connectionTo[Int(network.outBegin[l])])] : network.laneIndex[l]
    return vehicles.best(v, Int(index))
  }

  func plan(
    _ v: Int, lane l: Int, leader firstLeader: Int, leaderBack firstBack: Double, ahead: Double, chunk: Chunk,
    board part: ApproachBoard.Part
  ) {
    let type = typeOf(v)
    let speed = vehicles.speed[v]
    let decel = type.pointee.decel
    let half = type.pointee.halfPerDecel
    let maxV = min(speed + type.pointee.accel * dt, type.pointee.maxSpeed)
    let comfortable = max(speed - decel * dt, 0)
    let wish = desiredSpeed(v, on: l)
    var laneMax = max(wish, comfortable)
    var target = min(maxV, laneMax)
    // What surely allows the largest speed need not be computed; models other than Krauss's are not told in advance.
    let isPlain = type.pointee.model == 0 && maxV >= comfortable
    let farthest = maxV * (dt + type.pointee.tau + maxV * half) + Following.sureMargin
    var seen = network.laneLength[l] - vehicles.position[v]
    let look =
      seen > farthest ? farthest : maxV * dt + Following.brakeGap(maxV, decel: decel, tau: type.pointee.tau, dt: dt)
    let cursor = Int(vehicles.cursor[v])
    let stopsAhead = vehicles.hasStop[v]
    if stopsAhead { vehicles.stopDistance[v] = .infinity }
    vehicles.hasMinimum[v] = false

    let inJunction = network.laneInternal[l]
    let best = bestLane(v, l)
    let way = best.way
    let wayCount = best.count

    // Nothing within sight but the vehicle ahead; drivers after IDM see for ever.
    if seen > look, type.pointee.model == 0, !inJunction, !(stopsAhead && Int(stops[Int(vehicles.stopCursor[v])].routeOffset) == cursor) {
      var safe = maxV
      if firstLeader >= 0 {
        let gap = firstBack - vehicles.position[v] - type.pointee.minGap
        if !(isPlain && surelyFollows(type, at: maxV, gap: gap, leader: firstLeader)) {
          safe = follow(v, type, speed: speed, gap: gap, leader: firstLeader, desired: wish)
        }
      }
      planFar(
        v, lane: l, type: type, target: min(target, safe), free: target, safe: firstLeader >= 0 ? safe : .infinity, laneMax: laneMax,
        seen: seen, next: wayCount > 0 ? Int(way[0]) : -1, board: part)
      return
    }

    // A signal that shows red or yellow where there is way enough to brake: nothing beyond it matters.
    if !stopsAhead, !inJunction, wayCount > 0, cursor + 1 != Int(vehicles.routeEnd[v]) {
      let c = Int(way[0])
      if isYellow(c) || isRed(c) {
        let lineOffset = network.laneStopOffset[l]
        let stopDecel = max(min(settings.yellowMinimumDeceleration, type.pointee.emergency), decel)
        let brakeDistance = Following.brakeGap(speed, decel: stopDecel, tau: 0, dt: dt)
        if seen - lineOffset >= brakeDistance, !ignoresSignal(v, type, c, canBrake: true) {
          if firstLeader >= 0, firstLeader != v {
            let gap = firstBack - vehicles.position[v] - type.pointee.minGap
            if !(isPlain && surelyFollows(type, at: maxV, gap: gap, leader: firstLeader)) {
              target = min(target, follow(v, type, speed: speed, gap: gap, leader: firstLeader, desired: wish))
            }
          }
          var offset = max(type.pointee.stopLineGap, lineOffset)
          if seen >= brakeDistance { offset = min(offset, seen - brakeDistance) }
          let lineDistance = max(0, seen - max(Following.positionEpsilon, offset))
          if !(isPlain && Following.surelyStops(from: maxV, within: lineDistance, half: half, headway: dt)) {
            target = min(
              target, Following.stopSpeed(type, speed: speed, gap: lineDistance, decel: stopDecel, relax: true, desired: wish, dt: dt))
          }
          vehicles.planned[v] = target
          vehicles.nextRequests[v] = 0
          vehicles.nextRequestCount[v] = 1
          vehicles.yielded[v] = false
          vehicles.mustWaitNext[v] = !network.laneRoundabout[l] && (target < speed || target < Following.haltingSpeed)
          return
        }
      }
    }

    var linkPass = passSpeed(after: seen, from: target, type, laneMax: laneMax)
    let items = chunk.items
    var n = 0
    var last = -1
    var current = l
    var view = 0
    var step = 0
    var leader = firstLeader
    var leaderBack = firstBack
    var stopDistance = Double.infinity
    var seenNormal = 0.0
    var seenInside = inJunction ? seen : 0
    var hadNormal = false
    var slowedForMinor = false
    let brakeDistancePlain = Following.brakeGap(speed, decel: decel, tau: 0, dt: dt)

    while n < Chunk.itemLimit {
      if leader >= 0, leader != v {
        let gap =
          last < 0
          ? leaderBack - vehicles.position[v] - type.pointee.minGap
          : leaderBack + seen - network.laneLength[current] - type.pointee.minGap
        adaptToLeader(
          v, type, leader: leader, gap: gap, seen: seen, desired: wish, maxV: isPlain ? maxV : -1, items: items, last: last, way: way,
          wayCount: wayCount, target: &target, linkPass: &linkPass)
      }
      if last >= 0 { items[last].wait = min(items[last].wait, target) }

      let inside = network.laneInternal[current]
      // A stop on this edge: go no further.
      if stopsAhead, !inside, !vehicles.stands[v] {
        let stop = stops[Int(vehicles.stopCursor[v])]
        if Int(stop.routeOffset) == cursor + view {
          let end = stopPosition(v, stop) + Following.epsilon
          stopDistance = seen + end - network.laneLength[current]
          vehicles.stopDistance[v] = stopDistance
          let stopping = max(
            Following.stopSpeed(type, speed: speed, gap: stopDistance, decel: decel, relax: true, desired: wish, dt: dt), comfortable)
          if last >= 0, items[last].isTimed {
            items[last].adaptLeave(Following.stopSpeed(type, speed: linkPass, gap: end, decel: decel, relax: false, desired: wish, dt: dt))
          }
          target = min(target, stopping)
          items[n] = PlanItem(
            connection: -1, request: false, distance: stopDistance, pass: target, wait: target, arrivalTime: 0, arrivalSpeed: 0,
            arrivalBraking: 0, leave: -1)
          n += 1
          break
        }
      }

      // The end of the way.
      if cursor + view + 1 == Int(vehicles.routeEnd[v]) {
        let given = vehicles.arrivalSpeed[v]
        let arrival = given >= 0 ? given : laneMax
        let distance = seen + vehicles.arrivalPosition[v] - network.laneLength[current] - arrival * dt
        let free = max(
          Following.epsilon, Following.freeSpeed(type, speed: speed, distance: distance, target: arrival, desired: wish, dt: dt))
        target = min(target, free)
        if last >= 0 { items[last].adaptLeave(free) }
        items[n] = PlanItem(
          connection: -1, request: false, distance: seen, pass: target, wait: target, arrivalTime: 0, arrivalSpeed: 0, arrivalBraking: 0,
          leave: -1, room: network.edgeFringe[Int(network.laneEdge[current])] ? 1000 : 0)
        n += 1
        break
      }
      let c: Int
      if inside {
        c = network.outBegin[current] < network.outBegin[current + 1] ? Int(network.outBegin[current]) : -1
      } else {
        c = step < wayCount ? Int(way[step]) : -1
        step += 1
      }
      // The lane does not lead on.
      if c < 0 {
        let stopping = Following.stopSpeed(type, speed: speed, gap: seen, decel: decel, relax: true, desired: wish, dt: dt)
        if last >= 0 { items[last].adaptLeave(stopping) }
        target = min(stopping, target)
        items[n] = PlanItem(
          connection: -1, request: false, distance: seen, pass: target, wait: target, arrivalTime: 0, arrivalSpeed: 0, arrivalBraking: 0,
          leave: -1)
        n += 1
        break
      }

      // Where to stop if the connection may not be passed.
      let held = isYellow(c) || isRed(c)
      let lineOffset = network.laneStopOffset[current]
      let stopDecel = held ? max(min(settings.yellowMinimumDeceleration, type.pointee.emergency), decel) : decel
      let brakeDistance = stopDecel == decel ? brakeDistancePlain : Following.brakeGap(speed, decel: stopDecel, tau: 0, dt: dt)
      let canBrakeAtLine = seen - lineOffset >= brakeDistance
      let visibility = network.connectionVisibility[c]
      var offset: Double
      if held {
        offset = max(type.pointee.stopLineGap, lineOffset)
      } else if hasPriority(c) {
        offset = min(visibility - Following.positionEpsilon, max(type.pointee.stopLineGap, lineOffset))
      } else {
        offset = min(visibility - Following.positionEpsilon, lineOffset)
      }
      if seen >= brakeDistance { offset = min(offset, seen - brakeDistance) }
      offset = max(Following.positionEpsilon, offset)
      let lineDistance = max(0, seen - offset)

      let leavingJunction = inJunction && last < 0
      let abort = slowedForMinor && network.connectionInside[c] < 0
      var request = (target > Self.requestSpeed && !abort) || leavingJunction
      // `stopDecel` is never below `decel`.
      var wait = target
      if !(isPlain && Following.surelyStops(from: maxV, within: lineDistance, half: half, headway: dt)) {
        wait = min(target, Following.stopSpeed(type, speed: speed, gap: lineDistance, decel: stopDecel, relax: true, desired: wish, dt: dt))
      }

      if held, canBrakeAtLine, !ignoresSignal(v, type, c, canBrake: canBrakeAtLine) {
        if inside {
          checkInside(
            v, type, connection: c, lane: current, seen: seen, items: items, last: last, desired: wish, target: &target,
            linkPass: &linkPass, wait: &wait, request: &request)
        }
        items[n] = PlanItem(
          connection: Int32(c), request: false, distance: seen, pass: target, wait: wait, arrivalTime: .infinity, arrivalSpeed: wait,
          arrivalBraking: 0, leave: -1)
        n += 1
        break
      }

      if network.connectionInside[c] >= 0 {
        checkInside(
          v, type, connection: c, lane: current, seen: seen, items: items, last: last, desired: wish, target: &target,
          linkPass: &linkPass, wait: &wait, request: &request)
      }
      if last >= 0 { items[last].adaptLeave(laneMax) }

      // Times of passing matter where others look out for this vehicle or it for others.
      let priority = hasPriority(c)
      let isTimed =
        network.connectionWatched[c]
        || (network.foeBegin[c] < network.foeBegin[c + 1] && (!priority || shown[c] == Shown.zipper))
      var arrivalSpeed = linkPass
      let couldBrakeForMinor = !priority && brakeDistance < seen && !continuesMajor(c)
      if couldBrakeForMinor, seen > visibility {
        // Slow enough to stop if there should be a foe, then go on.
        if isTimed {
          let atSight = Following.safeStop(gap: visibility, decel: decel, headway: 0, dt: dt)
          arrivalSpeed = min(
            linkPass,
            Following.speed(after: visibility, from: atSight, accel: type.pointee.accel, maxSpeed: type.pointee.maxSpeed))
        }
        slowedForMinor = true
      } else if shown[c] == Shown.equal, vehicles.waiting[v] > 0, yieldsInCircle(c, vehicle: v) {
        let threshold = network.connectionTurn[c] == TurnCode.straight ? 0.25 : 0.75
        if random(v, .junction) < threshold { request = false }
      }
      if couldBrakeForMinor, network.edgeRoundabout[Int(network.laneEdge[Int(network.connectionTo[c])])] { slowedForMinor = true }

      let next = Int(network.connectionNext[c])
      items[n] = PlanItem(
        connection: Int32(c), request: request, isTimed: isTimed, distance: seen, pass: target, wait: wait, arrivalTime: 0,
        arrivalSpeed: arrivalSpeed, arrivalBraking: 0, leave: -1)
      if isTimed {
        time(&items[n], v, type: type, connection: c, next: next, target: target)
      }
      last = n
      n += 1
      if network.connectionVia[c] < 0 {
        hadNormal = true
        view += 1
      }
      if !request || target <= 0 || seen > look, hadNormal,
        seenNormal > max(type.pointee.length * 5, type.pointee.length + seenInside)
      {
        break
      }
      current = next
      laneMax = desiredSpeed(v, on: current)
      // The speed from which that of the next lane is reached is never below it.
      if target > laneMax || type.pointee.model != 0 {
        target = min(
          max(Following.freeSpeed(type, speed: speed, distance: seen, target: laneMax, desired: wish, dt: dt), comfortable), target)
      }
      let length = network.laneLength[current]
      if network.laneInternal[current] { seenInside += length } else { seenNormal += length }
      leader = lanes.last(current)
      if leader >= 0 {
        leaderBack =
          lanes.count[current] > 0
          ? vehicles.position[leader] - typeOf(leader).pointee.length : lanes.tailBack[current * LaneOccupancy.tailLimit]
      }
      seen += length
      linkPass = passSpeed(after: length, from: target, type, laneMax: laneMax)
    }
    keepJunctionsClear(v, lane: l, type: type, ahead: ahead, items: items, count: n)
    announce(v, type: type, items: items, count: n, board: part)
    if !decide(v, lane: l, type: type, items: items, count: n, mayLook: false) {
      chunk.undecided.append(Undecided(vehicle: Int32(v), first: Int32(chunk.undecidedItems.count), count: Int32(n)))
      for k in 0..<n { chunk.undecidedItems.append(items[k]) }
    }
  }

  /// Speed after `distance`, accelerating from `speed`, within the limit of the lane.
  @inline(__always)
  func passSpeed(after distance: Double, from speed: Double, _ type: UnsafePointer<TypeRecord>, laneMax: Double) -> Double {
    let square = 2 * distance * type.pointee.accel + speed * speed
    // Told without a root where the limit is surely reached; it is never above what the vehicle can drive.
    if square > laneMax * laneMax * 1.000001, laneMax <= type.pointee.maxSpeed { return laneMax }
    return min(Following.speed(after: distance, from: speed, accel: type.pointee.accel, maxSpeed: type.pointee.maxSpeed), laneMax)
  }

  @inline(__always)
  private func surelyFollows(_ type: UnsafePointer<TypeRecord>, at speed: Double, gap: Double, leader: Int) -> Bool {
    Following.surelyFollows(
      at: speed, gap: gap, leaderSpeed: vehicles.speed[leader], half: type.pointee.halfPerDecel,
      leaderHalf: min(type.pointee.halfPerDecel, typeOf(leader).pointee.halfPerApparent), tau: type.pointee.tau, dt: dt)
  }

  /// When the vehicle will come by a connection, and how fast.
  @inline(__always)
  private func time(
    _ item: inout PlanItem, _ v: Int, type: UnsafePointer<TypeRecord>, connection c: Int, next: Int, target: Double
  ) {
    let decel = type.pointee.decel
    let seen = item.distance
    if seen < target * (type.pointee.tau + target * type.pointee.halfPerDecel) + Following.sureMargin,
      seen < Following.brakeGap(target, decel: decel, tau: type.pointee.tau, dt: dt), !vehicles.stands[v]
    {
      item.arrivalBraking = min(
        Following.slowestArrival(distance: seen, speed: target, decel: decel, tau: type.pointee.tau, maxSpeed: type.pointee.maxSpeed),
        item.arrivalSpeed)
    }
    item.arrivalTime =
      now - dt
      + Following.arrivalTime(
        distance: seen, speed: target, arrivalSpeed: item.arrivalSpeed, accel: type.pointee.accel, decel: decel)
    if vehicles.stands[v], vehicles.stopLeft[v] > 0 { item.arrivalTime += vehicles.stopLeft[v] }
    item.leave = passSpeed(after: network.connectionLength[c], from: item.arrivalSpeed, type, laneMax: desiredSpeed(v, on: next))
  }

  @inline(__always)
  func follow(
    _ v: Int, _ type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, leader: Int, desired: Double
  ) -> Double {
    Following.followSpeed(
      type, speed: speed, gap: gap, leaderSpeed: vehicles.speed[leader], leaderDecel: typeOf(leader).pointee.apparent, desired: desired,
      dt: dt)
  }

  @inline(__always)
  func random(_ v: Int, _ purpose: CounterRandom.Purpose) -> Double {
    CounterRandom.uniform(
      seed: settings.seed, entity: UInt64(UInt32(bitPattern: vehicles.number[v])), step: stepIndex, purpose: purpose)
  }

  @inline(__always)
  private func adaptToLeader(
    _ v: Int, _ type: UnsafePointer<TypeRecord>, leader: Int, gap: Double, seen: Double, desired: Double,
    maxV: Double, items: UnsafeMutablePointer<PlanItem>, last: Int, way: UnsafeMutablePointer<Int32>, wayCount: Int, target: inout Double,
    linkPass: inout Double
  ) {
    let speed = vehicles.speed[v]
    var onWay = true
    if gap < 0, last >= 0 {
      // Either the leader's back lies on another way, or the gap is too small.
      let c = Int(items[last].connection)
      let lane = network.connectionNext[c]
      let trail = Int(vehicles.trailCount[leader])
      let back = trail > 0 ? vehicles.trail[leader * VehicleColumns.trailLimit + trail - 1] : vehicles.lane[leader]
      onWay = back == lane || isOnWay(back, before: lane, vehicle: v, way: way, count: wayCount)
      if !onWay {
        var stop = seen - network.laneLength[Int(lane)] - Following.positionEpsilon
        let inside = network.connectionInside[c]
        if inside >= 0 { stop -= network.laneLength[Int(inside)] }
        let safe = Following.stopSpeed(
          type, speed: speed, gap: stop, decel: type.pointee.decel, relax: true, desired: desired, dt: dt)
        if items[last].isTimed {
          items[last].adaptLeave(
            Following.followSpeed(
              type, speed: items[last].leave, gap: gap, leaderSpeed: vehicles.speed[leader], leaderDecel: typeOf(leader).pointee.apparent,
              desired: desired, dt: dt))
        }
        target = min(target, safe)
        linkPass = min(linkPass, safe)
        return
      }
    }
    if last >= 0, items[last].isTimed {
      let leave = items[last].leave
      let most = min(leave + type.pointee.accel * dt, type.pointee.maxSpeed)
      if maxV >= 0, leave <= type.pointee.maxSpeed, surelyFollows(type, at: most, gap: gap, leader: leader) {
        items[last].adaptLeave(most)
      } else {
        items[last].adaptLeave(
          Following.followSpeed(
            type, speed: leave, gap: gap, leaderSpeed: vehicles.speed[leader], leaderDecel: typeOf(leader).pointee.apparent,
            desired: desired, dt: dt))
      }
    }
    if maxV >= 0, surelyFollows(type, at: maxV, gap: gap, leader: leader) {
      linkPass = min(linkPass, maxV)
      return
    }
    let safe = follow(v, type, speed: speed, gap: gap, leader: leader, desired: desired)
    target = min(target, safe)
    linkPass = min(linkPass, safe)
  }

  /// Whether `lane` is one the vehicle will pass before reaching `end`.
  private func isOnWay(_ lane: Int32, before end: Int32, vehicle v: Int, way: UnsafeMutablePointer<Int32>, count: Int) -> Bool {
    if lane == vehicles.lane[v] { return lane != end }
    for k in 0..<count {
      let to = network.connectionTo[Int(way[k])]
      if to == end { return false }
      if to == lane { return true }
    }
    return false
  }

  /// A red or yellow signal this vehicle does not stop at.
  @inline(__always)
  func ignoresSignal(_ v: Int, _ type: UnsafePointer<TypeRecord>, _ c: Int, canBrake: Bool) -> Bool {
    let redTime = type.pointee.ignoreRedTime
    if redTime < 0 {
      let yellowTime = type.pointee.afterYellowTime
      if yellowTime > 0, isYellow(c) { return !canBrake || yellowTime > now - shownSince[c] }
      return false
    }
    if isYellow(c) { return true }
    if isRed(c) { return !canBrake || redTime > now - shownSince[c] }
    return false
  }
}
