/// Cuts a day of counts into periods, each with a plan of its own.
///
/// The best cut of a series into k stretches is found exactly by dynamic programming; how many stretches are worth it is decided by
/// what each further one saves. Source: after W. D. Fisher, *On grouping for maximum homogeneity*, JASA 53, 1958.
public struct PlanPeriods: Sendable, Hashable {
  public struct Period: Sendable, Hashable {
    /// Intervals of the series, first included, last excluded.
    public var intervals: Range<Int>
    /// Mean counts of the period, one for each column.
    public var mean: [Double]
  }

  public var periods: [Period]
  /// Sum of squared distances to the periods' means, and to the mean of the whole day.
  public var withinVariation: Double
  public var totalVariation: Double
  /// Least sum of squared distances with 1, 2, 3… periods; fewer where the day is too short for more.
  public var alternatives: [Double]
  /// Share of the day's variation the periods explain.
  public var explained: Double { totalVariation > 0 ? 1 - withinVariation / totalVariation : 1 }

  /// - Parameters:
  ///   - counts: one row an interval, one column a detector or movement; all rows equally long.
  ///   - minimumLength: fewest intervals of a period.
  ///   - maximumPeriods: most periods.
  ///   - worth: share of the day's variation a further period must explain.
  public init(counts: [[Double]], minimumLength: Int = 2, maximumPeriods: Int = 8, worth: Double = 0.03) {
    precondition(!counts.isEmpty && minimumLength > 0 && maximumPeriods > 0, "\(counts.count) intervals, at least \(minimumLength)")
    let n = counts.count
    let columns = counts[0].count
    precondition(counts.allSatisfy { $0.count == columns }, "rows of different length")
    // Prefix sums give the variation of any stretch in one look.
    var sums = [[Double]](repeating: [Double](repeating: 0, count: columns), count: n + 1)
    var squares = [Double](repeating: 0, count: n + 1)
    for i in 0..<n {
      squares[i + 1] = squares[i]
      for c in 0..<columns {
        sums[i + 1][c] = sums[i][c] + counts[i][c]
        squares[i + 1] += counts[i][c] * counts[i][c]
      }
    }
    func variation(_ a: Int, _ b: Int) -> Double {
      var v = squares[b] - squares[a]
      for c in 0..<columns {
        let s = sums[b][c] - sums[a][c]
        v -= s * s / Double(b - a)
      }
      return max(0, v)
    }
    let most = max(1, min(maximumPeriods, n / minimumLength))
    var cost = [[Double]](repeating: [Double](repeating: .infinity, count: n + 1), count: most + 1)
    var cut = [[Int]](repeating: [Int](repeating: 0, count: n + 1), count: most + 1)
    cost[0][0] = 0
    for k in 1...most {
      for end in (k * minimumLength)...max(k * minimumLength, n) where end <= n {
        for start in ((k - 1) * minimumLength)...(end - minimumLength) {
          let c = cost[k - 1][start] + variation(start, end)
          if c < cost[k][end] {
            cost[k][end] = c
            cut[k][end] = start
          }
        }
      }
    }
    totalVariation = variation(0, n)
    var k = 1
    while k < most, cost[k][n] - cost[k + 1][n] > worth * totalVariation { k += 1 }
    // A day too short for one period of the least length is one period.
    if cost[k][n] == .infinity {
      k = 1
      cut[1][n] = 0
      cost[1][n] = totalVariation
    }
    withinVariation = cost[k][n]
    alternatives = (1...most).map { cost[$0][n] }.filter { $0 < .infinity }
    var found: [Period] = []
    var end = n
    while k > 0 {
      let start = cut[k][end]
      found.append(Period(intervals: start..<end, mean: (0..<columns).map { (sums[end][$0] - sums[start][$0]) / Double(end - start) }))
      end = start
      k -= 1
    }
    periods = found.reversed()
  }
}
