import TrafficModel

extension Simulation {
  private static let stateMagic: UInt64 = 0x6772_6E77_7631_0004
  /// Schema of the bytes ``saveState()`` writes. They are read back only by the same build on the same processor family.
  public static let stateSchemaVersion = 2

  /// The whole state of the run between two steps. A simulation made from the same network, demand, detectors and settings (threads may
  /// differ) that takes these bytes with ``restoreState(_:)`` goes on to the same result, to the bit.
  public func saveState() -> [UInt8] {
    var writer = StateWriter()
    writer.put(Self.stateMagic)
    for value in fingerprint { writer.put(value) }
    writer.put(now.milliseconds)
    writer.put(engine.stepIndex)
    for value in counters { writer.put(value) }
    writer.put(pending)
    writer.put(freeSlots)
    let known = waiting.keys.sorted()
    writer.put(known)
    writer.put(known.compactMap { waiting[$0] })
    writer.put(engine.shownVersion)
    writer.put(usedSlots)
    engine.vehicles.arena.save(into: &writer, part: usedSlots, whole: engine.vehicles.capacity)
    engine.lanes.save(into: &writer)
    writer.put(engine.shown, count: engine.network.connectionCount)
    writer.put(engine.shownSince, count: engine.network.connectionCount)
    writer.put(engine.insideCount, count: engine.network.nodeCount)
    writer.put(engine.tailLanes.values)
    for board in [engine.board, engine.boardBefore] { save(board, into: &writer) }
    writer.put((0..<fleet.routes.used).map { fleet.routes.edges[$0] })
    writer.put(fleet.routes.ranges.flatMap { [$0.lowerBound, $0.upperBound] })
    writer.put(fleet.vehicles.map(\.routeBegin))
    writer.put(fleet.vehicles.map(\.routeEnd))
    writer.put(routedAt.keys.sorted())
    writer.put(routedAt.keys.sorted().map { routedAt[$0] ?? 0 })
    writer.put(lifted.map(\.slot))
    writer.put(lifted.map(\.onwards))
    if let edgeSpeeds {
      writer.put(edgeSpeeds.at)
      edgeSpeeds.arena.save(into: &writer)
    }
    engine.totals?.arena.save(into: &writer)
    writer.put(intervalBegin.milliseconds)
    writer.put(readings.intervalBegin.map(\.milliseconds))
    loops.save(into: &writer)
    readings.save(into: &writer)
    recorder?.save(into: &writer)
    writer.put(givenUp.map(\.number))
    writer.put(givenUp.map(\.time.milliseconds))
    return writer.bytes
  }

