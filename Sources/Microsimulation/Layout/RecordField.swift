/// One field of records that lie one behind the other, addressed like a column.
///
/// What is read together lies together: neighbours on a lane are no neighbours among the slots, nor the connections of a way among the
/// connections, so that a column a field would cost a cache miss a field.
struct RecordField<T: BitwiseCopyable, Layout: RecordLayout>: @unchecked Sendable {
  let first: UnsafeMutableRawPointer

  @inline(__always)
  subscript(_ k: Int) -> T {
    get { (first + k &* Layout.stride).assumingMemoryBound(to: T.self).pointee }
    nonmutating set { (first + k &* Layout.stride).assumingMemoryBound(to: T.self).pointee = newValue }
  }
}

/// One bit of a byte of the records.
struct RecordFlag<Layout: RecordLayout>: @unchecked Sendable {
  let first: UnsafeMutableRawPointer
  let mask: UInt8

  @inline(__always)
  subscript(_ k: Int) -> Bool {
    get { (first + k &* Layout.stride).assumingMemoryBound(to: UInt8.self).pointee & mask != 0 }
    nonmutating set {
      let byte = (first + k &* Layout.stride).assumingMemoryBound(to: UInt8.self)
      byte.pointee = newValue ? byte.pointee | mask : byte.pointee & ~mask
    }
  }
}

/// How long records of one kind are [bytes]: whole cache lines.
protocol RecordLayout {
  static var stride: Int { get }
}

/// Hands out the fields of one kind of record, one behind the other.
struct RecordFields<Layout: RecordLayout> {
  let base: UnsafeMutableRawPointer
  private var offset = 0

  init(_ arena: Arena, count: Int) { base = arena.lines(count: max(count, 1), stride: Layout.stride) }

  mutating func field<T>(_ type: T.Type = T.self) -> RecordField<T, Layout> { RecordField(first: take(MemoryLayout<T>.size)) }

  mutating func field<T>(_ values: [T]) -> RecordField<T, Layout> {
    let field = self.field(T.self)
    for (k, value) in values.enumerated() { field[k] = value }
    return field
  }

  private mutating func take(_ size: Int) -> UnsafeMutableRawPointer {
    offset = (offset + size - 1) / size * size
    defer { offset += size }
    precondition(offset + size <= Layout.stride, "the record is full: \(offset) + \(size) bytes")
    return base + offset
  }
}
