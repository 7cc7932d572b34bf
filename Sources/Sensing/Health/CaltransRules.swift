import TrafficModel

/// The diagnostics of the California performance measurement system for one detector and one day, 05:00 to 22:00, on 30 s samples.
///
/// Thresholds are the public ones of its current version (github: cagov/caldata-mdsa-caltrans-pems, seeds `diagnostic_threshold_values`).
public struct CaltransRules: Sendable, Hashable {
  public enum Kind: Sendable, Hashable { case mainline, ramp }
  public enum Outcome: String, Sendable, Codable {
    case good, insufficientData, cardOff, highValue, intermittent, constant, unstable
  }

  /// Least share of samples.
  public var minimumSamples = 0.60
  /// Greatest share of samples with zero occupancy (mainline).
  public var zeroOccupancy = 0.59
  /// Occupancy that is high, and the greatest share of samples above it.
  public var highOccupancy = 0.70
  public var highOccupancyShare = 0.20
  /// Greatest share of samples with zero flow and occupancy above zero.
  public var flowOccupancyMismatch = 0.02
  /// Greatest share of samples with flow above zero and zero occupancy.
  public var occupancyFlowMismatch = 0.50
  /// Vehicles in 30 s that are too many, and the greatest share of samples above it (ramps).
  public var highFlow = 20.0
  public var highFlowShare = 0.20
  /// Greatest share of samples with zero flow (ramps).
  public var zeroFlow = 0.99
  /// Most repetitions of one five-minute occupancy in a row.
  public var repeatedOccupancy = 50

  public init() {}

  /// Judges a day. `count` and `occupancy` hold a value for each sample that arrived, in order; `expected` is how many should have.
  public func judge(_ kind: Kind, count: [Double], occupancy: [Double], expected: Int) -> Outcome {
    let n = count.count
    guard n > 0, Double(n) >= minimumSamples * Double(expected) else { return .insufficientData }
    let all = Double(n)
    func share(_ test: (Double, Double) -> Bool) -> Double { Double(zip(count, occupancy).filter { test($0, $1) }.count) / all }
    switch kind {
    case .mainline:
      if share({ $1 == 0 }) > zeroOccupancy { return .cardOff }
      if share({ $1 > highOccupancy }) > highOccupancyShare { return .highValue }
      if share({ $0 == 0 && $1 > 0 }) > flowOccupancyMismatch { return .intermittent }
      if share({ $0 > 0 && $1 == 0 }) > occupancyFlowMismatch { return .intermittent }
      var five: [Double] = []
      for k in stride(from: 0, to: n - n % 10, by: 10) { five.append(occupancy[k..<(k + 10)].reduce(0, +) / 10) }
      var run = 0
      for (a, b) in zip(five, five.dropFirst()) {
        run = a == b && a > 0 ? run + 1 : 0
        if run > repeatedOccupancy { return .constant }
      }
    case .ramp:
      if share({ count, _ in count == 0 }) > zeroFlow { return .cardOff }
      if share({ count, _ in count > highFlow }) > highFlowShare { return .highValue }
    }
    return .good
  }
}
