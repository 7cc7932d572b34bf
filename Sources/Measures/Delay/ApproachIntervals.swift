import Sensing
import TrafficModel

/// Volume, delay and speed of one phase's approach in one interval.
public struct ApproachInterval: Sendable, Hashable {
  public var device: UInt16
  public var phase: UInt16
  /// [ms on the log's clock]
  public var begin: Int64
  /// Vehicles over the detectors that count.
  public var volume: Int
  /// Which detectors counted: the stop line where it has counters, else the advance detectors.
  public var source: DetectorConfiguration.Function
  /// Mean wait from arrival at the stop line to the next green of those that arrived after green [s], over all arrivals; NaN without.
  public var delay: Double
  /// Greatest delay [s].
  public var greatestDelay: Double
  /// Median speed over the advance detectors [m/s], from the time each vehicle occupies them; NaN where unknown.
  public var speed: Double
}

/// What approach measures assume about vehicles and detectors.
public struct ApproachSettings: Sendable, Hashable {
  /// Vehicle and detector together, as a detector sees them [m].
  public var effectiveLength = 6.7
  /// Speed between advance detector and stop line where the configuration gives none [m/s].
  public var approachSpeed = 17.9
  public init() {}
}

/// Volume, delay and speed of every phase that has advance or stop-line detectors; rows by device, phase, time.
///
/// Delay is the simple one of high-resolution measures: the arrival at the advance detector is projected to the stop line at the approach's
/// speed, and one that meets no green waits for the next. It holds no queue, so it is a lower bound near saturation.
public func approachMeasures(
  _ log: ControllerEventLog, actuations: Actuations, phases: PhaseEvents, configuration: DetectorConfiguration,
  settings: ApproachSettings = ApproachSettings(), interval: Int64 = 900_000
) -> [ApproachInterval] {
  var result: [ApproachInterval] = []
  for key in phases.keys {
    let name = log.devices[Int(key.device)]
    let stopBar = configuration.rows(name, Int(key.phase), .stopBarCount)
    let advance = configuration.rows(name, Int(key.phase), .advance)
    let counting = stopBar.isEmpty ? advance : stopBar
    guard !counting.isEmpty else { continue }
    var volume: [Int64: Int] = [:]
    for row in counting {
      for r in actuations.rows(.init(device: key.device, number: UInt16(row.channel))) {
        volume[floorInterval(actuations.on[r], interval), default: 0] += 1
      }
    }
    var waits: [Int64: [Double]] = [:]
    var times: [Int64: [Double]] = [:]
    let states = phases.states[key] ?? PhaseStates()
    for row in advance {
      let travel = Int64(((row.distance ?? 0) / (row.speed ?? settings.approachSpeed) * 1000).rounded())
      let lag = Int64((row.latency * 1000).rounded())
      for r in actuations.rows(.init(device: key.device, number: UInt16(row.channel))) {
        let bin = floorInterval(actuations.on[r], interval)
        if actuations.origin[r] == .measured { times[bin, default: []].append(Double(actuations.off[r] - actuations.on[r]) / 1000) }
        let t = actuations.on[r] - lag + travel
        guard let state = states.state(at: t) else { continue }
        if state == 1 {
          waits[bin, default: []].append(0)
        } else if let green = nextGreen(states, after: t) {
          waits[bin, default: []].append(Double(green - t) / 1000)
        }
      }
    }
    for bin in Set(volume.keys).union(waits.keys).sorted() {
      let w = waits[bin] ?? []
      let median = percentile((times[bin] ?? []).sorted(), 0.5)
      result.append(
        ApproachInterval(
          device: key.device, phase: key.phase, begin: bin, volume: volume[bin] ?? 0, source: stopBar.isEmpty ? .advance : .stopBarCount,
          delay: w.isEmpty ? .nan : w.reduce(0, +) / Double(w.count), greatestDelay: w.max() ?? .nan,
          speed: median > 0 ? settings.effectiveLength / median : .nan))
    }
  }
  return result
}

/// The first begin of green after `t`, or nil.
func nextGreen(_ states: PhaseStates, after t: Int64) -> Int64? {
  var low = 0, high = states.time.count
  while low < high {
    let middle = (low + high) / 2
    if states.time[middle] <= t { low = middle + 1 } else { high = middle }
  }
  while low < states.time.count {
    if states.code[low] == 1 { return states.time[low] }
    low += 1
  }
  return nil
}
