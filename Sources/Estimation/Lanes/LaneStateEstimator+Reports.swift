import TrafficFlow
import TrafficModel

extension LaneStateEstimator {
  /// A vehicle has come to an exit: so it took the hop that leads there.
  mutating func noteWay(_ departure: Departure, to lane: Int) {
    guard let hop = graph.hopsFrom[departure.lane].first(where: { graph.hops[$0].to == lane }) else { return }
    ways.append((departure, hop))
  }

  /// What vehicles would have told, had they been able to: all but the turn.
  mutating func reports(_ now: Instant, _ clock: Double) -> [VehicleReport] {
    var reports: [VehicleReport] = []
    func add(_ lane: LaneID, _ position: Double, _ speed: Double, _ signal: SignalID?, _ key: UInt32) {
      reports.append(
        VehicleReport(
          time: now, link: network[lane].link, lane: lane, position: position, speed: speed, length: Self.vehicleLength, signalLink: nil,
          key: key, signal: signal))
    }
    for lane in tracks.indices {
      for track in tracks[lane] { add(graph.laneID[lane], track.position, track.speed, signalAhead(lane), track.key) }
      // A queue past the exit's loop leaves no room.
      let entry = entryLoop[lane]
      if trusted(entry), loops[entry].isOn, clock - loops[entry].since > 3, loops[entry].role == .exit,
        !tracks[lane].contains(where: { abs($0.position - loops[entry].position) < 5 })
      {
        add(graph.laneID[lane], loops[entry].position, 0, signalAhead(lane), UInt32.max / 2 - UInt32(lane))
      }
    }
    // Who has crossed a stop line is inside the junction: on its way if the exit has told, else where a turn may wait.
    for (departure, hop) in ways {
      guard let inside = insideLane[hop] else { continue }
      let speed = graph.hops[hop].length / max(graph.hops[hop].travel, 0.5)
      add(inside, (clock - departure.time) * speed, speed, nil, departure.key)
    }
    ways.removeAll(keepingCapacity: true)
    for departure in departures where clock - departure.time > Self.crossing {
      guard let hop = graph.hopsFrom[departure.lane].first(where: { graph.hops[$0].box > 0 && isWitness(entryLoop[graph.hops[$0].to]) }),
        let inside = insideLane[hop]
      else {
        continue
      }
      add(inside, min(5, graph.hops[hop].length * 0.4), 0, nil, departure.key)
    }
    return reports
  }

  private func signalAhead(_ lane: Int) -> SignalID? {
    graph.ruledAhead[lane].first.map { SignalID(graph.hops[$0].signal) }
  }
}
