/// Two treatments of the same subjects, seed by seed: the difference, its interval, and how surprising it would be by chance.
public struct PairedComparison: Equatable, Sendable {
  /// The mean of the first values.
  public let baseline: Double
  /// The mean of the second values.
  public let alternative: Double
  /// Alternative minus baseline.
  public let difference: ConfidenceInterval
  /// The two-sided probability of a mean difference as large, were there none (Student's paired test). 1 where it cannot be told.
  public let pValue: Double
  /// How many pairs went down, up, and nowhere.
  public let lower, higher, equal: Int

  /// - Parameters:
  ///   - baseline: one value a pair, at least one pair.
  ///   - alternative: the values in the same order.
  public init(baseline: [Double], alternative: [Double], level: Double = 0.95) {
    precondition(!baseline.isEmpty && baseline.count == alternative.count, "\(baseline.count) values paired with \(alternative.count)")
    let differences = zip(alternative, baseline).map { $0 - $1 }
    let sample = SampleSummary(differences)
    self.baseline = SampleSummary(baseline).mean
    self.alternative = SampleSummary(alternative).mean
    difference = ConfidenceInterval(sample, level: level)
    if sample.count > 1, sample.standardError > 0 {
      let t = sample.mean / sample.standardError
      pValue = 2 * studentProbability(-t.magnitude, degrees: Double(sample.count - 1))
    } else {
      pValue = sample.count > 1 && sample.mean != 0 ? 0 : 1
    }
    lower = differences.count { $0 < 0 }
    higher = differences.count { $0 > 0 }
    equal = differences.count { $0 == 0 }
  }

  /// Whether the interval excludes no difference.
  public var isSignificant: Bool { !difference.contains(0) }

  /// The mean difference as a share of the baseline; nil where the baseline is 0.
  public var relativeDifference: Double? { baseline == 0 ? nil : difference.estimate / baseline.magnitude }
}