  /// Goes on from a saved state, running intervals of detectors, fuel and pollutants included. Kept ways of vehicles begin anew, and what was
  /// not drained before the state was saved stays with the run that saved it.
  ///
  /// Throws where the bytes are cut or were saved by a run of other inputs.
  public func restoreState(_ bytes: [UInt8]) throws(InputProblem) {
    var reader = StateReader(bytes)
    guard reader.get(UInt64.self, or: 0) == Self.stateMagic else {
      throw InputProblem(file: "saved state", expected: "a state saved by this version", found: "other bytes")
    }
    for value in fingerprint where reader.get(UInt64.self, or: 0) != value {
      throw InputProblem(
        file: "saved state", expected: "a state of the same network, demand, detectors and settings", found: "one of others")
    }
    now = Instant(milliseconds: reader.get(or: 0))
    engine.stepIndex = reader.get(or: 0)
    counters = (0..<counters.count).map { _ in reader.get(Int.self, or: 0) }
    pending = reader.array(of: Int32.self)
    freeSlots = reader.array(of: Int32.self)
    let known = reader.array(of: Int32.self)
    waiting = Dictionary(zip(known, reader.array(of: WaitingVehicle.self)), uniquingKeysWith: { a, _ in a })
    engine.shownVersion = reader.get(or: 1)
    usedSlots = min(reader.get(Int.self, or: 0), engine.vehicles.capacity)
    engine.vehicles.arena.restore(from: &reader, part: usedSlots, whole: engine.vehicles.capacity)
    engine.lanes.restore(from: &reader)
    reader.get(into: engine.shown, count: engine.network.connectionCount)
    reader.get(into: engine.shownSince, count: engine.network.connectionCount)
    reader.get(into: engine.insideCount, count: engine.network.nodeCount)
    engine.tailLanes.removeAll()
    for l in reader.array(of: Int32.self) where l >= 0 && Int(l) < engine.network.laneCount { engine.tailLanes.append(l) }
    for board in [engine.board, engine.boardBefore] { restore(board, from: &reader) }
    let edges = reader.array(of: Int32.self)
    let bounds = reader.array(of: Int32.self)
    fleet.routes.restore(edges, ranges: stride(from: 0, to: bounds.count - 1, by: 2).map { bounds[$0]..<bounds[$0 + 1] })
    for (k, value) in reader.array(of: Int32.self).enumerated() { fleet.vehicles[k].routeBegin = value }
    for (k, value) in reader.array(of: Int32.self).enumerated() { fleet.vehicles[k].routeEnd = value }
    let keys = reader.array(of: Int32.self)
    routedAt = Dictionary(zip(keys, reader.array(of: Double.self)), uniquingKeysWith: { a, _ in a })
    let slots = reader.array(of: Int32.self)
    lifted = zip(slots, reader.array(of: Double.self)).map { LiftedVehicle(slot: $0, onwards: $1) }
    if let edgeSpeeds {
      edgeSpeeds.at = reader.get(or: 0)
      edgeSpeeds.arena.restore(from: &reader)
    }
    engine.totals?.arena.restore(from: &reader)
    intervalBegin = Instant(milliseconds: reader.get(or: 0))
    let begins = reader.array(of: Int64.self)
    if begins.count == readings.intervalBegin.count { readings.intervalBegin = begins.map { Instant(milliseconds: $0) } }
    nextDetectorClose = Instant(milliseconds: .min)
    loops.restore(from: &reader)
    readings.restore(from: &reader)
    recorder?.restore(from: &reader)
    let numbers = reader.array(of: Int32.self)
    givenUp = zip(numbers, reader.array(of: Int64.self)).map { ($0, Instant(milliseconds: $1)) }
    if reader.isShort {
      throw InputProblem(file: "saved state", expected: "\(reader.at) bytes or more", found: "\(bytes.count): the state is cut")
    }
  }

  /// What must be the same on both sides.
  private var fingerprint: [UInt64] {
    let compiled = engine.network
    return [
      UInt64(Self.stateSchemaVersion), UInt64(compiled.laneCount), UInt64(compiled.connectionCount), UInt64(compiled.nodeCount),
      UInt64(fleet.vehicles.count), UInt64(fleet.types.count), settings.seed, UInt64(bitPattern: settings.begin.milliseconds),
      UInt64(bitPattern: settings.step.milliseconds), UInt64(detectors.count), UInt64(engine.vehicles.capacity),
      (settings.keepsEmissions ? 1 : 0) | (settings.linkInterval != nil ? 2 : 0) | (settings.trajectories != nil ? 4 : 0),
    ]
  }

  private var counters: [Int] {
    get {
      [
        nextDeparture, arrivedCount, insertedCount, runningCount, teleportCount, engine.emergencyStops, engine.missedStops,
        engine.laneChanges,
      ]
    }
    set {
      nextDeparture = newValue[0]
      arrivedCount = newValue[1]
      insertedCount = newValue[2]
      runningCount = newValue[3]
      teleportCount = newValue[4]
      engine.emergencyStops = newValue[5]
      engine.missedStops = newValue[6]
      engine.laneChanges = newValue[7]
    }
  }

  /// Announcements go by connection, so that they can be read with another number of threads.
  private func save(_ board: ApproachBoard, into writer: inout StateWriter) {
    var connections: [Int32] = []
    var records: [Approach] = []
    for part in board.parts {
      for k in 0..<part.touched.count {
        let c = part.touched[k]
        var index = part.head[Int(c)]
        while index >= 0 {
          connections.append(c)
          records.append(part.records[Int(index)])
          index = part.records[Int(index)].next
        }
      }
    }
    writer.put(connections)
    writer.put(records)
  }

  private func restore(_ board: ApproachBoard, from reader: inout StateReader) {
    board.reset()
    let connections = reader.array(of: Int32.self)
    let records = reader.array(of: Approach.self)
    for (c, record) in zip(connections, records) where c >= 0 && Int(c) < board.connections { board.parts[0].add(Int(c), record) }
  }
}
