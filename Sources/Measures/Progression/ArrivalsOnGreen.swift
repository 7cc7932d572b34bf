import Sensing
import TrafficModel

/// Arrivals at a phase's advance detectors in one interval, by what the phase showed.
public struct ArrivalsOnGreen: Sendable, Hashable {
  public var device: UInt16
  public var phase: UInt16
  /// Begin of the interval [ms on the log's clock].
  public var begin: Int64
  /// All arrivals; those before the first known state of the phase count as not on green.
  public var total: Int
  public var onGreen: Int
  public var onYellow: Int
  /// Share of the interval the phase was green; NaN where no cycle is known.
  public var greenShare: Double

  public var onRed: Int { total - onGreen - onYellow }
  /// Share of arrivals on green, 0 to 1; NaN without arrivals.
  public var shareOnGreen: Double { total > 0 ? Double(onGreen) / Double(total) : .nan }
  /// Share of arrivals on green over the green's share of time: above 1 the platoons meet the green.
  public var platoonRatio: Double { greenShare > 0 ? shareOnGreen / greenShare : .nan }
}

/// Counts arrivals on green, yellow and red in intervals of `interval` ms for every phase that has advance detectors.
///
/// The state at an arrival is the last begin of green (1), yellow (8) or red clearance (10) at or before it, ties included. Only
/// advance detectors are read: stop-line detectors see departures.
/// Rows come by device in the log's order, phase, then time; intervals without arrivals have no row.
public func arrivalsOnGreen(
  _ log: ControllerEventLog, phases: PhaseEvents, configuration: DetectorConfiguration, interval: Int64 = 900_000
) -> [ArrivalsOnGreen] {
  let table = ChannelTable(log, configuration, .advance)
  struct Key: Hashable {
    var device: UInt16, phase: UInt16, bin: Int64
  }
  var counts: [Key: (Int, Int, Int)] = [:]
  var cursors: [PhaseEvents.Key: Int] = [:]
  let keys = table.phases
  // One pass over the log; a cursor a phase runs along its states.
  for i in 0..<log.count where log.code[i] == 82 {
    for use in table.uses(log.device[i], log.parameter[i]) {
      let key = PhaseEvents.Key(device: log.device[i], phase: use.phase)
      guard let states = phases.states[key] else { continue }
      let t = log.time[i] - use.latency
      var c = cursors[key] ?? 0
      if c > 0, states.time[c - 1] > t { c = 0 }
      while c < states.time.count, states.time[c] <= t { c += 1 }
      cursors[key] = c
      var n = counts[Key(device: key.device, phase: key.phase, bin: floorInterval(t, interval))] ?? (0, 0, 0)
      n.0 += 1
      if c == 0 {
        counts[Key(device: key.device, phase: key.phase, bin: floorInterval(t, interval))] = n
        continue
      }
      if states.code[c - 1] == 1 { n.1 += 1 } else if states.code[c - 1] == 8 { n.2 += 1 }
      counts[Key(device: key.device, phase: key.phase, bin: floorInterval(t, interval))] = n
    }
  }
  var rows: [ArrivalsOnGreen] = []
  for key in keys {
    let own = counts.keys.filter { $0.device == key.device && $0.phase == key.phase }.map(\.bin).sorted()
    let history = phases.histories[key]
    for bin in own {
      let n = counts[Key(device: key.device, phase: key.phase, bin: bin)]!
      rows.append(
        ArrivalsOnGreen(
          device: key.device, phase: key.phase, begin: bin, total: n.0, onGreen: n.1, onYellow: n.2,
          greenShare: history.map { greenShare($0, bin, bin + interval) } ?? .nan))
    }
  }
  return rows
}

/// Share of [from, to) a phase was green, over the part its cycles cover; NaN where they cover none.
func greenShare(_ history: PhaseHistory, _ from: Int64, _ to: Int64) -> Double {
  var green: Int64 = 0, covered: Int64 = 0
  for cycle in history.cycles where cycle.end > from && cycle.green < to {
    covered += min(to, cycle.end) - max(from, cycle.green)
    green += max(0, min(to, cycle.yellow) - max(from, cycle.green))
  }
  return covered > 0 ? Double(green) / Double(covered) : .nan
}

/// Begin of the interval `time` lies in.
func floorInterval(_ time: Int64, _ interval: Int64) -> Int64 {
  let r = time % interval
  return time - (r < 0 ? r + interval : r)
}
