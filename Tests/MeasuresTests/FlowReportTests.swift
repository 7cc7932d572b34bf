import Testing
import TrafficModel

@testable import Measures

@Suite struct FlowReportTests {
  static func report() -> FlowReport {
    let network = smallAvenue(spacing: [200, 300])
    let links = network.roads.enumerated().map { i, link in
      let flow = 100.0 * Double(i + 1)
      return FlowReport.Link(
        id: link.id, isMeasured: i % 3 == 0, mean: [flow, flow * 2], low: [flow / 2, flow], high: [flow * 2, flow * 4])
    }
    return FlowReport(
      network: network, links: links, begin: Instant(seconds: 1_700_000_100), interval: .minutes(15), inflation: 1.4)
  }

  @Test func theTableHoldsEveryLinkBusiestFirst() {
    let report = Self.report()
    let table = report.table()
    #expect(table.rows.count == report.links.count)
    #expect(table.rows[0][1] == String(150 * report.links.count))
    #expect(table.rows[0][2] == String(75 * report.links.count))
    #expect(table.rows[0][3] == String(300 * report.links.count))
    #expect(table.rows.filter { $0[4] == "measured" }.count == report.links.filter(\.isMeasured).count)
  }

  @Test func thePageSpeaksBothLanguagesAndTheTimeOfDay() {
    let english = Self.report().html(), chinese = Self.report().html(.chinese)
    #expect(english.contains("Estimated flows") && chinese.contains("流量估计"))
    // 1,700,000,100 s is 22:15 of its day.
    #expect(english.contains("22:15"))
    #expect(!english.contains("flows.") && !chinese.contains("flows."), "a sentence is missing")
  }
}
