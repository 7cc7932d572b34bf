import Formats
import Testing
import TrafficModel

@Suite struct FlowCountsTests {
  @Test func countsBecomeFlows() throws {
    let text = """
      Begin,End,Link,From,To,Count
      06:00,06:15,main,,,20
      22500,23400,main,,,25
      06:00:00,06:15:00,,main,side,5

      """
    let table = try FlowCounts.read(text: text, file: "day.csv")
    #expect(table.rows.map(\.mean) == [80, 100, 20])
    #expect(table.rows[0].begin == Instant(seconds: 21600) && table.rows[1].begin == table.rows[0].end)
    #expect(table.rows[2].subject == .movement(from: "main", to: "side"))
    #expect(try FlowCounts.read(text: "begin,end,link,flow\n0,900,a,320\n", file: "f").rows[0].mean == 320)
  }

  @Test(arguments: [
    ("begin,end,count\n0,900,5\n", "a column link"), ("begin,end,link\n0,900,a\n", "count"), ("", "header"),
    ("begin,end,link,count\n900,0,a,5\n", "begin before end"), ("begin,end,link,count\n0,900,a,-5\n", "from 0"),
    ("begin,end,link,count\n0,900,,5\n", "a link"), ("begin,end,link,count\n", "at least one"),
    ("begin,end,link,count\nsix,seven,a,5\n", "begin before end"),
  ]) func faultsAreNamed(_ text: String, _ says: String) {
    #expect {
      try FlowCounts.read(text: text, file: "day.csv")
    } throws: { error in
      ((error as? InputProblems)?.description ?? (error as? InputProblem)?.description ?? "").contains(says)
    }
  }

  @Test func aMissingFileIsMissing() {
    #expect {
      try FlowCounts.read(path: "/nowhere/flows.json")
    } throws: { ($0 as? InputProblem)?.isMissingInput ?? false }
  }
}
