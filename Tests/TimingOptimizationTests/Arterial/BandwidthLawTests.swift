import IntegerPrograms
import Statistics
import Testing
import TrafficModel

@testable import TimingOptimization

/// What must hold of bandwidth programs whatever the street: the diagram bears the claim out, and freedom never costs.
@Suite("Bandwidth laws")
struct BandwidthLawTests {
  /// A street of random spacing, greens, left turns and volumes.
  static func street(
    _ n: Int, seed: UInt64, cycle: ClosedRange<Double> = 70...110, orders: [ArterialProblem.PhaseOrder.LeftTurns] = [.leadLead],
    clearance: Double = 0
  ) -> ArterialProblem {
    var random = RandomStream(seed: seed, stream: 9)
    let signals = (0..<n).map { i in
      ArterialProblem.Signal(
        "\(i + 1)",
        orders: ArterialProblem.PhaseOrder.leadLag(
          commonRed: random.uniform(0.3, 0.45), outboundLeft: random.uniform(0, 0.15), inboundLeft: random.uniform(0, 0.15),
          allowed: orders), outboundQueueClearance: clearance, inboundQueueClearance: clearance)
    }
    let links = (0..<n - 1).map { _ in
      let (length, speed) = (random.uniform(150, 600), random.uniform(11, 16))
      func travel() -> ArterialProblem.Travel {
        .init(length: length, speed: 0.85 * speed...1.15 * speed, volume: random.uniform(300, 1500), saturationFlow: 3600)
      }
      return ArterialProblem.Link(outbound: travel(), inbound: travel())
    }
    return ArterialProblem(signals: signals, links: links, cycle: cycle, maximumSlownessChange: 0.02)
  }

  static func checked(_ problem: ArterialProblem, _ solution: ArterialSolution) throws -> ArterialTiming {
    #expect(solution.certificate.status == .optimal)
    #expect(solution.certificate.gap < 1e-6)
    let timing = try #require(solution.timing)
    #expect(BandGeometry(problem, timing).violation(of: timing) < 1e-6)
    return timing
  }

  @Test("Bands lie in the greens at both ends, with left-turn orders and queue clearance", arguments: 0..<2)
  func geometry(seed: UInt64) throws {
    let problem = Self.street(6, seed: seed, orders: ArterialProblem.PhaseOrder.LeftTurns.allCases, clearance: seed % 2 == 0 ? 0 : 3)
    try problem.check()
    let maxband = try Self.checked(problem, MAXBANDProgram(problem, balance: .weighted(inbound: 1)).solve())
    let geometry = BandGeometry(problem, maxband)
    #expect(geometry.throughBand(.outbound) > maxband.outboundBandwidth - 1e-6)
    #expect(geometry.throughBand(.inbound) > maxband.inboundBandwidth - 1e-6)
    let multiband = try Self.checked(problem, MULTIBANDProgram(problem).solve())
    let links = BandGeometry(problem, multiband)
    for i in problem.links.indices {
      #expect(links.linkBand(i, .outbound) > multiband.outboundBands[i].width - 1e-6)
      #expect(links.linkBand(i, .inbound) > multiband.inboundBands[i].width - 1e-6)
      #expect((multiband.outboundBands[i].before - multiband.outboundBands[i].after).magnitude < 1e-6)
    }
  }

  @Test("Freedom never costs: phase orders, cycle, speeds, symmetry, one band a link", arguments: 0..<1)
  func freedom(seed: UInt64) throws {
    func objective(_ solution: ArterialSolution) -> Double { solution.certificate.objective }
    let fixed = Self.street(5, seed: seed, cycle: 90...90)
    let free = Self.street(5, seed: seed, cycle: 90...90, orders: ArterialProblem.PhaseOrder.LeftTurns.allCases)
    let wide = Self.street(5, seed: seed, cycle: 70...110, orders: ArterialProblem.PhaseOrder.LeftTurns.allCases)
    let maxband = [fixed, free, wide].map { objective(MAXBANDProgram($0, balance: .weighted(inbound: 1)).solve()) }
    #expect(maxband[0] <= maxband[1] + 1e-7 && maxband[1] <= maxband[2] + 1e-7)
    let multiband = objective(MULTIBANDProgram(wide, volumeExponent: 0).solve())
    #expect(maxband[2] <= multiband + 1e-7)
    var slightly = MULTIBANDProgram.amBand(wide, leastHalf: 0.25, volumeExponent: 0)
    let partly = objective(slightly.solve())
    slightly.leastHalf = 0
    let asymmetric = objective(slightly.solve())
    #expect(multiband <= partly + 1e-7 && partly <= asymmetric + 1e-7)
  }

