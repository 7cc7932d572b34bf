/// What a driver wants: the motives of the lane-change model after Erdmann (2014), as SUMO's LC2013 states them.
///
/// In order: get to a lane that leads on (strategic), make room for others (cooperative), drive faster (speed gain), keep to the outer lane
/// (keep right). Wishes for speed and for keeping right are summed over time and act when they pass a threshold.
extension Engine {
  static let lookForward = 10.0
  static let lookaheadMemory = 0.9
  static let helpOvertake = 10 / 3.6
  static let minimumFallBehind = 7 / 3.6
  static let gainNormalization = 10.0
  static let urgency = 2.0
  static let keepRightTime = 5.0
  static let turnLaneDistance = 200.0
  static let longRamp = 200.0
  static let fastRoad = 60.1 / 3.6
  static let fastCutIn = 27.0
  static let reactToStopped = 100.0

  /// Room taken on the ways that follow a lane, vehicles ahead on the lane itself included.
  @inline(__always)
  private func occupation(_ driver: borrowing Driver, at: Int, scratch: ChangerScratch) -> Double {
    if scratch.occupation[at] >= 0 { return scratch.occupation[at] }
    let best = self.best(driver, at: at)
    let way = best.way
    var sum = scratch.density[at]
    for k in 0..<best.count { sum += lanes.filled[Int(network.connectionTo[Int(way[k])])] }
    scratch.occupation[at] = sum
    return sum
  }

  /// What ``occupation(_:at:scratch:)`` surely does not exceed.
  @inline(__always)
  private func occupationLimit(_ driver: borrowing Driver, at: Int, scratch: ChangerScratch) -> Double {
    scratch.density[at] + Double(best(driver, at: at).count) * fullest
  }

  /// How lane `at` of the edge at hand leads on.
  @inline(__always)
  private func best(_ driver: borrowing Driver, at: Int) -> BestLane {
    driver.isInside ? bestLane(driver.vehicle, driver.first + at) : vehicles.best(driver.vehicle, at)
  }

  /// The change needed from lane `at` of the edge at hand; inside a junction kept within its lanes.
  @inline(__always)
  private func bestOffset(_ driver: borrowing Driver, at: Int) -> Int {
    let offset = best(driver, at: at).offset
    return min(max(offset, -at), driver.count - 1 - at)
  }

  /// The distance a change takes shrinks slowly when the vehicle slows: the speed it is reckoned from [m/s].
  @inline(__always)
  func foresee(_ v: Int, speed: Double) -> Double {
    var lookahead = vehicles.lookahead[v]
    if speed > lookahead {
      lookahead = speed
    } else {
      let memory = 1 - (1 - Self.lookaheadMemory) * dt
      lookahead = max(0, memory * lookahead + (1 - memory) * speed)
    }
    vehicles.lookahead[v] = lookahead
    return lookahead
  }

