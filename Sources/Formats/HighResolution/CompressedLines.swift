import CZlib
import TrafficModel

/// How reading a byte stream ended.
public enum StreamEnd: Sendable, Hashable {
  case complete
  /// A compressed file stops before its end, or its checksum is wrong: what could be unpacked was used.
  case truncated(String)
}

/// Reads a file, gzipped or plain, in large blocks and hands on whole lines; memory stays at one block whatever the size.
enum CompressedLines {
  static let blockSize = 1 << 20

  /// Calls `body` with runs of whole lines (each ended by `\n`; the last one may lack it) and the number of the first line of the run.
  ///
  /// Throws ``InputProblem`` where the file cannot be opened; damage further on is returned, not thrown.
  static func read(
    path: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws -> StreamEnd {
    guard let file = gzopen(path, "rb") else {
      throw InputProblem(file: path, expected: "a readable file", advice: "check the path and its permissions", isMissingInput: true)
    }
    defer { gzclose(file) }
    gzbuffer(file, 1 << 18)
    let capacity = blockSize + (1 << 16)
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    defer { buffer.deallocate() }
    var kept = 0
    var end = StreamEnd.complete
    while true {
      let got = Int(gzread(file, buffer + kept, UInt32(min(blockSize, capacity - kept))))
      if got <= 0 {
        var status: Int32 = 0
        let text = gzerror(file, &status)
        if got < 0 || (status != Z_OK && status != Z_STREAM_END) {
          end = .truncated(text.map { String(cString: $0) } ?? "zlib error \(status)")
        }
        break
      }
      let filled = kept + got
      // Hand on up to the last line feed; what follows waits for the next block. A line longer than the buffer is handed on in pieces.
      var cut = filled
      while cut > 0, buffer[cut - 1] != 0x0A { cut -= 1 }
      if cut == 0, filled >= capacity - 1 { cut = filled }
      if cut > 0 { try body(UnsafeBufferPointer(start: buffer, count: cut)) }
      kept = filled - cut
      if kept > 0, cut > 0 { (buffer).update(from: buffer + cut, count: kept) }
    }
    if kept > 0 { try body(UnsafeBufferPointer(start: buffer, count: kept)) }
    // A cut stream may end on a full block without an error from the last read; zlib knows when asked again.
    if end == .complete {
      var status: Int32 = 0
      let text = gzerror(file, &status)
      if status == Z_BUF_ERROR || status == Z_DATA_ERROR { end = .truncated(text.map { String(cString: $0) } ?? "unexpected end of file") }
    }
    return end
  }
}
