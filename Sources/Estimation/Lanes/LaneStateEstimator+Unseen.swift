import TrafficFlow
import TrafficModel

/// Lanes whose stop line's loop cannot be trusted: who has crossed there is told by the exits, or supposed.
extension LaneStateEstimator {
  /// Every way across the stop line ends at a loop that would tell.
  func isWitnessed(_ lane: Int) -> Bool {
    graph.hopsFrom[lane].allSatisfy { h in
      let hop = graph.hops[h]
      return hop.signal < 0 || isWitness(entryLoop[hop.to])
    }
  }

  func isWitness(_ loop: Int) -> Bool { trusted(loop) && loops[loop].role == .exit }

  /// A vehicle at the end of an approach may cross now, as far as signals and the vehicles before it are concerned.
  func mayCross(_ lane: Int, _ clock: Double) -> Bool {
    guard hasGreen[lane] else { return false }
    guard !trusted(stopLoop[lane]) else { return true }
    guard clock - greenSince[lane] >= Self.release.start else { return false }
    if isProtected[lane] { return clock - releasedAt[lane] >= Self.release.headway }
    let gap = isWitnessed(lane) ? 3 * Self.release.gap : Self.release.gap
    return clock - max(releasedAt[lane], greenSince[lane]) >= gap
  }

  /// An exit saw a vehicle that no loop at a stop line announced: it came from a lane whose loop cannot be trusted. False: from none.
  mutating func releaseUnseen(to exit: Int, _ time: Double, _ clock: Double) -> Bool {
    var found: (lane: Int, way: Double)?
    var least = Double.infinity
    var silent: Int?
    var open = 0
    for h in graph.hopsInto[exit] where graph.hops[h].signal >= 0 {
      let lane = graph.hops[h].from
      let way = graph.hops[h].travel + 1.5
      guard stopLoop[lane] >= 0, redSince[lane] > time - way - 3 else { continue }
      open += 1
      guard !trusted(stopLoop[lane]) else {
        if !loops[stopLoop[lane]].hasSpoken || clock - loops[stopLoop[lane]].since > 2 * way + 3 { silent = stopLoop[lane] }
        continue
      }
      let gap = tracks[lane].first.map { graph.length[lane] - $0.position } ?? 100 + way
      if gap < least {
        least = gap
        found = (lane, way)
      }
    }
    guard let (lane, way) = found else {
      // Nobody else could have come: the loop that should have told did not.
      if open == 1, let silent { miss(silent) }
      return false
    }
    if !isAnnounced(stopLoop[lane]) { unseenRate[lane] += 1 / Self.rateMemory }
    guard least < 40 else { return false }
    let track = tracks[lane].removeFirst()
    departures.append(Departure(key: track.key, lane: lane, time: time - way, isSupposed: true, isReturned: true))
    releasedAt[lane] = max(releasedAt[lane], clock - way)
    return true
  }

  /// Who was thought to have crossed and came to no exit has not gone; who comes to none twice was never there.
  mutating func returnUnseen(_ clock: Double) {
    var i = 0
    while i < departures.count {
      let departure = departures[i]
      let isDue = departure.isSupposed && clock - departure.time > Self.release.confirmation + lateness && isWitnessed(departure.lane)
      guard isDue else {
        i += 1
        continue
      }
      departures.remove(at: i)
      guard !departure.isReturned, tracks[departure.lane].count < 40 else { continue }
      let place = max(graph.length[departure.lane] - 1, 0)
      var track = Track(key: departure.key, position: place, speed: 0)
      track.isReturned = true
      tracks[departure.lane].insert(track, at: tracks[departure.lane].firstIndex { $0.position < place } ?? tracks[departure.lane].count)
    }
  }

  /// A lane none of whose loops can be trusted: vehicles come as they were seen to come out of it, and somebody may wait there whom nothing
  /// shows.
  mutating func suspect(_ lane: Int, _ clock: Double, _ dt: Double) {
    let stop = stopLoop[lane]
    guard stop >= 0, !loops[stop].isTrusted else { return }
    let isBlind = !isAnnounced(stop)
    if isBlind {
      unseenCredit[lane] = min(unseenCredit[lane] + unseenRate[lane] * dt, 2)
      let place = min(graph.length[lane] - 1, (tracks[lane].last?.position ?? .infinity) - Self.spacing)
      if unseenCredit[lane] >= 1, place > 0 {
        unseenCredit[lane] -= 1
        tracks[lane].append(newTrack(place, 0, seenBy: -1))
      }
    }
    guard tracks[lane].isEmpty, !hasGreen[lane], clock - redSince[lane] > (isBlind ? Self.suspicion : 2 * Self.suspicion) else { return }
    tracks[lane].append(newTrack(graph.length[lane] - 1, 0, seenBy: -1))
  }
}
