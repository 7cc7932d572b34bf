/// Who may pass a connection, judged by what all approaching vehicles announced.
extension Engine {
  enum Passage { case open, closed, unknown }

  /// Whether the connection may be passed as far as that does not depend on approaching foes; `unknown` where it does.
  @inline(__always)
  func passage(_ c: Int, waiting: Double, ignoreRed: Bool) -> Passage {
    if isRed(c), !ignoreRed { return .closed }
    if waitsInside(c) { return .open }
    if shown[c] != Shown.zipper, hasPriority(c) || continuesState(c, Shown.green) { return .open }
    if shown[c] == Shown.stop || shown[c] == Shown.allWayStop, waiting == 0 { return .closed }
    return network.foeBegin[c] == network.foeBegin[c + 1] ? .open : .unknown
  }

  struct Asker {
    /// Its number in the fleet.
    var vehicle: Int32
    var arrival: Double
    var leave: Double
    var arrivalSpeed: Double
    var leaveSpeed: Double
    var impatience: Double
    var decel: Double
    var waiting: Double
    var timeGap: Double
  }

  /// Whether the connection may be passed, foes included.
  func isOpen(
    _ c: Int, vehicle v: Int, type: UnsafePointer<TypeRecord>, arrival: Double, arrivalSpeed: Double, leaveSpeed: Double,
    impatience: Double, waiting: Double, ignoreRed: Bool, board: ApproachBoard
  ) -> Bool {
    switch passage(c, waiting: waiting, ignoreRed: ignoreRed) {
    case .open: return true
    case .closed: return false
    case .unknown: break
    }
    let asker = Asker(
      vehicle: vehicles.number[v], arrival: arrival,
      leave: leaveTime(c, arrival: arrival, arrivalSpeed: arrivalSpeed, leaveSpeed: leaveSpeed, length: type.pointee.length),
      arrivalSpeed: arrivalSpeed, leaveSpeed: leaveSpeed, impatience: impatience, decel: type.pointee.decel, waiting: waiting,
      timeGap: type.pointee.timeGapMinor)
    return !isBlocked(c, asker: asker, board: board)
  }

  @inline(__always)
  func leaveTime(_ c: Int, arrival: Double, arrivalSpeed: Double, leaveSpeed: Double, length: Double) -> Double {
    arrival + (network.connectionLength[c] + length) / max(0.5 * (arrivalSpeed + leaveSpeed), Following.epsilon)
  }

  /// Whether a foe that approaches makes `asker` wait before `c`.
  func isBlocked(_ c: Int, asker: Asker, board: ApproachBoard) -> Bool {
    let entryRed = continuesState(c, Shown.red)
    for k in Int(network.foeBegin[c])..<Int(network.foeBegin[c + 1]) {
      let foe = Int(network.foeConnection[k])
      let sameTarget = network.connectionTo[c] == network.connectionTo[foe]
      for part in board.parts {
        var index = part.head[foe]
        while index >= 0 {
          let record = part.records + Int(index)
          index = record.pointee.next
          if record.pointee.vehicle == asker.vehicle || !record.pointee.willPass { continue }
          if entryRed, record.pointee.speed <= Following.haltingSpeed { continue }
          if blocks(record, on: foe, asker: asker, sameTarget: sameTarget) { return true }
        }
      }
    }
    return false
  }

