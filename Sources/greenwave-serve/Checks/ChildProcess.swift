import Foundation

/// A program that a check starts, ends and waits for.
///
/// Foundation's `Process` hands on the signal mask of the thread that starts it, in which a program that relies on SIGTERM never ends.
final class ChildProcess: @unchecked Sendable {
  let pid: pid_t
  private let lock = NSLock()
  private var status: Int32?

  /// Output goes to `output` and `errors`, descriptors that stay the caller's; nil: nowhere. `more`: further descriptors from the third on,
  /// each of a number above them all.
  init(_ path: String, _ arguments: [String], output: Int32? = nil, errors: Int32? = nil, more: [Int32] = []) throws {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (target, source) in [(Int32(1), output), (2, errors)] {
      if let source {
        posix_spawn_file_actions_adddup2(&actions, source, target)
      } else {
        posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_WRONLY, 0)
      }
    }
    for (index, source) in more.enumerated() { posix_spawn_file_actions_adddup2(&actions, source, Int32(3 + index)) }
    let words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, path, &actions, &attributes, words, environ)
    guard code == 0 else { throw CheckFailure("\(path): \(String(cString: strerror(code)))") }
    pid = child
  }

  var isRunning: Bool { !reap(WNOHANG) }

  /// Sends `signal` and waits for the end; one that does not end within `patience` [s] is killed.
  func end(_ signal: Int32 = SIGTERM, patience: Double = 15) {
    if reap(WNOHANG) { return }
    kill(pid, signal)
    let limit = Date().addingTimeInterval(patience)
    while Date() < limit {
      if reap(WNOHANG) { return }
      usleep(5_000)
    }
    kill(pid, SIGKILL)
    _ = reap(0)
  }

  /// Waits for the end and returns the exit status.
  func wait() -> Int32 {
    _ = reap(0)
    let raw = lock.withLock { status ?? 0 }
    return raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
  }

  /// Whether it has ended.
  private func reap(_ options: Int32) -> Bool {
    lock.lock()
    defer { lock.unlock() }
    if status != nil { return true }
    var code: Int32 = 0
    let found = waitpid(pid, &code, options)
    if found == pid { status = code } else if found < 0 { status = 0 }
    return status != nil
  }
}
