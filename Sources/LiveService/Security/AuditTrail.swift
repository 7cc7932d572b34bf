import Crypto
import Foundation

/// Who did what, and who was refused: a file of JSON lines, each carrying the hash of the one before, so that a changed, missing or
/// reordered line shows.
public final class AuditTrail: @unchecked Sendable {
  public struct Line: Sendable, Codable, Hashable {
    public var number: UInt64
    /// UTC [ms].
    public var time: Int64
    /// Name of a token, `anonymous`, or `engine`.
    public var actor: String
    public var action: String
    public var target: String
    public var detail: String
    /// Hash of the line before; 64 zeros at the beginning.
    public var previous: String
    /// SHA-256 over all fields above.
    public var hash: String
  }

  public enum Failure: Error, CustomStringConvertible, Sendable {
    case broken(path: String, line: Int, what: String)
    case io(path: String, code: Int32)
    public var description: String {
      switch self {
      case .broken(let path, let line, let what): "\(path):\(line): \(what)"
      case .io(let path, let code): "\(path): \(String(cString: strerror(code)))"
      }
    }
  }

  private let path: String
  private let lock = NSLock()
  private let file: Int32
  private var number: UInt64 = 0
  private var last = AuditTrail.origin
  private var refusalSecond: Int64 = 0
  private var refusalsInSecond = 0
  private var suppressed: UInt64 = 0
  /// Refusals written in one second; more are counted and told in one line.
  public let refusalLimit = 50

  static let origin = String(repeating: "0", count: 64)

  /// Opens or creates the file. A torn last line is cut off; any other fault in the chain is thrown.
  public init(path: String) throws {
    self.path = path
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw Failure.io(path: path, code: errno) }
    file = opened
    let data = FileManager.default.contents(atPath: path) ?? Data()
    let sound = try Self.check(data, path: path, toleratesTornEnd: true) { line in
      number = line.number
      last = line.hash
    }
    guard ftruncate(file, off_t(sound)) == 0, lseek(file, 0, SEEK_END) >= 0 else { throw Failure.io(path: path, code: errno) }
  }

  deinit { close(file) }

  /// Checks the chain of the file at `path` and returns the number of lines.
  public static func verify(path: String) throws -> Int {
    guard let data = FileManager.default.contents(atPath: path) else { throw Failure.io(path: path, code: ENOENT) }
    var count = 0
    _ = try check(data, path: path, toleratesTornEnd: false) { _ in count += 1 }
    return count
  }

  @discardableResult
  private static func check(_ data: Data, path: String, toleratesTornEnd: Bool, _ body: (Line) -> Void) throws -> Int {
    var previous = origin
    var expected: UInt64 = 1
    var sound = 0
    let decoder = JSONDecoder()
    var rest = data[...]
    var lineNumber = 0
    while !rest.isEmpty {
      lineNumber += 1
      guard let end = rest.firstIndex(of: 0x0A) else {
        if toleratesTornEnd { break }
        throw Failure.broken(path: path, line: lineNumber, what: "the last line is not complete")
      }
      guard let line = try? decoder.decode(Line.self, from: rest[..<end]) else {
        throw Failure.broken(path: path, line: lineNumber, what: "not a line of an audit trail")
      }
      guard line.number == expected else {
        throw Failure.broken(path: path, line: lineNumber, what: "expected line number \(expected), found \(line.number)")
      }
      guard line.previous == previous else {
        throw Failure.broken(path: path, line: lineNumber, what: "does not follow the line before")
      }
      guard hash(line) == line.hash else { throw Failure.broken(path: path, line: lineNumber, what: "was changed") }
      body(line)
      previous = line.hash
      expected += 1
      rest = rest[(end + 1)...]
      sound = rest.startIndex - data.startIndex
    }
    return sound
  }

  private static func hash(_ line: Line) -> String {
    var hasher = Crypto.SHA256()
    for field in ["\(line.number)", "\(line.time)", line.actor, line.action, line.target, line.detail, line.previous] {
      // The length goes first, so that no two lines spell the same.
      hasher.update(data: Data("\(field.utf8.count):".utf8))
      hasher.update(data: Data(field.utf8))
    }
    return hasher.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  /// Writes down what was done, on the disk before it returns.
  public func record(actor: String, action: String, target: String, detail: String, time: Int64) throws {
    lock.lock()
    defer { lock.unlock() }
    try append(actor, action, target, detail, time)
    guard fdatasync(file) == 0 else { throw Failure.io(path: path, code: errno) }
  }

  /// Writes down a refusal, without waiting for the disk; a flood of them is summed up.
  public func recordRefusal(actor: String, target: String, detail: String, time: Int64) {
    lock.lock()
    defer { lock.unlock() }
    if time / 1000 != refusalSecond {
      refusalSecond = time / 1000
      refusalsInSecond = 0
      if suppressed > 0 { try? append("engine", "refused", "", "\(suppressed) more refusals", time) }
      suppressed = 0
    }
    refusalsInSecond += 1
    if refusalsInSecond > refusalLimit { suppressed += 1 } else { try? append(actor, "refused", target, detail, time) }
  }

  private func append(_ actor: String, _ action: String, _ target: String, _ detail: String, _ time: Int64) throws {
    var line = Line(
      number: number + 1, time: time, actor: actor, action: action, target: target, detail: String(detail.prefix(500)), previous: last,
      hash: "")
    line.hash = Self.hash(line)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var data = try encoder.encode(line)
    data.append(0x0A)
    let written = data.withUnsafeBytes { Foundation.write(file, $0.baseAddress!, $0.count) }
    guard written == data.count else { throw Failure.io(path: path, code: errno) }
    number = line.number
    last = line.hash
  }

  /// The last lines, newest first.
  public func tail(_ count: Int) -> [Line] {
    let size = Int((try? FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64) ?? 0)
    guard let handle = FileHandle(forReadingAtPath: path) else { return [] }
    defer { try? handle.close() }
    let window = min(size, count * 1500)
    try? handle.seek(toOffset: UInt64(size - window))
    let data = (try? handle.readToEnd()) ?? Data()
    let decoder = JSONDecoder()
    return data.split(separator: 0x0A).suffix(count).reversed().compactMap { try? decoder.decode(Line.self, from: $0) }
  }
}
