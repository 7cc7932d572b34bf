import TrafficModel

/// What an actuated controller believes of its loops: which are occupied, which have never been heard of, which stand still.
///
/// A loop that stays on through `stuckAfter` of green counts as stuck: traffic that moves lets go of it between two vehicles. One that has
/// told nothing yet, or nothing for `silentAfter`, may be dead. Either is well again with its next change.
struct LoopWatch: Sendable {
  /// [ms]
  static let stuckAfter: Int64 = 25_000
  static let silentAfter: Int64 = 900_000

  private(set) var isOn: [Bool]
  private var lastHeard: [Instant?]
  /// Time on during the present green of what the loop serves, since its last change [ms].
  private var onInGreen: [Int64]

  init(count: Int) {
    isOn = [Bool](repeating: false, count: count)
    lastHeard = [Instant?](repeating: nil, count: count)
    onInGreen = [Int64](repeating: 0, count: count)
  }

  /// Takes in a change; true where the loop's occupancy is another than before.
  mutating func hear(_ event: DetectorEvent, at now: Instant) -> Bool {
    let d = event.detector.index
    let on = event.change == .on || event.change == .fault
    lastHeard[d] = event.change == .fault ? nil : now
    onInGreen[d] = 0
    guard isOn[d] != on else { return false }
    isOn[d] = on
    return true
  }

  /// Counts `elapsed` of green for a loop.
  mutating func pass(_ d: Int, _ elapsed: TimeAmount) { if isOn[d] { onInGreen[d] += elapsed.milliseconds } }

  func isStuck(_ d: Int) -> Bool { onInGreen[d] >= Self.stuckAfter }
  func isSilent(_ d: Int, at now: Instant) -> Bool { lastHeard[d].map { (now - $0).milliseconds >= Self.silentAfter } ?? true }
  /// Occupied, and believed.
  func isOccupied(_ d: Int) -> Bool { isOn[d] && !isStuck(d) }

  /// When an event counts as having happened: one that comes late counts from when it is heard, or nothing would ever extend a green.
  static func time(of event: DetectorEvent, heard now: Instant) -> Instant { min(max(event.time, now - .seconds(1)), now) }
}