  func blocks(_ foe: UnsafeMutablePointer<Approach>, on connection: Int, asker: Asker, sameTarget: Bool) -> Bool {
    if shown[connection] == Shown.allWayStop {
      if asker.waiting > foe.pointee.waiting { return false }
      if asker.waiting == foe.pointee.waiting, asker.arrival < foe.pointee.arrivalTime { return false }
    }
    var foeArrival = foe.pointee.arrivalTime
    var foeBraking = foe.pointee.arrivalBraking
    if asker.impatience > 0, asker.arrival < foeArrival {
      // An impatient driver counts on the other's braking.
      let braked = arrivalIfBraking(asker.arrival, foe, impatience: asker.impatience, braking: &foeBraking)
      foeArrival = (1 - asker.impatience) * foeArrival + asker.impatience * braked
    }
    let ahead = shown[connection] == Shown.zipper ? 4 : asker.timeGap
    if foe.pointee.leaveTime < asker.arrival {
      // We come after it.
      return sameTarget
        && (asker.arrival - foe.pointee.leaveTime < ahead
          || unsafeMerge(leader: foe.pointee.leaveSpeed, follower: asker.arrivalSpeed, foe.pointee.decel, asker.decel))
    }
    if foeArrival > asker.leave + ahead {
      // We come before it.
      return sameTarget && unsafeMerge(leader: asker.leaveSpeed, follower: foeBraking, asker.decel, foe.pointee.decel)
    }
    return true
  }

  @inline(__always)
  private func unsafeMerge(leader: Double, follower: Double, _ leaderDecel: Double, _ followerDecel: Double) -> Bool {
    leader * leader / leaderDecel <= follower * follower / followerDecel
  }

  private func arrivalIfBraking(
    _ arrival: Double, _ foe: UnsafeMutablePointer<Approach>, impatience: Double, braking: inout Double
  ) -> Double {
    let foeArrival = foe.pointee.arrivalTime
    if (arrival / dt).rounded(.down) == (foeArrival / dt).rounded(.down) { return foeArrival }
    // One arrives at the end of a step.
    let arrival = (arrival / dt).rounded(.up) * dt
    let m = foe.pointee.decel * impatience
    let time = foeArrival - arrival
    let d = time * m
    let a = time * d / 2
    let v = foe.pointee.distance / max(foeArrival - now + dt, Following.epsilon)
    let rest = foe.pointee.distance - v * (arrival - now)
    if 0.5 * v * v / m <= rest {
      braking = 0
      return foeArrival + 30
    }
    let inner = 4 * (v - d) * (v - d) - 8 * m * a
    guard inner >= 0 else { return foeArrival }
    let x = (inner.squareRoot() * -0.5 - d + v) / m
    braking = v - (time + x) * m
    return foeArrival + x
  }

  /// Announces to foes when `v` will come by the connections ahead.
  @inline(__always)
  func announce(
    _ v: Int, type: UnsafePointer<TypeRecord>, items: UnsafeMutablePointer<PlanItem>, count: Int, board part: ApproachBoard.Part
  ) {
    var mask: UInt16 = 0
    var asked: UInt8 = 0
    for k in 0..<count {
      let c = Int(items[k].connection)
      if c < 0 { break }
      if items[k].request, k < 16 { mask |= 1 << UInt16(k) }
      asked += 1
      if shown[c] == Shown.allWayStop { items[k].arrivalTime += random(v, .tieBreak) < 0.5 ? 0 : 0.001 }
      guard network.connectionWatched[c], items[k].request || shown[c] == Shown.equal else { continue }
      add(
        v, type: type, connection: c, request: items[k].request, arrival: items[k].arrivalTime, arrivalSpeed: items[k].arrivalSpeed,
        braking: items[k].arrivalBraking, leave: items[k].leaveSpeed, distance: items[k].distance, board: part)
    }
    vehicles.nextRequests[v] = mask
    vehicles.nextRequestCount[v] = asked
  }

  @inline(__always)
  func add(
    _ v: Int, type: UnsafePointer<TypeRecord>, connection c: Int, request: Bool, arrival: Double, arrivalSpeed: Double, braking: Double,
    leave: Double, distance: Double, board part: ApproachBoard.Part
  ) {
    part.add(
      c,
      Approach(
        next: -1, vehicle: vehicles.number[v], willPass: request, arrivalTime: arrival,
        leaveTime: leaveTime(c, arrival: arrival, arrivalSpeed: arrivalSpeed, leaveSpeed: leave, length: type.pointee.length),
        arrivalSpeed: arrivalSpeed, leaveSpeed: leave, arrivalBraking: braking, waiting: vehicles.waiting[v], distance: distance,
        speed: vehicles.speed[v], decel: type.pointee.decel))
  }

