import CPQ
import Foundation

/// PostgreSQL through libpq: for those who outgrow one machine. One connection writes, one reads; both come back after an outage.
public final class PostgresDatabase: SQLDatabase, @unchecked Sendable {
  private let writer: Connection
  private let reader: Connection

  /// `address` is a libpq connection string or URI. Nothing is connected before it is needed.
  public init(address: String) {
    writer = Connection(address)
    reader = Connection(address)
  }

  public var rowKey: String { "BIGINT PRIMARY KEY" }
  public var keyed: String { "" }
  public var clock: String { "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)" }

  public func write<Result>(_ body: (any SQLSession) throws -> Result) throws -> Result { try writer.transaction("BEGIN", body) }
  public func read<Result>(_ body: (any SQLSession) throws -> Result) throws -> Result {
    try reader.transaction("BEGIN READ ONLY", body)
  }
  public func close() {
    writer.close()
    reader.close()
  }

  private final class Connection: SQLSession {
    private let address: String
    private let lock = NSLock()
    private var connection: OpaquePointer?

    init(_ address: String) { self.address = address }
    deinit { if let connection { PQfinish(connection) } }

    func close() {
      lock.lock()
      defer { lock.unlock() }
      if let connection { PQfinish(connection) }
      connection = nil
    }

    func transaction<Result>(_ begin: String, _ body: (any SQLSession) throws -> Result) throws -> Result {
      lock.lock()
      defer { lock.unlock() }
      try connect()
      do {
        try execute(begin, [])
        let result = try body(self)
        try execute("COMMIT", [])
        return result
      } catch {
        // A connection in doubt is not used again; the next transaction makes a new one.
        if connection.map({ PQstatus($0) != CONNECTION_OK }) ?? true {
          if let connection { PQfinish(connection) }
          connection = nil
        } else {
          try? execute("ROLLBACK", [])
        }
        throw error
      }
    }

    private func connect() throws {
      if let connection {
        if PQstatus(connection) == CONNECTION_OK { return }
        PQfinish(connection)
        self.connection = nil
      }
      let separator = address.contains("://") ? (address.contains("?") ? "&" : "?") : " "
      let extras = ["connect_timeout=3", "tcp_user_timeout=5000", "keepalives_idle=5", "application_name=greenwave"]
      let joined = extras.joined(separator: address.contains("://") ? "&" : " ")
      guard let fresh = PQconnectdb(address + separator + joined) else {
        throw SQLFailure(message: "libpq is out of memory", isUnavailable: true)
      }
      guard PQstatus(fresh) == CONNECTION_OK else {
        let message = String(cString: PQerrorMessage(fresh)).trimmingCharacters(in: .whitespacesAndNewlines)
        PQfinish(fresh)
        throw SQLFailure(message: message, isUnavailable: true)
      }
      connection = fresh
      try execute("SET client_min_messages TO warning", [])
      try execute("SET statement_timeout TO 30000", [])
      // An engine that is halted in the middle of a transaction must not keep its locks from the others, who have to take over from it.
      try execute("SET idle_in_transaction_session_timeout TO 2000", [])
    }

    private func failure(_ connection: OpaquePointer) -> SQLFailure {
      SQLFailure(
        message: String(cString: PQerrorMessage(connection)).trimmingCharacters(in: .whitespacesAndNewlines),
        isUnavailable: PQstatus(connection) != CONNECTION_OK)
    }

    private func run(_ sql: String, _ values: [SQLValue]) throws -> OpaquePointer {
      guard let connection else { throw SQLFailure(message: "not connected", isUnavailable: true) }
      let texts: [UnsafeMutablePointer<CChar>?] = values.map { value in
        switch value {
        case .null: nil
        case .real(let value) where value.isNaN: nil
        default: strdup(value.string)
        }
      }
      defer { for text in texts { free(text) } }
      let pointers = texts.map { $0.map { UnsafePointer($0) } }
      guard let result = PQexecParams(connection, sql, Int32(values.count), nil, pointers, nil, nil, 0) else { throw failure(connection) }
      let status = PQresultStatus(result)
      guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN else {
        PQclear(result)
        throw failure(connection)
      }
      return result
    }

