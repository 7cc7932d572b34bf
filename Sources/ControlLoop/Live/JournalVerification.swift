import Foundation
import TrafficModel

/// What came of replaying a live journal.
public struct JournalVerification: Sendable, Hashable, Codable {
  public struct Difference: Sendable, Hashable, Codable {
    /// Record of the journal that the replay does not reproduce.
    public var record: UInt64
    public var time: Instant
    public var recordedBytes: Int
    public var replayedBytes: Int
    public var expected: String
  }
  public var records: UInt64 = 0
  public var starts = 0
  public var readings = 0
  public var ticks = 0
  public var events = 0
  /// Decisions and measures that came out byte for byte as they were recorded.
  public var reproduced = 0
  /// Outputs of a tick that never reached the disk: the engine was stopped in between.
  public var unwritten = 0
  public var differences: [Difference] = []
  public var begin: Instant?
  public var end: Instant?
  public var isReproduced: Bool { differences.isEmpty }
}

/// Runs the recorded inputs through a new engine and compares every decision with the recorded one, byte for byte.
///
/// Stops collecting after a hundred differences. Throws ``JournalError`` where the journal cannot be read, ``MalformedRecord`` where a
/// record does not hold what its kind says.
public func verifyJournal(at directory: String) throws -> JournalVerification {
  var reader = try JournalReader(directory: directory)
  var result = JournalVerification()
  var engine: LiveEngine?
  var awaited: [(kind: LiveRecordKind, payload: [UInt8])] = []
  let decoder = JSONDecoder()
  while let record = try reader.next() {
    result.records += 1
    guard let kind = LiveRecordKind(rawValue: record.kind) else { throw MalformedRecord(field: "record kind \(record.kind)", offset: 0) }
    switch kind {
    case .start:
      result.unwritten += awaited.count
      awaited = []
      let start = try decoder.decode(LiveStart.self, from: Data(record.payload))
      engine = try LiveEngine(start)
      result.starts += 1
      if result.begin == nil { result.begin = start.time }
    case .readings:
      let batch = try ReadingBatch.decode(record.payload)
      result.readings += batch.readings.count
      for reading in batch.readings { engine?.take(reading) }
    case .event:
      engine?.take(try decoder.decode(LiveEvent.self, from: Data(record.payload)))
      result.events += 1
    case .tick:
      guard engine != nil else { continue }
      var fields = ByteReader(record.payload)
      let time = Instant(milliseconds: try fields.take())
      for (kind, _) in awaited { note(&result, record, time, 0, 0, "\(kind)") }
      let outcome = engine!.tick(time)
      awaited = [(.decision, outcome.decision.encoded())]
      if let measures = outcome.measures { awaited.append((.measures, measures.encoded())) }
      result.ticks += 1
      result.end = time
    case .decision, .measures:
      guard let now = engine?.now else { continue }
      guard let expected = awaited.first, expected.kind == kind, expected.payload == record.payload else {
        note(&result, record, now, record.payload.count, awaited.first?.payload.count ?? 0, awaited.first.map { "\($0.kind)" } ?? "nothing")
        if !awaited.isEmpty { awaited.removeFirst() }
        continue
      }
      awaited.removeFirst()
      result.reproduced += 1
    case .checkpoint: _ = try LiveCheckpoint(decoding: record.payload)
    }
    if result.differences.count >= 100 { break }
  }
  result.unwritten += awaited.count
  return result
}

private func note(
  _ result: inout JournalVerification, _ record: JournalRecord, _ time: Instant, _ recorded: Int, _ replayed: Int, _ expected: String
) {
  result.differences.append(
    JournalVerification.Difference(
      record: record.sequence, time: time, recordedBytes: recorded, replayedBytes: replayed, expected: expected))
}
