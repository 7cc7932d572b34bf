import TrafficModel

extension SUMODemandBuild {
  /// The type of this name, made from SUMO's defaults where it is one of those nobody need define.
  mutating func typeID(_ name: String) -> VehicleTypeID? {
    if let known = demand.vehicleTypeNames[name] { return known }
    let classes = [
      "DEFAULT_VEHTYPE": "passenger", "DEFAULT_BIKETYPE": "bicycle", "DEFAULT_TAXITYPE": "taxi", "DEFAULT_PEDTYPE": "pedestrian",
      "DEFAULT_RAILTYPE": "rail", "DEFAULT_CONTAINERTYPE": "container",
    ]
    guard let vehicleClass = classes[name], var type = SUMOVehicleDefaults.type(named: name, vehicleClass: vehicleClass) else { return nil }
    if let defaultSpeedDeviation { type.speedFactor.deviation = defaultSpeedDeviation }
    demand.vehicleTypes.append(type)
    return demand.vehicleTypeNames.intern(name)
  }

  /// The type or distribution an attribute names; the default type where it names none.
  mutating func typeSelection(_ text: XMLText?, line: Int, _ element: String) -> Selection<VehicleTypeID>? {
    let name = text?.string ?? "DEFAULT_VEHTYPE"
    if let distribution = typeDistributions[name] { return .distribution(distribution) }
    if let id = typeID(name) { return .fixed(id) }
    problems.add(line: line, element, expected: "type naming a vType defined before", found: name)
    return nil
  }

  mutating func vehicleType(_ xml: inout XMLReader) {
    let line = xml.line
    guard let name = xml["id"]?.string, !name.isEmpty else { return problems.add(line: line, "vType", expected: "an attribute id") }
    let element = "vType \(name)"
    guard var type = SUMOVehicleDefaults.type(named: name, vehicleClass: xml["vClass"]?.string ?? "passenger") else {
      return problems.add(line: line, element, expected: "a known vClass", found: xml["vClass"]?.string ?? "none")
    }
    if let defaultSpeedDeviation { type.speedFactor.deviation = defaultSpeedDeviation }
    apply(&xml, to: &type, element, line)
    if let known = demand.vehicleTypeNames[name] {
      guard name.hasPrefix("DEFAULT_") else {
        return problems.add(line: line, element, expected: "each vType id once", found: "a second one")
      }
      demand.vehicleTypes[known.index] = type
      open.type = known
      return
    }
    guard typeDistributions[name] == nil else {
      return problems.add(line: line, element, expected: "a name of its own", found: "the name of a vTypeDistribution")
    }
    let id = demand.vehicleTypeNames.intern(name)
    demand.vehicleTypes.append(type)
    open.type = id
    if let distribution = open.typeDistribution {
      demand.typeDistributions[distribution].values.append(id)
      demand.typeDistributions[distribution].weights.append(number(xml["probability"], "probability", 0...1e6, element, line) ?? 1)
    }
  }

  private mutating func number(
    _ text: XMLText?, _ key: String, _ range: ClosedRange<Double>, _ element: String, _ line: Int
  ) -> Double? {
    guard let text else { return nil }
    guard let value = text.double, range.contains(value) else {
      problems.add(
        line: line, element, expected: "\(key) as a number from \(range.lowerBound) to \(range.upperBound)", found: text.string)
      return nil
    }
    return value
  }

