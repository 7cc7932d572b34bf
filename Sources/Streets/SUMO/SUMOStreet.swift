import ControlLoop
import SignalControl
import TrafficModel

/// A SUMO that somebody else may have started, as a street: one round trip a step, and one for all vehicles that have come upon
/// another lane in it.
public final class SUMOStreet: DetectorFeed, SignalOutput, LoopClock {
  private let client: TraCIClient
  private let network: RoadNetwork
  private let detectors: [Detector]
  private let information: StreetInformation
  private let range: Double
  private let isWatched: Bool
  /// How far past a stop line a vehicle is still of interest: it may block the exit [m].
  private let past = 60.0
  /// What the loops told after the last step, and the vehicles.
  private var latest: [TraCISubscriptionResult]
  private var vehicles = SUMOVehicles()
  private var detectorNamed: [String: DetectorID] = [:]
  /// Vehicles on each loop.
  private var present: [DetectorID: Set<String>] = [:]
  private var states: [SignalID: SignalState] = [:]

  /// Whether vehicles with priority ask for green: each vehicle's class is then asked for once, in a round trip of its own.
  public var hearsPriority = false
  private var classes: [UInt32: VehicleClassSet] = [:]

  /// Whether SUMO was beyond the scenario's begin when we came.
  public let isUnderway: Bool

  /// Joins the SUMO behind `client`.
  /// - Parameters:
  ///   - detectors: loops that SUMO has loaded under the same names; asked for where `information` is `.detectors`.
  ///   - begin: the scenario's first instant; a SUMO beyond it has been running without us.
  ///   - range: distance from a stop line within which vehicles are heard [m].
  ///   - isWatched: vehicles are told beside the loops even where `information` is `.detectors`, for measuring what loops let be known.
  public init(
    client: TraCIClient, network: RoadNetwork, detectors: [Detector] = [], begin: Instant?,
    information: StreetInformation = .connectedVehicles,
    range: Double = 250, isWatched: Bool = false
  ) throws(TraCIError) {
    self.client = client
    self.network = network
    self.detectors = detectors
    self.information = information
    self.range = range
    self.isWatched = isWatched
    try client.synchronizeClock()
    isUnderway = begin.map { Instant(seconds: client.time) > $0 } ?? false
    latest = []
    if information == .detectors {
      for detector in detectors {
        guard case .point = detector.kind else { continue }
        detectorNamed[detector.name] = detector.id
        latest.append(try client.subscribe(.inductionLoop, detector.name, variables: [TraCIVariable.lastStepVehicleData]))
      }
    }
    if information != .detectors || isWatched, let middle = network.nodes.first(where: { $0.kind != .internal }) {
      // One context wide enough for the whole network: a subscription for each stop line would tell many vehicles twice.
      try client.subscribeContext(
        .junction, network.name(middle.id), to: .vehicle, range: 1e7, variables: SUMOVehicles.variables
      ) { (answer) throws(TraCIError) in try vehicles.read(&answer, network) }
      try askForSignals()
    }
  }

  public var now: Instant { Instant(seconds: client.time) }

  public func collect() throws -> ControlInputs {
    if information == .detectors { return ControlInputs(detectorEvents: loopEvents(), vehicles: isWatched ? reports() : []) }
    let reports = reports()
    var inputs = ControlInputs(vehicles: information.limit(reports))
    if hearsPriority { inputs.priorityRequests = try requests(reports) }
    return inputs
  }

  private func requests(_ reports: [VehicleReport]) throws(TraCIError) -> [PriorityRequest] {
    for vehicle in vehicles.present {
      guard let key = vehicles.known[vehicle].key, classes[key] == nil else { continue }
      classes[key] =
        VehicleClassSet(name: try client.get(.vehicle, TraCIVariable.vehicleClass, vehicles.name(vehicle)).asString()) ?? .passenger
    }
    return reports.compactMap { report in classes[report.key].flatMap { PriorityRequest(report, $0, in: network) } }
  }

