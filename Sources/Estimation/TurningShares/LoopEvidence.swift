import TrafficModel

/// What the loops of measured links tell about movements, interval by interval: how many vehicles passed, and which movements each of them
/// can have made.
///
/// A vehicle over a loop at a link's beginning came by one of the movements whose connections lead to that lane, whose signal let it
/// pass at the time, and whose curve can be driven at the speed it had. At a link's end likewise for the way it went on.
public struct LoopEvidence: Sendable {
  public enum End: UInt8, Sendable { case beginning, end }

  /// Vehicles of one lane that share a set of possible movements.
  public struct Group: Sendable, Hashable {
    public var lane: Int32
    /// Movements of the flow network, ascending; empty where none leads here (traffic that begins or ends on the link).
    public var movements: [Int32]
    /// Vehicles in each interval.
    public var counts: [Double]
    public init(lane: Int32, movements: [Int32], counts: [Double]) {
      self.lane = lane
      self.movements = movements
      self.counts = counts
    }
  }

  /// All groups of one end of one link.
  public struct Site: Sendable {
    public var row: Int
    public var end: End
    public var groups: [Group] = []
    /// Vehicles in each interval.
    public var totals: [Double]
    /// The loops may be trusted in each interval.
    public var trusted: [Bool]
    public init(row: Int, end: End, totals: [Double], trusted: [Bool]) {
      self.row = row
      self.end = end
      self.totals = totals
      self.trusted = trusted
    }
  }

  public var intervals: Int
  /// Length of an interval [s].
  public var intervalSeconds: Double
  public var sites: [Site] = []

  public init(intervals: Int, intervalSeconds: Double) {
    self.intervals = intervals
    self.intervalSeconds = intervalSeconds
  }

  /// Rows with a loop at their end: those whose flow is measured.
  public var measuredRows: [Int] { sites.filter { $0.end == .end }.map(\.row) }

  /// Only the sites of the given rows.
  public func restricted(to rows: Set<Int>) -> LoopEvidence {
    var copy = self
    copy.sites = sites.filter { rows.contains($0.row) }
    return copy
  }
}

/// What a signal showed over time, from records or from its program.
public struct SignalStateHistory: Sendable {
  /// Begin of each state [ms], ascending.
  public private(set) var time: [Int64] = []
  public private(set) var state: [SignalState] = []

  public init() {}

  /// Takes a state shown from `t` on; equal states in a row are kept once.
  public mutating func append(_ t: Int64, _ s: SignalState) {
    if state.last == s { return }
    time.append(t)
    state.append(s)
  }

  /// The states a fixed-time program shows from `begin` to `end`.
  public init(_ program: SignalProgram, from begin: Instant, to end: Instant) {
    var t = begin
    while t < end, let (index, elapsed) = program.stage(at: t) {
      let stage = program.stages[index]
      append(t.milliseconds, stage.state)
      let rest = stage.duration - elapsed
      t += rest.milliseconds > 0 ? rest : TrafficModel.TimeAmount(milliseconds: 1)
    }
  }

  /// Whether link `index` let traffic pass at any moment of [from, to]; true where nothing is known.
  public func admitted(_ index: Int, _ from: Int64, _ to: Int64) -> Bool {
    guard !time.isEmpty else { return true }
    var low = 0, high = time.count
    while low < high {
      let middle = (low + high) / 2
      if time[middle] <= from { low = middle + 1 } else { high = middle }
    }
    var k = max(0, low - 1)
    while k < time.count, time[k] <= to || k == max(0, low - 1) {
      if state[k].indications.indices.contains(index), state[k].indications[index] != .red { return true }
      k += 1
    }
    return false
  }
}
