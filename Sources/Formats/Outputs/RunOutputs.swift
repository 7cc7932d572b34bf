import TrafficModel

/// Writes what a run left behind in SUMO's output formats, as XML, CSV or JSON by the file's name.
///
///     let outputs = RunOutputs(network: network, demand: demand, detectors: detectors, provenance: provenance)
///     try outputs.writeTrips(record, to: "tripinfo.xml", unfinished: true)
public struct RunOutputs: Sendable {
  public let network: RoadNetwork
  public let demand: Demand
  public let detectors: [Detector]
  public let provenance: Provenance

  public init(network: RoadNetwork, demand: Demand, detectors: [Detector] = [], provenance: Provenance) {
    self.network = network
    self.demand = demand
    self.detectors = detectors
    self.provenance = provenance
  }

  /// SUMO's `tripinfo`; with `unfinished` also the vehicles on the road and those that never entered.
  public func writeTrips(_ record: RunRecord, to path: String, unfinished: Bool = false) throws(OutputProblem) {
    var file = try OutputFile(path: path, root: "tripinfos", schema: "tripinfo_file.xsd", provenance: provenance)
    for trip in record.trips where unfinished || trip.ending == .arrived { file.write(row(trip)) }
    try file.commit()
  }

  private func row(_ trip: TripRecord) -> OutputRow {
    var row = OutputRow("tripinfo")
    let hasArrived = trip.ending == .arrived
    row.add("id", trip.name)
    row.add("depart", trip.departure?.seconds ?? -1)
    row.add("departLane", trip.departureLane.map { network.name($0) } ?? "")
    row.add("departPos", trip.departure == nil ? -1 : trip.departurePosition)
    row.add("departSpeed", trip.departure == nil ? -1 : trip.departureSpeed)
    row.add("departDelay", trip.departureDelay)
    row.add("arrival", trip.arrival?.seconds ?? -1)
    row.add("arrivalLane", hasArrived ? trip.arrivalLane.map { network.name($0) } ?? "" : "")
    row.add("arrivalPos", hasArrived ? trip.arrivalPosition : -1)
    row.add("arrivalSpeed", hasArrived ? trip.arrivalSpeed : -1)
    row.add("duration", trip.duration)
    row.add("routeLength", trip.length)
    row.add("waitingTime", trip.waitingTime)
    row.add("waitingCount", trip.stops)
    row.add("stopTime", trip.scheduledStopTime)
    row.add("timeLoss", trip.timeLoss)
    row.add("rerouteNo", trip.reroutes)
    row.add("devices", "tripinfo_" + trip.name)
    row.add("vType", demand.vehicleTypes.indices.contains(trip.type.index) ? demand.vehicleTypes[trip.type.index].name : "")
    row.add("speedFactor", trip.speedFactor)
    row.add("vaporized", hasArrived ? "" : "end")
    var emissions = OutputRow("emissions")
    emissions.add("CO_abs", trip.emissions.carbonMonoxide)
    emissions.add("CO2_abs", trip.emissions.carbonDioxide)
    emissions.add("HC_abs", trip.emissions.hydrocarbons)
    emissions.add("PMx_abs", trip.emissions.particles)
    emissions.add("NOx_abs", trip.emissions.nitrogenOxides)
    emissions.add("fuel_abs", trip.emissions.fuel)
    emissions.add("electricity_abs", 0.0)
    row.children = [emissions]
    return row
  }

  /// SUMO's `summary`: one row a sample.
  /// - Parameter step: length of a step; SUMO names a row after the beginning of the step it follows, a sample is named after its end.
  public func writeSummary(_ record: RunRecord, to path: String, step: TimeAmount = .seconds(1)) throws(OutputProblem) {
    var file = try OutputFile(path: path, root: "summary", schema: "summary_file.xsd", provenance: provenance)
    let arrivals = record.trips.filter { $0.ending == .arrived }.sorted { ($0.arrival ?? .zero) < ($1.arrival ?? .zero) }
    var done = 0
    var waiting = 0.0
    var travel = 0.0
    for sample in record.samples {
      while done < arrivals.count, (arrivals[done].arrival ?? .zero) <= sample.time {
        waiting += arrivals[done].departureDelay
        travel += arrivals[done].duration
        done += 1
      }
      var row = OutputRow("step")
      row.add("time", (sample.time - step).seconds)
      row.add("loaded", sample.loaded)
      row.add("inserted", sample.inserted)
      row.add("running", sample.running)
      row.add("waiting", sample.waitingToEnter)
      row.add("ended", sample.arrived)
      row.add("arrived", sample.arrived)
      row.add("collisions", 0)
      row.add("teleports", sample.teleported)
      row.add("halting", sample.halting)
      row.add("stopped", 0)
      row.add("meanWaitingTime", done > 0 ? waiting / Double(done) : 0)
      row.add("meanTravelTime", done > 0 ? travel / Double(done) : -1)
      row.add("meanSpeed", sample.running > 0 ? sample.meanSpeed : -1)
      row.add("meanSpeedRelative", sample.running > 0 ? sample.meanRelativeSpeed : -1)
      row.add("discarded", 0)
      row.add("duration", 0)
      file.write(row)
    }
    try file.commit()
  }

  /// SUMO's signal states, a row whenever a signal changes (its `SaveTLSSwitchStates`).
  public func writeSignals(_ record: RunRecord, to path: String) throws(OutputProblem) {
    var file = try OutputFile(path: path, root: "tlsStates", schema: "tlsstates_file.xsd", provenance: provenance)
    for change in record.signals {
      var row = OutputRow("tlsState")
      row.add("time", change.time.seconds)
      row.add("id", network.name(change.signal))
      row.add("programID", network[change.signal].activeProgram?.id ?? "")
      row.add("phase", change.stage ?? -1)
      row.add("state", change.state.description)
      file.write(row)
    }
    try file.commit()
  }
}
