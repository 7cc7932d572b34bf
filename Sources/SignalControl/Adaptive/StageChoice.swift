import TrafficFlow
import TrafficModel

/// What strategies that choose stages from vehicle reports share: the streets, what is learnt, and the lawful way from stage to stage.
final class StageChoice {
  struct Member {
    var signal: SignalID
    var sequencer: StageSequencer
    /// Ruled hops of the signal.
    var hops: [Int]
  }

  let graph: StreetGraph
  let settings: RollingHorizonSettings
  private(set) var learning: TrafficLearning
  var members: [Member] = []
  private var memberOf: [Int: Int] = [:]
  private var explanations: [SignalID: DecisionExplanation] = [:]

  init(network: RoadNetwork, settings: RollingHorizonSettings) {
    self.settings = settings
    graph = StreetGraph(network)
    learning = TrafficLearning(graph: graph, settings: settings)
    for signal in network.signals {
      guard let program = signal.activeProgram else { continue }
      let stages = StageSequencer.servingStages(of: program)
      guard !stages.isEmpty else { continue }
      let hops = graph.hops.indices.filter { graph.hops[$0].signal == signal.id.index && graph.hops[$0].link < stages[0].count }
      memberOf[signal.id.index] = members.count
      members.append(
        Member(
          signal: signal.id,
          sequencer: StageSequencer(
            stages: stages, minimumGreen: .seconds(Double(settings.minimumGreen)),
            yellow: .seconds(Double(settings.yellow - settings.redClearance)),
            redClearance: .seconds(Double(settings.redClearance)), start: .zero - .seconds(86_400)), hops: hops))
    }
  }

  var signals: [SignalID] { members.map(\.signal) }

  /// Takes in what vehicles report and ends the changes that are over; a change waits a little for those who stand inside the junction for a
  /// gap, or the cross street strands them there.
  func observe(_ now: Instant, _ inputs: ControlInputs) {
    learning.observe(now: now, reports: inputs.vehicles)
    var waitsInside = [Bool](repeating: false, count: members.count)
    for vehicle in learning.seen where vehicle.hop >= 0 {
      let way = graph.hops[vehicle.hop]
      guard way.box > 0, way.signal >= 0, vehicle.speed < 6, vehicle.distance < way.length * 0.7, let m = memberOf[way.signal],
        let next = members[m].sequencer.next, !members[m].sequencer.stages[next][way.link].isGreen
      else { continue }
      waitsInside[m] = true
    }
    let longest = TimeAmount.seconds(Double(settings.yellow + settings.clearanceExtension))
    for m in members.indices {
      members[m].sequencer.advance(to: now, hold: waitsInside[m] && now - members[m].sequencer.changeSince < longest)
    }
  }

  /// Goes on from what the street shows.
  func resume(_ shown: [SignalCommand], at now: Instant) {
    for m in members.indices {
      if let state = shown.first(where: { $0.signal == members[m].signal })?.state { members[m].sequencer.resume(state, at: now) }
    }
  }

  /// What every signal shows.
  func commands(_ now: Instant) -> [SignalCommand] {
    members.map { SignalCommand(signal: $0.signal, state: $0.sequencer.state(at: now)) }
  }

  /// Changes to the stage with the highest score where that exceeds the present one's.
  ///
  /// - Parameter unit: what the scores count, for explanations.
  func change(_ m: Int, by scores: [Double], at now: Instant, unit: String = "veh", reason: Message? = nil) {
    let present = members[m].sequencer.stage
    guard let best = scores.indices.max(by: { (scores[$0], -$0) < (scores[$1], -$1) }) else { return }
    let target = scores[best] > scores[present] ? best : present
    let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
    explanations[members[m].signal] = DecisionExplanation(
      time: now, signal: members[m].signal, presentStage: present, chosenStage: target,
      options: order.map { .init(stage: $0, after: nil, cost: scores[$0]) }, unit: unit, isScore: true, reason: reason)
    if target != present { members[m].sequencer.change(to: target, at: now) }
  }

  func explain(_ signal: SignalID) -> DecisionExplanation? { explanations[signal] }
}
