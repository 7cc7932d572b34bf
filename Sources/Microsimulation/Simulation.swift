import TrafficModel

/// A street network with its traffic, stepped from outside.
///
///     let simulation = try Simulation(network: network, demand: demand, settings: .init(end: Instant(seconds: 3600), seed: 1))
///     while !simulation.isFinished {
///       simulation.setSignal(id, state)
///       simulation.step()
///     }
///     let record = simulation.record()
///
/// Semantics follow SUMO's published models (Krauss car following, LC2013 lane changing, its junction model with internal lanes), with a
/// semi-implicit Euler step. The simulator never runs a signal program: it shows what it is told, so that any controller can sit there.
/// The same network, demand, detectors and settings give the same result, to the bit, for any number of threads.
public final class Simulation {
  /// How a run is made. Everything that changes the result is here; `threads` does not.
  public struct Settings: Sendable, Hashable {
    public var begin: Instant
    /// Nil: until nobody is on the road or waits to enter.
    public var end: Instant?
    /// Length of a step.
    public var step: TimeAmount
    public var seed: UInt64
    public var threads: Int
    /// Standing time after which a vehicle is lifted over the obstacle [s]; negative: never.
    public var timeToTeleport: Double
    /// Waiting time after which a driver no longer yields [s]; not positive: never.
    public var timeToImpatience: Double
    /// Least deceleration by which drivers judge whether to stop at yellow [m/s²].
    public var yellowMinimumDeceleration: Double
    /// Length of the intervals for which link figures are kept; nil: none are kept.
    public var linkInterval: TimeAmount?
    /// Keep a row of figures about the whole network each so many seconds; nil: none.
    public var sampleInterval: TimeAmount?
    /// Vehicles beyond this longest wait for entering are given up [s]; negative: they wait for ever.
    public var maximumDepartureDelay: Double
    /// Reckon fuel and pollutants.
    public var keepsEmissions: Bool
    /// Keep the ways of vehicles; nil: none.
    public var trajectories: TrajectoryWindow?

    public init(
      begin: Instant = .zero, end: Instant? = nil, step: TimeAmount = .seconds(1), seed: UInt64 = 1, threads: Int = 1,
      timeToTeleport: Double = -1, timeToImpatience: Double = 180, yellowMinimumDeceleration: Double = 3, linkInterval: TimeAmount? = nil,
      sampleInterval: TimeAmount? = nil, maximumDepartureDelay: Double = -1, keepsEmissions: Bool = false,
      trajectories: TrajectoryWindow? = nil
    ) {
      self.begin = begin
      self.end = end
      self.step = step
      self.seed = seed
      self.threads = threads
      self.timeToTeleport = timeToTeleport
      self.timeToImpatience = timeToImpatience
      self.yellowMinimumDeceleration = yellowMinimumDeceleration
      self.linkInterval = linkInterval
      self.sampleInterval = sampleInterval
      self.maximumDepartureDelay = maximumDepartureDelay
      self.keepsEmissions = keepsEmissions
      self.trajectories = trajectories
    }
  }

  public let network: RoadNetwork
  public let demand: Demand
  public let detectors: [Detector]
  public let settings: Settings
  /// Beginning of the coming step.
  public internal(set) var now: Instant

  let engine: Engine
  var fleet: Fleet
  let signalLinkOfConnection: SignalLinks
  var edgeSpeeds: EdgeSpeeds?
  /// When the way of a trip that waits to enter was last found [s].
  var routedAt: [Int32: Double] = [:]
  var lifted: [LiftedVehicle] = []
  var teleportCount = 0
  var nextDeparture = 0
  var pending: [Int32] = []
  /// By number in the fleet, for those who wait to enter: the slot kept for them, and what its lanes were found for.
  var waiting: [Int32: WaitingVehicle] = [:]
  var freeSlots: [Int32] = []
  var usedSlots = 0
  var loops: LoopDetectors
  var readings: DetectorReadings
  /// No detector's interval ends before this.
  var nextDetectorClose = Instant(milliseconds: .min)
  var arrivedCount = 0
  var insertedCount = 0
  /// Vehicles that found no room within the longest wait, and when they were given up.
  var givenUp: [(number: Int32, time: Instant)] = []
  var trips: [TripRecord] = []
  var linkIntervals: [LinkInterval] = []
  var intervalBegin: Instant
  var samples: [NetworkSample] = []
  var runningCount = 0
  let recorder: ExperienceRecorder?