  func wish(_ driver: borrowing Driver, ahead: inout LeaderAhead, beside: inout Beside, chunk: Chunk) -> UInt32 {
    let scratch = chunk.changer
    let v = driver.vehicle, type = driver.type, l = driver.lane, at = driver.at, first = driver.first
    let right = beside.right
    let offset = right ? -1 : 1
    let side = right ? Change.right : Change.left
    let other = right ? Change.left : Change.right
    let message = right ? Change.messageRight : Change.messageLeft
    let speed = driver.speed
    let position = driver.position
    let own = self.best(driver, at: at), next = self.best(driver, at: at + offset)
    var currentDist = own.length
    var neighborDist = next.length
    let ownOffset = bestOffset(driver, at: at)
    var best = ownOffset
    if best == 0, bestOffset(driver, at: at + offset) == 0 { best = offset }
    var driveToStop = -Double.infinity
    if hasStops, vehicles.hasStop[v], vehicles.stopDistance[v] < .infinity,
      network.laneEdge[Int(stops[Int(vehicles.stopCursor[v])].lane)] == network.laneEdge[l]
    {
      driveToStop = vehicles.stopDistance[v]
      let stopPosition = position + vehicles.stopDistance[v] - speed * dt
      currentDist = max(currentDist, stopPosition)
      neighborDist = max(neighborDist, stopPosition)
    }
    let toBest = (right && best < 0) || (!right && best > 0)
    var state = vehicles.changeState[v] & Change.kept

    if scratch.lastBlocked[at] >= 0 {
      state = slowForBlocked(v, type: type, blocked: Int(scratch.lastBlocked[at]), state: state)
      if scratch.lastBlocked[at] != scratch.firstBlocked[at] {
        state = slowForBlocked(v, type: type, blocked: Int(scratch.firstBlocked[at]), state: state)
      }
    }

    let lookahead = foresee(v, speed: speed)
    var look = lookahead * Self.lookForward * type.pointee.strategic * (right ? 1 : type.pointee.lookaheadLeft)
    look += type.pointee.space * 2
    var leaderStands = false
    var leadStands = false
    if hasStops {
      let leader = leaderAhead(v, type: type, lane: l, at: at, ahead: &ahead, scratch: scratch)
      let lead = leadBeside(v, type: type, lane: l, beside: &beside, scratch: scratch)
      leaderStands = leader.exists && vehicles.stands[leader.vehicle]
      leadStands = lead.exists && vehicles.stands[lead.vehicle]
      if best == 0, leaderStands, leader.gap < currentDist - position {
        look = 0.5 * (type.pointee.space + typeOf(leader.vehicle).pointee.space + leader.gap)
      } else if best == offset, leadStands, lead.gap < currentDist - position {
        look = type.pointee.space + typeOf(lead.vehicle).pointee.space + lead.gap
      }
    }
    if type.pointee.strategic < 0 { look = -1e3 }

    let bestAt = at + best
    var bonus = 0.0
    if network.hasRoundabouts {
      bonus = roundaboutBonus(v, type: type, lane: l, innerLane: max(l, l + offset), bestLane: first + bestAt)
      currentDist += bonus
      neighborDist += bonus
    }
    let vMax = driver.wanted
    let neighborMax = desiredSpeed(v, on: l + offset)
    var thisSafe = vMax
    let avoidsRight =
      speed >= 60 / 3.6 && network.laneSpeed[l] >= Self.fastRoad && type.pointee.classBit != 2
      && (type.pointee.overtakeRight == 0 || random(v, .lane) > type.pointee.overtakeRight)
    var avoidsOvertakeRight = false

    if toBest, best == ownOffset,
      tooFar(max(currentDist - position, driveToStop), lanes: best, look: look)
        || tooFar(
          max(currentDist - position - occupationLimit(driver, at: bestAt, scratch: scratch), driveToStop), lanes: best, look: look)
          && tooFar(
            max(currentDist - position - occupation(driver, at: bestAt, scratch: scratch), driveToStop), lanes: best, look: look)
    {
      state |= side | Change.strategic | Change.urgent
    } else {
      if avoidsRight, !right {
        let lead = leadBeside(v, type: type, lane: l, beside: &beside, scratch: scratch)
        if lead.exists {
          // A slower leader on the left is not overtaken on the right.
          let leadSpeed = vehicles.speed[lead.vehicle]
          let difference = max(vMax - desiredSpeed(lead.vehicle, on: l + offset), speed - leadSpeed)
          if difference > 0 {
            let slowest = max(speed - type.pointee.decel * dt, 0)
            let decel = typeOf(lead.vehicle).pointee.decel
            let following = followChanging(v, type: type, speed: speed, gap: lead.gap, leaderSpeed: leadSpeed, leaderDecel: decel)
            var safe = following >= slowest ? following : max(slowest, leadSpeed - Self.helpOvertake)
            if vehicles.gainWish[v] < type.pointee.thresholdLeft { safe = max(safe, leadSpeed) }
            thisSafe = min(thisSafe, safe)
            advise(v, speed: safe)
            let future = followChanging(
              v, type: type, speed: speed, gap: lead.gap - difference * 8, leaderSpeed: leadSpeed, leaderDecel: decel)
            if future < safe {
              vehicles.gainWish[v] += dt * difference / max(vMax, Self.gainNormalization)
              avoidsOvertakeRight = true
            }
          }
        }
      }
      var passes = false
      if leaderStands {
        let leader = leaderAhead(v, type: type, lane: l, at: at, ahead: &ahead, scratch: scratch)
        let overtake = leader.gap + type.pointee.length + typeOf(leader.vehicle).pointee.space
        passes =
          leader.gap < Self.reactToStopped && min(neighborDist, currentDist) - position > overtake && (!avoidsRight || !right)
          && (!leadStands || leadBeside(v, type: type, lane: l, beside: &beside, scratch: scratch).gap > overtake)
        if passes {
          currentDist = position + leader.gap
          state |= side | Change.strategic | Change.urgent
        }
      }
      if !passes, !toBest || best == 0 {
        // Room taken by others only makes the rest of the neighbouring lane shorter: where the whole is too short, that need not be known.
        let whole = max(0, neighborDist - position)
        if (!toBest && tooFar(whole, lanes: abs(best) + 2, look: look)) || (best == 0 && whole * 2 < look)
          || (best == 0 && !leaderStands && neighborDist < Self.turnLaneDistance && type.pointee.strategic >= 0 && bonus == 0
            && leadsOn(next, lane: l + offset))
        {
          state |= Change.stay | Change.strategic
        } else {
          let limit = max(
            occupationLimit(driver, at: at + offset, scratch: scratch), occupationLimit(driver, at: at, scratch: scratch))
          if isShort(neighborDist - position - limit, best: best, toBest: toBest, look: look) {
            let jam = max(occupation(driver, at: at + offset, scratch: scratch), occupation(driver, at: at, scratch: scratch))
            if isShort(neighborDist - position - jam, best: best, toBest: toBest, look: look) { state |= Change.stay | Change.strategic }
          }
        }
      }
    }
    if state & Change.stay != 0 { return state }

    if state & Change.urgent != 0 {
      vehicles.keepsRoom[v] = true
      vehicles.leftSpace[v] = currentDist - position
      if toBest, abs(best) > 1 { vehicles.blockerLength[v] = max(right ? 20 : 40, vehicles.blockerLength[v]) }
      let canContinue = own.count > 0 || network.laneInternal[l]
      let blocked = obstacles(v, type: type, lane: l, beside: &beside, scratch: scratch)
      let lead = beside.lead, follow = beside.follow
      var canReserve = reserve(v, type: type, for: lead.vehicle, wanting: other, relief: canContinue, edge: network.laneEdge[l])
      let firstBlocked = Int(scratch.firstBlocked[at])
      if firstBlocked != lead.vehicle {
        canReserve =
          reserve(v, type: type, for: firstBlocked, wanting: other, relief: canContinue, edge: network.laneEdge[l]) && canReserve
      }
      if !canReserve { vehicles.dontBrake[v] = canContinue }
      let remaining = max(
        dt,
        vehicles.leftSpace[v] / max(vehicles.lookahead[v], Following.epsilon) / Double(max(1, abs(best))) / Self.urgency)
      let planned = informLeader(
        v, type: type, lane: l, blocked: blocked, left: !right, message: message, lead: lead, remaining: remaining, chunk: chunk)
      if planned >= 0 {
        informFollower(
          v, type: type, lane: l, blocked: blocked, left: !right, message: message, follow: follow, remaining: remaining,
          planned: planned, chunk: chunk)
      }
      return state
    }

    // The inner lanes of a roundabout are used for as long as the exit is not near.
    if bonus > 0 { return state | (right ? Change.stay : side) | Change.cooperative }

    let leader = leaderAhead(v, type: type, lane: l, at: at, ahead: &ahead, scratch: scratch)
    let lead = leadBeside(v, type: type, lane: l, beside: &beside, scratch: scratch)
    let accelerating =
      (lead.exists && vehicles.acceleration[lead.vehicle] > 0) || (leader.exists && vehicles.acceleration[leader.vehicle] > 0)
    let neighborSafe = min(
      neighborMax, anticipated(v, type: type, behind: lead, distance: neighborDist, vMax: neighborMax, accelerating: accelerating))
    thisSafe = min(
      thisSafe, anticipated(v, type: type, behind: leader, distance: currentDist, vMax: vMax, accelerating: accelerating))

    if right, best == 0, network.laneSpeed[l] > 80 / 3.6, vehicles.lookahead[v] > Following.haltingSpeed {
      return state | Change.stay | Change.strategic
    }

    if state & Change.blockingFollower != 0, vehicles.changeState[v] & message != 0,
      toBest || !tooFar(neighborDist, lanes: abs(best) + 1, look: look)
    {
      let wish = right ? vehicles.gainWish[v] / type.pointee.thresholdRight : -vehicles.gainWish[v] / type.pointee.thresholdLeft
      let inconvenience = min(1, max(thisSafe / max(neighborSafe, 1e-9) - 1, wish))
      if !(inconvenience > type.pointee.cooperative) { return state | side | Change.cooperative | Change.urgent }
    }

    let gain = neighborSafe == thisSafe ? 0 : (neighborSafe - thisSafe) / max(neighborSafe, Self.gainNormalization)
    if right {
      if thisSafe - 5 / 3.6 > neighborSafe {
        if vehicles.gainWish[v] < 0 { vehicles.gainWish[v] *= dt == 1 ? 0.5 : Elementary.pow(0.5, dt) }
      } else {
        if vehicles.gainWish[v] < 0 || gain > 0 { vehicles.gainWish[v] -= dt * gain }
        if wantsRight(v, type: type, lane: l, vMax: vMax, neighborDist: neighborDist, lead: lead, leader: leader, avoids: avoidsRight) {
          return state | side | Change.keepRight
        }
      }
      if vehicles.gainWish[v] < -type.pointee.thresholdRight, neighborDist / max(0.1, speed) > 20 {
        return state | side | Change.speedGain
      }
    } else {
      if thisSafe > neighborSafe {
        if vehicles.gainWish[v] > 0 { vehicles.gainWish[v] *= dt == 1 ? 0.5 : Elementary.pow(0.5, dt) }
      } else if thisSafe == neighborSafe {
        if vehicles.gainWish[v] > 0 { vehicles.gainWish[v] *= dt == 1 ? 0.8 : Elementary.pow(0.8, dt) }
      } else {
        vehicles.gainWish[v] += dt * gain
      }
      if vehicles.gainWish[v] > type.pointee.thresholdLeft, gain > Following.epsilon || avoidsOvertakeRight,
        neighborDist / max(0.1, speed) > 20
      {
        return state | side | Change.speedGain
      }
    }
    if toBest, best == ownOffset, type.pointee.strategic >= 0, gain >= 0,
      right ? vehicles.gainWish[v] < 0 : vehicles.gainWish[v] > 0
    {
      return state | side | Change.strategic
    }
    return state
  }

