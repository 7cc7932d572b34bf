import ControlLoop
import Foundation
import TrafficModel

/// Carries the journal into the database, record by record, each exactly once: the position reached is written in the same transaction as
/// what it stands for.
///
/// It reads from the journal's files, not from memory, so that a database that is away for hours costs nothing but time to catch up.
///
/// Engines that share a database all hear the same readings; each projects those of the regions it holds. One that takes a region over
/// goes back to the moment when the other was last known to have held it, so that what came in between is not missed; what both of
/// them bring counts once, by the reading's source and number.
public final class Projector: @unchecked Sendable {
  private let database: any SQLDatabase
  private let directory: String
  private let committed: @Sendable () -> UInt64
  private let worker = Worker("projector")
  private let lock = NSLock()
  private var reached: UInt64 = 0
  private var lastFailure: String?
  /// The engine whose journal it is; several may share a database.
  private let engine: String
  private var scope: ProjectionScope?
  /// Whether single readings are kept beside their sums.
  private let keepsReadings: Bool

  public init(
    database: any SQLDatabase, directory: String, engine: String, keepsReadings: Bool = true, committed: @escaping @Sendable () -> UInt64
  ) {
    self.database = database
    self.directory = directory
    self.engine = engine
    self.keepsReadings = keepsReadings
    self.committed = committed
  }

  /// Record up to which the database is current, and what keeps it from going on.
  public var status: (position: UInt64, failure: String?) {
    lock.lock()
    defer { lock.unlock() }
    return (reached, lastFailure)
  }

  public func start() {
    worker.start(
      pause: 0.1, longest: 5,
      failed: { [self] error in
        lock.lock()
        lastFailure = "\(error)"
        lock.unlock()
      }
    ) { [self] established in
      try Schema.migrate(database)
      established()
      try follow()
    }
  }

  public func stop() { worker.stop() }

  /// Projects until told to stop; throws where the database or the journal fails.
  private func follow() throws {
    let (number, reached) = try database.write { try Self.place(of: engine, $0) }
    var position = reached
    note(position)
    var scope = try scope ?? Self.scope(directory: directory, before: position)
    var reader = try JournalReader(directory: directory, from: position + 1)
    while !worker.isStopping {
      var batch = ProjectedRows(engine: number)
      while batch.weight < 20_000, reader.nextSequence <= committed() {
        guard let record = try reader.next() else { break }
        if let taken = try scope.taken(by: record) {
          // All before it first: should this be interrupted, it begins with the same record again.
          try write(&batch, position, scope)
          try projectMissed(taken, before: record.sequence, engine: number, scope)
        }
        try batch.add(record, &scope, keepsReadings: keepsReadings)
        position = record.sequence
      }
      if batch.isEmpty {
        worker.rest(0.05)
        continue
      }
      try write(&batch, position, scope)
    }
  }

  private func write(_ batch: inout ProjectedRows, _ position: UInt64, _ scope: ProjectionScope) throws {
    guard !batch.isEmpty else { return }
    try database.write { try batch.insert($0, position: position) }
    batch = ProjectedRows(engine: batch.engine)
    note(position)
    self.scope = scope
  }

  /// Projects of a region that was taken over what this engine heard while nobody did so.
  private func projectMissed(_ taken: ProjectionScope.Taken, before end: UInt64, engine number: Int64, _ scope: ProjectionScope) throws {
    var own = scope.only(taken)
    var reader = try JournalReader(directory: directory, from: try Self.begin(of: taken.since, before: end, directory: directory))
    var batch = ProjectedRows(engine: number)
    while reader.nextSequence < end, let record = try reader.next() {
      switch LiveRecordKind(rawValue: record.kind) {
      case .readings, .measures: try batch.add(record, &own, keepsReadings: keepsReadings)
      default: break
      }
      guard batch.weight >= 20_000 || record.sequence + 1 == end else { continue }
      try database.write { try batch.insert($0, position: nil) }
      batch = ProjectedRows(engine: number)
    }
  }

  /// The last tick's record before `time` and before record `end`; the oldest record where there is none.
  private static func begin(of time: Instant, before end: UInt64, directory: String) throws -> UInt64 {
    for first in try JournalReader.segments(in: directory).reversed() where first < end {
      var reader = try JournalReader(directory: directory, from: first)
      var found: UInt64?
      while reader.nextSequence < end, let record = try reader.next() {
        guard record.kind == LiveRecordKind.tick.rawValue else { continue }
        var payload = ByteReader(record.payload)
        if Instant(milliseconds: try payload.take()) >= time { break }
        found = record.sequence
      }
      if let found { return found }
    }
    return 1
  }

