import TrafficModel

/// Control by lost time, as SUMO's `delay_based` programs run it (Oertel and Wagner 2011).
///
/// A green goes on while a vehicle that has lost time since it came within range can still pass before the longest green, and without end
/// while nobody waits elsewhere. Vehicles tell where they are; the range reaches back from the stop line on its own lane.
public final class DelayBasedController: SignalController {
  public struct Settings: Sendable, Hashable {
    /// How far from the stop line vehicles are seen where a program does not say (`detectorRange`) [m].
    public var range = 100.0
    /// Time a vehicle must have lost to prolong its green where a program does not say (`minTimeLoss`) [s].
    public var leastLoss = 1.0
    public init() {}
  }

  private struct Machine {
    var program: SignalProgram
    var stage = 0
    var since = Instant.zero
    var check = Instant.zero
    var leastLoss: Double
    /// Lanes that each stage serves, and those it holds.
    var served: [[Int]]
    var held: [[Int]]
  }

  private struct Seen {
    var lane: Int
    /// To the stop line [m].
    var distance: Double
    /// Since it came within range [s].
    var loss: Double
  }

  public let signals: [SignalID]
  private var machines: [Machine]
  private let range: [Double]
  private let length: [Double]
  private let limit: [Double]
  private var seen: [UInt32: Seen] = [:]
  /// Vehicles seen, by lane.
  private var onLane: [Int: [Seen]] = [:]
  private var last: Instant?

  /// Runs the signals whose active program is `delay_based`.
  public init(network: RoadNetwork, settings: Settings = .init()) {
    var run: [SignalID] = []
    machines = []
    var range = [Double](repeating: 0, count: network.lanes.count)
    for signal in network.signals {
      guard let program = signal.activeProgram, program.kind == .delayBased, program.cycle > .zero else { continue }
      let reach = program.parameter("detectorRange").flatMap(Double.init) ?? settings.range
      func lanes(_ indices: [Int]) -> [Int] {
        Array(Set(indices.filter { signal.links.indices.contains($0) }.flatMap { signal.links[$0].map { network[$0].fromLane.index } }))
          .sorted()
      }
      let served = program.stages.map { lanes($0.state.greens) }
      let held = program.stages.map { stage in lanes((0..<stage.state.count).filter { !stage.state[$0].isGreen }) }
      for lane in served.joined() { range[lane] = reach }
      for lane in held.joined() { range[lane] = reach }
      run.append(signal.id)
      machines.append(
        Machine(
          program: program,
          leastLoss: (program.parameter("minTimeLoss") ?? program.parameter("minTimeloss")).flatMap(Double.init) ?? settings.leastLoss,
          served: served, held: held))
    }
    signals = run
    self.range = range
    length = network.lanes.map(\.length)
    limit = network.lanes.map { max($0.speedLimit, 0.1) }
  }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    observe(now, inputs)
    if last == nil {
      for k in machines.indices {
        let (stage, elapsed) = machines[k].program.stage(at: now) ?? (0, .zero)
        machines[k].stage = stage
        machines[k].since = now - elapsed
        machines[k].check = machines[k].since + machines[k].program.stages[stage].duration
      }
    }
    last = now
    return machines.indices.map { k in
      var changes = 0
      while now >= machines[k].check, changes <= machines[k].program.stages.count {
        decide(&machines[k], now)
        changes += 1
      }
      return SignalCommand(signal: signals[k], state: machines[k].program.stages[machines[k].stage].state)
    }
  }

  private func observe(_ now: Instant, _ inputs: ControlInputs) {
    let seconds = last.map { (now - $0).seconds } ?? 0
    var next: [UInt32: Seen] = [:]
    onLane.removeAll(keepingCapacity: true)
    for report in inputs.vehicles {
      let lane = report.lane.index
      let distance = length[lane] - report.position
      guard range[lane] > 0, distance <= range[lane] else { continue }
      let lost = seconds * max(0, (limit[lane] - report.speed) / limit[lane])
      let item = Seen(lane: lane, distance: distance, loss: seen[report.key].map { $0.loss + lost } ?? 0)
      next[report.key] = item
      onLane[lane, default: []].append(item)
    }
    seen = next
  }

  private func decide(_ machine: inout Machine, _ now: Instant) {
    let stage = machine.program.stages[machine.stage]
    if stage.state.isServingStage {
      let shown = (now - machine.since).seconds
      let least = (stage.minimum ?? stage.duration).seconds
      let most = stage.maximum?.seconds ?? (stage.minimum == nil ? stage.duration.seconds : .infinity)
      let othersEmpty = !machine.held[machine.stage].contains { onLane[$0] != nil }
      var prolonged = 0.0
      if othersEmpty || shown < most {
        for lane in machine.served[machine.stage] {
          for vehicle in onLane[lane] ?? [] where vehicle.loss > machine.leastLoss {
            let time = vehicle.distance / limit[lane]
            if shown + time <= most { prolonged = max(prolonged, time) }
          }
        }
      }
      prolonged = max(0, prolonged, least - shown)
      prolonged = othersEmpty ? max(prolonged, 1) : min(prolonged, max(0, most - shown))
      if prolonged > 0 {
        machine.check = now + TimeAmount(seconds: prolonged)
        return
      }
    }
    machine.stage = stage.next.first { machine.program.stages.indices.contains($0) } ?? (machine.stage + 1) % machine.program.stages.count
    machine.since = now
    let next = machine.program.stages[machine.stage]
    machine.check = now + (next.minimum ?? next.duration)
  }
}
