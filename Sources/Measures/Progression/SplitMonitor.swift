import Sensing
import TrafficModel

/// How long a phase was served in one interval, and what ended its greens.
public struct SplitMonitorRow: Sendable, Hashable {
  public var device: UInt16
  public var phase: UInt16
  /// [ms on the log's clock]
  public var begin: Int64
  /// Services that began in the interval.
  public var services: Int
  /// Green, yellow and red clearance together [s].
  public var meanSplit: Double
  public var medianSplit: Double
  public var split85: Double
  public var meanGreen: Double
  /// Shares of the services, 0 to 1.
  public var gapOuts: Double
  public var maxOuts: Double
  public var forceOffs: Double
}

/// Splits of every phase; rows by device, phase, time.
public func splitMonitor(phases: PhaseEvents, interval: Int64 = 900_000) -> [SplitMonitorRow] {
  phases.keys.flatMap { key -> [SplitMonitorRow] in
    let cycles = phases.histories[key]?.cycles ?? []
    return runs(cycles, by: { floorInterval($0.green, interval) }).map { begin, own in
      let splits = own.map { Double($0.red - $0.green) / 1000 }.sorted()
      let n = Double(own.count)
      func share(_ kind: PhaseCycle.Termination) -> Double { Double(own.filter { $0.termination == kind }.count) / n }
      return SplitMonitorRow(
        device: key.device, phase: key.phase, begin: begin, services: own.count, meanSplit: splits.reduce(0, +) / n,
        medianSplit: percentile(splits, 0.5), split85: percentile(splits, 0.85), meanGreen: own.map(\.greenTime).reduce(0, +) / n,
        gapOuts: share(.gapOut), maxOuts: share(.maxOut), forceOffs: share(.forceOff))
    }
  }
}

/// Runs of equal keys of an ordered list.
func runs<Element, Key: Equatable>(_ list: [Element], by key: (Element) -> Key) -> [(Key, [Element])] {
  var result: [(Key, [Element])] = []
  for element in list {
    let k = key(element)
    if result.last?.0 == k { result[result.count - 1].1.append(element) } else { result.append((k, [element])) }
  }
  return result
}

/// Percentile of sorted values by linear interpolation; NaN for none.
func percentile(_ sorted: [Double], _ p: Double) -> Double {
  guard let first = sorted.first else { return .nan }
  guard sorted.count > 1 else { return first }
  let position = p * Double(sorted.count - 1)
  let k = min(sorted.count - 2, Int(position))
  return sorted[k] + (sorted[k + 1] - sorted[k]) * (position - Double(k))
}
