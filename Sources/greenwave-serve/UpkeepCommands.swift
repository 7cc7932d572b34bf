import ArgumentParser
import Foundation
import LiveService
import TrafficModel

/// `greenwave-serve token PATH`
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make, list or revoke tokens (while the service is stopped; POST /v1/tokens does it while it runs).")

  @OptionGroup var folder: DataFolder
  @Option(help: "Make a token of this role: sensor, viewer, operator, administrator.") var role: String?
  @Option(help: "What the new token is for.") var name = "token"
  @Option(help: "Revoke the token with this id.") var revoke: String?

  func run() throws {
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    let tokens: TokenStore
    let audit: AuditTrail
    do {
      tokens = try TokenStore(path: folder.path + "/tokens.json")
      audit = try AuditTrail(path: folder.path + "/audit.jsonl")
    } catch { stopWith("\(error)", .inputOutput) }
    let now = LiveClock.wall.milliseconds
    if let role {
      guard let known = AccessRole(rawValue: role) else {
        stopWith("--role \(role): one of \(AccessRole.allCases.map(\.rawValue).joined(separator: ", "))", .usage)
      }
      let (token, record) = try tokens.create(name: name, role: known, now: now)
      try audit.record(actor: "command line", action: "token made", target: record.id, detail: "\(name) as \(role)", time: now)
      print(token)
    } else if let revoke {
      guard try tokens.revoke(id: revoke, now: now) else { stopWith("no token \(revoke) in use", .data) }
      try audit.record(actor: "command line", action: "token revoked", target: revoke, detail: "", time: now)
    } else {
      for record in tokens.all {
        print("\(record.id)  \(record.role.rawValue)  \(record.name)\(record.revoked == nil ? "" : "  revoked")")
      }
    }
  }
}

/// `greenwave-serve audit PATH`
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "audit", abstract: "Check the audit trail's chain of hashes.")
  @OptionGroup var folder: DataFolder

  func run() throws {
    folder.mustExist()
    do { print("\(try AuditTrail.verify(path: folder.path + "/audit.jsonl")) lines, the chain holds") } catch {
      stopWith("\(error)", .data)
    }
  }
}

/// `greenwave-serve rebuild PATH`
struct RebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild", abstract: "Empty the database and project the journal anew (while the service is stopped).")
  @OptionGroup var folder: DataFolder
  @Option(help: "libpq address of a PostgreSQL database; SQLite in the folder otherwise.") var postgres: String?

  func run() throws {
    folder.mustExist()
    do {
      let position = try LiveServer.rebuild(directory: folder.path, postgres: postgres)
      print("\(position) records projected")
    } catch { stopWith("\(error)", .inputOutput) }
  }
}
