/// A vehicle on a lane inside the junction that crosses, merges with or leaves beside ours.
struct InsideLeader {
  var vehicle: Int
  /// Gap as if it drove ahead on our way [m]; `-infinity`: come to rest before the conflict.
  var gap: Double
  /// Way left to the conflict [m]; negative: follow it rather than stop there.
  var toConflict: Double
  var inTheWay: Bool
}

/// Vehicles that are already inside the junction.
extension Engine {
  /// Slows for vehicles on conflicting lanes inside the junction that `c` leaves (or in which it links two lanes).
  @inline(__always)
  func checkInside(
    _ v: Int, _ type: UnsafePointer<TypeRecord>, connection c: Int, lane: Int, seen: Double, items: UnsafeMutablePointer<PlanItem>,
    last: Int, desired: Double, target: inout Double, linkPass: inout Double, wait: inout Double, request: inout Bool
  ) {
    guard network.connectionInside[c] >= 0, insideCount[Int(network.connectionNode[c])] > 0 else { return }
    let from = Int(network.conflictBegin[c]), to = Int(network.conflictBegin[c + 1])
    for k in from..<to where !lanes.isEmpty(Int(network.conflicts[k].lane)) {
      visitInsideLeaders(v, type, connection: c, conflict: network.conflicts[k], distance: seen, changing: false) { found in
        guard isLeader(v, connection: c, foe: found.vehicle, gap: found.gap) || found.inTheWay else { return }
        adaptToInsideLeader(
          v, type, found, seen: seen, lane: lane, items: items, last: last, desired: desired, target: &target, linkPass: &linkPass)
        if last >= 0 { target = max(target, items[last].wait) }
        let foeLane = Int(vehicles.lane[found.vehicle])
        let foeFrom = network.lanePredecessor[foeLane]
        let myLane = vehicles.lane[v]
        if target < Following.haltingSpeed,
          foeFrom == network.lanePredecessor[Int(myLane)] || foeFrom == myLane || vehicles.stands[found.vehicle]
            || vehicles.waiting[found.vehicle] > 5
        {
          request = false
          if last >= 0, foeFrom == myLane { items[last].request = false }
        }
      }
    }
    wait = min(wait, target)
  }

