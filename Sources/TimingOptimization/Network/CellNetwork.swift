import Foundation
import TrafficFlow

/// The streams of a network as roads of cells: slower than the platoon model and without its random delay, but queues have length.
///
/// Every stream is a road of Daganzo's cells from the stop line back to the one upstream. A road that is full takes nobody in: the
/// stop line upstream then lets nobody pass although it shows green, first in, first out, whatever lane the first one wanted. A whole
/// demand period is played from the empty network, second by second of the signals.
/// Source: C. F. Daganzo, Transportation Research B 28 (1994) and 29 (1995).
public struct CellNetwork: Sendable {
  public struct Measures: Sendable, Hashable {
    /// Performance index as the platoon model's [veh]: vehicles delayed on average, stops at their weights.
    public var index: Double
    /// Delay of all vehicles, those that wait outside included [veh s/s].
    public var delay: Double
    /// [stops/s]
    public var stops: Double
    /// Vehicles that had passed all stop lines they wanted to, over those that came [share].
    public var served: Double
    /// Vehicles that had green and could not go because the road ahead was full [veh s/s].
    public var blocked: Double
  }

  public let network: PlatoonNetwork
  let settings: PlatoonSettings
  /// Length of a step [s]: what crossing a cell takes at free speed.
  let step = 2
  /// Backward over forward wave speed.
  let waveRatio = 0.4
  private let empty: [CellTransmission]
  private struct Feed {
    var from: Int
    var to: Int
    /// Of the outflow; what no feed takes leaves the network.
    var share: Double
    /// Steps on the way that belong to no road; 0 where a full road holds the stop line upstream.
    var lag: Int
  }
  private let feeds: [Feed]
  /// Positions in `feeds` of those that start from each stream.
  private let feedsOf: [[Int]]
  private let longestLag: Int

  public init(_ network: PlatoonNetwork, _ settings: PlatoonSettings = .init()) {
    self.network = network
    self.settings = settings
    let dt = Double(step)
    var roads: [CellTransmission] = []
    for s in network.streams {
      // The road reaches back to the nearest stop line upstream; what lies beyond a lane of its own is as wide as that lane.
      let nearest = s.groups.map(\.travelTime).min()
      let free = max(dt, nearest ?? s.freeTime)
      let cells = max(1, Int((free / dt).rounded()))
      let most = s.saturationFlow * dt
      let room = min(s.storage, 1e6) * (s.freeTime > 0 ? max(1, free / s.freeTime) : 1) / Double(cells)
      let storage = max(room, 2 * most)
      roads.append(
        CellTransmission(
          occupancy: [Double](repeating: 0, count: cells), storage: [Double](repeating: storage, count: cells),
          capacity: [Double](repeating: most, count: cells + 1),
          // Short cells still let the saturation flow pass.
          waveRatio: min(1, max(waveRatio, most / (storage - most)))))
    }
    empty = roads
    var feeds: [Feed] = []
    var feedsOf = [[Int]](repeating: [], count: network.streams.count)
    for (j, s) in network.streams.enumerated() {
      for group in s.groups {
        let lag = max(0, Int((group.travelTime / dt).rounded()) - roads[j].occupancy.count)
        for feed in group.feeds where feed.share > 0 {
          feedsOf[feed.stream].append(feeds.count)
          feeds.append(Feed(from: feed.stream, to: j, share: feed.share, lag: lag))
        }
      }
    }
    self.feeds = feeds
    self.feedsOf = feedsOf
    longestLag = feeds.map(\.lag).max() ?? 0
  }

