/// Asking others for help with a change that must be made.
extension Engine {
  @inline(__always)
  private func tell(_ other: Int, speed: Double, state: UInt32, edge: Int32, chunk: Chunk) {
    if network.laneEdge[Int(vehicles.lane[other])] == edge {
      advise(other, speed: speed)
      vehicles.changeState[other] |= state
    } else {
      chunk.messages.append(ChangeMessage(vehicle: Int32(other), state: state, speed: speed))
    }
  }

  @inline(__always)
  private func diverges(_ v: Int, _ other: Int) -> Bool {
    let a = Int(vehicles.lane[v]), b = Int(vehicles.lane[other])
    return network.laneInternal[a] && network.laneInternal[b] && network.laneNode[a] == network.laneNode[b]
      && network.laneEdge[a] != network.laneEdge[b]
  }

  @inline(__always)
  private func secure(_ follower: Int, behind leader: Int, speed: Double, leaderSpeed: Double) -> Double {
    let type = typeOf(follower)
    return Following.secureGap(
      type, speed: speed, leaderSpeed: leaderSpeed,
      leaderDecel: typeOf(leader).pointee.decel, acceleration: vehicles.acceleration[follower], changing: true, dt: dt)
  }

  @inline(__always)
  private func following(_ follower: Int, gap: Double, leaderSpeed: Double, leaderDecel: Double) -> Double {
    let type = typeOf(follower)
    return Following.followSpeed(
      type, speed: vehicles.speed[follower], gap: gap, leaderSpeed: leaderSpeed, leaderDecel: leaderDecel,
      desired: desiredSpeed(follower, on: Int(vehicles.lane[follower])), changing: true, dt: dt)
  }

  /// Deals with the vehicle ahead on the wanted lane: fall behind it or pass it. The speed planned; negative: pass without adapting.
  func informLeader(
    _ v: Int, type: UnsafePointer<TypeRecord>, lane l: Int, blocked: UInt32, left: Bool, message: UInt32, lead: Neighbor,
    remaining: Double, chunk: Chunk
  ) -> Double {
    let speed = vehicles.speed[v]
    let decel = type.pointee.decel
    let room = vehicles.leftSpace[v] - vehicles.blockerLength[v]
    var planned = min(speed, Following.stopSpeed(type, speed: speed, gap: room, decel: decel, relax: true, dt: dt))
    for k in 0..<Int(vehicles.adviceCount[v]) {
      let a = vehicles.advice[v * VehicleColumns.adviceLimit + k]
      if a >= -decel { planned = min(planned, speed + a * dt) }
    }
    guard lead.exists else { return planned }
    let edge = network.laneEdge[l]
    let other = lead.vehicle
    let otherSpeed = vehicles.speed[other]
    let otherNext = otherSpeed - max(1, -vehicles.acceleration[other]) * dt
    let nextGap = lead.gap + (otherNext - planned) * dt
    let otherDecel = typeOf(other).pointee.decel
    let slowest = max(speed - decel * dt, 0)
    guard blocked & Change.byLeader != 0 else {
      let target = max(slowest, following(v, gap: nextGap, leaderSpeed: max(otherNext, 0), leaderDecel: otherDecel))
      advise(v, speed: target)
      return min(target, planned)
    }
    if diverges(v, other) { return planned }
    let overtakeWay = max(
      0,
      lead.gap + typeOf(other).pointee.space + type.pointee.length
        + secure(other, behind: v, speed: otherSpeed, leaderSpeed: speed))
    let difference = planned - otherSpeed
    let time = difference > 0 ? overtakeWay / difference : remaining + 1
    let congested = speed < 60 / 3.6 || network.laneSpeed[l] < 60.1 / 3.6
    let cannot =
      difference < 0 || (left && !congested)
      || room - Following.brakeGap(speed, decel: decel, tau: type.pointee.tau, dt: dt) < overtakeWay || remaining < time
    if cannot, !vehicles.stands[other] {
      tell(other, speed: .infinity, state: message | Change.blockingLeader, edge: edge, chunk: chunk)
      let target = max(slowest, following(v, gap: nextGap, leaderSpeed: max(otherNext, 0), leaderDecel: otherDecel))
      if target < speed {
        let slowing = remaining == 0 ? decel : min(decel, max(Self.minimumFallBehind, (speed - target) / remaining))
        let next = min(planned, max(0, speed - slowing * dt))
        advise(v, speed: next)
        return next
      }
      advise(v, speed: target)
      return planned
    }
    tell(other, speed: otherSpeed, state: message | Change.blockingLeader, edge: edge, chunk: chunk)
    return -1
  }

