import TrafficModel

extension RunOutputs {
  /// Which detectors' intervals a file holds; SUMO keeps the three kinds apart.
  public enum DetectorKind: String, Sendable, CaseIterable {
    case point = "e1", area = "e2", entryExit = "e3"
  }

  /// SUMO's detector intervals of one kind.
  public func writeDetectors(_ record: RunRecord, kind: DetectorKind, to path: String) throws(OutputProblem) {
    var file = try OutputFile(path: path, root: "detector", schema: "det_\(kind.rawValue)_file.xsd", provenance: provenance)
    for interval in record.detectors {
      var row = OutputRow("interval")
      row.add("begin", interval.begin.seconds)
      row.add("end", interval.end.seconds)
      row.add("id", detectors[interval.detector.index].name)
      switch (interval.figures, kind) {
      case (.point(let figures), .point): Self.add(figures, (interval.end - interval.begin).seconds, to: &row)
      case (.area(let figures), .area): Self.add(figures, to: &row)
      case (.entryExit(let figures), .entryExit): Self.add(figures, to: &row)
      default: continue
      }
      file.write(row)
    }
    try file.commit()
  }

  private static func add(_ figures: PointFigures, _ seconds: Double, to row: inout OutputRow) {
    row.add("nVehContrib", figures.contributed)
    row.add("flow", Double(figures.contributed) / max(seconds, 1e-3) * 3600)
    row.add("occupancy", figures.occupancy * 100)
    row.add("speed", orMinusOne: figures.meanSpeed)
    row.add("harmonicMeanSpeed", orMinusOne: figures.harmonicMeanSpeed)
    row.add("length", orMinusOne: figures.meanLength)
    row.add("nVehEntered", figures.entered)
  }

  private static func add(_ figures: AreaFigures, to row: inout OutputRow) {
    row.add("sampledSeconds", figures.sampledSeconds)
    row.add("nVehEntered", figures.entered)
    row.add("nVehLeft", figures.left)
    row.add("nVehSeen", figures.seen)
    row.add("meanSpeed", orMinusOne: figures.meanSpeed)
    row.add("meanTimeLoss", orMinusOne: figures.meanTimeLoss)
    row.add("meanOccupancy", figures.meanOccupancy * 100)
    row.add("maxOccupancy", figures.maximumOccupancy * 100)
    row.add("meanMaxJamLengthInVehicles", figures.meanJamVehicles)
    row.add("meanMaxJamLengthInMeters", figures.meanJamMeters)
    row.add("maxJamLengthInVehicles", figures.maximumJamVehicles)
    row.add("maxJamLengthInMeters", figures.maximumJamMeters)
    row.add("jamLengthInVehiclesSum", figures.jamVehiclesSum)
    row.add("jamLengthInMetersSum", figures.jamMetersSum)
    row.add("meanHaltingDuration", figures.meanHaltingDuration)
    row.add("maxHaltingDuration", figures.maximumHaltingDuration)
    row.add("haltingDurationSum", figures.haltingDurationSum)
    row.add("meanIntervalHaltingDuration", figures.meanIntervalHaltingDuration)
    row.add("maxIntervalHaltingDuration", figures.maximumIntervalHaltingDuration)
    row.add("intervalHaltingDurationSum", figures.intervalHaltingDurationSum)
    row.add("startedHalts", figures.startedHalts)
    row.add("meanVehicleNumber", figures.meanVehicles)
    row.add("maxVehicleNumber", figures.maximumVehicles)
  }

  private static func add(_ figures: EntryExitFigures, to row: inout OutputRow) {
    row.add("meanTravelTime", orMinusOne: figures.meanTravelTime)
    row.add("meanOverlapTravelTime", orMinusOne: figures.meanOverlapTravelTime)
    row.add("meanSpeed", orMinusOne: figures.meanSpeed)
    row.add("meanHaltsPerVehicle", orMinusOne: figures.meanHalts)
    row.add("meanTimeLoss", orMinusOne: figures.meanTimeLoss)
    row.add("vehicleSum", figures.vehicles)
    row.add("meanSpeedWithin", orMinusOne: figures.meanSpeedWithin)
    row.add("meanHaltsPerVehicleWithin", orMinusOne: figures.meanHaltsWithin)
    row.add("meanDurationWithin", orMinusOne: figures.meanDurationWithin)
    row.add("vehicleSumWithin", figures.vehiclesWithin)
    row.add("meanIntervalSpeedWithin", orMinusOne: figures.meanIntervalSpeedWithin)
    row.add("meanIntervalHaltsPerVehicleWithin", orMinusOne: figures.meanIntervalHaltsWithin)
    row.add("meanIntervalDurationWithin", orMinusOne: figures.meanIntervalDurationWithin)
    row.add("meanTimeLossWithin", orMinusOne: figures.meanTimeLossWithin)
  }
}
