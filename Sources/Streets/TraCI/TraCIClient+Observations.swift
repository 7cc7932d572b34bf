/// Lanes, detectors, vehicles and the simulation over TraCI.
extension TraCIClient {
  // MARK: Lanes

  public func length(ofLane id: String) throws(TraCIError) -> Double { try get(.lane, TraCIVariable.length, id).asDouble() }
  public func maximumSpeed(ofLane id: String) throws(TraCIError) -> Double { try get(.lane, TraCIVariable.maximumSpeed, id).asDouble() }
  public func vehicleCount(ofLane id: String) throws(TraCIError) -> Int {
    try get(.lane, TraCIVariable.lastStepVehicleNumber, id).asInt()
  }
  public func haltingCount(ofLane id: String) throws(TraCIError) -> Int {
    try get(.lane, TraCIVariable.lastStepHaltingNumber, id).asInt()
  }

  // MARK: Detectors

  /// Induction loop (E1): vehicles on it in the last step.
  public func vehicleCount(ofLoop id: String) throws(TraCIError) -> Int {
    try get(.inductionLoop, TraCIVariable.lastStepVehicleNumber, id).asInt()
  }
  /// Induction loop (E1): occupancy of the last step [%].
  public func occupancy(ofLoop id: String) throws(TraCIError) -> Double {
    try get(.inductionLoop, TraCIVariable.lastStepOccupancy, id).asDouble()
  }
  /// Lane area detector (E2): vehicles in its jams.
  public func jamLengthVehicles(ofArea id: String) throws(TraCIError) -> Int {
    try get(.laneArea, TraCIVariable.jamLengthVehicles, id).asInt()
  }
  /// Lane area detector (E2): length of its jams [m].
  public func jamLength(ofArea id: String) throws(TraCIError) -> Double {
    try get(.laneArea, TraCIVariable.jamLengthMetres, id).asDouble()
  }
  /// Entry-exit detector (E3): vehicles between entry and exit.
  public func vehicleCount(ofEntryExit id: String) throws(TraCIError) -> Int {
    try get(.multiEntryExit, TraCIVariable.lastStepVehicleNumber, id).asInt()
  }

  // MARK: Vehicles

  public func vehicleIDs() throws(TraCIError) -> [String] { try get(.vehicle, TraCIVariable.idList).asStrings() }
  public func speed(ofVehicle id: String) throws(TraCIError) -> Double { try get(.vehicle, TraCIVariable.speed, id).asDouble() }
  public func lane(ofVehicle id: String) throws(TraCIError) -> String { try get(.vehicle, TraCIVariable.lane, id).asString() }
  public func lanePosition(ofVehicle id: String) throws(TraCIError) -> Double {
    try get(.vehicle, TraCIVariable.lanePosition, id).asDouble()
  }

  // MARK: Simulation

  public func simulationTime() throws(TraCIError) -> Double { try get(.simulation, TraCIVariable.time).asDouble() }
  /// Vehicles on the road and still to depart.
  public func expectedVehicles() throws(TraCIError) -> Int { try get(.simulation, TraCIVariable.minExpectedNumber).asInt() }
}

/// The first signal ahead of a vehicle, as the vehicle tells it.
struct TraCINextSignal: Equatable {
  var signal: String
  var link: Int
  /// Distance to its stop line [m].
  var distance: Double

  /// Reads variable 0x70, of which only the first entry may be used: the rest would be the vehicle's route.
  init?(_ value: TraCIValue) {
    guard case .compound(let items) = value, items.count >= 4 else { return nil }
    guard case .string(let signal) = items[1], case .int(let link) = items[2], case .double(let distance) = items[3] else { return nil }
    self.signal = signal
    self.link = link
    self.distance = distance
  }
}
