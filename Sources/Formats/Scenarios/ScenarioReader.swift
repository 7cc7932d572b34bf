import Foundation
import TrafficModel

/// Reads a whole scenario: a SUMO configuration, or a folder with a `scenario.yaml`.
///
///     let scenario = try ScenarioReader.read("scenarios/grid")
public enum ScenarioReader {
  /// - Parameter path: a `.sumocfg`, a `scenario.yaml`, or a folder that holds one of them.
  public static func read(_ path: String) throws(InputProblems) -> Scenario {
    let file = try locate(path)
    if file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
      return try assemble(try ScenarioDescription.read(file), file: file)
    }
    return try assemble(ScenarioDescription(configuration: try SUMOConfiguration.read(file), file: file), file: file)
  }

  /// The file that describes the scenario at `path`.
  private static func locate(_ path: String) throws(InputProblems) -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputProblems([
        InputProblem(file: path, expected: "a .sumocfg or a folder with a scenario.yaml", found: "nothing", isMissingInput: true)
      ])
    }
    guard isFolder.boolValue else { return path }
    let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    if FileManager.default.fileExists(atPath: folder + "/scenario.yaml") { return folder + "/scenario.yaml" }
    let entries = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    let configurations = entries.filter { $0.hasSuffix(".sumocfg") }
    guard configurations.count == 1 else {
      throw InputProblems([
        InputProblem(
          file: path, expected: "a scenario.yaml or one .sumocfg in the folder",
          found: configurations.isEmpty ? "neither" : configurations.joined(separator: ", "), isMissingInput: configurations.isEmpty)
      ])
    }
    return folder + "/" + configurations[0]
  }

  private static func assemble(_ description: ScenarioDescription, file: String) throws(InputProblems) -> Scenario {
    var network = try SUMONetworkReader.read(description.networkFile)
    let read = try SUMORouteReader.read(
      description.routeFiles, additional: description.additionalFiles, network: network,
      defaultSpeedDeviation: description.defaultSpeedDeviation)
    for (signal, program) in read.programs {
      if let same = network.signals[signal.index].programs.firstIndex(where: { $0.id == program.id }) {
        network.signals[signal.index].programs.remove(at: same)
      }
      network.signals[signal.index].programs.append(program)
    }
    try choosePrograms(description, &network)
    var scenario = Scenario(
      name: description.name, network: network, demand: read.demand, detectors: read.detectors, begin: description.begin,
      end: description.end, options: description.options, seeds: description.seeds, clock: description.clock)
    scenario.recognizedOnly = read.recognizedOnly
    scenario.recognizedOnly.merge(description.recognizedOnly) { $0 + $1 }
    scenario.recognizedOnly.merge(network.recognizedOnly) { $0 + $1 }
    for signal in network.signals {
      guard let kind = signal.activeProgram?.kind, ![.fixedTime, .actuated, .delayBased, .off].contains(kind) else { continue }
      scenario.recognizedOnly["tlLogic type=\(kind.rawValue) (runs by its durations)", default: 0] += 1
    }
    scenario.discardEarlyDepartures()
    var digest = FileDigest()
    for path in [file, description.networkFile] + description.additionalFiles + description.routeFiles { digest.add(path) }
    scenario.inputHash = digest.finish()
    return scenario
  }

  /// Moves the programs a scenario names to the end of their signals' lists, where the running one stands.
  private static func choosePrograms(_ description: ScenarioDescription, _ network: inout RoadNetwork) throws(InputProblems) {
    var problems = ProblemCollector(file: description.file)
    for (signal, program) in description.programs {
      guard let id = network.signalNames[signal] else {
        problems.add("programs", expected: "signals of the network", found: signal)
        continue
      }
      guard let index = network[id].programs.firstIndex(where: { $0.id == program }) else {
        problems.add(
          "programs: \(signal)", expected: "one of " + network[id].programs.map(\.id).joined(separator: ", "), found: program)
        continue
      }
      network.signals[id.index].programs.append(network.signals[id.index].programs.remove(at: index))
    }
    try problems.check()
  }
}

extension Scenario {
  /// Another beginning: what departs before it is left out.
  public mutating func setBegin(_ instant: Instant) {
    begin = instant
    discardEarlyDepartures()
  }

  /// Leaves out departures before the beginning, as SUMO does, and counts them.
  mutating func discardEarlyDepartures() {
    let early = demand.departures.filter { $0.time < begin && $0.time.milliseconds > .min / 8 }.count
    for k in demand.departures.indices where demand.departures[k].time.milliseconds <= .min / 8 { demand.departures[k].time = begin }
    guard early > 0 else { return }
    recognizedOnly["vehicle departing before the beginning", default: 0] += early
    var names = NameTable<Departure>()
    var kept: [Departure] = []
    kept.reserveCapacity(demand.departures.count - early)
    for var departure in demand.departures where departure.time >= begin {
      departure.id = names.intern(demand.vehicleNames[departure.id])
      kept.append(departure)
    }
    demand.departures = kept
    demand.vehicleNames = names
  }

  /// Replaces each trip by the fastest route in an empty network. Trips between places no road joins are reported together.
  public mutating func routeTrips() throws(InputProblems) {
    let router = TravelTimeRouter(network)
    var problems = ProblemCollector(file: name)
    var known: [String: RouteID?] = [:]
    func type(_ selection: Selection<VehicleTypeID>) -> VehicleType {
      switch selection {
      case .fixed(let id): demand.vehicleTypes[id.index]
      case .distribution(let index): demand.vehicleTypes[demand.typeDistributions[index].values[0].index]
      }
    }
    func routed(_ path: Departure.Path, _ selection: Selection<VehicleTypeID>, _ element: String) -> Departure.Path {
      guard case .trip(let from, let to, let via) = path else { return path }
      let type = type(selection)
      let key = "\(from.rawValue) \(via.map(\.rawValue)) \(to.rawValue) \(type.vehicleClass.rawValue) \(type.maxSpeed)"
      let id: RouteID?
      if let found = known[key] {
        id = found
      } else {
        if let links = router.route(from: from, via: via, to: to, type: type) {
          id = demand.routeNames.intern("!trip \(demand.routes.count)")
          demand.routes.append(Route(links: links))
        } else {
          id = nil
        }
        known[key] = .some(id)
      }
      guard let id else {
        problems.add(
          element, expected: "a way from \(network.name(from)) to \(network.name(to)) for \(type.name)", found: "none")
        return path
      }
      return .route(.fixed(id))
    }
    for k in demand.departures.indices {
      let departure = demand.departures[k]
      demand.departures[k].path = routed(departure.path, departure.type, "trip \(demand.vehicleNames[departure.id])")
    }
    for k in demand.flows.indices {
      let flow = demand.flows[k]
      demand.flows[k].path = routed(flow.path, flow.type, "flow \(flow.name)")
    }
    try problems.check()
  }
}
