import Testing
import TrafficModel

@testable import SignalControl

/// The behaviour that NEMA TS 2 and the Signal Timing Manual (NCHRP 812, chapters 5 to 7) describe, worked by hand.
///
/// Dual ring, eight phases: phase n rules link n − 1; ring 1 is 1 2 | 3 4, ring 2 is 5 6 | 7 8. Yellow 3 s, red clearance 2 s, shortest green
/// 5 s, longest 30 s, passage 3 s unless a test says otherwise. Detectors are told directly.
@Suite struct RingBarrierTests {
  static func plan(_ change: (inout Phase) -> Void = { _ in }) -> RingBarrierPlan {
    RingBarrierPlan(
      phases: (1...8).map { n in
        var phase = Phase(
          number: n, ring: n <= 4 ? 1 : 2, barrier: [1, 2, 5, 6].contains(n) ? 1 : 2, position: n % 2 == 1 ? 1 : 2, protectedLinks: [n - 1],
          timing: PhaseTiming(
            minimumGreen: .seconds(5), maximumGreen: .seconds(30), passage: .seconds(3),
            clearance: ClearanceIntervals(yellow: .seconds(3), redClearance: .seconds(2))))
        change(&phase)
        return phase
      })
  }

  /// Runs second by second; `occupied` tells which phases' detectors are occupied.
  static func run(
    _ plan: RingBarrierPlan, seconds: Int, settings: RingBarrierController.Settings = .init(), walks: [Int: Int] = [:],
    occupied: (Int, Int) -> Bool
  ) -> [String] {
    var machine = RingBarrierMachine(plan: plan, settings: settings, start: .zero)
    var shown: [String] = []
    for t in 0..<seconds {
      let now = Instant(seconds: Double(t))
      for (p, phase) in plan.phases.enumerated() {
        let on = occupied(phase.number, t), before = t > 0 && occupied(phase.number, t - 1)
        if on || before { machine.detect(p, isOccupied: on, isCalling: on, at: now) }
        if walks[phase.number] == t { machine.callWalk(p) }
      }
      machine.advance(to: now)
      shown.append(machine.state(links: plan.phases.count, isWalk: [Bool](repeating: false, count: 8), at: now).description)
    }
    return shown
  }

  /// State and length of each run of equal states.
  static func runs(_ shown: [String]) -> [String] {
    var runs: [(String, Int)] = []
    for state in shown {
      if runs.last?.0 == state { runs[runs.count - 1].1 += 1 } else { runs.append((state, 1)) }
    }
    return runs.map { "\($0.0) \($0.1)" }
  }

  @Test func withoutCallsItRestsInGreen() {
    let shown = Self.run(Self.plan { $0.recall = $0.number == 2 || $0.number == 6 ? .minimum : .none }, seconds: 100) { _, _ in false }
    #expect(Self.runs(shown) == ["rGrrrGrr 100"])
  }

