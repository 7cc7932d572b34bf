/// A queue followed through one cycle of piecewise constant arrivals and departures, repeated until it closes on itself.
///
/// ```swift
/// let polygon = QueueAccumulationPolygon(intervals: [
///   .init(duration: 60, arrivals: 0.1, departures: 0),
///   .init(duration: 40, arrivals: 0.1, departures: 0.5),
/// ])
/// polygon.uniformDelay  // 22.5 s
/// ```
///
/// Rates in veh/s a lane, durations in s.
/// Source: HCM, 7th edition, equations 19-32 to 19-36 and chapter 31, section 3.
public struct QueueAccumulationPolygon: Sendable, Hashable {
  public struct Interval: Sendable, Hashable {
    /// [s]
    public var duration: Double
    /// [veh/s]
    public var arrivals: Double
    /// What can leave [veh/s].
    public var departures: Double
    /// Vehicles that leave at once as the interval ends (left-turn sneakers).
    public var sneakers: Double

    public init(duration: Double, arrivals: Double, departures: Double, sneakers: Double = 0) {
      self.duration = max(0, duration)
      self.arrivals = arrivals
      self.departures = departures
      self.sneakers = sneakers
    }
  }

  public let intervals: [Interval]
  /// Sum of durations [s].
  public let cycle: Double
  /// Queue as the cycle begins [veh].
  public let initialQueue: Double
  /// Area under the queue over one cycle [veh s].
  public let area: Double
  /// Longest queue [veh].
  public let maximumQueue: Double
  /// Most vehicles that join one unbroken queue, each of which stops [veh].
  public let largestStoppedPlatoon: Double
  /// Whether the queue returned to where it began; false where arrivals exceed departures.
  public let closes: Bool

  /// Vehicles that arrive in a cycle.
  public var arrivalsPerCycle: Double { intervals.reduce(0) { $0 + $1.duration * $1.arrivals } }
  /// Area over arrivals: average delay [s/veh].
  public var uniformDelay: Double { arrivalsPerCycle > 0 ? area / arrivalsPerCycle : 0 }

  /// Follows the queue; arrivals beyond capacity should have been capped before (HCM general procedure, step 5).
  public init(intervals: [Interval]) {
    self.intervals = intervals
    cycle = intervals.reduce(0) { $0 + $1.duration }
    var start = 0.0
    var settled = false
    // The map from start to end of cycle is a maximum of a shift and a constant: two rounds settle it unless it grows for ever.
    for _ in 0..<64 where !settled {
      let end = Self.follow(intervals, from: start).end
      settled = abs(end - start) < 1e-9
      start = end
    }
    closes = settled
    initialQueue = start
    let last = Self.follow(intervals, from: start)
    area = last.area
    maximumQueue = last.longest
    largestStoppedPlatoon = Self.largestPlatoon(intervals, from: start)
  }

  private static func follow(_ intervals: [Interval], from start: Double) -> (end: Double, area: Double, longest: Double) {
    var queue = start
    var area = 0.0
    var longest = start
    for i in intervals {
      let slope = i.arrivals - i.departures
      let end = queue + slope * i.duration
      if end >= 0 {
        area += 0.5 * (queue + end) * i.duration
        queue = end
      } else {
        area += 0.5 * queue * (queue / -slope)
        queue = 0
      }
      longest = max(longest, queue)
      queue = max(0, queue - i.sneakers)
    }
    return (queue, area, longest)
  }

  /// Arrivals while a queue stands, over two cycles so that a queue reaching into the next is counted whole.
  private static func largestPlatoon(_ intervals: [Interval], from start: Double) -> Double {
    var queue = start
    var joined = 0.0
    var largest = 0.0
    for i in intervals + intervals {
      let slope = i.arrivals - i.departures
      if queue > 1e-9 || slope > 0 {
        let end = queue + slope * i.duration
        let busy = end >= 0 ? i.duration : queue / -slope
        joined += i.arrivals * busy
        largest = max(largest, joined)
        queue = max(0, end)
      }
      queue = max(0, queue - i.sneakers)
      if queue <= 1e-9 { joined = 0 }
    }
    return largest
  }
}
