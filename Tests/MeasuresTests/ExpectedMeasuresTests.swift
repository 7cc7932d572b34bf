import Formats
import Foundation
import Sensing
import TestSupport
import Testing
import TrafficModel

@testable import Measures

/// A day of real logs with the answers of another tool beside it.
@Suite(.enabled(if: SharedData.has("atspm/events.csv.gz") || SharedData.has("data/atspm/events.csv.gz"), "needs the shared data"))
struct ExpectedMeasuresTests {
  static func path(_ name: String) -> String { (SharedData.url("data/atspm/" + name) ?? SharedData.url("atspm/" + name)!).path }
  static let log = try! HighResolutionLogReader.read(path: path("events.csv.gz"))
  static let configuration = try! DetectorTable.read(path: path("detectors.csv")).configuration

  static func expected(_ name: String) throws -> [[String]] {
    try String(contentsOfFile: path(name), encoding: .utf8).split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").map(String.init)
    }
  }

  static func stamp(_ ms: Int64) -> String {
    let minutes = ms / 60_000 % 1440
    return "2024-05-13 \(String(format: "%02d:%02d:00", minutes / 60, minutes % 60))"
  }

  @Test func everyEventIsRead() {
    #expect(Self.log.events.count == 246_413)
    #expect(Self.log.report.end == .complete)
    #expect(Self.log.report.malformed.count == 0, "\(Self.log.report.problems.map(\.description))")
    #expect(Self.log.events.devices.sorted() == ["227", "452", "454"])
  }

  @Test func arrivalsOnGreenAreExact() throws {
    let events = Self.log.events
    let rows = arrivalsOnGreen(events, phases: PhaseEvents(events), configuration: Self.configuration)
    let expected = try Self.expected("expected_arrivals_on_green.csv")
    #expect(rows.count == 96 && expected.count == 96)
    let own = Dictionary(
      uniqueKeysWithValues: rows.map { (["\(Self.stamp($0.begin))", events.devices[Int($0.device)], "\($0.phase)"], $0) })
    for row in expected {
      let found = try #require(own[Array(row[0..<3])])
      #expect(found.total == Int(row[3]))
      #expect(abs(found.shareOnGreen - Double(row[4])!) < 1e-6)
    }
  }

  @Test func actuationsAreExact() throws {
    let events = Self.log.events
    let rows = actuationCounts(events).map { "\(Self.stamp($0.begin)),\(events.devices[Int($0.device)]),\($0.channel),\($0.total)" }
    let expected = try Self.expected("expected_actuations.csv").map { $0.joined(separator: ",") }
    #expect(rows.count == 1235)
    #expect(Set(rows) == Set(expected))
  }
}