  /// The foes of one conflict that matter to `v`, `distance` before the end of our inner lane.
  func visitInsideLeaders(
    _ v: Int, _ type: UnsafePointer<TypeRecord>, connection c: Int, conflict: LaneConflict, distance: Double, changing: Bool,
    _ visit: (InsideLeader) -> Void
  ) {
    let foeLane = Int(conflict.lane)
    let toConflict = distance - conflict.behind
    let foeToConflict = network.laneLength[foeLane] - conflict.behindFoe
    let extent = conflict.extent
    let length = type.pointee.length
    if toConflict + extent < 0, !conflict.sameTarget, !changing || toConflict + extent + length < 0 { return }
    var ignoresGreen = false
    if conflict.foeWaits {
      let entry = Int(network.connectionEntry[c]), foeEntry = Int(network.laneEntry[foeLane])
      ignoresGreen =
        foeEntry >= 0 && isGreen(entry) && isGreen(foeEntry) && network.connectionFrom[entry] != network.connectionFrom[foeEntry]
    }
    let chord = length + 2
    let radius = network.connectionRadius[c]
    let sagitta = radius < .infinity ? radius - (radius * radius - 0.25 * chord * chord).squareRoot() : 0
    let inner = Int(network.connectionInside[c])
    let fronts = Int(lanes.count[foeLane]), tails = Int(lanes.tailCount[foeLane])
    for k in 0..<(fronts + tails) {
      let foe: Int
      let back: Double
      let frontOnLane = k < fronts
      if frontOnLane {
        foe = lanes.vehicle(foeLane, k)
        back = vehicles.position[foe] - typeOf(foe).pointee.length
      } else {
        foe = Int(lanes.tailVehicle[foeLane * LaneOccupancy.tailLimit + k - fronts])
        back = lanes.tailBack[foeLane * LaneOccupancy.tailLimit + k - fronts]
      }
      if foe == v { continue }
      let foeLength = typeOf(foe).pointee.length
      let backToConflict = foeToConflict - back
      let past = backToConflict + conflict.extentFoe + sagitta < 0
      let entered = backToConflict < foeLength
      let cannotIgnore = conflict.foeWaits || conflict.sameTarget || conflict.sameSource
      let inTheWay =
        ((!past && toConflict > 0) || (conflict.sameTarget && toConflict > backToConflict - foeLength)) && entered && !conflict.foeIsMiddle
      if !inTheWay, ignoresGreen { continue }
      if !changing || vehicles.lane[v] == Int32(foeLane), toConflict < -Following.positionEpsilon, !inTheWay,
        !changing || toConflict < -length
      {
        continue
      }
      if !changing, conflict.sameSource, network.laneEdge[Int(vehicles.lane[v])] == network.laneEdge[inner],
        back + foeLength < vehicles.position[v] - length
      {
        continue
      }
      // Whether it will pass; a vehicle just come to this lane has not said so yet.
      let known = frontOnLane && vehicles.requestCount[foe] > 0
      let willPass = known ? vehicles.requests[foe] & 1 != 0 : conflict.sameTarget
      if !cannotIgnore || vehicles.stands[foe] || conflict.sameTarget, !willPass, frontOnLane, !inTheWay { continue }
      let gap: Double
      if conflict.foeWaits, !conflict.sameSource {
        gap = -.infinity
      } else {
        if past, !conflict.sameTarget { continue }
        var reach = backToConflict
        if conflict.sameTarget, reach < 0 {
          let mismatch = conflict.behindFoe - conflict.behind
          if mismatch > 0 { reach += mismatch }
        }
        gap = toConflict - type.pointee.minGap - reach - conflict.extentFoe
      }
      let stopAsap = frontOnLane ? cannotIgnore : (conflict.sameTarget || conflict.sameSource)
      visit(InsideLeader(vehicle: foe, gap: gap, toConflict: stopAsap ? -1 : toConflict, inTheWay: inTheWay))
    }
  }

  /// Whether `foe`, met inside the junction of `c`, goes first.
  func isLeader(_ v: Int, connection c: Int, foe: Int, gap: Double) -> Bool {
    let lane = Int(vehicles.lane[v])
    let node = network.connectionNode[c]
    // Whoever is not in the junction yet gives way to all who are.
    guard network.laneInternal[lane], network.laneNode[lane] == node else { return true }
    let foeLane = Int(vehicles.lane[foe])
    guard network.laneInternal[foeLane], network.laneNode[foeLane] == node else { return true }
    var mine = vehicles.conflictTime[v]
    var theirs = vehicles.entryTime[foe]
    let inner = Int(network.connectionInside[c])
    if network.laneOrigin[foeLane] == network.laneOrigin[inner] {
      mine = vehicles.entryKept[v]
      theirs = vehicles.entryKept[foe]
    } else {
      let foeIn = Int(network.inBegin[foeLane])
      let foeConnection = foeIn < Int(network.inBegin[foeLane + 1]) ? Int(network.inConnection[foeIn]) : c
      let entry = Int(network.connectionEntry[c]), foeEntry = Int(network.connectionEntry[foeConnection])
      var yields: Bool
      var foeYields: Bool
      if isRed(entry) || isRed(foeEntry) {
        if !isRed(foeEntry), vehicles.speed[foe] > Following.haltingSpeed, gap < 0 {
          // The foe may be coming towards us: drive on only if it can still brake.
          let foeGap = -gap - typeOf(foe).pointee.length
          let foeType = typeOf(foe)
          let brake = Following.brakeGap(vehicles.speed[foe], decel: foeType.pointee.decel, tau: foeType.pointee.tau, dt: dt)
          yields = foeGap < brake
          foeYields = !yields
        } else {
          yields = isRed(foeEntry)
          foeYields = isRed(entry)
        }
      } else if hasPriority(entry) != hasPriority(foeEntry) {
        yields = !hasPriority(entry)
        foeYields = !hasPriority(foeEntry)
      } else if isYellow(entry), isYellow(foeEntry) {
        yields = vehicles.speed[foe] >= vehicles.speed[v]
        foeYields = vehicles.speed[v] >= vehicles.speed[foe]
      } else {
        let row = network.connectionRow[c], foeRow = network.connectionRow[foeConnection]
        yields = network.yields(node: node, row: row, to: foeRow)
        foeYields = network.yields(node: node, row: foeRow, to: row)
      }
      if !yields {
        theirs = vehicles.conflictTime[foe]
        mine = vehicles.entryTime[v]
      } else if foeYields {
        theirs = vehicles.conflictTime[foe]
        mine = vehicles.conflictTime[v]
      }
    }
    if mine == theirs {
      if vehicles.speed[v] == vehicles.speed[foe] { return vehicles.number[v] < vehicles.number[foe] }
      return vehicles.speed[v] < vehicles.speed[foe]
    }
    return mine > theirs
  }