  private mutating func apply(_ xml: inout XMLReader, to type: inout VehicleType, _ element: String, _ line: Int) {
    var given: Set<String> = []
    var factor: (mean: Double, deviation: Double?, low: Double, high: Double)?
    for (key, text) in xml.allAttributes {
      given.insert(key)
      func number(_ range: ClosedRange<Double>) -> Double? {
        guard let value = Double(text), range.contains(value) else {
          problems.add(
            line: line, element, expected: "\(key) as a number from \(range.lowerBound) to \(range.upperBound)", found: text)
          return nil
        }
        return value
      }
      switch key {
      case "id", "vClass", "probability", "color", "imgFile", "osgFile", "description": break
      case "length":
        if let v = number(0.01...1000) { type.length = v }
      case "minGap": if let v = number(0...1000) { type.minGap = v }
      case "width": if let v = number(0.01...1000) { type.width = v }
      case "height": if let v = number(0...1000) { type.height = v }
      case "maxSpeed": if let v = number(0.001...1000) { type.maxSpeed = v }
      case "desiredMaxSpeed": if let v = number(0.001...1e4) { type.desiredMaxSpeed = v }
      case "accel": if let v = number(0.001...100) { type.acceleration = v }
      case "decel": if let v = number(0.001...100) { type.deceleration = v }
      case "emergencyDecel": if let v = number(0.001...1000) { type.emergencyDeceleration = v }
      case "apparentDecel": if let v = number(0.001...1000) { type.apparentDeceleration = v }
      case "sigma": if let v = number(0...1) { type.sigma = v }
      case "sigmaStep": if let v = number(0...1e6) { type.sigmaStep = v }
      case "tau": if let v = number(0...1000) { type.tau = v }
      case "startupDelay": if let v = number(0...1e6) { type.startupDelay = v }
      case "delta": if let v = number(0...1000) { type.idmDelta = v }
      case "impatience":
        if text == "off" { type.impatience = -1e9 } else if let v = number(-1e9...1) { type.impatience = v }
      case "speedFactor":
        if let read = Self.distribution(text) {
          factor = read
        } else {
          problems.add(line: line, element, expected: "speedFactor as a number, norm(m,s) or normc(m,s,low,high)", found: text)
        }
      case "speedDev": if let v = number(0...100) { type.speedFactor.deviation = v }
      case "carFollowModel":
        switch text {
        case "Krauss", "SUMO_KRAUSS", "KraussOrig1", "KraussPS": type.carFollowing = .krauss
        case "IDM": type.carFollowing = .idm
        default: recognizedOnly["carFollowModel \(text) (Krauss instead)", default: 0] += 1
        }
      case "emissionClass": type.emissionClass = text
      case "guiShape": type.guiShape = text
      case "personCapacity": if let v = number(0...100_000) { type.personCapacity = Int(v) }
      case "lcStrategic": if let v = number(-1e6...1e6) { type.laneChange.strategic = v }
      case "lcCooperative":
        if let v = number(-1e6...1e6) {
          type.laneChange.cooperative = v
          // As in SUMO, where adjusting speed for others follows the willingness to change for them unless it is given.
          if xml["lcCooperativeSpeed"] == nil { type.laneChange.cooperativeSpeed = v }
        }
      case "lcSpeedGain": if let v = number(-1e6...1e6) { type.laneChange.speedGain = v }
      case "lcKeepRight": if let v = number(-1e6...1e6) { type.laneChange.keepRight = v }
      case "lcOvertakeRight": if let v = number(-1e6...1e6) { type.laneChange.overtakeRight = v }
      case "lcSpeedGainLookahead": if let v = number(0...1e6) { type.laneChange.speedGainLookahead = v }
      case "lcCooperativeSpeed": if let v = number(-1e6...1e6) { type.laneChange.cooperativeSpeed = v }
      case "lcAssertive": if let v = number(1e-6...1e6) { type.laneChange.assertive = v }
      case "lcLookaheadLeft": if let v = number(0...1e6) { type.laneChange.lookaheadLeft = v }
      case "lcSpeedGainRight": if let v = number(0...1e6) { type.laneChange.speedGainRight = v }
      case "lcStrategicLookahead": if let v = number(0...1e6) { type.laneChange.strategicLookahead = v }
      case "jmDriveAfterRedTime": if let v = number(-1...1e6) { type.junction.ignoreRedTime = v }
      case "jmDriveAfterYellowTime": if let v = number(-1...1e6) { type.junction.driveAfterYellowTime = v }
      case "jmIgnoreKeepClearTime": if let v = number(-1...1e6) { type.junction.keepClearTime = v }
      case "jmTimegapMinor": if let v = number(0...1e6) { type.junction.timeGapMinor = v }
      case "jmSigmaMinor": if let v = number(0...1) { type.junction.sigmaMinor = v }
      case "jmStoplineGap": if let v = number(0...1e6) { type.junction.stopLineGap = v }
      case "jmCrossingGap": if let v = number(0...1e6) { type.junction.crossingGap = v }
      default: recognizedOnly["vType attribute \(key)", default: 0] += 1
      }
    }
    if let factor {
      let deviation = given.contains("speedDev") ? type.speedFactor.deviation : factor.deviation ?? type.speedFactor.deviation
      type.speedFactor = .init(mean: factor.mean, deviation: deviation, minimum: factor.low, maximum: factor.high)
    }
    if !given.contains("apparentDecel") { type.apparentDeceleration = type.deceleration }
    if !given.contains("emergencyDecel") { type.emergencyDeceleration = max(type.emergencyDeceleration, type.deceleration) }
    if type.emergencyDeceleration < type.deceleration {
      problems.add(
        line: line, element, expected: "emergencyDecel of at least decel \(type.deceleration)", found: "\(type.emergencyDeceleration)")
    }
    if given.contains("emissionClass"), EmissionModel.named(type.emissionClass).isFallback {
      // What is usual for the class of vehicle is nearer to a bus than the car that stands in for everything.
      let name = type.vehicleClass.isEmpty ? "ignoring" : type.vehicleClass.memberNames[0]
      let usual = SUMOVehicleDefaults.type(named: type.name, vehicleClass: name)?.emissionClass ?? EmissionModel.fallbackName
      recognizedOnly["emission class \(type.emissionClass) (\(usual) instead)", default: 0] += 1
      type.emissionClass = usual
      type.emissionClassFallback = true
    }
  }

