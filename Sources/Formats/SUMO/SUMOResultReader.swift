import TrafficModel

/// Reads what a SUMO run wrote, into the records that the built-in simulator fills too, so that both are measured alike.
public enum SUMOResultReader {
  /// Trips from `tripinfo` output, in the file's order; with `--tripinfo-output.write-unfinished` and `.write-undeparted` everybody.
  ///
  /// A planned departure is the actual one less its delay; for a vehicle that never entered it is reckoned back from `end`.
  public static func trips(_ path: String, network: RoadNetwork, end: Instant) throws(InputProblems) -> [TripRecord] {
    var trips: [TripRecord] = []
    var problems = ProblemCollector(file: path)
    do {
      var xml = try XMLReader(path: path)
      reading: while true {
        switch try xml.next() {
        case .finish: break reading
        case .end: continue
        case .start:
          if xml.name == "tripinfo" {
            guard let trip = trip(&xml, network, end) else {
              problems.add(line: xml.line, "tripinfo", expected: "id, depart, departDelay, duration and timeLoss", found: "not all of them")
              continue
            }
            trips.append(trip)
          } else if xml.name == "emissions", !trips.isEmpty {
            trips[trips.count - 1].emissions = emissions(&xml)
          }
        }
      }
    } catch {
      problems.add(error)
    }
    try problems.check()
    return trips
  }

  private static func trip(_ xml: inout XMLReader, _ network: RoadNetwork, _ end: Instant) -> TripRecord? {
    guard let id = xml["id"]?.string, let depart = xml["depart"]?.double, let delay = xml["departDelay"]?.double,
      let duration = xml["duration"]?.double, let loss = xml["timeLoss"]?.double
    else { return nil }
    let arrival = xml["arrival"]?.double ?? -1
    func lane(_ name: String?) -> LaneID? { name.flatMap { network.laneNames[$0] } }
    let first = lane(xml["departLane"]?.string), last = lane(xml["arrivalLane"]?.string)
    func link(_ lane: LaneID?) -> LinkID { lane.map { network[$0].link } ?? LinkID(0) }
    var trip = TripRecord(
      name: id, type: VehicleTypeID(0), ending: arrival >= 0 ? .arrived : depart >= 0 ? .underway : .neverInserted,
      planned: depart >= 0 ? Instant(seconds: depart - delay) : end - .seconds(delay), firstLink: link(first), lastLink: link(last ?? first)
    )
    trip.departure = depart >= 0 ? Instant(seconds: depart) : nil
    trip.arrival = arrival >= 0 ? Instant(seconds: arrival) : nil
    trip.departureLane = first
    trip.arrivalLane = last
    trip.departureDelay = max(delay, 0)
    trip.duration = max(duration, 0)
    trip.timeLoss = max(loss, 0)
    trip.length = max(xml["routeLength"]?.double ?? 0, 0)
    trip.waitingTime = max(xml["waitingTime"]?.double ?? 0, 0)
    trip.stops = max(xml["waitingCount"]?.int ?? 0, 0)
    trip.scheduledStopTime = max(xml["stopTime"]?.double ?? 0, 0)
    trip.speedFactor = xml["speedFactor"]?.double ?? 1
    return trip
  }

  private static func emissions(_ xml: inout XMLReader) -> Emissions {
    var emissions = Emissions.zero
    emissions.fuel = xml["fuel_abs"]?.double ?? 0
    emissions.carbonDioxide = xml["CO2_abs"]?.double ?? 0
    emissions.carbonMonoxide = xml["CO_abs"]?.double ?? 0
    emissions.hydrocarbons = xml["HC_abs"]?.double ?? 0
    emissions.nitrogenOxides = xml["NOx_abs"]?.double ?? 0
    emissions.particles = xml["PMx_abs"]?.double ?? 0
    return emissions
  }

  /// Link figures from `edgeData` output. Links the network does not know are left out.
  public static func links(_ path: String, network: RoadNetwork) throws(InputProblems) -> [LinkInterval] {
    var rows: [LinkInterval] = []
    var problems = ProblemCollector(file: path)
    do {
      var xml = try XMLReader(path: path)
      var begin = Instant.zero, end = Instant.zero
      reading: while true {
        switch try xml.next() {
        case .finish: break reading
        case .end: continue
        case .start:
          if xml.name == "interval" {
            begin = Instant(seconds: xml["begin"]?.double ?? 0)
            end = Instant(seconds: xml["end"]?.double ?? 0)
          } else if xml.name == "edge", let id = xml["id"].flatMap({ network.linkNames[$0.string] }) {
            var row = LinkInterval(begin: begin, end: end, link: id)
            row.vehicleSeconds = xml["sampledSeconds"]?.double ?? 0
            row.vehicleMeters = row.vehicleSeconds * (xml["speed"]?.double ?? 0)
            row.timeLoss = xml["timeLoss"]?.double ?? 0
            row.waitingTime = xml["waitingTime"]?.double ?? 0
            row.entered = xml["entered"]?.int ?? 0
            row.left = xml["left"]?.int ?? 0
            row.departed = xml["departed"]?.int ?? 0
            row.arrived = xml["arrived"]?.int ?? 0
            rows.append(row)
          }
        }
      }
    } catch {
      problems.add(error)
    }
    try problems.check()
    return rows
  }
}
