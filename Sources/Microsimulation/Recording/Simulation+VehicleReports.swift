import TrafficModel

extension Simulation {
  /// What the vehicles within `range` [m] of a stop line, inside a junction, or just past one tell a controller: where they are and the
  /// turn they signal at the next junction with a signal, nothing of the rest of their way. In the order of the fleet.
  public func vehicleReports(range: Double = 250, past: Double = 60) -> [VehicleReport] {
    let columns = engine.vehicles
    var reports: [(number: Int32, report: VehicleReport)] = []
    // A vehicle that is being moved past a jam is on no lane.
    for v in 0..<usedSlots where columns.number[v] >= 0 && columns.lane[v] >= 0 {
      let lane = LaneID(Int(columns.lane[v]))
      let position = columns.position[v]
      let next = nextSignal(slot: v, lane: lane, position: position, range: range)
      guard next != nil || network[network[lane].link].function == .internal || position < past else { continue }
      let type = demand.vehicleTypes[Int(fleet.vehicles[Int(columns.number[v])].type)]
      reports.append(
        (
          columns.number[v],
          VehicleReport(
            time: now, link: network[lane].link, lane: lane, position: position, speed: columns.speed[v], length: type.length,
            signalLink: next?.index, key: UInt32(columns.number[v]), signal: next?.signal)
        ))
    }
    reports.sort { $0.number < $1.number }
    return reports.map(\.report)
  }

  /// Class of the vehicle that reports under `key`.
  public func vehicleClass(ofKey key: UInt32) -> VehicleClassSet {
    demand.vehicleTypes[Int(fleet.vehicles[Int(key)].type)].vehicleClass
  }

  /// The first signal within `range` of the vehicle's front on its way.
  private func nextSignal(slot v: Int, lane: LaneID, position: Double, range: Double) -> SignalLink? {
    let columns = engine.vehicles
    var distance = network[lane].length - position
    var here = lane
    if network[network[lane].link].function == .internal {
      // Its junction is behind it unless a second signal waits inside.
      guard let inside = network.connectionsFrom[lane.index].first.map({ network[$0] }) else { return nil }
      if let signal = inside.signal, distance <= range { return signal }
      here = inside.toLane
      distance += network[here].length
      if network[network[here].link].function == .internal { return nil }
    }
    var place = Int(columns.cursor[v])
    let end = Int(columns.routeEnd[v])
    while place < end, Int(engine.routeEdges[place]) != network[here].link.index { place += 1 }
    while distance <= range, place + 1 < end {
      let target = LinkID(Int(engine.routeEdges[place + 1]))
      guard let connection = connection(from: here, to: target) else { return nil }
      if let signal = network[connection].signal { return signal }
      here = network[connection].toLane
      distance += network[here].length
      place += 1
    }
    return nil
  }

  /// From the lane itself where it leads there, else from the nearest lane beside it that does.
  private func connection(from lane: LaneID, to target: LinkID) -> ConnectionID? {
    func leads(_ lane: LaneID) -> ConnectionID? {
      network.connectionsFrom[lane.index].first { network[network[$0].toLane].link == target }
    }
    if let own = leads(lane) { return own }
    let place = network[lane].position
    let beside = network[network[lane].link].lanes.sorted { abs(network[$0].position - place) < abs(network[$1].position - place) }
    return beside.lazy.compactMap(leads).first
  }
}
