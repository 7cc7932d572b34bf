import Testing
import TrafficFlow
import TrafficModel

@testable import TimingOptimization

/// Queues with length: what the cell model must agree on with theory, and what it sees that the platoon model cannot.
@Suite struct CellNetworkTests {
  typealias Green = PlatoonEngine.GreenInterval

  static var plain: PlatoonSettings {
    var s = PlatoonSettings()
    s.startupLostTime = 0
    s.yellowExtension = 0
    return s
  }

  /// Stream 0 (signal 0) feeds stream 1 (signal 1) with half its traffic; the other half leaves the network at signal 0.
  static func pair(storage: Double, freeTime: Double) -> PlatoonNetwork {
    PlatoonNetwork(
      rowStart: [0, 1, 2],
      streams: [
        .init(signal: 0, saturationFlow: 0.5, demand: 0.2, external: 0.2, parts: [.init(row: 0, share: 1)], storage: 80, freeTime: 40),
        .init(
          signal: 1, saturationFlow: 0.5, demand: 0.1, external: 0, parts: [.init(row: 1, share: 1)],
          groups: [.init(travelTime: freeTime, feeds: [.init(stream: 0, share: 0.5)])], storage: storage, freeTime: freeTime),
      ], period: 1800)
  }

  @Test(arguments: [0.05, 0.12, 0.2]) func uniformArrivalsGiveTheDeterministicDelay(demand: Double) {
    let network = PlatoonNetwork(
      rowStart: [0, 1],
      streams: [
        .init(
          signal: 0, saturationFlow: 0.5, demand: demand, external: demand, parts: [.init(row: 0, share: 1)], storage: 100, freeTime: 40)
      ], period: 1800)
    let m = CellNetwork(network, Self.plain).measures([[Green(row: 0, from: 0, to: 30)]], cycle: 60)
    let uniform = HCMControlDelay.uniform(cycle: 60, green: 30, volumeToCapacity: demand / 0.25)
    #expect(abs(m.delay / demand - uniform) < 0.12 * uniform, "\(m.delay / demand) against \(uniform)")
    #expect(m.served > 0.94 && m.blocked == 0)
    let stopped = DeterministicQueue(arrivalRate: demand, departureRate: 0.5, red: 30, cycle: 60).proportionStopped
    #expect(abs(m.stops / demand - stopped) < 0.2, "\(m.stops / demand) against \(stopped)")
  }

  @Test func demandBeyondCapacityWaits() {
    let network = PlatoonNetwork(
      rowStart: [0, 1],
      streams: [.init(signal: 0, saturationFlow: 0.5, demand: 0.3, external: 0.3, parts: [.init(row: 0, share: 1)], storage: 50)],
      period: 1800)
    let m = CellNetwork(network, Self.plain).measures([[Green(row: 0, from: 0, to: 30)]], cycle: 60)
    // Of 540 that come 450 leave; 45 wait on average, and those of a cycle.
    #expect(abs(m.served - 450.0 / 540) < 0.02 && m.delay > 42 && m.delay < 55, "\(m)")
  }

  /// The second signal serves 0.0833 veh/s where 0.1 want through: on a long road its queue bothers nobody else, on a short one it stands
  /// in the way of those who only pass the first signal. The platoon model sees the same first signal either way.
  @Test func aFullRoadBlocksTheStopLineUpstream() {
    let greens = [[Green(row: 0, from: 0, to: 36)], [Green(row: 0, from: 0, to: 10)]]
    let long = Self.pair(storage: 400, freeTime: 40), short = Self.pair(storage: 6, freeTime: 4)
    func platoon(_ n: PlatoonNetwork) -> (delay: Float, saturation: Float) {
      let engine = PlatoonEngine(n, Self.plain)
      engine.setCycle(60)
      _ = engine.evaluate([greens])
      return (engine.results[0].uniform[0] + engine.results[0].overflow[0], engine.results[0].saturation[0])
    }
    #expect(platoon(long) == platoon(short))
    let free = CellNetwork(long, Self.plain).measures(greens, cycle: 60)
    let full = CellNetwork(short, Self.plain).measures(greens, cycle: 60)
    #expect(free.blocked == 0 && full.blocked > 0.05, "\(free.blocked), \(full.blocked)")
    #expect(full.delay > free.delay + 4, "\(full.delay) against \(free.delay)")
    #expect(full.served < free.served - 0.02)
  }

