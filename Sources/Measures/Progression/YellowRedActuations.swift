import Sensing
import TrafficModel

/// Vehicles that crossed the stop line after green in one interval.
public struct YellowRedActuations: Sendable, Hashable {
  public var device: UInt16
  public var phase: UInt16
  /// [ms on the log's clock]
  public var begin: Int64
  public var onYellow: Int
  public var onRedClearance: Int
  /// Later than the red clearance.
  public var onRed: Int
}

/// Counts actuations of yellow-red detectors by what their phase showed; rows by device, phase, time, without empty ones.
public func yellowRedActuations(
  _ log: ControllerEventLog, phases: PhaseEvents, configuration: DetectorConfiguration, interval: Int64 = 900_000
) -> [YellowRedActuations] {
  let table = ChannelTable(log, configuration, .yellowRed)
  var counts: [PhaseEvents.Key: [Int64: YellowRedActuations]] = [:]
  var clearance: [PhaseEvents.Key: [(Int64, Int64)]] = [:]
  for i in 0..<log.count where log.code[i] == 10 || log.code[i] == 11 {
    let key = PhaseEvents.Key(device: log.device[i], phase: UInt16(truncatingIfNeeded: log.parameter[i]))
    if log.code[i] == 10 {
      clearance[key, default: []].append((log.time[i], .max))
    } else if let last = clearance[key]?.indices.last {
      clearance[key]![last].1 = log.time[i]
    }
  }
  var cursors: [PhaseEvents.Key: Int] = [:]
  for i in 0..<log.count where log.code[i] == 82 {
    for use in table.uses(log.device[i], log.parameter[i]) {
      let key = PhaseEvents.Key(device: log.device[i], phase: use.phase)
      let t = log.time[i] - use.latency
      guard let state = phases.states[key]?.state(at: t), state != 1 else { continue }
      let bin = floorInterval(t, interval)
      var row =
        counts[key]?[bin] ?? YellowRedActuations(device: key.device, phase: key.phase, begin: bin, onYellow: 0, onRedClearance: 0, onRed: 0)
      if state == 8 {
        row.onYellow += 1
      } else {
        let list = clearance[key] ?? []
        var c = cursors[key] ?? 0
        while c + 1 < list.count, list[c + 1].0 <= t { c += 1 }
        cursors[key] = c
        if !list.isEmpty, t >= list[c].0, t < list[c].1 { row.onRedClearance += 1 } else { row.onRed += 1 }
      }
      counts[key, default: [:]][bin] = row
    }
  }
  return table.phases.flatMap { key in (counts[key] ?? [:]).sorted { $0.key < $1.key }.map(\.value) }
}
