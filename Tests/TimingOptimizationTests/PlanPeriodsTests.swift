import Testing
import TimingOptimization

@Suite struct PlanPeriodsTests {
  @Test func findsTheStepsOfADay() {
    let day =
      [[Double]](repeating: [100, 20], count: 8) + [[Double]](repeating: [400, 90], count: 6) + [[Double]](repeating: [180, 60], count: 10)
    let p = PlanPeriods(counts: day)
    #expect(p.periods.map(\.intervals) == [0..<8, 8..<14, 14..<24])
    #expect(p.explained > 0.9999)
    #expect(p.periods[1].mean == [400, 90])
  }

  @Test func isAsGoodAsEveryOtherCut() {
    var state: UInt64 = 9
    let series = (0..<11).map { _ -> [Double] in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return [Double(state >> 40) / 65536]
    }
    let p = PlanPeriods(counts: series, minimumLength: 2, maximumPeriods: 3, worth: -1)
    func variation(_ r: Range<Int>) -> Double {
      let m = r.reduce(0) { $0 + series[$1][0] } / Double(r.count)
      return r.reduce(0) { $0 + (series[$1][0] - m) * (series[$1][0] - m) }
    }
    var best = Double.infinity
    for a in 2...7 { for b in (a + 2)...9 { best = min(best, variation(0..<a) + variation(a..<b) + variation(b..<11)) } }
    #expect(p.periods.count == 3)
    #expect(abs(p.withinVariation - best) < 1e-9)
  }

  @Test func aQuietDayNeedsOnePlan() {
    #expect(PlanPeriods(counts: [[Double]](repeating: [50], count: 24)).periods.count == 1)
    #expect(PlanPeriods(counts: [[3]]).periods.map(\.intervals) == [0..<1])
  }
}
