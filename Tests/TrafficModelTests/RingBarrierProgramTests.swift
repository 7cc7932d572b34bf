import Testing
import TrafficModel

/// Phases and state rows: one says what the other says.
@Suite struct RingBarrierProgramTests {
  /// Dual ring, two barriers, the standard eight phases on links 0…7; phase n has link n − 1, lefts permissive beside their through.
  static let plan: RingBarrierPlan = {
    let clearance = ClearanceIntervals(yellow: .seconds(3.5), redClearance: .seconds(1.5))
    func phase(_ number: Int, _ ring: Int, _ barrier: Int, _ position: Int, split: Double) -> Phase {
      Phase(
        number: number, ring: ring, barrier: barrier, position: position, protectedLinks: [number - 1],
        permissiveLinks: number == 2 ? [4] : [],
        timing: PhaseTiming(
          minimumGreen: .seconds(5), maximumGreen: .seconds(split - 5), passage: .seconds(2.5), clearance: clearance,
          split: .seconds(split),
          gapReduction: number == 3 ? GapReduction(before: .seconds(8), duration: .seconds(10), minimumGap: .seconds(1.5)) : nil),
        recall: [2: .minimum, 4: .pedestrian, 6: .maximum, 8: .soft][number] ?? .none, dualEntry: number % 2 == 0,
        isCoordinated: number == 2 || number == 6,
        pedestrian: number % 4 == 0 ? PedestrianTiming(walk: .seconds(7), clearance: .seconds(11.5), leadingInterval: .seconds(3)) : nil)
    }
    return RingBarrierPlan(
      phases: [
        phase(1, 1, 1, 1, split: 15), phase(2, 1, 1, 2, split: 35), phase(3, 1, 2, 1, split: 12), phase(4, 1, 2, 2, split: 28),
        phase(5, 2, 1, 1, split: 20), phase(6, 2, 1, 2, split: 30), phase(7, 2, 2, 1, split: 14), phase(8, 2, 2, 2, split: 26),
      ],
      overlaps: [Overlap(name: "A", parentPhases: [1, 2], links: [8], trailingGreen: .seconds(2), clearance: clearance)],
      cycle: .seconds(90), offset: .seconds(12.5), offsetReference: .beginYellow)
  }()

  @Test func planToProgramAndBack() {
    let program = Self.plan.program(id: "1", links: 9)
    #expect(program.kind == .ringBarrier)
    #expect(program.parameter("ring1") == "1,2,3,4")
    #expect(program.parameter("ring2") == "5,6,7,8")
    #expect(program.parameter("barrierPhases") == "2,6")
    #expect(program.parameter("barrier2Phases") == "4,8")
    #expect(RingBarrierPlan(program) == Self.plan)
    #expect(RingBarrierPlan(program)?.program(id: "1", links: 9) == program)
  }

  @Test func anyRingsAndBarriersSurvive() {
    var plan = Self.plan
    plan.phases = plan.phases.filter { $0.ring == 1 }
    plan.overlaps = []
    #expect(RingBarrierPlan(plan.program(id: "x", links: 9)) == plan)
    for k in plan.phases.indices {
      plan.phases[k].barrier = k + 1
      plan.phases[k].position = 1
    }
    #expect(RingBarrierPlan(plan.program(id: "x", links: 9)) == plan)
  }

  @Test func whatMakesNoPlanIsNil() {
    var program = Self.plan.program(id: "1", links: 9)
    program.kind = .fixedTime
    #expect(RingBarrierPlan(program) == nil)
    program.kind = .ringBarrier
    program.stages[0].name = "first"
    #expect(RingBarrierPlan(program) == nil)
  }

  /// Worked by hand: ring 1 ends its greens at 10, 45, 57−5… ring 2 at 15, 45…
  @Test func stagesCoverTheCycle() throws {
    let stages = try #require(Self.plan.fixedTimeStages(links: 9))
    let total = stages.reduce(0.0) { $0 + $1.duration.seconds }
    #expect(total == 90)
    // 0 s: phases 1 and 5 green; the overlap of 1 and 2 green.
    #expect(stages[0].state.description == "GrrrGrrrG")
    #expect(stages[0].duration == .seconds(10))
    // 10 s: phase 1 yellow, 5 green, the overlap goes on.
    #expect(stages[1].state.description == "yrrrGrrrG")
    let program = SignalProgram(id: "f", stages: stages)
    // 40 s: 2 and 6 green, and link 4 permissive beside 2.
    let at = try #require(program.stage(at: Instant(seconds: 40)))
    #expect(stages[at.index].state.description == "rGrrgGrrG")
    // 49 s: all red before the barrier.
    let red = try #require(program.stage(at: Instant(seconds: 49)))
    #expect(stages[red.index].state.description == "rrrrrrrrr")
    for stage in stages {
      let shown = stage.state.indications
      #expect(!(shown[0...1].contains { $0.isGreen } && shown[2...3].contains { $0.isGreen }), "the barrier is crossed")
    }
  }
}
