import TrafficModel

/// The vehicles of a SUMO as its context subscription tells them each second: speed, lane and place of everybody, without a string made
/// of what is known.
///
/// The next signal is asked for only when a vehicle comes upon another lane, and once in a while since it may have chosen another route:
/// SUMO looks along the whole route for it, which would cost more than the step itself for everybody each second.
struct SUMOVehicles {
  static let variables = [TraCIVariable.speed, TraCIVariable.lane, TraCIVariable.lanePosition]
  /// How long an answer about the next signal holds on the same lane [s].
  static let validity = 20.0

  /// What is known of one vehicle.
  struct Known {
    /// Lane of the network, or -1.
    var lane: Int32 = -1
    var position = 0.0
    var speed = 0.0
    /// The lane on which its next signal was asked for, and when.
    var askedOn: Int32 = -2
    var askedAt = -1e9
    var signal: SignalID?
    var link = 0
    /// From the lane's start to the signal's stop line [m].
    var stopPosition = Double.infinity
    /// In the order in which they were heard; nil: not heard yet.
    var key: UInt32?
  }

  private(set) var names = NameTable()
  private(set) var known: [Known] = []
  /// Vehicles on the road, in SUMO's order.
  private(set) var present: [Int] = []
  private var lanes = NameTable()
  /// Lane of the network for each number of `lanes`, or -1.
  private var laneNumbers: [Int32] = []
  private var keyCount: UInt32 = 0

  func name(_ vehicle: Int) -> String { names.names[vehicle] }

  mutating func giveKey(_ vehicle: Int) -> UInt32 {
    if let key = known[vehicle].key { return key }
    defer { keyCount += 1 }
    known[vehicle].key = keyCount
    return keyCount
  }

  /// Reads the answer of a context subscription for ``variables``.
  mutating func read(_ reader: inout TraCIReader, _ network: RoadNetwork) throws(TraCIError) {
    present.removeAll(keepingCapacity: true)
    _ = try reader.commandLength()
    _ = try reader.byte()
    _ = try reader.string()
    _ = try reader.byte()
    let variables = try reader.byte()
    let count = try reader.int()
    guard count >= 0 else { throw .malformed(expected: "a number of vehicles", found: "\(count)") }
    for _ in 0..<count {
      let vehicle = try reader.name(&names)
      if vehicle == known.count { known.append(Known()) }
      known[vehicle].lane = -1
      for _ in 0..<variables {
        let variable = try reader.byte()
        let status = try reader.byte()
        let type = try reader.byte()
        switch (variable, type) {
        case (TraCIVariable.speed, 0x0B): known[vehicle].speed = try reader.double()
        case (TraCIVariable.lanePosition, 0x0B): known[vehicle].position = try reader.double()
        case (TraCIVariable.lane, 0x0C):
          let lane = try reader.name(&lanes)
          if lane == laneNumbers.count { laneNumbers.append(network.laneNames[lanes.names[lane]].map { Int32($0.index) } ?? -1) }
          if status == 0 { known[vehicle].lane = laneNumbers[lane] }
        default: _ = try reader.typed(as: type)
        }
      }
      present.append(vehicle)
    }
  }

  /// Vehicles whose next signal must be asked for at `time` [s].
  func unasked(at time: Double) -> [Int] {
    present.filter { v in
      known[v].lane >= 0 && (known[v].askedOn != known[v].lane || time - known[v].askedAt >= Self.validity)
    }
  }

  mutating func note(_ vehicle: Int, _ next: TraCINextSignal?, at time: Double, _ network: RoadNetwork) {
    known[vehicle].askedOn = known[vehicle].lane
    known[vehicle].askedAt = time
    known[vehicle].signal = next.flatMap { network.signalNames[$0.signal] }
    known[vehicle].link = next?.link ?? 0
    known[vehicle].stopPosition = next.map { $0.distance + known[vehicle].position } ?? .infinity
  }
}
