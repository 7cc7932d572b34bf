import Foundation
import GRDB

/// The default store: one SQLite file in write-ahead mode, readers beside one writer.
public final class SQLiteDatabase: SQLDatabase {
  private let pool: DatabasePool

  public init(path: String) throws {
    var configuration = Configuration()
    configuration.maximumReaderCount = 4
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { db in
      // The journal is the truth; losing the last transactions of a projection at a power cut only means projecting them again.
      try db.execute(sql: "PRAGMA synchronous = NORMAL")
      try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
    }
    do { pool = try DatabasePool(path: path, configuration: configuration) } catch { throw Self.failure(error) }
  }

  public var rowKey: String { "INTEGER PRIMARY KEY" }
  public var keyed: String { " WITHOUT ROWID" }
  public var clock: String { "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)" }

  public func write<Result>(_ body: (any SQLSession) throws -> Result) throws -> Result {
    do { return try pool.write { try body(Session(db: $0)) } } catch { throw Self.failure(error) }
  }

  public func read<Result>(_ body: (any SQLSession) throws -> Result) throws -> Result {
    do { return try pool.read { try body(Session(db: $0)) } } catch { throw Self.failure(error) }
  }

  public func close() { try? pool.close() }

  private static func failure(_ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    let isUnavailable = [.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CANTOPEN].contains(error.resultCode)
    return SQLFailure(message: error.description, isUnavailable: isUnavailable)
  }

  private struct Session: SQLSession {
    let db: Database

    private func arguments(_ values: [SQLValue]) -> StatementArguments {
      StatementArguments(
        values.map { value -> (any DatabaseValueConvertible)? in
          switch value {
          case .integer(let value): value
          case .real(let value): value.isNaN ? nil : value
          case .text(let text): text
          case .null: nil
          }
        })
    }

    func execute(_ sql: String, _ values: [SQLValue]) throws {
      if values.isEmpty { try db.execute(sql: sql) } else { try db.cachedStatement(sql: sql).execute(arguments: arguments(values)) }
    }

    func query(_ sql: String, _ values: [SQLValue]) throws -> [[SQLValue]] {
      let statement = try db.cachedStatement(sql: sql)
      let cursor = try Row.fetchCursor(statement, arguments: arguments(values))
      var rows: [[SQLValue]] = []
      while let row = try cursor.next() {
        rows.append(
          row.map { _, value in
            switch value.storage {
            case .int64(let value): .integer(value)
            case .double(let value): .real(value)
            case .string(let text): .text(text)
            case .null, .blob: .null
            }
          })
      }
      return rows
    }

    func insertNew(into table: String, columns: [String], key: [String], rows: [[SQLValue]]) throws -> [Int] {
      let places = columns.indices.map { "$\($0 + 1)" }.joined(separator: ",")
      let statement = try db.cachedStatement(
        sql: "INSERT INTO \(table) (\(columns.joined(separator: ","))) VALUES (\(places)) ON CONFLICT DO NOTHING")
      var added: [Int] = []
      added.reserveCapacity(rows.count)
      for (position, row) in rows.enumerated() {
        statement.setUncheckedArguments(arguments(row))
        try statement.execute()
        if db.changesCount > 0 { added.append(position) }
      }
      return added
    }

    func insert(into table: String, columns: [String], rows: [[SQLValue]]) throws {
      let places = columns.indices.map { "$\($0 + 1)" }.joined(separator: ",")
      let statement = try db.cachedStatement(sql: "INSERT INTO \(table) (\(columns.joined(separator: ","))) VALUES (\(places))")
      for row in rows {
        statement.setUncheckedArguments(arguments(row))
        try statement.execute()
      }
    }
  }
}
