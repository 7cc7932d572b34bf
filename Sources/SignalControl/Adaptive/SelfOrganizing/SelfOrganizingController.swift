import TrafficFlow
import TrafficModel

/// Self-organising control: the stage that serves most vehicles a second, with a guarantee that everybody is served in time.
///
/// Lämmer, S. and Helbing, D. (2008), Self-control of traffic lights and vehicle flows in urban road networks, J. Stat. Mech. P04019. The
/// priority index of a stage is the number of vehicles it can clear over the time that takes, the change included; a link whose
/// service is overdue comes first.
public final class SelfOrganizingController: SignalController {
  private let streets: StageChoice
  /// Headway at which queues discharge [s].
  private let headway = 1.9
  private var servedAt: [Int: Instant] = [:]

  /// - Parameter settings: intervals, range and patience; nothing else of them is used.
  public init(network: RoadNetwork, settings: RollingHorizonSettings = .init()) {
    streets = StageChoice(network: network, settings: settings)
  }

  public var signals: [SignalID] { streets.signals }

  public func resume(_ shown: [SignalCommand], at now: Instant) { streets.resume(shown, at: now) }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    streets.observe(now, inputs)
    let graph = streets.graph
    // Vehicles for each hop, by the time they need to the stop line.
    var arrivals = [[Double]](repeating: [], count: graph.hops.count)
    for vehicle in streets.learning.seen where vehicle.target >= 0 && vehicle.lane >= 0 {
      arrivals[vehicle.target].append(vehicle.distance / graph.speed[vehicle.lane])
    }
    for m in streets.members.indices {
      let member = streets.members[m]
      let shown = member.sequencer.state(at: now)
      for h in member.hops where shown[graph.hops[h].link].isGreen || arrivals[h].isEmpty { servedAt[h] = now }
      guard member.sequencer.mayChange(at: now) else { continue }
      streets.change(m, by: indices(member, arrivals, now), at: now, unit: "veh/s")
    }
    return streets.commands(now)
  }

  public func explain(_ signal: SignalID) -> DecisionExplanation? { streets.explain(signal) }

  private func indices(_ member: StageChoice.Member, _ arrivals: [[Double]], _ now: Instant) -> [Double] {
    let graph = streets.graph
    let change = Double(streets.settings.yellow) + 1
    return member.sequencer.stages.enumerated().map { position, stage in
      let isPresent = position == member.sequencer.stage
      let setup = isPresent ? 0 : change
      var served = 0.0
      var longest = 0.0
      var overdue = 0.0
      for h in member.hops where stage[graph.hops[h].link].isGreen {
        if let last = servedAt[h], now - last >= .seconds(Double(streets.settings.patience)) {
          overdue = max(overdue, (now - last).seconds)
        }
        // Those who arrive before the queue ahead of them has gone.
        var clear = setup
        var count = 0.0
        for arrival in arrivals[h].sorted() where arrival <= clear + headway {
          clear = max(clear, arrival) + headway
          count += 1
        }
        served += count * (stage[graph.hops[h].link] == .green ? 1 : 0.5)
        longest = max(longest, clear - setup)
      }
      if overdue > 0 { return 1000 + overdue }
      return served == 0 ? 0 : served / ((isPresent ? 0 : 2 * change) + max(longest, headway))
    }
  }
}
