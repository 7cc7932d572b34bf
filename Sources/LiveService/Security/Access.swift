import Crypto
import Foundation

/// What a token may be used for.
public enum AccessRole: String, Sendable, Codable, CaseIterable {
  /// Sends readings, and nothing else.
  case sensor
  /// Looks on.
  case viewer
  /// Looks on and gives orders.
  case `operator`
  /// Looks on, gives orders, and manages tokens.
  case administrator

  /// What a route asks for.
  public enum Permission: String, Sendable, Codable { case open, ingest, view, operate, administer }

  public func allows(_ permission: Permission) -> Bool {
    switch permission {
    case .open: true
    case .ingest: self == .sensor
    case .view: self == .viewer || self == .operator || self == .administrator
    case .operate: self == .operator || self == .administrator
    case .administer: self == .administrator
    }
  }
}

/// Who may use the service: tokens by name and role, hashed. A token is 256 random bits, so that a plain SHA-256 of it cannot be guessed
/// back; it is shown when it is made and never again.
public final class TokenStore: @unchecked Sendable {
  public struct Record: Sendable, Codable, Hashable {
    public var id: String
    /// What the token is for, as its maker named it.
    public var name: String
    public var role: AccessRole
    /// SHA-256 of the token, hexadecimal.
    public var hash: String
    /// UTC [ms].
    public var created: Int64
    public var revoked: Int64?
  }

  private let path: String
  private let lock = NSLock()
  private var records: [Record] = []
  private var byHash: [String: Int] = [:]

  /// Opens or creates the file; throws where it cannot be read.
  public init(path: String) throws {
    self.path = path
    if let data = FileManager.default.contents(atPath: path) { records = try JSONDecoder().decode([Record].self, from: data) }
    index()
  }

  private func index() {
    byHash = [:]
    for (position, record) in records.enumerated() where record.revoked == nil { byHash[record.hash] = position }
  }

  static func hash(_ token: String) -> String {
    Crypto.SHA256.hash(data: Data(token.utf8)).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  public var isEmpty: Bool {
    lock.lock()
    defer { lock.unlock() }
    return !records.contains { $0.revoked == nil }
  }

  public var all: [Record] {
    lock.lock()
    defer { lock.unlock() }
    return records
  }

  /// Makes a token; the only time it is seen.
  public func create(name: String, role: AccessRole, now: Int64) throws -> (token: String, record: Record) {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let token =
      "gw_"
      + Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
    let hash = Self.hash(token)
    let record = Record(id: String(hash.prefix(12)), name: name, role: role, hash: hash, created: now, revoked: nil)
    lock.lock()
    defer { lock.unlock() }
    try save(records + [record])
    return (token, record)
  }

  /// Ends a token's use at once; false where there is no such token in use.
  public func revoke(id: String, now: Int64) throws -> Bool {
    lock.lock()
    defer { lock.unlock() }
    guard let position = records.firstIndex(where: { $0.id == id && $0.revoked == nil }) else { return false }
    var changed = records
    changed[position].revoked = now
    try save(changed)
    return true
  }

  /// Whose token this is, or nil.
  public func lookUp(_ token: String) -> Record? {
    guard token.utf8.count <= 128 else { return nil }
    let hash = Self.hash(token)
    lock.lock()
    defer { lock.unlock() }
    return byHash[hash].map { records[$0] }
  }

  private func save(_ changed: [Record]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let data = try encoder.encode(changed)
    let temporary = path + ".new"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    let written = data.withUnsafeBytes { Foundation.write(file, $0.baseAddress!, $0.count) }
    let synced = fsync(file)
    close(file)
    guard written == data.count, synced == 0, rename(temporary, path) == 0 else { throw POSIXError(.EIO) }
    records = changed
    index()
  }
}
