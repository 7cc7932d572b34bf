import CZlib

/// One entry of the journal.
public struct JournalRecord: Sendable, Hashable {
  /// Position in the whole journal, from 1, without gaps.
  public var sequence: UInt64
  /// What the payload is; the subject's codec knows (`ReadingBatch`, `TickRecord`, …).
  public var kind: UInt8
  /// Version of the payload's layout.
  public var schema: UInt8
  public var payload: [UInt8]

  public init(sequence: UInt64, kind: UInt8, schema: UInt8, payload: [UInt8]) {
    self.sequence = sequence
    self.kind = kind
    self.schema = schema
    self.payload = payload
  }
}

/// The bytes on disk.
///
/// A journal is a folder of segments named by the sequence number of their first record. A segment is a header of 24 bytes
/// (`GWJOURNL`, format version, two zero bytes, number of the first record, checksum) and then records: length of the payload,
/// CRC-32 of all that follows the checksum, sequence number, kind, schema, two zero bytes, payload; all little-endian. The sequence
/// number lies under the checksum, so that a block left over from an earlier file is never taken for a record.
enum JournalFormat {
  static let version: UInt16 = 1
  static let magic: [UInt8] = Array("GWJOURNL".utf8)
  static let segmentHeaderSize = 24
  static let recordHeaderSize = 20
  /// Longer payloads are taken for damage.
  static let largestPayload = 64 << 20

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let base = bytes.baseAddress else { return 0 }
    return UInt32(truncatingIfNeeded: crc32(0, base.assumingMemoryBound(to: UInt8.self), UInt32(bytes.count)))
  }

  static func segmentName(first: UInt64) -> String {
    let digits = String(first)
    return String(repeating: "0", count: 20 - digits.count) + digits + ".journal"
  }

  static func firstSequence(segmentName: String) -> UInt64? {
    guard segmentName.hasSuffix(".journal"), segmentName.utf8.count == 28 else { return nil }
    return UInt64(segmentName.prefix(20))
  }

  static func segmentHeader(first: UInt64) -> [UInt8] {
    var writer = ByteWriter(capacity: segmentHeaderSize)
    for byte in magic { writer.put(byte) }
    writer.put(version)
    writer.put(UInt16(0))
    writer.put(first)
    let sum = writer.bytes.withUnsafeBytes { checksum($0) }
    writer.put(sum)
    return writer.bytes
  }

  /// The number of the first record, or nil where these are not the first bytes of a segment of this version.
  static func readSegmentHeader(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
    guard bytes.count >= segmentHeaderSize else { return nil }
    let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
    guard bytes.prefix(8).elementsEqual(magic), checksum(UnsafeRawBufferPointer(rebasing: bytes[..<20])) == stored,
      UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)) == version
    else { return nil }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt64.self))
  }

  static func append(sequence: UInt64, kind: UInt8, schema: UInt8, payload: UnsafeRawBufferPointer, to buffer: inout [UInt8]) {
    precondition(payload.count <= largestPayload, "a journal record of \(payload.count) bytes")
    let start = buffer.count
    func put<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.littleEndian) { buffer.append(contentsOf: $0) } }
    put(UInt32(payload.count))
    put(UInt32(0))
    put(sequence)
    put(kind)
    put(schema)
    put(UInt16(0))
    buffer.append(contentsOf: payload)
    buffer.withUnsafeMutableBytes { all in
      let sum = checksum(UnsafeRawBufferPointer(rebasing: all[(start + 8)...]))
      all.storeBytes(of: sum.littleEndian, toByteOffset: start + 4, as: UInt32.self)
    }
  }

  enum Parsed {
    case record(JournalRecord, size: Int)
    /// The bytes end before the record does.
    case incomplete
    case damaged
  }

  static func parse(_ bytes: UnsafeRawBufferPointer, at offset: Int, expecting sequence: UInt64) -> Parsed {
    let available = bytes.count - offset
    guard available >= recordHeaderSize else { return .incomplete }
    let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    guard length <= largestPayload else { return .damaged }
    guard available >= recordHeaderSize + length else { return .incomplete }
    let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
    let body = UnsafeRawBufferPointer(rebasing: bytes[(offset + 8)..<(offset + recordHeaderSize + length)])
    guard checksum(body) == sum, UInt64(littleEndian: body.loadUnaligned(fromByteOffset: 0, as: UInt64.self)) == sequence else {
      return .damaged
    }
    let record = JournalRecord(sequence: sequence, kind: body[8], schema: body[9], payload: Array(body[12...]))
    return .record(record, size: recordHeaderSize + length)
  }
}
