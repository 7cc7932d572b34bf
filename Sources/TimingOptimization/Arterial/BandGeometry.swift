/// Bands measured on the time-space diagram itself, from offsets, greens and travel times: nothing of the program that found them.
public struct BandGeometry: Sendable {
  public let problem: ArterialProblem
  public let cycle: Double
  public let offsets: [Double]
  public let orders: [Int]
  public let outboundTravel: [Double]
  public let inboundTravel: [Double]

  /// - Parameters:
  ///   - offsets: of each signal's own zero [s]. - orders: which phase order each uses; the first if nil.
  ///   - outboundTravel, inboundTravel: of each link [s].
  public init(
    _ problem: ArterialProblem, cycle: Double, offsets: [Double], orders: [Int]? = nil, outboundTravel: [Double], inboundTravel: [Double]
  ) {
    precondition(offsets.count == problem.signals.count && outboundTravel.count == problem.links.count, "offsets and travel times")
    self.problem = problem
    self.cycle = cycle
    self.offsets = offsets
    self.orders = orders ?? [Int](repeating: 0, count: offsets.count)
    self.outboundTravel = outboundTravel
    self.inboundTravel = inboundTravel
  }

  public init(_ problem: ArterialProblem, _ timing: ArterialTiming) {
    self.init(
      problem, cycle: timing.cycle, offsets: timing.offsets, orders: timing.orders, outboundTravel: timing.outboundTravel,
      inboundTravel: timing.inboundTravel)
  }

  /// The green of a direction at signal i: begin and length [s].
  public func green(_ i: Int, _ direction: ArterialDirection) -> (start: Double, length: Double) {
    let order = problem.signals[i].orders[orders[i]]
    let window = direction == .outbound ? order.outbound : order.inbound
    return (offsets[i] + window.start * cycle, window.length * cycle)
  }

  /// The widest band through all signals of a direction [cycles]: greens are shifted back along the progression to the first signal
  /// met, and the longest stretch of time that lies in all of them is sought.
  public func throughBand(_ direction: ArterialDirection) -> Double { band(Array(problem.signals.indices), direction) }

  /// The widest band of a direction on link i alone [cycles].
  public func linkBand(_ i: Int, _ direction: ArterialDirection) -> Double { band([i, i + 1], direction) }

  private func band(_ signals: [Int], _ direction: ArterialDirection) -> Double {
    var shift = 0.0
    var windows: [(start: Double, length: Double)] = []
    let ordered = direction == .outbound ? signals : signals.reversed()
    for (k, i) in ordered.enumerated() {
      if k > 0 {
        shift += direction == .outbound ? outboundTravel[i - 1] : inboundTravel[i]
        let signal = problem.signals[i]
        shift -= direction == .outbound ? signal.outboundQueueClearance : signal.inboundQueueClearance
      }
      let green = green(i, direction)
      windows.append((green.start - shift, green.length))
    }
    return Self.longestCommon(windows, period: cycle) / cycle
  }

  /// The longest interval inside every window, all repeated with `period`. A band begins where some window does.
  static func longestCommon(_ windows: [(start: Double, length: Double)], period: Double) -> Double {
    if windows.allSatisfy({ $0.length >= period }) { return period }
    var best = 0.0
    for candidate in windows where candidate.length < period {
      var width = period
      for window in windows where window.length < period {
        var into = (candidate.start - window.start).truncatingRemainder(dividingBy: period)
        if into < 0 { into += period }
        // A rounding error before the window's start must not look like a period after it.
        if period - into < 1e-9 * period { into = 0 }
        width = min(width, max(0, window.length - into))
      }
      best = max(best, width)
    }
    return best
  }

  /// The largest amount by which the timing's claims fail on the diagram [cycles]: a band outside a green at one of its ends, a line
  /// that does not travel as it says, a speed, cycle or change of speed outside its range (relative). Rounding, for a true claim.
  public func violation(of timing: ArterialTiming) -> Double {
    var worst = 0.0
    func outside(_ value: Double, _ range: ClosedRange<Double>) -> Double {
      max(0, range.lowerBound - value, value - range.upperBound) / max(range.upperBound.magnitude, 1e-12)
    }
    worst = max(worst, outside(timing.cycle, problem.cycle))
    for direction in ArterialDirection.allCases {
      let isOut = direction == .outbound
      let (line, bands) = isOut ? (timing.outboundLine, timing.outboundBands) : (timing.inboundLine, timing.inboundBands)
      let travel = isOut ? timing.outboundTravel : timing.inboundTravel
      let speeds = timing.speeds(problem, direction)
      for (i, link) in problem.links.enumerated() {
        let (from, to) = isOut ? (i, i + 1) : (i + 1, i)
        let clearance = isOut ? problem.signals[to].outboundQueueClearance : problem.signals[to].inboundQueueClearance
        worst = max(worst, (line[from] + travel[i] - clearance - line[to]).magnitude / cycle)
        worst = max(worst, outside(speeds[i], isOut ? link.outbound.speed : link.inbound.speed))
        if let limit = problem.maximumSlownessChange, i > 0 {
          worst = max(worst, outside(1 / speeds[i] - 1 / speeds[i - 1], -limit...limit) * limit)
        }
        for end in [from, to] {
          let green = green(end, direction)
          var into = (line[end] - bands[i].before * cycle - green.start).truncatingRemainder(dividingBy: cycle)
          if into < 0 { into += cycle }
          if cycle - into < 1e-6 * cycle { into -= cycle }
          worst = max(worst, -into / cycle, (into + bands[i].width * cycle - green.length) / cycle)
        }
      }
    }
    return worst
  }
}
