import TrafficModel

/// A vehicle lifted off the road because it stood too long.
struct LiftedVehicle: Sendable, Hashable {
  var slot: Int32
  /// When it has "driven" the edge it hovers over [s].
  var onwards: Double
}

extension Simulation {
  /// Lifts vehicles that stand at the head of a lane beyond the set time, so that a gridlock cannot last for ever.
  func liftStanding() {
    let limit = settings.timeToTeleport
    guard limit > 0 else { return }
    let lanes = engine.lanes, vehicles = engine.vehicles
    var found: [Int] = []
    for w in 0..<lanes.wordCount {
      var word = lanes.active[w]
      while word != 0 {
        let l = w << 6 + word.trailingZeroBitCount
        word &= word - 1
        let v = lanes.vehicle(l, Int(lanes.count[l]) - 1)
        if vehicles.waiting[v] > limit, !vehicles.stands[v] { found.append(v) }
      }
    }
    for v in found {
      let l = Int(vehicles.lane[v])
      engine.takeOff(v, from: l)
      engine.dropTrail(v)
      vehicles.lane[v] = -1
      vehicles.speed[v] = 0
      vehicles.waiting[v] = 0
      vehicles.entryTime[v] = .infinity
      vehicles.entryKept[v] = .infinity
      vehicles.conflictTime[v] = .infinity
      vehicles.teleports[v] += 1
      teleportCount += 1
      engine.vehicles.clearChange(v)
      lifted.append(LiftedVehicle(slot: Int32(v), onwards: now.seconds))
    }
  }

  /// Puts lifted vehicles down on the edges that follow, where there is room.
  func putBackLifted() {
    guard !lifted.isEmpty else { return }
    let vehicles = engine.vehicles
    var kept: [LiftedVehicle] = []
    var refused: Set<Int32> = []
    for var item in lifted {
      let v = Int(item.slot)
      if vehicles.cursor[v] + 1 >= vehicles.routeEnd[v] {
        finish(v)
        continue
      }
      let entry = Engine.Entry(lane: .allowed, place: .free, speed: .max)
      vehicles.cursor[v] += 1
      if engine.enter(v, entry: entry, scratch: engine.chunks[0].changer, refused: &refused) { continue }
      if now.seconds < item.onwards { vehicles.cursor[v] -= 1 }
      if now.seconds >= item.onwards {
        let edge = Int(engine.routeEdges[Int(vehicles.cursor[v])])
        let first = Int(engine.network.edgeFirstLane[edge])
        item.onwards = now.seconds + engine.network.edgeLength[edge] / max(engine.network.laneSpeed[first], 0.1)
      }
      kept.append(item)
    }
    lifted = kept
  }
}
