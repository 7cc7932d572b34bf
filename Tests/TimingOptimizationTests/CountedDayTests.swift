import Testing
import TimingOptimization
import TrafficModel

@Suite struct CountedDayTests {
  static func day(_ counts: [[Double]], minutes: Double = 15) -> FlowTable {
    FlowTable(
      rows: counts.enumerated().flatMap { k, row in
        row.enumerated().map { c, n in
          FlowTable.Row(
            subject: .link("l\(c)"), begin: Instant(seconds: Double(k) * minutes * 60), end: Instant(seconds: Double(k + 1) * minutes * 60),
            mean: n)
        }
      })
  }

  /// No other cut into as many periods of at least an hour is better; checked against every one there is, for every number of periods.
  @Test(arguments: [2, 3, 4]) func isAsGoodAsEveryOtherCut(periods: Int) throws {
    var state: UInt64 = 11
    let counts = (0..<20).map { _ in
      (0..<2).map { _ -> Double in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 54)
      }
    }
    let day = try CountedDay(Self.day(counts), file: "day.csv")
    let found = day.periods(minimum: .minutes(60), most: periods, worth: -1)
    func variation(_ r: Range<Int>) -> Double {
      (0..<2).reduce(0) { sum, c in
        let mean = r.reduce(0) { $0 + counts[$1][c] } / Double(r.count)
        return sum + r.reduce(0) { $0 + (counts[$1][c] - mean) * (counts[$1][c] - mean) }
      }
    }
    func best(_ start: Int, _ left: Int) -> Double {
      if left == 1 { return counts.count - start >= 4 ? variation(start..<counts.count) : .infinity }
      var least = Double.infinity
      for cut in stride(from: start + 4, through: counts.count - 4 * (left - 1), by: 1) {
        least = min(least, variation(start..<cut) + best(cut, left - 1))
      }
      return least
    }
    #expect(found.periods.count == periods)
    #expect(found.periods.allSatisfy { $0.intervals.count >= 4 })
    #expect(abs(found.withinVariation - best(0, periods)) < 1e-6)
    for (k, value) in found.alternatives.enumerated() { #expect(abs(value - best(0, k + 1)) < 1e-6) }
  }

  @Test func meansAreOfTheirIntervals() throws {
    let day = try CountedDay(Self.day([[100, 10], [200, 30], [600, 50]]), file: "day.csv")
    let table = day.mean(0..<2, begin: Instant(seconds: 5), end: Instant(seconds: 9))
    #expect(table.rows.map(\.mean) == [150, 20])
    #expect(table.rows.allSatisfy { $0.begin == Instant(seconds: 5) && $0.end == Instant(seconds: 9) })
  }

  @Test func gapsAndMissingCountsAreNamed() {
    func says(_ rows: [FlowTable.Row], _ text: String) {
      #expect { try CountedDay(FlowTable(rows: rows), file: "day.csv") } throws: {
        ($0 as? InputProblems)?.description.contains(text) ?? false
      }
    }
    let rows = Self.day([[1, 2], [3, 4], [5, 6]]).rows
    says(rows.filter { $0.begin != Instant(seconds: 900) }, "one after another")
    says(Array(rows.dropLast()), "l1")
    says([], "counts")
  }
}
