import TrafficFlow
import TrafficModel

/// The rolling horizon: each second, try what each signal could do next, predict what traffic would then suffer, and do the best.
///
/// From the vehicles that report within range it predicts when each reaches its stop line, how queues discharge, which permissive turns
/// find a gap and which exits are full; beyond the reports it expects vehicles at the rates learnt so far. A plan is "hold the present
/// stage k seconds, then serve stage p", followed by a simple rule until the horizon; its cost is the predicted delay. Signals too close
/// to each other to be told apart are decided together, each against the present plans of the others.
public final class RollingHorizonController: SignalController {
  public let signals: [SignalID]
  public let settings: RollingHorizonSettings
  let graph: StreetGraph
  var groups: [SignalGroup] = []
  private var sequencerOf: [Int: (group: Int, member: Int)] = [:]
  /// Groups that want to know of vehicles on a lane, and the group of each signal or -1.
  private var groupsOfLane: [[Int32]] = []
  private var groupOfSignal: [Int32] = []
  var learning: TrafficLearning
  private var started = false

  /// - Parameters:
  ///   - network: the streets; signals without a program with serving stages are left alone.
  ///   - settings: the same for every network.
  public init(network: RoadNetwork, settings: RollingHorizonSettings = .init()) {
    self.settings = settings
    graph = StreetGraph(network)
    var stagesOf: [Int: [SignalState]] = [:]
    for signal in network.signals {
      guard let program = signal.activeProgram else { continue }
      let stages = StageSequencer.servingStages(of: program)
      if !stages.isEmpty { stagesOf[signal.id.index] = stages }
    }
    let controlled = stagesOf.keys.sorted()
    signals = controlled.map { SignalID($0) }
    let linkCounts = network.signals.map { signal in max(signal.links.count, stagesOf[signal.id.index]?.first?.count ?? 0) }
    learning = TrafficLearning(graph: graph, settings: settings)
    for members in Self.groups(of: controlled, graph, within: settings.groupDistance, size: settings.groupSize) {
      let layout = SignalGroupLayout(graph, signals: members, linkCounts: linkCounts, range: settings.range)
      for (m, s) in members.enumerated() { sequencerOf[s] = (groups.count, m) }
      groups.append(SignalGroup(layout: layout, graph: graph, stages: members.map { stagesOf[$0]! }, settings: settings))
    }
    var users = [[Int32]](repeating: [], count: graph.laneID.count)
    for (g, group) in groups.enumerated() {
      for lane in group.layout.lanes + group.layout.sinks { users[lane].append(Int32(g)) }
    }
    groupsOfLane = users
    groupOfSignal = [Int32](repeating: -1, count: network.signals.count)
    for (s, place) in sequencerOf { groupOfSignal[s] = Int32(place.group) }
  }

  /// Signals whose stop lines lie within `distance` [m] of another's exit, joined in the order of their distance while a group has no
  /// more than `size`.
  static func groups(of signals: [Int], _ graph: StreetGraph, within distance: Double, size: Int) -> [[Int]] {
    var neighbours: [(distance: Double, a: Int, b: Int)] = []
    let isControlled = Set(signals)
    var parent = Dictionary(uniqueKeysWithValues: signals.map { ($0, $0) })
    func root(_ s: Int) -> Int {
      var r = s
      while parent[r]! != r { r = parent[r]! }
      return r
    }
    for hop in graph.hops where isControlled.contains(hop.signal) {
      // Walk downstream from the exit until a stop line, at most `distance` away.
      var frontier: [(lane: Int, travelled: Double)] = [(hop.to, 0)]
      var seen: Set<Int> = [hop.to]
      while let (lane, travelled) = frontier.popLast() {
        for sibling in graph.lanesOfLink[graph.link[lane]] {
          for h in graph.hopsFrom[sibling] {
            let after = travelled + graph.length[lane]
            guard after <= distance else { continue }
            let other = graph.hops[h].signal
            if other >= 0 {
              if other != hop.signal, isControlled.contains(other) {
                neighbours.append((after, min(other, hop.signal), max(other, hop.signal)))
              }
            } else if seen.insert(graph.hops[h].to).inserted {
              frontier.append((graph.hops[h].to, after))
            }
          }
        }
      }
    }
    var sizes = Dictionary(uniqueKeysWithValues: signals.map { ($0, 1) })
    for pair in neighbours.sorted(by: { ($0.distance, $0.a, $0.b) < ($1.distance, $1.a, $1.b) }) {
      let a = root(pair.a), b = root(pair.b)
      guard a != b, sizes[a]! + sizes[b]! <= size else { continue }
      parent[max(a, b)] = min(a, b)
      sizes[min(a, b)] = sizes[a]! + sizes[b]!
    }
    var members: [Int: [Int]] = [:]
    for s in signals { members[root(s), default: []].append(s) }
    return members.keys.sorted().map { members[$0]! }
  }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    if !started {
      started = true
      for g in groups { g.start(now) }
    }
    learning.observe(now: now, reports: inputs.vehicles)
    deliver()
    for group in groups {
      group.prepare(now: now, learning: &learning, graph: graph)
      group.decide(now: now)
    }
    var commands: [SignalCommand] = []
    commands.reserveCapacity(signals.count)
    for id in signals {
      let (g, m) = sequencerOf[id.index]!
      commands.append(SignalCommand(signal: id, state: groups[g].sequencers[m].state(at: now)))
    }
    return commands
  }

  /// Hands every vehicle to the groups on whose lanes it is or will be next.
  private func deliver() {
    for group in groups { group.inbox.removeAll(keepingCapacity: true) }
    for vehicle in learning.seen {
      var lane = vehicle.lane
      var own: Int32 = -1
      if vehicle.hop >= 0 {
        let hop = graph.hops[vehicle.hop]
        lane = hop.to
        if hop.signal >= 0 { own = groupOfSignal[hop.signal] }
        if own >= 0 { groups[Int(own)].inbox.append(vehicle) }
      }
      for g in groupsOfLane[lane] where g != own { groups[Int(g)].inbox.append(vehicle) }
    }
  }

  public func resume(_ shown: [SignalCommand], at now: Instant) {
    started = true
    for group in groups { group.start(now) }
    for command in shown {
      guard let (g, m) = sequencerOf[command.signal.index] else { continue }
      groups[g].sequencers[m].resume(command.state, at: now)
    }
  }

  public func explain(_ signal: SignalID) -> DecisionExplanation? {
    guard let (g, m) = sequencerOf[signal.index] else { return nil }
    return groups[g].explanations[m]
  }
}
