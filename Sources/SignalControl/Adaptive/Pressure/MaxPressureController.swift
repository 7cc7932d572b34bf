import TrafficFlow
import TrafficModel

/// Max-pressure: the stage whose links relieve most, each link weighing what waits before it against what stands behind it.
///
/// Varaiya, P. (2013), Max pressure control of a network of signalized intersections, Transportation Research C 36, 177–195; with storage in
/// the weight after Gregoire et al. (2015), with waiting time in it after the delay-based variants.
public final class MaxPressureController: SignalController {
  /// What a link's pressure is made of.
  public enum Weight: String, Sendable, CaseIterable {
    /// Vehicles upstream less vehicles downstream.
    case vehicles
    /// The same as shares of the room there is; nothing where the exit is full.
    case capacity
    /// Time the waiting have waited, in place of their number.
    case delay
  }

  private let streets: StageChoice
  private let weight: Weight
  private var waited: [UInt32: Double] = [:]
  private var last: Instant?

  /// - Parameter settings: intervals and range; nothing else of them is used.
  public init(network: RoadNetwork, weight: Weight = .vehicles, settings: RollingHorizonSettings = .init()) {
    streets = StageChoice(network: network, settings: settings)
    self.weight = weight
  }

  public var signals: [SignalID] { streets.signals }

  public func resume(_ shown: [SignalCommand], at now: Instant) { streets.resume(shown, at: now) }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    streets.observe(now, inputs)
    let dt = last.map { (now - $0).seconds } ?? 0
    last = now
    let graph = streets.graph
    var before = [Double](repeating: 0, count: graph.hops.count)
    var behind = [Double](repeating: 0, count: graph.laneID.count)
    var waiting: [UInt32: Double] = [:]
    for vehicle in streets.learning.seen {
      if vehicle.lane >= 0 { behind[vehicle.lane] += 1 }
      if vehicle.speed < 2 { waiting[vehicle.key] = (waited[vehicle.key] ?? 0) + dt }
      guard vehicle.target >= 0 else { continue }
      before[vehicle.target] += weight == .delay ? waiting[vehicle.key] ?? 0 : 1
    }
    waited = waiting
    for m in streets.members.indices where streets.members[m].sequencer.mayChange(at: now) {
      let member = streets.members[m]
      let scores = member.sequencer.stages.map { stage in
        member.hops.reduce(0.0) { $0 + (stage[graph.hops[$1].link].isGreen ? pressure($1, before, behind) : 0) }
      }
      streets.change(m, by: scores, at: now, unit: weight == .vehicles ? "veh" : weight == .capacity ? "share" : "s")
    }
    return streets.commands(now)
  }

  public func explain(_ signal: SignalID) -> DecisionExplanation? { streets.explain(signal) }

  private func pressure(_ h: Int, _ before: [Double], _ behind: [Double]) -> Double {
    let graph = streets.graph
    let hop = graph.hops[h]
    let spacing = streets.settings.spacing
    let exits = graph.lanesOfLink[graph.link[hop.to]]
    let room = max(1, graph.length[hop.to] / spacing)
    let downstream = exits.reduce(0) { $0 + behind[$1] } / Double(exits.count)
    switch weight {
    case .vehicles: return before[h] - (before[h] > 0 ? downstream / Double(max(exits.count, 1)) : 0)
    case .capacity:
      if downstream >= room { return 0 }
      return before[h] / max(1, graph.length[hop.from] / spacing) - (before[h] > 0 ? downstream / room : 0)
    case .delay: return downstream >= room ? 0 : before[h]
    }
  }
}
