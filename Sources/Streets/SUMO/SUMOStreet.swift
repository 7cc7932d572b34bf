import ControlLoop
import SignalControl
import TrafficModel

/// A SUMO that somebody else may have started, as a street: one round trip a step.
public final class SUMOStreet: DetectorFeed, SignalOutput, LoopClock {
  private let client: TraCIClient
  private let network: RoadNetwork
  private let detectors: [Detector]
  private let information: StreetInformation
  private let range: Double
  private let isWatched: Bool
  /// How far past a stop line a vehicle is still of interest: it may block the exit [m].
  private let past = 60.0
  private var latest: [TraCISubscriptionResult]
  private var keys: [String: UInt32] = [:]
  private var detectorNamed: [String: DetectorID] = [:]
  /// Vehicles on each loop.
  private var present: [DetectorID: Set<String>] = [:]
  private var states: [SignalID: SignalState] = [:]

  private static let vehicleVariables = [
    TraCIVariable.speed, TraCIVariable.lane, TraCIVariable.lanePosition, TraCIVariable.nextTrafficLights,
  ]

  /// Whether vehicles with priority ask for green: each vehicle's class is then asked for once, in a round trip of its own.
  public var hearsPriority = false
  private var classes: [UInt32: VehicleClassSet] = [:]
  private var names: [UInt32: String] = [:]

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
      latest.append(
        try client.subscribeContext(
          .junction, network.name(middle.id), to: .vehicle, range: 1e7, variables: Self.vehicleVariables))
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
    if names.count < keys.count { for (name, key) in keys { names[key] = name } }
    var requests: [PriorityRequest] = []
    for report in reports {
      var known = classes[report.key]
      if known == nil, let name = names[report.key] {
        known = VehicleClassSet(name: try client.get(.vehicle, TraCIVariable.vehicleClass, name).asString()) ?? .passenger
        classes[report.key] = known
      }
      if let known, let request = PriorityRequest(report, known, in: network) { requests.append(request) }
    }
    return requests
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
    latest = try client.step()
    return true
  }

  /// Ends SUMO in good order.
  public func close() throws(TraCIError) { try client.close() }

  private func reports() -> [VehicleReport] {
    // The answer about the context; those about single objects have the higher codes.
    guard let objects = latest.first(where: { $0.response < 0xA0 })?.objects else { return [] }
    var reports: [VehicleReport] = []
    reports.reserveCapacity(objects.count)
    for object in objects {
      guard case .double(let speed)? = object[TraCIVariable.speed], case .string(let laneName)? = object[TraCIVariable.lane],
        case .double(let position)? = object[TraCIVariable.lanePosition], let lane = network.laneNames[laneName]
      else { continue }
      let ahead = object[TraCIVariable.nextTrafficLights].flatMap { TraCINextSignal($0) }.flatMap { $0.distance <= range ? $0 : nil }
      let isInside = network[network[lane].link].function == .internal
      guard ahead != nil || isInside || position < past else { continue }
      let key = keys[object.id] ?? UInt32(keys.count)
      keys[object.id] = key
      reports.append(
        VehicleReport(
          time: now, link: network[lane].link, lane: lane, position: position, speed: speed, length: 5, signalLink: ahead?.link, key: key,
          signal: ahead.flatMap { network.signalNames[$0.signal] }))
    }
    // SUMO tells vehicles in the order of their names; arrival order is what a roadside unit would know.
    reports.sort { $0.key < $1.key }
    return reports
  }

  /// A loop's on and off from the vehicles it saw in the last step.
  private func loopEvents() -> [DetectorEvent] {
    var events: [DetectorEvent] = []
    for result in latest where result.response >= 0xA0 {
      guard let id = detectorNamed[result.subject], case .compound(let items)? = result.objects.first?[TraCIVariable.lastStepVehicleData]
      else { continue }
      var at = 1
      while at + 4 < items.count {
        if case .string(let vehicle) = items[at], case .double(let entry) = items[at + 2], case .double(let leave) = items[at + 3] {
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
    }
    events.sort { ($0.time, $0.detector, $0.change.rawValue) < ($1.time, $1.detector, $1.change.rawValue) }
    return events
  }
}
