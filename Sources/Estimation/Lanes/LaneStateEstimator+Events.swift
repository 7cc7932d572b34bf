import TrafficFlow
import TrafficModel

extension LaneStateEstimator {
  /// A front has come upon a loop.
  mutating func noteOn(_ i: Int, _ time: Double, _ measured: Double, _ clock: Double) {
    let loop = loops[i]
    loops[i].isOn = true
    loops[i].since = time
    loops[i].missed = 0
    loops[i].isDead = false
    loops[i].isStuck = false
    loops[i].hasSpoken = true
    loops[i].gaveUp = -1e9
    loops[i].rate += 1 / Self.rateMemory
    let lane = loop.lane
    for before in upstream[i] where upstream[i].count == 1 && !loops[before].isOn { miss(before) }
    let speed = measured.isNaN ? nil : measured
    switch loop.role {
    case .stop:
      greenSpent[lane] = 0
      noteCarried(lane)
      // Whoever stood there before has gone, though nothing told: on across the stop line, or to the lane beside.
      while let at = tracks[lane].firstIndex(where: { $0.isOnStop }) {
        let track = tracks[lane].remove(at: at)
        if hasGreen[lane] { departures.append(Departure(key: track.key, lane: lane, time: time - 1)) }
      }
      // Its first word: whoever was thought to wait beyond it waits on it.
      let waiting = tracks[lane].firstIndex { !$0.isOnStop && $0.position >= loop.position - 0.1 }
      let waited = waiting.map { tracks[lane].remove(at: $0) }
      var track = waited ?? take(from: lane, near: loop.position, within: 40) ?? newTrack(loop.position, 5, seenBy: i)
      track.position = loop.position
      track.isOnStop = true
      track.overdueSince = nil
      track.seenBy = i
      loops[i].occupant = track.key
      if let speed { track.speed = speed }
      tracks[lane].insert(track, at: 0)
    case .advance:
      var track = take(from: lane, near: loop.position, within: 80) ?? newTrack(loop.position, graph.speed[lane], seenBy: i)
      track.overdueSince = nil
      track.seenBy = i
      if let speed { track.speed = speed }
      track.position = loop.position
      loops[i].occupant = track.key
      insert(advanced(track, lane, by: clock - time), into: lane)
      makeRoom(lane, beyond: loop.position)
    case .exit:
      var departure = departed(to: lane, by: time)
      let isExpected = departure.map { abs(surprise(departures[$0], lane, time)) < Self.surprise } ?? false
      if !isExpected, releaseUnseen(to: lane, time, clock) { departure = departed(to: lane, by: time) }
      var track = newTrack(loop.position, min(graph.speed[lane], 8), seenBy: i)
      if let departure {
        noteWay(departures[departure], to: lane)
        track.key = departures[departure].key
        departures.remove(at: departure)
      }
      if let speed { track.speed = speed }
      insert(advanced(track, lane, by: clock - time), into: lane)
    }
  }

  /// More vehicles beyond a loop than can stand there: the foremost have left unseen.
  private mutating func makeRoom(_ lane: Int, beyond position: Double) {
    let most = Int((graph.length[lane] - position) / Self.spacing) + 2
    while tracks[lane].prefix(while: { $0.position >= position - 0.1 }).count > most {
      guard let first = tracks[lane].firstIndex(where: { !$0.isOnStop }) else { return }
      tracks[lane].remove(at: first)
    }
  }

  /// Where a vehicle has come to since a late reading saw it: as far as the next loop and the vehicle ahead let it.
  private func advanced(_ track: Track, _ lane: Int, by late: Double) -> Track {
    guard late > 1 else { return track }
    var track = track
    var place = min(track.position + track.speed * (late - 1), graph.length[lane] - 0.5)
    if let next = loopsOn[lane].first(where: { loops[$0].position > track.position + 0.01 && loops[$0].isTrusted }) {
      place = min(place, loops[next].position - 0.5)
    }
    if let ahead = tracks[lane].last(where: { $0.position >= track.position }) { place = min(place, ahead.position - Self.spacing) }
    track.position = max(track.position, place)
    return track
  }

