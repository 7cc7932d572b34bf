import ControlLoop
import Foundation
import SignalControl
import TrafficModel

/// A street of upright queues: vehicles come at random, wait at the stop line, leave at saturation flow at green and reach the next signal
/// after the time of travel. Cheap enough for hundreds of signals on part of a core, lively enough to watch.
///
/// It tells the changes of two loops in each lane. Signals and detectors have the topology's order.
final class PointQueueStreet: DetectorFeed, SignalOutput, LoopClock {
  private let topology: LiveTopology
  private var states: [SignalState]
  private var lanes: [Lane] = []
  private var laneStart: [Int] = []
  private(set) var now: Instant
  private let step: Int64
  private var random: UInt64
  private var out: [DetectorEvent] = []
  /// Multiplies all arrivals.
  private let demand: Double

  private struct Lane {
    var signal: Int
    var links: [Int]
    var advance: DetectorID?
    var stop: DetectorID?
    /// Times at which vehicles reach the stop line.
    var approaching: [Int64] = []
    var queue = 0
    var stopOccupied = false
    var nextDischarge: Int64 = 0
    /// Vehicles an hour that come from outside at the busiest time [veh/h].
    var outside: Double
    var storage: Double
    /// Where its traffic goes: lanes (with the share of each) and milliseconds on the way.
    var next: [(lane: Int, share: Double)] = []
    var travel: Int64 = 0
  }

  init(topology: LiveTopology, start: Instant, seed: UInt64, demand: Double, step: TimeAmount) {
    self.topology = topology
    self.demand = demand
    self.step = step.milliseconds
    now = start
    random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    states = topology.signals.map { SignalState(repeating: .red, count: $0.linkCount) }
    for (index, signal) in topology.signals.enumerated() {
      laneStart.append(lanes.count)
      for approach in signal.approaches {
        lanes.append(Lane(signal: index, links: approach.links, outside: 0, storage: approach.storage))
      }
    }
    for (index, detector) in topology.detectors.enumerated() {
      guard let approach = detector.approach else { continue }
      let lane = laneStart[detector.signal] + approach
      if detector.role == .advance { lanes[lane].advance = DetectorID(index) }
      if detector.role == .stopBar { lanes[lane].stop = DetectorID(index) }
    }
    linkUp()
  }

  var isUnderway: Bool { false }

  func collect() -> ControlInputs {
    defer { out.removeAll(keepingCapacity: true) }
    return ControlInputs(detectorEvents: out)
  }

  func show(_ commands: [SignalCommand]) { for command in commands { states[command.signal.index] = command.state } }
  func shown() -> [SignalCommand] { states.enumerated().map { SignalCommand(signal: SignalID($0), state: $1) } }

  func advance() -> Bool {
    now = Instant(milliseconds: now.milliseconds + step)
    let local = (now + topology.zoneOffset).milliseconds % 86_400_000
    let level = Self.share(ofDay: Double(local) / 1000) * demand * Double(step) / 3_600_000
    for index in lanes.indices { move(index, level) }
    return true
  }

  private func tell(_ detector: DetectorID, _ on: Bool) {
    out.append(DetectorEvent(time: now, detector: detector, change: on ? .on : .off))
  }

