import TrafficModel

extension SUMODemandBuild {
  /// SUMO's POSITION_EPS: a stop is at least twice this long [m].
  private static let shortestStop = 0.2

  /// Start and end on a lane, negative ones counted from its end; nil after a complaint.
  private mutating func span(
    _ xml: inout XMLReader, lane: LaneID, _ element: String, _ line: Int, wholeLane: Bool
  ) -> (start: Double, end: Double)? {
    let length = network[lane].length
    func position(_ text: XMLText?) -> Double? {
      guard let text else { return nil }
      guard let value = text.double, abs(value) < 1e6 else {
        problems.add(line: line, element, expected: "startPos and endPos in metres", found: text.string)
        return .nan
      }
      return value < 0 ? value + length : value
    }
    let isFriendly = xml["friendlyPos"]?.bool ?? false
    var end = position(xml["endPos"]) ?? length
    var start = position(xml["startPos"]) ?? (wholeLane ? 0 : max(0, end - Self.shortestStop))
    guard !start.isNaN, !end.isNaN else { return nil }
    if isFriendly || end - length < 0.1 {
      end = min(max(end, min(Self.shortestStop, length)), length)
      start = max(0, min(start, end - min(Self.shortestStop, length)))
    }
    guard start >= 0, end <= length, start <= end else {
      problems.add(
        line: line, element, expected: "0 ≤ startPos ≤ endPos ≤ \(length), the lane's length", found: "\(start) to \(end)",
        advice: "friendlyPos moves a stop onto its lane")
      return nil
    }
    return (start, end)
  }

  mutating func stoppingPlace(_ xml: inout XMLReader) {
    let line = xml.line
    let kind = xml.name.string
    guard let name = xml["id"]?.string, !name.isEmpty else { return problems.add(line: line, kind, expected: "an attribute id") }
    let element = "\(kind) \(name)"
    guard let lane = lane(xml["lane"], line: line, element),
      let span = span(&xml, lane: lane, element, line, wholeLane: true)
    else { return }
    guard demand.stoppingPlaceNames[name] == nil else {
      return problems.add(line: line, element, expected: "each stopping place once", found: "a second of this id")
    }
    demand.stoppingPlaceNames.intern(name)
    demand.stoppingPlaces.append(
      StoppingPlace(
        name: name, kind: StoppingPlace.Kind(rawValue: kind) ?? .busStop, lane: lane, startPosition: span.start, endPosition: span.end,
        lines: xml["lines"]?.words ?? []))
  }

  mutating func stop(_ xml: inout XMLReader) {
    let line = xml.line
    let element = open.vehicle.map { "\($0.kind) \($0.name) stop" } ?? "stop"
    guard open.vehicle != nil || open.route != nil else { return }
    var place: StoppingPlaceID?
    var lane: LaneID?
    for key: StaticString in ["busStop", "trainStop", "containerStop", "chargingStation", "parkingArea"] {
      guard let text = xml[key] else { continue }
      guard let id = demand.stoppingPlaceNames[utf8: text.bytes] else {
        return problems.add(line: line, element, expected: "\(key) defined before", found: text.string)
      }
      place = id
      lane = demand.stoppingPlaces[id.index].lane
    }
    var start = 0.0, end = 0.0
    if let place {
      (start, end) = (demand.stoppingPlaces[place.index].startPosition, demand.stoppingPlaces[place.index].endPosition)
    } else {
      if let text = xml["lane"] {
        lane = self.lane(text, line: line, element)
      } else if let text = xml["edge"] {
        guard let id = network.linkNames[utf8: text.bytes] else {
          return problems.add(line: line, element, expected: "edge naming an edge", found: text.string)
        }
        lane = network[id].lanes.first { network[$0].permissions.contains(.passenger) } ?? network[id].lanes.first
      } else {
        return problems.add(line: line, element, expected: "one of busStop, lane and edge", found: "none")
      }
      guard let lane, let span = span(&xml, lane: lane, element, line, wholeLane: false) else { return }
      (start, end) = span
    }
    guard let lane else { return }
    var made = ScheduledStop(lane: lane, startPosition: start, endPosition: end, duration: 0, place: place)
    if let text = xml["duration"] {
      guard let value = text.seconds, value >= 0 else {
        return problems.add(line: line, element, expected: "duration in seconds, not negative", found: text.string)
      }
      made.duration = value
    }
    if let text = xml["until"] {
      guard let value = text.seconds else { return problems.add(line: line, element, expected: "until in seconds", found: text.string) }
      made.until = value
    }
    if let text = xml["parking"] {
      made.parking = text.bool ?? (text == "opportunistic")
    } else if let place, demand.stoppingPlaces[place.index].kind == .parkingArea {
      made.parking = true
    }
    if xml["triggered"] != nil || xml["containerTriggered"] != nil { recognizedOnly["stop that waits for riders", default: 0] += 1 }
    if let speed = xml["speed"]?.double, speed > 0 {
      recognizedOnly["waypoint (stop with speed)", default: 0] += 1
      return
    }
    if open.vehicle != nil {
      open.vehicle!.stops.append(made)
    } else if let route = open.route {
      demand.routes[route.index].stops.append(made)
    }
  }
}
