import TrafficModel

extension SUMODemandBuild {
  mutating func vehicle(_ xml: inout XMLReader) {
    open.vehicle = nil
    let line = xml.line
    let kind = xml.name.string
    guard let name = xml["id"]?.string, !name.isEmpty else { return problems.add(line: line, kind, expected: "an attribute id") }
    let element = "\(kind) \(name)"
    guard let type = typeSelection(xml["type"], line: line, element) else { return }
    var time = Instant.zero
    var flow: (rate: DepartureFlow.Rate, end: Instant?, limit: Int?)?
    if kind == "flow" {
      if let text = xml["begin"] {
        guard let begin = text.instant else {
          return problems.add(line: line, element, expected: "begin in seconds", found: text.string)
        }
        time = begin
      }
      flow = rate(&xml, begin: time, element, line)
      if flow == nil { return }
    } else {
      guard let text = xml["depart"] else { return problems.add(line: line, element, expected: "an attribute depart") }
      switch text {
      case "triggered", "containerTriggered", "split", "now":
        recognizedOnly["\(kind) with depart=\(text.string)", default: 0] += 1
        return
      case "begin": time = Instant(milliseconds: .min / 4)
      default:
        guard let depart = text.instant else {
          return problems.add(line: line, element, expected: "depart in seconds", found: text.string)
        }
        time = depart
      }
    }
    guard let attributes = attributes(&xml, element, line) else { return }
    var vehicle = OpenVehicle(kind: kind, name: name, line: line, type: type, path: nil, time: time, attributes: attributes, flow: flow)
    vehicle.vehicleLine = xml["line"]?.string
    if let reference = xml["route"]?.string {
      if let distribution = routeDistributions[reference] {
        vehicle.path = .route(.distribution(distribution))
      } else if let id = demand.routeNames[reference] {
        vehicle.path = .route(.fixed(id))
      } else {
        return problems.add(line: line, element, expected: "route naming a route defined before", found: reference)
      }
    } else if let from = xml["from"], let to = xml["to"] {
      guard let first = link(from, "from", element, line), let last = link(to, "to", element, line) else { return }
      var via: [LinkID] = []
      for word in xml["via"]?.words ?? [] {
        guard let id = network.linkNames[word], network[id].function == .normal else {
          return problems.add(line: line, element, expected: "via naming edges", found: "no edge \(word)")
        }
        via.append(id)
      }
      vehicle.path = .trip(from: first, to: last, via: via)
    } else if xml["fromTaz"] != nil || xml["toTaz"] != nil || xml["fromJunction"] != nil || xml["toJunction"] != nil {
      recognizedOnly["\(kind) between zones or junctions", default: 0] += 1
      return
    }
    open.vehicle = vehicle
  }

  private mutating func link(_ text: XMLText, _ key: String, _ element: String, _ line: Int) -> LinkID? {
    guard let id = network.linkNames[utf8: text.trimmed.bytes], network.links[id.index].function == .normal else {
      problems.add(line: line, element, expected: "\(key) naming an edge", found: "no edge \(text.string)")
      return nil
    }
    return id
  }

  private mutating func rate(
    _ xml: inout XMLReader, begin: Instant, _ element: String, _ line: Int
  ) -> (rate: DepartureFlow.Rate, end: Instant?, limit: Int?)? {
    var end: Instant?
    if let text = xml["end"] {
      guard let value = text.instant, value >= begin else {
        problems.add(line: line, element, expected: "end in seconds, not before begin", found: text.string)
        return nil
      }
      end = value
    }
    var limit: Int?
    if let text = xml["number"] {
      guard let value = text.int, value >= 0, value < 100_000_000 else {
        problems.add(line: line, element, expected: "number from 0", found: text.string)
        return nil
      }
      limit = value
    }
    var given: [(key: String, rate: DepartureFlow.Rate?)] = []
    for key: StaticString in ["vehsPerHour", "perHour"] {
      guard let text = xml[key] else { continue }
      let value = text.double
      // SUMO counts periods in whole milliseconds, so that many of them add up as its do.
      given.append((key.description, value.flatMap { $0 > 0 && $0 < 1e7 ? .period(max((3.6e6 / $0).rounded(), 1) / 1000) : nil }))
      if value == 0 { given[given.count - 1].rate = .number(0) }
    }
    if let text = xml["period"] {
      let spelling = text.trimmed.string
      if spelling.hasPrefix("exp("), spelling.hasSuffix(")") {
        let value = Double(spelling.dropFirst(4).dropLast())
        given.append(("period", value.flatMap { $0 > 0 && $0 < 1e4 ? .poisson($0) : nil }))
      } else {
        given.append(("period", text.seconds.flatMap { $0 > 0 && $0 < 1e9 ? .period($0) : nil }))
      }
    }
    if let text = xml["probability"] {
      given.append(("probability", text.double.flatMap { $0 >= 0 && $0 <= 1 ? .probability($0) : nil }))
    }
    if given.count > 1 {
      problems.add(
        line: line, element, expected: "one of period, vehsPerHour and probability", found: given.map(\.key).joined(separator: " and "))
      return nil
    }
    if let only = given.first {
      guard let rate = only.rate else {
        problems.add(
          line: line, element, expected: "\(only.key) as a sensible rate", found: xml.allAttributes.first { $0.name == only.key }?.value)
        return nil
      }
      if case .number = rate { return (rate, end, limit) }
      return (rate, end, limit)
    }
    guard let number = limit else {
      problems.add(line: line, element, expected: "one of period, vehsPerHour, probability and number", found: "none")
      return nil
    }
    return (.number(number), end, number)
  }