  /// Whether `distance` is too short for the changes still needed.
  @inline(__always)
  private func tooFar(_ distance: Double, lanes: Int, look: Double) -> Bool { distance / Double(max(1, abs(lanes))) < look }

  /// Whether what is left of the neighbouring lane behind those who are on it is too short to change to it and back.
  @inline(__always)
  private func isShort(_ rest: Double, best: Int, toBest: Bool, look: Double) -> Bool {
    let left = max(0, rest)
    return (!toBest && tooFar(left, lanes: abs(best) + 2, look: look)) || (best == 0 && left * 2 < look)
  }

  /// The ways from a lane end on a lane that leads on.
  @inline(__always)
  func leadsOn(_ best: BestLane, lane: Int) -> Bool {
    let count = best.count
    var last = lane
    if count > 0 {
      last = Int(network.connectionTo[Int(best.way[count - 1])])
    } else if network.laneInternal[lane] {
      last = Int(network.connectionTo[Int(network.outBegin[lane])])
    }
    return network.outBegin[last] < network.outBegin[last + 1]
  }

  @inline(__always)
  private func wantsRight(
    _ v: Int, type: UnsafePointer<TypeRecord>, lane l: Int, vMax: Double, neighborDist: Double, lead: Neighbor, leader: Neighbor,
    avoids: Bool
  ) -> Bool {
    let roadFactor = vMax / network.laneSpeed[l]
    let acceptance = 7 * roadFactor * max(1, vehicles.speed[v])
    var gap = max(0, neighborDist - Following.brakeGap(vMax, decel: type.pointee.decel, tau: type.pointee.tau, dt: dt))
    var seconds = min(acceptance, gap / vMax)
    if lead.exists, vehicles.speed[lead.vehicle] < vMax {
      let leadSpeed = vehicles.speed[lead.vehicle]
      let needed = Following.secureGap(
        type, speed: vMax, leaderSpeed: leadSpeed,
        leaderDecel: typeOf(lead.vehicle).pointee.decel, acceleration: vehicles.acceleration[v], changing: true, dt: dt)
      gap = max(0, min(gap, lead.gap - needed))
      seconds = min(seconds, gap / (vMax - leadSpeed))
    }
    if avoids, leader.exists {
      let leaderMax = desiredSpeed(leader.vehicle, on: l)
      if leaderMax < vMax {
        gap = min(gap, leader.gap)
        seconds = min(seconds, gap / (vMax - vehicles.speed[leader.vehicle]))
        vehicles.gainWish[v] += dt * (vMax - leaderMax) / max(vMax, Self.gainNormalization)
      }
    }
    vehicles.rightWish[v] -= dt * type.pointee.thresholdRight * (seconds / acceptance) / Self.keepRightTime
    return vehicles.rightWish[v] * type.pointee.keepRight < -type.pointee.thresholdRight
  }

