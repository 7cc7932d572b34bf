import Foundation

/// The tables, the same in SQLite and PostgreSQL, and how they came to be: migrations are appended, never changed.
enum Schema {
  /// `{key}` becomes the dialect's declaration of a numbering primary key, `{keyed}` what it adds to a table that has another.
  static let migrations: [[String]] = [
    [
      "CREATE TABLE projection (id BIGINT PRIMARY KEY, position BIGINT NOT NULL)",
      "INSERT INTO projection (id, position) VALUES (1, 0)",
      "CREATE TABLE lease (region TEXT PRIMARY KEY, owner TEXT NOT NULL, token BIGINT NOT NULL, expires BIGINT NOT NULL)",
      "CREATE TABLE run (id {key}, time BIGINT NOT NULL, name TEXT NOT NULL, engine TEXT NOT NULL)",
      """
      CREATE TABLE reading (id {key}, time BIGINT NOT NULL, detector TEXT NOT NULL, source TEXT NOT NULL, sequence BIGINT NOT NULL,
        kind BIGINT NOT NULL, value DOUBLE PRECISION, occupancy DOUBLE PRECISION)
      """,
      "CREATE INDEX reading_time ON reading (time)",
      """
      CREATE TABLE detector_minute (time BIGINT NOT NULL, detector TEXT NOT NULL, vehicles DOUBLE PRECISION NOT NULL,
        readings BIGINT NOT NULL, PRIMARY KEY (time, detector))
      """,
      """
      CREATE TABLE detector_hour (time BIGINT NOT NULL, detector TEXT NOT NULL, vehicles DOUBLE PRECISION NOT NULL,
        readings BIGINT NOT NULL, PRIMARY KEY (time, detector))
      """,
      """
      CREATE TABLE signal_minute (time BIGINT NOT NULL, signal TEXT NOT NULL, arrivals DOUBLE PRECISION NOT NULL,
        departures DOUBLE PRECISION NOT NULL, queue_seconds DOUBLE PRECISION NOT NULL, arrivals_on_green DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (time, signal))
      """,
      """
      CREATE TABLE signal_hour (time BIGINT NOT NULL, signal TEXT NOT NULL, arrivals DOUBLE PRECISION NOT NULL,
        departures DOUBLE PRECISION NOT NULL, queue_seconds DOUBLE PRECISION NOT NULL, arrivals_on_green DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (time, signal))
      """,
      """
      CREATE TABLE decision (id {key}, time BIGINT NOT NULL, signal TEXT NOT NULL, level TEXT NOT NULL, authority TEXT NOT NULL,
        order_id BIGINT NOT NULL, shown TEXT NOT NULL, reason TEXT NOT NULL, arguments TEXT NOT NULL)
      """,
      "CREATE INDEX decision_signal ON decision (signal, time)",
      "CREATE INDEX decision_time ON decision (time)",
      """
      CREATE TABLE alarm (id {key}, time BIGINT NOT NULL, raised BIGINT NOT NULL, signal TEXT NOT NULL, subject TEXT NOT NULL,
        message TEXT NOT NULL, arguments TEXT NOT NULL)
      """,
      "CREATE INDEX alarm_time ON alarm (time)",
      """
      CREATE TABLE event (id {key}, time BIGINT NOT NULL, kind TEXT NOT NULL, signal TEXT NOT NULL, actor TEXT NOT NULL,
        reason TEXT NOT NULL, body TEXT NOT NULL)
      """,
      "CREATE INDEX event_time ON event (time)",
    ],
    // Several engines may project their journals into one database.
    ["ALTER TABLE projection ADD COLUMN engine TEXT NOT NULL DEFAULT ''"],
    // When an engine last asked for a region that is its own while another held it.
    ["ALTER TABLE lease ADD COLUMN asked BIGINT NOT NULL DEFAULT 0"],
    // What two engines heard around a change of hands counts once: a reading by source and number, a signal's minute by the higher token.
    [
      """
      CREATE TABLE numbered_reading (source TEXT NOT NULL, sequence BIGINT NOT NULL, time BIGINT NOT NULL, detector TEXT NOT NULL,
        kind BIGINT NOT NULL, value DOUBLE PRECISION, occupancy DOUBLE PRECISION, PRIMARY KEY (source, sequence)){keyed}
      """,
      """
      INSERT INTO numbered_reading (source, sequence, time, detector, kind, value, occupancy)
      SELECT source, sequence, time, detector, kind, value, occupancy FROM reading WHERE id >= 0 ON CONFLICT DO NOTHING
      """,
      "DROP TABLE reading",
      "ALTER TABLE numbered_reading RENAME TO reading",
      "CREATE INDEX reading_time ON reading (time)",
      "ALTER TABLE signal_minute ADD COLUMN engine BIGINT NOT NULL DEFAULT 0",
      "ALTER TABLE signal_minute ADD COLUMN token BIGINT NOT NULL DEFAULT 0",
    ],
  ]

  static var version: Int { migrations.count }

  /// Tables that follow from the journal, emptied before it is projected anew.
  static let projected = [
    "run", "reading", "detector_minute", "detector_hour", "signal_minute", "signal_hour", "decision", "alarm", "event",
  ]

  /// Brings the database to the present version. Throws where it is of a later one.
  static func migrate(_ database: any SQLDatabase) throws {
    try database.write { session in
      try session.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
      let present = try session.query("SELECT version FROM schema_version").first?[0].int ?? 0
      guard present <= Int64(version) else {
        throw SQLFailure(message: "the database has schema \(present), this engine knows up to \(version)", isUnavailable: false)
      }
      guard present < Int64(version) else { return }
      for migration in migrations[Int(present)...] {
        for statement in migration {
          try session.execute(
            statement.replacingOccurrences(of: "{key}", with: database.rowKey)
              .replacingOccurrences(of: "{keyed}", with: database.keyed))
        }
      }
      try session.execute("DELETE FROM schema_version")
      try session.execute("INSERT INTO schema_version (version) VALUES (\(version))")
    }
  }
}