  /// Joins lanes along the roads; a lane that no road feeds has traffic from outside.
  private func linkUp() {
    var fed = Set<Int>()
    for road in topology.roads {
      guard let a = road.from, let b = road.to else { continue }
      for (from, to) in [(a, b), (b, a)] {
        let p = topology.signals[from], q = topology.signals[to]
        let heading = (q.x - p.x, q.y - p.y)
        // Lanes of `to` whose traffic comes from `from`.
        let targets = topology.signals[to].approaches.indices.filter { lane in
          let line = topology.signals[to].approaches[lane].line
          guard line.count >= 4 else { return false }
          return (line[0] - q.x) * -heading.0 + (line[1] - q.y) * -heading.1 > 0.8 * hypot(line[0] - q.x, line[1] - q.y)
            * hypot(heading.0, heading.1)
        }.map { laneStart[to] + $0 }
        guard !targets.isEmpty else { continue }
        fed.formUnion(targets)
        // Straight on, mostly: the lanes of `from` that look the same way.
        for lane in topology.signals[from].approaches.indices {
          let line = topology.signals[from].approaches[lane].line
          guard line.count >= 4 else { continue }
          let along = (line[2] - line[0]) * heading.0 + (line[3] - line[1]) * heading.1
          let across = (line[2] - line[0]) * heading.1 - (line[3] - line[1]) * heading.0
          let size = hypot(line[2] - line[0], line[3] - line[1]) * hypot(heading.0, heading.1)
          let isLeftLane = lane % 2 == 0
          let goesThere = isLeftLane ? across > 0.8 * size : along > 0.8 * size
          guard goesThere else { continue }
          let through = targets.last!, left = targets.first!
          lanes[laneStart[from] + lane].next = [(left, 0.2), (through, 0.6)]
          lanes[laneStart[from] + lane].travel = Int64(max(5, road.length / road.speed) * 1000)
        }
      }
    }
    for lane in lanes.indices where !fed.contains(lane) { lanes[lane].outside = lane % 2 == 0 ? 90 : 420 }
    for lane in lanes.indices where fed.contains(lane) { lanes[lane].outside = lane % 2 == 0 ? 20 : 60 }
  }

  private func draw() -> Double {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    return Double(random >> 11) * 0x1p-53
  }

  /// Share of the busiest hour's traffic at a second of the day: two peaks, quiet nights.
  static func share(ofDay second: Double) -> Double {
    func peak(_ hour: Double, _ width: Double) -> Double { exp(-pow((second / 3600 - hour) / width, 2)) }
    return 0.12 + 0.75 * peak(8, 1.6) + 0.45 * peak(12.5, 3) + 0.8 * peak(17.3, 2)
  }

  private func enter(_ index: Int, at arrival: Int64) {
    guard Double(lanes[index].approaching.count + lanes[index].queue) < lanes[index].storage * 2 else { return }
    lanes[index].approaching.append(arrival)
  }

  private func move(_ index: Int, _ level: Double) {
    let ms = now.milliseconds
    if draw() < lanes[index].outside * level { enter(index, at: ms + 6000) }
    var k = 0
    while k < lanes[index].approaching.count {
      let arrival = lanes[index].approaching[k]
      // The advance loop lies six seconds before the stop line.
      if arrival - 6000 <= ms, arrival - 6000 > ms - step, let advance = lanes[index].advance {
        tell(advance, true)
        tell(advance, false)
      }
      if arrival <= ms {
        lanes[index].queue += 1
        lanes[index].approaching.remove(at: k)
      } else {
        k += 1
      }
    }
    let shown = states[lanes[index].signal]
    let isGreen = lanes[index].links.contains { shown[$0].isGreen || shown[$0] == .offBlinking }
    if isGreen {
      while lanes[index].queue > 0, lanes[index].nextDischarge <= ms {
        if !lanes[index].stopOccupied, let stop = lanes[index].stop { tell(stop, true) }
        if let stop = lanes[index].stop { tell(stop, false) }
        lanes[index].stopOccupied = false
        lanes[index].queue -= 1
        lanes[index].nextDischarge = max(ms - 900, lanes[index].nextDischarge) + 1900
        var pick = draw()
        for (next, share) in lanes[index].next {
          pick -= share
          if pick < 0 {
            enter(next, at: ms + lanes[index].travel)
            break
          }
        }
      }
    } else {
      lanes[index].nextDischarge = ms + 2000
    }
    if lanes[index].queue > 0, !lanes[index].stopOccupied, let stop = lanes[index].stop {
      lanes[index].stopOccupied = true
      tell(stop, true)
    }
  }
}
