import ControlLoop
import Foundation
import TrafficModel

/// The last quarter of an hour of each signal, kept in memory for diagrams: what it showed and when vehicles came.
public final class LiveHistory: @unchecked Sendable {
  public struct Change: Sendable, Codable, Hashable {
    public var time: Instant
    public var shown: SignalState
  }
  public struct Arrival: Sendable, Codable, Hashable {
    public var time: Instant
    public var approach: Int
  }
  public struct Record: Sendable, Codable, Hashable {
    public var changes: [Change] = []
    public var arrivals: [Arrival] = []
  }

  private let lock = NSLock()
  private var records: [Record]
  private let span: TimeAmount
  private let limit = 4000

  public init(signals: Int, span: TimeAmount = .minutes(15)) {
    records = [Record](repeating: Record(), count: signals)
    self.span = span
  }

  func note(_ entries: [LiveDecision.Entry], at time: Instant) {
    lock.lock()
    defer { lock.unlock() }
    for entry in entries where records.indices.contains(entry.signal) && records[entry.signal].changes.last?.shown != entry.shown {
      records[entry.signal].changes.append(Change(time: time, shown: entry.shown))
      trim(entry.signal, time)
    }
  }

  func note(arrivalAt signal: Int, approach: Int, time: Instant) {
    lock.lock()
    defer { lock.unlock() }
    guard records.indices.contains(signal) else { return }
    records[signal].arrivals.append(Arrival(time: time, approach: approach))
    if records[signal].arrivals.count > limit { records[signal].arrivals.removeFirst(limit / 4) }
  }

  private func trim(_ signal: Int, _ now: Instant) {
    // The last change before the span is kept: it tells what was shown at its beginning.
    while records[signal].changes.count > 1, now - records[signal].changes[1].time > span { records[signal].changes.removeFirst() }
    if let first = records[signal].arrivals.first, now - first.time > span + .minutes(1) {
      records[signal].arrivals.removeAll { now - $0.time > span }
    }
  }

  public subscript(_ signal: Int) -> Record {
    lock.lock()
    defer { lock.unlock() }
    return records.indices.contains(signal) ? records[signal] : Record()
  }
}
