import TrafficFlow
import TrafficModel

/// Max-pressure in a cycle that always comes round: every stage has its turn, and the greens share the cycle by their pressures.
///
/// Le, T., Kovács, P., Walton, N., Vu, H. L., Andrew, L. L. H. and Hoogendoorn, S. P. (2015), Decentralized signal control for urban road
/// networks, Transportation Research C 58, 431–450; here the shares are proportional to the pressures.
public final class CyclicMaxPressureController: SignalController {
  private let streets: StageChoice
  private var players: [CyclePlayer]
  /// Cycle [s].
  private let cycle: Int
  private var pressures: [[Double]]

  public init(network: RoadNetwork, intervals: RollingHorizonSettings = .init(), cycle: Int = 60) {
    streets = StageChoice(network: network, settings: intervals)
    self.cycle = cycle
    players = streets.members.map { CyclePlayer(stages: $0.sequencer.stages.count) }
    pressures = streets.members.map { [Double](repeating: 1, count: $0.sequencer.stages.count) }
  }

  public var signals: [SignalID] { streets.signals }

  public func resume(_ shown: [SignalCommand], at now: Instant) { streets.resume(shown, at: now) }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    streets.observe(now, inputs)
    let graph = streets.graph
    var before = [Double](repeating: 0, count: graph.hops.count)
    var behind = [Double](repeating: 0, count: graph.laneID.count)
    for vehicle in streets.learning.seen {
      if vehicle.lane >= 0 { behind[vehicle.lane] += 1 }
      if vehicle.target >= 0 { before[vehicle.target] += 1 }
    }
    for m in players.indices {
      // The decision reads the members too: they are free while it is asked for.
      var sequencer = streets.members[m].sequencer
      players[m].play(&sequencer, at: now) { greens(m, before, behind) }
      streets.members[m].sequencer = sequencer
    }
    return streets.commands(now)
  }

  private func greens(_ m: Int, _ before: [Double], _ behind: [Double]) -> [Int] {
    let graph = streets.graph, member = streets.members[m]
    let pressures = member.sequencer.stages.map { stage in
      member.hops.reduce(0.0) { sum, h in
        let hop = graph.hops[h]
        guard stage[hop.link].isGreen, before[h] > 0 else { return sum }
        let exits = graph.lanesOfLink[graph.link[hop.to]]
        let downstream = exits.reduce(0) { $0 + behind[$1] } / Double(exits.count * exits.count)
        return sum + max(before[h] - downstream, 0)
      }
    }
    let stages = pressures.count
    let total = max(cycle - stages * streets.settings.yellow, stages * streets.settings.minimumGreen)
    let sum = pressures.reduce(0, +)
    let wanted = pressures.map { sum > 0 ? Double(total) * $0 / sum : Double(total) / Double(stages) }
    return CyclePlayer.fit(wanted, total: total, minimum: streets.settings.minimumGreen)
  }
}
