import Sensing
import TrafficModel

/// A cycle judged for split failure: the queue did not clear although the green was used.
public struct SplitFailureCycle: Sendable, Hashable {
  public var device: UInt16
  public var phase: UInt16
  /// Begin of green [ms on the log's clock].
  public var green: Int64
  /// Share of the green its presence detectors were occupied, 0 to 1.
  public var greenOccupancy: Double
  /// The same over the first seconds of red.
  public var redOccupancy: Double
  public var termination: PhaseCycle.Termination
  public var isFailure: Bool
}

/// Judges every cycle of every phase with presence detectors (stop-line counters where a phase has no presence detector): green occupancy
/// and occupancy of the first `redSeconds` of red both at least `threshold`.
public func splitFailures(
  _ log: ControllerEventLog, actuations: Actuations, phases: PhaseEvents, configuration: DetectorConfiguration, threshold: Double = 0.8,
  redSeconds: Double = 5
) -> [SplitFailureCycle] {
  var result: [SplitFailureCycle] = []
  for key in phases.keys {
    let name = log.devices[Int(key.device)]
    var rows = configuration.rows(name, Int(key.phase), .presence)
    if rows.isEmpty { rows = configuration.rows(name, Int(key.phase), .stopBarCount) }
    let channels = Set(rows.map(\.channel)).sorted().map { Actuations.Channel(device: key.device, number: UInt16($0)) }
    let occupied = union(actuations, channels)
    guard !occupied.isEmpty else { continue }
    var cursor = 0
    for cycle in phases.histories[key]?.cycles ?? [] where cycle.isComplete && cycle.yellow > cycle.green {
      while cursor < occupied.count, occupied[cursor].1 <= cycle.green { cursor += 1 }
      let red = cycle.red, redEnd = red + Int64(redSeconds * 1000)
      var inGreen: Int64 = 0, inRed: Int64 = 0
      var k = cursor
      while k < occupied.count, occupied[k].0 < redEnd {
        inGreen += max(0, min(occupied[k].1, cycle.yellow) - max(occupied[k].0, cycle.green))
        inRed += max(0, min(occupied[k].1, redEnd) - max(occupied[k].0, red))
        k += 1
      }
      let g = Double(inGreen) / Double(cycle.yellow - cycle.green), r = Double(inRed) / (redSeconds * 1000)
      result.append(
        SplitFailureCycle(
          device: key.device, phase: key.phase, green: cycle.green, greenOccupancy: g, redOccupancy: r, termination: cycle.termination,
          isFailure: g >= threshold && r >= threshold))
    }
  }
  return result
}

/// Times at least one of the channels was occupied, merged and in order.
func union(_ actuations: Actuations, _ channels: [Actuations.Channel]) -> [(Int64, Int64)] {
  let all = channels.flatMap { channel in actuations.rows(channel).map { (actuations.on[$0], actuations.off[$0]) } }.sorted { $0 < $1 }
  var merged: [(Int64, Int64)] = []
  for (a, b) in all {
    if let last = merged.last, a <= last.1 { merged[merged.count - 1].1 = max(last.1, b) } else { merged.append((a, b)) }
  }
  return merged
}
