/// What a stop line's loops tell about a lane: when in the cycle vehicles arrive, and how fast a queue discharges.
public struct StopLineProfile: Sendable {
  /// Vehicles in each second of the cycle, over all cycles.
  public private(set) var arrivals: [Double]
  public private(set) var cycles = 0
  private var headwaySum = 0.0
  private var headwaySquares = 0.0
  private var headways = 0.0
  private let gap: Double

  /// - Parameters:
  ///   - cycle: whole seconds.
  ///   - gap: longest headway within a discharging queue [s].
  public init(cycle: Int, gap: Double = 4) {
    precondition(cycle > 0, "a cycle of \(cycle) s")
    arrivals = [Double](repeating: 0, count: cycle)
    self.gap = gap
  }

  /// A vehicle arrived `second` seconds into a cycle (any multiple of the cycle may be added).
  public mutating func arrive(at second: Double) {
    let n = arrivals.count
    let k = Int(second.rounded(.down)) % n
    arrivals[k < 0 ? k + n : k] += 1
  }

  /// Passages of one green over the stop line, seconds since its begin, ascending. Headways from the fifth vehicle on, while the queue lasts,
  /// are saturation headways (HCM chapter 31 counts from the fourth passage).
  public mutating func green(passages: [Double]) {
    cycles += 1
    guard passages.count > 4 else { return }
    for k in 4..<passages.count {
      let h = passages[k] - passages[k - 1]
      if h > gap { break }
      headwaySum += h
      headwaySquares += h * h
      headways += 1
    }
  }

  /// Saturation flow [veh/h] with its standard error, or nil before thirty saturation headways were seen.
  public var saturationFlow: (mean: Double, standardError: Double)? {
    guard headways >= 30 else { return nil }
    let mean = headwaySum / headways
    let variance = max(0, headwaySquares / headways - mean * mean)
    return (3600 / mean, 3600 / (mean * mean) * (variance / headways).squareRoot())
  }

  /// Arrivals as a rate in each second of the cycle [veh/s].
  public var rate: [Double] { arrivals.map { cycles > 0 ? $0 / Double(cycles) : 0 } }
}
