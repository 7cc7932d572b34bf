import ControlLoop
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import TrafficModel

/// What the routes work with.
struct LiveAPI: Sendable {
  let topology: LiveTopology
  let ingestor: Ingestor
  let loop: LiveLoop
  let hub: LiveHub
  let history: LiveHistory
  let store: Store
  let projector: Projector
  let tokens: TokenStore
  let audit: AuditTrail
  let metrics: ServiceMetrics
  let parser: ReadingParser
  let signalIndex: [String: Int]
  let mqtt: @Sendable () -> [String: Bool]
  /// A place and time with fewer vehicles than this is not shown to the public.
  let publicThreshold: Double

  static func now() -> Int64 { LiveClock.wall.milliseconds }

  func signal(_ name: String) throws -> Int {
    guard let index = signalIndex[name] else { throw Problem.notFound("no signal \(name.prefix(80))") }
    return index
  }

  func snapshot() throws -> LiveSnapshot {
    guard let snapshot = hub.snapshot else { throw Problem.unavailable("the loop has not yet decided") }
    return snapshot
  }

  /// Every operation, in the order of the OpenAPI file.
  var routes: [APIRoute] { openRoutes + ingestRoutes + viewRoutes + orderRoutes + accessRoutes + publicRoutes + dashboardRoutes }

  // MARK: Health and metrics

  private var openRoutes: [APIRoute] {
    [
      APIRoute(.get, "/health", .open) { _ in .json(Data("{\"status\":\"alive\"}".utf8)) },
      APIRoute(.get, "/ready", .open) { _ in try readiness() },
      APIRoute(.get, "/openapi.json", .open) { _ in .json(Data(PackageResources.openapi_json)) },
      APIRoute(.get, "/v1/messages/{language}", .open) { request in try messages(request) },
    ]
  }

  private struct Readiness: Encodable {
    var ready: Bool
    var reasons: [String]
    /// What is out of reach while the engine goes on deciding.
    var warnings: [String]
  }

  private func readiness() throws -> Response {
    var reasons: [String] = []
    if let failure = ingestor.journal.failed { reasons.append("journal: \(failure)") }
    let status = loop.status
    if let failure = status.failure { reasons.append("loop: \(failure)") }
    if let last = status.lastTick {
      if (loop.now - last).seconds > 5 * max(1, loop.speed) { reasons.append("loop: the last decision is late") }
    } else {
      reasons.append("loop: no decision yet")
    }
    var warnings: [String] = []
    if let trouble = status.trouble { warnings.append("street: \(trouble)") }
    if let failure = projector.status.failure { warnings.append("database: \(failure)") }
    return try .json(
      Readiness(ready: reasons.isEmpty, reasons: reasons, warnings: warnings), status: reasons.isEmpty ? .ok : .serviceUnavailable)
  }

  private func messages(_ request: APIRequest) throws -> Response {
    guard let language = Language(rawValue: request.path["language"] ?? "") else {
      throw Problem.notFound("languages: \(Language.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    var table: [String: String] = [:]
    for entry in MessageTable.subjects.joined() {
      let wanted = ["live.", "alarm.", "page.", "level.", "authority.", "health."]
      guard wanted.contains(where: { entry.key.hasPrefix($0) }) else { continue }
      table[entry.key] = language == .chinese ? entry.chinese : entry.english
    }
    return try .json(table)
  }

  // MARK: Ingest

  private var ingestRoutes: [APIRoute] {
    [
      APIRoute(.post, "/v1/readings", .ingest, bodyLimit: 4 << 20, query: ["partial"]) { request in try await readings(request) }
    ]
  }

  private func readings(_ request: APIRequest) async throws -> Response {
    let type = request.headers[.contentType].map {
      ($0.split(separator: ";", omittingEmptySubsequences: false).first ?? "").trimmingCharacters(in: .whitespaces).lowercased()
    }
    let form: ReadingParser.Form
    switch type {
    case "application/json", nil: form = .json
    case "application/x-ndjson": form = .lines
    default:
      throw Problem(
        status: .unsupportedMediaType, kind: "media-type", title: "The body is of another type.", detail: "",
        errors: [
          FieldProblem(field: "Content-Type", value: String((type ?? "").prefix(80)), rule: "application/json or application/x-ndjson")
        ])
    }
    let now = loop.now
    var parsed: ReadingParser.Parsed
    do { parsed = try parser.parse(request.body, form: form, now: now) } catch {
      throw Problem.badRequest("unreadable-body", "The body cannot be read.", [error], detail: "\(error.field): \(error.rule)")
    }
    switch request.query["partial"] {
    case nil: break
    case "true": parsed.isPartial = true
    case "false": parsed.isPartial = false
    case .some(let other): throw Problem.field("partial", other, "true or false")
    }
    do { return try .json(try await ingestor.accept(parsed, received: now)) } catch Ingestor.Refusal.poisoned(let problems) {
      throw Problem.badRequest(
        "poisoned-batch", "Nothing of the batch was taken.", problems,
        detail:
          "\(problems.count) of \(parsed.readings.count + problems.count) readings break a rule; "
          + "send ?partial=true to have the others taken"
      )
    } catch Ingestor.Refusal.overloaded {
      throw Problem.unavailable("the engine does not keep up")
    } catch Ingestor.Refusal.unavailable(let why) {
      throw Problem.unavailable(why)
    }
  }
}
