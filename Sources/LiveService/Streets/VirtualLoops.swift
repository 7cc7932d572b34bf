import TrafficModel

/// Loops read out of where vehicles are, for a street that tells of vehicles but has no loops at our places.
///
/// Seen once a step: a vehicle that passed a point between two steps was over it.
struct VirtualLoops {
  private struct Place {
    var detector: DetectorID
    var position: Double
  }
  private struct Watch {
    var length: Double
    var advance: [Place] = []
    var stopBar: [Place] = []
    var isOccupied = false
    /// Position of each vehicle on the lane at the last step.
    var positions: [UInt32: Double] = [:]
  }
  /// How far before its point a stop-bar loop begins [m].
  private static let reach = 3.0
  private var watches: [LaneID: Watch] = [:]
  private let lanes: [LaneID]

  init(_ detectors: [Detector], network: RoadNetwork) {
    for detector in detectors {
      guard case .point(let lane, let position) = detector.kind else { continue }
      let place = Place(detector: detector.id, position: position)
      var watch = watches[lane] ?? Watch(length: network[lane].length)
      if detector.role == .stopBar { watch.stopBar.append(place) } else { watch.advance.append(place) }
      watches[lane] = watch
    }
    lanes = watches.keys.sorted()
  }

  /// The same loops with nobody near them yet.
  func renewed() -> VirtualLoops {
    var fresh = self
    for lane in lanes {
      fresh.watches[lane]!.positions = [:]
      fresh.watches[lane]!.isOccupied = false
    }
    return fresh
  }

  /// What the loops tell of a step that ended at `now`.
  mutating func events(_ reports: [VehicleReport], at now: Instant) -> [DetectorEvent] {
    var present: [LaneID: [UInt32: Double]] = [:]
    for report in reports where watches[report.lane] != nil { present[report.lane, default: [:]][report.key] = report.position }
    var events: [DetectorEvent] = []
    func tell(_ places: [Place], _ change: DetectorEvent.Change) {
      for place in places { events.append(DetectorEvent(time: now, detector: place.detector, change: change)) }
    }
    for lane in lanes {
      let after = present[lane] ?? [:]
      var watch = watches[lane]!
      for (key, before) in watch.positions.sorted(by: { $0.key < $1.key }) {
        if let position = after[key] {
          let passed = watch.advance.filter { before < $0.position && position >= $0.position }
          tell(passed, .on)
          tell(passed, .off)
        } else if before > watch.length / 2 {
          if !watch.isOccupied { tell(watch.stopBar, .on) }
          tell(watch.stopBar, .off)
          watch.isOccupied = false
        }
      }
      let isOccupied = watch.stopBar.first.map { place in after.values.contains { $0 >= place.position - Self.reach } } ?? false
      if isOccupied != watch.isOccupied {
        tell(watch.stopBar, isOccupied ? .on : .off)
        watch.isOccupied = isOccupied
      }
      watch.positions = after
      watches[lane] = watch
    }
    return events
  }
}
