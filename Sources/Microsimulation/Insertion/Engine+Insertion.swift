/// Letting vehicles enter the road.
extension Engine {
  /// How a vehicle wants to enter: lane, place and speed.
  struct Entry {
    enum Lane { case first, random, free, allowed, best, bestBySpeed, index(Int) }
    enum Place { case base, random, free, randomFree, last, stop, at(Double) }
    enum Speed { case random, max, desired, limit, last, average, at(Double) }
    /// What may lower the speed of entry: nothing, the road ahead (junctions, ends, stops, slow lanes), or vehicles ahead as well.
    enum Adapting { case never, toRoad, always }
    var lane: Lane
    var place: Place
    var speed: Speed
  }

  /// Tries to put the vehicle in slot `v` on its first edge; `refused` holds lanes on which somebody failed in this step already. With
  /// `knowsLanes`, the lanes that lead on have been found for this slot and what signals show has not changed since.
  func enter(
    _ v: Int, entry: Entry, scratch: ChangerScratch, knowsLanes: Bool = false, refused: inout Set<Int32>
  ) -> Bool {
    guard let l = entryLane(v, entry, scratch: scratch, knowsLanes: knowsLanes) else { return false }
    if refused.contains(Int32(l)) { return false }
    vehicles.lane[v] = Int32(l)
    if tryEntry(v, lane: l, entry: entry, scratch: scratch) { return true }
    vehicles.lane[v] = -1
    refused.insert(Int32(l))
    return false
  }

  private func entryLane(_ v: Int, _ entry: Entry, scratch: ChangerScratch, knowsLanes: Bool) -> Int? {
    let cursor = Int(vehicles.cursor[v])
    let edge = Int(routeEdges[cursor])
    let first = Int(network.edgeFirstLane[edge])
    let n = Int(network.edgeLaneCount[edge])
    let bit = typeOf(v).pointee.classBit
    if !knowsLanes {
      vehicles.bestCursor[v] = -1
      computeBest(v, from: cursor, scratch: scratch)
    }
    let entrances = scratch.entrances
    entrances.removeAll()
    let place: Double
    if case .at(let given) = entry.place {
      place = given < 0 ? given + network.edgeLength[edge] : given
    } else {
      place = 0
    }
    switch entry.lane {
    case .index(let i):
      return i < n && network.admits(lane: first + i, class: bit) ? first + i : nil
    case .first, .random, .free:
      for i in 0..<n where network.admits(lane: first + i, class: bit) { entrances.append(Int32(i)) }
      guard entrances.count > 0 else { return nil }
      if case .first = entry.lane { return first + Int(entrances[0]) }
      if case .free = entry.lane { return freest(of: entrances, first: first, place: place) }
      return first + Int(entrances[min(entrances.count - 1, Int(random(v, .lane) * Double(entrances.count)))])
    case .allowed:
      let next = cursor + 1 < Int(vehicles.routeEnd[v]) ? routeEdges[cursor + 1] : -1
      for i in 0..<n where network.admits(lane: first + i, class: bit) {
        if next < 0 || connection(from: first + i, toEdge: next, class: bit) >= 0 { entrances.append(Int32(i)) }
      }
      return freest(of: entrances, first: first, place: place)
    case .best, .bestBySpeed:
      var longest = -1.0
      for i in 0..<n { longest = max(longest, vehicles.best(v, i).length) }
      // Beyond this every lane will do.
      let limit = 3000.0
      var from = 0.0
      if longest > limit {
        from = place
        longest = min(longest - from, limit)
      }
      let bySpeed: Bool
      if case .bestBySpeed = entry.lane { bySpeed = true } else { bySpeed = false }
      for i in 0..<n where vehicles.best(v, i).length - from >= longest {
        entrances.append(Int32(i))
        // Up to the first lane on which the vehicle would hold up nobody.
        let l = first + i
        if bySpeed, lanes.count[l] == 0 || desiredSpeed(lanes.vehicle(l, 0), on: l) > desiredSpeed(v, on: l) { break }
      }
      return freest(of: entrances, first: first, place: place)
    }
  }

