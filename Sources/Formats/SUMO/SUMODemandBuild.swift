import TrafficModel

/// Demand, detectors and signal programs while route and additional files are read, one after the other as SUMO loads them.
///
/// SUMO lets most elements stand in either kind of file, so one reader serves both.
struct SUMODemandBuild {
  let network: RoadNetwork
  /// Links that follow each link.
  let successors: [[LinkID]]
  /// Speed deviation of types that give none; nil: that of their class.
  var defaultSpeedDeviation: Double?
  var demand = Demand()
  var detectors: [Detector] = []
  var detectorNames = NameTable<Detector>()
  var programs: [SUMOSignalElements.Program] = []
  var linkRecords: [LinkRecordRequest] = []
  var recognizedOnly: [String: Int] = [:]
  var problems: ProblemCollector
  var allProblems: [InputProblem] = []
  var permissions = SUMOPermissions()
  var signalElements = SUMOSignalElements()

  /// Distributions by name; types and routes have one space of names each with their distributions.
  var typeDistributions: [String: Int] = [:]
  var routeDistributions: [String: Int] = [:]
  /// Route references that could not be resolved when met: SUMO wants them before, but additional files are read first.
  var open = Open()

  /// Elements around the current one.
  struct Open {
    var typeDistribution: Int?
    var routeDistribution: Int?
    var vehicle: OpenVehicle?
    var route: RouteID?
    var routeLine = 0
    var type: VehicleTypeID?
    var entryExit: Detector?
    var entryExitLine = 0
  }

  /// A vehicle, trip or flow whose end has not come.
  struct OpenVehicle {
    var kind: String
    var name: String
    var line: Int
    var type: Selection<VehicleTypeID>
    var path: Departure.Path?
    var time: Instant
    var attributes: DepartureAttributes
    var stops: [ScheduledStop] = []
    var flow: (rate: DepartureFlow.Rate, end: Instant?, limit: Int?)?
    var vehicleLine: String?
  }

  init(network: RoadNetwork, file: String = "") {
    self.network = network
    problems = ProblemCollector(file: file)
    var successors = [[LinkID]](repeating: [], count: network.links.count)
    for movement in network.movements { successors[movement.from.index].append(movement.to) }
    self.successors = successors
  }

  /// Reads one file. What is wrong is gathered in `allProblems`.
  mutating func read(_ path: String) {
    problems = ProblemCollector(file: path)
    open = Open()
    do {
      var xml = try XMLReader(path: path)
      try read(&xml)
    } catch {
      problems.add(error)
    }
    allProblems += problems.problems
  }

  private mutating func read(_ xml: inout XMLReader) throws(InputProblem) {
    guard try xml.next() == .start else { return }
    if xml.name == "net" {
      return problems.add(line: xml.line, expected: "routes or additional elements", found: "a network", advice: "name it as net-file")
    }
    while true {
      switch try xml.next() {
      case .finish: return
      case .start: try start(&xml)
      case .end: end(xml.name)
      }
    }
  }

  private mutating func start(_ xml: inout XMLReader) throws(InputProblem) {
    switch xml.name {
    case "vehicle", "trip", "flow": vehicle(&xml)
    case "route": route(&xml)
    case "stop": stop(&xml)
    case "vType": vehicleType(&xml)
    case "vTypeDistribution": typeDistribution(&xml)
    case "routeDistribution": routeDistribution(&xml)
    case "tlLogic": signalElements.begin(&xml, &problems)
    case "phase": signalElements.phase(&xml, &problems)
    case "param": parameter(xml)
    case "inductionLoop", "e1Detector", "instantInductionLoop": inductionLoop(&xml)
    case "laneAreaDetector", "e2Detector": laneArea(&xml)
    case "entryExitDetector", "e3Detector": entryExit(&xml)
    case "detEntry": gate(&xml, isEntry: true)
    case "detExit": gate(&xml, isEntry: false)
    case "busStop", "trainStop", "containerStop", "chargingStation", "parkingArea": stoppingPlace(&xml)
    case "edgeData", "laneData": linkRecord(&xml)
    case "carFollowing-Krauss", "carFollowing-IDM": followingParameters(&xml)
    default:
      recognizedOnly[xml.name.string, default: 0] += 1
      try xml.skipElement()
    }
  }

  private mutating func end(_ name: XMLText) {
    switch name {
    case "vehicle", "trip", "flow": endVehicle()
    case "route": open.route = nil
    case "vType": open.type = nil
    case "vTypeDistribution": endTypeDistribution()
    case "routeDistribution": endRouteDistribution()
    case "tlLogic": if let program = signalElements.end(&problems) { check(program) }
    case "entryExitDetector", "e3Detector": endEntryExit()
    default: break
    }
  }

  private mutating func parameter(_ xml: borrowing XMLReader) {
    if signalElements.current != nil { signalElements.parameter(xml) }
  }

  /// A program from an additional file belongs to a signal of the network and has as many links.
  private mutating func check(_ read: SUMOSignalElements.Program) {
    guard let id = network.signalNames[read.signal] else {
      return problems.add(
        line: read.line, "tlLogic \(read.signal)", expected: "a signal of the network", found: "no tlLogic of this id there")
    }
    let links = network[id].links.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0
    if let state = read.program.stages.first?.state, state.count < links {
      problems.add(
        line: read.line, "tlLogic \(read.signal)", expected: "states of \(links) characters, one a link index", found: "\(state.count)")
    }
    programs.append(read)
  }

  mutating func linkRecord(_ xml: inout XMLReader) {
    let line = xml.line
    let name = xml["id"]?.string ?? ""
    var request = LinkRecordRequest(id: name, byLane: xml.name == "laneData", file: xml["file"]?.string)
    if let text = xml["period"] ?? xml["freq"] {
      guard let value = text.timeAmount, value > .zero else {
        return problems.add(line: line, "edgeData \(name)", expected: "period in seconds, more than 0", found: text.string)
      }
      request.period = value
    }
    linkRecords.append(request)
  }

  /// The lane an attribute names, or nil after a complaint.
  mutating func lane(_ text: XMLText?, line: Int, _ element: String) -> LaneID? {
    guard let text, let id = network.laneNames[utf8: text.bytes] else {
      problems.add(line: line, element, expected: "lane naming a lane of the network", found: text?.string ?? "none")
      return nil
    }
    return id
  }
}

/// `edgeData` and `laneData`: figures of every link or lane, by interval.
public struct LinkRecordRequest: Sendable, Hashable, Codable {
  public var id: String
  public var byLane: Bool
  /// Nil: one interval over the whole run.
  public var period: TimeAmount?
  public var file: String?

  public init(id: String, byLane: Bool = false, period: TimeAmount? = nil, file: String? = nil) {
    self.id = id
    self.byLane = byLane
    self.period = period
    self.file = file
  }
}
