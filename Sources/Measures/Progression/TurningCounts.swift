import Sensing
import TrafficModel

/// Vehicles of one movement in one interval, from stop-line counters.
public struct TurningCount: Sendable, Hashable {
  public var device: UInt16
  /// The movement the configuration names, or `phase N` where it names none.
  public var movement: String
  /// [ms on the log's clock]
  public var begin: Int64
  public var count: Int
}

/// Counts of every movement with stop-line counters; rows by device, movement, time.
public func turningCounts(
  _ log: ControllerEventLog, actuations: Actuations, configuration: DetectorConfiguration, interval: Int64 = 900_000
) -> [TurningCount] {
  var result: [TurningCount] = []
  for (d, name) in log.devices.enumerated() {
    var channels: [String: Set<Int>] = [:]
    for row in configuration.rows where row.device == name && row.function == .stopBarCount {
      channels[row.movement ?? "phase \(row.phase)", default: []].insert(row.channel)
    }
    for (movement, own) in channels.sorted(by: { $0.key < $1.key }) {
      var bins: [Int64: Int] = [:]
      for channel in own {
        for r in actuations.rows(.init(device: UInt16(d), number: UInt16(channel))) {
          bins[floorInterval(actuations.on[r], interval), default: 0] += 1
        }
      }
      result += bins.sorted { $0.key < $1.key }.map { TurningCount(device: UInt16(d), movement: movement, begin: $0.key, count: $0.value) }
    }
  }
  return result
}