    func execute(_ sql: String, _ values: [SQLValue]) throws { PQclear(try run(sql, values)) }

    func query(_ sql: String, _ values: [SQLValue]) throws -> [[SQLValue]] {
      let result = try run(sql, values)
      defer { PQclear(result) }
      let columns = PQnfields(result)
      return (0..<PQntuples(result)).map { row in
        (0..<columns).map { column in
          if PQgetisnull(result, row, column) == 1 { return .null }
          let text = String(cString: PQgetvalue(result, row, column))
          // Types of the schema: int8 and int4, float8 and numeric, text.
          switch PQftype(result, column) {
          case 20, 21, 23: return .integer(Int64(text) ?? 0)
          case 700, 701, 1700: return .real(Double(text) ?? .nan)
          default: return .text(text)
          }
        }
      }
    }

    func insertNew(into table: String, columns: [String], key: [String], rows: [[SQLValue]]) throws -> [Int] {
      guard !rows.isEmpty else { return [] }
      let list = columns.joined(separator: ","), keys = key.joined(separator: ",")
      try execute(
        """
        CREATE TEMP TABLE IF NOT EXISTS arriving_\(table) ON COMMIT DELETE ROWS AS
        SELECT CAST(0 AS BIGINT) AS position, \(list) FROM \(table) WITH NO DATA
        """)
      try insert(
        into: "arriving_\(table)", columns: ["position"] + columns, rows: rows.enumerated().map { [.integer(Int64($0))] + $1 })
      // In the keys' order, so that engines that bring the same rows wait for each other instead of locking each other out.
      return try query(
        """
        WITH added AS (
          INSERT INTO \(table) (\(list)) SELECT \(list) FROM arriving_\(table) ORDER BY \(keys) ON CONFLICT DO NOTHING RETURNING \(keys))
        SELECT min(position) FROM arriving_\(table) JOIN added USING (\(keys)) GROUP BY \(keys) ORDER BY 1
        """
      ).map { Int($0[0].int) }
    }

    func insert(into table: String, columns: [String], rows: [[SQLValue]]) throws {
      guard !rows.isEmpty else { return }
      PQclear(try run("COPY \(table) (\(columns.joined(separator: ","))) FROM STDIN", []))
      guard let connection else { throw SQLFailure(message: "not connected", isUnavailable: true) }
      var buffer: [UInt8] = []
      buffer.reserveCapacity(1 << 16)
      func flush() throws {
        let sent = buffer.withUnsafeBytes {
          PQputCopyData(connection, $0.baseAddress!.assumingMemoryBound(to: CChar.self), Int32($0.count))
        }
        guard sent == 1 else { throw failure(connection) }
        buffer.removeAll(keepingCapacity: true)
      }
      for row in rows {
        for (index, value) in row.enumerated() {
          if index > 0 { buffer.append(0x09) }
          switch value {
          case .null: buffer.append(contentsOf: [0x5C, 0x4E])
          case .real(let number) where number.isNaN: buffer.append(contentsOf: [0x5C, 0x4E])
          case .text(let text):
            for byte in text.utf8 {
              switch byte {
              case 0x5C: buffer.append(contentsOf: [0x5C, 0x5C])
              case 0x09: buffer.append(contentsOf: [0x5C, 0x74])
              case 0x0A: buffer.append(contentsOf: [0x5C, 0x6E])
              case 0x0D: buffer.append(contentsOf: [0x5C, 0x72])
              case 0: break
              default: buffer.append(byte)
              }
            }
          default: buffer.append(contentsOf: value.string.utf8)
          }
        }
        buffer.append(0x0A)
        if buffer.count > 1 << 16 { try flush() }
      }
      if !buffer.isEmpty { try flush() }
      guard PQputCopyEnd(connection, nil) == 1 else { throw failure(connection) }
      while let result = PQgetResult(connection) {
        let status = PQresultStatus(result)
        PQclear(result)
        guard status == PGRES_COMMAND_OK else { throw failure(connection) }
      }
    }
  }
}
