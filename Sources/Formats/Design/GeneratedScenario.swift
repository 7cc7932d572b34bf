import Foundation
import TrafficModel

/// A scenario made to measure: a network, who drives in it, and detectors on every signalised approach.
public struct GeneratedScenario: Sendable {
  public var name: String
  public var design: StreetDesign
  /// Vehicles that enter on a road and where they go.
  public struct Stream: Sendable, Hashable {
    public var from: String
    public var to: String
    /// [veh/h]
    public var rate: Double
    public init(from: String, to: String, rate: Double) {
      self.from = from
      self.to = to
      self.rate = rate
    }
  }
  public var streams: [Stream]
  /// [s]
  public var duration: Double
  /// Distance of the advance loops from the stop line [m].
  public var advance = 80.0

  public init(name: String, design: StreetDesign, streams: [Stream], duration: Double = 3600) {
    self.name = name
    self.design = design
    self.streams = streams
    self.duration = duration
  }

  /// Writes network, demand, detectors, a SUMO configuration and a `scenario.yaml` into `folder`, which is made where it is missing.
  /// - Returns: the names of the files.
  @discardableResult
  public func write(to folder: String) throws(OutputProblem) -> [String] {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw OutputProblem(file: folder, reason: "cannot be made: \(error.localizedDescription)")
    }
    let network = design.network()
    let stem = name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "-" }.reduce(into: "") { $0.append($1) }
    let files = [stem + ".net.xml", stem + ".rou.xml", stem + ".add.xml", stem + ".sumocfg", "scenario.yaml"]
    try SUMONetworkWriter.write(network, to: folder + "/" + files[0])
    try TextOutput.write(routes(), to: folder + "/" + files[1])
    try TextOutput.write(detectors(network), to: folder + "/" + files[2])
    var configuration = SUMOXML(root: "configuration")
    configuration.element("input", [], opens: true)
    configuration.element("net-file", depth: 2, [("value", files[0])])
    configuration.element("route-files", depth: 2, [("value", files[1])])
    configuration.element("additional-files", depth: 2, [("value", files[2])])
    configuration.close("input")
    configuration.element("time", [], opens: true)
    configuration.element("begin", depth: 2, [("value", "0")])
    configuration.element("end", depth: 2, [("value", shortest(duration))])
    configuration.close("time")
    try TextOutput.write(configuration.finish(), to: folder + "/" + files[3])
    let description = """
      schema: \(ScenarioDescription.schemaVersion)
      name: "\(name.replacingOccurrences(of: "\"", with: ""))"
      network: \(files[0])
      demand: \(files[1])
      detectors: \(files[2])
      begin: 0
      end: \(shortest(duration))
      seeds: [1, 2, 3]
      teleport-after: off

      """
    try TextOutput.write(description, to: folder + "/" + files[4])
    return files
  }

  /// Demand as SUMO's flows with exponential gaps, which both routers send the fastest way.
  func routes() -> String {
    var xml = SUMOXML(root: "routes")
    xml.element("vType", [("id", "car"), ("vClass", "passenger")])
    for (k, stream) in streams.enumerated() where stream.rate > 0 {
      xml.element(
        "flow",
        [
          ("id", "f\(k)"), ("type", "car"), ("begin", "0"), ("end", shortest(duration)), ("from", stream.from), ("to", stream.to),
          ("period", "exp(\(shortest((stream.rate / 3600 * 1e6).rounded() / 1e6)))"), ("departLane", "best"), ("departSpeed", "max"),
        ])
    }
    return xml.finish()
  }

  /// A loop at every stop line and one ahead of it, and a stretch for the queue.
  func detectors(_ network: RoadNetwork) -> String {
    var xml = SUMOXML(root: "additional")
    for link in network.roads where network[link.to].kind == .signalized {
      for id in link.lanes {
        let lane = network[id], name = network.name(id)
        let stop = max(0, lane.length - 2)
        xml.element(
          "inductionLoop", [("id", "stop_" + name), ("lane", name), ("pos", fixed(stop, 2)), ("period", "300"), ("file", "e1.xml")])
        if lane.length > advance + 10 {
          xml.element(
            "inductionLoop",
            [("id", "advance_" + name), ("lane", name), ("pos", fixed(lane.length - advance, 2)), ("period", "300"), ("file", "e1.xml")])
        }
        xml.element(
          "laneAreaDetector",
          [
            ("id", "queue_" + name), ("lane", name), ("pos", "0"), ("endPos", fixed(lane.length, 2)), ("period", "300"), ("file", "e2.xml"),
          ])
      }
    }
    return xml.finish()
  }
}