  public func show(_ commands: [SignalCommand]) {
    for command in commands where states[command.signal] != command.state {
      states[command.signal] = command.state
      client.enqueueState(network.name(command.signal), command.state.description)
    }
  }

  public func shown() throws -> [SignalCommand] {
    var shown: [SignalCommand] = []
    for signal in network.signals {
      if let state = SignalState(try client.state(ofSignal: network.name(signal.id))) {
        shown.append(SignalCommand(signal: signal.id, state: state))
      }
    }
    return shown
  }

  public func advance() throws -> Bool {
    latest.removeAll(keepingCapacity: true)
    try client.step { (answer) throws(TraCIError) in
      // The answer about the context; those about single objects have the higher codes.
      if let id = answer.peekIdentifier(), id < 0xA0 {
        try vehicles.read(&answer, network)
      } else {
        latest.append(try TraCISubscriptionResult(&answer))
      }
    }
    try askForSignals()
    return true
  }

  /// Asks those that have come upon another lane for their next signal.
  private func askForSignals() throws(TraCIError) {
    let unasked = vehicles.unasked(at: client.time)
    let answers = try client.get(.vehicle, TraCIVariable.nextTrafficLights, of: unasked.map { vehicles.name($0) })
    for (vehicle, answer) in zip(unasked, answers) {
      vehicles.note(vehicle, answer.flatMap { TraCINextSignal($0) }, at: client.time, network)
    }
  }

  /// Ends SUMO in good order.
  public func close() throws(TraCIError) { try client.close() }

  private func reports() -> [VehicleReport] {
    var reports: [VehicleReport] = []
    reports.reserveCapacity(vehicles.present.count)
    for v in vehicles.present {
      let vehicle = vehicles.known[v]
      guard vehicle.lane >= 0 else { continue }
      let lane = LaneID(Int(vehicle.lane)), link = network[lane].link
      let isNear = vehicle.stopPosition - vehicle.position <= range
      guard isNear || vehicle.position < past || network[link].function == .internal else { continue }
      reports.append(
        VehicleReport(
          time: now, link: link, lane: lane, position: vehicle.position, speed: vehicle.speed, length: 5,
          signalLink: isNear ? vehicle.link : nil, key: vehicles.giveKey(v), signal: isNear ? vehicle.signal : nil))
    }
    // SUMO tells vehicles in the order of their names; arrival order is what a roadside unit would know.
    reports.sort { $0.key < $1.key }
    return reports
  }

  /// A loop's on and off from the vehicles it saw in the last step.
  private func loopEvents() -> [DetectorEvent] {
    var events: [DetectorEvent] = []
    for result in latest {
      guard let id = detectorNamed[result.subject], case .compound(let items)? = result.objects.first?[TraCIVariable.lastStepVehicleData]
      else { continue }
      var at = 1
      var listed: Set<String> = []
      while at + 4 < items.count {
        if case .string(let vehicle) = items[at], case .double(let entry) = items[at + 2], case .double(let leave) = items[at + 3] {
          listed.insert(vehicle)
          if present[id, default: []].insert(vehicle).inserted {
            events.append(DetectorEvent(time: Instant(seconds: entry), detector: id, change: .on))
          }
          if leave >= 0 {
            present[id]?.remove(vehicle)
            events.append(DetectorEvent(time: Instant(seconds: leave), detector: id, change: .off))
          }
        }
        at += 5
      }
      // Who left the loop sideways is told of no more.
      for vehicle in present[id, default: []].subtracting(listed).sorted() {
        present[id]?.remove(vehicle)
        events.append(DetectorEvent(time: now, detector: id, change: .off))
      }
    }
    events.sort { ($0.time, $0.detector, $0.change.rawValue) < ($1.time, $1.detector, $1.change.rawValue) }
    return events
  }
}
