import Testing

@testable import Estimation

struct LinkQueueTests {
  /// One lane of 200 m at 10 m/s. Five vehicles come in at 0, 2, … 8 s; the signal is red, so at 60 s five stand there; then all leave.
  @Test func standingVehiclesAreCounted() {
    var queue = LinkQueueEstimator(length: 200, speed: 10, lanes: 1, hasBeginning: true)
    queue.signal(0, isGreen: false, at: 0)
    for k in 0..<5 { queue.enter(at: Int64(k) * 2000) }
    queue.stopLine(0, isOccupied: true, at: 22_000)
    #expect(abs(queue.queues(at: 60_000)[0].queue - 5) < 0.6)
    queue.signal(0, isGreen: true, at: 60_000)
    for k in 0..<5 {
      queue.stopLine(0, isOccupied: false, at: 62_000 + Int64(k) * 2000)
      if k < 4 { queue.stopLine(0, isOccupied: true, at: 63_000 + Int64(k) * 2000) }
    }
    #expect(queue.queues(at: 80_000)[0].queue < 0.5)
  }

  /// Vehicles that are still on their way do not queue.
  @Test func movingVehiclesDoNotQueue() {
    var queue = LinkQueueEstimator(length: 200, speed: 10, lanes: 1, hasBeginning: true)
    queue.signal(0, isGreen: false, at: 0)
    queue.enter(at: 0)
    queue.stopLine(0, isOccupied: true, at: 22_000)
    for k in 0..<3 { queue.enter(at: 58_000 + Int64(k) * 500) }
    #expect(abs(queue.queues(at: 60_000)[0].queue - 1) < 0.6)
  }

  /// Without loops at the beginning the queue is what the last green discharged before its first gap.
  @Test func lastGreenTells() {
    var queue = LinkQueueEstimator(length: 200, speed: 10, lanes: 1, hasBeginning: false)
    queue.signal(0, isGreen: true, at: 0)
    for t in [2_000, 4_000, 6_000, 20_000] as [Int64] {
      queue.stopLine(0, isOccupied: true, at: t - 500)
      queue.stopLine(0, isOccupied: false, at: t)
    }
    queue.signal(0, isGreen: false, at: 30_000)
    queue.stopLine(0, isOccupied: true, at: 40_000)
    #expect(queue.queues(at: 60_000)[0].queue == 3)
  }

  /// While a stop-line loop is dead, ten thousand come in and nobody is seen to leave: the balance stays within what the link can hold, so
  /// that it is right again once as many have been seen to leave.
  @Test func vehiclesThatLeftUnseenAreForgotten() {
    var queue = LinkQueueEstimator(length: 200, speed: 10, lanes: 1, hasBeginning: true)
    queue.signal(0, isGreen: false, at: 0)
    for k in 0..<10_000 { queue.enter(at: Int64(k) * 2000) }
    let mended: Int64 = 20_100_000
    for k in 0..<60 {
      queue.stopLine(0, isOccupied: true, at: mended + Int64(k) * 2000)
      queue.stopLine(0, isOccupied: false, at: mended + Int64(k) * 2000 + 500)
    }
    queue.stopLine(0, isOccupied: true, at: mended + 130_000)
    #expect(queue.queues(at: mended + 131_000)[0].queue == 1)
  }

  /// A green that passes without a gap has left some behind, more of them the longer that goes on, and no more than the lane holds.
  @Test func fullGreensLeaveAQueue() {
    var queue = LinkQueueEstimator(length: 300, speed: 10, lanes: 1, hasBeginning: false)
    var last = 0.0
    for cycle in 0..<5 {
      let begin = Int64(cycle) * 60_000
      queue.signal(0, isGreen: true, at: begin)
      for k in 0..<14 {
        queue.stopLine(0, isOccupied: true, at: begin + Int64(k) * 2000 + 800)
        queue.stopLine(0, isOccupied: false, at: begin + Int64(k) * 2000 + 2000)
      }
      queue.signal(0, isGreen: false, at: begin + 30_000)
      queue.stopLine(0, isOccupied: true, at: begin + 32_000)
      let estimate = queue.queues(at: begin + 59_000)[0]
      #expect(estimate.queue > max(last, 14) && estimate.queue < 40.5)
      #expect(estimate.variance > 20, "it is a guess and says so")
      last = estimate.queue
    }
  }

  /// A loop at the beginning counts one vehicle too many in each cycle. The balance is set right in each green in which the lane is seen
  /// empty, though nobody asks then.
  @Test func anEmptyStopLineSetsTheBalanceRight() {
    var queue = LinkQueueEstimator(length: 200, speed: 10, lanes: 1, hasBeginning: true)
    for cycle in 0..<20 {
      let begin = Int64(cycle) * 60_000
      queue.signal(0, isGreen: false, at: begin)
      for k in 0..<4 { queue.enter(at: begin + Int64(k) * 1000) }
      queue.stopLine(0, isOccupied: true, at: begin + 20_000)
      #expect(queue.queues(at: begin + 29_000)[0].queue < 5.5)
      queue.signal(0, isGreen: true, at: begin + 30_000)
      for k in 0..<3 {
        queue.stopLine(0, isOccupied: false, at: begin + 32_000 + Int64(k) * 2000)
        if k < 2 { queue.stopLine(0, isOccupied: true, at: begin + 33_000 + Int64(k) * 2000) }
      }
    }
  }
}