  @inline(__always)
  private func followChanging(
    _ v: Int, type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, leaderSpeed: Double, leaderDecel: Double
  ) -> Double {
    Following.followSpeed(
      type, speed: speed, gap: gap, leaderSpeed: leaderSpeed, leaderDecel: leaderDecel,
      desired: desiredSpeed(v, on: Int(vehicles.lane[v])), changing: true,
      dt: dt)
  }

  /// Speed to be expected on a lane in the near future.
  @inline(__always)
  private func anticipated(
    _ v: Int, type: UnsafePointer<TypeRecord>, behind leader: Neighbor, distance: Double, vMax: Double, accelerating: Bool
  ) -> Double {
    let speed = vehicles.speed[v]
    let half = type.pointee.halfPerDecel, tau = type.pointee.tau
    let isFree =
      leader.exists
      ? Following.surelyFollows(
        at: vMax, gap: leader.gap, leaderSpeed: vehicles.speed[leader.vehicle], half: half,
        leaderHalf: min(half, typeOf(leader.vehicle).pointee.halfPerDecel), tau: tau, dt: dt)
      : Following.surelyStops(from: vMax, within: distance, half: half, headway: tau)
    var future: Double
    if accelerating {
      let soon = speed + type.pointee.accel - type.pointee.accel * dt
      if isFree, type.pointee.model == 0 {
        future = min(soon + type.pointee.accel * dt, type.pointee.maxSpeed)
      } else if leader.exists {
        future = followChanging(
          v, type: type, speed: soon, gap: leader.gap, leaderSpeed: vehicles.speed[leader.vehicle],
          leaderDecel: typeOf(leader.vehicle).pointee.decel)
      } else {
        future = followChanging(v, type: type, speed: soon, gap: distance, leaderSpeed: 0, leaderDecel: 0)
      }
    } else if isFree {
      future = vMax
    } else if leader.exists {
      future = Following.safeFollow(
        type, speed: speed, gap: leader.gap, leaderSpeed: vehicles.speed[leader.vehicle],
        leaderDecel: typeOf(leader.vehicle).pointee.decel, insertion: true, changing: true, dt: dt)
    } else {
      future = Following.safeStop(gap: distance, decel: type.pointee.decel, headway: type.pointee.tau, dt: dt)
    }
    future = min(vMax, future)
    let ahead = type.pointee.speedGainLookahead
    if leader.exists, leader.gap > 0, ahead > 0 {
      let leaderFuture =
        accelerating ? desiredSpeed(leader.vehicle, on: Int(vehicles.lane[leader.vehicle])) : vehicles.speed[leader.vehicle]
      let difference = vMax - leaderFuture
      if difference > 0 {
        let needed = Following.secureGap(
          type, speed: future, leaderSpeed: vehicles.speed[leader.vehicle],
          leaderDecel: type.pointee.decel, acceleration: vehicles.acceleration[v], changing: true, dt: dt)
        let full = leader.gap - needed
        if full / difference < ahead {
          let closing = max(0, full / difference)
          let forecast = ahead * 2
          future = min(future, (closing * future + (forecast - closing) * leaderFuture) / forecast)
        }
      }
    }
    return future
  }