  /// Withdraws requests to enter junctions that could not be left again.
  func keepJunctionsClear(
    _ v: Int, lane l: Int, type: UnsafePointer<TypeRecord>, ahead: Double, items: UnsafeMutablePointer<PlanItem>, count: Int
  ) {
    if network.laneRoundabout[l] { return }
    var room = -ahead
    var standing = false
    for k in 0..<count {
      let c = Int(items[k].connection)
      if c < 0 || standing {
        if standing { items[k].room = room } else { items[k].room += room }
        continue
      }
      let via = Int(network.connectionVia[c])
      if via >= 0 {
        if keepsClear(v, type, c) {
          room -= lanes.filled[via]
          if via == l { room += type.pointee.space }
        } else {
          room += lanes.roomBehindStanding[via]
          if lanes.hasStanding[via] { standing = true }
        }
        items[k].room = room
        continue
      }
      let next = Int(network.connectionTo[c])
      let last = lanes.last(next)
      if last < 0 || last == v {
        if network.laneLength[next] > type.pointee.length || keepsClear(v, type, c) { room += network.laneLength[next] }
        items[k].room = room
      } else {
        room += lanes.roomBehindStanding[next]
        if lanes.hasStanding[next] {
          standing = true
          items[k].standingAhead = true
        }
        items[k].room = room
        if vehicles.mustWait[last] || vehicles.stands[last] {
          standing = true
          items[k].standingAhead = true
        }
      }
    }
    // Room beyond counts where one can be sure to go on.
    var k = count - 1
    while k > 0 {
      let c = Int(items[k - 1].connection)
      if c >= 0 {
        let canLeave = network.connectionVia[c] < 0 || items[k].connection < 0 || items[k].request
        let open =
          canLeave
          && (hasPriority(c) || k == 1
            || isOpen(
              c, vehicle: v, type: type, arrival: items[k - 1].arrivalTime, arrivalSpeed: items[k - 1].arrivalSpeed,
              leaveSpeed: items[k - 1].leaveSpeed, impatience: impatience(v), waiting: vehicles.waiting[v], ignoreRed: false,
              board: boardBefore))
        var goesOn = (waitsInside(c) || open) && !items[k - 1].standingAhead
        if !open {
          standing = true
          if k > 1, items[k - 2].connection >= 0, waitsInside(Int(items[k - 2].connection)) { goesOn = true }
        }
        if goesOn { items[k - 1].room = items[k].room }
      }
      k -= 1
    }
    guard standing else { return }
    var first = -1
    for k in 0..<count {
      let c = Int(items[k].connection)
      if c < 0 { continue }
      if items[k].room - type.pointee.space < 0, keepsClear(v, type, c) {
        first = k
        break
      }
    }
    if first < 0 || (first == 0 && network.laneInternal[l]) { return }
    let brake = Following.brakeGap(vehicles.speed[v], decel: type.pointee.decel, tau: 0, dt: dt)
    for k in first..<count {
      let c = Int(items[k].connection)
      if c < 0 { break }
      items[k].pass = items[k].wait
      if items[k].distance >= brake + Following.positionEpsilon {
        let leaves = network.connectionInside[c] >= 0 && network.connectionVia[c] < 0
        if !leaves || k == 0 || !items[k - 1].request { items[k].request = false }
      }
    }
  }

  @inline(__always)
  func keepsClear(_ v: Int, _ type: UnsafePointer<TypeRecord>, _ c: Int) -> Bool {
    guard network.connectionHasFoes[c], network.connectionKeepClear[c] else { return false }
    let limit = type.pointee.keepClearTime
    return limit < 0 || vehicles.waiting[v] < limit
  }

