import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The gate of the service: finds the route, checks token, role, rate, size and query, and turns every failure into a problem+json answer.
struct APIResponder: HTTPResponder {
  typealias Context = LiveContext

  let routes: [APIRoute]
  let tokens: TokenStore
  let audit: AuditTrail
  let limiter = RateLimiter()
  let metrics: ServiceMetrics
  let logger: Logger
  /// Allowance of one token, and of one address without.
  var tokenAllowance = RateLimiter.Allowance(perSecond: 2000, burst: 4000)
  var anonymousAllowance = RateLimiter.Allowance(perSecond: 200, burst: 600)
  /// UTC in milliseconds, for the audit trail.
  let clock: @Sendable () -> Int64

  func respond(to request: Request, context: LiveContext) async throws -> Response {
    let begin = DispatchTime.now().uptimeNanoseconds
    var pattern = "none"
    var response: Response
    do {
      response = try await answer(request, context, &pattern)
    } catch let problem as Problem {
      response = problem.response
    } catch let error as SQLFailure {
      logger.warning("the store failed", metadata: ["error": "\(error)"])
      response = Problem.unavailable("the store does not answer").response
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      logger.error("a request failed", metadata: ["route": "\(pattern)", "error": "\(error)"])
      response =
        Problem(status: .internalServerError, kind: "internal", title: "A defect of ours.", detail: "It is in the log.").response
    }
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[HTTPField.Name("Referrer-Policy")!] = "no-referrer"
    response.headers[HTTPField.Name("X-Frame-Options")!] = "DENY"
    response.headers[.contentSecurityPolicy] =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; "
      + "base-uri 'none'; frame-ancestors 'none'"
    if request.method == .head { response = response.createHeadResponse() }
    metrics.note(
      route: "\(request.method.rawValue) \(pattern)", status: response.status.code,
      milliseconds: Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6)
    return response
  }

  private func answer(_ request: Request, _ context: LiveContext, _ pattern: inout String) async throws -> Response {
    let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: true)
    var allowed: [String] = []
    var found: (APIRoute, [String: String])?
    for route in routes {
      guard let variables = route.match(path) else { continue }
      if route.method == request.method || (request.method == .head && route.method == .get) {
        found = (route, variables)
        break
      }
      allowed.append(route.method.rawValue)
    }
    let identity = identify(request)
    let client = identity.map { "token " + $0.id } ?? "address " + context.remote
    guard limiter.admits(client, identity == nil ? anonymousAllowance : tokenAllowance) else {
      throw Problem(
        status: .tooManyRequests, kind: "too-many-requests", title: "Too many requests.", detail: "Slow down.", headers: [.retryAfter: "1"])
    }
    guard let (route, variables) = found else {
      if !allowed.isEmpty {
        throw Problem(
          status: .methodNotAllowed, kind: "method-not-allowed", title: "Not by this method.", detail: allowed.joined(separator: ", "),
          headers: [.allow: allowed.joined(separator: ", ")])
      }
      throw Problem.notFound("no such path")
    }
    pattern = route.pattern
    if route.permission != .open {
      let target = "\(request.method.rawValue) \(route.pattern)"
      guard let identity else {
        let presented = request.headers[.authorization] != nil
        audit.recordRefusal(
          actor: "anonymous", target: target, detail: (presented ? "unknown token" : "no token") + " from " + context.remote, time: clock())
        metrics.noteRefusal()
        throw Problem(
          status: .unauthorized, kind: "unauthorized", title: "A token is needed.",
          detail: presented ? "The token is not known or was revoked." : "Send `Authorization: Bearer TOKEN`.",
          headers: [.wwwAuthenticate: "Bearer"])
      }
      guard identity.role.allows(route.permission) else {
        audit.recordRefusal(
          actor: identity.name, target: target, detail: "role \(identity.role.rawValue) may not \(route.permission.rawValue)", time: clock()
        )
        metrics.noteRefusal()
        throw Problem(
          status: .forbidden, kind: "forbidden", title: "The role does not allow it.",
          detail: "\(identity.role.rawValue) may not \(route.permission.rawValue)")
      }
    }
    let query = try parseQuery(request.uri.query, known: route.query)
    var body: [UInt8] = []
    if route.bodyLimit > 0 {
      do {
        let buffer = try await request.body.collect(upTo: route.bodyLimit)
        body = Array(buffer.readableBytesView)
      } catch is NIOTooManyBytesError {
        throw Problem(
          status: .contentTooLarge, kind: "too-large", title: "The body is too large.",
          detail: "at most \(route.bodyLimit) bytes",
          errors: [FieldProblem(field: "body", value: "more", rule: "at most \(route.bodyLimit) bytes")])
      }
    } else if request.method != .get && request.method != .head {
      // Nothing is expected; what comes is read away, within limits, so that the connection can go on.
      do { _ = try await request.body.collect(upTo: 65_536) } catch is NIOTooManyBytesError {
        throw Problem(
          status: .contentTooLarge, kind: "too-large", title: "The body is too large.", detail: "no body is expected",
          errors: [FieldProblem(field: "body", value: "more", rule: "no body is expected")])
      }
    }
    return try await route.handler(
      APIRequest(
        path: variables, query: query, headers: request.headers, body: body, actor: identity?.name ?? "anonymous", role: identity?.role))
  }

  private func identify(_ request: Request) -> TokenStore.Record? {
    guard let header = request.headers[.authorization], header.hasPrefix("Bearer ") else { return nil }
    return tokens.lookUp(String(header.dropFirst(7)))
  }

  private func parseQuery(_ text: String?, known: Set<String>) throws -> [String: String] {
    guard let text, !text.isEmpty else { return [:] }
    guard text.utf8.count <= 4096 else { throw Problem.field("query", text, "at most 4096 bytes") }
    var query: [String: String] = [:]
    for part in text.split(separator: "&", omittingEmptySubsequences: true) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = pair[0].replacingOccurrences(of: "+", with: " ").removingURLPercentEncoding(),
        let value = (pair.count > 1 ? pair[1] : "").replacingOccurrences(of: "+", with: " ").removingURLPercentEncoding()
      else { throw Problem.field("query", String(part), "percent-encoded UTF-8") }
      guard known.contains(name) else { throw Problem.field(name, value, "no parameter of this name") }
      guard query[name] == nil else { throw Problem.field(name, value, "the parameter once") }
      query[name] = value
    }
    return query
  }
}