  @inline(__always)
  private func adaptToInsideLeader(
    _ v: Int, _ type: UnsafePointer<TypeRecord>, _ found: InsideLeader, seen: Double, lane: Int, items: UnsafeMutablePointer<PlanItem>,
    last: Int, desired: Double, target: inout Double, linkPass: inout Double
  ) {
    let speed = vehicles.speed[v]
    let decel = type.pointee.decel
    var safe: Double
    if found.gap >= 0 {
      safe = follow(v, type, speed: speed, gap: found.gap, leader: found.vehicle, desired: desired)
    } else {
      // It covers the next lane: stop before that.
      safe = Following.stopSpeed(
        type, speed: speed, gap: seen - network.laneLength[lane] - Following.positionEpsilon, decel: decel, relax: true, desired: desired,
        dt: dt)
    }
    if found.toConflict >= 0 {
      let stopping = Following.stopSpeed(
        type, speed: speed, gap: found.toConflict - type.pointee.minGap, decel: decel, relax: true, desired: desired, dt: dt)
      if found.gap == -.infinity {
        safe = max(safe, stopping)
      } else {
        // Come to the conflict after it has gone.
        let leaderWay = found.toConflict - found.gap
        let time = leaderWay / max(vehicles.speed[found.vehicle], Following.haltingSpeed)
        let final = max(speed, 2 * (found.toConflict - type.pointee.minGap) / time - speed)
        let next = speed + (final - speed) / time * dt
        safe = max(safe, min(next, stopping))
      }
    }
    if last >= 0 { items[last].adaptLeave(safe) }
    target = min(target, safe)
    linkPass = min(linkPass, safe)
  }

  /// Whether everybody waits for everybody at an equal junction, back to `c` itself.
  func yieldsInCircle(_ c: Int, vehicle v: Int) -> Bool {
    var at = c
    for _ in 0..<100 {
      guard let next = nearestFoe(of: at, wrap: c) else { return false }
      if next == c { return true }
      at = next
    }
    return false
  }

  /// The connection of the nearest vehicle that asked to pass a foe of `c`; `wrap` where the search comes back to its lane.
  private func nearestFoe(of c: Int, wrap: Int) -> Int? {
    var best = Double.infinity
    var found: Int?
    for k in Int(network.foeBegin[c])..<Int(network.foeBegin[c + 1]) {
      let foe = Int(network.foeConnection[k])
      var any = false
      var closest = Double.infinity
      var asks = false
      for part in boardBefore.parts {
        var index = part.head[foe]
        while index >= 0 {
          let record = part.records[Int(index)]
          any = true
          if record.distance < closest {
            closest = record.distance
            asks = record.willPass
          }
          index = record.next
        }
      }
      if any, network.connectionFrom[foe] == network.connectionFrom[wrap] { return wrap }
      if any, closest < best {
        best = closest
        if asks { found = foe }
      }
    }
    return found
  }
}
