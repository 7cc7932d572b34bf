import TrafficModel

/// Fills what faulty or silent detectors should have said, always marked as imputed.
///
/// Each neighbour predicts by a line fitted to common history; the median of the predictions is taken, then the usual count of the time
/// of day where no neighbour can be believed. The variance says how far the predictions were off in history.
public struct Imputation: Sendable {
  struct Line: Sendable {
    var neighbour: Int
    var slope: Double
    var intercept: Double
    var variance: Double
  }
  private var lines: [[Line]] = []
  private let baseline: HealthBaseline

  /// Fits a line for every pair of neighbours to `history` (observations of equal intervals).
  public init(baseline: HealthBaseline, history: [[Observation]]) {
    self.baseline = baseline
    let counts = history.map { own in
      Dictionary(own.filter { $0.quality == .measured }.map { ($0.begin.milliseconds, $0.count) }, uniquingKeysWith: { a, _ in a })
    }
    for d in history.indices {
      var own: [Line] = []
      let times = counts[d].keys.sorted()
      for j in baseline.neighbours[d] {
        var n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0, syy = 0.0
        for t in times {
          guard let x = counts[j][t], let y = counts[d][t] else { continue }
          n += 1
          sx += x
          sy += y
          sxx += x * x
          sxy += x * y
          syy += y * y
        }
        guard n >= 20, sxx - sx * sx / n > 1e-9 else { continue }
        let slope = (sxy - sx * sy / n) / (sxx - sx * sx / n)
        let intercept = (sy - slope * sx) / n
        let residual = max(0, syy - intercept * sy - slope * sxy) / max(1, n - 2)
        own.append(Line(neighbour: j, slope: slope, intercept: intercept, variance: residual))
      }
      lines.append(own)
    }
  }

  /// The observations of one interval with the untrusted ones replaced. `trusted` tells for each detector whether its own may be used.
  public func fill(_ observations: [Observation?], trusted: [Bool], begin: Instant, end: Instant) -> [Observation] {
    let slot = HealthBaseline.slot(begin)
    let samples = (end - begin).seconds / 30
    return observations.indices.map { d in
      if trusted[d], let o = observations[d], o.quality == .measured { return o }
      var predictions: [Double] = []
      var variance = Double.infinity
      for line in lines[d] where trusted[line.neighbour] {
        guard let o = observations[line.neighbour], o.quality == .measured else { continue }
        predictions.append(max(0, line.intercept + line.slope * o.count))
        variance = min(variance, line.variance)
      }
      let usual = baseline.count[d * HealthBaseline.slots + slot] * samples
      let value = predictions.isEmpty ? usual : HealthBaseline.median(&predictions)
      let usualOn = baseline.onTime[d * HealthBaseline.slots + slot]
      return Observation(
        detector: DetectorID(d), begin: begin, end: end, count: value,
        occupancy: min(1, value * usualOn / (end - begin).seconds), quality: .imputed,
        countVariance: max(1, variance.isFinite ? variance : usual * (1 + usual * 0.1)))
    }
  }
}