  /// The lane whose last vehicle is farthest from the place of entry.
  private func freest(of candidates: GrowingColumn<Int32>, first: Int, place: Double) -> Int? {
    var best: Int?
    var largest = 0.0
    for k in 0..<candidates.count {
      let l = first + Int(candidates[k])
      let last = lanes.count[l] > 0 ? vehicles.position[lanes.vehicle(l, 0)] : network.laneLength[l]
      if last - place > largest {
        largest = last - place
        best = l
      }
    }
    if best == nil {
      // All are full at the place of entry: the one with most room over all.
      var least = Double.infinity
      for k in 0..<candidates.count {
        let l = first + Int(candidates[k])
        let share = lanes.filled[l] / network.laneLength[l]
        if best == nil || share < least {
          least = share
          best = l
        }
      }
    }
    return best
  }

  private func tryEntry(_ v: Int, lane l: Int, entry: Entry, scratch: ChangerScratch) -> Bool {
    let type = typeOf(v)
    let wanted = desiredSpeed(v, on: l)
    var adapts = Entry.Adapting.toRoad
    var speed = 0.0
    switch entry.speed {
    case .at(let given):
      speed = given
      adapts = .never
    case .random:
      speed = random(v, .departure) * wanted
      adapts = .always
    case .max:
      speed = wanted
      adapts = .always
    case .desired: speed = wanted
    case .limit: speed = network.laneSpeed[l]
    case .last:
      speed = lanes.count[l] > 0 ? min(wanted, vehicles.speed[lanes.vehicle(l, 0)]) : wanted
      adapts = .always
    case .average:
      var sum = 0.0
      for k in 0..<Int(lanes.count[l]) { sum += vehicles.speed[lanes.vehicle(l, k)] }
      speed = min(wanted, lanes.count[l] > 0 ? sum / Double(lanes.count[l]) : network.laneSpeed[l])
    }
    let length = network.laneLength[l]
    let base = min(type.pointee.length + Following.positionEpsilon, length)
    switch entry.place {
    case .at(let given):
      return place(v, lane: l, at: min(max(given < 0 ? given + length : given, 0), length), speed: speed, adapts: adapts, scratch: scratch)
    case .base:
      return place(v, lane: l, at: base, speed: speed, adapts: adapts, scratch: scratch)
    case .stop:
      var at = base
      if vehicles.hasStop[v], stops[Int(vehicles.stopCursor[v])].lane == Int32(l) {
        at = min(stops[Int(vehicles.stopCursor[v])].end, length)
      }
      return place(v, lane: l, at: at, speed: speed, adapts: adapts, scratch: scratch)
    case .random:
      return place(v, lane: l, at: random(v, .position) * length, speed: speed, adapts: adapts, scratch: scratch)
    case .randomFree:
      for k in 0..<10 {
        let draw = CounterRandom.uniform(
          seed: settings.seed &+ UInt64(k), entity: UInt64(UInt32(bitPattern: vehicles.number[v])), step: stepIndex, purpose: .position)
        if place(v, lane: l, at: draw * length, speed: speed, adapts: adapts, scratch: scratch) { return true }
      }
      return placeFreely(v, lane: l, speed: speed, scratch: scratch)
    case .free:
      return placeFreely(v, lane: l, speed: speed, scratch: scratch)
    case .last:
      return placeLast(v, lane: l, speed: speed, adapts: adapts, scratch: scratch)
    }
  }

  private func placeLast(_ v: Int, lane l: Int, speed: Double, adapts: Entry.Adapting, scratch: ChangerScratch) -> Bool {
    let type = typeOf(v)
    let last = lanes.last(l)
    guard last >= 0 else { return place(v, lane: l, at: network.laneLength[l], speed: speed, adapts: adapts, scratch: scratch) }
    let back =
      lanes.count[l] > 0
      ? vehicles.position[last] - typeOf(last).pointee.length : lanes.tailBack[l * LaneOccupancy.tailLimit]
    let needed =
      Following.secureGap(
        type, speed: speed, leaderSpeed: vehicles.speed[last],
        leaderDecel: typeOf(last).pointee.decel, acceleration: 0, changing: false, dt: dt) + type.pointee.minGap + Following.positionEpsilon
    guard back >= needed else { return false }
    return place(v, lane: l, at: min(network.laneLength[l], back - needed), speed: speed, adapts: adapts, scratch: scratch)
  }