  /// Settles the speed from the planned items. False where that depends on announcements of others and `mayLook` is false.
  func decide(
    _ v: Int, lane l: Int, type: UnsafePointer<TypeRecord>, items: UnsafePointer<PlanItem>, count: Int, mayLook: Bool
  ) -> Bool {
    let speed = vehicles.speed[v]
    let decel = type.pointee.decel
    let waiting = vehicles.waiting[v]
    var safe = Double.infinity
    var zipped = Double.infinity
    var minimum = -Double.infinity
    var minimumDistance = 0.0
    var minimumCanBrake = false
    var mustWait = false
    var yielded = false
    let topSpeed = min(speed + type.pointee.accel * dt, type.pointee.maxSpeed)
    let brakeDistance = Following.brakeGap(speed, decel: decel, tau: 0, dt: dt)
    let isSlow = speed < decel * dt
    decision: for k in 0..<count {
      let item = items[k]
      let c = Int(item.connection)
      guard c >= 0, item.request else {
        if c >= 0, network.connectionInside[c] >= 0, network.laneInternal[l],
          network.connectionNode[c] == network.laneNode[l]
        {
          // Blocked inside the junction: let others go first.
          yielded = true
        }
        safe = item.wait
        if safe < speed || safe < Following.haltingSpeed { mustWait = true }
        break
      }
      let yellow = isYellow(c)
      let canBrake = item.distance > brakeDistance || isSlow
      let ignoreRed =
        ignoresSignal(v, type, c, canBrake: canBrake) || item.distance < network.laneStopOffset[Int(network.connectionFrom[c])]
      if yellow, canBrake, !ignoreRed {
        safe = item.wait
        mustWait = true
        break
      }
      let open: Bool
      if yellow {
        open = true
      } else {
        switch passage(c, waiting: waiting, ignoreRed: ignoreRed) {
        case .open: open = true
        case .closed: open = false
        case .unknown:
          guard mayLook else { return false }
          let asker = Asker(
            vehicle: vehicles.number[v], arrival: item.arrivalTime,
            leave: leaveTime(
              c, arrival: item.arrivalTime, arrivalSpeed: item.arrivalSpeed, leaveSpeed: item.leaveSpeed, length: type.pointee.length),
            arrivalSpeed: item.arrivalSpeed, leaveSpeed: item.leaveSpeed, impatience: canBrake ? impatience(v) : 1, decel: decel,
            waiting: waiting, timeGap: type.pointee.timeGapMinor)
          if shown[c] == Shown.zipper {
            let fitting = zipperSpeed(v, type: type, connection: c, item: item, asker: asker)
            zipped = min(zipped, fitting.speed)
            if fitting.isOpen { safe = item.pass }
            continue decision
          }
          open = !isBlocked(c, asker: asker, board: board)
        }
      }
      if open, !hasPriority(c), !continuesMajor(c), !waitsInside(c), !ignoreRed {
        let sees = item.distance <= network.connectionVisibility[c]
        if !sees, canBrake || !yellow {
          safe = item.wait
          mustWait = true
          break
        }
        // Past the point where one could still yield: drive on without dawdling.
        minimumDistance = item.distance
        minimum = min((minimumDistance + Following.positionEpsilon) / dt, item.pass, topSpeed)
        minimumCanBrake = canBrake
      }
      if open {
        safe = item.pass
        if safe < decel, safe <= item.wait, safe < topSpeed { mustWait = true }
      } else if !canBrake, !network.connectionSignalized[c],
        item.distance < Following.brakeGap(speed, decel: type.pointee.emergency, tau: 0, dt: dt)
      {
        safe = item.pass
      } else {
        safe = item.wait
        mustWait = true
        break
      }
    }
    if safe + Following.epsilon < minimum {
      if minimumCanBrake, safe < speed {
        safe = min(
          safe,
          max(
            max(speed - decel * dt, 0),
            Following.stopSpeed(type, speed: speed, gap: minimumDistance, decel: decel, relax: true, dt: dt)))
        minimum = 0
        mustWait = true
      } else {
        minimum = safe
      }
    }
    if network.laneRoundabout[l] { mustWait = false }
    vehicles.planned[v] = min(safe, zipped)
    vehicles.hasMinimum[v] = minimum > -.infinity
    if minimum > -.infinity { vehicles.plannedMinimum[v] = minimum }
    vehicles.yielded[v] = yielded
    vehicles.mustWaitNext[v] = mustWait
    return true
  }
}
