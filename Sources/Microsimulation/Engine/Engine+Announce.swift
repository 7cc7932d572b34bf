// Vehicles far from a junction: what they tell those who must yield to them there.
extension Engine {
  /// A vehicle with nothing in sight but its leader still tells those who must yield to it when it will come: `target` is its speed, `free` what
  /// it would be alone, `safe` what the leader allows.
  @inline(__always)
  func planFar(
    _ v: Int, lane l: Int, type: UnsafePointer<TypeRecord>, target: Double, free: Double, safe: Double, laneMax: Double, seen: Double,
    next c: Int, board part: ApproachBoard.Part
  ) {
    vehicles.planned[v] = target
    vehicles.nextRequestCount[v] = 0
    vehicles.yielded[v] = false
    guard c >= 0 else {
      vehicles.mustWaitNext[v] = target < vehicles.speed[v] || target < Following.haltingSpeed
      return
    }
    let decel = type.pointee.decel
    let held = isYellow(c) || isRed(c)
    let request = target > Self.requestSpeed && !held
    if !request {
      vehicles.mustWaitNext[v] = target < vehicles.speed[v] || target < Following.haltingSpeed
    } else if hasPriority(c) {
      vehicles.mustWaitNext[v] = target < decel && target < min(vehicles.speed[v] + type.pointee.accel * dt, type.pointee.maxSpeed)
    } else {
      vehicles.mustWaitNext[v] = true
    }
    if network.laneRoundabout[l] { vehicles.mustWaitNext[v] = false }
    if request, hasPriority(c) || continuesMajor(c) { planBeyond(v, lane: l, type: type, target: target, seen: seen, past: c, board: part) }
    guard network.connectionWatched[c], request || shown[c] == Shown.equal else { return }
    announce(
      v, type: type, connection: c, request: request, speed: target,
      arrivalSpeed: min(passSpeed(after: seen, from: free, type, laneMax: laneMax), safe), isSighted: !hasPriority(c), distance: seen,
      board: part)
  }

  /// Whoever need not slow at the junction ahead tells those at the next one too, however far it is: they may not trust the gap before it.
  private func planBeyond(
    _ v: Int, lane l: Int, type: UnsafePointer<TypeRecord>, target: Double, seen: Double, past c: Int, board part: ApproachBoard.Part
  ) {
    let best = bestLane(v, l)
    guard best.count > 1 else { return }
    let next = Int(best.way[1])
    guard network.connectionWatched[next], !isYellow(next), !isRed(next) else { return }
    var seen = seen
    var lane = Int(network.connectionNext[c])
    while network.laneInternal[lane] {
      seen += network.laneLength[lane]
      lane = Int(network.connectionNext[Int(network.outBegin[lane])])
    }
    let length = network.laneLength[lane]
    seen += length
    var arrivalSpeed = passSpeed(after: length, from: target, type, laneMax: desiredSpeed(v, on: lane))
    if lanes.last(lane) >= 0 { arrivalSpeed = min(arrivalSpeed, min(vehicles.speed[v] + type.pointee.accel * dt, type.pointee.maxSpeed)) }
    announce(
      v, type: type, connection: next, request: true, speed: target, arrivalSpeed: arrivalSpeed,
      isSighted: !hasPriority(next) && !continuesMajor(next), distance: seen, board: part)
  }

  /// Tells the foes of a connection `distance` ahead when a vehicle comes there that drives at `speed` now; where `isSighted` it comes no faster
  /// than what it sees on the way lets it.
  @inline(__always)
  private func announce(
    _ v: Int, type: UnsafePointer<TypeRecord>, connection c: Int, request: Bool, speed: Double, arrivalSpeed: Double, isSighted: Bool,
    distance: Double, board part: ApproachBoard.Part
  ) {
    let decel = type.pointee.decel
    var arrivalSpeed = arrivalSpeed
    if isSighted {
      let visibility = network.connectionVisibility[c]
      let atSight = Following.safeStop(gap: visibility, decel: decel, headway: 0, dt: dt)
      arrivalSpeed = min(
        arrivalSpeed, Following.speed(after: visibility, from: atSight, accel: type.pointee.accel, maxSpeed: type.pointee.maxSpeed))
    }
    let arrival =
      now - dt
      + Following.arrivalTime(distance: distance, speed: speed, arrivalSpeed: arrivalSpeed, accel: type.pointee.accel, decel: decel)
    let leave = passSpeed(
      after: network.connectionLength[c], from: arrivalSpeed, type, laneMax: desiredSpeed(v, on: Int(network.connectionNext[c])))
    add(
      v, type: type, connection: c, request: request, arrival: arrival, arrivalSpeed: arrivalSpeed, braking: 0, leave: leave,
      distance: distance, board: part)
  }
}
