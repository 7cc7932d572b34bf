import Foundation

/// Where tests find real networks, logs and oracles that are not part of this repository.
public enum SharedData {
  /// The first of `GREENWAVE_SHARED` and `../shared` beside the package that exists, or nil: tests then skip with a message.
  public static let root: URL? = {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let candidates = [
      ProcessInfo.processInfo.environment["GREENWAVE_SHARED"].map { URL(fileURLWithPath: $0) },
      package.deletingLastPathComponent().appendingPathComponent("shared"),
    ]
    return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  /// A file or folder below the shared root, or nil where it is absent.
  public static func url(_ path: String) -> URL? {
    guard let url = root?.appendingPathComponent(path), FileManager.default.fileExists(atPath: url.path) else { return nil }
    return url
  }

  /// Whether `path` exists below the shared root; for `.enabled(if:)` traits.
  public static func has(_ path: String) -> Bool { url(path) != nil }
}
