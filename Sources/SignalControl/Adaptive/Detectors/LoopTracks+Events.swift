import TrafficModel

extension LoopTracks {
  /// A front has come upon a loop.
  mutating func noteOn(_ i: Int, _ time: Double, _ measured: Double) {
    let loop = loops[i]
    loops[i].isOn = true
    loops[i].since = time
    loops[i].othersSince = 0
    loops[i].isDead = false
    loops[i].isStuck = false
    loops[i].rate += 1 / Self.rateMemory
    let lane = loop.lane
    noteCompanion(i)
    let speed = measured.isNaN ? nil : measured
    switch loop.role {
    case .stopBar:
      greenSpent[lane] = 0
      var track = take(from: lane, near: loop.position, within: 40, below: 2) ?? newTrack(loop.position, 5, passed: 2)
      track.position = loop.position
      track.passed = 2
      track.overdueSince = nil
      if let speed { track.speed = speed }
      tracks[lane].insert(track, at: 0)
    case .advance:
      var track = take(from: lane, near: loop.position, within: 80, below: 1) ?? newTrack(loop.position, graph.speed[lane], passed: 1)
      track.position = loop.position
      track.passed = 1
      track.overdueSince = nil
      if let speed { track.speed = speed }
      insert(track, into: lane)
    default:
      let departure = departed(to: lane, by: time)
      var track = newTrack(loop.position, min(graph.speed[lane], 8), passed: 0)
      if let departure {
        noteWay(departures[departure], to: lane)
        track.key = departures[departure].key
        departures.remove(at: departure)
      }
      if let speed { track.speed = speed }
      insert(track, into: lane)
    }
  }

  /// A rear has left a loop.
  mutating func noteOff(_ i: Int, _ time: Double) {
    let loop = loops[i]
    guard loop.isOn else { return }
    loops[i].isOn = false
    loops[i].isStuck = false
    let lane = loop.lane
    let speed = min(Self.vehicleLength / max(time - loop.since, 0.1), 1.3 * graph.speed[lane])
    if loop.role == .stopBar {
      greenSpent[lane] = 0
      guard let at = tracks[lane].firstIndex(where: { $0.passed == 2 }) else { return }
      let track = tracks[lane].remove(at: at)
      // Its front reached the stop line before its rear left the loop.
      departures.append(Departure(key: track.key, lane: lane, time: time - 3 / max(speed, 3)))
    } else if let at = tracks[lane].lastIndex(where: { abs($0.position - loop.position) < 15 }) {
      tracks[lane][at].speed = max(tracks[lane][at].speed, speed)
    }
  }

  /// The departure that most likely comes to an exit lane now.
  private func departed(to lane: Int, by time: Double) -> Int? {
    var found: Int?
    var least = Double.infinity
    for (i, departure) in departures.enumerated() {
      guard let h = graph.hopsFrom[departure.lane].first(where: { graph.hops[$0].to == lane }) else { continue }
      let surprise = abs(time - departure.time - graph.hops[h].travel - 1.5)
      if surprise < least {
        least = surprise
        found = i
      }
    }
    return found
  }

  /// The loop's neighbour on the same lane has been silent while a vehicle passed.
  private mutating func noteCompanion(_ i: Int) {
    let lane = loops[i].lane
    for other in [stopLoop[lane], advanceLoop[lane]] where other >= 0 && other != i && loops[i].role != .exit {
      guard !loops[other].isOn else { continue }
      loops[other].othersSince += 1
      if loops[other].othersSince > Self.silence { loops[other].isDead = true }
    }
  }

  /// Takes out the track that a loop most likely sees: of the lane itself, else of a lane beside it.
  private mutating func take(from lane: Int, near position: Double, within distance: Double, below passed: Int) -> Track? {
    var found: (lane: Int, at: Int)?
    var least = distance
    for candidate in graph.lanesOfLink[graph.link[lane]] {
      for (at, track) in tracks[candidate].enumerated() where track.passed < passed {
        // The foremost of the own lane before anyone else's.
        let gap = abs(track.position - position) + (candidate == lane ? 0 : 15)
        if gap < least {
          least = gap
          found = (candidate, at)
        }
        break
      }
    }
    return found.map { tracks[$0.lane].remove(at: $0.at) }
  }
}
