import Testing
import TrafficModel

/// A crossroads of four links: 0 and 2 go north-south (0 turns left across 2), 1 and 3 east-west. Programs are drawn one stage a line.
@Suite struct PlanCheckTests {
  static func program(_ drawing: String, offset: Double = 0) -> SignalProgram {
    let stages = drawing.split(separator: "\n").map { line in
      let parts = line.split(separator: " ")
      return Stage(state: SignalState(parts[1])!, duration: .seconds(Double(parts[0])!))
    }
    return SignalProgram(id: "p", offset: .seconds(offset), stages: stages)
  }

  static var rightOfWay: SignalRightOfWay {
    var r = SignalRightOfWay(count: 4)
    r.meet(0, 2, yielding: 0)
    for (a, b) in [(0, 1), (0, 3), (2, 1), (2, 3)] { r.meet(a, b, yielding: a) }
    return r
  }

  static let shipped = program(
    """
    20 grGr
    4 yryr
    2 rrrr
    15 rGrG
    3 ryry
    1 rrrr
    """)

  static let rules = TimingConstraints.derived(rightOfWay: rightOfWay, programs: [shipped])

  func rules(_ drawing: String) -> [PlanFinding] { PlanCheck(Self.rules).findings(in: Self.program(drawing), signal: "S") }

  @Test func rulesComeFromTheShippedProgram() {
    let r = Self.rules
    #expect(r.conflicts[0, 2] == .permissive)
    #expect(r.conflicts[1, 2] == .conflict)
    #expect(r.conflicts[1, 3] == .none)
    #expect(r.exceptions.isEmpty)
    #expect(r.links.map(\.yellow) == [4, 3, 4, 3].map { .seconds($0) })
    #expect(r.links.map(\.redClearance) == [2, 1, 2, 1].map { .seconds($0) })
    #expect(PlanCheck(r).findings(in: Self.shipped, signal: "S").isEmpty)
  }

  @Test func aStageBetweenIsNoClearance() {
    // Link 2 ends, the left turn 0 goes on alone and holds the cross street back for ten seconds more: nobody decreed a clearance of ten.
    let r = TimingConstraints.derived(
      rightOfWay: Self.rightOfWay, programs: [Self.program("20 grGr\n4 grYr\n6 Grrr\n4 yrrr\n1 rrrr\n15 rGrG\n3 ryry\n1 rrrr")])
    #expect(r.links.map(\.redClearance) == [1, 1, 1, 1].map { .seconds($0) })
  }

  @Test func protectedGreenOnBothSidesIsAnExceptionOnRecord() {
    let shown = Self.program("20 GrGr\n4 yryr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr")
    let r = TimingConstraints.derived(rightOfWay: Self.rightOfWay, programs: [shown])
    #expect(r.exceptions == [.init(first: 0, second: 2, reason: "p")])
    #expect(PlanCheck(r).findings(in: shown, signal: "S").isEmpty)
    #expect(rules("20 GrGr\n4 yryr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr").map(\.rule) == [.permissiveWithoutYield])
  }

  @Test func everyRuleSpeaks() {
    #expect(rules("20 gGGr\n4 yyyr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr").contains { $0.rule == .conflictingGreens && $0.links == [1, 2] })
    #expect(rules("20 grGr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr").map(\.rule) == [.missingYellow, .missingYellow])
    #expect(rules("20 grGr\n3 yryr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr").map(\.rule) == [.shortYellow, .shortYellow])
    #expect(Set(rules("20 grGr\n4 yryr\n1 rrrr\n15 rGrG\n3 ryry\n1 rrrr").map(\.rule)) == [.shortRedClearance])
    #expect(rules("4 grGr\n4 yryr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr").map(\.rule) == [.shortGreen, .shortGreen])
    #expect(rules("20 rrGr\n4 rryr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr").map(\.rule) == [.neverGreen])
    #expect(rules("20 gr\n4 yr").map(\.rule) == [.stateLength, .stateLength])
    #expect(rules("0 grGr").map(\.rule) == [.zeroCycle])
    #expect(rules("300 grGr\n4 yryr\n2 rrrr\n300 rGrG\n3 ryry\n1 rrrr").contains { $0.rule == .longRed })
    #expect(rules("20.5 grGr\n4 yryr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr").map(\.rule) == [.wholeSeconds])
    #expect(rules("20 oooo\n20 grGr\n4 yryr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr").contains { $0.rule == .signalOff })
  }

  @Test func pedestriansNeedWalkAndClearance() {
    var r = Self.rules
    r.links[2].pedestrian = PedestrianTiming(walk: .seconds(7), clearance: .seconds(12))
    #expect(PlanCheck(r).findings(in: Self.shipped, signal: "S").isEmpty)
    let short = Self.program("18 grGr\n4 yryr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr")
    #expect(PlanCheck(r).findings(in: short, signal: "S").map(\.rule) == [.shortPedestrianClearance])
    let shorter = Self.program("6 grGr\n4 yryr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr")
    #expect(PlanCheck(r).findings(in: shorter, signal: "S").map(\.rule) == [.shortWalk])
  }

  @Test func aGreenAcrossTheEndOfTheCycleIsOneGreen() {
    // Link 2 has green in the last and the first stage: 3 s and 4 s make 7.
    let p = Self.program("4 grGr\n4 yryr\n2 rrrr\n15 rGrG\n3 ryry\n1 rrrr\n3 grGr")
    let t = SignalTimeline(p, links: 4)
    #expect(t.runs[2].filter { $0.indication == .green }.map(\.length) == [.seconds(7)])
    #expect(PlanCheck(Self.rules).findings(in: p, signal: "S").isEmpty)
    #expect(t.timeUntilGreen(of: 2, from: .seconds(1)) == .zero)
    #expect(t.timeUntilGreen(of: 2, from: .seconds(5)) == .seconds(24))
    #expect(t.timeUntilGreen(of: 1, from: .seconds(0)) == .seconds(10))
  }

  @Test func ringsMustReachTheBarrierTogether() {
    func phase(_ n: Int, _ ring: Int, _ barrier: Int, _ position: Int, _ split: Double) -> Phase {
      Phase(
        number: n, ring: ring, barrier: barrier, position: position, protectedLinks: [],
        timing: PhaseTiming(
          minimumGreen: .seconds(5), maximumGreen: .seconds(50), passage: .seconds(3),
          clearance: .init(yellow: .seconds(4), redClearance: .seconds(1)), split: .seconds(split)))
    }
    var plan = RingBarrierPlan(
      phases: [
        phase(1, 1, 1, 1, 15), phase(2, 1, 1, 2, 30), phase(5, 2, 1, 1, 20), phase(6, 2, 1, 2, 25), phase(4, 1, 2, 1, 25),
        phase(8, 2, 2, 1, 25),
      ], cycle: .seconds(70))
    #expect(PlanCheck.findings(in: plan, signal: "S").isEmpty)
    plan.phases[3].timing.split = .seconds(26)
    #expect(PlanCheck.findings(in: plan, signal: "S").map(\.rule) == [.barrierCrossed, .ringSum])
    plan.phases[3].timing.split = .seconds(9)
    #expect(PlanCheck.findings(in: plan, signal: "S").contains { $0.rule == .shortGreen && $0.stage == 6 })
  }

  @Test func everyRuleHasItsSentenceInBothLanguages() {
    for rule in PlanFinding.Rule.allCases {
      for language in Language.allCases {
        #expect(MessageTable.sentence("plan." + rule.rawValue, language) != nil, "plan.\(rule.rawValue) in \(language)")
      }
    }
  }
}
