/// Signals over TraCI.
extension TraCIClient {
  public func signalIDs() throws(TraCIError) -> [String] { try get(.trafficLight, TraCIVariable.idList).asStrings() }

  /// One letter a link, as in a network's `state` attribute.
  public func state(ofSignal id: String) throws(TraCIError) -> String {
    try get(.trafficLight, TraCIVariable.redYellowGreenState, id).asString()
  }

  public func phase(ofSignal id: String) throws(TraCIError) -> Int { try get(.trafficLight, TraCIVariable.currentPhase, id).asInt() }

  public func program(ofSignal id: String) throws(TraCIError) -> String {
    try get(.trafficLight, TraCIVariable.currentProgram, id).asString()
  }

  /// Whole duration of the current phase [s].
  public func phaseDuration(ofSignal id: String) throws(TraCIError) -> Double {
    try get(.trafficLight, TraCIVariable.phaseDuration, id).asDouble()
  }

  /// Time of the next switch [s].
  public func nextSwitch(ofSignal id: String) throws(TraCIError) -> Double {
    try get(.trafficLight, TraCIVariable.nextSwitch, id).asDouble()
  }

  /// The lane of each link, in link order.
  public func lanes(ofSignal id: String) throws(TraCIError) -> [String] {
    try get(.trafficLight, TraCIVariable.controlledLanes, id).asStrings()
  }

  /// Lanes from, to and through the junction of each link; a link index may control several connections.
  public func links(ofSignal id: String) throws(TraCIError) -> [[(from: String, to: String, via: String)]] {
    let items = try get(.trafficLight, TraCIVariable.controlledLinks, id).asCompound()
    guard let first = items.first else { return [] }
    let count = try first.asInt()
    var links: [[(from: String, to: String, via: String)]] = []
    var next = 1
    for _ in 0..<count {
      guard next < items.count else { throw .malformed(expected: "\(count) links", found: "\(links.count)") }
      let connections = try items[next].asInt()
      next += 1
      var link: [(from: String, to: String, via: String)] = []
      for _ in 0..<connections {
        guard next < items.count else { throw .malformed(expected: "\(connections) connections", found: "\(link.count)") }
        let lanes = try items[next].asStrings()
        next += 1
        guard lanes.count == 3 else { throw .malformed(expected: "three lanes", found: "\(lanes.count)") }
        link.append((lanes[0], lanes[1], lanes[2]))
      }
      links.append(link)
    }
    return links
  }

  public func setPhase(ofSignal id: String, to index: Int) throws(TraCIError) {
    try set(.trafficLight, TraCIVariable.setPhaseIndex, id, .int(index))
  }

  public func setPhaseDuration(ofSignal id: String, to seconds: Double) throws(TraCIError) {
    try set(.trafficLight, TraCIVariable.phaseDuration, id, .double(seconds))
  }

  /// Shows a state. SUMO runs the signal in a program called "online" from then on, until a program is set.
  public func setState(ofSignal id: String, to state: String) throws(TraCIError) {
    try set(.trafficLight, TraCIVariable.redYellowGreenState, id, .string(state))
  }

  public func setProgram(ofSignal id: String, to program: String) throws(TraCIError) {
    try set(.trafficLight, TraCIVariable.program, id, .string(program))
  }

  /// Shows a state with the next step, without a round trip of its own.
  public func enqueueState(_ id: String, _ state: String) {
    enqueue(.trafficLight, TraCIVariable.redYellowGreenState, id, .string(state))
  }
}
