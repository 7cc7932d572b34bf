/// A value in a row.
public enum SQLValue: Sendable, Hashable {
  case integer(Int64)
  case real(Double)
  case text(String)
  case null

  public var int: Int64 {
    switch self {
    case .integer(let value): value
    case .real(let value): Int64(value)
    case .text(let text): Int64(text) ?? 0
    case .null: 0
    }
  }
  public var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .text(let text): Double(text) ?? .nan
    case .null: .nan
    }
  }
  public var string: String {
    switch self {
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .text(let text): text
    case .null: ""
    }
  }
}

/// The database did not do what it was asked.
public struct SQLFailure: Error, Sendable, CustomStringConvertible {
  public var message: String
  /// Nothing is wrong with the statement; the database is away.
  public var isUnavailable: Bool
  public init(message: String, isUnavailable: Bool) {
    self.message = message
    self.isUnavailable = isUnavailable
  }
  public var description: String { message }
}

/// A transaction in progress. Parameters are written `$1`, `$2`, … and first appear in ascending order.
public protocol SQLSession {
  func execute(_ sql: String, _ values: [SQLValue]) throws
  func query(_ sql: String, _ values: [SQLValue]) throws -> [[SQLValue]]
  /// Inserts many rows by the fastest way there is; none of them may exist already.
  func insert(into table: String, columns: [String], rows: [[SQLValue]]) throws
  /// Inserts those rows whose unique `key` is not there yet, neither from this engine nor from another; positions of the rows that were new,
  /// ascending.
  func insertNew(into table: String, columns: [String], key: [String], rows: [[SQLValue]]) throws -> [Int]
}

extension SQLSession {
  public func execute(_ sql: String) throws { try execute(sql, []) }
  public func query(_ sql: String) throws -> [[SQLValue]] { try query(sql, []) }
}

/// SQLite or PostgreSQL, told apart only where they spell things differently. Calls block; see ``Store`` for the asynchronous side.
public protocol SQLDatabase: AnyObject, Sendable {
  /// How a 64-bit primary key that numbers the rows is declared.
  var rowKey: String { get }
  /// What is added to a table whose rows are found by their own key and need no number.
  var keyed: String { get }
  /// Milliseconds since 1970 by the database's own clock, as an expression.
  var clock: String { get }
  func write<Result>(_ body: (any SQLSession) throws -> Result) throws -> Result
  func read<Result>(_ body: (any SQLSession) throws -> Result) throws -> Result
  func close()
}
