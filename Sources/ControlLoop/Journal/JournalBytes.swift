/// Writes the fields of a record, little-endian, in the order they are read back.
public struct ByteWriter: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  public mutating func put<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
  /// Bit pattern, so that NaN and signed zero come back as they were.
  public mutating func put(_ value: Double) { put(value.bitPattern) }
  public mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }
  /// Length in 16 bits, then UTF-8. Precondition: fewer than 65,536 bytes.
  public mutating func put(_ text: String) {
    var text = text
    text.withUTF8 {
      precondition($0.count <= Int(UInt16.max), "a field of \($0.count) bytes does not fit a journal record")
      put(UInt16($0.count))
      bytes.append(contentsOf: $0)
    }
  }
  /// Length in 32 bits, then the bytes.
  public mutating func put(_ block: [UInt8]) {
    put(UInt32(block.count))
    bytes.append(contentsOf: block)
  }
}

/// The record is shorter than its fields say, or holds a value no writer of this version writes.
public struct MalformedRecord: Error, Sendable, CustomStringConvertible {
  public var field: String
  public var offset: Int
  public init(field: String, offset: Int) {
    self.field = field
    self.offset = offset
  }
  public var description: String { "malformed \(field) at byte \(offset) of the record" }
}

/// Reads what ``ByteWriter`` wrote; refuses rather than crashes where the bytes end early.
public struct ByteReader: Sendable {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  public init(_ bytes: [UInt8]) { self.init(bytes[...]) }
  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  public var isAtEnd: Bool { position == bytes.endIndex }
  private func malformed(_ field: String) -> MalformedRecord { MalformedRecord(field: field, offset: position - bytes.startIndex) }

  public mutating func take<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(MalformedRecord) -> T {
    let size = MemoryLayout<T>.size
    guard bytes.endIndex - position >= size else { throw malformed("integer") }
    let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position - bytes.startIndex, as: T.self) }
    position += size
    return T(littleEndian: value)
  }
  public mutating func takeDouble() throws(MalformedRecord) -> Double { Double(bitPattern: try take()) }
  public mutating func takeBool() throws(MalformedRecord) -> Bool {
    let value: UInt8 = try take()
    guard value <= 1 else { throw malformed("flag") }
    return value == 1
  }
  public mutating func takeString() throws(MalformedRecord) -> String {
    let count = Int(try take(UInt16.self))
    guard bytes.endIndex - position >= count else { throw malformed("text") }
    defer { position += count }
    guard let text = String(validating: bytes[position..<position + count], as: UTF8.self) else { throw malformed("UTF-8") }
    return text
  }
  public mutating func takeBlock() throws(MalformedRecord) -> [UInt8] {
    let count = Int(try take(UInt32.self))
    guard bytes.endIndex - position >= count else { throw malformed("block") }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }
  /// A count of items that follow, each at least `minimumSize` bytes, so that a wild count cannot ask for the memory of a wild array.
  public mutating func takeCount(minimumSize: Int) throws(MalformedRecord) -> Int {
    let count = Int(try take(UInt32.self))
    guard count <= (bytes.endIndex - position) / max(1, minimumSize) else { throw malformed("count") }
    return count
  }
}
