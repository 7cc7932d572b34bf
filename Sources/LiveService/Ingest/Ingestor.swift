import ControlLoop
import Foundation
import TrafficModel

/// The one door through which anything reaches the engine: it numbers, weeds out what came before, and writes to the journal.
///
/// Order in the journal and order in the engine's inbox are the same, because both happen under one lock; a sender is answered only
/// when the disk has it.
public final class Ingestor: @unchecked Sendable {
  /// What came in since the last tick, in the journal's order.
  public enum Input: Sendable {
    case readings([Reading])
    case event(LiveEvent)
  }

  public struct Receipt: Sendable, Hashable, Codable {
    public var accepted: Int
    public var duplicates: Int
    public var refused: [FieldProblem]
  }

  public enum Refusal: Error, Sendable {
    /// Nothing of the batch was taken.
    case poisoned([FieldProblem])
    /// The inbox is full: the engine has stopped taking.
    case overloaded
    case unavailable(String)
  }

  public let journal: JournalWriter
  private let lock = NSLock()
  private var checkpoint: LiveCheckpoint
  private var inbox: [Input] = []
  private var inboxReadings = 0
  private let inboxLimit: Int
  private var isBroken = false
  /// Whether a run has begun: before it has, nobody knows whose readings they are.
  private var hasBegun: Bool
  private(set) var takenReadings: UInt64 = 0
  private(set) var duplicateReadings: UInt64 = 0

  /// `waits`: readings are refused until a run has been recorded.
  public init(
    journal: JournalWriter, checkpoint: LiveCheckpoint = LiveCheckpoint(), inboxLimit: Int = 2_000_000, waits: Bool = false
  ) {
    self.journal = journal
    hasBegun = !waits
    self.checkpoint = checkpoint
    self.inboxLimit = inboxLimit
  }

  /// Opens the journal in `directory` and recovers from its last segment what must be remembered.
  public static func open(directory: String, settings: JournalSettings = JournalSettings(), waits: Bool = false) throws -> Ingestor {
    var checkpoint = LiveCheckpoint()
    let journal = try JournalWriter(directory: directory, settings: settings) { record in
      switch LiveRecordKind(rawValue: record.kind) {
      case .checkpoint: checkpoint = try LiveCheckpoint(decoding: record.payload)
      case .readings:
        for reading in try ReadingBatch.decode(record.payload).readings { _ = checkpoint.ledger.take(reading.sequence, of: reading.source) }
      case .event: checkpoint.keep(try JSONDecoder().decode(LiveEvent.self, from: Data(record.payload)))
      default: break
      }
    }
    return Ingestor(journal: journal, checkpoint: checkpoint, waits: waits)
  }

  /// Puts new readings into the journal without waiting for the disk; returns the receipt and the record to wait for.
  ///
  /// Throws ``Refusal/poisoned(_:)`` where a record is bad and the sender did not ask for partial acceptance.
  public func stage(_ parsed: ReadingParser.Parsed, received: Instant) throws -> (Receipt, through: UInt64) {
    if !parsed.problems.isEmpty && !parsed.isPartial { throw Refusal.poisoned(parsed.problems) }
    lock.lock()
    defer { lock.unlock() }
    guard hasBegun else { throw Refusal.unavailable("the engine is starting") }
    guard inboxReadings < inboxLimit else { throw Refusal.overloaded }
    // Before anything is taken into the ledger: a checkpoint must not claim readings whose record is still to come.
    try rotateWhereFull()
    var receipt = Receipt(accepted: 0, duplicates: 0, refused: parsed.problems)
    var fresh: [Reading] = []
    fresh.reserveCapacity(parsed.readings.count)
    for (position, reading) in parsed.readings.enumerated() {
      switch checkpoint.ledger.take(reading.sequence, of: reading.source) {
      case .new: fresh.append(reading)
      case .duplicate: receipt.duplicates += 1
      case .tooManySources:
        receipt.refused.append(
          FieldProblem(
            index: parsed.indices[position], field: "source", value: reading.source,
            rule: "one of at most \(SourceLedger.sourceLimit) sources"))
      }
    }
    receipt.accepted = fresh.count
    takenReadings += UInt64(fresh.count)
    duplicateReadings += UInt64(receipt.duplicates)
    // A duplicate may belong to a batch that is still on its way to the disk: its sender waits for that too.
    guard !fresh.isEmpty else { return (receipt, journal.appended) }
    let through = try append(.readings, ReadingBatch.encode(fresh, received: received))
    inbox.append(.readings(fresh))
    inboxReadings += fresh.count
    return (receipt, through)
  }