  /// Slows for a vehicle ahead that cannot get to its lane.
  @inline(__always)
  private func slowForBlocked(_ v: Int, type: UnsafePointer<TypeRecord>, blocked: Int, state: UInt32) -> UInt32 {
    guard blocked >= 0 else { return state }
    let gap = vehicles.position[blocked] - typeOf(blocked).pointee.length - vehicles.position[v] - type.pointee.minGap
    guard gap > Following.positionEpsilon, vehicles.speed[v] < type.pointee.decel else { return state }
    let bit = vehicles.speed[blocked] < Following.haltingSpeed ? Change.backBlockerStanding : Change.backBlocker
    advise(
      v,
      speed: followChanging(
        v, type: type, speed: vehicles.speed[v], gap: gap - Following.positionEpsilon, leaderSpeed: vehicles.speed[blocked],
        leaderDecel: typeOf(blocked).pointee.decel))
    return state | bit
  }

  /// Keeps room for a vehicle that wants to come over from the other side; false where there is none.
  private func reserve(
    _ v: Int, type: UnsafePointer<TypeRecord>, for blocker: Int, wanting other: UInt32, relief: Bool, edge: Int32
  ) -> Bool {
    guard blocker >= 0, network.laneEdge[Int(vehicles.lane[blocker])] == edge, vehicles.changeState[blocker] & other != 0 else {
      return true
    }
    let left = vehicles.leftSpace[v]
    let blockerType = typeOf(blocker)
    let potential = left - Following.brakeGap(vehicles.speed[v], decel: type.pointee.decel, tau: 0, dt: dt)
    if blockerType.pointee.space <= potential {
      vehicles.blockerLength[v] = max(blockerType.pointee.space, vehicles.blockerLength[v])
      return true
    }
    // There is no room for it here: it must keep room for us.
    let theirs = vehicles.leftSpace[blocker]
    let theirPotential = theirs - Following.brakeGap(vehicles.speed[blocker], decel: blockerType.pointee.decel, tau: dt, dt: dt)
    let canReserve = theirPotential >= type.pointee.space || theirs > left
    if canReserve {
      vehicles.keepsRoom[blocker] = true
      vehicles.blockerLength[blocker] = max(type.pointee.space, vehicles.blockerLength[blocker])
    } else if !relief {
      vehicles.blockerLength[v] = max(blockerType.pointee.space, vehicles.blockerLength[v])
    }
    return canReserve
  }
}
