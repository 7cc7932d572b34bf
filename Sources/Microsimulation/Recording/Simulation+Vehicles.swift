import TrafficModel

/// A vehicle on the road, as it is now.
public struct VehicleSnapshot: Sendable, Hashable {
  public var name: String
  public var type: VehicleTypeID
  public var link: LinkID
  public var lane: LaneID
  /// Front of the vehicle from the lane's start [m].
  public var position: Double
  /// [m/s]
  public var speed: Double
  /// [m/s²]
  public var acceleration: Double
  /// Time it has been standing [s].
  public var waiting: Double
  /// Way driven so far [m].
  public var driven: Double
}

extension Simulation {
  /// All vehicles on the road, in order of lanes and from the rear of each to its head.
  public func vehicles() -> [VehicleSnapshot] {
    var result: [VehicleSnapshot] = []
    result.reserveCapacity(runningCount)
    forEachVehicle { v, lane in
      let columns = engine.vehicles
      result.append(
        VehicleSnapshot(
          name: name(of: Int(columns.number[v])), type: VehicleTypeID(Int(columns.type[v])), link: network[lane].link, lane: lane,
          position: columns.position[v], speed: columns.speed[v], acceleration: columns.acceleration[v], waiting: columns.waiting[v],
          driven: columns.driven[v]))
    }
    return result
  }

  /// What connected vehicles tell the controllers ahead: those within `range` metres of the end of a lane that a signal rules.
  public func vehicleReports(within range: Double) -> [VehicleReport] {
    var result: [VehicleReport] = []
    forEachVehicle { v, lane in
      let columns = engine.vehicles
      let l = lane.index
      guard signalLinkOfConnection.lanes[l], engine.network.laneLength[l] - columns.position[v] <= range else { return }
      let best = engine.bestLane(v, l)
      var signalLink: Int?
      if best.count > 0 {
        let index = signalLinkOfConnection.index[Int(best.way[0])]
        if index >= 0 { signalLink = Int(index) }
      }
      // A key for this approach only: it says nothing about the vehicle elsewhere.
      let key = CounterRandom.mix(settings.seed ^ UInt64(columns.number[v]) << 32 ^ UInt64(network[lane].link.index))
      result.append(
        VehicleReport(
          time: now, link: network[lane].link, lane: lane, position: columns.position[v], speed: columns.speed[v],
          length: engine.typeOf(v).pointee.length, signalLink: signalLink, key: UInt32(truncatingIfNeeded: key)))
    }
    return result
  }

  private func forEachVehicle(_ visit: (Int, LaneID) -> Void) {
    let lanes = engine.lanes
    for w in 0..<lanes.wordCount {
      var word = lanes.active[w]
      while word != 0 {
        let l = w << 6 + word.trailingZeroBitCount
        word &= word - 1
        for k in 0..<Int(lanes.count[l]) { visit(lanes.vehicle(l, k), LaneID(l)) }
      }
    }
  }
}
