import ControlLoop
import Foundation
import Logging
import TrafficModel

/// Takes readings from a file that somebody else appends to, one JSON object a line; a file that was cut or replaced is begun anew.
///
/// Where it had got to need not be remembered: readings are numbered, and those taken before count once.
public final class FileFollower: @unchecked Sendable {
  private let path: String
  private let ingestor: Ingestor
  private let parser: ReadingParser
  private let now: @Sendable () -> Instant
  private let logger: Logger
  private let worker = Worker("follow")

  public init(_ path: String, ingestor: Ingestor, parser: ReadingParser, now: @escaping @Sendable () -> Instant, logger: Logger) {
    self.path = path
    self.ingestor = ingestor
    self.parser = parser
    self.now = now
    self.logger = logger
  }

  public func start() {
    worker.start(
      pause: 1, longest: 10,
      failed: { [self] in logger.warning("a file cannot be followed", metadata: ["path": "\(path)", "error": "\($0)"]) }
    ) { [self] established in
      while !ingestor.isOpen, !worker.isStopping { worker.rest(0.05) }
      try follow()
      established()
      worker.rest(1)
    }
  }

  public func stop() { worker.stop() }

  private func follow() throws {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return }
      throw JournalError.io(path: path, operation: "open", code: errno)
    }
    defer { close(file) }
    var opened = stat()
    fstat(file, &opened)
    var rest: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var offset: off_t = 0
    while !worker.isStopping {
      let got = chunk.withUnsafeMutableBytes { Foundation.read(file, $0.baseAddress!, $0.count) }
      guard got >= 0 else { throw JournalError.io(path: path, operation: "read", code: errno) }
      if got > 0 {
        offset += off_t(got)
        rest.append(contentsOf: chunk[..<got])
        guard let end = rest.lastIndex(of: 0x0A) else {
          // A line longer than any reading is none.
          if rest.count > 1 << 20 { rest = [] }
          continue
        }
        try take(Array(rest[...end]))
        rest.removeFirst(end + 1)
        continue
      }
      worker.rest(0.2)
      var present = stat()
      if stat(path, &present) != 0 || present.st_ino != opened.st_ino || present.st_size < offset { return }
    }
  }

  private func take(_ bytes: [UInt8]) throws {
    // In portions of whole lines, each below the largest batch.
    var start = 0
    while start < bytes.count {
      var end = start
      var lines = 0
      while end < bytes.count, lines < 1000 {
        if bytes[end] == 0x0A { lines += 1 }
        end += 1
      }
      let portion = Array(bytes[start..<end])
      start = end
      var parsed: ReadingParser.Parsed
      do { parsed = try parser.parse(portion, form: .lines, now: now()) } catch {
        logger.warning("lines that cannot be read", metadata: ["path": "\(path)", "rule": "\(error.rule)"])
        continue
      }
      parsed.isPartial = true
      if let first = parsed.problems.first {
        logger.warning(
          "readings refused",
          metadata: ["path": "\(path)", "count": "\(parsed.problems.count)", "field": "\(first.field)", "rule": "\(first.rule)"])
      }
      guard !parsed.readings.isEmpty else { continue }
      let (_, through) = try ingestor.stage(parsed, received: now())
      try ingestor.journal.commitBlocking(through: through)
    }
  }
}
