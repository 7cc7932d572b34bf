import TrafficModel

/// Which loops the detectors have, and what is read from them.
struct DetectorReadings {
  /// Detector of each placed loop.
  private(set) var detectorOfLoop: [DetectorID] = []
  private(set) var placedLoops: [(lane: Int, place: Double)] = []

  init(detectors: [Detector], begin: Instant) {
    for detector in detectors {
      if case .point(let lane, let position) = detector.kind {
        placedLoops.append((lane.index, position))
        detectorOfLoop.append(detector.id)
      }
    }
  }

  mutating func update(simulation: Simulation) {}
}

extension Simulation {
  /// On and off events of point detectors since this was last asked, in order of time.
  public func drainDetectorEvents() -> [DetectorEvent] {
    let order = engine.detectorOrder
    var events = loops.events.map { event in
      DetectorEvent(
        time: Instant(seconds: event.time), detector: readings.detectorOfLoop[order[event.loop]], change: event.on ? .on : .off,
        speed: event.speed)
    }
    loops.events.removeAll(keepingCapacity: true)
    events.sort { ($0.time, $0.detector, $0.change.rawValue) < ($1.time, $1.detector, $1.change.rawValue) }
    return events
  }
}
