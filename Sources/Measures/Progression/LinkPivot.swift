import Sensing
import TrafficModel

/// One link of a corridor as the pivot sees it: two neighbouring signals, and the phases that leave one for the other.
public struct PivotLink: Sendable, Hashable {
  /// Arrivals of the downstream signal's coordinated phase towards this link's end, and of the upstream signal's phase coming back.
  public var upstream: String
  public var upstreamPhase: Int
  public var downstream: String
  public var downstreamPhase: Int
  public init(upstream: String, upstreamPhase: Int, downstream: String, downstreamPhase: Int) {
    self.upstream = upstream
    self.upstreamPhase = upstreamPhase
    self.downstream = downstream
    self.downstreamPhase = downstreamPhase
  }
}

/// What the pivot found for one link.
public struct LinkPivotResult: Sendable, Hashable {
  public var link: PivotLink
  /// Offset to add at the downstream signal [s], and to every signal beyond it.
  public var offsetChange: Double
  /// Sum along the corridor from its first signal, modulo the cycle [s].
  public var accumulated: Double
  /// Arrivals on green before and as predicted, downstream and (coming back) upstream.
  public var downstreamBefore: Double
  public var downstreamAfter: Double
  public var upstreamBefore: Double
  public var upstreamAfter: Double
  public var arrivals: Int
}

/// Circular profile of a phase: green share and arrivals of each second of the cycle.
struct PivotProfile {
  var arrivals: [Double]
  var green: [Double]

  /// Share of arrivals on green with arrivals moved `shift` s later within the cycle.
  func onGreen(shift: Int) -> Double {
    let n = arrivals.count
    var hit = 0.0, all = 0.0
    for t in 0..<n {
      hit += arrivals[t] * green[((t + shift) % n + n) % n]
      all += arrivals[t]
    }
    return all > 0 ? hit / all : .nan
  }
}

/// The Purdue link pivot: for each link of a corridor the shift of offset that brings most arrivals of both directions on green, by moving
/// the measured arrival profiles around the cycle; shifts accumulate down the corridor.
///
/// Vehicles towards the downstream signal arrive earlier in its cycle when its offset grows; those coming back arrive later at the
/// upstream signal. `cycle` is the common cycle [s].
public func linkPivot(
  _ links: [PivotLink], log: ControllerEventLog, phases: PhaseEvents, configuration: DetectorConfiguration, cycle: Double,
  from: Int64 = .min, to: Int64 = .max
) -> [LinkPivotResult] {
  precondition(cycle >= 20 && cycle <= 600, "a cycle of \(cycle) s")
  let n = Int(cycle.rounded())
  let table = ChannelTable(log, configuration, .advance)
  func profile(_ device: String, _ phase: Int) -> PivotProfile? {
    guard let d = log.devices.firstIndex(of: device), let history = phases.histories[.init(device: UInt16(d), phase: UInt16(phase))] else {
      return nil
    }
    var p = PivotProfile(arrivals: [Double](repeating: 0, count: n), green: [Double](repeating: 0, count: n))
    func second(_ t: Int64) -> Int { Int((t / 1000) % Int64(n)) }
    var covered = 0.0
    for c in history.cycles where c.green >= from && c.end <= to {
      var t = c.green
      while t < c.yellow {
        p.green[second(t)] += 1
        t += 1000
      }
      covered += c.length / Double(n)
    }
    guard covered > 0 else { return nil }
    for k in 0..<n { p.green[k] = min(1, p.green[k] / covered) }
    for i in 0..<log.count where log.code[i] == 82 && Int(log.device[i]) == d && log.time[i] >= from && log.time[i] <= to {
      for use in table.uses(log.device[i], log.parameter[i]) where Int(use.phase) == phase {
        p.arrivals[second(log.time[i] - use.latency)] += 1
      }
    }
    return p
  }
  var accumulated = 0
  return links.compactMap { link in
    guard let down = profile(link.downstream, link.downstreamPhase), let up = profile(link.upstream, link.upstreamPhase) else { return nil }
    let a = down.arrivals.reduce(0, +), b = up.arrivals.reduce(0, +)
    guard a + b > 0 else { return nil }
    var best = 0
    var bestValue = -1.0
    // Small shifts first, so that of equals the least change wins.
    for k in (0..<n).sorted(by: { (min($0, n - $0), $0) < (min($1, n - $1), $1) }) {
      let value = (a > 0 ? a * down.onGreen(shift: -k) : 0) + (b > 0 ? b * up.onGreen(shift: k) : 0)
      if value > bestValue + 1e-9 {
        best = k
        bestValue = value
      }
    }
    accumulated = (accumulated + best) % n
    return LinkPivotResult(
      link: link, offsetChange: Double(best), accumulated: Double(accumulated), downstreamBefore: down.onGreen(shift: 0),
      downstreamAfter: down.onGreen(shift: -best), upstreamBefore: up.onGreen(shift: 0), upstreamAfter: up.onGreen(shift: best),
      arrivals: Int(a + b))
  }
}
