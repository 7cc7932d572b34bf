/// Sums by lane over an interval: what link figures are made of.
final class LaneTotals: @unchecked Sendable {
  let arena = Arena()
  let lanes: Int
  let seconds: UnsafeMutablePointer<Double>
  let meters: UnsafeMutablePointer<Double>
  let loss: UnsafeMutablePointer<Double>
  let waiting: UnsafeMutablePointer<Double>
  let stops: UnsafeMutablePointer<Int32>
  let entered: UnsafeMutablePointer<Int32>
  let left: UnsafeMutablePointer<Int32>
  let departed: UnsafeMutablePointer<Int32>
  let arrived: UnsafeMutablePointer<Int32>
  let changesFrom: UnsafeMutablePointer<Int32>
  let changesTo: UnsafeMutablePointer<Int32>
  let longestQueue: UnsafeMutablePointer<Int32>
  let longestQueueLength: UnsafeMutablePointer<Double>

  init(lanes: Int) {
    self.lanes = lanes
    seconds = arena.column(count: lanes)
    meters = arena.column(count: lanes)
    loss = arena.column(count: lanes)
    waiting = arena.column(count: lanes)
    stops = arena.column(count: lanes)
    entered = arena.column(count: lanes)
    left = arena.column(count: lanes)
    departed = arena.column(count: lanes)
    arrived = arena.column(count: lanes)
    changesFrom = arena.column(count: lanes)
    changesTo = arena.column(count: lanes)
    longestQueue = arena.column(count: lanes)
    longestQueueLength = arena.column(count: lanes)
  }

  @inline(__always)
  func add(lane l: Int, seconds time: Double, meters way: Double, speed: Double, wanted: Double, stopped: Bool) {
    seconds[l] += time
    meters[l] += way
    guard !stopped else { return }
    if wanted > 0 { loss[l] += time * max(0, wanted - speed) / wanted }
    if speed <= Following.haltingSpeed { waiting[l] += time }
  }

  func reset() {
    for column in [seconds, meters, loss, waiting, longestQueueLength] { column.update(repeating: 0, count: lanes) }
    for column in [stops, entered, left, departed, arrived, changesFrom, changesTo, longestQueue] {
      column.update(repeating: 0, count: lanes)
    }
  }
}