  /// The engine's number in the database, and the record up to which its journal has been projected.
  private static func place(of engine: String, _ session: any SQLSession) throws -> (number: Int64, position: UInt64) {
    func row() throws -> [SQLValue]? {
      try session.query("SELECT id, position FROM projection WHERE engine = $1", [.text(engine)]).first
    }
    if try row() == nil { try session.execute("UPDATE projection SET engine = $1 WHERE id = 1 AND engine = ''", [.text(engine)]) }
    if try row() == nil {
      try session.execute(
        "INSERT INTO projection (id, position, engine) SELECT max(id) + 1, 0, $1 FROM projection", [.text(engine)])
    }
    guard let row = try row(), row[0].int <= 1000 else {
      throw SQLFailure(message: "more than a thousand engines share this database", isUnavailable: false)
    }
    return (row[0].int, UInt64(row[1].int))
  }

  private func note(_ position: UInt64) {
    lock.lock()
    reached = position
    lastFailure = nil
    lock.unlock()
  }

  /// What was known after record `sequence`.
  private static func scope(directory: String, before sequence: UInt64) throws -> ProjectionScope {
    for first in try JournalReader.segments(in: directory).reversed() where first <= sequence {
      var scope = ProjectionScope()
      var reader = try JournalReader(directory: directory, from: first)
      while reader.nextSequence <= sequence, let record = try reader.next() { try scope.follow(record) }
      if scope.topology != nil { return scope }
    }
    return ProjectionScope()
  }

  /// Empties what follows from the journal and begins anew. Throws where another engine's records are there too: they would be lost.
  public static func rebuild(_ database: any SQLDatabase) throws {
    try Schema.migrate(database)
    try database.write { session in
      guard try session.query("SELECT count(*) FROM projection")[0][0].int <= 1 else {
        throw SQLFailure(
          message: "several engines share this database; drop its tables and let each of them project its journal anew",
          isUnavailable: false)
      }
      for table in Schema.projected { try session.execute("DELETE FROM \(table)") }
      try session.execute("UPDATE projection SET position = 0")
    }
  }
}

/// What the records so far say about whose data an engine's records are.
///
/// Of engines that share a database, only the one that holds a region's lease tells of it: the others hear the same readings, ready to take
/// over.
struct ProjectionScope {
  private(set) var topology: LiveTopology?
  /// Of each region held, its lease's token; 0 where it is not known.
  private var held: [String: UInt64] = [:]
  private var region: [String: String] = [:]

  /// A region that came into this engine's hands.
  struct Taken {
    var region: String
    var token: UInt64
    /// When another engine is last known to have held it.
    var since: Instant
  }

  /// What a record that has not been followed yet says of a region taken over from another engine.
  func taken(by record: JournalRecord) throws -> Taken? {
    guard record.kind == LiveRecordKind.event.rawValue else { return nil }
    let event = try JSONDecoder().decode(LiveEvent.self, from: Data(record.payload))
    guard case .lease(let region, let token?, _, let since?) = event, held[region] == nil else { return nil }
    return Taken(region: region, token: token, since: since)
  }

  /// As though this engine held the region taken, and that alone.
  func only(_ taken: Taken) -> ProjectionScope {
    var scope = self
    scope.held = [taken.region: taken.token]
    return scope
  }

  mutating func follow(_ record: JournalRecord) throws {
    switch LiveRecordKind(rawValue: record.kind) {
    case .start: follow(try JSONDecoder().decode(LiveStart.self, from: Data(record.payload)))
    case .event: follow(try JSONDecoder().decode(LiveEvent.self, from: Data(record.payload)))
    default: break
    }
  }

