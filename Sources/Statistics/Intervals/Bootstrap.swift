/// The percentile bootstrap interval of any statistic (Efron 1979): the spread of the statistic over samples drawn with replacement
/// from the one at hand.
///
/// - Parameters:
///   - values: at least one.
///   - stream: decides which samples are drawn.
public func bootstrapInterval(
  _ values: [Double], level: Double = 0.95, resamples: Int = 2000, stream: RandomStream, statistic: ([Double]) -> Double
) -> ConfidenceInterval {
  precondition(!values.isEmpty && resamples > 0, "\(resamples) resamples of \(values.count) values")
  var stream = stream
  var drawn = values
  let found = (0..<resamples).map { _ in
    for i in drawn.indices { drawn[i] = values[stream.integer(below: values.count)] }
    return statistic(drawn)
  }
  return ConfidenceInterval(
    estimate: statistic(values), lower: sampleQuantile(found, 0.5 - 0.5 * level), upper: sampleQuantile(found, 0.5 + 0.5 * level),
    level: level, count: values.count)
}
