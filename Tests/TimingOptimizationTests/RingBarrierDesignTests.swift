import Testing
import TrafficModel

@testable import TimingOptimization

/// Rings and barriers found from conflicts alone, where the textbook knows the answer: eight movements, dual ring, two barriers.
@Suite struct RingBarrierDesignTests {
  /// Links 0, 1: eastbound left and through; 2, 3: westbound; 4, 5: northbound; 6, 7: southbound; 8: eastbound right, which only merges
  /// with southbound through and westbound left.
  static func model(right: Bool = true, yielding: Bool = false) -> SignalTimingModel {
    let n = right ? 9 : 8
    var r = SignalRightOfWay(count: n)
    for (a, b) in [(0, 2), (4, 6)] {
      // A left turn crosses the opposing through.
      r.meet(a, b + 1, yielding: a)
      r.meet(b, a + 1, yielding: b)
    }
    for i in 0..<4 { for j in 4..<8 { r.meet(i, j, yielding: i) } }
    if right {
      r.meet(8, 7, yielding: 8)
      r.meet(8, 2, yielding: 8)
    }
    func row(_ greens: [Int], _ permissive: [Int] = [], _ on: Character = "G") -> String {
      String((0..<n).map { i in greens.contains(i) ? on : permissive.contains(i) ? (on == "G" ? "g" : "y") : "r" })
    }
    // The program gives clearances; only where lefts yield does it show them beside the opposing through.
    let rows =
      yielding
      ? [row([1, 3], [0, 2]), row([1, 3], [0, 2], "y"), row([5, 7], [4, 6]), row([5, 7], [4, 6], "y")]
      : [
        row([1, 3]), row([1, 3], [], "y"), row([0, 2]), row([0, 2], [], "y"), row([5, 7]), row([5, 7], [], "y"), row([4, 6]),
        row([4, 6], [], "y"),
      ]
    let shipped = SignalProgram(
      id: "0", stages: rows.enumerated().map { Stage(state: SignalState($1)!, duration: .seconds($0 % 2 == 0 ? 20 : 4)) })
    return SignalTimingModel(
      signal: SignalID(0), name: "X", constraints: .derived(rightOfWay: r, programs: [shipped]), rightOfWay: r,
      usedLinks: [Bool](repeating: true, count: n), programs: [shipped])
  }

  static func traffic(_ flows: [Double]) -> PlatoonNetwork {
    PlatoonNetwork(
      rowStart: [0, flows.count],
      streams: flows.enumerated().map {
        .init(signal: 0, saturationFlow: 0.5, demand: $1, external: $1, parts: [.init(row: $0, share: 1)])
      }, period: 3600)
  }

  @Test func eightMovementsMakeTheDualRing() throws {
    let flows = [0.04, 0.12, 0.05, 0.10, 0.03, 0.08, 0.06, 0.09, 0.02]
    let design = RingBarrierDesign(Self.model(), Self.traffic(flows))
    let layout = try #require(design.layout(permissive: false))
    // The right turn goes with nearly everything and is an overlap; the others stand in two groups of two chains.
    #expect(layout.overlaps.map(\.link) == [8])
    let chains = Set(layout.phases.map { [$0.barrier, $0.ring] }).sorted { $0.lexicographicallyPrecedes($1) }.map { key in
      layout.phases.filter { [$0.barrier, $0.ring] == key }.flatMap(\.links).sorted()
    }
    #expect(Set(chains) == [[0, 3], [1, 2], [4, 7], [5, 6]])
    let outcome = try #require(design.best())
    let plan = outcome.plan
    #expect(plan.rings == [1, 2] && plan.barriers == [1, 2] && plan.phases.count == 8)
    #expect(PlanCheck.findings(in: plan, signal: "X").isEmpty, "rings sum and meet at barriers")
    let program = SignalProgram(id: "x", stages: outcome.stages)
    #expect(program.cycle == plan.cycle)
    let errors = PlanCheck(Self.model().constraints).findings(in: program, signal: "X").filter { $0.severity == .error }
    #expect(errors.isEmpty, "\(errors)")
    // Sixteen orders at each of up to five cycles, none better.
    #expect(outcome.judged >= 16)
    let timeline = SignalTimeline(program, links: 9)
    #expect(timeline.green(of: 1) > timeline.green(of: 0) && timeline.green(of: 5) > timeline.green(of: 4))
  }

  @Test func turnsThatMayYieldNeedNoPhase() throws {
    let flows = [0.01, 0.10, 0.01, 0.10, 0.01, 0.08, 0.01, 0.08]
    let design = RingBarrierDesign(Self.model(right: false, yielding: true), Self.traffic(flows))
    let outcome = try #require(design.best())
    // Little turning traffic: two phases with yielding turns beat eight.
    #expect(outcome.plan.phases.count == 2, "\(outcome.plan.phases.map { ($0.protectedLinks, $0.permissiveLinks) })")
    #expect(outcome.plan.phases.allSatisfy { $0.permissiveLinks.count == 2 && $0.protectedLinks.count == 2 })
  }

  @Test func wholeSecondsAreShared() {
    #expect(RingBarrierDesign.shared(60, [10, 10], [0.3, 0.1]) == [45, 15])
    #expect(RingBarrierDesign.shared(30, [10, 20], [1, 0]) == [10, 20])
    #expect(RingBarrierDesign.shared(61, [5, 5, 5], [0.2, 0.2, 0.2]).reduce(0, +) == 61)
  }
}
