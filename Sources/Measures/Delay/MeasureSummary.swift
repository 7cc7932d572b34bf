import Statistics

/// One measure over several seeds: how large, how sure, how bad at worst.
public struct MeasureSummary: Sendable, Equatable {
  public var measure: NetworkMeasure
  /// One figure a run, in the order of the runs.
  public var values: [Double]
  /// Mean with its interval; the interval is unbounded with one run.
  public var interval: ConfidenceInterval
  /// The largest where small is good, the smallest where large is.
  public var worst: Double

  public init(_ measure: NetworkMeasure, of runs: [NetworkMeasures], level: Double = 0.95) {
    precondition(!runs.isEmpty, "a summary needs a run")
    self.measure = measure
    values = runs.map(measure.value)
    interval = ConfidenceInterval(meanOf: values, level: level)
    worst = (measure.smallerIsBetter ?? true ? values.max() : values.min()) ?? .nan
  }

  /// `12.3 ± 0.4`, or the figure alone where there is one run.
  public var text: String {
    let figure = NumberText.fixed(interval.estimate, measure.decimals)
    guard values.count > 1, interval.halfWidth.isFinite else { return figure }
    return figure + " ± " + NumberText.fixed(interval.halfWidth, max(measure.decimals, 1))
  }
}
