import TrafficModel

/// Actuations of one detector channel in one interval.
public struct ActuationCount: Sendable, Hashable {
  public var device: UInt16
  public var channel: UInt16
  /// Begin of the interval [ms on the log's clock].
  public var begin: Int64
  public var total: Int
}

/// Counts detector-on events (code 82) of every channel in intervals of `interval` ms; rows by device, channel, time, none of them zero.
public func actuationCounts(_ log: ControllerEventLog, interval: Int64 = 900_000) -> [ActuationCount] {
  guard let first = log.time.min(), let last = log.time.max() else { return [] }
  let origin = floorInterval(first, interval)
  let bins = Int((last - origin) / interval) + 1
  var highest = 0
  for i in 0..<log.count where log.code[i] == 82 && (0...4095).contains(log.parameter[i]) { highest = max(highest, Int(log.parameter[i])) }
  let channels = highest + 1
  var rowOf = [Int32](repeating: -1, count: log.devices.count * channels)
  var rows: [(Int, Int)] = []
  var counts: [Int32] = []
  for i in 0..<log.count where log.code[i] == 82 && (0...4095).contains(log.parameter[i]) {
    let k = Int(log.device[i]) * channels + Int(log.parameter[i])
    if rowOf[k] < 0 {
      rowOf[k] = Int32(rows.count)
      rows.append((Int(log.device[i]), Int(log.parameter[i])))
      counts.append(contentsOf: repeatElement(0, count: bins))
    }
    counts[Int(rowOf[k]) * bins + Int((log.time[i] - origin) / interval)] += 1
  }
  var result: [ActuationCount] = []
  for r in rows.indices.sorted(by: { rows[$0] < rows[$1] }) {
    for b in 0..<bins where counts[r * bins + b] > 0 {
      result.append(
        ActuationCount(
          device: UInt16(rows[r].0), channel: UInt16(rows[r].1), begin: origin + Int64(b) * interval, total: Int(counts[r * bins + b])))
    }
  }
  return result
}