  /// The depart and arrival attributes; nil after a complaint.
  private mutating func attributes(_ xml: inout XMLReader, _ element: String, _ line: Int) -> DepartureAttributes? {
    var read = DepartureAttributes()
    var isGood = true
    func wrong(_ key: String, _ text: XMLText) {
      isGood = false
      problems.add(line: line, element, expected: "a known \(key)", found: text.string)
    }
    if let text = xml["departLane"] {
      switch text {
      case "first": read.lane = .first
      case "random": read.lane = .random
      case "free": read.lane = .free
      case "allowed": read.lane = .allowed
      case "best": read.lane = .best
      case "best_prob": read.lane = .bestBySpeed
      default: if let index = text.int, index >= 0, index < 1000 { read.lane = .index(index) } else { wrong("departLane", text) }
      }
    }
    if let text = xml["departPos"] {
      switch text {
      case "base": read.position = .base
      case "random": read.position = .random
      case "free": read.position = .free
      case "random_free": read.position = .randomFree
      case "last": read.position = .last
      case "stop": read.position = .stop
      default: if let value = text.double, abs(value) < 1e6 { read.position = .at(value) } else { wrong("departPos", text) }
      }
    }
    if let text = xml["departSpeed"] {
      switch text {
      case "random": read.speed = .random
      case "max": read.speed = .max
      case "desired": read.speed = .desired
      case "speedLimit": read.speed = .speedLimit
      case "last": read.speed = .last
      case "avg": read.speed = .average
      default: if let value = text.double, value >= 0, value < 1000 { read.speed = .at(value) } else { wrong("departSpeed", text) }
      }
    }
    if let text = xml["arrivalLane"] {
      switch text {
      case "current": read.arrivalLane = .current
      case "random": read.arrivalLane = .random
      case "first": read.arrivalLane = .first
      default: if let index = text.int, index >= 0, index < 1000 { read.arrivalLane = .index(index) } else { wrong("arrivalLane", text) }
      }
    }
    if let text = xml["arrivalPos"] {
      switch text {
      case "max": read.arrivalPosition = .max
      case "random": read.arrivalPosition = .random
      default: if let value = text.double, abs(value) < 1e6 { read.arrivalPosition = .at(value) } else { wrong("arrivalPos", text) }
      }
    }
    if let text = xml["arrivalSpeed"] {
      if text == "current" {
        read.arrivalSpeed = .current
      } else if let value = text.double, value >= 0, value < 1000 {
        read.arrivalSpeed = .at(value)
      } else {
        wrong("arrivalSpeed", text)
      }
    }
    if let text = xml["speedFactor"] {
      if let value = text.double, value > 0, value < 100 { read.speedFactor = value } else { wrong("speedFactor", text) }
    }
    for key: StaticString in ["departPosLat", "arrivalPosLat", "departEdge", "arrivalEdge", "personNumber", "containerNumber"] {
      if xml[key] != nil { recognizedOnly["vehicle attribute \(key)", default: 0] += 1 }
    }
    return isGood ? read : nil
  }

  mutating func endVehicle() {
    guard let vehicle = open.vehicle else { return }
    open.vehicle = nil
    let element = "\(vehicle.kind) \(vehicle.name)"
    guard let path = vehicle.path else {
      // A route that was wrong has been told already.
      if !problems.problems.contains(where: { $0.element == element }) {
        problems.add(line: vehicle.line, element, expected: "a route, or from and to", found: "neither")
      }
      return
    }
    if let flow = vehicle.flow {
      demand.flows.append(
        DepartureFlow(
          name: vehicle.name, type: vehicle.type, path: path, begin: vehicle.time, end: flow.end, rate: flow.rate, limit: flow.limit,
          attributes: vehicle.attributes, stops: vehicle.stops))
      return
    }
    let id = demand.vehicleNames.intern(vehicle.name)
    guard id.index == demand.departures.count else {
      return problems.add(line: vehicle.line, element, expected: "each vehicle id once", found: "a second of this id")
    }
    demand.departures.append(
      Departure(
        id: id, type: vehicle.type, path: path, time: vehicle.time, attributes: vehicle.attributes, stops: vehicle.stops,
        line: vehicle.vehicleLine))
  }
}