  /// Lays out the network and draws each vehicle's type, route and driver.
  ///
  /// Throws for routes with gaps, trips without a way and stops off the route; all are reported together.
  public init(network: RoadNetwork, demand: Demand, detectors: [Detector] = [], settings: Settings = .init()) throws(InputProblems) {
    precondition(settings.step.milliseconds > 0, "a step must be longer than nothing, not \(settings.step.milliseconds) ms")
    self.network = network
    self.demand = demand
    self.detectors = detectors
    self.settings = settings
    now = settings.begin
    intervalBegin = settings.begin
    fleet = try Fleet(network: network, demand: demand, settings: settings)
    let compiled = CompiledNetwork(network)
    readings = DetectorReadings(detectors: detectors, begin: settings.begin, network: network)
    let placed = readings.placedLoops
    signalLinkOfConnection = SignalLinks(compiled, network: network)
    engine = Engine(
      network: compiled,
      settings: EngineSettings(
        step: settings.step.seconds, seed: settings.seed, threads: settings.threads, timeToImpatience: settings.timeToImpatience,
        timeToTeleport: settings.timeToTeleport, yellowMinimumDeceleration: settings.yellowMinimumDeceleration),
      types: fleet.types, capacity: fleet.vehicles.count, routes: fleet.routes, stops: fleet.stops,
      largestFactor: fleet.largestFactor, loops: placed, keepTotals: settings.linkInterval != nil)
    loops = LoopDetectors(count: placed.count)
    recorder = ExperienceRecorder(settings: settings, network: network, demand: demand, vehicles: fleet.vehicles.count)
    engine.now = now.seconds
    if !fleet.trips.isEmpty { edgeSpeeds = EdgeSpeeds(compiled) }
  }

  /// Vehicles on the road now.
  public var running: Int { runningCount }
  /// Vehicles whose time to leave has come but which found no room yet.
  public var waitingToEnter: Int { pending.count }
  public var inserted: Int { insertedCount }
  public var arrived: Int { arrivedCount }
  /// Vehicles that the demand holds in all.
  public var planned: Int { fleet.vehicles.count }
  /// Stops at the end of a lane that led nowhere, or at a red light seen too late.
  public var emergencyStops: Int { engine.emergencyStops }
  public var laneChanges: Int { engine.laneChanges }
  /// Vehicles given up because they found no room within the longest wait; they have a record among those never inserted.
  public var gaveUp: Int { givenUp.count }
  /// What was in the demand but came before the beginning, or had no way; told in one warning.
  public var notes: [String: Int] { fleet.notes }

  /// The end is reached, or nobody is left and nobody will come.
  public var isFinished: Bool {
    if let end = settings.end, now >= end { return true }
    return settings.end == nil && runningCount == 0 && pending.isEmpty && nextDeparture >= fleet.vehicles.count
  }

  /// Shows a signal's state from the coming step on.
  public func setSignal(_ signal: SignalID, _ state: SignalState) {
    let links = engine.network.signalConnections[signal.index]
    precondition(
      state.count >= links.count, "signal \(network.signalNames[signal]) has \(links.count) links, the state \(state) only \(state.count)")
    let now = now.seconds
    state.indications.withUnsafeBufferPointer { indications in
      for pair in engine.network.signalPairs[signal.index] {
        let code = Shown.code(indications[Int(pair.link)]), c = Int(pair.connection)
        guard engine.shown[c] != code else { continue }
        engine.shown[c] = code
        engine.shownSince[c] = now
        engine.shownVersion &+= 1
      }
    }
  }

  /// Moves everything on by one step.
  public func step() {
    engine.now = now.seconds
    edgeSpeeds?.update(engine)
    engine.advance()
    loops.update(engine: engine)
    recorder?.update(engine.vehicles, slots: usedSlots, step: settings.step.seconds, now: now + settings.step)
    for v in engine.arrivedNow { finish(Int(v)) }
    liftStanding()
    engine.changeLanes()
    putBackLifted()
    insert()
    readDetectors()
    engine.stepIndex &+= 1
    now += settings.step
    closeIntervals()
    closeDetectorIntervals(all: false)
    sortSlots()
  }

  private func insert() {
    while nextDeparture < fleet.vehicles.count, fleet.vehicles[nextDeparture].time <= now {
      pending.append(Int32(nextDeparture))
      nextDeparture += 1
    }
    guard !pending.isEmpty else { return }
    var refused: Set<Int32> = []
    var kept = 0
    for k in 0..<pending.count {
      let number = Int(pending[k])
      if tryInsert(number, refused: &refused) { continue }
      if settings.maximumDepartureDelay >= 0, (now - fleet.vehicles[number].time).seconds > settings.maximumDepartureDelay {
        givenUp.append((pending[k], now))
        if let known = waiting.removeValue(forKey: pending[k]) { freeSlots.append(known.slot) }
        continue
      }
      pending[kept] = pending[k]
      kept += 1
    }
    pending.removeLast(pending.count - kept)
  }

