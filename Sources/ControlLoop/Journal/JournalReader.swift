import Foundation

/// What stands in the way of reading or writing a journal.
public enum JournalError: Error, Sendable, CustomStringConvertible {
  case io(path: String, operation: String, code: Int32)
  /// A record before the journal's end fails its checksum: not a torn tail, so nothing is repaired.
  case damaged(path: String, offset: Int, sequence: UInt64)
  case notAJournal(path: String)
  /// Records between two segments are missing.
  case gap(path: String, expected: UInt64, found: UInt64)
  /// The writer has failed before and acknowledges nothing any more.
  case closed

  public var description: String {
    switch self {
    case .io(let path, let operation, let code): "\(path): \(operation) failed: \(String(cString: strerror(code)))"
    case .damaged(let path, let offset, let sequence):
      "\(path): record \(sequence) at byte \(offset) fails its checksum (restore the file from a copy)"
    case .notAJournal(let path): "\(path): expected a journal segment of format version \(JournalFormat.version)"
    case .gap(let path, let expected, let found): "\(path): expected record \(expected) to follow, found \(found)"
    case .closed: "the journal is closed after an earlier failure"
    }
  }
}

/// Reads a journal's records in order, segment by segment, in bounded memory; can follow one that is still being written.
public struct JournalReader: ~Copyable {
  public let directory: String
  /// Number of the next record to be read.
  public private(set) var nextSequence: UInt64
  private var segment: UInt64?
  private var file: Int32 = -1
  private var buffer: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 1 << 18)
  private var offset = 0
  private var fileOffset = 0

  /// First record numbers of the segments in `directory`, ascending.
  public static func segments(in directory: String) throws(JournalError) -> [UInt64] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
      throw .io(path: directory, operation: "list", code: errno)
    }
    return names.compactMap(JournalFormat.firstSequence(segmentName:)).sorted()
  }

  /// Starts at `sequence`, or at the oldest record kept where that is later.
  public init(directory: String, from sequence: UInt64 = 1) throws(JournalError) {
    self.directory = directory
    nextSequence = sequence
    let segments = try Self.segments(in: directory)
    guard let start = segments.last(where: { $0 <= max(sequence, 1) }) ?? segments.first else { return }
    nextSequence = start
    try open(start)
    while nextSequence < sequence, try next() != nil {}
  }

  deinit { if file >= 0 { close(file) } }

  private mutating func open(_ first: UInt64) throws(JournalError) {
    let path = directory + "/" + JournalFormat.segmentName(first: first)
    let opened = Foundation.open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw .io(path: path, operation: "open", code: errno) }
    if file >= 0 { close(file) }
    file = opened
    segment = first
    buffer = []
    offset = 0
    fileOffset = 0
    try fill()
    guard let found = buffer.withUnsafeBytes({ JournalFormat.readSegmentHeader($0) }), found == first else {
      throw .notAJournal(path: path)
    }
    offset = JournalFormat.segmentHeaderSize
  }

  private var path: String { directory + "/" + JournalFormat.segmentName(first: segment ?? 0) }

  /// Reads on from the file; false where nothing more is there.
  @discardableResult
  private mutating func fill() throws(JournalError) -> Bool {
    if offset > 0 {
      buffer.removeFirst(offset)
      fileOffset += offset
      offset = 0
    }
    let got = chunk.withUnsafeMutableBytes { read(file, $0.baseAddress!, $0.count) }
    let code = errno
    if got > 0 { chunk.withUnsafeBufferPointer { buffer.append(contentsOf: UnsafeBufferPointer(rebasing: $0[..<got])) } }
    guard got >= 0 else { throw .io(path: path, operation: "read", code: code) }
    return got > 0
  }

  /// The next record, or nil at the end of what is complete: a torn or still growing tail ends the journal without complaint, while
  /// damage with records after it is thrown.
  public mutating func next() throws(JournalError) -> JournalRecord? {
    guard segment != nil else {
      guard let first = try Self.segments(in: directory).first else { return nil }
      if nextSequence < first { nextSequence = first }
      try open(first)
      return try next()
    }
    while true {
      switch buffer.withUnsafeBytes({ JournalFormat.parse($0, at: offset, expecting: nextSequence) }) {
      case .record(let record, let size):
        offset += size
        nextSequence += 1
        return record
      case .incomplete:
        if try fill() { continue }
        return try advance() ? try next() : nil
      case .damaged:
        // A tail that was being written when the machine stopped may hold anything; a sound record behind it means damage.
        let successors = try Self.segments(in: directory).filter { $0 > segment! }
        guard successors.isEmpty, try !soundRecordFollows() else {
          throw .damaged(path: path, offset: fileOffset + offset, sequence: nextSequence)
        }
        return nil
      }
    }
  }

  /// Goes to the segment that continues this one.
  private mutating func advance() throws(JournalError) -> Bool {
    let later = try Self.segments(in: directory).filter { $0 > segment! }
    guard let first = later.first else { return false }
    // Bytes left over before another segment are a torn tail cut off at recovery, or damage.
    guard buffer.count == offset else { throw .damaged(path: path, offset: fileOffset + offset, sequence: nextSequence) }
    guard first == nextSequence else { throw .gap(path: path, expected: nextSequence, found: first) }
    try open(first)
    return true
  }

  /// Whether a record with a matching checksum and one of the next thousand numbers lies anywhere behind the damaged one.
  private mutating func soundRecordFollows() throws(JournalError) -> Bool {
    while try fill() {}
    let expected = nextSequence
    return buffer.withUnsafeBytes { bytes in
      guard bytes.count >= JournalFormat.recordHeaderSize else { return false }
      for start in 1...max(1, bytes.count - JournalFormat.recordHeaderSize) where start + JournalFormat.recordHeaderSize <= bytes.count {
        let sequence = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self))
        guard sequence > expected, sequence <= expected + 1000 else { continue }
        if case .record = JournalFormat.parse(bytes, at: start, expecting: sequence) { return true }
      }
      return false
    }
  }

  /// Bytes of sound records in the last segment read, header included: where a writer may go on.
  var soundLength: Int { fileOffset + offset }
  var lastSegment: UInt64? { segment }
}
