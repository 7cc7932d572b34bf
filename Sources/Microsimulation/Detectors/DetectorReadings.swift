import TrafficModel

/// What the detectors measure, interval by interval.
///
/// Point detectors live on loops placed in lanes. The gates of an entry-exit detector are loops too: a vehicle is inside from the moment its
/// front passes an entry until its rear has passed an exit. Areas are looked at once a step.
struct DetectorReadings {
  enum Use: Sendable {
    case point(detector: Int)
    case entry(detector: Int)
    case exit(detector: Int)
  }

  let detectors: [Detector]
  private(set) var placedLoops: [(lane: Int, place: Double)] = []
  private(set) var uses: [Use] = []
  var areas: [AreaReading] = []
  var gates: [EntryExitReading] = []
  /// By detector: where its reading is.
  private var place: [Int] = []
  var intervalBegin: [Instant]
  var closed: [DetectorInterval] = []

  init(detectors: [Detector], begin: Instant, network: RoadNetwork) {
    self.detectors = detectors
    intervalBegin = Array(repeating: begin, count: detectors.count)
    for (index, detector) in detectors.enumerated() {
      switch detector.kind {
      case .point(let lane, let position):
        place.append(placedLoops.count)
        placedLoops.append((lane.index, position))
        uses.append(.point(detector: index))
      case .area(let lanes, let start, let end):
        place.append(areas.count)
        areas.append(AreaReading(detector: detector, lanes: lanes, start: start, end: end, network: network))
      case .entryExit(let entries, let exits):
        place.append(gates.count)
        gates.append(EntryExitReading(detector: detector))
        for gate in entries {
          placedLoops.append((gate.lane.index, gate.position))
          uses.append(.entry(detector: index))
        }
        for gate in exits {
          placedLoops.append((gate.lane.index, gate.position))
          uses.append(.exit(detector: index))
        }
      }
    }
  }

  func reading(of detector: Int) -> Int { place[detector] }
}

/// A stretch of lane (SUMO's E2) as it fills and empties.
struct AreaReading: Sendable {
  /// Lanes with the span of each that belongs to the stretch [m].
  let spans: [(lane: Int, from: Double, to: Double)]
  let length: Double
  let haltingSpeed: Double
  let haltingTime: Double
  let jamDistance: Double
  var figures = AreaFigures()
  var steps = 0
  var meters = 0.0
  var lossSum = 0.0
  var occupancySum = 0.0
  var jamVehicles = 0.0
  var jamMeters = 0.0
  var vehiclesSum = 0.0
  /// Vehicles on the stretch: since when each has been standing [s]; negative: it drives.
  var inside: [Int32: Double] = [:]
  var seen: Set<Int32> = []
  var halts: [Double] = []
  /// Vehicles and standing vehicles now.
  var now = (vehicles: 0, standing: 0, jamMeters: 0.0)

  init(detector: Detector, lanes: [LaneID], start: Double, end: Double, network: RoadNetwork) {
    haltingSpeed = detector.haltingSpeed
    haltingTime = detector.haltingTime
    jamDistance = detector.jamDistance
    var spans: [(lane: Int, from: Double, to: Double)] = []
    for (k, lane) in lanes.enumerated() {
      let whole = network[lane].length
      let from = k == 0 ? (start < 0 ? max(0, whole + start) : start) : 0
      let to = k == lanes.count - 1 ? (end < 0 ? whole + end : min(end, whole)) : whole
      spans.append((lane.index, from, max(from, to)))
    }
    self.spans = spans
    length = max(spans.reduce(0) { $0 + $1.to - $1.from }, 0.1)
  }

