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

  public func log(event: LogEvent) {
    var text = "{\"time\":\(LiveClock.wall.milliseconds),\"level\":\"\(event.level.rawValue)\",\"label\":\(LiveHub.quoted(label))"
    text += ",\"message\":\(LiveHub.quoted(event.message.description))"
    if let error = event.error { text += ",\"error\":\(LiveHub.quoted("\(error)"))" }
    let all = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
    for (key, value) in all.sorted(by: { $0.key < $1.key }) { text += ",\(LiveHub.quoted(key)):\(LiveHub.quoted(value.description))" }
    FileHandle.standardError.write(Data((text + "}\n").utf8))
  }
}
