import Foundation

/// A thread that runs until it is told to stop, and can be waited for.
final class Worker: @unchecked Sendable {
  private let condition = NSCondition()
  private let name: String
  private var isStarted = false
  private var stopping = false
  private var stopped = false

  init(_ name: String) { self.name = name }

  /// Runs `body` on a thread of its own; it returns soon after ``isStopping`` turns true.
  func start(_ body: @escaping @Sendable () -> Void) {
    condition.lock()
    isStarted = true
    condition.unlock()
    let thread = Thread { [self] in
      body()
      condition.lock()
      stopped = true
      condition.broadcast()
      condition.unlock()
    }
    thread.name = name
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Runs `body` again and again; after one that throws it waits, twice as long each time, at most `longest` [s].
  func start(
    pause: Double, longest: Double, failed: @escaping @Sendable (any Error) -> Void,
    _ body: @escaping @Sendable (_ established: () -> Void) throws -> Void
  ) {
    start { [self] in
      var wait = pause
      while !isStopping {
        do { try body { wait = pause } } catch {
          failed(error)
          rest(wait)
          wait = min(longest, wait * 2)
        }
      }
    }
  }

  var isStopping: Bool {
    condition.lock()
    defer { condition.unlock() }
    return stopping
  }

  /// Waits for so many seconds, or until told to stop.
  func rest(_ seconds: Double) {
    let until = Date().addingTimeInterval(seconds)
    condition.lock()
    while !stopping, condition.wait(until: until) {}
    condition.unlock()
  }

  /// Tells the thread to stop and waits for its end, at most `patience` [s].
  func stop(patience: Double = 5) {
    condition.lock()
    stopping = true
    condition.broadcast()
    let until = Date().addingTimeInterval(patience)
    while isStarted, !stopped, condition.wait(until: until) {}
    condition.unlock()
  }
}
