import Statistics
import Testing

@Suite("Intervals and comparisons")
struct IntervalTests {
  @Test("Summaries: known values, and two halves joined equal the whole")
  func summary() {
    let values = [2.0, 4, 4, 4, 5, 5, 7, 9]
    let whole = SampleSummary(values)
    #expect(whole.mean == 5)
    #expect((whole.variance - 32.0 / 7).magnitude < 1e-14)
    #expect(whole.minimum == 2 && whole.maximum == 9)
    var joined = SampleSummary(values.prefix(3))
    joined.add(SampleSummary(values.dropFirst(3)))
    #expect(joined.count == 8)
    #expect((joined.variance - whole.variance).magnitude < 1e-14)
    #expect((joined.mean - 5).magnitude < 1e-14)
    #expect(SampleSummary([1.0]).variance.isNaN)
    // A large common part must not swamp the variance.
    #expect((SampleSummary([1e9 + 1, 1e9 + 2, 1e9 + 3]).variance - 1).magnitude < 1e-6)
  }

  @Test("Student's interval: half width t·s/√n; one value tells nothing of the spread")
  func interval() {
    let interval = ConfidenceInterval(meanOf: [1, 2, 3, 4, 5])
    #expect(interval.estimate == 3)
    #expect((interval.halfWidth - 2.7764451051977987 * (2.5 / 5.0).squareRoot()).magnitude < 1e-12)
    #expect(ConfidenceInterval(meanOf: [7]).upper == .infinity)
    let needed = interval.replications(forHalfWidth: 0.5)
    #expect(studentQuantile(0.975, degrees: Double(needed - 1)) * 2.5.squareRoot() / Double(needed).squareRoot() <= 0.5)
    #expect(needed < 50)
  }

  @Test("A 95 % interval covers the truth in about 95 % of samples")
  func coverage() {
    var random = RandomStream(seed: 11)
    var covered = 0
    for _ in 0..<2000 {
      if ConfidenceInterval(meanOf: (0..<5).map { _ in random.normal(mean: 10, standardDeviation: 3) }).contains(10) { covered += 1 }
    }
    // Five standard errors of a share of 0.95 in 2000 trials.
    #expect((Double(covered) / 2000 - 0.95).magnitude < 5 * (0.95 * 0.05 / 2000).squareRoot())
  }

  /// Student (1908): hours of sleep gained by ten patients under two drugs; t = 4.0621, p = 0.00283.
  @Test("Student's sleep data")
  func paired() {
    let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    let comparison = PairedComparison(baseline: first, alternative: second)
    #expect((comparison.difference.estimate - 1.58).magnitude < 1e-12)
    #expect((comparison.pValue - 0.00283289).magnitude < 1e-7)
    #expect((comparison.difference.lower - 0.7001142).magnitude < 1e-6)
    #expect((comparison.difference.upper - 2.4598858).magnitude < 1e-6)
    #expect(comparison.isSignificant)
    #expect((comparison.lower, comparison.higher, comparison.equal) == (0, 9, 1))
  }

  @Test("Identical runs differ by nothing, certainly")
  func identical() {
    let same = PairedComparison(baseline: [1, 2, 3], alternative: [1, 2, 3])
    #expect(!same.isSignificant)
    #expect(same.pValue == 1)
    #expect(same.relativeDifference == 0)
    #expect(PairedComparison(baseline: [1], alternative: [9]).pValue == 1)
  }

  @Test("The bootstrap of a mean agrees with Student's interval for many values, and repeats itself")
  func bootstrap() {
    var random = RandomStream(seed: 3)
    let values = (0..<400).map { _ in random.exponential(mean: 10) }
    let mean: ([Double]) -> Double = { $0.reduce(0, +) / Double($0.count) }
    let found = bootstrapInterval(values, stream: RandomStream(seed: 1), statistic: mean)
    let student = ConfidenceInterval(meanOf: values)
    #expect((found.lower - student.lower).magnitude < 0.25 * student.halfWidth)
    #expect((found.upper - student.upper).magnitude < 0.25 * student.halfWidth)
    #expect(found == bootstrapInterval(values, stream: RandomStream(seed: 1), statistic: mean))
  }

  @Test("Sample quantiles interpolate as R's type 7")
  func quantiles() {
    #expect(sampleQuantile([4, 1, 3, 2], 0.5) == 2.5)
    #expect(sampleQuantile([1, 2, 3, 4, 5], 0.95) == 4.8)
    #expect(sampleQuantile([9], 0.3) == 9)
  }
}
