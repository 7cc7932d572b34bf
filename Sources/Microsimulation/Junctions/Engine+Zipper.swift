/// Merging by turns: where two lanes become one as equals, everyone opens a gap for the one of the other lane that comes just before.
///
/// The rule is that of SUMO's zipper junctions (`MSLink::getZipperSpeed`): a driver aims at the gap that will be safe when the other enters,
/// gently from afar and as if following already when near.
extension Engine {
  /// Seconds to the junction at which a driver begins to think of the gap as that of an ordinary follower.
  static let zipperHorizon = 10.0

  /// Speed that lets those of the other lane in who come first, and whether there is nobody to heed.
  func zipperSpeed(
    _ v: Int, type: UnsafePointer<TypeRecord>, connection c: Int, item: PlanItem, asker: Asker
  ) -> (speed: Double, isOpen: Bool) {
    let speed = vehicles.speed[v]
    let decel = type.pointee.decel
    let distance = item.distance
    let sees = distance <= max(network.connectionVisibility[c], Following.brakeGap(speed, decel: decel, tau: dt, dt: dt))
    var safe = item.pass
    var isOpen = true
    for k in Int(network.foeBegin[c])..<Int(network.foeBegin[c + 1]) {
      let foe = Int(network.foeConnection[k])
      let sameTarget = network.connectionTo[c] == network.connectionTo[foe]
      for part in board.parts {
        var index = part.head[foe]
        while index >= 0 {
          let record = part.records + Int(index)
          index = record.pointee.next
          let other = Int(record.pointee.vehicle)
          guard other != v, record.pointee.willPass, blocks(record, on: foe, asker: asker, sameTarget: sameTarget) else { continue }
          isOpen = false
          if !sees || goesBefore(v, asker: asker, type: type, distance: distance, foe: record) { continue }
          safe = min(safe, speedBehind(record, v: v, type: type, distance: distance))
        }
      }
    }
    return (safe, isOpen)
  }

  /// Whether `v` need not heed this foe: it comes later and is not well ahead, or it can brake for us.
  private func goesBefore(
    _ v: Int, asker: Asker, type: UnsafePointer<TypeRecord>, distance: Double, foe: UnsafeMutablePointer<Approach>
  ) -> Bool {
    let other = Int(foe.pointee.vehicle)
    let speed = vehicles.speed[v], far = foe.pointee.distance
    // Announced figures alone: the other may have moved already.
    let weCouldBrake = distance > far && distance - far > speed - type.pointee.decel - foe.pointee.speed
    let itCouldBrake = far > distance && far - distance > foe.pointee.speed - foe.pointee.decel - speed
    if itCouldBrake || (foe.pointee.arrivalTime > asker.arrival && !weCouldBrake) { return true }
    return foe.pointee.arrivalTime == asker.arrival && foe.pointee.distance == distance
      && network.laneIndex[Int(vehicles.lane[v])] < network.laneIndex[Int(vehicles.lane[other])]
  }

  private func speedBehind(
    _ foe: UnsafeMutablePointer<Approach>, v: Int, type: UnsafePointer<TypeRecord>, distance: Double
  ) -> Double {
    let speed = vehicles.speed[v]
    let other = Int(foe.pointee.vehicle)
    let foeType = typeOf(other)
    let foeSpeed = foe.pointee.speed
    let foeEnd = min(
      desiredSpeed(other, on: Int(vehicles.lane[other])),
      Following.speed(
        after: foe.pointee.distance, from: foeSpeed, accel: foeType.pointee.accel, maxSpeed: foeType.pointee.maxSpeed))
    let foeMean = (foeSpeed + foeEnd) / 2
    let foeTime = max(1, (foe.pointee.distance / max(Following.epsilon, foeMean) / dt).rounded(.up) * dt)
    let fastest = Following.speed(after: distance, from: speed, accel: type.pointee.accel, maxSpeed: type.pointee.maxSpeed)
    let steepest = Following.speed(after: distance, from: speed, accel: type.pointee.decel, maxSpeed: type.pointee.maxSpeed)
    let end = min(desiredSpeed(v, on: Int(vehicles.lane[v])), fastest, max(foeEnd, steepest))
    let mean = (speed + end) / 2
    let time = max(1, (distance / max(Following.epsilon, mean) / dt).rounded(.up) * dt)

    let gap = distance - foeType.pointee.length - type.pointee.minGap - foe.pointee.distance
    let wanted = Following.secureGap(
      type, speed: end, leaderSpeed: foeEnd, leaderDecel: foeType.pointee.decel, acceleration: 0, changing: false, dt: dt)
    // Open the gap to what is wanted by the time the other gets there.
    let missing = gap + foeTime * foeMean - wanted - mean * foeTime
    let opening = speed + 2 * missing / (foeTime * foeTime) * dt
    let following = Following.followSpeed(
      type, speed: speed, gap: gap, leaderSpeed: foeSpeed, leaderDecel: foeType.pointee.decel,
      desired: desiredSpeed(v, on: Int(vehicles.lane[v])), dt: dt)
    let far = min(1, time / Self.zipperHorizon)
    let braking = far * type.pointee.decel + (1 - far) * type.pointee.emergency
    return max(following, speed - braking * dt, far * opening + (1 - far) * following)
  }
}
