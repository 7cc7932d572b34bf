import Foundation
import Testing
import TrafficModel

@testable import Formats

struct ReadingTests {
  @Test func intervalCountsKeepTheGoodAndNameTheBad() throws {
    let (readings, problems) = try ReadingStream.intervalCounts(
      text: "detector,begin,end,count,occupancy,speed\na,0,300,41,0.1,36\nb,0,300,-3,0.1,36\nc,0,300,9000,,\nd,0,300,12,,\ne,x,300,1,,\n",
      file: "c.csv")
    #expect(readings.count == 2)
    #expect(problems.map(\.line) == [3, 4, 6])
    guard case .interval(let name, _, let end, let count, let occupancy, let speed) = readings[0] else {
      Issue.record("no interval")
      return
    }
    #expect(name == "a" && end == Instant(seconds: 300) && count == 41 && occupancy == 0.1 && abs(speed - 10) < 1e-9)
  }

  @Test func linesOfEitherKind() throws {
    let event = try ReadingStream.line("{\"detector\":\"d\",\"time\":12.3,\"on\":true,\"speed\":9.1}", number: 1, file: "-")
    #expect(event == .event(detector: "d", time: Instant(seconds: 12.3), change: .on, speed: 9.1))
    let count = try ReadingStream.line(
      "{\"detector\":\"d\",\"begin\":0,\"end\":60,\"count\":7,\"occupancy\":0.2,\"speed\":5}", number: 2, file: "-")
    #expect(count == .interval(detector: "d", begin: .zero, end: Instant(seconds: 60), count: 7, occupancy: 0.2, speed: 5))
    #expect(try ReadingStream.line("  ", number: 3, file: "-") == nil)
    for bad in ["nonsense", "{}", "{\"detector\":\"d\"}", "{\"detector\":\"d\",\"begin\":0,\"end\":60,\"count\":-1}"] {
      #expect(throws: InputProblem.self) { try ReadingStream.line(bad, number: 4, file: "-") }
    }
  }

  @Test func trafficFlowObservedInBothForms() throws {
    let text = """
      [{"id":"urn:1","type":"TrafficFlowObserved","laneId":1,"dateObservedFrom":"2024-05-13T15:00:00Z","dateObservedTo":"2024-05-13T15:15:00Z",
        "intensity":120,"occupancy":0.12,"averageVehicleSpeed":36},
       {"id":"urn:2","type":"TrafficFlowObserved","dateObserved":{"type":"Property","value":"2024-05-13T15:00:00Z/2024-05-13T15:15:00Z"},
        "intensity":{"type":"Property","value":60}},
       {"id":"urn:3","type":"Device"}]
      """
    let (readings, problems) = try ReadingStream.trafficFlowObserved(Array(text.utf8), file: "n.json")
    #expect(readings.count == 2 && problems.count == 1)
    guard case .interval(let name, let begin, let end, let count, _, let speed) = readings[0] else {
      Issue.record("no interval")
      return
    }
    #expect(name == "urn:1/1" && (end - begin).seconds == 900 && count == 120 && abs(speed - 10) < 1e-9)
  }

  @Test func tablesSurviveMutation() throws {
    let good = Array("detector,begin,end,count\n\"a,1\",0,300,41\nb,300,600,12\nc,600,900,7\n".utf8)
    var state: UInt64 = 3
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    var read = 0
    for _ in 0..<300 {
      var bytes = good
      for _ in 0..<3 { bytes[Int(next()) % bytes.count] = UInt8(truncatingIfNeeded: next()) }
      if let result = try? ReadingStream.intervalCounts(text: String(decoding: bytes, as: UTF8.self), file: "x") {
        read += result.readings.count
        #expect(result.readings.count + result.problems.count <= 4)
      }
    }
    #expect(read > 30)
  }
}