  /// A rear has left a loop.
  mutating func noteOff(_ i: Int, _ time: Double, _ clock: Double) {
    let loop = loops[i]
    loops[i].hasBeenFree = true
    guard loop.isOn else { return }
    loops[i].isOn = false
    loops[i].isStuck = false
    let lane = loop.lane
    let speed = min(Self.vehicleLength / max(time - loop.since, 0.1), 1.3 * graph.speed[lane])
    if loop.role == .stop {
      greenSpent[lane] = 0
      guard let at = tracks[lane].firstIndex(where: { $0.isOnStop }) else { return }
      let track = tracks[lane].remove(at: at)
      expectMore(i, loop, time)
      // Its front reached the stop line before its rear left the loop.
      departures.append(Departure(key: track.key, lane: lane, time: time - 3 / max(speed, 3)))
    } else if let at = tracks[lane].lastIndex(where: { abs($0.position - loop.position) < 15 }) {
      tracks[lane][at].speed = max(tracks[lane][at].speed, speed)
    }
  }

  /// A queue that nobody announced goes on while one follows another: whoever left so soon after the one before has others behind.
  private mutating func expectMore(_ i: Int, _ loop: Loop, _ time: Double) {
    let lane = loop.lane
    defer { loops[i].lastOff = time }
    guard hasGreen[lane], !isAnnounced(i), loop.since - loop.lastOff < Self.saturated else { return }
    var place = loop.position
    for k in 0..<Self.followers {
      place -= Self.spacing
      if tracks[lane].count <= k { tracks[lane].append(newTrack(place, 5, seenBy: -1)) }
    }
  }

  /// The departure that most likely comes to an exit lane now.
  private func departed(to lane: Int, by time: Double) -> Int? {
    var found: Int?
    var least = Double.infinity
    for (i, departure) in departures.enumerated() {
      let surprise = abs(surprise(departure, lane, time))
      if surprise < least {
        least = surprise
        found = i
      }
    }
    return found
  }

  /// How much later than expected a vehicle that crossed a stop line would have come to an exit at `time` [s]; infinite without a way.
  private func surprise(_ departure: Departure, _ lane: Int, _ time: Double) -> Double {
    guard let h = graph.hopsFrom[departure.lane].first(where: { graph.hops[$0].to == lane }) else { return .infinity }
    return time - departure.time - graph.hops[h].travel - 1.5
  }

  /// A vehicle passed, and loop `i` said nothing.
  mutating func miss(_ i: Int) {
    loops[i].missed += 1
    if loops[i].missed >= (loops[i].hasSpoken ? Self.silence.known : Self.silence.unknown) { loops[i].isDead = true }
  }

  /// Takes out the track that a loop most likely sees: of the lane itself, of a lane beside it, or of one that leads there.
  private mutating func take(from lane: Int, near position: Double, within reach: Double) -> Track? {
    var found: (lane: Int, at: Int)?
    var least = reach
    func consider(_ candidate: Int, _ offset: Double, _ penalty: Double) {
      for (at, track) in tracks[candidate].enumerated() where !track.isOnStop && track.position - offset < position - 0.1 {
        // The foremost of the own lane before anyone else's.
        let gap = abs(track.position - offset - position) + penalty
        if gap < least {
          least = gap
          found = (candidate, at)
        }
        break
      }
    }
    for own in graph.lanesOfLink[graph.link[lane]] {
      consider(own, 0, own == lane ? 0 : 15)
      for source in sources[own] { consider(source.lane, graph.length[source.lane] + source.way, own == lane ? 1 : 15) }
    }
    return found.map { tracks[$0.lane].remove(at: $0.at) }
  }
}
