import ControlLoop
import Foundation
import LiveService
import TrafficModel

/// A folder, tokens and a service process of its own for one check.
final class Bench: @unchecked Sendable {
  let folder: String
  private(set) var tokens: [AccessRole: String] = [:]
  private(set) var port = 0
  private var process: ChildProcess?

  init() throws {
    folder = NSTemporaryDirectory() + "greenwave-check-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let store = try TokenStore(path: folder + "/tokens.json")
    for role in AccessRole.allCases {
      tokens[role] = try store.create(name: "check-" + role.rawValue, role: role, now: LiveClock.wall.milliseconds).token
    }
  }

  var journal: String { folder + "/journal" }
  var pid: Int32 { process?.pid ?? 0 }
  var isRunning: Bool { process?.isRunning ?? false }

  /// Starts this very program as the service and waits until it listens.
  func start(_ arguments: [String]) throws {
    var pipe: [Int32] = [0, 0]
    guard Foundation.pipe(&pipe) == 0 else { throw CheckFailure("no pipe") }
    let (reading, writing) = (pipe[0], pipe[1])
    defer { close(reading) }
    // The service must not hold the end that is read, nor anything else that is open here.
    for descriptor in pipe { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    let log = open(folder + "/log.txt", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    defer { close(log) }
    do {
      defer { close(writing) }
      process = try ChildProcess(
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
        ["run", folder, "--port", "\(port)", "--log", "warning"] + arguments, output: writing, errors: log)
    }
    var text = ""
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
      guard poll(&descriptor, 1, 60_000) > 0 else { break }
      let got = Foundation.read(reading, &chunk, chunk.count)
      guard got > 0 else { break }
      text += String(decoding: chunk[..<got], as: UTF8.self)
      if let found = text.firstMatch(of: /https?:\/\/127\.0\.0\.1:(\d+)/) {
        port = Int(found.1)!
        return
      }
    }
    throw CheckFailure("the service did not start: " + ((try? String(contentsOfFile: folder + "/log.txt", encoding: .utf8)) ?? ""))
  }

  /// Waits until the service decides and takes readings.
  func awaitReady() throws {
    let limit = Date().addingTimeInterval(60)
    while Date() < limit {
      if let answer = try? HTTPConnection(port: port).request("GET", "/ready", token: nil), answer.status == 200 { return }
      usleep(10_000)
    }
    throw CheckFailure("the service did not get ready: " + ((try? String(contentsOfFile: folder + "/log.txt", encoding: .utf8)) ?? ""))
  }

  func kill(_ signal: Int32) {
    process?.end(signal)
    process = nil
  }

  func stop() { kill(SIGTERM) }

  /// Halts the service where it stands, or lets it go on.
  func freeze(_ isFrozen: Bool) { if let process { Foundation.kill(process.pid, isFrozen ? SIGSTOP : SIGCONT) } }

  func remove() {
    stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// A figure of `GET /metrics`, the first whose name and labels begin with `name`.
  func metric(_ name: String) throws -> Double {
    let answer = try HTTPConnection(port: port).request("GET", "/metrics", token: tokens[.viewer])
    for line in answer.text.split(separator: "\n") where line.hasPrefix(name) {
      if let value = line.split(separator: " ").last.flatMap({ Double($0) }) { return value }
    }
    throw CheckFailure("no metric \(name)")
  }

  /// Resident memory of the service [bytes].
  var resident: Int {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8) else { return 0 }
    return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
  }

  /// Processor time of the service so far [s].
  var processorSeconds: Double {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let close = text.lastIndex(of: ")") else {
      return 0
    }
    let fields = text[text.index(close, offsetBy: 2)...].split(separator: " ")
    return (Double(fields[11])! + Double(fields[12])!) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// How often each reading stands in the journal.
  func journalCounts() throws -> [String: Int] {
    var counts: [String: Int] = [:]
    var reader = try JournalReader(directory: journal)
    while let record = try reader.next() {
      guard record.kind == LiveRecordKind.readings.rawValue else { continue }
      for reading in try ReadingBatch.decode(record.payload).readings { counts["\(reading.source) \(reading.sequence)", default: 0] += 1 }
    }
    return counts
  }
}

struct CheckFailure: Error, CustomStringConvertible {
  var description: String
  init(_ text: String) { description = text }
}

/// One line of a check's result: what, measured, required, and whether it is met.
struct CheckTable {
  private var rows: [(what: String, measured: String, required: String, isMet: Bool?)] = []

  mutating func add(_ what: String, _ measured: String, _ required: String = "", _ isMet: Bool? = nil) {
    rows.append((what, measured, required, isMet))
  }
  mutating func atMost(_ what: String, _ value: Double, _ limit: Double, unit: String) {
    add(what, Self.text(value) + " " + unit, "at most \(Self.text(limit)) \(unit)", value <= limit)
  }
  mutating func atLeast(_ what: String, _ value: Double, _ limit: Double, unit: String) {
    add(what, Self.text(value) + " " + unit, "at least \(Self.text(limit)) \(unit)", value >= limit)
  }

  static func text(_ value: Double) -> String {
    abs(value) >= 100 || value == value.rounded() ? String(format: "%.0f", value) : String(format: "%.2f", value)
  }

  var isMet: Bool { rows.allSatisfy { $0.isMet ?? true } }

  /// Prints all rows; throws where one is not met.
  func finish() throws {
    let width = rows.map(\.what.count).max() ?? 0, second = rows.map(\.measured.count).max() ?? 0
    for row in rows {
      var line = row.what.padding(toLength: width + 2, withPad: " ", startingAt: 0)
      line += row.measured.padding(toLength: second + 2, withPad: " ", startingAt: 0)
      if let isMet = row.isMet { line += (isMet ? "met    " : "MISSED ") + row.required }
      print(line)
    }
    fflush(nil)
    if !isMet { throw CheckFailure("a requirement is missed") }
  }
}

/// Readings as a sensor gateway would send them.
struct ReadingMaker {
  let detectors: [String]
  let source: String
  private(set) var sequence: UInt64
  private var turn = 0

  init(detectors: [String], source: String, sequence: UInt64 = 0) {
    self.detectors = detectors
    self.source = source
    self.sequence = sequence
  }

  /// `count` readings as objects without separator.
  mutating func objects(_ count: Int, now: Int64) -> [String] {
    (0..<count).map { _ in
      sequence += 1
      turn = (turn + 1) % (2 * detectors.count)
      return
        "{\"source\":\"\(source)\",\"sequence\":\(sequence),\"detector\":\"\(detectors[turn % detectors.count])\",\"time\":\(now),"
        + (turn < detectors.count ? "\"state\":\"on\"}" : "\"state\":\"off\"}")
    }
  }
}

/// Runs `body` on so many threads and waits for all of them.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let group = DispatchGroup()
  for index in 0..<count {
    group.enter()
    let thread = Thread {
      body(index)
      group.leave()
    }
    thread.stackSize = 1 << 20
    thread.start()
  }
  group.wait()
}

/// A value several threads change.
final class Shared<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value
  init(_ value: Value) { self.value = value }
  func with<Result>(_ body: (inout Value) -> Result) -> Result {
    lock.lock()
    defer { lock.unlock() }
    return body(&value)
  }
}
