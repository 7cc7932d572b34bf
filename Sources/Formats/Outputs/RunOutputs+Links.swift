import TrafficModel

extension RunOutputs {
  /// SUMO's `edgeData`: sums and means of every link that saw traffic, by interval.
  public func writeLinks(_ record: RunRecord, to path: String, id: String = "edges") throws(OutputProblem) {
    var file = try OutputFile(path: path, root: "meandata", schema: "meandata_file.xsd", provenance: provenance)
    let rows = record.links.filter { $0.lane == nil && network[$0.link].function == .normal }
    var position = 0
    while position < rows.count {
      let (begin, end) = (rows[position].begin, rows[position].end)
      var interval = OutputRow("interval")
      interval.add("begin", begin.seconds)
      interval.add("end", end.seconds)
      interval.add("id", id)
      while position < rows.count, rows[position].begin == begin, rows[position].end == end {
        interval.children.append(row(rows[position]))
        position += 1
      }
      file.write(interval)
    }
    try file.commit()
  }

  private func row(_ figures: LinkInterval) -> OutputRow {
    var row = OutputRow("edge")
    let link = network[figures.link]
    let length = network.length(link.id)
    row.add("id", network.name(link.id))
    row.add("sampledSeconds", figures.vehicleSeconds)
    if let speed = figures.meanSpeed {
      let limit = link.lanes.reduce(0.0) { max($0, network[$1].speedLimit) }
      // Vehicles per kilometre: their mean number over the length.
      let density = figures.vehicleSeconds / max((figures.end - figures.begin).seconds, 1e-3) / length * 1000
      row.add("traveltime", speed > 0 ? length / speed : -1)
      row.add("density", density)
      row.add("laneDensity", density / Double(max(link.lanes.count, 1)))
      row.add("waitingTime", figures.waitingTime)
      row.add("timeLoss", figures.timeLoss)
      row.add("speed", speed)
      row.add("speedRelative", limit > 0 ? speed / limit : -1)
      row.add("flow", speed * density * 3.6)
    } else {
      for name in ["traveltime", "density", "laneDensity", "waitingTime", "timeLoss", "speed", "speedRelative", "flow"] {
        row.add(name, name == "traveltime" || name.hasPrefix("speed") ? -1.0 : 0.0)
      }
    }
    row.add("departed", figures.departed)
    row.add("arrived", figures.arrived)
    row.add("entered", figures.entered)
    row.add("left", figures.left)
    row.add("laneChangedFrom", figures.laneChangesFrom)
    row.add("laneChangedTo", figures.laneChangesTo)
    row.add("distance", figures.vehicleMeters)
    row.add("CO2_abs", figures.emissions.carbonDioxide)
    row.add("fuel_abs", figures.emissions.fuel)
    return row
  }
}