  /// Looks for a gap from the lane's beginning on.
  private func placeFreely(_ v: Int, lane l: Int, speed: Double, scratch: ChangerScratch) -> Bool {
    let type = typeOf(v)
    let n = Int(lanes.count[l])
    if place(v, lane: l, at: 0, speed: n > 0 ? min(speed, vehicles.speed[lanes.vehicle(l, 0)]) : speed, adapts: .always, scratch: scratch) {
      return true
    }
    for k in 0..<n {
      let follower = lanes.vehicle(l, k)
      let followerType = typeOf(follower)
      var front = network.laneLength[l]
      var goal = speed
      let leader = k + 1 < n ? lanes.vehicle(l, k + 1) : -1
      if leader >= 0 {
        goal = min(goal, vehicles.speed[leader])
        front =
          vehicles.position[leader] - typeOf(leader).pointee.length - type.pointee.minGap
          - Following.secureGap(
            type, speed: goal, leaderSpeed: vehicles.speed[leader],
            leaderDecel: typeOf(leader).pointee.decel, acceleration: 0, changing: false, dt: dt)
      }
      let back =
        vehicles.position[follower] + followerType.pointee.minGap + type.pointee.length
        + Following.secureGap(
          followerType, speed: vehicles.speed[follower], leaderSpeed: goal,
          leaderDecel: type.pointee.decel, acceleration: 0, changing: false, dt: dt)
      if front > 0, back + Following.positionEpsilon < front,
        place(v, lane: l, at: back + Following.positionEpsilon, speed: goal, adapts: .always, scratch: scratch)
      {
        return true
      }
    }
    return false
  }

