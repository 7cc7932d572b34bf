/// Count, mean, variance and range of a sample, gathered one value at a time (Welford, Technometrics 4, 1962).
public struct SampleSummary: Equatable, Sendable {
  /// How many values were added.
  public private(set) var count = 0
  /// Their mean; 0 for none.
  public private(set) var mean = 0.0
  private var squares = 0.0
  /// The smallest value; +∞ for none.
  public private(set) var minimum = Double.infinity
  /// The largest value; −∞ for none.
  public private(set) var maximum = -Double.infinity

  public init() {}

  public init(_ values: some Sequence<Double>) {
    for value in values { add(value) }
  }

  /// Takes one more value in.
  public mutating func add(_ value: Double) {
    count += 1
    let step = value - mean
    mean += step / Double(count)
    squares += step * (value - mean)
    minimum = min(minimum, value)
    maximum = max(maximum, value)
  }

  /// Takes another sample in, as if its values had been added (Chan, Golub & LeVeque 1983).
  public mutating func add(_ other: SampleSummary) {
    guard other.count > 0 else { return }
    let total = count + other.count
    let step = other.mean - mean
    squares += other.squares + step * step * Double(count) * Double(other.count) / Double(total)
    mean += step * Double(other.count) / Double(total)
    count = total
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
  }

  /// The unbiased variance; NaN below two values.
  public var variance: Double { count > 1 ? squares / Double(count - 1) : .nan }
  /// The square root of ``variance``.
  public var standardDeviation: Double { variance.squareRoot() }
  /// The standard error of the mean.
  public var standardError: Double { (variance / Double(count)).squareRoot() }
}

/// The quantile of a sample by linear interpolation between order statistics (Hyndman & Fan's type 7, as in R and NumPy).
///
/// - Parameter values: at least one, in any order.
public func sampleQuantile(_ values: [Double], _ p: Double) -> Double {
  precondition(!values.isEmpty, "the quantile of an empty sample")
  precondition(p >= 0 && p <= 1, "a probability of \(p)")
  let sorted = values.sorted()
  let h = p * Double(sorted.count - 1)
  let below = Int(h)
  let above = min(below + 1, sorted.count - 1)
  return sorted[below] + (h - Double(below)) * (sorted[above] - sorted[below])
}