  /// Plays the demand under one plan.
  ///
  /// - Parameters:
  ///   - greens: of each signal, in seconds of the cycle.
  ///   - cycle: common to all signals [s].
  public func measures(_ greens: [[PlatoonEngine.GreenInterval]], cycle: Int) -> Measures {
    precondition(cycle > 0 && greens.count == network.signalCount, "cycle \(cycle), \(greens.count) signals")
    let dt = Double(step)
    let (protected, permissive) = tables(greens, cycle)
    let streams = network.streams
    var roads = empty
    let steps = max(1, Int((network.period / dt).rounded()))
    var outside = [Double](repeating: 0, count: streams.count)
    var sending = outside, sent = outside, wanting = outside, ratio = outside, held = outside, budget = outside
    var inside = outside, heldShare = [Double](repeating: -1, count: streams.count)
    var arriving = [[Double]](repeating: [Double](repeating: 0, count: longestLag + 1), count: streams.count)
    var waiting = 0.0, stops = 0.0, blocked = 0.0, stopCost = 0.0, came = 0.0
    for t in 0..<steps {
      let slot = t % (longestLag + 1)
      // What each stop line would let go, from the state before the step.
      for j in streams.indices {
        let at = (t * step) % cycle
        let most = discharge(j, at, cycle, protected, permissive, sent, &heldShare, &budget)
        sending[j] = min(roads[j].occupancy[roads[j].occupancy.count - 1], most)
        outside[j] += streams[j].external * dt + arriving[j][slot]
        came += streams[j].external * dt
        arriving[j][slot] = 0
        wanting[j] = outside[j]
      }
      for f in feeds where f.lag == 0 { wanting[f.to] += sending[f.from] * f.share }
      for j in streams.indices { ratio[j] = wanting[j] > 0 ? min(1, max(0, roads[j].entranceSupply) / wanting[j]) : 1 }
      for j in streams.indices {
        var through = 1.0
        for f in feedsOf[j] where feeds[f].lag == 0 { through = min(through, ratio[feeds[f].to]) }
        sent[j] = sending[j] * through
        blocked += (sending[j] - sent[j]) * dt
        if heldShare[j] > 0 { budget[j] = max(0, budget[j] - sent[j]) }
        inside[j] = 0
      }
      for f in feeds {
        if f.lag == 0 {
          inside[f.to] += sent[f.from] * f.share
        } else {
          arriving[f.to][(slot + f.lag) % (longestLag + 1)] += sent[f.from] * f.share
        }
      }
      for j in streams.indices {
        let entering = outside[j] * ratio[j]
        outside[j] -= entering
        let moved = roads[j].step(inflow: inside[j] + entering, exitSupply: sent[j])
        // Who joins a queue stops: by how much it grows, and those it loses at its head.
        let joined = max(0, roads[j].held - held[j] + min(moved.left, held[j]))
        stops += joined
        stopCost += joined * streams[j].stopLoss * settings.stopWeight
        held[j] = roads[j].held
        waiting += held[j] + outside[j]
      }
    }
    let period = Double(steps) * dt
    let delay = waiting * dt / period
    let stillThere = roads.reduce(0) { $0 + $1.occupancy.reduce(0, +) } + outside.reduce(0, +)
    return Measures(
      index: delay + stopCost / period, delay: delay, stops: stops / period, served: came > 0 ? 1 - stillThere / came : 1,
      blocked: blocked / period)
  }

  /// Share of each second of the cycle in which a row has green, protected and permissive, `[row * cycle + second]`.
  private func tables(_ greens: [[PlatoonEngine.GreenInterval]], _ cycle: Int) -> (protected: [Double], permissive: [Double]) {
    var protected = [Double](repeating: 0, count: network.rowCount * cycle)
    var permissive = protected
    for (s, intervals) in greens.enumerated() {
      for g in intervals {
        var from = Double(g.from) + (g.startsGreen ? settings.startupLostTime : 0)
        var to = Double(g.to) + (g.endsGreen ? settings.yellowExtension : 0)
        let length = min(to - from, Double(cycle))
        guard length > 0 else { continue }
        from -= Double(cycle) * (from / Double(cycle)).rounded(.down)
        to = from + length
        var t = Int(from)
        while Double(t) < to {
          let covered = min(to, Double(t + 1)) - max(from, Double(t))
          let at = (network.rowStart[s] + g.row) * cycle + t % cycle
          if g.isProtected { protected[at] = min(1, protected[at] + covered) } else { permissive[at] = min(1, permissive[at] + covered) }
          t += 1
        }
      }
    }
    return (protected, permissive)
  }

  /// Vehicles that may leave stream `j` in the step that begins at a second of the cycle, however many wait.
  private func discharge(
    _ j: Int, _ second: Int, _ cycle: Int, _ protected: [Double], _ permissive: [Double], _ sent: [Double], _ heldShare: inout [Double],
    _ budget: inout [Double]
  ) -> Double {
    let s = network.streams[j]
    let dt = Double(step)
    let full = s.saturationFlow * dt
    var held = 0.0
    var time = 0.0
    for part in s.parts {
      var green = 0.0, maybe = 0.0
      for k in 0..<step {
        green += protected[part.row * cycle + (second + k) % cycle]
        maybe += permissive[part.row * cycle + (second + k) % cycle]
      }
      green /= dt
      maybe /= dt
      var rate = green * full
      if maybe > 0 {
        // Gaps in what the opponents sent in the step before, as in the platoon model.
        let opposing = part.opponents.reduce(0) { $0 + sent[$1.stream] / dt * $1.share }
        rate += maybe * min(full, dt / settings.followUpHeadway) / pow(1 + 0.45 * opposing, 8)
      }
      if rate < 0.02 * full { held += part.share } else { time += part.share / rate }
    }
    let moving = 1 - held
    // Only those ahead of the first one held get away.
    if abs(held - heldShare[j]) > 1e-9 {
      heldShare[j] = held
      budget[j] = held > 0 ? moving / held : .infinity
    }
    guard time > 0 else { return 0 }
    return min(moving / time, budget[j])
  }
}
