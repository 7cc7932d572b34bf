import TrafficFlow
import TrafficModel

/// Schedule-driven control, after SURTRAC: each second each signal schedules the clusters of vehicles it sees coming, begins the schedule, and
/// tells its neighbours when their vehicles will leave.
///
/// Smith, S. F., Barlow, G. J., Xie, X.-F. and Rubinstein, Z. B. (2013), Smart urban signal networks, ICAPS 23, 434–442.
public final class ScheduleDrivenController: SignalController {
  public struct Settings: Sendable, Hashable {
    /// Headway at which one lane discharges [s].
    public var headway = 2.0
    /// Vehicles closer than this to each other are one cluster [s].
    public var gap = 3.0
    /// Start of a queue after the change [s].
    public var startUp = 1.5
    /// How far ahead neighbours' outflows count [s].
    public var horizon = 40.0
    /// Nobody who waits is kept longer than this [s].
    public var patience = 120.0
    public init() {}
  }

  /// Vehicles that a neighbour will send.
  private struct Expected {
    /// [s on the clock]
    var time: Double
    var count: Double
  }

  private let streets: StageChoice
  private let settings: Settings
  /// Stage of each ruled hop that serves it by the schedule: the first that protects it, else the first that lets it go.
  private let stageOf: [Int]
  /// Outflow expected onto each link of the graph.
  private var expected: [[Expected]]
  private var redSince: [Int: Instant] = [:]
  private var explanations: [SignalID: DecisionExplanation] = [:]

  public init(network: RoadNetwork, intervals: RollingHorizonSettings = .init(), settings: Settings = .init()) {
    let streets = StageChoice(network: network, settings: intervals)
    self.streets = streets
    self.settings = settings
    var stageOf = [Int](repeating: -1, count: streets.graph.hops.count)
    for member in streets.members {
      for h in member.hops {
        let shown = member.sequencer.stages.map { $0[streets.graph.hops[h].link] }
        stageOf[h] = shown.firstIndex(of: .green) ?? shown.firstIndex(of: .permissiveGreen) ?? -1
      }
    }
    self.stageOf = stageOf
    expected = [[Expected]](repeating: [], count: streets.graph.lanesOfLink.count)
  }

  public var signals: [SignalID] { streets.signals }