  /// Looks at the stretch at the end of a step.
  mutating func update(engine: Engine) {
    let dt = engine.dt, vehicles = engine.vehicles, lanes = engine.lanes
    var covered = 0.0
    var present: [Int32: Double] = [:]
    var jam: (count: Int, meters: Double) = (0, 0)
    var longest: (count: Int, meters: Double) = (0, 0)
    var lastBack = Double.infinity
    now = (0, 0, 0)
    for span in spans.reversed() {
      let l = span.lane
      let fronts = Int(lanes.count[l]), tails = Int(lanes.tailCount[l])
      lastBack = .infinity
      // From the foremost to the rearmost.
      for k in stride(from: fronts + tails - 1, through: 0, by: -1) {
        let v: Int
        let back: Double
        if k >= fronts {
          v = Int(lanes.tailVehicle[l * LaneOccupancy.tailLimit + k - fronts])
          back = lanes.tailBack[l * LaneOccupancy.tailLimit + k - fronts]
        } else {
          v = lanes.vehicle(l, k)
          back = vehicles.position[v] - engine.typeOf(v).pointee.length
        }
        let front = back + engine.typeOf(v).pointee.length
        guard front > span.from, back < span.to else { continue }
        let number = vehicles.number[v]
        let speed = vehicles.speed[v]
        if present[number] == nil {
          now.vehicles += 1
          let drove = speed * dt
          let wasFront = front - drove, wasBack = back - drove
          // Share of the step in which it covered some of the stretch.
          var share = 1.0
          if wasFront < span.from, drove > 0 { share = min(share, (front - span.from) / drove) }
          if back > span.to, drove > 0 { share = min(share, (span.to - wasBack) / drove) }
          share = min(max(share, 0), 1)
          figures.sampledSeconds += share * dt
          meters += share * drove
          let wanted = engine.desiredSpeed(v, on: Int(vehicles.lane[v] >= 0 ? vehicles.lane[v] : Int32(l)))
          if wanted > 0 { lossSum += share * dt * max(0, wanted - speed) / wanted }
          var since = inside[number] ?? -1
          if inside[number] == nil {
            figures.entered += 1
            seen.insert(number)
          }
          if speed < haltingSpeed {
            if since < 0 {
              since = engine.now
              figures.startedHalts += 1
            }
          } else if since >= 0 {
            halts.append(engine.now - since)
            since = -1
          }
          present[number] = since
          let stands = since >= 0 && engine.now + dt - since >= haltingTime
          if stands {
            now.standing += 1
            if jam.count > 0, lastBack - front > jamDistance { jam = (0, 0) }
            jam.count += 1
            jam.meters = jam.count == 1 ? engine.typeOf(v).pointee.length : jam.meters + (lastBack - back)
            if jam.count > longest.count { longest = jam }
          } else {
            jam = (0, 0)
          }
        }
        covered += min(front, span.to) - max(back, span.from)
        lastBack = back
      }
    }
    for number in inside.keys.sorted() where present[number] == nil {
      figures.left += 1
      if let since = inside[number], since >= 0 { halts.append(engine.now - since) }
    }
    inside = present
    now.jamMeters = longest.meters
    steps += 1
    let occupancy = min(1, covered / length)
    occupancySum += occupancy
    figures.maximumOccupancy = max(figures.maximumOccupancy, occupancy)
    vehiclesSum += Double(now.vehicles)
    figures.maximumVehicles = max(figures.maximumVehicles, now.vehicles)
    jamVehicles += Double(longest.count)
    jamMeters += longest.meters
    figures.maximumJamVehicles = max(figures.maximumJamVehicles, longest.count)
    figures.maximumJamMeters = max(figures.maximumJamMeters, longest.meters)
    figures.jamVehiclesSum += longest.count
    figures.jamMetersSum += longest.meters
  }

  /// The figures of the interval that ends now, and a fresh start.
  mutating func close(at time: Double) -> AreaFigures {
    var result = figures
    let n = Double(max(steps, 1))
    result.seen = seen.count
    if result.sampledSeconds > 0 { result.meanSpeed = meters / result.sampledSeconds }
    if !seen.isEmpty { result.meanTimeLoss = lossSum / Double(seen.count) }
    result.meanOccupancy = occupancySum / n
    result.meanJamVehicles = jamVehicles / n
    result.meanJamMeters = jamMeters / n
    result.meanVehicles = vehiclesSum / n
    let spells = halts + inside.keys.sorted().compactMap { inside[$0].flatMap { $0 >= 0 ? time - $0 : nil } }
    if !spells.isEmpty {
      result.haltingDurationSum = spells.reduce(0, +)
      result.meanHaltingDuration = result.haltingDurationSum / Double(spells.count)
      result.maximumHaltingDuration = spells.max() ?? 0
      result.intervalHaltingDurationSum = result.haltingDurationSum
      result.meanIntervalHaltingDuration = result.meanHaltingDuration
      result.maximumIntervalHaltingDuration = result.maximumHaltingDuration
    }
    figures = AreaFigures()
    steps = 0
    meters = 0
    lossSum = 0
    occupancySum = 0
    jamVehicles = 0
    jamMeters = 0
    vehiclesSum = 0
    halts = []
    seen = Set(inside.keys)
    return result
  }
}