  /// Deals with the vehicle behind on the wanted lane: ask it to open a gap, or let it pass.
  func informFollower(
    _ v: Int, type: UnsafePointer<TypeRecord>, lane l: Int, blocked: UInt32, left: Bool, message: UInt32, follow: Neighbor,
    remaining: Double, planned: Double, chunk: Chunk
  ) {
    guard follow.exists else { return }
    let edge = network.laneEdge[l]
    let other = follow.vehicle
    let otherSpeed = vehicles.speed[other]
    let speed = vehicles.speed[v]
    let decel = type.pointee.decel
    guard blocked & Change.byFollower != 0 else {
      if blocked & Change.byLeader != 0 {
        let first = following(other, gap: follow.gap + planned * dt, leaderSpeed: planned, leaderDecel: decel)
        let safe = following(other, gap: follow.gap + (planned - first) * dt, leaderSpeed: planned, leaderDecel: decel)
        tell(other, speed: safe, state: message, edge: edge, chunk: chunk)
      }
      return
    }
    if diverges(v, other) { return }
    let state = message | Change.blockingFollower
    if max(planned, 0) - otherSpeed >= Self.helpOvertake {
      let needed = secure(other, behind: v, speed: otherSpeed, leaderSpeed: planned)
      if (needed - follow.gap) / remaining < max(planned, 0) - otherSpeed {
        tell(other, speed: max(planned, 0) - Self.helpOvertake, state: state, edge: edge, chunk: chunk)
        return
      }
    }
    let help = typeOf(other).pointee.decel
    let otherNext = max(0, otherSpeed - help * dt)
    let otherInSecond = max(0, otherSpeed - help)
    let difference = planned - otherInSecond
    let gapAfter = follow.gap + difference
    let needed = secure(other, behind: v, speed: otherInSecond, leaderSpeed: max(planned, 0))
    if left, network.laneAcceleration[l], otherInSecond < 0 { return }
    if gapAfter > 0, gapAfter >= needed {
      let first = max(otherNext, following(other, gap: follow.gap + planned * dt, leaderSpeed: planned, leaderDecel: decel))
      let safe = max(otherNext, following(other, gap: follow.gap + (planned - first) * dt, leaderSpeed: planned, leaderDecel: decel))
      tell(other, speed: safe, state: state, edge: edge, chunk: chunk)
    } else if difference > 0, difference * remaining > needed - gapAfter + Following.positionEpsilon {
      tell(other, speed: otherNext, state: state, edge: edge, chunk: chunk)
    } else if !left, !(otherSpeed < 60 / 3.6 || network.laneSpeed[Int(vehicles.lane[other])] < 60.1 / 3.6) {
      tell(other, speed: max(otherNext, Self.helpOvertake), state: state, edge: edge, chunk: chunk)
    } else {
      var helping = max(otherSpeed, speed + Self.helpOvertake)
      if otherSpeed > speed, !left || planned > Self.fastCutIn || network.laneLength[l] > Self.longRamp {
        helping = max(otherNext, speed + Self.helpOvertake)
        if (otherSpeed - speed) / help < remaining {
          tell(other, speed: helping, state: state, edge: edge, chunk: chunk)
          return
        }
      }
      tell(other, speed: helping, state: state, edge: edge, chunk: chunk)
      // It will pass: slow gently so that it can.
      let way = max(
        0,
        follow.gap + type.pointee.space + typeOf(other).pointee.length
          + secure(v, behind: other, speed: planned, leaderSpeed: helping))
      advise(v, speed: max(helping - way / remaining, speed - decel * dt))
    }
  }
}
