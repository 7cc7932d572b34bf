import TrafficModel

/// What route and additional files hold, for a network that has been read.
public struct SUMODemand: Sendable {
  public var demand: Demand
  public var detectors: [Detector]
  /// Programs of additional files, in the order read: the last of a signal is the one that runs.
  public var programs: [(signal: SignalID, program: SignalProgram)]
  public var linkRecords: [LinkRecordRequest]
  /// What was recognised but is not simulated, counted by kind.
  public var recognizedOnly: [String: Int]
}

/// Reads SUMO's route files (`.rou.xml`: types, routes, vehicles, trips, flows).
///
///     let read = try SUMORouteReader.read(["city.rou.xml.gz"], network: network)
public enum SUMORouteReader {
  /// - Parameter additional: additional files, read before: they may define the types, routes and stops the route files use.
  public static func read(
    _ paths: [String], additional: [String] = [], network: RoadNetwork, defaultSpeedDeviation: Double? = nil
  ) throws(InputProblems) -> SUMODemand {
    var build = SUMODemandBuild(network: network)
    build.defaultSpeedDeviation = defaultSpeedDeviation
    for path in additional + paths { build.read(path) }
    if !build.allProblems.isEmpty {
      let limit = ProblemCollector.limit
      throw InputProblems(Array(build.allProblems.prefix(limit)), further: max(0, build.allProblems.count - limit))
    }
    build.settle()
    for (kind, count) in build.signalElements.recognizedOnly { build.recognizedOnly[kind, default: 0] += count }
    return SUMODemand(
      demand: build.demand, detectors: build.detectors,
      programs: build.programs.map { (network.signalNames[$0.signal]!, $0.program) }, linkRecords: build.linkRecords,
      recognizedOnly: build.recognizedOnly)
  }
}

/// Reads SUMO's additional files alone: signal programs, detectors, stops, types.
public enum SUMOAdditionalReader {
  public static func read(_ paths: [String], network: RoadNetwork) throws(InputProblems) -> SUMODemand {
    try SUMORouteReader.read([], additional: paths, network: network)
  }
}

extension SUMODemandBuild {
  /// Puts departures in order of time; those of one time keep the order of the file.
  mutating func settle() {
    let sorted = demand.departures.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
    demand.departures = sorted.map(\.element)
    // Names follow the new order, so that a vehicle's id is its place in the table.
    var names = NameTable<Departure>()
    for k in demand.departures.indices {
      let name = demand.vehicleNames[demand.departures[k].id]
      demand.departures[k].id = names.intern(name)
    }
    demand.vehicleNames = names
    demand.recognizedOnly = recognizedOnly
  }
}