  /// Puts the vehicle there if that is safe for it, for those ahead and for those behind.
  private func place(
    _ v: Int, lane l: Int, at position: Double, speed wanted: Double, adapts: Entry.Adapting, scratch: ChangerScratch
  ) -> Bool {
    let type = typeOf(v)
    let decel = type.pointee.decel
    var speed = wanted
    var sight = Following.brakeGap(speed, decel: decel, tau: type.pointee.tau, dt: dt) + type.pointee.minGap
    /// False where the speed may not be lowered to `limit`, which the road ahead asks for or a vehicle.
    func lower(to limit: Double, forVehicle: Bool = false) -> Bool {
      guard limit < speed else { return true }
      guard adapts == .always || (adapts == .toRoad && !forVehicle) else { return speed <= 0 }
      speed = limit
      sight = Following.brakeGap(speed, decel: decel, tau: type.pointee.tau, dt: dt) + type.pointee.minGap
      return true
    }
    vehicles.position[v] = position
    vehicles.speed[v] = 0
    if vehicles.hasStop[v], stops[Int(vehicles.stopCursor[v])].lane == Int32(l) {
      let stop = stops[Int(vehicles.stopCursor[v])]
      if !lower(to: Following.stopSpeed(type, speed: speed, gap: stop.end - position, decel: decel, relax: true, dt: dt)) { return false }
    }
    var seen = network.laneLength[l] - position
    var lane = l
    var step = 0
    var arrival = now + seen / max(speed, Following.haltingSpeed)
    let best = bestLane(v, l)
    let way = best.way
    let count = best.count
    var edgesPassed = 0
    while seen < sight {
      let c: Int
      if network.laneInternal[lane] {
        c = Int(network.outBegin[lane])
      } else {
        c = step < count ? Int(way[step]) : -1
        step += 1
      }
      if c < 0 {
        if Int(vehicles.cursor[v]) + edgesPassed + 1 < Int(vehicles.routeEnd[v]) {
          if !lower(to: Following.stopSpeed(type, speed: speed, gap: seen, decel: decel, relax: true, dt: dt)) { return false }
        }
        break
      }
      let open = isOpen(
        c, vehicle: v, type: type, arrival: arrival, arrivalSpeed: speed, leaveSpeed: speed, impatience: impatience(v), waiting: 0,
        ignoreRed: false, board: board)
      if !open || !hasPriority(c) {
        if !lower(
          to: Following.stopSpeed(type, speed: speed, gap: seen - network.laneStopOffset[lane], decel: decel, relax: true, dt: dt))
        {
          return false
        }
        break
      }
      lane = Int(network.connectionNext[c])
      let leader = lanes.last(lane)
      if leader >= 0 {
        let back =
          lanes.count[lane] > 0
          ? vehicles.position[leader] - typeOf(leader).pointee.length : lanes.tailBack[lane * LaneOccupancy.tailLimit]
        let gap = back + seen - type.pointee.minGap
        if gap < 0 { return false }
        if !lower(to: insertionSpeed(type, speed: speed, gap: gap, leader: leader), forVehicle: true) { return false }
      }
      if !lower(
        to: Following.freeSpeed(
          type, speed: speed, distance: seen, target: desiredSpeed(v, on: lane), desired: desiredSpeed(v, on: l), insertion: true, dt: dt))
      {
        return false
      }
      arrival += network.laneLength[lane] / max(speed, Following.epsilon)
      seen += network.laneLength[lane]
      if network.connectionVia[c] < 0 { edgesPassed += 1 }
    }
    // The vehicle ahead on the lane itself.
    var leader = -1
    var back = 0.0
    for k in 0..<Int(lanes.count[l]) {
      let other = lanes.vehicle(l, k)
      if vehicles.position[other] >= position {
        leader = other
        back = vehicles.position[other] - typeOf(other).pointee.length
        break
      }
    }
    if leader < 0, lanes.tailCount[l] > 0 {
      leader = Int(lanes.tailVehicle[l * LaneOccupancy.tailLimit])
      back = lanes.tailBack[l * LaneOccupancy.tailLimit]
    }
    if leader >= 0 {
      let gap = back - position - type.pointee.minGap
      if gap < 0 { return false }
      if !lower(to: insertionSpeed(type, speed: speed, gap: gap, leader: leader), forVehicle: true) { return false }
    }
    // And whoever comes from behind.
    let rear = position - type.pointee.length
    var follower = Neighbor.nobody
    for k in stride(from: Int(lanes.count[l]) - 1, through: 0, by: -1) {
      let other = lanes.vehicle(l, k)
      if vehicles.position[other] < position {
        follower = Neighbor(vehicle: other, gap: rear - vehicles.position[other] - typeOf(other).pointee.minGap)
        break
      }
    }
    if !follower.exists {
      follower = followerUpstream(v, type: type, lane: l, back: rear, scratch: scratch, onRoad: false, speed: speed)
    }
    if follower.exists {
      let other = typeOf(follower.vehicle)
      let needed = Following.secureGap(
        other, speed: vehicles.speed[follower.vehicle], leaderSpeed: speed,
        leaderDecel: decel, acceleration: vehicles.acceleration[follower.vehicle], changing: false, dt: dt)
      if follower.gap < needed { return false }
    }
    if speed < 0 { return false }
    vehicles.speed[v] = speed
    vehicles.acceleration[v] = 0
    putOn(v, lane: l)
    layEntryTrail(v, lane: l)
    return true
  }

  @inline(__always)
  private func insertionSpeed(_ type: UnsafePointer<TypeRecord>, speed: Double, gap: Double, leader: Int) -> Double {
    if type.pointee.model == 1 {
      return IDM.insertionSpeed(type, speed: speed, gap: gap, leaderSpeed: vehicles.speed[leader], dt: dt)
    }
    return Following.safeFollow(
      type, speed: speed, gap: gap, leaderSpeed: vehicles.speed[leader], leaderDecel: typeOf(leader).pointee.decel, insertion: true,
      changing: false, dt: dt)
  }

  /// A vehicle that enters at the beginning of a lane covers the lanes that lead to it.
  private func layEntryTrail(_ v: Int, lane l: Int) {
    var left = typeOf(v).pointee.length - vehicles.position[v]
    var lane = l
    var n = 0
    while left > 0, n < VehicleColumns.trailLimit {
      let before = Int(network.lanePredecessor[lane])
      if before < 0 || before == l { break }
      if network.laneInternal[before], network.connectionTurn[Int(network.outBegin[before])] == TurnCode.uTurn { break }
      vehicles.trail[v * VehicleColumns.trailLimit + n] = Int32(before)
      n += 1
      left -= network.laneLength[before]
      lane = before
    }
    vehicles.trailCount[v] = UInt8(n)
    if n > 0 { layTail(v) }
  }
}
