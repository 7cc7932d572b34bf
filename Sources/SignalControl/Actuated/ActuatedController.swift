import TrafficModel

/// Gap-out actuated control of stage sequences, as SUMO's `actuated` programs run it.
///
/// A stage with a minimum and a maximum is extended while vehicles keep coming over the detectors of its green lanes: it ends when
/// none of them has been reached for the maximum gap, or at its maximum. Stages without a range last their duration.
public final class ActuatedController: SignalController {
  public struct Settings: Sendable, Hashable {
    /// Longest time between two vehicles that still extends a green [s].
    public var maximumGap = 3.0
    /// Distance of the detectors from the stop line in travel time at the speed limit [s]: where vehicle reports stand in for loops.
    public var detectorGap = 2.0
    /// Range of green stages whose program gives none [s].
    public var minimum = 5.0
    public var maximum = 50.0
    public init() {}
  }

  private struct Machine {
    var program: SignalProgram
    var stage: Int
    var since: Instant
    /// Lanes whose detections extend each stage.
    var lanes: [[Int]]
  }

  public let signals: [SignalID]
  private let settings: Settings
  private var machines: [Machine]
  /// When a vehicle was last over the detector of a lane; a detector that is occupied counts as now.
  private var lastDetection: [Instant]
  private var loops: LoopWatch
  private let loopsOfLane: [[Int]]
  private let laneOfDetector: [Int]
  /// Distance from the stop line within which a report counts as a detection [m], by lane; 0 where loops do the work.
  private let zone: [Double]
  private let laneLength: [Double]
  private var started = false
  private var last: Instant?

