import Testing
import TrafficModel

@testable import TimingOptimization

/// A crossroads: links 0 (left) and 1 (through) southbound, 2 and 3 northbound, 4 eastbound through. Left turns yield to what they cross.
enum Crossroads {
  static var rightOfWay: SignalRightOfWay {
    var r = SignalRightOfWay(count: 5)
    r.meet(0, 3, yielding: 0)
    r.meet(2, 1, yielding: 2)
    for i in 0..<4 { r.meet(i, 4, yielding: i) }
    return r
  }

  static let shipped = SignalProgram(
    id: "0",
    stages: [("gGgGr", 30), ("yyyyr", 3), ("rrrrr", 1), ("rrrrG", 20), ("rrrry", 3), ("rrrrr", 1)].map {
      Stage(state: SignalState($0.0)!, duration: .seconds(Double($0.1)))
    })

  static var model: SignalTimingModel {
    SignalTimingModel(
      signal: SignalID(0), name: "X", constraints: .derived(rightOfWay: rightOfWay, programs: [shipped]), rightOfWay: rightOfWay,
      usedLinks: [Bool](repeating: true, count: 5), programs: [shipped])
  }
}

@Suite struct CompatibleStagesTests {
  /// Link 0 clears for link 1 in two seconds; link 2 goes with both. A stage of link 2 alone between them must not cut that short.
  @Test func aShortStageBetweenDoesNotCutAClearance() {
    var r = SignalRightOfWay(count: 3)
    r.meet(0, 1, yielding: 0)
    let program = SignalProgram(
      id: "0",
      stages: [("Grr", 20), ("yrr", 3), ("rrr", 2), ("rGG", 20), ("ryy", 3), ("rrr", 2)].map {
        Stage(state: SignalState($0.0)!, duration: .seconds(Double($0.1)))
      })
    let model = SignalTimingModel(
      signal: SignalID(0), name: "X", constraints: .derived(rightOfWay: r, programs: [program]), rightOfWay: r,
      usedLinks: [true, true, true], programs: [program])
    #expect(model.constraints.links[0].redClearance == .seconds(2))
    // A second program shows link 2 alone, so that this is a stage to choose.
    let alone = SignalTimingModel(
      signal: SignalID(0), name: "X", constraints: model.constraints, rightOfWay: r, usedLinks: [true, true, true],
      programs: [SignalProgram(id: "1", stages: [Stage(state: SignalState("rrG")!, duration: .seconds(9))]), program])
    func candidate(_ greens: [Int]) -> Int { alone.candidates.firstIndex { $0.greens == greens }! }
    for between in 1...4 {
      let plan = StagePlan(stages: [
        .init(candidate: candidate([0]), seconds: 20), .init(candidate: candidate([2]), seconds: between),
        .init(candidate: candidate([1, 2]), seconds: 20),
      ])
      let program = plan.program(alone, id: "p")
      let found = PlanCheck(alone.constraints).findings(in: program, signal: "X").contains { $0.rule == .shortRedClearance }
      #expect(plan.clearsInTime(alone) == (between >= 2) && found == (between < 2), "\(between) s between")
      #expect(plan.isRunnable(alone) == (between >= 2))
    }
  }

  @Test func maximalSetsOfASmallGraph() {
    // A path 0-1-2 and an edge 2-3: the maximal sets are the edges.
    let edges: Set<[Int]> = [[0, 1], [1, 2], [2, 3]]
    let sets = CompatibleStages.maximalSets(count: 4, members: [0, 1, 2, 3]) { edges.contains([min($0, $1), max($0, $1)]) }
    #expect(sets == [[0, 1], [1, 2], [2, 3]])
    #expect(CompatibleStages.maximalSets(count: 4, members: [0, 3]) { _, _ in true } == [[0, 3]])
  }

  @Test func everyMaximalSetIsCompatibleAndCannotGrow() {
    var state: UInt64 = 5
    func random() -> Bool {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 62 > 0
    }
    let n = 14
    var ok = [[Bool]](repeating: [Bool](repeating: false, count: n), count: n)
    for i in 0..<n {
      for j in 0..<i {
        let compatible = random()
        ok[i][j] = compatible
        ok[j][i] = compatible
      }
    }
    let sets = CompatibleStages.maximalSets(count: n, members: Array(0..<n)) { ok[$0][$1] }
    #expect(Set(sets).count == sets.count)
    for s in sets {
      for i in s { for j in s where i != j { #expect(ok[i][j]) } }
      for i in 0..<n where !s.contains(i) { #expect(!s.allSatisfy { ok[$0][i] }) }
    }
    #expect(Set(sets.joined()).count == n)
  }

  @Test func candidatesShowWhoYields() {
    let model = Crossroads.model
    #expect(model.candidates[0].state.description == "gGgGr")
    #expect(model.candidates[0].isShipped)
    // Protected left turns: compatible without any foe.
    #expect(model.candidates.contains { $0.greens == [0, 2] && $0.state.description == "GrGrr" })
  }

  @Test func theShippedProgramComesBackFromItsStages() throws {
    let model = Crossroads.model
    let plan = try #require(model.shipped)
    #expect(plan.cycle(model) == 58)
    let program = plan.program(model, id: "0")
    #expect(program.stages.map(\.state) == Crossroads.shipped.stages.map(\.state))
    #expect(program.stages.map(\.duration) == Crossroads.shipped.stages.map(\.duration))
    #expect(PlanCheck(model.constraints).findings(in: program, signal: "X").isEmpty)
  }

  @Test(arguments: [40, 47, 58, 61, 90, 119]) func fittingKeepsWholeSecondsAndTheCycle(cycle: Int) throws {
    let model = Crossroads.model
    let fitted = try #require(model.shipped?.fitted(to: cycle, model))
    #expect(fitted.cycle(model) == cycle)
    #expect(PlanCheck(model.constraints).findings(in: fitted.program(model, id: "f"), signal: "X").filter { $0.severity == .error }.isEmpty)
  }

  @Test func randomPlansOfTheSearchKeepTheRules() {
    let model = Crossroads.model
    var plan = model.shipped!
    var state: UInt64 = 11
    func next(_ n: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % n
    }
    var runnable = 0
    for _ in 0..<2000 {
      switch next(4) {
      case 0: plan.stages.insert(.init(candidate: next(model.candidates.count), seconds: 1 + next(20)), at: next(plan.stages.count + 1))
      case 1 where plan.stages.count > 2: plan.stages.remove(at: next(plan.stages.count))
      case 2: plan.stages[next(plan.stages.count)].seconds = 1 + next(30)
      default: plan.stages[next(plan.stages.count)].candidate = next(model.candidates.count)
      }
      if plan.stages.count > 6 { plan = model.shipped! }
      guard plan.isRunnable(model) else { continue }
      runnable += 1
      let errors = PlanCheck(model.constraints).findings(in: plan.program(model, id: "r"), signal: "X").filter { $0.severity == .error }
      #expect(errors.isEmpty, "\(plan): \(errors.map(\.rule))")
    }
    #expect(runnable > 50)
  }
}
