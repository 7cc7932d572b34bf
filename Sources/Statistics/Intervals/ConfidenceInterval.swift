/// An estimate and the interval that covers the truth with a stated probability.
public struct ConfidenceInterval: Equatable, Sendable, Codable {
  /// The point estimate.
  public let estimate: Double
  /// The lower end.
  public let lower: Double
  /// The upper end.
  public let upper: Double
  /// The probability of covering, such as 0.95.
  public let level: Double
  /// How many independent values stand behind it.
  public let count: Int

  public init(estimate: Double, lower: Double, upper: Double, level: Double, count: Int) {
    (self.estimate, self.lower, self.upper, self.level, self.count) = (estimate, lower, upper, level, count)
  }

  /// Student's interval for the mean of independent values. With one value the ends are infinite: nothing is known of the spread.
  public init(meanOf values: [Double], level: Double = 0.95) {
    self.init(SampleSummary(values), level: level)
  }

  /// Student's interval for the mean of a summarised sample of at least one value.
  public init(_ sample: SampleSummary, level: Double = 0.95) {
    precondition(sample.count > 0, "an interval from no values")
    precondition(level > 0 && level < 1, "a level of \(level)")
    let half =
      sample.count > 1
      ? studentQuantile(0.5 + 0.5 * level, degrees: Double(sample.count - 1)) * sample.standardError : Double.infinity
    self.init(estimate: sample.mean, lower: sample.mean - half, upper: sample.mean + half, level: level, count: sample.count)
  }

  /// Half the width.
  public var halfWidth: Double { 0.5 * (upper - lower) }

  /// Whether `value` lies inside, ends included.
  public func contains(_ value: Double) -> Bool { value >= lower && value <= upper }

  /// How many replications in all would bring the half width to `target`, judged by this sample's spread.
  public func replications(forHalfWidth target: Double) -> Int {
    precondition(target > 0, "a half width of \(target)")
    precondition(count > 1, "the spread of one value is unknown")
    let spread = halfWidth / studentQuantile(0.5 + 0.5 * level, degrees: Double(count - 1)) * Double(count).squareRoot()
    var n = 2
    while n < 1_000_000, studentQuantile(0.5 + 0.5 * level, degrees: Double(n - 1)) * spread / Double(n).squareRoot() > target {
      n += max(1, n / 50)
    }
    return n
  }
}
