import Foundation

/// The database for those who ask from asynchronous code: each question waits on a thread of its own, not on the server's.
public struct Store: Sendable {
  private let database: any SQLDatabase
  private let queue = DispatchQueue(label: "store", attributes: .concurrent)
  private let slots = DispatchSemaphore(value: 4)

  public init(_ database: any SQLDatabase) { self.database = database }

  /// Rows of one statement. Throws ``SQLFailure``.
  public func query(_ sql: String, _ values: [SQLValue] = []) async throws -> [[SQLValue]] {
    try await withCheckedThrowingContinuation { continuation in
      queue.async {
        slots.wait()
        defer { slots.signal() }
        do { continuation.resume(returning: try database.read { try $0.query(sql, values) }) } catch {
          continuation.resume(throwing: error)
        }
      }
    }
  }
}

/// Sums up and lets go: minutes become hours, readings and old segments of the journal are dropped when their time has come.
public struct Retention: Sendable {
  /// How long single readings are kept.
  public var readings: Int64 = 2 * 86_400_000
  /// How long minutes are kept before only hours remain.
  public var minutes: Int64 = 60 * 86_400_000
  /// How long decisions, alarms and events are kept.
  public var decisions: Int64 = 400 * 86_400_000
  /// How long the journal is kept; nil: for ever.
  public var journal: Int64? = 30 * 86_400_000
  public init() {}

  /// Brings hours up to date and drops what is past its time at `now` [ms].
  public func apply(to database: any SQLDatabase, now: Int64) throws {
    try database.write { session in
      let hour: Int64 = 3_600_000
      // Whole hours only; hours already summed are written again, because late readings may have changed them.
      // Hours whose minutes have gone stay as they are.
      let until = now / hour * hour, from = max(until - 48 * hour, (now - minutes + hour - 1) / hour * hour)
      for (table, keys, sums) in [
        ("detector", "detector", ["vehicles", "readings"]),
        ("signal", "signal", ["arrivals", "departures", "queue_seconds", "arrivals_on_green"]),
      ] {
        try session.execute("DELETE FROM \(table)_hour WHERE time >= $1 AND time < $2", [.integer(from), .integer(until)])
        let sumList = sums.map { "sum(\($0))" }.joined(separator: ", ")
        try session.execute(
          """
          INSERT INTO \(table)_hour (time, \(keys), \(sums.joined(separator: ", ")))
          SELECT time / \(hour) * \(hour), \(keys), \(sumList) FROM \(table)_minute WHERE time >= $1 AND time < $2
          GROUP BY time / \(hour) * \(hour), \(keys)
          """, [.integer(from), .integer(until)])
        try session.execute("DELETE FROM \(table)_minute WHERE time < $1", [.integer(now - minutes)])
      }
      try session.execute("DELETE FROM reading WHERE time < $1", [.integer(now - readings)])
      for table in ["decision", "alarm", "event"] {
        try session.execute("DELETE FROM \(table) WHERE time < $1", [.integer(now - decisions)])
      }
    }
  }

  /// Removes segments of the journal that are older than their time, fully projected, and followed by one that begins with a start, from
  /// which the rest can be replayed. Returns how many. `speed`: seconds of the service's time in one of the files'.
  public func prune(
    journal directory: String, projected position: UInt64, now: Date, speed: Double = 1, beginsRun: (UInt64) throws -> Bool
  ) throws -> Int {
    guard let journal else { return 0 }
    let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".journal") }.sorted()
    var removable = 0
    for (index, name) in names.dropLast(1).enumerated() {
      let path = directory + "/" + name
      guard let next = UInt64(names[index + 1].prefix(20)), next <= position,
        let modified = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date,
        now.timeIntervalSince(modified) * speed * 1000 > Double(journal)
      else { break }
      if try beginsRun(next) { removable = index + 1 }
    }
    for name in names.prefix(removable) { try FileManager.default.removeItem(atPath: directory + "/" + name) }
    return removable
  }
}
