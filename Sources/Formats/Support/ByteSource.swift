import CZlib
import Foundation
import TrafficModel

/// A file's bytes in order, unpacked on the way where it is gzip. zlib passes plain files through unchanged.
package struct ByteSource: ~Copyable {
  private let file: gzFile
  private let path: String

  /// Throws a problem marked as missing input where the file cannot be opened.
  package init(path: String) throws(InputProblem) {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard exists, !isFolder.boolValue, let file = gzopen(path, "rb") else {
      throw InputProblem(
        file: path, expected: "a readable file", found: isFolder.boolValue ? "a folder" : exists ? "one that cannot be opened" : "nothing",
        advice: "check the path", isMissingInput: true)
    }
    gzbuffer(file, 1 << 17)
    self.file = file
    self.path = path
  }

  /// Fills at most `capacity` bytes; 0 at the end.
  package mutating func read(into target: UnsafeMutablePointer<UInt8>, capacity: Int) throws(InputProblem) -> Int {
    let got = gzread(file, target, UInt32(min(capacity, 1 << 30)))
    guard got >= 0 else {
      throw InputProblem(file: path, expected: "a whole gzip stream", found: "damaged or truncated data", advice: "copy the file again")
    }
    if got == 0 {
      var code: Int32 = 0
      _ = gzerror(file, &code)
      guard code == Z_OK || code == Z_STREAM_END else {
        throw InputProblem(file: path, expected: "a whole gzip stream", found: "truncated data", advice: "copy the file again")
      }
    }
    return Int(got)
  }

  deinit { gzclose(file) }
}
