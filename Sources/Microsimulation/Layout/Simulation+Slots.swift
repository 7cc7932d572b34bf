extension Simulation {
  /// Steps between two sortings: vehicles that drive together stay together, so that the order wears off slowly.
  private static let sortInterval: UInt64 = 32

  /// Puts the records of vehicles in the order in which steps visit them, lane by lane from the rear to the head.
  ///
  /// Memory is read fastest one line after another. No result depends on slots.
  func sortSlots() {
    guard engine.stepIndex % Self.sortInterval == 0, usedSlots > 1 else { return }
    let lanes = engine.lanes
    var order: [Int32] = []
    order.reserveCapacity(usedSlots)
    var place = [Int32](repeating: -1, count: usedSlots)
    func visit(_ slot: Int32) -> Int32 {
      let new = Int32(order.count)
      place[Int(slot)] = new
      order.append(slot)
      return new
    }
    for w in 0..<lanes.wordCount {
      var word = lanes.active[w]
      while word != 0 {
        let l = w << 6 + word.trailingZeroBitCount
        word &= word - 1
        let row = lanes.pool + Int(lanes.base[l])
        for k in 0..<Int(lanes.count[l]) { row[k] = visit(row[k]) }
      }
    }
    for k in lifted.indices { lifted[k].slot = visit(lifted[k].slot) }
    for number in pending {
      if let known = waiting[number] { waiting[number]?.slot = visit(known.slot) }
    }
    engine.vehicles.arena.permute(order, whole: engine.vehicles.capacity)
    for v in order.count..<usedSlots { engine.vehicles.number[v] = -1 }
    usedSlots = order.count
    freeSlots.removeAll(keepingCapacity: true)
    // A lane may be listed twice.
    for k in Set(engine.tailLanes.values) {
      let l = Int(k)
      let tails = lanes.tailVehicle + l * LaneOccupancy.tailLimit
      for i in 0..<Int(lanes.tailCount[l]) { tails[i] = place[Int(tails[i])] }
    }
    // Whoever has left meanwhile is known by its number, so that any slot will do.
    loops.moveSlots { max(place[Int($0)], 0) }
    for k in readings.gates.indices { readings.gates[k].slots = readings.gates[k].slots.mapValues { max(place[Int($0)], 0) } }
  }
}
