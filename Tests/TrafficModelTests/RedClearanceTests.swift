import Testing
import TrafficModel

/// Red clearance as a shipped program shows it: the all-red before a foe's green, not the green of others in between.
@Suite struct RedClearanceTests {
  static func derived(_ stages: [(String, Double)]) -> [Double] {
    let program = SignalProgram(id: "0", stages: stages.map { Stage(state: SignalState($0.0)!, duration: .seconds($0.1)) })
    let timeline = SignalTimeline(program, links: 3)
    return (0..<3).map { link in
      let start = timeline.runs[link].first { $0.indication == .green }!.start
      return timeline.allRed(before: start).seconds
    }
  }

  @Test func allRedBeforeEachGreen() {
    // Main street, its left turn, cross street: 1 s before the turn, none before the cross street, 2 s before the main street.
    let clearances = Self.derived([
      ("Grr", 20), ("yrr", 3), ("rrr", 1), ("rGr", 8), ("ryr", 3), ("rrG", 15), ("rry", 3), ("rrr", 2),
    ])
    #expect(clearances == [2, 1, 0])
  }

  @Test func aGreenThatGoesOnLeavesNoAllRed() {
    #expect(Self.derived([("GGr", 20), ("Gyr", 3), ("yrr", 3), ("rrG", 10), ("rry", 3)]) == [0, 0, 0])
  }
}
