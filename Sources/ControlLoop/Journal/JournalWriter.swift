import Foundation

/// How a journal is written.
public struct JournalSettings: Sendable {
  /// A segment of this size is full [bytes].
  public var segmentSize = 64 << 20
  /// Whether records are forced to the disk before they count as committed. Off only for runs that can be repeated.
  public var synchronizes = true
  /// Bytes that may wait for the disk before ``JournalWriter/append(kind:schema:_:)`` makes its caller wait.
  public var largestBacklog = 32 << 20
  public init() {}
}

/// Appends records and forces them to the disk, many at a time.
///
/// Appending copies into a buffer; one thread writes what has gathered while the previous `fdatasync` ran and forces it out, so that the
/// number of waits for the disk does not grow with the number of senders (group commit). A failed write closes the journal: nothing
/// is acknowledged after it, and the next start recovers to the last sound record.
public final class JournalWriter: @unchecked Sendable {
  public let directory: String
  private let settings: JournalSettings
  private let condition = NSCondition()

  // Guarded by `condition`.
  private var pending: [Chunk] = []
  private var pendingBytes = 0
  private var lastAppended: UInt64
  private var lastCommitted: UInt64
  private var bytesInSegment: Int
  private var failure: JournalError?
  private var isStopping = false
  private var hasStopped = false
  private var waiters: [(sequence: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
  private var commits = 0

  // Owned by the writing thread.
  private var file: Int32

  private struct Chunk {
    var bytes: [UInt8]
    var last: UInt64
    /// Where set, the chunk begins a new segment with this number.
    var newSegment: UInt64?
  }

  /// Opens or creates the journal in `directory`, cutting off a torn tail. `recovered` sees each record of the last segment, whose
  /// first is the checkpoint it was begun with.
  public init(
    directory: String, settings: JournalSettings = JournalSettings(), recovered: (JournalRecord) throws -> Void = { _ in }
  ) throws {
    self.directory = directory
    self.settings = settings
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    var segments = try JournalReader.segments(in: directory)
    // A segment whose header never reached the disk holds nothing that was acknowledged.
    if let last = segments.last {
      let path = directory + "/" + JournalFormat.segmentName(first: last)
      let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
      if size < JournalFormat.segmentHeaderSize {
        unlink(path)
        segments.removeLast()
      }
    }
    if let last = segments.last {
      var reader = try JournalReader(directory: directory, from: last)
      while let record = try reader.next() { try recovered(record) }
      let path = directory + "/" + JournalFormat.segmentName(first: last)
      file = Foundation.open(path, O_WRONLY | O_CLOEXEC)
      guard file >= 0 else { throw JournalError.io(path: path, operation: "open", code: errno) }
      let sound = reader.soundLength
      guard ftruncate(file, off_t(sound)) == 0, lseek(file, off_t(sound), SEEK_SET) >= 0, fdatasync(file) == 0 else {
        throw JournalError.io(path: path, operation: "recover", code: errno)
      }
      lastAppended = reader.nextSequence - 1
      bytesInSegment = sound
    } else {
      file = try Self.createSegment(in: directory, first: 1)
      lastAppended = 0
      bytesInSegment = JournalFormat.segmentHeaderSize
    }
    lastCommitted = lastAppended
    let thread = Thread { [self] in run() }
    thread.name = "journal"
    thread.start()
  }

  private static func createSegment(in directory: String, first: UInt64) throws(JournalError) -> Int32 {
    let path = directory + "/" + JournalFormat.segmentName(first: first)
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
    guard file >= 0 else { throw .io(path: path, operation: "create", code: errno) }
    try writeAll(file, JournalFormat.segmentHeader(first: first), path: path)
    guard fsync(file) == 0 else { throw .io(path: path, operation: "sync", code: errno) }
    let folder = open(directory, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { throw .io(path: directory, operation: "open", code: errno) }
    defer { Foundation.close(folder) }
    guard fsync(folder) == 0 else { throw .io(path: directory, operation: "sync", code: errno) }
    return file
  }

  private static func writeAll(_ file: Int32, _ bytes: [UInt8], path: String) throws(JournalError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress! + written, bytes.count - written) }
      if count < 0 {
        if errno == EINTR { continue }
        throw .io(path: path, operation: "write", code: errno)
      }
      written += count
    }
  }

  /// Copies a record to the end of the journal and returns its number; it counts only once ``commit(through:)`` returns.
  @discardableResult
  public func append(kind: UInt8, schema: UInt8 = 1, _ payload: [UInt8]) throws(JournalError) -> UInt64 {
    condition.lock()
    defer { condition.unlock() }
    return try locked(kind: kind, schema: schema, payload, newSegment: false)
  }

