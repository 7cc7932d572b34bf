import TrafficFlow
import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension LaneStateEstimator {
  /// Vehicles that no loop can announce: those that join a queue which reaches past the first loop on their way.
  mutating func imagine(_ i: Int, _ clock: Double, _ dt: Double) {
    let loop = loops[i]
    guard loop.isTrusted, loop.role != .exit, loop.isOn, clock - loop.since > 3 + lateness, !isAnnounced(i) else {
      credit[i] = 0
      return
    }
    credit[i] += loop.rate * dt
    guard credit[i] >= 1 else { return }
    credit[i] -= 1
    // A lane holds no more than stand on it one behind the other.
    let place = min(loop.position, tracks[loop.lane].last?.position ?? loop.position) - Self.spacing
    guard place >= 0 else { return }
    tracks[loop.lane].append(newTrack(place, 0, seenBy: -1))
  }

  mutating func judgeLoops(_ clock: Double, _ dt: Double) {
    let keep = exp(-dt / Self.rateMemory)
    for lane in unseenRate.indices { unseenRate[lane] *= keep }
    for i in loops.indices {
      loops[i].rate *= keep
      let loop = loops[i]
      guard loop.isOn, !loop.isStuck else { continue }
      let on = clock - loop.since
      let isStuck: Bool
      switch loop.role {
      case .stop: isStuck = on > (loop.hasBeenFree ? Self.stuck.time : Self.stuck.green) && greenSpent[loop.lane] > Self.stuck.green
      case .advance, .exit: isStuck = on > (loop.hasBeenFree ? Self.stuck.other : Self.stuck.never)
      }
      guard isStuck else { continue }
      loops[i].isStuck = true
      tracks[loop.lane].removeAll { $0.isOnStop || abs($0.position - loop.position) < 1 }
    }
  }
}