  /// - Parameters:
  ///   - detectors: loops; those within reach of a stop line extend its stages. On lanes without one, vehicle reports do.
  public init(network: RoadNetwork, detectors: [Detector] = [], settings: Settings = .init()) {
    self.settings = settings
    var laneOf = [Int](repeating: -1, count: (detectors.map(\.id.index).max() ?? -1) + 1)
    var hasLoop = [Bool](repeating: false, count: network.lanes.count)
    for detector in detectors {
      guard case .point(let lane, let position) = detector.kind else { continue }
      let reach = network[lane].speedLimit * (settings.detectorGap + settings.maximumGap)
      guard detector.role == .stopBar || detector.role == .advance || network[lane].length - position <= reach else { continue }
      laneOf[detector.id.index] = lane.index
      hasLoop[lane.index] = true
    }
    laneOfDetector = laneOf
    loops = LoopWatch(count: laneOf.count)
    var ofLane = [[Int]](repeating: [], count: network.lanes.count)
    for (d, lane) in laneOf.enumerated() where lane >= 0 { ofLane[lane].append(d) }
    loopsOfLane = ofLane
    zone = network.lanes.map { hasLoop[$0.id.index] ? 0 : min($0.length, $0.speedLimit * settings.detectorGap) }
    laneLength = network.lanes.map(\.length)
    lastDetection = [Instant](repeating: Instant(milliseconds: -1_000_000_000), count: network.lanes.count)
    var run: [SignalID] = []
    machines = []
    for signal in network.signals {
      guard let program = signal.activeProgram, program.cycle > .zero else { continue }
      let lanes = program.stages.map { stage -> [Int] in
        guard stage.state.isServingStage else { return [] }
        let greens = stage.state.greens.filter { signal.links.indices.contains($0) }
        return Array(Set(greens.flatMap { signal.links[$0].map { network[$0].fromLane.index } })).sorted()
      }
      run.append(signal.id)
      machines.append(Machine(program: program, stage: 0, since: .zero, lanes: lanes))
    }
    signals = run
  }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    observe(now, inputs)
    if !started {
      started = true
      for k in machines.indices {
        let (stage, elapsed) = machines[k].program.stage(at: now) ?? (0, .zero)
        machines[k].stage = stage
        machines[k].since = now - elapsed
      }
    }
    last = now
    return machines.indices.map { k in
      while isOver(machines[k], now) {
        machines[k].stage = following(machines[k])
        machines[k].since = now
      }
      return SignalCommand(signal: signals[k], state: machines[k].program.stages[machines[k].stage].state)
    }
  }

  public func explain(_ signal: SignalID) -> DecisionExplanation? {
    guard let now = last, let k = signals.firstIndex(of: signal) else { return nil }
    let machine = machines[k], stage = machine.program.stages[machine.stage]
    let serving = StageSequencer.servingStages(of: machine.program)
    let present = serving.firstIndex(of: stage.state)
    let (least, most) = range(of: stage), shown = now - machine.since
    let latest = machine.lanes[machine.stage].map { isOccupied($0) ? now : lastDetection[$0] }.max()
    let reason: Message
    if present == nil {
      reason = Message("explain.changing")
    } else if most <= least || latest == nil {
      reason = Message("explain.stageClock", ["\(Int(shown.seconds))", "\(Int(stage.duration.seconds))"])
    } else if shown < least {
      reason = Message("explain.minimumGreen")
    } else {
      reason = Message("explain.extended", ["\(Int((now - latest!).seconds))", "\(Int((most - shown).seconds))"])
    }
    // A change belongs to the stage that served before it.
    let before = (0..<machine.program.stages.count).lazy.compactMap { back in
      serving.firstIndex(
        of: machine.program.stages[(machine.stage + machine.program.stages.count - back) % machine.program.stages.count].state)
    }.first
    return DecisionExplanation(
      time: now, signal: signal, presentStage: before ?? 0, chosenStage: before ?? 0, options: [], unit: "s", reason: reason)
  }

  private func observe(_ now: Instant, _ inputs: ControlInputs) {
    for event in inputs.detectorEvents where event.detector.index < laneOfDetector.count {
      let lane = laneOfDetector[event.detector.index]
      guard lane >= 0 else { continue }
      // A loop that is at fault counts as occupied: its stage gets its longest green, and nobody is left standing.
      _ = loops.hear(event, at: now)
      lastDetection[lane] = max(lastDetection[lane], LoopWatch.time(of: event, heard: now))
    }
    let elapsed = last.map { now - $0 } ?? .zero
    for machine in machines {
      for lane in machine.lanes[machine.stage] { for d in loopsOfLane[lane] { loops.pass(d, elapsed) } }
    }
    for report in inputs.vehicles where laneLength[report.lane.index] - report.position <= zone[report.lane.index] {
      lastDetection[report.lane.index] = now
    }
  }

  private func isOver(_ machine: Machine, _ now: Instant) -> Bool {
    let stage = machine.program.stages[machine.stage]
    let shown = now - machine.since
    let (least, most) = range(of: stage)
    guard most > least, !machine.lanes[machine.stage].isEmpty else { return shown >= max(stage.duration, .milliseconds(1)) }
    if shown < least { return false }
    if shown >= most { return true }
    let gap = TimeAmount(seconds: settings.maximumGap), lanes = machine.lanes[machine.stage]
    if lanes.contains(where: { isOccupied($0) || now - lastDetection[$0] < gap }) { return false }
    // Where no loop of any lane tells anything, the green it has by the program is the best guess.
    let isBlind = lanes.allSatisfy { lane in !loopsOfLane[lane].isEmpty && loopsOfLane[lane].allSatisfy { isMute($0, now) } }
    return !isBlind || shown >= min(stage.duration, most)
  }

  private func isOccupied(_ lane: Int) -> Bool { loopsOfLane[lane].contains { loops.isOccupied($0) } }
  private func isMute(_ d: Int, _ now: Instant) -> Bool { loops.isStuck(d) || loops.isSilent(d, at: now) }

  /// The shortest and the longest time a stage may be shown.
  private func range(of stage: Stage) -> (TimeAmount, TimeAmount) {
    guard stage.state.isServingStage else { return (stage.duration, stage.duration) }
    let least = stage.minimum ?? min(stage.duration, .seconds(settings.minimum))
    let most = stage.maximum ?? max(stage.duration, .seconds(settings.maximum))
    return (least, max(least, most))
  }

  private func following(_ machine: Machine) -> Int {
    let next = machine.program.stages[machine.stage].next.first { machine.program.stages.indices.contains($0) }
    return next ?? (machine.stage + 1) % machine.program.stages.count
  }
}
