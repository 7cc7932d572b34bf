/// Vehicles of one end of one link shared out among movements.
struct Attribution {
  /// For each movement: vehicles, and how many of them are in doubt.
  var mean: [Int32: Double] = [:]
  var doubt: [Int32: Double] = [:]
  var total = 0.0
  /// Stands for traffic that begins or ends on the link.
  static let virtual: Int32 = -1

  /// Expectation maximisation over groups whose vehicles can have made any of their movements. A movement served by several lanes is
  /// spread over them; `weight` is what each is expected to carry, `virtualWeight` above zero where traffic may begin or end here.
  init(_ groups: [(lane: Int32, movements: [Int32], count: Double)], weight: (Int32) -> Double, virtualWeight: Double, rounds: Int) {
    var lanes: [Int32: Set<Int32>] = [:]
    var keys: [(lane: Int32, movements: [Int32], count: Double)] = []
    for var g in groups where g.count > 0 {
      if virtualWeight > 0 || g.movements.isEmpty { g.movements.append(Self.virtual) }
      for m in g.movements { lanes[m, default: []].insert(g.lane) }
      total += g.count
      keys.append(g)
    }
    let all = lanes.keys.sorted()
    guard total > 0 else { return }
    var expected: [Int32: Double] = [:]
    for m in all { expected[m] = max(m == Self.virtual ? virtualWeight : weight(m), 1e-3) }
    let sum = all.reduce(0) { $0 + expected[$1]! }
    for m in all { expected[m]! *= total / sum }
    for _ in 0..<max(1, rounds) {
      mean = Dictionary(uniqueKeysWithValues: all.map { ($0, 0) })
      doubt = mean
      for g in keys {
        var z = 0.0
        for m in g.movements { z += expected[m]! / Double(lanes[m]!.count) }
        for m in g.movements {
          let q = expected[m]! / Double(lanes[m]!.count) / z
          mean[m]! += g.count * q
          doubt[m]! += 2 * g.count * (max(0, q * (1 - q))).squareRoot()
        }
      }
      for m in all { expected[m] = max(mean[m]!, 1e-6) }
    }
  }
}