  mutating func follow(_ start: LiveStart) {
    topology = start.topology
    held = Dictionary(start.regions.map { ($0, start.tokens?[$0] ?? 0) }, uniquingKeysWith: { first, _ in first })
    region = Dictionary(
      start.topology.detectors.map { ($0.name, start.topology.signals[$0.signal].region) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func follow(_ event: LiveEvent) {
    guard case .lease(let region, let token, _, _) = event else { return }
    held[region] = token
  }

  func holds(detector: String) -> Bool { region[detector].map { held[$0] != nil } ?? false }

  func holds(signal: Int) -> Bool {
    guard let topology, topology.signals.indices.contains(signal) else { return true }
    return held[topology.signals[signal].region] != nil
  }

  /// Token of the lease of the signal's region.
  func token(ofSignal signal: Int) -> UInt64 {
    guard let topology, topology.signals.indices.contains(signal) else { return 0 }
    return held[topology.signals[signal].region] ?? 0
  }

  func name(_ signal: Int) -> String {
    if signal == LiveDecision.Alarm.allSignals { return "" }
    guard let topology, topology.signals.indices.contains(signal) else { return "\(signal)" }
    return topology.signals[signal].name
  }
}

/// Rows that a stretch of the journal stands for.
struct ProjectedRows {
  private var readings: [[SQLValue]] = []
  /// Of each reading, the vehicles that it tells of.
  private var vehicles: [Double] = []
  private var decisions: [[SQLValue]] = []
  private var alarms: [[SQLValue]] = []
  private var events: [[SQLValue]] = []
  private var runs: [[SQLValue]] = []
  private var detectorMinutes: [DetectorMinute: (vehicles: Double, readings: Int64)] = [:]
  private var measures: [[SQLValue]] = []
  private var records = 0
  private(set) var weight = 0
  /// The engine's number in the database.
  let engine: Int64

  init(engine: Int64) { self.engine = engine }

  private struct DetectorMinute: Hashable {
    var time: Int64
    var detector: String
  }

  var isEmpty: Bool { records == 0 }

  /// Rows of one record are numbered by engine and record, so that projecting twice would collide rather than double.
  private func key(_ record: JournalRecord, _ index: Int) -> SQLValue {
    .integer((engine - 1) << 53 | Int64(record.sequence) << 20 | Int64(index))
  }

  mutating func add(_ record: JournalRecord, _ scope: inout ProjectionScope, keepsReadings: Bool) throws {
    records += 1
    weight += 1
    switch LiveRecordKind(rawValue: record.kind) {
    case .readings:
      let batch = try ReadingBatch.decode(record.payload)
      weight += batch.readings.count
      for reading in batch.readings where scope.holds(detector: reading.detector) {
        let kind: Int64
        var value = SQLValue.null
        var occupancy = SQLValue.null
        var vehicles = 0.0
        switch reading.value {
        case .state(let occupied, let speed):
          kind = occupied ? 1 : 0
          if !speed.isNaN { value = .real(speed) }
          vehicles = occupied ? 1 : 0
        case .fault(let faulty): kind = faulty ? 3 : 2
        case .count(let counted, let share, _):
          kind = 4
          value = .real(counted)
          if !share.isNaN { occupancy = .real(share) }
          vehicles = counted
        }
        guard keepsReadings else {
          count(vehicles, reading.time.milliseconds, reading.detector)
          continue
        }
        readings.append([
          .text(reading.source), .integer(Int64(reading.sequence)), .integer(reading.time.milliseconds), .text(reading.detector),
          .integer(kind), value, occupancy,
        ])
        self.vehicles.append(vehicles)
      }
    case .start:
      let start = try JSONDecoder().decode(LiveStart.self, from: Data(record.payload))
      scope.follow(start)
      runs.append([key(record, 0), .integer(start.time.milliseconds), .text(start.topology.name), .text(start.provenance.engine)])
    case .decision:
      let decision = try LiveDecision(decoding: record.payload)
      weight += decision.entries.count
      for (index, entry) in decision.entries.enumerated() where scope.holds(signal: entry.signal) {
        decisions.append([
          key(record, index), .integer(decision.time.milliseconds), .text(scope.name(entry.signal)), .text(entry.level.name),
          .text(entry.authority.name), .integer(Int64(entry.order)), .text(entry.shown.description), .text(entry.reason.key),
          .text(try Self.json(entry.reason.arguments)),
        ])
      }
      for (index, alarm) in decision.alarms.enumerated() where scope.holds(signal: alarm.signal) {
        alarms.append([
          key(record, index), .integer(decision.time.milliseconds), .integer(alarm.raised ? 1 : 0), .text(scope.name(alarm.signal)),
          .text(alarm.subject), .text(alarm.message.key), .text(try Self.json(alarm.message.arguments)),
        ])
      }
    case .measures:
      let minute = try LiveMeasures(decoding: record.payload)
      weight += minute.rows.count
      for row in minute.rows where scope.holds(signal: row.signal) {
        measures.append([
          .integer(minute.begin.milliseconds / 60_000 * 60_000), .text(scope.name(row.signal)), .integer(engine),
          .integer(Int64(scope.token(ofSignal: row.signal))), .real(row.arrivals), .real(row.departures), .real(row.queueSeconds),
          .real(row.arrivalsOnGreen),
        ])
      }
    case .event:
      let event = try JSONDecoder().decode(LiveEvent.self, from: Data(record.payload))
      scope.follow(event)
      if let row = try eventRow(event, record, scope) { events.append(row) }
    case .tick, .checkpoint, nil: break
    }
  }

  private func eventRow(_ event: LiveEvent, _ record: JournalRecord, _ scope: ProjectionScope) throws -> [SQLValue]? {
    func row(_ time: Instant, _ kind: String, _ signal: String, _ actor: String, _ reason: String) throws -> [SQLValue] {
      [
        key(record, 0), .integer(time.milliseconds), .text(kind), .text(signal), .text(actor), .text(reason),
        .text(String(decoding: try JSONEncoder().encode(event), as: UTF8.self)),
      ]
    }
    switch event {
    case .order(let order):
      return try row(order.time, "order." + order.action.name, scope.name(order.signal), order.actor, order.reason)
    case .undo(let id, let actor, let reason, let time): return try row(time, "undo", "\(id)", actor, reason)
    case .plan(let signal, _, let reason, let time):
      return try row(time, "plan", scope.name(signal), "engine", reason.text(.english))
    case .lease(let region, let token, let time, _): return try row(time, "lease", region, token.map { "\($0)" } ?? "", "")
    case .street(let trouble, let time): return try row(time, "street", "", "engine", trouble ?? "")
    // Answers of the street are many and say little once they are in; the journal keeps them.
    case .acknowledged, .refused, .readBack: return nil
    }
  }

  /// Parts of a minute that one engine measured, before and after a restart, add up; another engine's stand in their place, for each hears
  /// all of it.
  private static let sums = ["arrivals", "departures", "queue_seconds", "arrivals_on_green"].map {
    "\($0) = CASE WHEN signal_minute.engine = excluded.engine THEN signal_minute.\($0) ELSE 0 END + excluded.\($0)"
  }
  .joined(separator: ", ")

  private static func json(_ arguments: [String]) throws -> String { String(decoding: try JSONEncoder().encode(arguments), as: UTF8.self) }

  private mutating func count(_ vehicles: Double, _ time: Int64, _ detector: String) {
    let sum = detectorMinutes[DetectorMinute(time: time / 60_000 * 60_000, detector: detector)] ?? (0, 0)
    detectorMinutes[DetectorMinute(time: time / 60_000 * 60_000, detector: detector)] = (sum.vehicles + vehicles, sum.readings + 1)
  }

  /// `position` nil: rows of records that lie before the one reached.
  ///
  /// What other engines may hold comes last, so that its locks are not kept while rows are still on their way.
  func insert(_ session: any SQLSession, position: UInt64?) throws {
    try session.insert(into: "run", columns: ["id", "time", "name", "engine"], rows: runs)
    try session.insert(
      into: "decision", columns: ["id", "time", "signal", "level", "authority", "order_id", "shown", "reason", "arguments"], rows: decisions
    )
    try session.insert(into: "alarm", columns: ["id", "time", "raised", "signal", "subject", "message", "arguments"], rows: alarms)
    try session.insert(into: "event", columns: ["id", "time", "kind", "signal", "actor", "reason", "body"], rows: events)
    var counted = self
    for position in try session.insertNew(
      into: "reading", columns: ["source", "sequence", "time", "detector", "kind", "value", "occupancy"], key: ["source", "sequence"],
      rows: readings)
    {
      counted.count(vehicles[position], readings[position][2].int, readings[position][3].string)
    }
    for (minute, sum) in counted.detectorMinutes.sorted(by: { ($0.key.time, $0.key.detector) < ($1.key.time, $1.key.detector) }) {
      try session.execute(
        """
        INSERT INTO detector_minute (time, detector, vehicles, readings) VALUES ($1, $2, $3, $4)
        ON CONFLICT (time, detector) DO UPDATE SET vehicles = detector_minute.vehicles + excluded.vehicles,
        readings = detector_minute.readings + excluded.readings
        """, [.integer(minute.time), .text(minute.detector), .real(sum.vehicles), .integer(sum.readings)])
    }
    for row in measures {
      try session.execute(
        """
        INSERT INTO signal_minute (time, signal, engine, token, arrivals, departures, queue_seconds, arrivals_on_green)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (time, signal) DO UPDATE SET \(Self.sums), engine = excluded.engine, token = excluded.token
        WHERE signal_minute.engine = excluded.engine OR signal_minute.token <= excluded.token
        """, row)
    }
    guard let position else { return }
    try session.execute("UPDATE projection SET position = $1 WHERE id = $2", [.integer(Int64(position)), .integer(engine)])
  }
}
