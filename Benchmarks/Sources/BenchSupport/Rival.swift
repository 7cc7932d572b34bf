import Foundation

/// SUMO as it is installed on this machine: the rival every figure is printed beside.
public struct SUMORival: Sendable {
  public let program: String
  public let folder: String

  /// The binary named by GREENWAVE_SUMO, or that of `~/.cache/sumo-venv`.
  public init?() {
    let manager = FileManager.default
    if let named = ProcessInfo.processInfo.environment["GREENWAVE_SUMO"], manager.isExecutableFile(atPath: named) {
      program = named
      folder = (named as NSString).deletingLastPathComponent
      return
    }
    let lib = NSHomeDirectory() + "/.cache/sumo-venv/lib"
    for version in ((try? manager.contentsOfDirectory(atPath: lib)) ?? []).sorted() {
      let path = lib + "/" + version + "/site-packages/sumo/bin/sumo"
      if manager.isExecutableFile(atPath: path) {
        program = path
        folder = (path as NSString).deletingLastPathComponent
        return
      }
    }
    return nil
  }

  /// What a finished child process used.
  public struct Usage: Sendable {
    /// [s]
    public var userSeconds: Double
    public var wallSeconds: Double
    /// [bytes]
    public var peakMemory: Int
    public var status: Int32
    public var output: String
  }

  /// Runs a program of SUMO's (`sumo`, `netgenerate`) to its end.
  public func run(_ name: String, _ arguments: [String]) -> Usage { ChildProcess.run(folder + "/" + name, arguments) }
}

/// A child process with the time and memory it took.
public enum ChildProcess {
  public static func run(_ path: String, _ arguments: [String]) -> SUMORival.Usage {
    // wait4 tells what the child used, as GNU time does.
    let output = NSTemporaryDirectory() + "/bench-\(UUID().uuidString).txt"
    defer { try? FileManager.default.removeItem(atPath: output) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    argv.append(nil)
    var environment: [UnsafeMutablePointer<CChar>?] = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") }
    environment.append(nil)
    defer { for pointer in argv + environment { free(pointer) } }
    var pid: pid_t = 0
    let begin = DispatchTime.now().uptimeNanoseconds
    guard posix_spawn(&pid, path, &actions, nil, argv, environment) == 0 else {
      return SUMORival.Usage(userSeconds: 0, wallSeconds: 0, peakMemory: 0, status: -1, output: "cannot start \(path)")
    }
    var status: Int32 = 0
    var usage = rusage()
    _ = wait4(pid, &status, 0, &usage)
    let wall = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
    let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
    return SUMORival.Usage(
      userSeconds: Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6, wallSeconds: wall,
      peakMemory: usage.ru_maxrss * 1024, status: (status >> 8) & 0xFF, output: text)
  }
}

/// User-CPU seconds of this process so far.
public func userSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
}

/// Peak resident memory of this process [bytes].
public func peakMemory() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss * 1024
}

/// The elements named `name` of an XML text written one element a line, as attribute tables.
public func elements(_ name: String, in text: String) -> [[Substring: Substring]] {
  var found: [[Substring: Substring]] = []
  let opening = "<" + name + " "
  for line in text.split(separator: "\n") {
    let trimmed = line.drop { $0 == " " || $0 == "\t" }
    guard trimmed.hasPrefix(opening) else { continue }
    var attributes: [Substring: Substring] = [:]
    var rest = trimmed.dropFirst(opening.count)
    while let equals = rest.firstIndex(of: "="), let open = rest[equals...].firstIndex(of: "\"") {
      let key = rest[..<equals].drop { $0 == " " }
      let after = rest.index(after: open)
      guard let close = rest[after...].firstIndex(of: "\"") else { break }
      attributes[key] = rest[after..<close]
      rest = rest[rest.index(after: close)...]
    }
    found.append(attributes)
  }
  return found
}

/// Pads text to a column; negative width: to the right.
public func padded(_ text: String, _ width: Int) -> String {
  let missing = abs(width) - text.count
  guard missing > 0 else { return text }
  let space = String(repeating: " ", count: missing)
  return width < 0 ? space + text : text + space
}

public func format(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }
