import Sensing
import TrafficModel

/// Pedestrian service of one phase in one interval.
public struct PedestrianDelay: Sendable, Hashable {
  public var device: UInt16
  public var phase: UInt16
  /// [ms on the log's clock]
  public var begin: Int64
  /// Walks shown that someone had called for.
  public var calls: Int
  /// From the first call since the last walk to the begin of walk [s].
  public var meanDelay: Double
  public var greatestDelay: Double
}

/// Delay from the first call after a walk to the next walk; rows by device, phase, time.
public func pedestrianDelays(phases: PhaseEvents, interval: Int64 = 900_000) -> [PedestrianDelay] {
  phases.walks.keys.sorted().flatMap { key -> [PedestrianDelay] in
    let calls = (phases.pedestrianCalls[key] ?? []).sorted()
    var waits: [(Int64, Double)] = []
    var c = 0
    var previous = Int64.min
    for walk in (phases.walks[key] ?? []).sorted() {
      while c < calls.count, calls[c] <= previous { c += 1 }
      if c < calls.count, calls[c] <= walk { waits.append((walk, Double(walk - calls[c]) / 1000)) }
      previous = walk
    }
    return runs(waits, by: { floorInterval($0.0, interval) }).map { begin, own in
      PedestrianDelay(
        device: key.device, phase: key.phase, begin: begin, calls: own.count, meanDelay: own.map(\.1).reduce(0, +) / Double(own.count),
        greatestDelay: own.map(\.1).max() ?? .nan)
    }
  }
}