  /// Begins a new segment whose first record is a checkpoint: what a restart must know of all that came before.
  @discardableResult
  public func rotate(checkpoint kind: UInt8, schema: UInt8 = 1, _ payload: [UInt8]) throws(JournalError) -> UInt64 {
    condition.lock()
    defer { condition.unlock() }
    return try locked(kind: kind, schema: schema, payload, newSegment: true)
  }

  private func locked(kind: UInt8, schema: UInt8, _ payload: [UInt8], newSegment: Bool) throws(JournalError) -> UInt64 {
    while pendingBytes > settings.largestBacklog && failure == nil && !isStopping { condition.wait() }
    if let failure { throw failure }
    guard !isStopping else { throw .closed }
    lastAppended += 1
    if newSegment || pending.isEmpty {
      pending.append(Chunk(bytes: [], last: lastAppended, newSegment: newSegment ? lastAppended : nil))
      if newSegment { bytesInSegment = JournalFormat.segmentHeaderSize }
    }
    let index = pending.count - 1
    let before = pending[index].bytes.count
    payload.withUnsafeBytes {
      JournalFormat.append(sequence: lastAppended, kind: kind, schema: schema, payload: $0, to: &pending[index].bytes)
    }
    pending[index].last = lastAppended
    pendingBytes += pending[index].bytes.count - before
    bytesInSegment += pending[index].bytes.count - before
    condition.broadcast()
    return lastAppended
  }

  /// The segment has reached its size; its owner should ``rotate(checkpoint:schema:_:)``.
  public var isSegmentFull: Bool {
    condition.lock()
    defer { condition.unlock() }
    return bytesInSegment >= settings.segmentSize
  }

  /// Number of the last record on the disk.
  public var committed: UInt64 {
    condition.lock()
    defer { condition.unlock() }
    return lastCommitted
  }
  /// Number of the last record appended.
  public var appended: UInt64 {
    condition.lock()
    defer { condition.unlock() }
    return lastAppended
  }
  /// Times the disk was waited for.
  public var commitCount: Int {
    condition.lock()
    defer { condition.unlock() }
    return commits
  }
  /// What closed the journal, where something did.
  public var failed: JournalError? {
    condition.lock()
    defer { condition.unlock() }
    return failure
  }

  /// Returns once record `sequence` and all before it are on the disk.
  public func commit(through sequence: UInt64) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      condition.lock()
      if lastCommitted >= sequence {
        condition.unlock()
        continuation.resume()
      } else if let failure {
        condition.unlock()
        continuation.resume(throwing: failure)
      } else if hasStopped {
        condition.unlock()
        continuation.resume(throwing: JournalError.closed)
      } else {
        waiters.append((sequence, continuation))
        condition.unlock()
      }
    }
  }

  /// The same for a caller that owns its thread.
  public func commitBlocking(through sequence: UInt64) throws(JournalError) {
    condition.lock()
    defer { condition.unlock() }
    while lastCommitted < sequence {
      if let failure { throw failure }
      if hasStopped { throw .closed }
      condition.wait()
    }
  }

  /// Writes out what is pending, and ends the writing thread.
  public func close() {
    condition.lock()
    isStopping = true
    condition.broadcast()
    while !hasStopped { condition.wait() }
    condition.unlock()
  }

  private func run() {
    condition.lock()
    while true {
      while pending.isEmpty && !isStopping { condition.wait() }
      if pending.isEmpty { break }
      let chunks = pending
      pending = []
      pendingBytes = 0
      condition.broadcast()
      condition.unlock()
      var caught: JournalError?
      do throws(JournalError) {
        for chunk in chunks { try write(chunk) }
        try synchronize()
      } catch { caught = error }
      condition.lock()
      if let caught {
        failure = caught
        break
      }
      lastCommitted = chunks[chunks.count - 1].last
      commits += 1
      var ready: [CheckedContinuation<Void, any Error>] = []
      waiters.removeAll { waiter in
        guard waiter.sequence <= lastCommitted else { return false }
        ready.append(waiter.continuation)
        return true
      }
      condition.broadcast()
      condition.unlock()
      for continuation in ready { continuation.resume() }
      condition.lock()
    }
    hasStopped = true
    let orphans = waiters
    waiters = []
    let error = failure ?? .closed
    Foundation.close(file)
    condition.broadcast()
    condition.unlock()
    for orphan in orphans { orphan.continuation.resume(throwing: error) }
  }

  private func synchronize() throws(JournalError) {
    guard settings.synchronizes else { return }
    guard fdatasync(file) == 0 else { throw .io(path: directory, operation: "sync", code: errno) }
  }

  private func write(_ chunk: Chunk) throws(JournalError) {
    if let first = chunk.newSegment {
      try synchronize()
      Foundation.close(file)
      file = try Self.createSegment(in: directory, first: first)
    }
    try Self.writeAll(file, chunk.bytes, path: directory)
  }
}
