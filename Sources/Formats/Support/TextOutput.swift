import CZlib
import Foundation

/// An output could not be written.
public struct OutputProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public var file: String
  public var reason: String

  public init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }

  public var description: String { "\(file): \(reason)" }
}

/// A text file that appears whole or not at all: written beside its place and moved there when it is complete. Packed where the
/// name ends in `.gz`. A pipe or a device (`/dev/null`) is written to as it stands, since a move would take its place.
public struct TextOutput: ~Copyable {
  private let path: String
  private let partial: String
  private let file: gzFile
  private var buffer: [UInt8] = []
  private var isCommitted = false
  private var hasFailed = false

  public init(path: String) throws(OutputProblem) {
    self.path = path
    var status = stat()
    let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG && status.st_mode & S_IFMT != S_IFDIR
    partial = isSpecial ? path : path + ".part"
    // Mode T: zlib writes the bytes as they are.
    guard let file = gzopen(partial, path.hasSuffix(".gz") ? "wb6" : "wbT") else {
      throw OutputProblem(file: path, reason: "cannot be created: " + String(cString: strerror(errno)))
    }
    self.file = file
    buffer.reserveCapacity(1 << 16)
  }

  public mutating func write(_ text: String) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= 1 << 16 { flush() }
  }

  /// Lets `fill` put bytes behind those written so far.
  mutating func append(_ fill: (inout [UInt8]) -> Void) {
    fill(&buffer)
    if buffer.count >= 1 << 16 { flush() }
  }

  private mutating func flush() {
    guard !buffer.isEmpty, !hasFailed else { return }
    let written = buffer.withUnsafeBytes { gzwrite(file, $0.baseAddress!, UInt32($0.count)) }
    if Int(written) != buffer.count { hasFailed = true }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Ends the file and moves it to its place.
  public consuming func commit() throws(OutputProblem) {
    flush()
    isCommitted = true
    let closed = gzclose(file)
    guard !hasFailed, closed == Z_OK else {
      removePartial()
      throw OutputProblem(file: path, reason: "cannot be written: " + String(cString: strerror(errno)))
    }
    guard partial != path else { return }
    guard rename(partial, path) == 0 else {
      let reason = String(cString: strerror(errno))
      removePartial()
      throw OutputProblem(file: path, reason: "cannot be moved to its place: " + reason)
    }
  }

  deinit {
    guard !isCommitted else { return }
    gzclose(file)
    removePartial()
  }

  private borrowing func removePartial() {
    if partial != path { unlink(partial) }
  }

  /// Writes a whole file in one go.
  public static func write(_ text: String, to path: String) throws(OutputProblem) {
    var output = try TextOutput(path: path)
    output.write(text)
    try output.commit()
  }
}
