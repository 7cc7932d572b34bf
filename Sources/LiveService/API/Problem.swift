import Foundation
import HTTPTypes
import Hummingbird

/// A refusal as RFC 9457 has it, naming what was wrong field by field.
struct Problem: Error, Sendable {
  var status: HTTPResponse.Status
  /// Last part of the problem's type.
  var kind: String
  var title: String
  var detail: String
  var errors: [FieldProblem] = []
  var headers: HTTPFields = [:]

  static func badRequest(_ kind: String, _ title: String, _ errors: [FieldProblem], detail: String = "") -> Problem {
    Problem(status: .badRequest, kind: kind, title: title, detail: detail, errors: errors)
  }
  static func field(_ field: String, _ value: String, _ rule: String) -> Problem {
    .badRequest(
      "invalid-field", "A field breaks its rule.", [FieldProblem(field: field, value: String(value.prefix(80)), rule: rule)],
      detail: "\(field): \(rule)")
  }
  static func notFound(_ what: String) -> Problem {
    Problem(status: .notFound, kind: "not-found", title: "There is no such thing.", detail: what)
  }
  static func unavailable(_ detail: String) -> Problem {
    Problem(
      status: .serviceUnavailable, kind: "unavailable", title: "Not now.", detail: detail, headers: [.retryAfter: "2"])
  }

  private struct Body: Encodable {
    var type: String
    var title: String
    var status: Int
    var detail: String
    var errors: [FieldProblem]
  }

  var response: Response {
    let body = Body(type: "/problems/" + kind, title: title, status: status.code, detail: detail, errors: Array(errors.prefix(1000)))
    let data = (try? JSONEncoder().encode(body)) ?? Data("{}".utf8)
    var fields = headers
    fields[.contentType] = "application/problem+json"
    fields[.cacheControl] = "no-store"
    return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }
}

extension Response {
  static func json(_ data: Data, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return .json(try encoder.encode(value), status: status)
  }
  static func text(_ text: String, type: String) -> Response {
    Response(
      status: .ok, headers: [.contentType: type, .cacheControl: "no-store"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
