import Sensing
import TrafficModel

/// For one function of detectors: which phases each channel of each controller serves, as a dense table for loops over events.
struct ChannelTable {
  struct Use {
    var phase: UInt16
    /// Lag between detector and log [ms].
    var latency: Int64
    var row: DetectorConfiguration.Row
  }

  /// Phases with at least one channel, in the log's order of devices, then ascending.
  private(set) var phases: [PhaseEvents.Key] = []
  private var slots: [Int32]
  private var lists: [[Use]] = []
  private let width: Int

  init(_ log: ControllerEventLog, _ configuration: DetectorConfiguration, _ function: DetectorConfiguration.Function) {
    let rows = configuration.rows.filter { $0.function == function }
    width = (rows.map(\.channel).max() ?? 0) + 1
    slots = [Int32](repeating: -1, count: log.devices.count * width)
    for (d, name) in log.devices.enumerated() {
      let own = rows.filter { $0.device == name }
      for row in own {
        let k = d * width + row.channel
        if slots[k] < 0 {
          slots[k] = Int32(lists.count)
          lists.append([])
        }
        lists[Int(slots[k])].append(Use(phase: UInt16(row.phase), latency: Int64((row.latency * 1000).rounded()), row: row))
      }
      phases += Set(own.map(\.phase)).sorted().map { PhaseEvents.Key(device: UInt16(d), phase: UInt16($0)) }
    }
  }

  @inline(__always)
  func uses(_ device: UInt16, _ channel: Int32) -> [Use] {
    guard channel >= 0, Int(channel) < width else { return [] }
    let slot = slots[Int(device) * width + Int(channel)]
    return slot < 0 ? [] : lists[Int(slot)]
  }
}