  @Test("Bands follow the volume ratio where asked")
  func ratio() throws {
    let problem = Self.street(5, seed: 3, orders: ArterialProblem.PhaseOrder.LeftTurns.allCases)
    for k in [0.5, 2] {
      let timing = try Self.checked(problem, MAXBANDProgram(problem, balance: .ratio(inbound: k)).solve())
      if k < 1 { #expect(timing.inboundBandwidth >= k * timing.outboundBandwidth - 1e-6) }
      if k > 1 { #expect(timing.inboundBandwidth <= k * timing.outboundBandwidth + 1e-6) }
    }
    var heavy = problem
    for i in heavy.links.indices { heavy.links[i].inbound.volume = 2 * heavy.links[i].outbound.volume }
    let timing = try Self.checked(heavy, MULTIBANDProgram(heavy, keepsVolumeRatio: true).solve())
    for i in heavy.links.indices { #expect(timing.inboundBands[i].width <= 2 * timing.outboundBands[i].width + 1e-6) }
  }

  @Test("A one-way street gets the whole of its smallest green")
  func oneWay() throws {
    var problem = Self.street(6, seed: 8)
    for i in problem.signals.indices { problem.signals[i].orders[0].inbound = .init(start: 0, length: 1) }
    let timing = try Self.checked(problem, MAXBANDProgram(problem, balance: .weighted(inbound: 0.001)).solve())
    let smallest = problem.signals.map { $0.orders[0].outbound.length }.min()!
    #expect((timing.outboundBandwidth - smallest).magnitude < 1e-6)
  }

  @Test("No band and no line: the answer is infeasible and names who conflicts")
  func infeasible() {
    // Fixed speed, greens of 2 % each way, and spacings that fit no half cycle.
    let problem = ArterialProblem(
      signals: (1...3).map { .init("\($0)", outboundGreen: 0.02, inboundGreen: 0.02) },
      links: [.init(length: 250, speed: 10...10), .init(length: 330, speed: 10...10)], cycle: 100...100)
    let solution = MAXBANDProgram(problem).solve()
    #expect(solution.timing == nil)
    #expect(solution.certificate.status == .infeasible)
    #expect(solution.conflict.contains { $0.contains("signals 1 and 2") } || solution.conflict.contains { $0.contains("signals 2 and 3") })
  }

  @Test("Bad streets are told all their faults at once")
  func faults() {
    let problem = ArterialProblem(
      signals: [.init("A", outboundGreen: 0, inboundGreen: 0.5), .init("B", orders: [])],
      links: [.init(length: -5, speed: 0...10)], cycle: 0...60, maximumSlownessChange: -1)
    do {
      try problem.check(file: "street.json")
      Issue.record("accepted")
    } catch {
      #expect(error.problems.count == 8)
      #expect(error.description.contains("signal A: expected outbound green"))
      #expect(error.exitStatus == .data)
    }
  }

  @Test("The longest common stretch of periodic windows")
  func windows() {
    #expect(BandGeometry.longestCommon([(0, 5), (13, 6)], period: 10) == 2)
    #expect(BandGeometry.longestCommon([(8, 4), (0, 3)], period: 10) == 2)
    #expect(BandGeometry.longestCommon([(0, 2), (5, 2)], period: 10) == 0)
    #expect(BandGeometry.longestCommon([(3, 10), (5, 2)], period: 10) == 2)
    // Two common stretches, 0–1 and 6–8: the longer counts.
    #expect(BandGeometry.longestCommon([(6, 5), (0, 8)], period: 10) == 2)
  }
}
