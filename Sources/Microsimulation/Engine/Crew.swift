import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Threads that share out the phases of a step.
///
/// The parts of a job are taken by whoever is free, the caller too: where others keep the processor from a hand, the caller does its part. A
/// phase takes a fraction of a millisecond, so that sleeping and waking would cost more than it does: whoever waits looks out for a moment,
/// then lets others have the processor between looks, and only then lies down.
final class Crew: Sendable {
  private let board: Board

  /// `size` hands, the caller's among them.
  init(size: Int) {
    board = Board(parts: size)
    for _ in 1..<size { Self.start(board) }
  }

  deinit { board.close() }

  /// Does each part of `job`, as many as there are hands, and comes back when all are done.
  func run(_ job: @escaping @Sendable (Int) -> Void) {
    board.call(job)
    while board.work() {}
    board.wait()
  }

  private static func start(_ board: Board) {
    let errand = Unmanaged.passRetained(board).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
      let status = pthread_create(&thread, nil, { Crew.work($0) }, errand)
      if status == 0, let thread { pthread_detach(thread) }
    #else
      var thread = pthread_t()
      let status = pthread_create(&thread, nil, { Crew.work($0!) }, errand)
      if status == 0 { pthread_detach(thread) }
    #endif
    guard status == 0 else { fatalError("no thread can be started: \(String(cString: strerror(status)))") }
  }

  private static func work(_ raw: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    let board = Unmanaged<Board>.fromOpaque(raw).takeRetainedValue()
    while board.awaitWork() { while board.work() {} }
    return nil
  }
}

/// Where the hands of a crew learn what to do, take a part of it, and tell that it is done.
private final class Board: @unchecked Sendable {
  /// Looks before a waiting hand lets others go first, and how often it does that before it lies down.
  private static let looks = 1000, courtesies = 300
  private static let closed = -1

  private let parts: Int
  /// The job at hand: how many were called before it, times twice the parts, and how many of its parts have been taken.
  private let taken: Atomic<Int>
  /// Parts of the job at hand that are done.
  private let done = Atomic<Int>(0)
  private var jobs = 0
  /// Written before it is called out; stays until all its parts are done, so that whoever has taken one may read it.
  private var job: (@Sendable (Int) -> Void)?
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  /// Rung when a job is called out, and when its last part is done.
  private let bell = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let gong = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(parts: Int) {
    self.parts = parts
    taken = Atomic(parts)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(bell, nil)
    pthread_cond_init(gong, nil)
  }

  deinit {
    pthread_cond_destroy(bell)
    pthread_cond_destroy(gong)
    pthread_mutex_destroy(lock)
    bell.deallocate()
    gong.deallocate()
    lock.deallocate()
  }

  /// Calls out a job.
  func call(_ job: @escaping @Sendable (Int) -> Void) {
    self.job = job
    jobs += 1
    done.store(0, ordering: .relaxed)
    announce(jobs * 2 * parts)
  }

  /// Sends everybody home.
  func close() { announce(Self.closed) }

  private func announce(_ value: Int) {
    pthread_mutex_lock(lock)
    taken.store(value, ordering: .sequentiallyConsistent)
    pthread_cond_broadcast(bell)
    pthread_mutex_unlock(lock)
  }

  private func isLeft(_ taken: Int) -> Bool { taken >= 0 && taken % (2 * parts) < parts }

  /// Does a part that nobody has taken; false where there is none.
  func work() -> Bool {
    var seen = taken.load(ordering: .acquiring)
    while isLeft(seen) {
      let (exchanged, original) = taken.compareExchange(expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
      seen = original
      guard exchanged else { continue }
      job?(seen % (2 * parts))
      if done.add(1, ordering: .acquiringAndReleasing).newValue == parts {
        pthread_mutex_lock(lock)
        pthread_cond_signal(gong)
        pthread_mutex_unlock(lock)
      }
      return true
    }
    return false
  }

  /// Until there is a part to take; false where there will be none any more.
  func awaitWork() -> Bool {
    rest(bell) {
      let seen = taken.load(ordering: .acquiring)
      return seen == Self.closed || isLeft(seen)
    }
    return taken.load(ordering: .acquiring) != Self.closed
  }

  /// Until every part is done.
  func wait() {
    rest(gong) { done.load(ordering: .acquiring) == parts }
    job = nil
  }

  @inline(__always)
  private func rest(_ signal: UnsafeMutablePointer<pthread_cond_t>, until isOver: () -> Bool) {
    for _ in 0..<Self.looks where isOver() { return }
    for _ in 0..<Self.courtesies {
      if isOver() { return }
      sched_yield()
    }
    pthread_mutex_lock(lock)
    while !isOver() { pthread_cond_wait(signal, lock) }
    pthread_mutex_unlock(lock)
  }
}
