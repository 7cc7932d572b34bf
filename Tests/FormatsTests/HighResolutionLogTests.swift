import Foundation
import Testing
import TrafficModel

@testable import Formats

struct HighResolutionLogTests {
  static func text(_ rows: [String]) -> [UInt8] { Array(rows.joined(separator: "\n").utf8) }

  @Test func readsHeaderInAnyOrderAndDates() throws {
    let log = try HighResolutionLogReader.read(
      bytes: Self.text(["EventId,Parameter,TimeStamp,DeviceId", "82,7,1970-01-02 00:00:01.5,A", "81,7,1970-01-02T00:00:02.25,A"]), file: "x"
    )
    #expect(log.events.time == [86_401_500, 86_402_250])
    #expect(log.events.code == [82, 81])
    #expect(log.events.parameter == [7, 7])
    #expect(log.report.isClean)
  }

  @Test func readsAmericanDatesAndOffsets() throws {
    let log = try HighResolutionLogReader.read(
      bytes: Self.text(["1/2/1970 00:00:01.5,A,1,2", "1970-01-02T02:00:03+02:00,A,8,2", "1970-01-02T00:00:04Z,A,10,2"]), file: "x")
    #expect(log.events.time == [86_401_500, 86_403_000, 86_404_000])
    #expect(log.report.hasOffset)
  }

  @Test func countsAndNamesWhatIsWrong() throws {
    let log = try HighResolutionLogReader.read(
      bytes: Self.text([
        "TimeStamp,DeviceId,EventId,Parameter",
        "2024-05-13 15:00:10.0,1,82,5",
        "2024-05-13 15:00:09.0,1,81,4",  // late by a second: put in its place
        "2024-05-13 15:00:11.0,1,81,5",
        "2024-05-13 15:00:11.0,1,81,5",  // repeated to the digit
        "2024-05-13 15:00:12.0,1,199,5",  // no such code
        "garbage",
        "2024-05-13 15:00:13.0,1,-3,5",
        "2024-05-13 14:00:00.0,1,1,2",  // an hour back
      ]), file: "x.csv")
    let report = log.report
    #expect(log.events.count == 5)
    #expect(report.late == .init(count: 1, firstLine: 3))
    #expect(report.duplicates == .init(count: 1, firstLine: 5))
    #expect(report.unknownCodes == [199: .init(count: 1, firstLine: 6)])
    #expect(report.malformed == .init(count: 2, firstLine: 7))
    #expect(report.clockSteps.count == 1)
    #expect(report.largestStepBack == 3_612_000)
    #expect(log.events.time[0] < log.events.time[1])
    #expect(report.allProblems.count == 6)
  }

  @Test func anEmptyLogIsAProblemNotAResult() {
    #expect(throws: InputProblems.self) { try HighResolutionLogReader.read(bytes: [], file: "x") }
    #expect(throws: InputProblems.self) { try HighResolutionLogReader.read(bytes: Self.text(["a,b,c,d", "1,2,3,4"]), file: "x") }
  }

  /// Any bytes at all: never a crash, and every line is either an event, a header, or counted.
  @Test func survivesMutation() throws {
    let good = Self.text((0..<200).map { "2024-05-13 15:00:\($0 / 10 % 6)\($0 % 10).0,7,\(80 + $0 % 3),\($0 % 40)" })
    var state: UInt64 = 1
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    for _ in 0..<300 {
      var bytes = good
      for _ in 0..<5 { bytes[Int(next()) % bytes.count] = UInt8(truncatingIfNeeded: next()) }
      let log = try HighResolutionLogReader.read(bytes: bytes, file: "x")
      #expect(log.events.count + log.report.malformed.count + log.report.duplicates.count <= log.report.lines)
      #expect(log.events.count > 150)
    }
  }
}
