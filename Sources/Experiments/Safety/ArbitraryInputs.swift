import SignalControl
import Statistics
import TrafficModel

/// Whatever may reach a controller: plausible, contradictory and impossible.
struct ArbitraryInputs {
  private struct Phantom {
    var report: VehicleReport
    var until: Instant
    var level: PriorityRequest.Level?
  }

  private let network: RoadNetwork
  private let detectors: [Detector]
  /// Ways over ruled connections: lane, signal, link.
  private let ways: [(lane: LaneID, signal: SignalID, link: Int)]
  private var random: RandomStream
  private var phantoms: [Phantom] = []
  private var nextKey: UInt32 = 0
  private var isOn: [Bool]
  /// Detectors that say nothing until then.
  private var deadUntil: [Instant]
  /// How many phantoms there shall be; changes now and then, from none to many.
  private var crowd = 5

  init(network: RoadNetwork, detectors: [Detector], seed: UInt64) {
    self.network = network
    self.detectors = detectors
    random = RandomStream(seed: seed, stream: 1)
    ways = network.connections.compactMap { connection in
      connection.signal.map { (connection.fromLane, $0.signal, $0.index) }
    }
    isOn = [Bool](repeating: false, count: detectors.count)
    deadUntil = [Instant](repeating: .zero, count: detectors.count)
  }

  /// What is heard at `now`, and for each signal the links that somebody waits for, as bits.
  mutating func next(_ now: Instant) -> (inputs: ControlInputs, called: [UInt64]) {
    var called = [UInt64](repeating: 0, count: network.signals.count)
    var inputs = ControlInputs()
    if random.uniform() < 0.01 { crowd = random.integer(below: 4) == 0 ? 0 : random.integer(below: 24) }
    phantoms.removeAll { $0.until <= now }
    while phantoms.count < crowd { phantoms.append(makePhantom(now)) }
    inputs.vehicles.reserveCapacity(phantoms.count)
    for k in phantoms.indices {
      let length = network[phantoms[k].report.lane].length
      phantoms[k].report.time = now
      phantoms[k].report.position = min(phantoms[k].report.position + phantoms[k].report.speed, length)
      inputs.vehicles.append(phantoms[k].report)
      if let signal = phantoms[k].report.signal, let link = phantoms[k].report.signalLink, link < 64 {
        called[signal.index] |= 1 << UInt64(link)
        if let level = phantoms[k].level {
          inputs.priorityRequests.append(
            PriorityRequest(
              signal: signal, link: link, level: level, arrival: .seconds((length - phantoms[k].report.position) / 10),
              key: phantoms[k].report.key))
        }
      }
    }
    addDetections(now, &inputs)
    if random.uniform() < 0.05, !network.signals.isEmpty {
      inputs.pedestrianCalls.append(
        PedestrianCall(signal: SignalID(random.integer(below: network.signals.count)), phase: random.integer(below: 9)))
    }
    return (inputs, called)
  }

  private mutating func makePhantom(_ now: Instant) -> Phantom {
    let way = ways[random.integer(below: ways.count)]
    nextKey += 1
    var report = VehicleReport(
      time: now, link: network[way.lane].link, lane: way.lane, position: random.uniform(0, network[way.lane].length),
      speed: random.uniform() < 0.6 ? 0 : random.uniform(0, 15), length: 5, signalLink: way.link,
      key: random.uniform() < 0.02 ? 7 : nextKey, signal: way.signal)
    if random.uniform() < 0.05 {
      // Somewhere else than it says, inside a junction for example.
      let lane = LaneID(random.integer(below: network.lanes.count))
      report.lane = lane
      report.link = network[lane].link
      report.position = random.uniform(0, network[lane].length)
    }
    if random.uniform() < 0.05 { report.signalLink = nil }
    let level: PriorityRequest.Level? = random.uniform() < 0.03 ? (random.uniform() < 0.3 ? .emergency : .transit) : nil
    // Some stand for ever, so that everybody else has to be served around them.
    let stay = random.uniform() < 0.1 ? 900.0 : random.exponential(mean: 40)
    return Phantom(report: report, until: now + .seconds(stay), level: level)
  }

  private mutating func addDetections(_ now: Instant, _ inputs: inout ControlInputs) {
    guard !detectors.isEmpty else { return }
    for _ in 0..<random.integer(below: 4) {
      let d = random.integer(below: detectors.count)
      if deadUntil[d] > now { continue }
      let roll = random.uniform()
      if roll < 0.01 {
        deadUntil[d] = now + .seconds(random.uniform(0, 3000))
        if roll < 0.005 { inputs.detectorEvents.append(DetectorEvent(time: now, detector: detectors[d].id, change: .fault)) }
        continue
      }
      if roll < 0.015 { inputs.detectorEvents.append(DetectorEvent(time: now, detector: detectors[d].id, change: .restored)) }
      isOn[d].toggle()
      // Now and then a change is told twice, or late.
      let late: TimeAmount = roll > 0.95 ? .seconds(5) : .zero
      let event = DetectorEvent(time: now - late, detector: detectors[d].id, change: isOn[d] ? .on : .off)
      inputs.detectorEvents.append(event)
      if roll > 0.98 { inputs.detectorEvents.append(event) }
    }
  }
}