  /// Takes in readings and returns once they are on the disk.
  public func accept(_ parsed: ReadingParser.Parsed, received: Instant) async throws -> Receipt {
    let (receipt, through) = try stage(parsed, received: received)
    do { try await journal.commit(through: through) } catch { throw Refusal.unavailable("\(error)") }
    return receipt
  }

  /// Records an event and hands it to the engine; returns its record's number.
  @discardableResult
  public func record(_ event: LiveEvent) throws -> UInt64 {
    let payload = [UInt8](try Self.encoder.encode(event))
    lock.lock()
    defer { lock.unlock() }
    try rotateWhereFull()
    let sequence = try append(.event, payload)
    checkpoint.keep(event)
    inbox.append(.event(event))
    return sequence
  }

  /// Orders and plans in force at `now`.
  public func standing(at now: Instant) -> [LiveEvent] {
    lock.lock()
    defer { lock.unlock() }
    checkpoint.expire(at: now)
    return checkpoint.standing
  }

  /// Records the begin of a run.
  public func record(_ start: LiveStart) throws {
    let payload = [UInt8](try Self.encoder.encode(start))
    lock.lock()
    defer { lock.unlock() }
    inbox = []
    inboxReadings = 0
    // Each run begins a segment, so that all before it can be let go.
    try rotateWhereFull(orAlways: journal.appended > 0)
    try append(.start, payload)
    hasBegun = true
  }

  /// Whether readings are taken yet.
  public var isOpen: Bool {
    lock.lock()
    defer { lock.unlock() }
    return hasBegun
  }

  /// Records a tick and takes what came in before it.
  public func tick(_ time: Instant) throws -> [Input] {
    var writer = ByteWriter(capacity: 8)
    writer.put(time.milliseconds)
    lock.lock()
    defer { lock.unlock() }
    try rotateWhereFull()
    try append(.tick, writer.bytes)
    let taken = inbox
    inbox = []
    inboxReadings = 0
    return taken
  }

  /// Records an output of the engine.
  @discardableResult
  public func record(output kind: LiveRecordKind, _ payload: [UInt8]) throws -> UInt64 {
    lock.lock()
    defer { lock.unlock() }
    try rotateWhereFull()
    return try append(kind, payload)
  }

  private func rotateWhereFull(orAlways isForced: Bool = false) throws {
    guard !isBroken else { throw Refusal.unavailable("the journal cannot be written") }
    guard isForced || journal.isSegmentFull else { return }
    do { try journal.rotate(checkpoint: LiveRecordKind.checkpoint.rawValue, try checkpoint.encoded()) } catch {
      isBroken = true
      throw Refusal.unavailable("\(error)")
    }
  }

  @discardableResult
  private func append(_ kind: LiveRecordKind, _ payload: [UInt8]) throws -> UInt64 {
    do { return try journal.append(kind: kind.rawValue, payload) } catch {
      // The ledger may hold numbers that never reached the journal; from here on nothing is acknowledged.
      isBroken = true
      throw Refusal.unavailable("\(error)")
    }
  }

  public var counts: (taken: UInt64, duplicates: UInt64, waiting: Int, sources: Int) {
    lock.lock()
    defer { lock.unlock() }
    return (takenReadings, duplicateReadings, inboxReadings, checkpoint.ledger.sourceCount)
  }

  private static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return encoder
  }()
}