  /// One vehicle on phase 4 at 20 s: 2 and 6, long past their minimum and without traffic, end at once; 4 is served alone for its minimum,
  /// and since 2 and 6 are recalled the way back follows.
  @Test func aCallAcrossTheBarrierIsServedAfterYellowAndRed() {
    let plan = Self.plan { $0.recall = $0.number == 2 || $0.number == 6 ? .minimum : .none }
    let shown = Self.run(plan, seconds: 60) { n, t in n == 4 && t == 20 }
    #expect(
      Self.runs(shown) == ["rGrrrGrr 20", "ryrrryrr 3", "rrrrrrrr 2", "rrrGrrrr 5", "rrryrrrr 3", "rrrrrrrr 2", "rGrrrGrr 25"])
  }

  @Test func dualEntryServesTheConcurrentPhaseToo() {
    let plan = Self.plan {
      $0.recall = $0.number == 2 || $0.number == 6 ? .minimum : .none
      $0.dualEntry = $0.number % 2 == 0
    }
    let shown = Self.run(plan, seconds: 40) { n, t in n == 4 && t == 20 }
    #expect(shown[25] == "rrrGrrrG")
  }

  /// Phase 2 keeps being extended by a vehicle every 2 s: it ends 30 s after the first opposing call, not after its begin.
  @Test func theLongestGreenCountsFromTheOpposingCall() {
    let plan = Self.plan { $0.recall = $0.number == 2 || $0.number == 6 ? .minimum : .none }
    let shown = Self.run(plan, seconds: 90) { n, t in (n == 2 && t % 2 == 0) || (n == 4 && t >= 20 && t < 60) }
    #expect(shown[49] == "rGrrrGrr" && shown[50] == "ryrrryrr")
  }

  /// The last vehicle of phase 2 leaves its detector at 31 s: the passage of 3 s is over at 34 s.
  @Test func theGreenEndsOnAGap() {
    let plan = Self.plan { $0.recall = $0.number == 2 || $0.number == 6 ? .minimum : .none }
    let shown = Self.run(plan, seconds: 60) { n, t in (n == 2 && t <= 30) || (n == 4 && t >= 20 && t < 45) }
    #expect(shown[33] == "rGrrrGrr" && shown[34] == "ryrrryrr")
  }

  /// Gap reduction: from 8 s after the opposing call at 20 s the gap falls from 3 to 1 s over 10 s. Phase 2 has a vehicle in one second of three,
  /// so the longest time since one is 1 s, at 35 s (allowed 1.6 s) and at 38 s (allowed 1.0 s): there the green ends.
  @Test func theGapShrinksWhileOthersWait() {
    let plan = Self.plan {
      $0.recall = $0.number == 2 || $0.number == 6 ? .minimum : .none
      $0.timing.gapReduction = GapReduction(before: .seconds(8), duration: .seconds(10), minimumGap: .seconds(1))
    }
    let shown = Self.run(plan, seconds: 60) { n, t in (n == 2 && t % 3 == 0) || (n == 4 && t >= 20 && t < 45) }
    let end = shown.firstIndex { $0.hasPrefix("ry") } ?? -1
    #expect(end == 38)
    let without = Self.run(Self.plan { $0.recall = $0.number == 2 || $0.number == 6 ? .minimum : .none }, seconds: 60) { n, t in
      (n == 2 && t % 3 == 0) || (n == 4 && t >= 20 && t < 45)
    }
    #expect(without.firstIndex { $0.hasPrefix("ry") } == 50)
  }

  /// 2 finds its gap at 24 s, 6 only at 40 s; at 35 s a further vehicle comes to 2. With simultaneous gap-out both must be empty at once.
  @Test func gapOutAtTheBarrierIsSimultaneous() {
    let plan = Self.plan { $0.recall = $0.number == 2 || $0.number == 6 ? .minimum : .none }
    func occupied(_ n: Int, _ t: Int) -> Bool {
      (n == 2 && (t <= 20 || (35...37).contains(t))) || (n == 6 && t <= 33) || (n == 4 && t >= 10 && t < 60)
    }
    let together = Self.run(plan, seconds: 60, occupied: occupied)
    // The vehicle of 35 to 37 s keeps both from leaving until 41 s; max-out would come at 40 s.
    #expect(together.firstIndex { $0.hasPrefix("ry") } == 40)
    var settings = RingBarrierController.Settings()
    settings.simultaneousGapOut = false
    let alone = Self.run(plan, seconds: 60, settings: settings, occupied: occupied)
    #expect(alone.firstIndex { $0.hasPrefix("ry") } == 37)
  }

  /// Rings change inside a barrier group without waiting for each other.
  @Test func ringsAreIndependentBetweenBarriers() {
    let shown = Self.run(Self.plan { $0.recall = .minimum }, seconds: 200) { n, t in n == 1 && t < 20 }
    // 5 ends after its 5 s, 1 only on its gap; both throughs then run until both gap.
    #expect(shown.contains("GrrrrGrr"))
    for state in shown {
      let letters = Array(state)
      let first = [0, 1, 4, 5].contains { letters[$0] != "r" }, second = [2, 3, 6, 7].contains { letters[$0] != "r" }
      #expect(!(first && second), "the barrier is crossed: \(state)")
    }
  }

  @Test func recalls() {
    // Maximum recall holds the green to its longest while others wait.
    let maximum = Self.run(Self.plan { $0.recall = $0.number == 2 ? .maximum : $0.number == 4 ? .minimum : .none }, seconds: 60) { _, _ in
      false
    }
    #expect(maximum[29].hasPrefix("rG") && maximum[30].hasPrefix("ry"))
    // Soft recall comes back when nobody else calls.
    let soft = Self.run(Self.plan { $0.recall = $0.number == 2 ? .soft : .none }, seconds: 60) { n, t in n == 4 && t == 10 }
    #expect(soft[19] == "rrrGrrrr" && soft[40] == "rGrrrrrr")
    // Pedestrian recall times walk and clearance in every service.
    let walk = Self.run(
      Self.plan {
        $0.recall = $0.number == 2 ? .minimum : $0.number == 4 ? .pedestrian : .none
        $0.pedestrian = $0.number == 4 ? PedestrianTiming(walk: .seconds(7), clearance: .seconds(11)) : nil
      }, seconds: 60
    ) { _, _ in false }
    #expect(walk.count { $0 == "rrrGrrrr" } >= 18)
    #expect(Self.runs(walk).contains("rrrGrrrr 18"))
  }

  /// A walk call holds the green for walk and clearance; with a leading interval the vehicles wait for it.
  @Test func walkAndLeadingInterval() {
    let plan = Self.plan {
      $0.recall = $0.number == 2 || $0.number == 6 ? .minimum : .none
      $0.pedestrian = $0.number == 4 ? PedestrianTiming(walk: .seconds(7), clearance: .seconds(11), leadingInterval: .seconds(3)) : nil
    }
    let shown = Self.run(plan, seconds: 80, walks: [4: 20]) { _, _ in false }
    // Yellow at 20, red to 25; walk from 25 to 32, clearance to 43; the vehicles' green from 28.
    #expect(shown[27] == "rrrrrrrr" && shown[28] == "rrrGrrrr" && shown[42] == "rrrGrrrr" && shown[43] == "rrryrrrr")
  }

  /// A full cycle of calls in a coordinated plan is the fixed-time program of the splits, second by second.
  @Test(arguments: [RingBarrierPlan.OffsetReference.beginGreen, .beginYellow, .beginRed])
  func saturatedCoordinationIsTheFixedTimeProgram(reference: RingBarrierPlan.OffsetReference) throws {
    let splits = [1: 15, 2: 35, 3: 14, 4: 26, 5: 20, 6: 30, 7: 12, 8: 28]
    var plan = Self.plan {
      $0.timing.split = .seconds(Double(splits[$0.number]!))
      $0.isCoordinated = $0.number == 2 || $0.number == 6
    }
    plan.cycle = .seconds(90)
    plan.offset = .seconds(12)
    plan.offsetReference = reference
    let shown = Self.run(plan, seconds: 600) { _, _ in true }
    let stages = try #require(plan.fixedTimeStages(links: 8))
    // Phase 2 begins 15 s into the program, phase 6 20 s; the reference is the earlier, 2.
    let shift = [RingBarrierPlan.OffsetReference.beginGreen: 15.0, .beginYellow: 45, .beginRed: 48][reference]!
    let program = SignalProgram(id: "f", offset: .seconds(12 - shift), stages: stages)
    for t in 180..<600 {
      let at = try #require(program.stage(at: Instant(seconds: Double(t))))
      #expect(shown[t] == stages[at.index].state.description, "\(reference) at \(t)")
    }
  }

  /// Nobody on 3: with fixed force-offs the time goes to 4, which ends at its own moment; floating, 4 has its split and 2 begins early.
  @Test func unusedTimeGoesToTheNextOrToTheCoordinated() {
    var plan = Self.plan {
      $0.timing.split = .seconds([1: 15, 2: 35, 3: 14, 4: 26, 5: 15, 6: 35, 7: 14, 8: 26][$0.number]!)
      $0.isCoordinated = $0.number == 2 || $0.number == 6
    }
    plan.cycle = .seconds(90)
    func greens(_ settings: RingBarrierController.Settings) -> (four: Int, two: Int) {
      let shown = Self.run(plan, seconds: 540, settings: settings) { n, _ in n != 3 && n != 7 && n != 1 && n != 5 }
      let cycle = shown[270..<360]
      return (cycle.count { $0.hasPrefix("rrrG") }, cycle.count { $0.hasPrefix("rG") })
    }
    // The cycle without lefts: 2 lasts from its early return to its yield point.
    let fixed = greens(.init())
    #expect(fixed.four == 35 && fixed.two == 45, "\(fixed)")
    var floating = RingBarrierController.Settings()
    floating.forceOff = .floating
    let other = greens(floating)
    #expect(other.four == 21 && other.two == 59, "\(other)")
  }

  /// A call that comes too late to end before its force-off waits for the next cycle, and the coordinated phases stay.
  @Test func lateCallsWaitForTheNextYield() {
    var plan = Self.plan {
      $0.timing.split = .seconds([1: 15, 2: 35, 3: 14, 4: 26, 5: 15, 6: 35, 7: 14, 8: 26][$0.number]!)
      $0.isCoordinated = $0.number == 2 || $0.number == 6
    }
    plan.cycle = .seconds(90)
    // Begin of 2 is the reference: zero. It yields at 30; 4 is forced off at 70 and needs 5 + 5 s from a call, so 60 is the last moment.
    let early = Self.run(plan, seconds: 90) { n, t in n == 4 && t == 60 }
    #expect(early[60].hasPrefix("ry"))
    let late = Self.run(plan, seconds: 180) { n, t in n == 4 && t == 61 }
    #expect(late[61...119].allSatisfy { $0 == "rGrrrGrr" } && late[120].hasPrefix("ry"))
  }

  /// Overlap of 1 and 2: green through the change between them, ending with 2.
  @Test func overlapsStayGreenBetweenTheirParents() {
    var plan = Self.plan { $0.recall = .minimum }
    plan.phases = plan.phases.filter { $0.ring == 1 }
    plan.overlaps = [
      Overlap(
        name: "A", parentPhases: [1, 2], links: [7], trailingGreen: .seconds(2),
        clearance: ClearanceIntervals(yellow: .seconds(3), redClearance: .seconds(2)))
    ]
    var machine = RingBarrierMachine(plan: plan, settings: .init(), start: .zero)
    var shown: [String] = []
    for t in 0..<40 {
      machine.advance(to: Instant(seconds: Double(t)))
      shown.append(machine.state(links: 8, isWalk: [Bool](repeating: false, count: 8), at: Instant(seconds: Double(t))).description)
    }
    #expect(
      Self.runs(shown).prefix(8) == [
        "Grrrrrrr 5".replacing("rr 5", with: "rG 5"), "yrrrrrrG 3", "rrrrrrrG 2", "rGrrrrrG 5", "ryrrrrrG 2", "ryrrrrry 1", "rrrrrrry 2",
        "rrrrrrrr 2",
      ])
  }

  /// Whatever is called, barriers hold, no ring shows two phases, and nobody who calls without end waits longer than everybody's longest greens.
  @Test(arguments: 0..<20) func arbitraryCalls(seed: Int) {
    var random = RandomNumbers(UInt64(seed) + 7)
    let barriers = 1 + seed % 4
    var plan = Self.plan {
      $0.dualEntry = $0.number % 2 == 0
      $0.recall = [.none, .minimum, .soft, .maximum, .none, .none, .none, .none][($0.number + seed) % 8]
    }
    if barriers > 2 {
      for p in plan.phases.indices {
        plan.phases[p].barrier = barriers == 3 ? [1, 2, 3, 3, 1, 2, 3, 3][p] : [1, 2, 3, 4, 1, 2, 3, 4][p]
      }
    } else if barriers == 1 {
      plan.phases = plan.phases.filter { $0.ring == 1 }
      for p in plan.phases.indices {
        plan.phases[p].barrier = 1
        plan.phases[p].position = p + 1
      }
    }
    var occupied = [[Bool]](repeating: [Bool](repeating: false, count: 9), count: 3000)
    for n in 1...8 {
      var on = false
      for t in 0..<3000 {
        if random.next() % 9 == 0 { on.toggle() }
        occupied[t][n] = on || n == 3
      }
    }
    let shown = Self.run(plan, seconds: 3000) { n, t in occupied[t][n] }
    var waiting = 0
    for (t, state) in shown.enumerated() {
      let letters = Array(state)
      for ring in plan.rings {
        let open = plan.phases.filter { $0.ring == ring && letters[plan.phases.firstIndex(of: $0)!] != "r" }
        #expect(open.count <= 1, "\(state) at \(t)")
      }
      let groups = Set(plan.phases.enumerated().filter { letters[$0.offset] != "r" }.map(\.element.barrier))
      #expect(groups.count <= 1, "\(state) at \(t)")
      waiting = letters[2] == "G" ? 0 : waiting + 1
      #expect(waiting <= 8 * 40)
    }
  }
}
