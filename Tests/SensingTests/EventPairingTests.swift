import Testing
import TrafficModel

@testable import Sensing

struct EventPairingTests {
  static func log(_ events: [(Int64, UInt16, UInt16)]) -> ControllerEventLog {
    var log = ControllerEventLog()
    log.devices = ["1"]
    for (t, c, p) in events { log.append(time: t, device: 0, code: c, parameter: Int32(p)) }
    return log
  }

  /// on 0 off 1 s | on 5 (off lost) on 6: within 2 s | off 7 | on 10 (off lost) on 20: half-way at 15 | off 21 (on lost) off 25: on at 23
  @Test func mendsByTheRules() {
    let (a, report) = pairDetectorEvents(
      Self.log([
        (0, 82, 3), (1000, 81, 3), (5000, 82, 3), (6000, 82, 3), (7000, 81, 3), (10000, 82, 3), (20000, 82, 3), (21000, 81, 3),
        (25000, 81, 3),
      ]))
    #expect(a.on == [0, 5000, 6000, 10000, 20000, 23000])
    #expect(a.off == [1000, 6000, 7000, 15000, 21000, 25000])
    #expect(a.origin == [.measured, .offAtNextOn, .measured, .offHalfway, .measured, .onHalfway])
    #expect(report.missingOff == 2 && report.missingOn == 1 && report.pairs == 3)
  }

  @Test func aClockThatStepsBackStartsAfresh() {
    let (a, report) = pairDetectorEvents(
      Self.log([(100_000, 82, 1), (101_000, 81, 1), (102_000, 82, 1), (0, 81, 1), (5_000, 82, 1), (6_000, 81, 1)]))
    #expect(report.clockSteps == 1)
    #expect(a.on == [100_000, 102_000, 5_000])
    #expect(a.origin == [.measured, .cut, .measured])
  }

  /// For clean records, occupied time from the pairs equals the sum over the events themselves.
  @Test func occupiedTimeIsConserved() {
    var events: [(Int64, UInt16, UInt16)] = []
    var sum: [UInt16: Int64] = [:]
    var t: Int64 = 0
    for k in 0..<500 {
      let channel = UInt16(k % 7)
      t += Int64(k * 37 % 400 + 1)
      let length = Int64(k * 53 % 300 + 1)
      events.append((t, 82, channel))
      events.append((t + length, 81, channel))
      t += length
      sum[channel, default: 0] += length
    }
    let (a, report) = pairDetectorEvents(Self.log(events))
    #expect(report.pairs == 500)
    for (channel, total) in sum {
      let rows = a.rows(.init(device: 0, number: channel))
      #expect(rows.reduce(0) { $0 + a.off[$1] - a.on[$1] } == total)
    }
  }

  @Test func aggregatorBooksOccupancyAcrossIntervals() {
    var aggregator = CountAggregator(detectors: 1, interval: .seconds(30), lateness: .seconds(5))
    var seen: [Observation] = []
    func put(_ t: Double, _ on: Bool) {
      seen += aggregator.take(.init(time: Instant(seconds: t), detector: DetectorID(0), change: on ? .on : .off))
    }
    put(20, true)
    put(40, false)  // 10 s in the first interval, 10 in the second
    put(50, true)
    put(49, false)  // out of order by one second: taken, and pairing mends
    put(50, true)
    put(100, true)
    seen += aggregator.finish()
    #expect(seen[0].count == 1)
    #expect(abs(seen[0].occupancy - 10.0 / 30) < 1e-9)
    #expect(abs(seen[1].occupancy - 20.0 / 30) < 0.36)
    #expect(aggregator.tally.outOfOrder == 1)
  }
}
