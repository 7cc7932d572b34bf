/// Finding the vehicles that matter for a lane change.
extension Engine {
  /// The vehicle ahead on lane `index` of the edge at hand.
  func changeLeader(_ v: Int, type: UnsafePointer<TypeRecord>, lane current: Int, target: Int, index: Int, scratch: ChangerScratch)
    -> Neighbor
  {
    let position = vehicles.position[v]
    var lead = Int(scratch.lead[index])
    let hopped = Int(scratch.hopped[index])
    if hopped >= 0 {
      let at = vehicles.position[hopped]
      if at > position, lead < 0 || vehicles.position[lead] > at { lead = hopped }
    }
    if lead >= 0 {
      return Neighbor(
        vehicle: lead, gap: vehicles.position[lead] - typeOf(lead).pointee.length - position - type.pointee.minGap)
    }
    let back = position - type.pointee.length
    var tailBack = network.laneLength[target]
    var tail = -1
    for k in 0..<Int(lanes.tailCount[target]) {
      let other = Int(lanes.tailVehicle[target * LaneOccupancy.tailLimit + k])
      let otherBack = lanes.tailBack[target * LaneOccupancy.tailLimit + k]
      let otherType = typeOf(other)
      if other != v, otherBack < tailBack, otherBack + otherType.pointee.length + otherType.pointee.minGap >= back {
        tail = other
        tailBack = otherBack
      }
    }
    if tail >= 0 { return Neighbor(vehicle: tail, gap: tailBack - position - type.pointee.minGap) }
    let seen = network.laneLength[current] - position
    let speed = vehicles.speed[v]
    let sight = Following.brakeGap(speed, decel: type.pointee.decel, tau: type.pointee.tau, dt: dt) + type.pointee.minGap
    if seen > sight, !network.laneInternal[current] { return .nobody }
    return leaderBeyond(v, type: type, lane: target, sight: sight, seen: seen, critical: false)
  }

