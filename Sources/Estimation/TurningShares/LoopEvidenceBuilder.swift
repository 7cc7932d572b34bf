import TrafficModel

/// Sorts loop events into ``LoopEvidence``; one event at a time, so that a live stream and a recorded day go the same way.
public struct LoopEvidenceBuilder: Sendable {
  public struct Settings: Sendable, Hashable {
    /// A loop at most this far from a link's beginning or end stands for it [m].
    public var reach = 20.0
    /// A vehicle is not thought to have come round a curve faster than this times the curve's speed plus `curveMargin`.
    public var curveFactor = 1.2
    /// [m/s], at a link's beginning and at its end.
    public var curveMargin = 3.0
    public var curveMarginAtEnd = 2.0
    public init() {}
  }

  /// A way a vehicle can have come or gone.
  private struct Way: Sendable {
    var movement: Int32
    var signal: SignalLink?
    /// Way between stop line and loop [m] and the speed its curve allows [m/s].
    var distance: Double
    var speed: Double
  }
  private struct Site: Sendable {
    var row: Int32 = -1
    var lane: Int32 = 0
    var end = LoopEvidence.End.end
    var ways: [Way] = []
    var onTime: Int64 = .min
    var onSpeed = Double.nan
    var trusted = true
  }

  public let settings: Settings
  public private(set) var evidence: LoopEvidence
  private let begin: Int64
  private var sites: [Site]
  private var siteOf: [Int: Int] = [:]
  private var groupOf: [[Int32]: Int] = [:]
  /// Events of detectors that stand on no lane of the flow network, or in the middle of one.
  public private(set) var unmapped = 0
  public private(set) var events = 0

  /// `detectors` in the order of their ids; intervals of `interval` from `begin`.
  public init(
    network: RoadNetwork, flowNetwork: FlowNetwork, detectors: [Detector], begin: Instant, interval: TimeAmount, intervals: Int,
    settings: Settings = Settings()
  ) {
    self.settings = settings
    self.begin = begin.milliseconds
    evidence = LoopEvidence(intervals: intervals, intervalSeconds: interval.seconds)
    sites = [Site](repeating: Site(), count: detectors.count)
    var movementOf: [Int64: Int32] = [:]
    for k in 0..<flowNetwork.movementCount {
      movementOf[Int64(flowNetwork.from[k]) << 32 | Int64(flowNetwork.to[k])] = Int32(k)
    }
    for (d, detector) in detectors.enumerated() {
      guard case .point(let lane, let position) = detector.kind else { continue }
      let row = flowNetwork.row[network[lane].link.index]
      guard row >= 0 else { continue }
      let length = network[lane].length
      let fromStart = position, toEnd = length - position
      let isBeginning = detector.role == .entry || (detector.role != .stopBar && detector.role != .exit && fromStart < toEnd)
      guard (isBeginning ? fromStart : toEnd) <= settings.reach else { continue }
      sites[d].row = row
      sites[d].lane = Int32(network[lane].position)
      sites[d].end = isBeginning ? .beginning : .end
      for id in isBeginning ? network.connectionsInto[lane.index] : network.connectionsFrom[lane.index] {
        var connection = network[id]
        // Into a lane leads the last piece inside the junction; its first piece carries movement and signal.
        var inside = 0.0
        var slowest = network[isBeginning ? lane : lane].speedLimit
        var steps = 0
        if isBeginning {
          while flowNetwork.row[network[network[connection.fromLane].link].id.index] < 0, steps < 4 {
            inside += network[connection.fromLane].length
            slowest = min(slowest, network[connection.fromLane].speedLimit)
            guard let before = network.connectionsInto[connection.fromLane.index].first else { break }
            connection = network[before]
            steps += 1
          }
        }
        if let via = connection.via {
          if !isBeginning || steps == 0 { inside += network[via].length }
          slowest = min(slowest, network[via].speedLimit)
        }
        let a = flowNetwork.row[network[connection.fromLane].link.index]
        let b = isBeginning ? row : flowNetwork.row[network[connection.toLane].link.index]
        guard a >= 0, b >= 0, let k = movementOf[Int64(a) << 32 | Int64(b)] else { continue }
        sites[d].ways.append(Way(movement: k, signal: connection.signal, distance: inside + (isBeginning ? position : 0), speed: slowest))
      }
      let key = Int(row) * 2 + (isBeginning ? 0 : 1)
      if siteOf[key] == nil {
        siteOf[key] = evidence.sites.count
        evidence.sites.append(
          .init(
            row: Int(row), end: sites[d].end, totals: [Double](repeating: 0, count: intervals),
            trusted: [Bool](repeating: true, count: intervals)))
      }
    }
  }

