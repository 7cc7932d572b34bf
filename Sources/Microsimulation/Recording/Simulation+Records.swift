import TrafficModel

extension Simulation {
  /// External name of a vehicle by its number in the fleet.
  func name(of number: Int) -> String {
    switch fleet.vehicles[number].source {
    case .departure(let id):
      return demand.vehicleNames.count > id.index ? demand.vehicleNames[id] : String(id.index)
    case .flow(let flow, let k):
      return demand.flows[flow].name + "." + String(k)
    }
  }

  func tripRecord(slot v: Int, ending: TripRecord.Ending) -> TripRecord {
    let columns = engine.vehicles
    let number = Int(columns.number[v])
    let plan = fleet.vehicles[number]
    let lane = LaneID(Int(columns.lane[v] >= 0 ? columns.lane[v] : columns.departureLane[v]))
    let departure = Instant(seconds: columns.departure[v])
    let arrival = ending == .arrived ? now : nil
    return TripRecord(
      name: name(of: number), type: VehicleTypeID(Int(plan.type)), ending: ending, planned: plan.time, departure: departure,
      arrival: arrival, firstLink: LinkID(Int(fleet.routes.edges[Int(plan.routeBegin)])),
      lastLink: ending == .arrived ? LinkID(Int(fleet.routes.edges[Int(plan.routeEnd) - 1])) : network[lane].link,
      departureLane: LaneID(Int(columns.departureLane[v])), arrivalLane: lane, departurePosition: columns.departurePosition[v],
      departureSpeed: columns.departureSpeed[v],
      arrivalPosition: ending == .arrived ? min(columns.position[v], plan.arrivalPosition) : columns.position[v],
      arrivalSpeed: columns.speed[v], departureDelay: max(0, (departure - plan.time).seconds), duration: (now - departure).seconds,
      length: columns.driven[v] - (ending == .arrived ? max(0, columns.position[v] - plan.arrivalPosition) : 0),
      timeLoss: columns.timeLoss[v], waitingTime: Double(columns.waitedSteps[v]) * engine.dt, stops: Int(columns.waitCount[v]),
      scheduledStopTime: columns.stoppedTotal[v], speedFactor: plan.factor, teleports: Int(columns.teleports[v]),
      emissions: recorder?.emissions(of: number) ?? .zero)
  }

  /// Trips that ended since this was last asked, in the order of arrival.
  public func drainTrips() -> [TripRecord] {
    defer { trips.removeAll(keepingCapacity: true) }
    return trips
  }

  /// Records of the vehicles still on the road and of those that wait to enter, as of now.
  public func unfinishedTrips() -> [TripRecord] {
    var records: [TripRecord] = []
    var numbers: [(number: Int32, slot: Int)] = []
    for v in 0..<usedSlots where engine.vehicles.number[v] >= 0 { numbers.append((engine.vehicles.number[v], v)) }
    numbers.sort { $0.number < $1.number }
    for item in numbers { records.append(tripRecord(slot: item.slot, ending: .underway)) }
    for (number, time) in givenUp + pending.map({ ($0, now) }) {
      let plan = fleet.vehicles[Int(number)]
      let first = LinkID(Int(fleet.routes.edges[Int(plan.routeBegin)]))
      records.append(
        TripRecord(
          name: name(of: Int(number)), type: VehicleTypeID(Int(plan.type)), ending: .neverInserted, planned: plan.time, firstLink: first,
          lastLink: first, departureDelay: max(0, (time - plan.time).seconds), speedFactor: plan.factor))
    }
    return records
  }

  /// Closes link intervals and takes samples whose time has come.
  func closeIntervals() {
    if let every = settings.sampleInterval, (now - settings.begin).milliseconds % max(every.milliseconds, 1) == 0 { takeSample() }
    if let length = settings.linkInterval, now - intervalBegin >= length { closeLinkInterval() }
  }

  private func takeSample() {
    var sample = NetworkSample(time: now)
    sample.inserted = insertedCount
    sample.arrived = arrivedCount
    sample.running = runningCount
    sample.waitingToEnter = pending.count
    sample.loaded = insertedCount + pending.count
    var speed = 0.0
    var relative = 0.0
    let columns = engine.vehicles
    for v in 0..<usedSlots where columns.number[v] >= 0 {
      if columns.speed[v] < Following.haltingSpeed { sample.halting += 1 }
      speed += columns.speed[v]
      relative += columns.speed[v] / max(engine.network.laneSpeed[Int(columns.lane[v])], 0.1)
    }
    if runningCount > 0 {
      sample.meanSpeed = speed / Double(runningCount)
      sample.meanRelativeSpeed = relative / Double(runningCount)
    }
    samples.append(sample)
  }

  /// Ends the running interval of link figures now, even before its time.
  func closeLinkInterval() {
    guard let totals = engine.totals, now > intervalBegin else { return }
    for link in network.links {
      var row = LinkInterval(begin: intervalBegin, end: now, link: link.id)
      for lane in link.lanes {
        let l = lane.index
        row.vehicleSeconds += totals.seconds[l]
        row.vehicleMeters += totals.meters[l]
        row.timeLoss += totals.loss[l]
        row.waitingTime += totals.waiting[l]
        row.stops += Int(totals.stops[l])
        row.entered += Int(totals.entered[l])
        row.left += Int(totals.left[l])
        row.departed += Int(totals.departed[l])
        row.arrived += Int(totals.arrived[l])
        row.laneChangesFrom += Int(totals.changesFrom[l])
        row.laneChangesTo += Int(totals.changesTo[l])
        recorder?.add(lane: l, to: &row)
      }
      if row.vehicleSeconds > 0 || row.entered + row.departed > 0 { linkIntervals.append(row) }
    }
    totals.reset()
    recorder?.beginInterval()
    intervalBegin = now
  }

  /// Link figures of the intervals that have ended.
  public func drainLinkIntervals() -> [LinkInterval] {
    defer { linkIntervals.removeAll(keepingCapacity: true) }
    return linkIntervals
  }

  /// All that the run leaves behind, as of now: takes what has not been drained before.
  public func record() -> RunRecord {
    closeLinkInterval()
    var record = RunRecord(begin: settings.begin, end: now, seed: settings.seed)
    record.trips = drainTrips() + unfinishedTrips()
    record.links = drainLinkIntervals()
    record.samples = samples
    record.trajectories = (recorder?.trajectories ?? []).map {
      var way = $0
      way.name = name(of: way.vehicle.index)
      way.type = VehicleTypeID(Int(fleet.vehicles[way.vehicle.index].type))
      return way
    }
    closeDetectorIntervals(all: true)
    record.detectors = drainDetectorIntervals().sorted { ($0.begin, $0.detector) < ($1.begin, $1.detector) }
    return record
  }
}