  /// More green at the far stop line serves more, never more than all.
  @Test func moreGreenNeverServesFewer() {
    let short = Self.pair(storage: 6, freeTime: 4)
    let cells = CellNetwork(short, Self.plain)
    var last = -1.0
    for green in stride(from: 4, through: 58, by: 18) {
      let m = cells.measures([[Green(row: 0, from: 0, to: 36)], [Green(row: 0, from: 0, to: Float(green))]], cycle: 60)
      #expect(m.served >= last - 1e-9 && m.served <= 1 && m.delay >= 0)
      last = m.served
    }
  }

  /// Three signals with short roads between them: retiming by cells where the platoon model saw queues outgrow them.
  @Test func plansAreMendedWhereRoadsAreFull() {
    let planner = Self.street(demand: 0.3, storage: 5, freeTime: 5)
    var start = planner.judge(Self.plans([0, 24, 3]), cycle: 60)
    #expect(start.measures[0].spillback > 0)
    start.cells = planner.cellMeasures(start)
    let mended = planner.unblock(start, variants: 24)
    #expect(mended.rank < start.rank)
    #expect((mended.cells?.blocked ?? .infinity) <= (start.cells?.blocked ?? 0))
    #expect(planner.unblock(start, variants: 24) == mended)
    // Long roads need no cells.
    let wide = Self.street(demand: 0.2, storage: 60, freeTime: 20)
    #expect(wide.unblocked([wide.judge(Self.plans([0, 24, 3]), cycle: 60)])[0].cells == nil)
  }

  /// An evolution strategy over all offsets and splits is no worse than where it starts, and finds a broken start's fault.
  @Test func polishingHelpsAPoorStart() {
    let planner = Self.street(demand: 0.2, storage: 60, freeTime: 20)
    let start = planner.judge(Self.plans([0, 7, 51]), cycle: 60)
    let polished = planner.polish(start, evaluations: 320)
    #expect(polished.index < start.index * 0.98, "\(polished.index) from \(start.index)")
    #expect(polished.plans.allSatisfy { $0.isRunnable(Self.model(0)) && $0.cycle(Self.model(0)) == 60 })
  }

  static func model(_ s: Int) -> SignalTimingModel {
    var rightOfWay = SignalRightOfWay(count: 2)
    rightOfWay.meet(0, 1, yielding: 0)
    let shipped = SignalProgram(
      id: "0",
      stages: [("Gr", 30), ("yr", 3), ("rG", 24), ("ry", 3)].map { Stage(state: SignalState($0.0)!, duration: .seconds(Double($0.1))) })
    return SignalTimingModel(
      signal: SignalID(s), name: "\(s)", constraints: .derived(rightOfWay: rightOfWay, programs: [shipped]), rightOfWay: rightOfWay,
      usedLinks: [true, true], programs: [shipped])
  }

  static func plans(_ offsets: [Int]) -> [StagePlan] {
    offsets.map { StagePlan(offset: $0, stages: [.init(candidate: 0, seconds: 30), .init(candidate: 1, seconds: 24)]) }
  }

  /// Both directions of a street with a side street at each signal.
  static func street(demand: Double, storage: Double, freeTime: Double) -> PlatoonPlanner {
    var streams: [PlatoonNetwork.Stream] = []
    for s in 0..<3 {
      for d in 0..<2 {
        let up = d == 0 ? s - 1 : s + 1
        let inside = (0..<3).contains(up)
        streams.append(
          .init(
            signal: s, saturationFlow: 0.8, demand: demand, external: inside ? 0 : demand, parts: [.init(row: 2 * s, share: 1)],
            groups: inside ? [.init(travelTime: freeTime, feeds: [.init(stream: 3 * up + d, share: 1)])] : [],
            storage: inside ? storage : 60, freeTime: inside ? freeTime : 40))
      }
      streams.append(
        .init(signal: s, saturationFlow: 0.5, demand: 0.12, external: 0.12, parts: [.init(row: 2 * s + 1, share: 1)], storage: 40))
    }
    let network = PlatoonNetwork(rowStart: [0, 2, 4, 6], streams: streams, period: 600)
    return PlatoonPlanner(models: (0..<3).map(model), scenarios: [network], model: plain)
  }
}
