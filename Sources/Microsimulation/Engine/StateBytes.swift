/// The bytes of a saved run, written in order.
struct StateWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put<T: BitwiseCopyable>(_ value: T) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  mutating func put<T: BitwiseCopyable>(_ pointer: UnsafeMutablePointer<T>, count: Int) {
    bytes.append(contentsOf: UnsafeRawBufferPointer(start: pointer, count: count * MemoryLayout<T>.stride))
  }

  mutating func put<T: BitwiseCopyable>(_ values: [T]) {
    put(values.count)
    values.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }
}

/// Reads what ``StateWriter`` wrote. Running out of bytes is noted, not trapped: a file may have been cut.
struct StateReader {
  let bytes: [UInt8]
  private(set) var at = 0
  private(set) var isShort = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func get<T: BitwiseCopyable>(_ type: T.Type = T.self, or fallback: T) -> T {
    let size = MemoryLayout<T>.size
    guard at + size <= bytes.count else {
      isShort = true
      return fallback
    }
    defer { at += size }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: T.self) }
  }

  mutating func get<T: BitwiseCopyable>(into pointer: UnsafeMutablePointer<T>, count: Int) {
    let size = count * MemoryLayout<T>.stride
    guard count >= 0, at + size <= bytes.count else {
      isShort = true
      return
    }
    bytes.withUnsafeBytes { source in
      if size > 0 { UnsafeMutableRawPointer(pointer).copyMemory(from: source.baseAddress! + at, byteCount: size) }
    }
    at += size
  }

  mutating func array<T: BitwiseCopyable>(of type: T.Type) -> [T] {
    let count = get(Int.self, or: 0)
    let stride = MemoryLayout<T>.stride
    guard count >= 0, count <= (bytes.count - at) / max(stride, 1) else {
      isShort = true
      return []
    }
    defer { at += count * stride }
    return [T](unsafeUninitializedCapacity: count) { buffer, filled in
      bytes.withUnsafeBytes { source in
        if count > 0 {
          UnsafeMutableRawPointer(buffer.baseAddress!).copyMemory(from: source.baseAddress! + at, byteCount: count * stride)
        }
      }
      filled = count
    }
  }
}
