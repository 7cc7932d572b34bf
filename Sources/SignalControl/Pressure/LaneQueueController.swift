import TrafficFlow
import TrafficModel

/// The rules that the RESCO benchmark publishes figures for: every few seconds the stage whose lanes hold most standing vehicles, whole
/// lanes counted, or the same less what stands on the lanes behind.
///
/// Ault, J. and Sharon, G. (2021), Reinforcement learning benchmarks for traffic signal control, NeurIPS Datasets and Benchmarks. Here
/// vehicles count from the range within which they report.
public final class LaneQueueController: SignalController {
  public enum Weight: Sendable { case queue, pressure }

  private let streets: StageChoice
  private let weight: Weight
  private let interval: TimeAmount
  private var lastDecision: Instant?

  /// - Parameter interval: time between decisions [s]; the benchmark's unless said.
  public init(network: RoadNetwork, weight: Weight, interval: Double = 10, settings: RollingHorizonSettings = .init()) {
    streets = StageChoice(network: network, settings: settings)
    self.weight = weight
    self.interval = .seconds(interval)
  }

  public var signals: [SignalID] { streets.signals }

  public func resume(_ shown: [SignalCommand], at now: Instant) { streets.resume(shown, at: now) }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    streets.observe(now, inputs)
    guard lastDecision.map({ now - $0 >= interval }) ?? true else { return streets.commands(now) }
    lastDecision = now
    let graph = streets.graph
    var standing = [Double](repeating: 0, count: graph.laneID.count)
    for vehicle in streets.learning.seen where vehicle.lane >= 0 && vehicle.speed < 0.1 { standing[vehicle.lane] += 1 }
    for m in streets.members.indices where streets.members[m].sequencer.mayChange(at: now) {
      let member = streets.members[m]
      let scores = member.sequencer.stages.map { stage -> Double in
        var exits: [Int: [Double]] = [:]
        for h in member.hops where stage[graph.hops[h].link].isGreen {
          exits[graph.hops[h].from, default: []].append(standing[graph.hops[h].to])
        }
        return exits.keys.sorted().reduce(0) { sum, lane in
          let behind = exits[lane]!.reduce(0, +) / Double(exits[lane]!.count)
          return sum + standing[lane] - (weight == .pressure ? behind : 0)
        }
      }
      streets.change(m, by: scores, at: now)
    }
    return streets.commands(now)
  }

  public func explain(_ signal: SignalID) -> DecisionExplanation? { streets.explain(signal) }
}
