import Statistics

/// The ensemble Kalman filter: the covariance is that of a set of states, so the model may be anything that steps one state on, and the
/// memory grows with states times members instead of states squared.
///
/// Measurements are taken one at a time with perturbed observations; a localisation keeps chance correlations between distant parts out.
public struct EnsembleKalmanFilter: Sendable {
  /// Members, each a state.
  public private(set) var members: [[Double]]
  private var random: RandomStream

  /// Draws `count` members about `mean` with independent standard deviations; entries below `floor` are raised to it.
  public init(mean: [Double], standardDeviation: [Double], count: Int, floor: Double = -.infinity, seed: UInt64) {
    precondition(count >= 2, "an ensemble of \(count)")
    var random = RandomStream(seed: seed, stream: 41)
    members = (0..<count).map { _ in
      mean.indices.map { max(floor, random.normal(mean: mean[$0], standardDeviation: standardDeviation[$0])) }
    }
    self.random = random
  }

  /// Steps every member on; `model` gets a stream of its own for the noise it adds.
  public mutating func predict(_ model: (inout [Double], inout RandomStream) -> Void) {
    for k in members.indices { model(&members[k], &random) }
  }

  /// Takes the measurement z = state[index] + noise. `weight(j)` in 0…1 scales the influence on entry j; `floor` bounds entries below.
  public mutating func update(
    index: Int, measurement z: Double, variance r: Double, weight: (Int) -> Double = { _ in 1 }, floor: Double = -.infinity
  ) {
    let n = Double(members.count)
    let mean = members.reduce(0) { $0 + $1[index] } / n
    let spread = members.reduce(0) { $0 + ($1[index] - mean) * ($1[index] - mean) } / (n - 1)
    guard spread > 0 else { return }
    // Deviations of the measured entry as they were: the loop below changes it on its way.
    let deviations = members.map { $0[index] - mean }
    let innovations = members.map { z + random.normal(standardDeviation: r.squareRoot()) - $0[index] }
    for j in members[0].indices {
      let w = weight(j)
      guard w > 0 else { continue }
      let own = members.reduce(0) { $0 + $1[j] } / n
      var cross = 0.0
      for k in members.indices { cross += (members[k][j] - own) * deviations[k] }
      cross /= n - 1
      let gain = w * cross / (spread + r)
      for k in members.indices { members[k][j] = max(floor, members[k][j] + gain * innovations[k]) }
    }
  }

  public var mean: [Double] {
    members[0].indices.map { j in members.reduce(0) { $0 + $1[j] } / Double(members.count) }
  }
  public var variance: [Double] {
    let m = mean
    return m.indices.map { j in members.reduce(0) { $0 + ($1[j] - m[j]) * ($1[j] - m[j]) } / Double(members.count - 1) }
  }
}
