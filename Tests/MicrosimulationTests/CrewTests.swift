import Synchronization
import Testing

@testable import Microsimulation

/// Hands that share out work.
@Suite struct CrewTests {
  @Test(arguments: [1, 2, 3, 8]) func eachPartIsDoneOnceBeforeTheNextJob(size: Int) {
    let crew = Crew(size: size)
    // A mark a part: all of a job's marks stand when it is over, and no part of it came before.
    let marks = Marks(size)
    for job in 0..<2000 {
      crew.run { part in marks.set(part, from: job, to: job + 1) }
      #expect(marks.allAre(job + 1), "job \(job)")
    }
    #expect(marks.failures == 0)
  }

  private final class Marks: @unchecked Sendable {
    private let values: UnsafeMutableBufferPointer<Int>
    private let failed = Atomic<Int>(0)
    var failures: Int { failed.load(ordering: .relaxed) }

    init(_ count: Int) {
      values = .allocate(capacity: count)
      values.initialize(repeating: 0)
    }
    deinit { values.deallocate() }

    func set(_ part: Int, from old: Int, to new: Int) {
      if values[part] != old { failed.add(1, ordering: .relaxed) }
      values[part] = new
    }
    func allAre(_ value: Int) -> Bool { values.allSatisfy { $0 == value } }
  }
}