  /// `1.1`, `norm(1.1,0.2)` or `normc(1.1,0.2,0.5,1.5)`. A bare number leaves the deviation to the class and `speedDev`.
  private static func distribution(_ text: String) -> (mean: Double, deviation: Double?, low: Double, high: Double)? {
    if let mean = Double(text) { return mean > 0 && mean < 100 ? (mean, nil, 0.2, 2) : nil }
    guard let open = text.firstIndex(of: "("), text.last == ")", ["norm", "normc"].contains(text[..<open]) else { return nil }
    let numbers = text[text.index(after: open)...].dropLast().split(separator: ",").map { Double($0.filter { $0 != " " }) }
    guard numbers.count >= 1, numbers.count <= 4, !numbers.contains(nil) else { return nil }
    let values = numbers.map { $0! }
    guard values.allSatisfy({ $0.isFinite && $0 >= 0 && $0 < 1e6 }), values[0] > 0 else { return nil }
    return (
      values[0], values.count > 1 ? values[1] : 0, values.count > 2 ? values[2] : 0,
      values.count > 3 ? max(values[3], values[2]) : Double.greatestFiniteMagnitude
    )
  }

  /// The old way to give parameters of the car-following model, in an element of its own.
  mutating func followingParameters(_ xml: inout XMLReader) {
    guard let id = open.type else { return }
    var type = demand.vehicleTypes[id.index]
    apply(&xml, to: &type, "vType \(type.name)", xml.line)
    if xml.name == "carFollowing-IDM" { type.carFollowing = .idm }
    demand.vehicleTypes[id.index] = type
  }

  mutating func typeDistribution(_ xml: inout XMLReader) {
    let line = xml.line
    guard let name = xml["id"]?.string, !name.isEmpty else {
      return problems.add(line: line, "vTypeDistribution", expected: "an attribute id")
    }
    guard typeDistributions[name] == nil, demand.vehicleTypeNames[name] == nil else {
      return problems.add(line: line, "vTypeDistribution \(name)", expected: "a name of its own", found: "a second of this name")
    }
    var choice = WeightedChoice<VehicleTypeID>(name: name, values: [], weights: [])
    let weights = xml["probabilities"]?.words ?? []
    for (k, word) in (xml["vTypes"]?.words ?? []).enumerated() {
      guard let id = typeID(word) else {
        problems.add(line: line, "vTypeDistribution \(name)", expected: "vTypes defined before", found: word)
        continue
      }
      choice.values.append(id)
      let weight = k < weights.count ? Double(weights[k]) : 1
      if let weight, weight >= 0, weight.isFinite {
        choice.weights.append(weight)
      } else {
        problems.add(line: line, "vTypeDistribution \(name)", expected: "probabilities, not negative", found: weights[k])
        choice.weights.append(1)
      }
    }
    typeDistributions[name] = demand.typeDistributions.count
    open.typeDistribution = demand.typeDistributions.count
    open.routeLine = line
    demand.typeDistributions.append(choice)
  }

  mutating func endTypeDistribution() {
    guard let index = open.typeDistribution else { return }
    open.typeDistribution = nil
    let choice = demand.typeDistributions[index]
    if choice.values.isEmpty || choice.weights.reduce(0, +) <= 0 {
      problems.add(
        line: open.routeLine, "vTypeDistribution \(choice.name)", expected: "at least one vType with a probability", found: "none")
    }
  }
}
