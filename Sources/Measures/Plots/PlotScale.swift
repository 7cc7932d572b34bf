/// Maps data to the page along one axis, and knows where ticks belong.
public struct PlotScale: Hashable, Sendable {
  /// What the figures mean, which decides where ticks may fall.
  public enum Kind: Hashable, Sendable {
    case number
    /// Seconds since the scenario's zero, read as a clock.
    case clock
    /// Seconds as a length of time.
    case seconds
  }
  public var kind: Kind
  public var domain: ClosedRange<Double>
  /// Page coordinates of the domain's ends; the first may exceed the second.
  public var start: Double
  public var end: Double

  public init(_ domain: ClosedRange<Double>, from start: Double, to end: Double, kind: Kind = .number) {
    self.kind = kind
    self.domain = domain.lowerBound < domain.upperBound ? domain : domain.lowerBound - 0.5...domain.lowerBound + 0.5
    self.start = start
    self.end = end
  }

  /// Page coordinate of a figure; figures outside the domain fall outside the axis.
  public func callAsFunction(_ value: Double) -> Double {
    start + (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound) * (end - start)
  }

  /// A domain that begins and ends on ticks and covers `values`; it includes 0 where `fromZero`.
  public static func niceDomain(_ values: some Sequence<Double>, fromZero: Bool = true, ticks: Int = 6) -> ClosedRange<Double> {
    var low = Double.infinity, high = -Double.infinity
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
    }
    if !low.isFinite { return 0...1 }
    if fromZero {
      low = min(low, 0)
      high = max(high, 0)
    }
    if low == high { high = low + (low == 0 ? 1 : low.magnitude * 0.1) }
    let step = niceStep(high - low, ticks: ticks)
    return (low / step).rounded(.down) * step...(high / step).rounded(.up) * step
  }

  /// Where the ticks stand, about `count` of them, all within the domain.
  public func ticks(_ count: Int = 6) -> [Double] {
    let width = domain.upperBound - domain.lowerBound
    let step = kind == .number ? Self.niceStep(width, ticks: count) : Self.timeStep(width, ticks: count)
    let first = (domain.lowerBound / step - 1e-9).rounded(.up)
    let last = (domain.upperBound / step + 1e-9).rounded(.down)
    guard last >= first, last - first < 1000 else { return [domain.lowerBound, domain.upperBound] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  /// The ticks' texts, all with the same number of decimals.
  public func labels(_ ticks: [Double]) -> [String] {
    switch kind {
    case .clock:
      let withSeconds = ticks.contains { $0.truncatingRemainder(dividingBy: 60) != 0 }
      return ticks.map { NumberText.clock($0, withSeconds: withSeconds) }
    case .number, .seconds:
      let step = ticks.count > 1 ? ticks[1] - ticks[0] : ticks.first.map(\.magnitude) ?? 1
      var decimals = 0, size = step.magnitude
      while decimals < 6, size > 0, (size - size.rounded()).magnitude > 1e-6 * size {
        size *= 10
        decimals += 1
      }
      return ticks.map { NumberText.fixed($0, decimals) }
    }
  }

  /// 1, 2 or 5 times a power of ten.
  static func niceStep(_ width: Double, ticks: Int) -> Double {
    let raw = width / Double(max(ticks, 1))
    guard raw > 0, raw.isFinite else { return 1 }
    var power = 1.0
    while power * 10 <= raw { power *= 10 }
    while power > raw { power /= 10 }
    let share = raw / power
    return (share <= 1.0001 ? 1 : share <= 2.0001 ? 2 : share <= 5.0001 ? 5 : 10) * power
  }

  private static func timeStep(_ width: Double, ticks: Int) -> Double {
    let raw = width / Double(max(ticks, 1))
    for step in [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400] where Double(step) >= raw {
      return Double(step)
    }
    return niceStep(width / 86400, ticks: ticks) * 86400
  }
}
