import Testing
import TrafficModel

@testable import Estimation

/// A crossing of two one-way streets, west→east and south→north, each link counted in veh/h:
///
///           north
///             ↑
///   west → crossing → east
///             ↑
///           south
struct FlowEstimatorTests {
  static let network: FlowNetwork = {
    var net = FlowNetwork(RoadNetwork())
    net.link = (0..<4).map { LinkID($0) }
    net.linkName = ["west", "south", "east", "north"]
    net.lanes = [1, 1, 1, 1]
    net.speed = [13.9, 13.9, 13.9, 13.9]
    net.length = [200, 200, 200, 200]
    net.priority = [0, 0, 0, 0]
    net.roadClass = [0, 0, 0, 0]
    net.isEntry = [true, true, false, false]
    net.isExit = [false, false, true, true]
    net.from = [0, 0, 1, 1]
    net.to = [2, 3, 3, 2]
    net.turn = [.straight, .left, .straight, .right]
    net.movement = (0..<4).map { MovementID($0) }
    net.servingLanes = [1, 1, 1, 1]
    net.isSignalled = [false, false, false, false]
    net.outgoing = [[0, 1], [2, 3], [], []]
    net.incoming = [[], [], [0, 3], [1, 2]]
    net.opposite = [-1, -1, -1, -1]
    return net
  }()

  static func evidence(_ counts: [(row: Int, flows: [(movements: [Int32], count: Double)])]) -> LoopEvidence {
    var evidence = LoopEvidence(intervals: 1, intervalSeconds: 3600)
    for (row, flows) in counts {
      var site = LoopEvidence.Site(row: row, end: .end, totals: [flows.reduce(0) { $0 + $1.count }], trusted: [true])
      site.groups = flows.enumerated().map { .init(lane: Int32($0.offset), movements: $0.element.movements, counts: [$0.element.count]) }
      evidence.sites.append(site)
    }
    return evidence
  }

  private func solve(_ evidence: LoopEvidence) -> FlowEstimate {
    let estimator = FlowEstimator(Self.network)
    let structure = estimator.structure(evidence)
    return estimator.interval(0, of: evidence, around: structure)
  }

  /// 400 from the west, 100 of them turning left; 200 from the south, 50 turning right: all seen, so east must be 350 and north 250.
  @Test func countsOfMovementsDetermineTheRest() {
    let estimate = solve(
      Self.evidence([(0, [([0], 300), ([1], 100)]), (1, [([2], 150), ([3], 50)])]))
    #expect(abs(estimate.link[2] - 350) < 10)
    #expect(abs(estimate.link[3] - 250) < 10)
    #expect(abs(estimate.turningShares(Self.network)[1] - 0.25) < 0.02)
  }

  /// What goes in comes out, nothing is negative, and an unmeasured link is less certain than a measured one.
  @Test func conservationAndHonesty() {
    let estimate = solve(Self.evidence([(0, [([0, 1], 400)]), (2, [([], 350)])]))
    let into = estimate.link[0] + estimate.link[1], out = estimate.link[2] + estimate.link[3]
    #expect(abs(into - out) < 0.02 * into)
    #expect(estimate.movement.allSatisfy { $0 >= 0 })
    #expect(estimate.linkVariance[1] > estimate.linkVariance[0])
    #expect(estimate.linkVariance[3] > estimate.linkVariance[2])
    let (low, high) = estimate.interval(of: 3, seconds: 3600)
    #expect(low < estimate.link[3] && estimate.link[3] < high && low > 0)
  }

  /// The recursive form over a window of one interval is the batch form.
  @Test func filterAgreesWithBatch() {
    let evidence = Self.evidence([(0, [([0], 300), ([1], 100)]), (1, [([2, 3], 200)])])
    let batch = solve(evidence)
    var filter = FlowFilter(FlowEstimator(Self.network), intervalSeconds: 3600, window: 1)
    let recursive = filter.take(evidence)
    for i in 0..<4 { #expect(abs(batch.link[i] - recursive.link[i]) < 1e-6) }
    _ = filter.take(evidence)
    #expect(filter.evidence.intervals == 1)
  }

  /// An interval that factors nothing, but starts from the factor of the one before, comes to the same flows as one that does.
  @Test func carriedFactorAgreesWithANewOne() {
    var filter = FlowFilter(FlowEstimator(Self.network), intervalSeconds: 3600, window: 4, refresh: 100, varianceRefresh: 100)
    let first = filter.take(Self.evidence([(0, [([0], 300), ([1], 100)]), (1, [([2, 3], 200)])]))
    let carried = filter.take(Self.evidence([(0, [([0], 360), ([1], 90)]), (1, [([2, 3], 150)])]))
    let anew = filter.estimator.interval(1, of: filter.evidence, around: filter.structure!)
    for i in 0..<4 {
      #expect(abs(carried.link[i] - anew.link[i]) < 0.03 * anew.link[i])
      #expect(carried.linkVariance[i] > 0 && first.linkVariance[i] > 0)
      #expect(carried.linkVariance[i] < 4 * anew.linkVariance[i] && anew.linkVariance[i] < 4 * carried.linkVariance[i])
    }
  }

  /// A loop that falls silent at one end of a link loses its trust, not the one at the other end.
  @Test func screeningBlamesTheSilentEnd() {
    var evidence = LoopEvidence(intervals: 1, intervalSeconds: 3600)
    for (row, end, lanes) in [(0, LoopEvidence.End.end, [400.0]), (2, .beginning, [200, 200]), (2, .end, [200, 0])] {
      var site = LoopEvidence.Site(row: row, end: end, totals: [lanes.reduce(0, +)], trusted: [true])
      site.groups = lanes.enumerated().map { .init(lane: Int32($0.offset), movements: [], counts: [$0.element]) }
      evidence.sites.append(site)
    }
    let (screened, distrusted) = FlowEstimator(Self.network).screened(evidence)
    #expect(distrusted.map(\.end) == [.end])
    #expect(screened.sites.map(\.trusted) == [[true], [true], [false]])
  }

  @Test func attributionSeparatesLanesAndKeepsTotals() {
    let a = Attribution(
      [(0, [1], 30), (1, [1, 2], 40), (2, [2], 20)], weight: { _ in 1 }, virtualWeight: 0, rounds: 20)
    #expect(abs(a.mean[1]! + a.mean[2]! - 90) < 1e-9)
    #expect(a.mean[1]! >= 30 && a.mean[2]! >= 20)
    #expect(a.doubt[1]! > 0)
  }

  @Test func flowTableCarriesCovariance() {
    let estimate = solve(Self.evidence([(0, [([0, 1], 400)])]))
    let (rows, covariance) = estimate.rows(Self.network, begin: .zero, end: Instant(seconds: 3600), offset: 0)
    #expect(rows.count == 8)
    #expect(covariance.allSatisfy { $0.first <= $0.second && $0.second < 8 })
    #expect(covariance.contains { $0.first == 4 && $0.second == 5 && $0.value < 0 })
  }

  /// A signal red for a way rules it out; a curve too tight for the speed rules it out as well.
  @Test func signalHistoryAnswersWindows() {
    var history = SignalStateHistory()
    history.append(0, SignalState([.red]))
    history.append(10_000, SignalState([.green]))
    history.append(20_000, SignalState([.red]))
    #expect(!history.admitted(0, 1_000, 9_000))
    #expect(history.admitted(0, 9_000, 11_000))
    #expect(history.admitted(0, 12_000, 13_000))
    #expect(!history.admitted(0, 21_000, 25_000))
    #expect(SignalStateHistory().admitted(0, 0, 1))
  }
}
