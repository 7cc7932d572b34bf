import ControlLoop
import Foundation
import Logging
import TrafficModel

/// Takes readings from a file that somebody else appends to, one JSON object a line.
///
/// The file may be renamed and begun anew, copied and cut, or removed, also while nobody looks: what was appended to it before is read
/// from the file of the other name. Half a line at the end waits for its other half. Where it had got to is kept in the service's
/// folder; should that be lost, all is read again, and readings that were taken before count once.
public final class FileFollower: @unchecked Sendable {
  private let path: String
  private let ingestor: Ingestor
  private let parser: ReadingParser
  private let now: @Sendable () -> Instant
  private let logger: Logger
  private let worker = Worker("follow")
  private let places: FollowedPlaces
  /// Owned by the thread.
  private var place: FollowedPlace?
  private var kept = Date.distantPast
  private var isMissing = false

  /// How long a file that was renamed is still watched for what its writer has left to say [s].
  private static let farewell = 1.0

  init(
    _ path: String, places: FollowedPlaces, ingestor: Ingestor, parser: ReadingParser, now: @escaping @Sendable () -> Instant,
    logger: Logger
  ) {
    self.path = path
    self.places = places
    self.ingestor = ingestor
    self.parser = parser
    self.now = now
    self.logger = logger
    place = places[path]
  }

  public func start() {
    worker.start(
      pause: 1, longest: 10,
      failed: { [self] in logger.warning("a file cannot be followed", metadata: ["path": "\(path)", "error": "\($0)"]) }
    ) { [self] established in
      while !ingestor.isOpen, !worker.isStopping { worker.rest(0.05) }
      try look(established)
      try keep()
      worker.rest(0.2)
    }
  }

  public func stop() { worker.stop() }

  private func keep() throws {
    kept = Date()
    if let place { try places.keep(place, of: path) }
  }

  private func look(_ established: () -> Void) throws {
    // Opened before anything else: should it be renamed while former ones are read, it is this one all the same.
    let file = open(path, O_RDONLY | O_CLOEXEC), code = errno
    defer { if file >= 0 { close(file) } }
    guard file >= 0 || code == ENOENT else { throw JournalError.io(path: path, operation: "open", code: code) }
    if file < 0, !isMissing { logger.notice("a file to be followed is not there", metadata: ["path": "\(path)"]) }
    isMissing = file < 0
    for former in formerFiles(before: file) where !worker.isStopping {
      let opened = open(former, O_RDONLY | O_CLOEXEC)
      // Removed meanwhile, or not ours to read.
      guard opened >= 0 else { continue }
      defer { close(opened) }
      try read(opened, named: nil, established)
    }
    if file >= 0 { try read(file, named: path, established) }
  }

  /// Files beside this one that hold what was appended to it since the place reached: the one it was then, and those it has been since.
  private func formerFiles(before file: Int32) -> [String] {
    guard let place else { return [] }
    var status = stat()
    // Where it is still the same file, nothing has been put aside.
    if file >= 0, fstat(file, &status) == 0, place.isOf(status, head: FollowedPlace.head(of: file)) { return [] }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path, own = URL(fileURLWithPath: path).lastPathComponent
    let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    var found: [(path: String, written: Double)] = []
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name != own {
      guard stat(folder + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      let isSame = UInt64(status.st_ino) == place.number && UInt64(status.st_dev) == place.device
      let written = FollowedPlace.seconds(status.st_mtim)
      // Its name and a date or a number behind; what was packed meanwhile had been written before.
      let isLater =
        name.hasPrefix(stem) && name.dropFirst(stem.count).first.map { ".-_".contains($0) } ?? false && written >= place.written
        && !["gz", "xz", "zst", "bz2"].contains(URL(fileURLWithPath: name).pathExtension)
      if isSame || isLater { found.append((folder + "/" + name, written)) }
    }
    return found.sorted { ($0.written, $0.path) < ($1.written, $1.path) }.map(\.path)
  }

  /// Reads a file from the place reached, or from its begin where it is another: until it has the name `named` no more, is cut, or, where
  /// it has none, to its end.
  private func read(_ file: Int32, named: String?, _ established: () -> Void) throws {
    var status = stat()
    fstat(file, &status)
    let head = FollowedPlace.head(of: file)
    var current =
      place.flatMap { $0.isOf(status, head: head) ? $0 : nil }
      ?? FollowedPlace(
        device: UInt64(status.st_dev), number: UInt64(status.st_ino), head: head, offset: 0, written: 0)
    var rest: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var quietSince = Date()
    var isLeft = named == nil
    while !worker.isStopping {
      let position = current.offset + Int64(rest.count)
      let got = chunk.withUnsafeMutableBytes { pread(file, $0.baseAddress!, $0.count, off_t(position)) }
      guard got >= 0 else { throw JournalError.io(path: path, operation: "read", code: errno) }
      fstat(file, &status)
      let present = FollowedPlace.head(of: file)
      guard current.isOf(status, head: present), position <= Int64(status.st_size) else {
        logger.notice("a file was cut and is begun anew", metadata: ["path": "\(path)"])
        // Another look at what lies beside it: a copy may hold what had not been read.
        place = current
        place?.number = 0
        return
      }
      current.head = present
      current.written = FollowedPlace.seconds(status.st_mtim)
      if got > 0 {
        quietSince = Date()
        rest.append(contentsOf: chunk[..<got])
        if let end = rest.lastIndex(of: 0x0A) {
          try take(Array(rest[...end]))
          rest.removeFirst(end + 1)
          current.offset += Int64(end + 1)
        } else if rest.count > 1 << 20 {
          logger.warning("a line longer than any reading is passed over", metadata: ["path": "\(path)"])
          current.offset += Int64(rest.count)
          rest = []
        }
        place = current
        established()
        if Date().timeIntervalSince(kept) > 1 { try keep() }
        continue
      }
      place = current
      // Nobody speaks his last words into a file that has long been quiet.
      let quiet = max(Date().timeIntervalSince(quietSince), named == nil ? Date().timeIntervalSince1970 - current.written : 0)
      if isLeft, quiet >= Self.farewell {
        // Nobody will end the last line any more.
        if !rest.isEmpty { try take(rest + [0x0A]) }
        current.offset += Int64(rest.count)
        place = current
        return
      }
      try keep()
      worker.rest(0.2)
      guard !isLeft, let named else { continue }
      var other = stat()
      isLeft = stat(named, &other) != 0 || other.st_ino != status.st_ino || other.st_dev != status.st_dev
      if isLeft { quietSince = Date() }
    }
  }

  /// Returns once all readings of whole lines are on the disk.
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
