import TrafficFlow
import TrafficModel

/// What the controller learns while it runs: who comes, where they turn, how queues discharge.
struct TrafficLearning {
  /// A vehicle that reports now, in terms of the graph.
  struct Seen {
    var key: UInt32
    /// Lane of the graph, or -1 inside a junction.
    var lane: Int
    /// Hop on which the vehicle is inside a junction, or -1.
    var hop: Int
    /// Distance to the lane's end, or driven inside the junction [m].
    var distance: Double
    var speed: Double
    /// Ruled hop it is heading for, or -1.
    var target: Int
    /// It heads for this signal's stop line for the first time.
    var isNew = false
  }

  let graph: StreetGraph
  let settings: RollingHorizonSettings
  private(set) var seen: [Seen] = []
  /// How old the latest reports are [s].
  private(set) var age = 0.0
  private var previous: [UInt32: Seen] = [:]
  /// Rate at which vehicles for a ruled hop appear [veh/s].
  private(set) var rate: [Double]
  /// Vehicles seen to enter each link, and among them those seen to head for a ruled hop from it.
  private var entered: [Double]
  private var heading: [[Int: Double]]
  /// Time between a vehicle's first report and its arrival at the stop line when nothing holds it, fading mean [s], and its weight.
  private var leadTime: [Double]
  private var leadWeight: [Double]
  /// Vehicles that lately left each lane forward [veh/s].
  private var leaving: [Double]
  /// Vehicles seen on each hop inside junctions.
  private var taken: [Double]
  private var elapsed = 0.0
  private var last: Instant?
  /// Ruled hop for each signal and link index.
  private var hopsOfLink: [Int: [Int: [Int]]] = [:]

  init(graph: StreetGraph, settings: RollingHorizonSettings) {
    self.graph = graph
    self.settings = settings
    rate = [Double](repeating: 0, count: graph.hops.count)
    taken = rate
    leaving = [Double](repeating: 0.25, count: graph.laneID.count)
    leadTime = rate
    leadWeight = rate
    entered = [Double](repeating: 0, count: graph.lanesOfLink.count)
    heading = [[Int: Double]](repeating: [:], count: graph.lanesOfLink.count)
    for (h, hop) in graph.hops.enumerated() where hop.signal >= 0 { hopsOfLink[hop.signal, default: [:]][hop.link, default: []].append(h) }
  }

  /// Expected rate of arrivals for a hop, corrected for the short time watched so far [veh/s].
  func expectedRate(_ hop: Int) -> Double {
    guard elapsed > 20 else { return 0 }
    return rate[hop] / (1 - exponential(-elapsed / settings.rateMemory))
  }

  /// Share of the vehicles that enter a link which head for a ruled hop from it.
  func share(link: Int, hop: Int) -> Double { entered[link] >= 5 ? min((heading[link][hop] ?? 0) / entered[link], 1) : 0 }

  /// Vehicles that leave a lane, over the last half minute [veh/s].
  func outflow(_ lane: Int) -> Double { leaving[lane] }

  /// How far ahead arrivals for a hop are known from reports [s].
  func lead(_ hop: Int) -> Double { leadWeight[hop] > 0 ? leadTime[hop] / leadWeight[hop] : 5 }

  mutating func note(lead time: Double, _ hop: Int) {
    leadTime[hop] = leadTime[hop] * 0.95 + time
    leadWeight[hop] = leadWeight[hop] * 0.95 + 1
  }

  /// The ruled hop of a vehicle that signals no turn: one that its lane allows, by the shares seen to be taken, the same while it stays
  /// possible.
  private func guess(_ key: UInt32, _ lane: Int, _ signal: Int) -> Int {
    var options = graph.ruledAhead[lane].filter { graph.hops[$0].signal == signal }
    if options.isEmpty {
      options = graph.lanesOfLink[graph.link[lane]].flatMap { graph.ruledAhead[$0] }.filter { graph.hops[$0].signal == signal }
    }
    guard let first = options.first else { return -1 }
    if let before = previous[key], options.contains(before.target) { return before.target }
    let total = options.reduce(0) { $0 + taken[$1] + 0.1 }
    // Spread vehicles over the shares by their keys: the golden ratio keeps neighbours apart.
    var u = (Double(key) * 0.6180339887498949).truncatingRemainder(dividingBy: 1) * total
    for h in options {
      u -= taken[h] + 0.1
      if u < 0 { return h }
    }
    return first
  }

  mutating func observe(now: Instant, reports: [VehicleReport]) {
    let dt = last.map { (now - $0).seconds } ?? 0
    last = now
    elapsed += dt
    let fade = exponential(-dt / settings.rateMemory)
    let fadeSoon = exponential(-dt / 30)
    for l in leaving.indices { leaving[l] *= fadeSoon }
    for h in rate.indices where rate[h] > 0 { rate[h] *= fade }
    seen.removeAll(keepingCapacity: true)
    var present: [UInt32: Seen] = [:]
    present.reserveCapacity(reports.count)
    if let latest = reports.lazy.map(\.time).max() { age = max((now - latest).seconds, 0) }
    for report in reports {
      let lane = graph.laneOf[report.lane.index]
      var vehicle = Seen(key: report.key, lane: lane, hop: -1, distance: 0, speed: report.speed, target: -1)
      if lane >= 0 {
        vehicle.distance = max(graph.length[lane] - report.position, 0)
      } else {
        vehicle.hop = graph.hopOfInternalLane[report.lane.index]
        guard vehicle.hop >= 0 else { continue }
        vehicle.distance = graph.internalStart[report.lane.index] + report.position
      }
      if let signal = report.signal, let link = report.signalLink, let hops = hopsOfLink[signal.index]?[link] {
        vehicle.target = hops.first { graph.hops[$0].from == lane } ?? hops[0]
      } else if lane >= 0, report.signalLink == nil, report.signal != nil {
        vehicle.target = guess(report.key, lane, report.signal!.index)
      }
      if vehicle.hop >= 0, previous[report.key].map({ $0.hop != vehicle.hop }) ?? true { taken[vehicle.hop] += 1 }
      let before = previous[report.key]
      if lane >= 0 {
        let link = graph.link[lane]
        let enters = before.map { $0.lane < 0 || graph.link[$0.lane] != link } ?? true
        if enters { entered[link] += 1 }
        if vehicle.target >= 0, enters || before!.target < 0 { heading[link][vehicle.target, default: 0] += 1 }
      }
      if vehicle.target >= 0,
        previous[report.key].map({ $0.target < 0 || graph.hops[$0.target].signal != graph.hops[vehicle.target].signal }) ?? true
      {
        rate[vehicle.target] += 1 / settings.rateMemory
        vehicle.isNew = true
      }
      if let before, before.lane >= 0, before.lane != lane, lane < 0 || graph.link[lane] != graph.link[before.lane] {
        leaving[before.lane] += 1 / 30
      }
      seen.append(vehicle)
      present[report.key] = vehicle
    }
    previous = present
  }
}

/// e to the power x, without Foundation: range reduction and a Taylor polynomial, good to 1e-12 for |x| ≤ 50.
func exponential(_ x: Double) -> Double {
  if x < -50 { return 0 }
  let n = (x * 1.4426950408889634).rounded()
  let r = x - n * 0.6931471805599453
  var term = 1.0
  var sum = 1.0
  for k in 1...14 {
    term *= r / Double(k)
    sum += term
  }
  return sum * Double(sign: .plus, exponent: Int(n), significand: 1)
}
