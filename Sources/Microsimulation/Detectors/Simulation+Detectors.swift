import TrafficModel

extension Simulation {
  /// Brings detectors up to date at the end of a step.
  func readDetectors() {
    guard !detectors.isEmpty else { return }
    let order = engine.detectorOrder
    for crossing in loops.crossings {
      let v = Int(crossing.vehicle)
      switch readings.uses[order[crossing.loop]] {
      case .entry(let detector) where crossing.front:
        readings.gates[readings.reading(of: detector)].enter(v, number: crossing.number, time: crossing.time, engine: engine)
      case .exit(let detector) where !crossing.front:
        readings.gates[readings.reading(of: detector)].leave(v, number: crossing.number, time: crossing.time, engine: engine)
      default: break
      }
    }
    loops.crossings.removeAll(keepingCapacity: true)
    for k in readings.areas.indices { readings.areas[k].update(engine: engine) }
    for k in readings.gates.indices { readings.gates[k].update(engine: engine) }
  }

  /// Closes the detector intervals whose time has come; all of them where `all`.
  func closeDetectorIntervals(all: Bool) {
    guard all || now >= nextDetectorClose else { return }
    defer {
      nextDetectorClose = Instant(milliseconds: .max)
      for (index, detector) in detectors.enumerated() {
        if let period = detector.period { nextDetectorClose = min(nextDetectorClose, readings.intervalBegin[index] + period) }
      }
    }
    for (index, detector) in detectors.enumerated() {
      let begin = readings.intervalBegin[index]
      guard now > begin else { continue }
      if !all {
        guard let period = detector.period, now - begin >= period else { continue }
      }
      let time = now.seconds
      let length = (now - begin).seconds
      let figures: DetectorInterval.Figures
      switch detector.kind {
      case .point:
        figures = .point(loops.close(engine.detectorPlaceOf[readings.reading(of: index)], at: time, length: length))
      case .area:
        figures = .area(readings.areas[readings.reading(of: index)].close(at: time))
      case .entryExit:
        figures = .entryExit(readings.gates[readings.reading(of: index)].close(at: time, engine: engine))
      }
      readings.closed.append(DetectorInterval(detector: detector.id, begin: begin, end: now, figures: figures))
      readings.intervalBegin[index] = now
    }
  }

  /// Figures of detector intervals that have ended since this was last asked.
  public func drainDetectorIntervals() -> [DetectorInterval] {
    defer { readings.closed.removeAll(keepingCapacity: true) }
    return readings.closed
  }

  /// On and off events of point detectors since this was last asked, in order of time.
  public func drainDetectorEvents() -> [DetectorEvent] {
    let order = engine.detectorOrder
    var events: [DetectorEvent] = []
    events.reserveCapacity(loops.events.count)
    for event in loops.events {
      guard case .point(let detector) = readings.uses[order[event.loop]] else { continue }
      events.append(
        DetectorEvent(
          time: Instant(seconds: event.time), detector: detectors[detector].id, change: event.on ? .on : .off, speed: event.speed))
    }
    loops.events.removeAll(keepingCapacity: true)
    events.sort { ($0.time, $0.detector, $0.change.rawValue) < ($1.time, $1.detector, $1.change.rawValue) }
    return events
  }

  /// Whether somebody is on a point detector or an area now, and how many.
  public func occupancy(of detector: DetectorID) -> (vehicles: Int, standing: Int) {
    guard let index = detectors.firstIndex(where: { $0.id == detector }) else { return (0, 0) }
    switch detectors[index].kind {
    case .point:
      let loop = engine.detectorPlaceOf[readings.reading(of: index)]
      return (loops.occupants[loop].count, 0)
    case .area:
      let area = readings.areas[readings.reading(of: index)]
      return (area.now.vehicles, area.now.standing)
    case .entryExit:
      return (readings.gates[readings.reading(of: index)].inside.count, 0)
    }
  }
}
