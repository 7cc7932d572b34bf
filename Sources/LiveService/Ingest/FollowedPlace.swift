import Foundation

/// How far a growing file has been taken in: which file it was, told by number and first bytes, and up to which byte.
struct FollowedPlace: Sendable, Codable, Equatable {
  /// Bytes by which a file is told from another that was given its number.
  static let headLength = 256

  var device: UInt64
  var number: UInt64
  /// The file's first bytes, as many as had been there.
  var head: [UInt8]
  /// Everything before this byte has been taken; always the begin of a line.
  var offset: Int64
  /// When the file was last written to, as far as it was seen [s since 1970].
  var written: Double

  /// Whether `status` and `head` are of the file it was, grown perhaps, but neither cut nor written anew.
  func isOf(_ status: stat, head present: [UInt8]) -> Bool {
    device == UInt64(status.st_dev) && number == UInt64(status.st_ino) && offset <= Int64(status.st_size) && present.starts(with: head)
  }

  /// First bytes of an open file.
  static func head(of file: Int32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: headLength)
    let got = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress!, $0.count, 0) }
    return Array(bytes.prefix(max(0, got)))
  }

  static func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 }
}

/// The places of all followed files, kept in the service's folder over a restart.
final class FollowedPlaces: @unchecked Sendable {
  private let path: String
  private let lock = NSLock()
  private var places: [String: FollowedPlace]

  /// What cannot be read counts as never taken: readings are numbered, so that nothing is counted twice.
  init(path: String) {
    self.path = path
    places = FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode([String: FollowedPlace].self, from: $0) } ?? [:]
  }

  subscript(file: String) -> FollowedPlace? {
    lock.lock()
    defer { lock.unlock() }
    return places[file]
  }

  /// Throws where the folder cannot be written.
  func keep(_ place: FollowedPlace, of file: String) throws {
    lock.lock()
    defer { lock.unlock() }
    guard places[file] != place else { return }
    places[file] = place
    try JSONEncoder().encode(places).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
