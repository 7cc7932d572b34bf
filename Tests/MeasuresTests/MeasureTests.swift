import Measures
import Statistics
import Testing
import TrafficModel

@Suite struct MeasureTests {
  /// By hand: four drivers, (10 + 2), (30 + 0), (50 + 8) and (0 + 100) s lost.
  @Test func everyPlannedVehicleCounts() {
    let measures = NetworkMeasures([
      trip(.arrived, timeLoss: 10, departureDelay: 2, duration: 60, length: 500, stops: 1),
      trip(.arrived, timeLoss: 30, duration: 80, length: 500, stops: 2),
      trip(.underway, timeLoss: 50, departureDelay: 8, duration: 100, length: 200, stops: 3),
      trip(.neverInserted, departureDelay: 100),
    ])
    #expect(measures.planned == 4 && measures.arrived == 2 && measures.underway == 1 && measures.neverInserted == 1)
    #expect(measures.delay == 50)
    #expect(measures.timeLoss == 22.5 && measures.departureDelay == 27.5)
    #expect(measures.travelTime == 70, "those who arrived")
    #expect(measures.stops == 2, "those who entered")
    #expect(measures.speed == 5)
    #expect(measures.longestDelay == 100 && measures.delay95 == 100)
  }

  @Test func nobodyIsNoCrash() {
    let measures = NetworkMeasures([])
    #expect(measures.delay.isNaN && measures.speed.isNaN && measures.planned == 0)
    #expect(SimulationTables.network([measures]).text().contains("–"))
  }

  /// Sums add up: the same traffic told in one interval or two, whole or lane by lane, gives the same row.
  @Test func intervalsAddUp() {
    let network = smallAvenue(spacing: [100, 200, 100])
    func interval(_ begin: Double, _ end: Double, _ share: Double, lane: Bool) -> LinkInterval {
      var interval = LinkInterval(begin: Instant(seconds: begin), end: Instant(seconds: end), link: LinkID(1), lane: lane ? LaneID(1) : nil)
      interval.vehicleSeconds = 400 * share
      interval.vehicleMeters = 2000 * share
      interval.timeLoss = 200 * share
      interval.waitingTime = 100 * share
      interval.stops = Int(20 * share)
      interval.left = Int(10 * share)
      interval.maximumQueue = share == 1 ? 7 : Int(share * 8 + 3)
      return interval
    }
    var run = RunRecord(begin: .zero, end: Instant(seconds: 100), seed: 1)
    run.links = [interval(0, 100, 1, lane: false)]
    let whole = ApproachMeasures.rows(run, network)
    run.links = [interval(0, 50, 0.5, lane: false), interval(50, 100, 0.5, lane: false)]
    let halves = ApproachMeasures.rows(run, network)
    run.links = [interval(0, 100, 1, lane: false), interval(0, 100, 1, lane: true)]
    let both = ApproachMeasures.rows(run, network)
    #expect(whole == halves && whole == both)
    #expect(whole.count == 1 && whole[0].delay == 20 && whole[0].stops == 2 && whole[0].speed == 5 && whole[0].meanQueue == 1)
    #expect(whole[0].signals == [SignalID(1)])
  }

  @Test func comparisonsArePairedBySeed() {
    func summary(_ seed: UInt64, _ delay: Double) -> RunSummary {
      RunSummary(
        seed: seed, measures: NetworkMeasures([trip(.arrived, timeLoss: delay, duration: 100, length: 1)]), delays: [delay], links: [])
    }
    let comparison = StrategyComparison([
      .init(name: "fixed", runs: [summary(1, 40), summary(2, 60), summary(3, 50)]),
      // Seeds in another order, and one missing: pairs are made by seed.
      .init(name: "new", runs: [summary(3, 45), summary(1, 35)]),
    ])
    let paired = comparison.difference(.delay, of: 1)!
    #expect(paired.difference.estimate == -5 && paired.isSignificant)
    #expect(comparison.difference(.delay, of: 0) == nil)
    #expect(comparison.best() == 1)
    #expect(comparison.summary(.delay, of: 0).worst == 60)
    #expect(comparison.csv(provenance: nil).split(separator: "\r\n").count == 6)
    #expect(comparison.table().rows.count == 2)
  }

  /// A superb mean with one invalid run does not win.
  @Test func invalidRunsNeverWin() {
    let good = NetworkMeasures([trip(.arrived, timeLoss: 1, duration: 10, length: 1)])
    let fair = NetworkMeasures([trip(.arrived, timeLoss: 5, duration: 10, length: 1)])
    let comparison = StrategyComparison([
      .init(name: "a", runs: [RunSummary(seed: 1, measures: fair, delays: [5], links: [])]),
      .init(name: "b", runs: [RunSummary(seed: 1, measures: good, delays: [1], links: [], isValid: false, remarks: ["stopped"])]),
    ])
    #expect(comparison.best() == 0)
    let page = ComparisonReport(title: "t", network: smallAvenue(spacing: [100, 200, 100]), comparison: comparison).html()
    #expect(page.contains("this run is not valid (stopped)"))
  }
}
