import Foundation
import TrafficModel

/// Fingerprint of input files: over their bytes as they lie on the disk, one after the other.
package struct FileDigest {
  private var hash = SHA256()

  package init() {}

  package mutating func add(_ path: String) {
    guard let file = fopen(path, "rb") else { return }
    defer { fclose(file) }
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let got = fread(&chunk, 1, chunk.count, file)
      if got == 0 { return }
      chunk.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
    }
  }

  /// 64 hexadecimal digits.
  package mutating func finish() -> String { hash.finalize() }
}