  public func resume(_ shown: [SignalCommand], at now: Instant) { streets.resume(shown, at: now) }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    streets.observe(now, inputs)
    let graph = streets.graph
    var arrivals = [[Double]](repeating: [], count: graph.hops.count)
    for vehicle in streets.learning.seen where vehicle.target >= 0 && vehicle.lane >= 0 {
      arrivals[vehicle.target].append(vehicle.speed < 2 && vehicle.distance < 60 ? 0 : vehicle.distance / graph.speed[vehicle.lane])
    }
    for h in arrivals.indices { arrivals[h].sort() }
    var outflow = [[Expected]](repeating: [], count: expected.count)
    for m in streets.members.indices { decide(m, arrivals, now, &outflow) }
    expected = outflow
    return streets.commands(now)
  }

  private func decide(_ m: Int, _ arrivals: [[Double]], _ now: Instant, _ outflow: inout [[Expected]]) {
    let member = streets.members[m], graph = streets.graph
    let stages = member.sequencer.stages.count
    var vehicles = [[(time: Double, count: Double, hop: Int)]](repeating: [], count: stages)
    for h in member.hops where stageOf[h] >= 0 {
      for time in arrivals[h] { vehicles[stageOf[h]].append((time, 1, h)) }
      let link = graph.link[graph.hops[h].from]
      let share = streets.learning.share(link: link, hop: h)
      guard share > 0.05 else { continue }
      for vehicle in expected[link] where vehicle.time - now.seconds < settings.horizon {
        vehicles[stageOf[h]].append((max(vehicle.time - now.seconds, 0), vehicle.count * share, h))
      }
    }
    for s in vehicles.indices { vehicles[s].sort { ($0.time, $0.hop) < ($1.time, $1.hop) } }
    let present = member.sequencer.next ?? member.sequencer.stage
    let problem = JobSchedule.Problem(
      clusters: vehicles.indices.map { clusters(vehicles[$0]) }, present: present,
      owed: member.sequencer.isServing
        ? max(0, Double(streets.settings.minimumGreen) - (now - member.sequencer.greenSince).seconds)
        : Double(streets.settings.yellow + streets.settings.minimumGreen) - (now - member.sequencer.changeSince).seconds,
      setup: Double(streets.settings.yellow) + settings.startUp, minimumGreen: Double(streets.settings.minimumGreen))
    let schedule = JobSchedule(problem)
    tellNeighbours(schedule, vehicles, now, &outflow)
    guard member.sequencer.mayChange(at: now) else { return }
    var target = present
    var reason: Message?
    if let starved = starved(m, arrivals, now) {
      target = starved
      reason = Message("explain.patience", ["\(Int(settings.patience))"])
    } else if let first = schedule.steps.first, first.stage != present, first.start <= problem.setup + 0.5 {
      target = first.stage
    }
    explanations[member.signal] = DecisionExplanation(
      time: now, signal: member.signal, presentStage: present, chosenStage: target,
      options: schedule.steps.prefix(8).map { .init(stage: $0.stage, after: $0.start, cost: schedule.delay) },
      reason: reason ?? Message("explain.schedule", ["\(schedule.steps.count)", "\(Int(schedule.delay.rounded()))"]))
    if target != present { streets.members[m].sequencer.change(to: target, at: now) }
  }

  private func clusters(_ vehicles: [(time: Double, count: Double, hop: Int)]) -> [VehicleCluster] {
    let graph = streets.graph
    var found: [VehicleCluster] = []
    var lanes: Set<Int> = []
    for vehicle in vehicles {
      lanes.insert(graph.hops[vehicle.hop].from)
      if let last = found.last, vehicle.time <= last.arrival + last.duration + settings.gap {
        found[found.count - 1].count += vehicle.count
        let queue = found[found.count - 1].count * settings.headway / Double(lanes.count)
        found[found.count - 1].duration = max(queue, vehicle.time - last.arrival)
      } else {
        lanes = [graph.hops[vehicle.hop].from]
        found.append(VehicleCluster(count: vehicle.count, arrival: vehicle.time, duration: settings.headway * vehicle.count))
      }
    }
    return found
  }

  /// When each vehicle will reach the end of the link it goes to, by this schedule.
  private func tellNeighbours(
    _ schedule: JobSchedule, _ vehicles: [[(time: Double, count: Double, hop: Int)]], _ now: Instant, _ outflow: inout [[Expected]]
  ) {
    let graph = streets.graph
    var begin = [Double](repeating: .infinity, count: vehicles.count)
    for step in schedule.steps where step.job == 0 { begin[step.stage] = step.start }
    for s in vehicles.indices where begin[s] < settings.horizon {
      var ahead: [Int: Double] = [:]
      for vehicle in vehicles[s] {
        let hop = graph.hops[vehicle.hop]
        let leaves = max(begin[s], vehicle.time, ahead[hop.from] ?? 0)
        ahead[hop.from] = leaves + settings.headway * vehicle.count
        guard leaves < settings.horizon else { continue }
        outflow[graph.link[hop.to]].append(
          Expected(time: now.seconds + leaves + hop.travel + graph.length[hop.to] / graph.speed[hop.to], count: vehicle.count))
      }
    }
  }

  /// A stage that serves somebody who has waited for too long.
  private func starved(_ m: Int, _ arrivals: [[Double]], _ now: Instant) -> Int? {
    let member = streets.members[m], shown = member.sequencer.state(at: now)
    var worst: (since: Instant, stage: Int)?
    for h in member.hops where stageOf[h] >= 0 {
      if shown[streets.graph.hops[h].link].isGreen || (arrivals[h].first ?? 1) > 0 {
        redSince[h] = nil
        continue
      }
      let since = redSince[h] ?? now
      redSince[h] = since
      if now - since >= .seconds(settings.patience), worst.map({ since < $0.since }) ?? true { worst = (since, stageOf[h]) }
    }
    return worst?.stage
  }

  public func explain(_ signal: SignalID) -> DecisionExplanation? { explanations[signal] }
}
