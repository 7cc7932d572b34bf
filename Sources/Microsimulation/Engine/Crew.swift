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
/// A phase takes a fraction of a millisecond, so that sleeping and waking would cost more than it does: whoever waits looks out for a while
/// before it lies down.
final class Crew: Sendable {
  private let board: Board

  /// `size` hands, the caller's among them.
  init(size: Int) {
    board = Board()
    for hand in 1..<size { Self.start(board, hand: hand) }
    board.hands = size - 1
  }

  deinit { board.call(nil) }

  /// Does `job` once for each hand and comes back when all are done.
  func run(_ job: @escaping @Sendable (Int) -> Void) {
    board.call(job)
    job(0)
    board.wait()
  }

  private static func start(_ board: Board, hand: Int) {
    let errand = Unmanaged.passRetained(Errand(board: board, hand: hand)).toOpaque()
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
    let errand = Unmanaged<Errand>.fromOpaque(raw).takeRetainedValue()
    var seen = 0
    while let job = errand.board.next(after: &seen) {
      job(errand.hand)
      errand.board.finish()
    }
    return nil
  }

  private final class Errand: Sendable {
    let board: Board
    let hand: Int

    init(board: Board, hand: Int) {
      self.board = board
      self.hand = hand
    }
  }
}

/// Where the hands of a crew learn what to do, and tell that it is done.
private final class Board: @unchecked Sendable {
  /// Looks before a waiting hand lies down.
  private static let patience = 100_000

  var hands = 0
  /// Jobs called out so far.
  private let calls = Atomic<Int>(0)
  private let working = Atomic<Int>(0)
  /// Written before a call is counted, read after.
  private var job: (@Sendable (Int) -> Void)?
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let bell = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(lock, nil)
    pthread_cond_init(bell, nil)
  }

  deinit {
    pthread_cond_destroy(bell)
    pthread_mutex_destroy(lock)
    bell.deallocate()
    lock.deallocate()
  }

  /// Calls out a job; nil sends everybody home.
  func call(_ job: (@Sendable (Int) -> Void)?) {
    self.job = job
    working.store(hands, ordering: .relaxed)
    pthread_mutex_lock(lock)
    calls.add(1, ordering: .sequentiallyConsistent)
    pthread_cond_broadcast(bell)
    pthread_mutex_unlock(lock)
  }

  /// The job of the call that follows the `seen`-th.
  func next(after seen: inout Int) -> (@Sendable (Int) -> Void)? {
    var looks = 0
    while calls.load(ordering: .acquiring) == seen {
      looks += 1
      guard looks > Self.patience else { continue }
      pthread_mutex_lock(lock)
      while calls.load(ordering: .acquiring) == seen { pthread_cond_wait(bell, lock) }
      pthread_mutex_unlock(lock)
    }
    seen += 1
    return job
  }

  func finish() { working.subtract(1, ordering: .acquiringAndReleasing) }

  /// Until every hand has done its part.
  func wait() {
    var looks = 0
    while working.load(ordering: .acquiring) > 0 {
      looks += 1
      // Others may need the processor that the missing hand waits for.
      if looks > Self.patience { sched_yield() }
    }
    job = nil
  }
}
