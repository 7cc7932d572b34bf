import Foundation
import Logging
import TrafficModel

/// Log lines as JSON, one object each, for machines that gather them.
public struct JSONLines: LogHandler {
  public var logLevel = Logger.Level.info
  public var metadata: Logger.Metadata = [:]
  private let label: String

  public init(_ label: String) { self.label = label }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(
    level: Logger.Level, message: Logger.Message, metadata extra: Logger.Metadata?, source: String, file: String, function: String, line: UInt
  ) {
    var text = "{\"time\":\(LiveClock.wall.milliseconds),\"level\":\"\(level.rawValue)\",\"label\":\(LiveHub.quoted(label))"
    text += ",\"message\":\(LiveHub.quoted(message.description))"
    for (key, value) in metadata.merging(extra ?? [:], uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
      text += ",\(LiveHub.quoted(key)):\(LiveHub.quoted(value.description))"
    }
    FileHandle.standardError.write(Data((text + "}\n").utf8))
  }
}
