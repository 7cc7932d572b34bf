import ControlLoop
import Foundation
import HTTPTypes
import Hummingbird
import TrafficModel

extension LiveAPI {
  var orderRoutes: [APIRoute] {
    [
      APIRoute(.post, "/v1/orders", .operate, bodyLimit: 16_384) { request in try await order(request) },
      APIRoute(.post, "/v1/orders/{order}/undo", .operate, bodyLimit: 16_384) { request in try await undo(request) },
      APIRoute(.post, "/v1/plans", .operate, bodyLimit: 262_144) { request in try await plan(request) },
    ]
  }

  var accessRoutes: [APIRoute] {
    [
      APIRoute(.get, "/v1/tokens", .administer) { _ in
        try .json(tokens.all.map { TokenAnswer(id: $0.id, name: $0.name, role: $0.role, created: $0.created, revoked: $0.revoked) })
      },
      APIRoute(.post, "/v1/tokens", .administer, bodyLimit: 16_384) { request in try createToken(request) },
      APIRoute(.delete, "/v1/tokens/{token}", .administer) { request in try revokeToken(request) },
      APIRoute(.get, "/v1/audit", .administer, query: ["limit"]) { request in try .json(audit.tail(try limit(request))) },
    ]
  }

  // MARK: Bodies

  /// The fields of a JSON object whose values are text, numbers or flags; anything else is refused by name.
  func fields(_ request: APIRequest, _ known: Set<String>) throws -> [String: JSONCursor.Value] {
    var result: [String: JSONCursor.Value] = [:]
    do throws(JSONCursor.Fault) {
      try request.body.withUnsafeBufferPointer { (bytes) throws(JSONCursor.Fault) in
        var cursor = JSONCursor(bytes)
        try cursor.expect(UInt8(ascii: "{"), "an object")
        if !cursor.take(UInt8(ascii: "}")) {
          repeat {
            cursor.skipSpace()
            let key = try cursor.string()
            guard result[key] == nil else { throw cursor.fault("each field once") }
            try cursor.expect(UInt8(ascii: ":"), ":")
            result[key] = try cursor.value()
          } while cursor.take(UInt8(ascii: ","))
          try cursor.expect(UInt8(ascii: "}"), "} or ,")
        }
        cursor.skipSpace()
        if !cursor.isAtEnd { throw cursor.fault("the end of the body") }
      }
    } catch {
      throw Problem.field("body", "byte \(error.offset)", "expected \(error.expected)")
    }
    for key in result.keys.sorted() where !known.contains(key) { throw Problem.field(key, result[key]!.text, "no field of this name") }
    return result
  }

