import TestSupport
import Testing
import TrafficModel

@testable import Sensing

struct DetectorHealthTests {
  static func observation(_ d: Int, _ k: Int, _ count: Double, _ occupancy: Double) -> Observation {
    Observation(
      detector: DetectorID(d), begin: Instant(milliseconds: Int64(k) * 30_000), end: Instant(milliseconds: Int64(k + 1) * 30_000),
      count: count,
      occupancy: occupancy)
  }
  /// Three loops side by side, counts that vary a little, eight hours from midnight.
  static func normal(_ d: Int, _ k: Int) -> (Double, Double) {
    let count = Double(3 + (k * 7 + d * 3) % 4)
    return (count, count * 0.5 / 30)
  }
  static let history: [[Observation]] = (0..<3).map { d in
    (0..<2880).map { k in observation(d, k, normal(d, k).0, normal(d, k).1) }
  }

  private func verdicts(_ change: (Int, Int) -> (Double, Double)?) -> [HealthVerdict] {
    var health = DetectorHealth(baseline: HealthBaseline(neighbours: [[1, 2], [0, 2], [0, 1]], history: Self.history))
    for k in 0..<960 {
      let now = (0..<3).compactMap { d in change(d, k).map { Self.observation(d, k, $0.0, $0.1) } }
      health.take(now, begin: Instant(milliseconds: Int64(k) * 30_000), end: Instant(milliseconds: Int64(k + 1) * 30_000))
    }
    health.finish()
    return health.verdicts
  }

  @Test func soundDetectorsAreLeftAlone() { #expect(verdicts(Self.normal).isEmpty) }

  @Test func eachFaultIsFoundWithItsReason() {
    func fault(_ f: @escaping (Int, Double, Double) -> (Double, Double)?) -> [HealthVerdict] {
      verdicts { d, k in
        let (c, o) = Self.normal(d, k)
        return d == 1 && k >= 240 && k < 600 ? f(k, c, o) : (c, o)
      }
    }
    let stuckOn = fault { _, _, _ in (0, 1) }
    #expect(stuckOn.map(\.reason) == [.stuckOn])
    #expect(stuckOn[0].detector == DetectorID(1))
    #expect(stuckOn[0].since == Instant(seconds: 240 * 30))
    #expect(stuckOn[0].until != nil)
    #expect(fault { _, _, _ in (0, 0) }.map(\.reason) == [.stuckOff])
    #expect(fault { _, _, _ in (4, 0.1) }.map(\.reason).contains(.frozen))
    #expect(fault { _, _, _ in nil }.map(\.reason) == [.missing])
    #expect(fault { _, c, o in (c * 2, o * 1.1) }.first?.reason == .chattering)
    #expect(fault { k, c, o in ((c * 0.5).rounded(), (c * 0.5).rounded() * 0.5 / 30) }.first?.reason == .drifting)
    #expect(fault { _, c, o in (c, o * 2.2) }.first?.reason == .inconsistent)
  }

  @Test(.enabled(if: SharedData.has("reference/oracles.json"), "needs the shared oracles"))
  func thresholdsArePublished() throws {
    let published = try Oracle("pems_dsa_thresholds").expected
    let rules = CaltransRules()
    #expect(rules.minimumSamples * 100 == published["min_samples_pct"].number)
    #expect(rules.zeroOccupancy * 100 == published["zero_occ_pct"].number)
    #expect(rules.highOccupancy == published["high_occ"].number)
    #expect(rules.highOccupancyShare * 100 == published["high_occ_pct"].number)
    #expect(rules.flowOccupancyMismatch * 100 == published["flow_occ_mismatch_pct"].number)
    #expect(rules.occupancyFlowMismatch * 100 == published["occ_flow_pct"].number)
    #expect(rules.highFlow == published["high_flow"].number)
    #expect(Double(rules.repeatedOccupancy) == published["repeat_occ_5min"].number)
    #expect(rules.zeroFlow * 100 == published["ramp"]["zero_flow_pct"].number)
  }

  @Test func caltransDays() {
    let rules = CaltransRules()
    let n = 2040
    func judge(_ f: (Int) -> (Double, Double), _ count: Int = n) -> CaltransRules.Outcome {
      rules.judge(.mainline, count: (0..<count).map { f($0).0 }, occupancy: (0..<count).map { f($0).1 }, expected: n)
    }
    #expect(judge { (4, 0.06 + 0.001 * Double($0 % 17)) } == .good)
    #expect(judge({ _ in (4, 0.06) }, 1000) == .insufficientData)
    #expect(judge { _ in (0, 0) } == .cardOff)
    #expect(judge { $0 % 4 == 0 ? (5, 0.8) : (4, 0.05 + 0.001 * Double($0 % 13)) } == .highValue)
    #expect(judge { $0 % 20 == 0 ? (0, 0.1) : (4, 0.05) } == .intermittent)
    #expect(judge { _ in (4, 0.0625) } == .constant)
  }

  @Test func imputationIsMarkedAndNearTheTruth() {
    let baseline = HealthBaseline(neighbours: [[1, 2], [0, 2], [0, 1]], history: Self.history)
    let imputation = Imputation(baseline: baseline, history: Self.history)
    let begin = Instant(seconds: 3600), end = Instant(seconds: 3630)
    let now: [Observation?] = [Self.observation(0, 120, 5, 0.08), nil, Self.observation(2, 120, 5, 0.08)]
    let filled = imputation.fill(now, trusted: [true, false, true], begin: begin, end: end)
    #expect(filled.map(\.quality) == [.measured, .imputed, .measured])
    #expect(abs(filled[1].count - 4.5) < 2)
    #expect(filled[1].countVariance > 0)
  }
}