/// An area between gates (SUMO's E3).
struct EntryExitReading: Sendable {
  struct Visitor: Sendable {
    var since: Double
    var odometer: Double
    var loss: Double
    var halts: Int
    var standing: Bool
  }
  struct Passage: Sendable {
    var time: Double
    var meters: Double
    var halts: Int
    var loss: Double
  }
  let haltingSpeed: Double
  var inside: [Int32: Visitor] = [:]
  var slots: [Int32: Int32] = [:]
  var passed: [Passage] = []

  init(detector: Detector) { haltingSpeed = detector.haltingSpeed }

  mutating func enter(_ v: Int, number: Int32, time: Double, engine: Engine) {
    guard inside[number] == nil else { return }
    inside[number] = Visitor(
      since: time, odometer: engine.vehicles.driven[v], loss: engine.vehicles.timeLoss[v], halts: 0, standing: false)
    slots[number] = Int32(v)
  }

  mutating func leave(_ v: Int, number: Int32, time: Double, engine: Engine) {
    guard let visitor = inside.removeValue(forKey: number) else { return }
    slots[number] = nil
    passed.append(
      Passage(
        time: max(time - visitor.since, 1e-3), meters: engine.vehicles.driven[v] - visitor.odometer, halts: visitor.halts,
        loss: engine.vehicles.timeLoss[v] - visitor.loss))
  }

  mutating func update(engine: Engine) {
    for (number, slot) in slots {
      let v = Int(slot)
      guard engine.vehicles.number[v] == number, var visitor = inside[number] else {
        inside[number] = nil
        slots[number] = nil
        continue
      }
      let stands = engine.vehicles.speed[v] < haltingSpeed
      if stands, !visitor.standing { visitor.halts += 1 }
      visitor.standing = stands
      inside[number] = visitor
    }
  }

  mutating func close(at time: Double, engine: Engine) -> EntryExitFigures {
    var result = EntryExitFigures()
    result.vehicles = passed.count
    if !passed.isEmpty {
      let n = Double(passed.count)
      result.meanTravelTime = passed.reduce(0) { $0 + $1.time } / n
      result.meanOverlapTravelTime = result.meanTravelTime
      result.meanSpeed = passed.reduce(0) { $0 + $1.meters / $1.time } / n
      result.meanHalts = Double(passed.reduce(0) { $0 + $1.halts }) / n
      result.meanTimeLoss = passed.reduce(0) { $0 + $1.loss } / n
    }
    result.vehiclesWithin = inside.count
    if !inside.isEmpty {
      let n = Double(inside.count)
      let order = inside.keys.sorted()
      var duration = 0.0
      var speed = 0.0
      var halts = 0
      var loss = 0.0
      for number in order {
        guard let visitor = inside[number], let slot = slots[number] else { continue }
        let time = max(time - visitor.since, 1e-3)
        duration += time
        speed += (engine.vehicles.driven[Int(slot)] - visitor.odometer) / time
        halts += visitor.halts
        loss += engine.vehicles.timeLoss[Int(slot)] - visitor.loss
      }
      result.meanDurationWithin = duration / n
      result.meanSpeedWithin = speed / n
      result.meanHaltsWithin = Double(halts) / n
      result.meanTimeLossWithin = loss / n
      result.meanIntervalDurationWithin = result.meanDurationWithin
      result.meanIntervalSpeedWithin = result.meanSpeedWithin
      result.meanIntervalHaltsWithin = result.meanHaltsWithin
    }
    passed = []
    return result
  }
}
