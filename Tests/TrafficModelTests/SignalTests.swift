import Testing
import TrafficModel

@Suite struct SignalTests {
  @Test func statesReadBackAsWritten() throws {
    let text = "GgyruoOs"
    #expect(try #require(SignalState(text)).description == text)
    #expect(SignalState("GGx") == nil)
  }

  /// The stage shown is that of the clock shifted by the offset, for times before zero too.
  @Test func stageAtFollowsTheOffset() throws {
    let stages = [("GG", 30), ("yy", 3), ("rr", 7)].map { Stage(state: SignalState($0.0)!, duration: .seconds(Double($0.1))) }
    let program = SignalProgram(id: "p", offset: .seconds(10), stages: stages)
    #expect(program.cycle == .seconds(40))
    for (time, index, elapsed) in [
      (10.0, 0, 0.0), (39.9, 0, 29.9), (40, 1, 0), (43, 2, 0), (9, 2, 6), (0, 1, 0), (-30, 0, 0), (5_010, 0, 0),
    ] {
      let shown = try #require(program.stage(at: Instant(seconds: time)))
      #expect(shown.index == index && shown.elapsed == .seconds(elapsed), "at \(time)")
    }
    #expect(SignalProgram(id: "none", stages: []).stage(at: .zero) == nil)
  }

  @Test func permissivePairsMayShareGreenOnlyWithOneYielding() {
    var matrix = ConflictMatrix(count: 3)
    matrix[0, 1] = .permissive
    matrix[1, 2] = .conflict
    func pairs(_ text: String) -> [[Int]] { matrix.conflicts(in: SignalState(text)!).map { [$0.0, $0.1] } }
    #expect(pairs("Ggr").isEmpty)
    #expect(pairs("GGr") == [[0, 1]])
    #expect(pairs("rgg") == [[1, 2]])
    #expect(pairs("GrG").isEmpty)
  }

  @Test func bitRowsReadHighestFirst() throws {
    let row = try #require(BitRow(mostSignificantFirst: "0010"))
    #expect(row.indices == [1])
    #expect(row.mostSignificantFirst == "0010")
    #expect(BitRow(mostSignificantFirst: "01x") == nil)
    var long = BitRow(count: 130)
    long[129] = true
    long[64] = true
    #expect(BitRow(mostSignificantFirst: long.mostSignificantFirst) == long)
    #expect(long.indices == [64, 129])
  }
}
