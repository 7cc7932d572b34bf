import TrafficModel

/// The running interval of areas and gates, for saved runs.
extension DetectorReadings {
  func save(into writer: inout StateWriter) {
    for area in areas { area.save(into: &writer) }
    for gate in gates { gate.save(into: &writer) }
  }

  mutating func restore(from reader: inout StateReader) {
    for k in areas.indices { areas[k].restore(from: &reader) }
    for k in gates.indices { gates[k].restore(from: &reader) }
  }
}

extension AreaReading {
  fileprivate func save(into writer: inout StateWriter) {
    writer.put([
      meters, lossSum, occupancySum, jamVehicles, jamMeters, vehiclesSum, now.jamMeters, figures.sampledSeconds, figures.maximumOccupancy,
      figures.maximumJamMeters, figures.jamMetersSum,
    ])
    writer.put([
      steps, now.vehicles, now.standing, figures.entered, figures.left, figures.startedHalts, figures.maximumVehicles,
      figures.maximumJamVehicles, figures.jamVehiclesSum,
    ])
    let numbers = inside.keys.sorted()
    writer.put(numbers)
    writer.put(numbers.map { inside[$0] ?? -1 })
    writer.put(seen.sorted())
    writer.put(halts)
  }

  fileprivate mutating func restore(from reader: inout StateReader) {
    let sums = reader.array(of: Double.self)
    let counts = reader.array(of: Int.self)
    guard sums.count == 11, counts.count == 9 else { return }
    (meters, lossSum, occupancySum, jamVehicles, jamMeters) = (sums[0], sums[1], sums[2], sums[3], sums[4])
    (vehiclesSum, now.jamMeters, figures.sampledSeconds, figures.maximumOccupancy) = (sums[5], sums[6], sums[7], sums[8])
    (figures.maximumJamMeters, figures.jamMetersSum) = (sums[9], sums[10])
    (steps, now.vehicles, now.standing, figures.entered, figures.left) = (counts[0], counts[1], counts[2], counts[3], counts[4])
    (figures.startedHalts, figures.maximumVehicles) = (counts[5], counts[6])
    (figures.maximumJamVehicles, figures.jamVehiclesSum) = (counts[7], counts[8])
    let numbers = reader.array(of: Int32.self)
    inside = Dictionary(zip(numbers, reader.array(of: Double.self)), uniquingKeysWith: { first, _ in first })
    seen = Set(reader.array(of: Int32.self))
    halts = reader.array(of: Double.self)
  }
}

extension EntryExitReading {
  fileprivate func save(into writer: inout StateWriter) {
    let numbers = inside.keys.sorted()
    let visitors = numbers.compactMap { inside[$0] }
    writer.put(numbers)
    writer.put(visitors.flatMap { [$0.since, $0.odometer, $0.loss] })
    writer.put(visitors.flatMap { [$0.halts, $0.standing ? 1 : 0] })
    writer.put(numbers.map { slots[$0] ?? -1 })
    writer.put(passed.flatMap { [$0.time, $0.meters, $0.loss] })
    writer.put(passed.map(\.halts))
  }

  fileprivate mutating func restore(from reader: inout StateReader) {
    let numbers = reader.array(of: Int32.self)
    let sums = reader.array(of: Double.self)
    let counts = reader.array(of: Int.self)
    let places = reader.array(of: Int32.self)
    let passages = reader.array(of: Double.self)
    let stops = reader.array(of: Int.self)
    guard sums.count == 3 * numbers.count, counts.count == 2 * numbers.count, places.count == numbers.count,
      passages.count == 3 * stops.count
    else { return }
    inside = [:]
    slots = [:]
    for (k, number) in numbers.enumerated() {
      inside[number] = Visitor(
        since: sums[3 * k], odometer: sums[3 * k + 1], loss: sums[3 * k + 2], halts: counts[2 * k], standing: counts[2 * k + 1] != 0)
      if places[k] >= 0 { slots[number] = places[k] }
    }
    passed = stops.indices.map { k in
      Passage(time: passages[3 * k], meters: passages[3 * k + 1], halts: stops[k], loss: passages[3 * k + 2])
    }
  }
}
