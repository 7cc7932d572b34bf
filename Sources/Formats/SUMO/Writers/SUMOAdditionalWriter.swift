import TrafficModel

/// Writes detectors and stopping places as a SUMO additional file.
public enum SUMOAdditionalWriter {
  public static func write(
    detectors: [Detector], stoppingPlaces: [StoppingPlace] = [], network: RoadNetwork, to path: String
  ) throws(OutputProblem) {
    try TextOutput.write(text(detectors: detectors, stoppingPlaces: stoppingPlaces, network: network), to: path)
  }

  /// The whole file as text. A detector without an output file writes to `NUL`, which SUMO takes for nowhere.
  public static func text(detectors: [Detector], stoppingPlaces: [StoppingPlace] = [], network: RoadNetwork) -> String {
    var xml = SUMOXML(root: "additional")
    for place in stoppingPlaces {
      xml.element(
        place.kind.rawValue,
        [
          ("id", place.name), ("lane", network.name(place.lane)), ("startPos", shortest(place.startPosition)),
          ("endPos", shortest(place.endPosition)), ("lines", place.lines.isEmpty ? nil : place.lines.joined(separator: " ")),
        ])
    }
    for detector in detectors { add(detector, network, to: &xml) }
    return xml.finish()
  }

  private static func add(_ detector: Detector, _ network: RoadNetwork, to xml: inout SUMOXML) {
    let head: [(String, String?)] = [("id", detector.name)]
    let tail: [(String, String?)] = [("period", detector.period?.sumo), ("file", detector.outputFile ?? "NUL")]
    let thresholds: [(String, String?)] = [
      ("timeThreshold", detector.haltingTime == 1 ? nil : shortest(detector.haltingTime)),
      ("speedThreshold", detector.haltingSpeed == 5 / 3.6 ? nil : shortest(detector.haltingSpeed)),
    ]
    switch detector.kind {
    case .point(let lane, let position):
      xml.element("inductionLoop", head + [("lane", network.name(lane)), ("pos", shortest(position))] + tail)
    case .area(let lanes, let start, let end):
      let place: [(String, String?)] =
        lanes.count == 1
        ? [("lane", network.name(lanes[0]))] : [("lanes", lanes.map { network.name($0) }.joined(separator: " "))]
      let jam: [(String, String?)] = [("jamThreshold", detector.jamDistance == 10 ? nil : shortest(detector.jamDistance))]
      let ends: [(String, String?)] = [("pos", shortest(start)), ("endPos", shortest(end))]
      xml.element("laneAreaDetector", head + place + ends + tail + thresholds + jam)
    case .entryExit(let entries, let exits):
      xml.element("entryExitDetector", head + tail + thresholds, opens: true)
      for (name, gates) in [("detEntry", entries), ("detExit", exits)] {
        for gate in gates { xml.element(name, depth: 2, [("lane", network.name(gate.lane)), ("pos", shortest(gate.position))]) }
      }
      xml.close("entryExitDetector")
    }
  }
}