  /// The vehicle ahead beyond the end of `lane`, along the ways from there. With `critical`, the one that asks for the lowest speed.
  func leaderBeyond(
    _ v: Int, type: UnsafePointer<TypeRecord>, lane start: Int, sight: Double, seen seenFirst: Double, critical: Bool
  ) -> Neighbor {
    let speed = vehicles.speed[v]
    var seen = seenFirst
    var sight = sight
    if !critical, lanes.tailCount[start] > 0 {
      let tail = Int(lanes.tailVehicle[start * LaneOccupancy.tailLimit])
      let gap =
        seen - (network.laneLength[start] - lanes.tailBack[start * LaneOccupancy.tailLimit]) - type.pointee.minGap
      if gap > 0, tail != v { return Neighbor(vehicle: tail, gap: gap) }
    }
    let changing = Int(vehicles.lane[v]) != start
    let best = bestLane(v, start)
    let way = best.way
    let wayCount = best.count
    var lane = start
    var step = 0
    var result = Neighbor.nobody
    var lowest = Double.infinity
    var arrival = now + seen / max(speed, Following.epsilon)
    repeat {
      let c: Int
      if network.laneInternal[lane] {
        c = network.outBegin[lane] < network.outBegin[lane + 1] ? Int(network.outBegin[lane]) : -1
      } else {
        c = step < wayCount ? Int(way[step]) : -1
        step += 1
      }
      if c < 0 || isRed(c) { break }
      if !isOpen(
        c, vehicle: v, type: type, arrival: arrival, arrivalSpeed: speed, leaveSpeed: speed, impatience: impatience(v), waiting: 0,
        ignoreRed: false, board: board)
      {
        break
      }
      if network.connectionInside[c] >= 0, insideCount[Int(network.connectionNode[c])] > 0,
        network.laneInternal[Int(vehicles.lane[v])] || !isRed(Int(network.connectionEntry[c]))
      {
        var found = Neighbor.nobody
        var shortest = Double.infinity
        for k in Int(network.conflictBegin[c])..<Int(network.conflictBegin[c + 1]) where !lanes.isEmpty(Int(network.conflicts[k].lane)) {
          visitInsideLeaders(v, type, connection: c, conflict: network.conflicts[k], distance: seen, changing: true) { foe in
            if critical {
              let safe = safeSpeedBehind(foe, v, type: type, seen: seen, lane: lane)
              if safe < lowest {
                lowest = safe
                result = Neighbor(vehicle: foe.vehicle, gap: foe.gap)
              }
              return
            }
            guard changing || isLeader(v, connection: c, foe: foe.vehicle, gap: foe.gap) else { return }
            let foeType = typeOf(foe.vehicle)
            let reach = foe.gap + Following.brakeGap(vehicles.speed[foe.vehicle], decel: foeType.pointee.decel, tau: 0, dt: dt)
            if reach < shortest {
              shortest = reach
              found = Neighbor(vehicle: foe.vehicle, gap: foe.gap)
            }
          }
        }
        if found.exists { return found }
      }
      lane = Int(network.connectionNext[c])
      let leader = lanes.last(lane)
      if leader >= 0, leader != v {
        let back =
          lanes.count[lane] > 0
          ? vehicles.position[leader] - typeOf(leader).pointee.length : lanes.tailBack[lane * LaneOccupancy.tailLimit]
        let gap = seen + back - type.pointee.minGap
        if !critical { return Neighbor(vehicle: leader, gap: gap) }
        if leader != result.vehicle {
          let safe = Following.safeFollow(
            type, speed: speed, gap: gap, leaderSpeed: vehicles.speed[leader], leaderDecel: typeOf(leader).pointee.decel, insertion: true,
            changing: true, dt: dt)
          if safe < lowest {
            lowest = safe
            result = Neighbor(vehicle: leader, gap: gap)
          }
        }
      }
      let wanted = desiredSpeed(v, on: lane)
      if wanted < speed { sight = Following.brakeGap(wanted, decel: type.pointee.decel, tau: type.pointee.tau, dt: dt) }
      seen += network.laneLength[lane]
      if seen <= sight { arrival += network.laneLength[lane] / max(speed, Following.epsilon) }
    } while seen <= sight || network.laneInternal[lane]
    return result
  }

  private func safeSpeedBehind(_ foe: InsideLeader, _ v: Int, type: UnsafePointer<TypeRecord>, seen: Double, lane: Int) -> Double {
    let speed = vehicles.speed[v]
    var safe: Double
    if foe.gap >= 0 {
      safe = Following.followSpeed(
        type, speed: speed, gap: foe.gap, leaderSpeed: vehicles.speed[foe.vehicle], leaderDecel: typeOf(foe.vehicle).pointee.apparent,
        desired: desiredSpeed(v, on: lane), changing: true, dt: dt)
    } else {
      safe = Following.stopSpeed(
        type, speed: speed, gap: seen - network.laneLength[lane] - Following.positionEpsilon, decel: type.pointee.decel, relax: true, dt: dt
      )
    }
    if foe.toConflict >= 0 {
      safe = max(
        safe,
        Following.stopSpeed(
          type, speed: speed, gap: foe.toConflict - type.pointee.minGap, decel: type.pointee.decel, relax: true, dt: dt))
    }
    return safe
  }

  /// The vehicle behind on lane `index` of the edge at hand.
  func changeFollower(_ v: Int, type: UnsafePointer<TypeRecord>, target: Int, index: Int, scratch: ChangerScratch) -> Neighbor {
    let position = vehicles.position[v]
    let remaining = Int(scratch.remaining[index])
    var follower = remaining > 0 ? lanes.vehicle(target, remaining - 1) : -1
    follower = closer(follower, Int(scratch.hopped[index]), at: position)
    if follower >= 0 {
      return Neighbor(
        vehicle: follower,
        gap: position - type.pointee.length - vehicles.position[follower] - typeOf(follower).pointee.minGap)
    }
    return followerUpstream(
      v, type: type, lane: target, back: position - type.pointee.length, scratch: scratch, onRoad: true, speed: vehicles.speed[v])
  }