  /// Marks a detector as not to be trusted from `interval` on (or well again): what its site counts then is not used.
  public mutating func setTrusted(_ detector: DetectorID, _ trusted: Bool, interval: Int) {
    let site = sites[detector.index]
    guard site.row >= 0, let s = siteOf[Int(site.row) * 2 + (site.end == .beginning ? 0 : 1)] else { return }
    guard evidence.sites[s].trusted.indices.contains(interval) else { return }
    evidence.sites[s].trusted[interval] = trusted
  }

  /// Takes one event; `signals` by signal id.
  public mutating func take(_ event: DetectorEvent, signals: [SignalStateHistory]) {
    events += 1
    let d = event.detector.index
    guard sites.indices.contains(d), sites[d].row >= 0 else {
      unmapped += 1
      return
    }
    switch event.change {
    case .on:
      sites[d].onTime = event.time.milliseconds
      sites[d].onSpeed = event.speed
    case .off:
      guard sites[d].onTime != .min else { return }
      let on = sites[d].onTime
      sites[d].onTime = .min
      pass(d, on: on, off: event.time.milliseconds, signals)
    case .fault, .restored: break
    }
  }

  /// Takes a count over an interval, for sensors that tell no single vehicle: spread evenly over the intervals it overlaps, free to have made
  /// any movement of its lane.
  public mutating func take(count: Double, detector: DetectorID, begin from: Instant, end to: Instant) {
    events += 1
    let d = detector.index
    guard sites.indices.contains(d), sites[d].row >= 0, count >= 0, to > from else {
      unmapped += 1
      return
    }
    let length = Int64(evidence.intervalSeconds * 1000)
    let movements = Set(sites[d].ways.map(\.movement)).sorted()
    for k in 0..<evidence.intervals {
      let low = max(from.milliseconds, begin + Int64(k) * length), high = min(to.milliseconds, begin + Int64(k + 1) * length)
      guard high > low else { continue }
      book(d, movements, k, count * Double(high - low) / Double((to - from).milliseconds))
    }
  }

  private mutating func pass(_ d: Int, on: Int64, off: Int64, _ signals: [SignalStateHistory]) {
    let site = sites[d]
    let isBeginning = site.end == .beginning
    let k = Int((off - begin) >= 0 ? (off - begin) / Int64(evidence.intervalSeconds * 1000) : -1)
    guard k >= 0, k < evidence.intervals else { return }
    let v = site.onSpeed.isFinite ? max(0, site.onSpeed) : 0
    func isOpen(_ way: Way) -> Bool {
      guard let link = way.signal, signals.indices.contains(link.signal.index) else { return true }
      let from: Int64
      let to: Int64
      if isBeginning {
        let slow = max(1, min(v > 0 ? v : way.speed, way.speed)), fast = max(v > 0 ? v : way.speed, 1)
        from = on - Int64((way.distance / slow * 1.6 + 1.5) * 1000)
        to = on - Int64(way.distance / fast * 1000)
      } else {
        from = off - 2000
        to = off + 1000
      }
      return signals[link.signal.index].admitted(link.index, from, to)
    }
    let open = site.ways.filter(isOpen)
    let margin = isBeginning ? settings.curveMargin : settings.curveMarginAtEnd
    var fitting = open.filter { v <= settings.curveFactor * $0.speed + margin }
    if fitting.isEmpty { fitting = open }
    let movements = Set(fitting.map(\.movement)).sorted()
    book(d, movements, k, 1)
  }

  private mutating func book(_ d: Int, _ movements: [Int32], _ k: Int, _ count: Double) {
    let site = sites[d]
    let s = siteOf[Int(site.row) * 2 + (site.end == .beginning ? 0 : 1)]!
    evidence.sites[s].totals[k] += count
    let key = [Int32(s), site.lane] + movements
    let g: Int
    if let known = groupOf[key] {
      g = known
    } else {
      g = evidence.sites[s].groups.count
      groupOf[key] = g
      evidence.sites[s].groups.append(
        .init(lane: site.lane, movements: movements, counts: [Double](repeating: 0, count: evidence.intervals)))
    }
    evidence.sites[s].groups[g].counts[k] += count
  }
}
