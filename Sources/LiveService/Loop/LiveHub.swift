import ControlLoop
import Foundation
import NIOCore
import TrafficModel

/// What onlookers see: the present snapshot, and a stream of what changes, encoded once for all of them.
public final class LiveHub: @unchecked Sendable {
  private let lock = NSLock()
  private var current: LiveSnapshot?
  private var parts: [String] = []
  private var detectorParts: [String] = []
  private var standing: [String: StandingAlarm] = [:]
  private var subscribers: [UInt64: AsyncStream<ByteBuffer>.Continuation] = [:]
  private var nextSubscriber: UInt64 = 0
  /// Viewers beyond this are refused.
  public let viewerLimit = 500

  public init() {}

  /// An alarm that has been raised and not cleared.
  public struct StandingAlarm: Sendable {
    public var time: Instant
    public var alarm: LiveDecision.Alarm
  }

  /// Alarms in force, latest first.
  public var alarms: [StandingAlarm] {
    lock.lock()
    defer { lock.unlock() }
    return standing.sorted { ($1.value.time, $0.key) < ($0.value.time, $1.key) }.map(\.value)
  }

  /// Takes in what a decision raised and cleared.
  func note(_ alarms: [LiveDecision.Alarm], at time: Instant) {
    lock.lock()
    defer { lock.unlock() }
    for alarm in alarms { standing[alarm.condition] = alarm.raised ? StandingAlarm(time: time, alarm: alarm) : nil }
  }

  /// A new run raises anew what still holds.
  func forgetAlarms() {
    lock.lock()
    defer { lock.unlock() }
    standing = [:]
  }

  public var snapshot: LiveSnapshot? {
    lock.lock()
    defer { lock.unlock() }
    return current
  }

  public var viewerCount: Int {
    lock.lock()
    defer { lock.unlock() }
    return subscribers.count
  }

  /// Publishes a snapshot: every subscriber gets the signals and detectors that changed.
  public func publish(_ snapshot: LiveSnapshot) {
    let fresh = snapshot.signals.enumerated().map { Self.encode($1, $0) }
    let detectors = snapshot.detectorHealth.indices.map {
      "[\($0),\(snapshot.detectorHealth[$0]),\(snapshot.detectorOccupied[$0] ? 1 : 0)]"
    }
    lock.lock()
    defer { lock.unlock() }
    let changed = fresh.indices.filter { !parts.indices.contains($0) || parts[$0] != fresh[$0] }.map { fresh[$0] }
    let changedDetectors = detectors.indices.filter { !detectorParts.indices.contains($0) || detectorParts[$0] != detectors[$0] }
      .map { detectors[$0] }
    parts = fresh
    detectorParts = detectors
    current = snapshot
    guard !subscribers.isEmpty else { return }
    let event = Self.message(snapshot.time, changed, changedDetectors, isWhole: false)
    for continuation in subscribers.values { continuation.yield(event) }
  }

  /// A stream of server-sent events, the first of which is the whole picture; nil where there are too many viewers.
  public func subscribe() -> AsyncStream<ByteBuffer>? {
    lock.lock()
    defer { lock.unlock() }
    guard subscribers.count < viewerLimit else { return nil }
    let id = nextSubscriber
    nextSubscriber += 1
    // A viewer that cannot follow loses its connection rather than our memory, and begins anew with the whole picture.
    let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self, bufferingPolicy: .bufferingOldest(30))
    continuation.onTermination = { [weak self] _ in self?.remove(id) }
    if let current { continuation.yield(Self.message(current.time, parts, detectorParts, isWhole: true)) }
    subscribers[id] = continuation
    return stream
  }

  private func remove(_ id: UInt64) {
    lock.lock()
    defer { lock.unlock() }
    subscribers[id] = nil
  }

  /// Ends all streams.
  public func close() {
    lock.lock()
    let all = subscribers
    subscribers = [:]
    lock.unlock()
    for continuation in all.values { continuation.finish() }
  }

  private static func message(_ time: Instant, _ signals: [String], _ detectors: [String], isWhole: Bool) -> ByteBuffer {
    let text =
      "{\"time\":\(time.milliseconds),\"whole\":\(isWhole),\"signals\":[\(signals.joined(separator: ","))],\"detectors\":["
      + detectors.joined(separator: ",") + "]}"
    return ByteBuffer(string: "data: " + text + "\n\n")
  }

  private static func encode(_ signal: LiveSnapshot.Signal, _ index: Int) -> String {
    var text = "[\(index),\"\(signal.shown.description)\",\(signal.level.rawValue),\(signal.authority.rawValue),\(signal.stage),"
    text += signal.reachable ? "1," : "0,"
    text += "\(signal.orders.count),["
    for (k, lane) in signal.lanes.enumerated() {
      if k > 0 { text += "," }
      text += "\(Int(lane.queue.rounded()))"
    }
    text += "],\"\(signal.reason.key)\",["
    for (k, argument) in signal.reason.arguments.enumerated() {
      if k > 0 { text += "," }
      text += quoted(argument)
    }
    return text + "]]"
  }

  /// A string as JSON writes it.
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\u{2028}", "\u{2029}": out += " "
      case _ where scalar.value < 0x20: out += " "
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