  @inline(__always)
  private func closer(_ a: Int, _ b: Int, at position: Double) -> Int {
    if a < 0 || vehicles.position[a] > position { return b >= 0 && vehicles.position[b] <= position ? b : -1 }
    if b < 0 || vehicles.position[b] > position { return a }
    return vehicles.position[a] > vehicles.position[b] ? a : b
  }

  /// The vehicle on the lanes leading to `lane` that most needs room behind `back` (counted from the lane's start).
  func followerUpstream(
    _ v: Int, type: UnsafePointer<TypeRecord>, lane: Int, back: Double, scratch: ChangerScratch, onRoad: Bool, speed: Double
  ) -> Neighbor {
    var result = Neighbor.nobody
    var missing = -Double.infinity
    let edge = network.laneEdge[lane]
    var search = brakeReach(lane) - back
    var head = 0
    var tail = 0
    for k in Int(network.inBegin[lane])..<Int(network.inBegin[lane + 1]) where tail < ChangerScratch.queueLimit {
      scratch.queueLane[tail] = network.inLane[k]
      scratch.queueConnection[tail] = network.inConnection[k]
      scratch.queueLength[tail] = network.laneLength[Int(network.inLane[k])]
      tail += 1
    }
    while head < tail {
      let l = Int(scratch.queueLane[head])
      let c = Int(scratch.queueConnection[head])
      let length = scratch.queueLength[head]
      head += 1
      search = max(search, brakeReach(l) - back)
      let fronts = Int(lanes.count[l]), tails = Int(lanes.tailCount[l])
      if fronts + tails > 0 {
        var other = -1
        var gap = 0.0
        let front = fronts > 0 ? lanes.vehicle(l, fronts - 1) : -1
        if tails > 0 {
          other = Int(lanes.tailVehicle[l * LaneOccupancy.tailLimit + tails - 1])
          gap = length - network.laneLength[l] + back - typeOf(other).pointee.minGap
          if other == v || (gap > 0 && network.laneEdge[Int(vehicles.lane[other])] != edge) {
            other = front
            if other >= 0 { gap = length - vehicles.position[other] + back - typeOf(other).pointee.minGap }
          }
        } else {
          other = front
          gap = length - vehicles.position[other] + back - typeOf(other).pointee.minGap
          if onRoad, !hasPriority(c), !covers(v, edge: network.laneEdge[l]) { gap = max(gap, 0) }
        }
        if other >= 0, other != v {
          let otherType = typeOf(other)
          let needed = Following.secureGap(
            otherType, speed: vehicles.speed[other], leaderSpeed: speed,
            leaderDecel: type.pointee.decel, acceleration: vehicles.acceleration[other], changing: onRoad, dt: dt)
          if needed - gap > missing {
            missing = needed - gap
            result = Neighbor(vehicle: other, gap: gap)
          }
        }
      }
      if length < search {
        for k in Int(network.inBegin[l])..<Int(network.inBegin[l + 1]) where tail < ChangerScratch.queueLimit {
          let from = network.inLane[k]
          if network.laneEdge[Int(from)] == edge { continue }
          var seen = false
          for q in 0..<tail where scratch.queueLane[q] == from { seen = true }
          if seen { continue }
          scratch.queueLane[tail] = from
          scratch.queueConnection[tail] = network.inConnection[k]
          scratch.queueLength[tail] = length + network.laneLength[Int(from)]
          tail += 1
        }
      }
    }
    return result
  }

  /// Farthest braking distance of anyone on a lane [m].
  @inline(__always)
  func brakeReach(_ l: Int) -> Double {
    let speed = network.laneSpeed[l] * largestFactor
    return min(speed * speed * 0.5 / smallestDecel, 1000)
  }

  @inline(__always)
  private func covers(_ v: Int, edge: Int32) -> Bool {
    for k in 0..<Int(vehicles.trailCount[v])
    where network.laneEdge[Int(vehicles.trail[v * VehicleColumns.trailLimit + k])] == edge {
      return true
    }
    return false
  }
}
