/// Mean speed on each edge over the last three minutes: what drivers know of the traffic when they choose a way.
final class EdgeSpeeds: @unchecked Sendable {
  /// Steps averaged.
  static let memory = 180
  let arena = Arena()
  let edges: Int
  /// [m/s]
  let speed: UnsafeMutablePointer<Double>
  let past: UnsafeMutablePointer<Double>
  let touched: UnsafeMutablePointer<Bool>
  var at = 0

  init(_ network: CompiledNetwork) {
    edges = network.edgeCount
    speed = arena.column(count: edges)
    past = arena.column(count: edges * Self.memory)
    touched = arena.column(count: edges)
    for edge in 0..<edges {
      guard network.edgeLaneCount[edge] > 0 else { continue }
      let first = Int(network.edgeFirstLane[edge])
      let lanes = Int(network.edgeLaneCount[edge])
      speed[edge] = (first..<(first + lanes)).reduce(0) { $0 + network.laneSpeed[$1] } / Double(lanes)
      for k in 0..<Self.memory { past[edge * Self.memory + k] = speed[edge] }
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
        // An empty lane weighs as much as one vehicle at its limit.
        if lanes.count[l] == 0 {
          sum += network.laneSpeed[l]
          count += 1
        }
        for k in 0..<Int(lanes.count[l]) {
          sum += vehicles.speed[lanes.vehicle(l, k)]
          count += 1
        }
      }
      let current = sum / Double(count)
      let slot = edge * Self.memory + at
      speed[edge] += (current - past[slot]) / Double(Self.memory)
      past[slot] = current
    }
    at = (at + 1) % Self.memory
  }
}
