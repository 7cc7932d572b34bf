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
    sizes.append(count * MemoryLayout<T>.stride)
    return raw.bindMemory(to: T.self, capacity: max(count, 1))
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
    for (block, size) in zip(blocks, sizes) {
      writer.put(block.assumingMemoryBound(to: UInt8.self), count: size / whole * part)
    }
  }

  func restore(from reader: inout StateReader, part: Int = 1, whole: Int = 1) {
    for (block, size) in zip(blocks, sizes) {
      reader.get(into: block.assumingMemoryBound(to: UInt8.self), count: size / whole * part)
    }
  }
}
