import HTTPTypes
import Hummingbird
import NIOCore

/// Where a request comes from and whose it is.
struct LiveContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  var remote: String

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    remote = source.channel.remoteAddress?.ipAddress ?? "local"
  }
}

/// A request that has passed the gate: its route's variables, its query and its body.
struct APIRequest: Sendable {
  var path: [String: String]
  var query: [String: String]
  var headers: HTTPFields
  var body: [UInt8]
  /// Name of the token, or `anonymous`.
  var actor: String
  var role: AccessRole?
}

/// One operation of the API: what the OpenAPI file describes and the responder serves; the tests hold one to the other.
struct APIRoute: Sendable {
  var method: HTTPRequest.Method
  /// Segments; `{name}` stands for anything.
  var pattern: String
  var permission: AccessRole.Permission
  /// Largest body [bytes]; 0: none.
  var bodyLimit: Int
  /// Query parameters it knows; others are refused.
  var query: Set<String>
  var handler: @Sendable (APIRequest) async throws -> Response

  init(
    _ method: HTTPRequest.Method, _ pattern: String, _ permission: AccessRole.Permission, bodyLimit: Int = 0, query: Set<String> = [],
    _ handler: @escaping @Sendable (APIRequest) async throws -> Response
  ) {
    self.method = method
    self.pattern = pattern
    self.permission = permission
    self.bodyLimit = bodyLimit
    self.query = query
    self.handler = handler
  }

  /// The variables of `path` where it fits the pattern.
  func match(_ path: [Substring]) -> [String: String]? {
    let segments = pattern.split(separator: "/", omittingEmptySubsequences: true)
    guard segments.count == path.count else { return nil }
    var variables: [String: String] = [:]
    for (segment, part) in zip(segments, path) {
      if segment.hasPrefix("{") {
        guard let decoded = part.removingURLPercentEncoding(), !decoded.isEmpty, decoded.utf8.count <= 200 else { return nil }
        variables[String(segment.dropFirst().dropLast())] = decoded
      } else if segment != part {
        return nil
      }
    }
    return variables
  }
}

extension StringProtocol {
  /// Nil where an escape is broken or what comes out is not UTF-8.
  func removingURLPercentEncoding() -> String? {
    var bytes: [UInt8] = []
    var units = utf8.makeIterator()
    while let byte = units.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = units.next().flatMap(Self.digit), let low = units.next().flatMap(Self.digit) else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
