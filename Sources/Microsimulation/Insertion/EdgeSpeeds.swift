import TrafficModel

/// Mean speed on each edge over the last three minutes: what drivers know of the traffic when they choose a way.
final class EdgeSpeeds: @unchecked Sendable {
  /// Steps averaged.
  static let memory = 180
  let arena = Arena()
  let edges: Int
  /// [m/s]
  let speed: UnsafeMutablePointer<Double>
  let free: UnsafeMutablePointer<Double>
  let past: UnsafeMutablePointer<Double>
  let touched: UnsafeMutablePointer<Bool>
  var at = 0

  init(_ network: CompiledNetwork) {
    edges = network.edgeCount
    speed = arena.column(count: edges)
    free = arena.column(count: edges)
    past = arena.column(count: edges * Self.memory)
    touched = arena.column(count: edges)
    for edge in 0..<edges {
      guard network.edgeLaneCount[edge] > 0 else { continue }
      let first = Int(network.edgeFirstLane[edge])
      var time = network.edgeLength[edge] / max(network.laneSpeed[first], Following.epsilon)
      if network.edgeInternal[edge], network.laneEntry[first] >= 0 {
        let entry = Int(network.inConnection[Int(network.inBegin[first])])
        let state = network.connectionOffState[entry]
        if !network.connectionSignalized[entry], !(state >= 0x41 && state <= 0x5A) {
          let turnsBack = network.connectionTurn[entry] == TurnCode.uTurn
          time += turnsBack ? TravelTimeRouter.turnaroundPenalty : TravelTimeRouter.minorPenalty
        }
      }
      free[edge] = time > 0 ? network.edgeLength[edge] / time : network.laneSpeed[first]
      speed[edge] = free[edge]
      for k in 0..<Self.memory { past[edge * Self.memory + k] = free[edge] }
    }
  }

  /// Takes in the speeds of now.
  func update(_ engine: Engine) {
    let network = engine.network, lanes = engine.lanes, vehicles = engine.vehicles
    for w in 0..<lanes.wordCount {
      var word = lanes.active[w]
      while word != 0 {
        touched[Int(network.laneEdge[w << 6 + word.trailingZeroBitCount])] = true
        word &= word - 1
      }
    }
    for edge in 0..<edges where touched[edge] {
      var sum = 0.0
      var count = 0
      let first = Int(network.edgeFirstLane[edge])
      for l in first..<(first + Int(network.edgeLaneCount[edge])) {
        for k in 0..<Int(lanes.count[l]) {
          sum += vehicles.speed[lanes.vehicle(l, k)]
          count += 1
        }
      }
      let current = count > 0 ? sum / Double(count) : free[edge]
      let slot = edge * Self.memory + at
      speed[edge] += (current - past[slot]) / Double(Self.memory)
      past[slot] = current
    }
    at = (at + 1) % Self.memory
  }
}
