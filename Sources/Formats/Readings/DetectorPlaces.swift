import TrafficModel

/// Where detectors stand: from a mapping file `detector,lane[,position][,role]`, `lane` a lane or a link, position in metres from its
/// beginning (negative: before its end; without one: before the stop line).
public enum DetectorPlaces {
  /// One detector for each lane named; a link stands for all its lanes together, counted once on its middle lane.
  public static func read(path: String, network: RoadNetwork) throws -> (detectors: [Detector], problems: [InputProblem]) {
    let table = try DelimitedText(path: path)
    let name = try table.required("detector", "id"), place = try table.required("lane", "link", "edge")
    let position = table.column("position", "pos"), role = table.column("role")
    var detectors: [Detector] = []
    var problems: [InputProblem] = []
    for (line, fields) in table.records {
      func field(_ k: Int?) -> String { k.flatMap { fields.indices.contains($0) ? fields[$0] : nil } ?? "" }
      let lane: LaneID
      if let id = network.laneNames[field(place)] {
        lane = id
      } else if let link = network.linkNames[field(place)], !network[link].lanes.isEmpty {
        lane = network[link].lanes[network[link].lanes.count / 2]
      } else {
        problems.append(
          InputProblem(file: table.file, line: line, element: field(name), expected: "a lane or link of the network", found: field(place)))
        continue
      }
      let length = network[lane].length
      let given = Double(field(position)) ?? -1
      let at = min(max(given < 0 ? length + given : given, 0), length)
      detectors.append(
        Detector(
          id: DetectorID(detectors.count), name: field(name), kind: .point(lane: lane, position: at),
          role: Detector.Role(rawValue: field(role)) ?? .unspecified))
    }
    if detectors.isEmpty {
      throw InputProblems(problems + [InputProblem(file: table.file, expected: "at least one detector on the network", found: "none")])
    }
    return (detectors, problems)
  }
}