  func text(_ fields: [String: JSONCursor.Value], _ name: String, _ lengths: ClosedRange<Int>) throws -> String {
    guard case .string(let text)? = fields[name] else { throw Problem.field(name, fields[name]?.text ?? "", "text is required") }
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard lengths.contains(trimmed.count), !trimmed.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
      throw Problem.field(name, text, "\(lengths.lowerBound) to \(lengths.upperBound) characters")
    }
    return trimmed
  }

  func integer(_ fields: [String: JSONCursor.Value], _ name: String, _ range: Range<Int>) throws -> Int {
    guard case .integer(let value)? = fields[name], let number = Int(exactly: value), range.contains(number) else {
      throw Problem.field(name, fields[name]?.text ?? "", "an integer from \(range.lowerBound) to \(range.upperBound - 1)")
    }
    return number
  }

  // MARK: Orders

  struct OrderAnswer: Encodable {
    var order: UInt64
    var record: UInt64
  }

  private func order(_ request: APIRequest) async throws -> Response {
    let fields = try fields(request, ["signal", "action", "stage", "program", "reason", "minutes"])
    let name = try text(fields, "signal", 1...200)
    guard let index = signalIndex[name] else { throw Problem.field("signal", name, "the name of a signal") }
    let reason = try text(fields, "reason", 3...300)
    let actionName = try text(fields, "action", 1...20)
    let action: LiveOrder.Action
    switch actionName {
    case "hold":
      let count = try snapshot().signals[index].stages.count
      action = .hold(stage: try integer(fields, "stage", 1..<(count + 1)) - 1)
    case "forcePlan":
      let program = try text(fields, "program", 1...200)
      guard let position = topology.signals[index].programs.firstIndex(where: { $0.id == program }) else {
        throw Problem.field("program", program, "one of \(topology.signals[index].programs.map(\.id).joined(separator: ", "))")
      }
      action = .forcePlan(program: position)
    case "shadow": action = .shadow
    case "fallback": action = .fallback
    case "flash": action = .flash
    case "allRed": action = .allRed
    default: throw Problem.field("action", actionName, "one of hold, forcePlan, shadow, fallback, flash, allRed")
    }
    if actionName != "hold", let stage = fields["stage"] { throw Problem.field("stage", stage.text, "only with hold") }
    if actionName != "forcePlan", let program = fields["program"] { throw Problem.field("program", program.text, "only with forcePlan") }
    let now = loop.now
    var until: Instant?
    if fields["minutes"] != nil { until = now + .minutes(Double(try integer(fields, "minutes", 1..<10_081))) }
    // Numbered by the clock: unique as long as nobody gives two orders within a microsecond.
    let id = UInt64(Date().timeIntervalSince1970 * 1e6)
    let event = LiveEvent.order(
      LiveOrder(id: id, signal: index, action: action, actor: request.actor, reason: reason, time: now, until: until))
    let record = try await put(event, request, action: "order " + actionName, target: name, detail: reason)
    return try .json(OrderAnswer(order: id, record: record), status: .created)
  }

  private func undo(_ request: APIRequest) async throws -> Response {
    let fields = try fields(request, ["reason"])
    let reason = try text(fields, "reason", 3...300)
    guard let id = UInt64(request.path["order"]!) else { throw Problem.notFound("no order \(request.path["order"]!.prefix(40))") }
    let standing = ingestor.standing(at: loop.now)
    guard standing.contains(where: { if case .order(let order) = $0 { order.id == id } else { false } }) else {
      throw Problem.notFound("no order \(id) is in force")
    }
    let record = try await put(
      .undo(order: id, actor: request.actor, reason: reason, time: loop.now), request, action: "undo", target: "\(id)", detail: reason)
    return try .json(OrderAnswer(order: id, record: record))
  }

  private func put(_ event: LiveEvent, _ request: APIRequest, action: String, target: String, detail: String) async throws -> UInt64 {
    do {
      try audit.record(actor: request.actor, action: action, target: target, detail: detail, time: Self.now())
      let record = try ingestor.record(event)
      try await ingestor.journal.commit(through: record)
      return record
    } catch { throw Problem.unavailable("\(error)") }
  }

  // MARK: Plans

  private struct PlanBody: Decodable {
    var signal: String
    var program: SignalProgram
    var reason: String
  }

  private func plan(_ request: APIRequest) async throws -> Response {
    let body: PlanBody
    do { body = try JSONDecoder().decode(PlanBody.self, from: Data(request.body)) } catch let error as DecodingError {
      let (field, rule) = Self.describe(error)
      throw Problem.field(field, "", rule)
    } catch { throw Problem.field("body", "", "a JSON object") }
    guard let index = signalIndex[body.signal] else { throw Problem.field("signal", body.signal, "the name of a signal") }
    guard (3...300).contains(body.reason.count) else { throw Problem.field("reason", body.reason, "3 to 300 characters") }
    let findings = PlanGate.findings(body.program, for: topology.signals[index])
    guard findings.isEmpty else {
      throw Problem.badRequest(
        "unsafe-plan", "The plan breaks the signal's rules and is not adopted.",
        findings.map { FieldProblem(field: "program", value: body.program.id, rule: $0.text(.english)) })
    }
    let reason = Message("live.planByHand", [request.actor, body.reason])
    let record = try await put(
      .plan(signal: index, program: body.program, reason: reason, time: loop.now), request, action: "plan", target: body.signal,
      detail: body.reason)
    return try .json(OrderAnswer(order: 0, record: record), status: .created)
  }

  static func describe(_ error: DecodingError) -> (field: String, rule: String) {
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.isEmpty ? "body" : context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context): return (path(context) + "." + key.stringValue, "is required")
    case .typeMismatch(_, let context): return (path(context), "is of another type")
    case .valueNotFound(_, let context): return (path(context), "is required")
    case .dataCorrupted(let context): return (path(context), "cannot be read")
    @unknown default: return ("body", "cannot be read")
    }
  }

  // MARK: Tokens

  private struct TokenAnswer: Encodable {
    var id: String
    var name: String
    var role: AccessRole
    var created: Int64
    var revoked: Int64?
    /// Shown once.
    var token: String?
  }

  private func createToken(_ request: APIRequest) throws -> Response {
    let fields = try fields(request, ["name", "role"])
    let name = try text(fields, "name", 1...64)
    guard ReadingParser.isName(name) else { throw Problem.field("name", name, "characters of A-Z a-z 0-9 . _ : -") }
    let roleName = try text(fields, "role", 1...20)
    guard let role = AccessRole(rawValue: roleName) else {
      throw Problem.field("role", roleName, "one of \(AccessRole.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let (token, record) = try tokens.create(name: name, role: role, now: Self.now())
    try audit.record(actor: request.actor, action: "token made", target: record.id, detail: "\(name) as \(role.rawValue)", time: Self.now())
    return try .json(
      TokenAnswer(id: record.id, name: name, role: role, created: record.created, revoked: nil, token: token), status: .created)
  }

  private func revokeToken(_ request: APIRequest) throws -> Response {
    let id = request.path["token"]!
    guard try tokens.revoke(id: id, now: Self.now()) else { throw Problem.notFound("no token \(id.prefix(40)) in use") }
    try audit.record(actor: request.actor, action: "token revoked", target: id, detail: "", time: Self.now())
    return Response(status: .noContent)
  }
}
