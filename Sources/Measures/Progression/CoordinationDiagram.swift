import Sensing
import TrafficModel

/// The Purdue coordination diagram of one phase: when in its cycle each vehicle arrived.
public struct CoordinationDiagram: Sendable {
  public struct Arrival: Sendable, Hashable {
    /// [ms on the log's clock]
    public var time: Int64
    /// Since the end of the last green's yellow, the begin of red [s].
    public var inCycle: Double
    public var onGreen: Bool
  }
  /// One red-to-red cycle: where its green and yellow begin and how long it is [s from its begin].
  public struct Cycle: Sendable, Hashable {
    public var begin: Int64
    public var green: Double
    public var yellow: Double
    public var length: Double
  }
  public var device: UInt16
  public var phase: UInt16
  public var cycles: [Cycle]
  public var arrivals: [Arrival]
}

/// Diagrams of every phase with advance detectors, in the order of ``arrivalsOnGreen(_:phases:configuration:interval:)``.
///
/// A cycle runs from a begin of red to the next, so that a green stands in one piece above its red.
public func coordinationDiagrams(
  _ log: ControllerEventLog, phases: PhaseEvents, configuration: DetectorConfiguration
) -> [CoordinationDiagram] {
  let table = ChannelTable(log, configuration, .advance)
  var arrivals: [PhaseEvents.Key: [Int64]] = [:]
  for i in 0..<log.count where log.code[i] == 82 {
    for use in table.uses(log.device[i], log.parameter[i]) {
      arrivals[PhaseEvents.Key(device: log.device[i], phase: use.phase), default: []].append(log.time[i] - use.latency)
    }
  }
  return table.phases.compactMap { key in
    guard let history = phases.histories[key] else { return nil }
    var cycles: [CoordinationDiagram.Cycle] = []
    for (previous, next) in zip(history.cycles, history.cycles.dropFirst()) where previous.end == next.green {
      cycles.append(
        .init(
          begin: previous.red, green: Double(next.green - previous.red) / 1000, yellow: Double(next.yellow - previous.red) / 1000,
          length: Double(next.red - previous.red) / 1000))
    }
    var marks: [CoordinationDiagram.Arrival] = []
    var c = 0
    for t in (arrivals[key] ?? []).sorted() {
      while c < cycles.count, Double(t - cycles[c].begin) >= cycles[c].length * 1000 { c += 1 }
      guard c < cycles.count else { break }
      let within = Double(t - cycles[c].begin) / 1000
      if within < 0 { continue }
      marks.append(.init(time: t, inCycle: within, onGreen: within >= cycles[c].green && within < cycles[c].yellow))
    }
    return CoordinationDiagram(device: key.device, phase: key.phase, cycles: cycles, arrivals: marks)
  }
}
