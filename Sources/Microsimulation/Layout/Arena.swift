#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Owns the memory of a set of columns.
///
/// Columns hold trivial values only and start as zero bytes. Large ones come straight from the kernel, so a column sized for a whole day's
/// demand costs real memory only where vehicles have actually been.
final class Arena: @unchecked Sendable {
  private var blocks: [UnsafeMutableRawPointer] = []
  /// Where each column begins in its block.
  private var starts: [UnsafeMutableRawPointer] = []
  /// Each column's bytes in all.
  private var sizes: [Int] = []

  deinit {
    for block in blocks { free(block) }
  }

  /// A zeroed column of `count` values.
  func column<T: BitwiseCopyable>(_ type: T.Type = T.self, count: Int) -> UnsafeMutablePointer<T> {
    let raw = calloc(max(count, 1), MemoryLayout<T>.stride)
    guard let raw else { fatalError("out of memory: \(count) values of \(T.self)") }
    blocks.append(raw)
    starts.append(raw)
    sizes.append(count * MemoryLayout<T>.stride)
    return raw.bindMemory(to: T.self, capacity: max(count, 1))
  }

  /// A zeroed column that knows its length.
  func buffer<T: BitwiseCopyable>(count: Int) -> UnsafeMutableBufferPointer<T> {
    UnsafeMutableBufferPointer(start: column(count: count), count: count)
  }

  /// Zeroed records of `stride` bytes that begin where a cache line begins.
  func lines(count: Int, stride: Int) -> UnsafeMutableRawPointer {
    let line = 64
    guard let raw = calloc(count * stride + line, 1) else { fatalError("out of memory: \(count) records of \(stride) bytes") }
    let start = raw + (line - Int(bitPattern: raw) % line) % line
    blocks.append(raw)
    starts.append(start)
    sizes.append(count * stride)
    return start
  }

  /// A column of `count` copies of `value`.
  func column<T: BitwiseCopyable>(count: Int, repeating value: T) -> UnsafeMutablePointer<T> {
    let pointer = column(T.self, count: count)
    pointer.update(repeating: value, count: max(count, 1))
    return pointer
  }

  /// A column holding a copy of `values`.
  func column<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let pointer = column(T.self, count: values.count)
    values.withUnsafeBufferPointer { buffer in
      if let base = buffer.baseAddress { pointer.update(from: base, count: buffer.count) }
    }
    return pointer
  }

  /// Writes the first `part` of every `whole` bytes of each column: all of it, or the slots in use.
  func save(into writer: inout StateWriter, part: Int = 1, whole: Int = 1) {
    for (block, size) in zip(starts, sizes) {
      writer.put(block.assumingMemoryBound(to: UInt8.self), count: size / whole * part)
    }
  }

  func restore(from reader: inout StateReader, part: Int = 1, whole: Int = 1) {
    for (block, size) in zip(starts, sizes) {
      reader.get(into: block.assumingMemoryBound(to: UInt8.self), count: size / whole * part)
    }
  }

  /// Puts the slots of columns that hold `whole` slots each in a new order: slot `order[k]` becomes slot `k`.
  func permute(_ order: [Int32], whole: Int) {
    let most = sizes.map { $0 / whole }.max() ?? 0
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(order.count * most, 1), alignment: 64)
    defer { copy.deallocate() }
    for (start, size) in zip(starts, sizes) {
      let stride = size / whole
      for (k, slot) in order.enumerated() { (copy + k * stride).copyMemory(from: start + Int(slot) * stride, byteCount: stride) }
      start.copyMemory(from: copy, byteCount: order.count * stride)
    }
  }
}