  /// Finds a trip's way by the travel times of now, again each minute while it waits.
  private func routeNow(_ number: Int) {
    let plan = fleet.vehicles[number]
    guard plan.trip >= 0, let edgeSpeeds else { return }
    if let last = routedAt[Int32(number)], now.seconds - last < 60 { return }
    routedAt[Int32(number)] = now.seconds
    let trip = fleet.trips[Int(plan.trip)]
    guard
      let links = fleet.router?.route(
        from: trip.from, via: trip.via, to: trip.to, type: demand.vehicleTypes[Int(plan.type)], speedFactor: plan.factor,
        meanSpeeds: Array(UnsafeBufferPointer(start: edgeSpeeds.speed, count: edgeSpeeds.edges)))
    else { return }
    let range = fleet.routes.intern(links)
    fleet.vehicles[number].routeBegin = range.lowerBound
    fleet.vehicles[number].routeEnd = range.upperBound
  }

  private func tryInsert(_ number: Int, refused: inout Set<Int32>) -> Bool {
    routeNow(number)
    let plan = fleet.vehicles[number]
    // Nobody gets in where this step has refused somebody on every lane.
    let edge = Int(fleet.routes.edges[Int(plan.routeBegin)])
    if case .first = plan.entry.lane, refused.contains(Int32(edge) | 1 << 30) { return false }
    let known = waiting[Int32(number)]
    let v = known.map { Int($0.slot) } ?? freeSlots.popLast().map { Int($0) } ?? usedSlots
    let columns = engine.vehicles
    columns.clear(v)
    columns.number[v] = Int32(number)
    columns.type[v] = Int32(plan.type)
    columns.factor[v] = plan.factor
    columns.cursor[v] = plan.routeBegin
    columns.routeEnd[v] = plan.routeEnd
    columns.arrivalPosition[v] = plan.arrivalPosition
    columns.arrivalSpeed[v] = plan.arrivalSpeed
    columns.arrivalLane[v] = plan.arrivalLane
    columns.stopCursor[v] = plan.stopBegin
    columns.stopEnd[v] = plan.stopEnd
    columns.hasStop[v] = plan.stopBegin < plan.stopEnd
    // Lanes that lead on depend on the way and, among equals, on what signals show.
    let knowsLanes = known.map { $0.shown == engine.shownVersion && $0.routeBegin == plan.routeBegin } ?? false
    if knowsLanes { columns.bestCursor[v] = plan.routeBegin }
    let enters = engine.enter(v, entry: plan.entry, scratch: engine.chunks[0].changer, knowsLanes: knowsLanes, refused: &refused)
    if v == usedSlots { usedSlots += 1 }
    guard enters else {
      columns.number[v] = -1
      if !knowsLanes {
        waiting[Int32(number)] = WaitingVehicle(slot: Int32(v), routeBegin: plan.routeBegin, shown: engine.shownVersion)
      }
      if case .first = plan.entry.lane { refused.insert(Int32(edge) | 1 << 30) }
      return false
    }
    if known != nil { waiting[Int32(number)] = nil }
    columns.departure[v] = now.seconds
    columns.departureLane[v] = columns.lane[v]
    columns.departurePosition[v] = columns.position[v]
    columns.departureSpeed[v] = columns.speed[v]
    insertedCount += 1
    runningCount += 1
    routedAt[Int32(number)] = nil
    engine.totals?.departed[Int(columns.lane[v])] += 1
    return true
  }

  /// Takes an arrived vehicle off and keeps its record.
  func finish(_ v: Int) {
    trips.append(tripRecord(slot: v, ending: .arrived))
    if engine.vehicles.lane[v] >= 0 { engine.totals?.arrived[Int(engine.vehicles.lane[v])] += 1 }
    engine.vehicles.number[v] = -1
    freeSlots.append(Int32(v))
    arrivedCount += 1
    runningCount -= 1
  }
}

/// The slot kept for a vehicle that found no room to enter, and for which way and which change of signals its lanes were found.
struct WaitingVehicle: BitwiseCopyable {
  var slot: Int32
  var routeBegin: Int32
  var shown: UInt64
}

/// Which index of its controller each connection is, and which lanes a signal rules.
struct SignalLinks {
  private(set) var index: [Int32]
  private(set) var lanes: [Bool]

  init(_ compiled: CompiledNetwork, network: RoadNetwork) {
    index = Array(repeating: -1, count: compiled.connectionCount)
    lanes = Array(repeating: false, count: compiled.laneCount)
    for connection in network.connections {
      guard let link = connection.signal else { continue }
      let c = compiled.connection(of: connection.id)
      if c >= 0 { index[c] = Int32(link.index) }
      lanes[connection.fromLane.index] = true
    }
  }
}
