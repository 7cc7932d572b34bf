import TrafficModel

extension SUMODemandBuild {
  /// Links named in a list, checked to follow each other; nil after a complaint.
  mutating func links(_ text: XMLText, line: Int, _ element: String) -> [LinkID]? {
    var links: [LinkID] = []
    var isWhole = true
    text.forEachWord { word in
      if let id = network.linkNames[utf8: word.bytes], network.links[id.index].function == .normal {
        links.append(id)
      } else {
        isWhole = false
        problems.add(line: line, element, expected: "edges of the network", found: "no edge \(word.string)")
      }
    }
    guard isWhole else { return nil }
    guard !links.isEmpty else {
      problems.add(line: line, element, expected: "at least one edge", found: "none")
      return nil
    }
    for (a, b) in zip(links, links.dropFirst()) where !successors[a.index].contains(b) {
      problems.add(
        line: line, element, expected: "edges that follow each other",
        found: "a gap from \(network.name(a)) to \(network.name(b))", advice: "no connection joins them")
      return nil
    }
    return links
  }

  mutating func route(_ xml: inout XMLReader) {
    let line = xml.line
    let owner = open.vehicle.map { "\($0.kind) \($0.name)" }
    if let reference = xml["refId"]?.string, let distribution = open.routeDistribution {
      guard let id = demand.routeNames[reference] else {
        return problems.add(line: line, "routeDistribution", expected: "refId naming a route defined before", found: reference)
      }
      demand.routeDistributions[distribution].values.append(id)
      demand.routeDistributions[distribution].weights.append(weight(xml["probability"], line))
      return
    }
    let name: String
    if let given = xml["id"]?.string {
      name = given
    } else if let vehicle = open.vehicle {
      // Named after its vehicle, as SUMO does.
      name = "!" + vehicle.name + (open.routeDistribution == nil ? "" : "#\(demand.routes.count)")
    } else if let distribution = open.routeDistribution {
      name = demand.routeDistributions[distribution].name + "#\(demand.routeDistributions[distribution].values.count)"
    } else {
      return problems.add(line: line, "route", expected: "an attribute id")
    }
    let element = owner ?? "route \(name)"
    guard let edges = xml["edges"] else { return problems.add(line: line, element, expected: "an attribute edges") }
    guard var way = links(edges, line: line, element) else { return }
    if let text = xml["repeat"] {
      guard let times = text.int, times >= 0, times <= 10_000 else {
        return problems.add(line: line, element, expected: "repeat from 0 to 10000", found: text.string)
      }
      let once = way
      if times > 0, !successors[once[once.count - 1].index].contains(once[0]), once.count > 1 {
        return problems.add(line: line, element, expected: "a route whose end leads to its beginning, to be repeated", found: "a gap")
      }
      for _ in 0..<times { way += once }
    }
    guard demand.routeNames[name] == nil, routeDistributions[name] == nil else {
      return problems.add(line: line, element, expected: "each route id once", found: "a second \(name)")
    }
    let id = demand.routeNames.intern(name)
    demand.routes.append(Route(links: way))
    open.route = id
    if let distribution = open.routeDistribution {
      demand.routeDistributions[distribution].values.append(id)
      demand.routeDistributions[distribution].weights.append(weight(xml["probability"], line))
    } else if open.vehicle != nil {
      open.vehicle!.path = .route(.fixed(id))
    }
  }

  private mutating func weight(_ text: XMLText?, _ line: Int) -> Double {
    guard let text else { return 1 }
    guard let value = text.double, value >= 0 else {
      problems.add(line: line, "route", expected: "probability, not negative", found: text.string)
      return 1
    }
    return value
  }

  mutating func routeDistribution(_ xml: inout XMLReader) {
    let line = xml.line
    guard let name = xml["id"]?.string ?? open.vehicle.map({ "!" + $0.name }), !name.isEmpty else {
      return problems.add(line: line, "routeDistribution", expected: "an attribute id")
    }
    guard routeDistributions[name] == nil, demand.routeNames[name] == nil else {
      return problems.add(line: line, "routeDistribution \(name)", expected: "a name of its own", found: "a second of this name")
    }
    var choice = WeightedChoice<RouteID>(name: name, values: [], weights: [])
    let weights = xml["probabilities"]?.words ?? []
    for (k, word) in (xml["routes"]?.words ?? []).enumerated() {
      guard let id = demand.routeNames[word] else {
        problems.add(line: line, "routeDistribution \(name)", expected: "routes defined before", found: word)
        continue
      }
      choice.values.append(id)
      let weight = k < weights.count ? Double(weights[k]) ?? -1 : 1
      if weight < 0 || !weight.isFinite {
        problems.add(line: line, "routeDistribution \(name)", expected: "probabilities, not negative", found: weights[k])
      }
      choice.weights.append(max(0, weight))
    }
    routeDistributions[name] = demand.routeDistributions.count
    open.routeDistribution = demand.routeDistributions.count
    open.routeLine = line
    demand.routeDistributions.append(choice)
  }

  mutating func endRouteDistribution() {
    guard let index = open.routeDistribution else { return }
    open.routeDistribution = nil
    let choice = demand.routeDistributions[index]
    if choice.values.isEmpty || choice.weights.reduce(0, +) <= 0 {
      problems.add(
        line: open.routeLine, "routeDistribution \(choice.name)", expected: "at least one route with a probability", found: "none")
    } else if open.vehicle != nil {
      open.vehicle!.path = .route(.distribution(index))
    }
  }
}
