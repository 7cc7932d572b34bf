import ArgumentParser
import ControlLoop
import Foundation
import LiveService
import TrafficModel

/// The operations of the service, read from the OpenAPI file it serves.
struct Operation: Sendable {
  var method: String
  var path: String
  var permission: String
  var query: [(name: String, schema: [String: any Sendable])]
  var bodyTypes: [String]
  var bodySchema: [String: any Sendable]?

  static func all(_ document: [String: any Sendable]) -> [Operation] {
    let paths = document["paths"] as? [String: [String: [String: any Sendable]]] ?? [:]
    var operations: [Operation] = []
    for (path, methods) in paths.sorted(by: { $0.key < $1.key }) {
      for (method, operation) in methods.sorted(by: { $0.key < $1.key }) {
        let parameters = operation["parameters"] as? [[String: any Sendable]] ?? []
        let content = (operation["requestBody"] as? [String: any Sendable])?["content"] as? [String: [String: any Sendable]] ?? [:]
        operations.append(
          Operation(
            method: method.uppercased(), path: path, permission: operation["x-permission"] as? String ?? "open",
            query: parameters.filter { $0["in"] as? String == "query" }.map {
              ($0["name"] as? String ?? "", $0["schema"] as? [String: any Sendable] ?? [:])
            }, bodyTypes: content.keys.sorted(), bodySchema: content["application/json"]?["schema"] as? [String: any Sendable]))
      }
    }
    return operations
  }

  /// The path with something plausible for its variables.
  func filled(_ signal: String) -> String {
    path.replacingOccurrences(of: "{signal}", with: signal).replacingOccurrences(of: "{language}", with: "en")
      .replacingOccurrences(of: "{order}", with: "1").replacingOccurrences(of: "{token}", with: "none")
  }
}

/// Plain values of JSON, sendable.
func readJSON(_ bytes: [UInt8]) throws -> any Sendable {
  func plain(_ value: Any) -> any Sendable {
    switch value {
    case let object as [String: Any]: object.mapValues { plain($0) }
    case let list as [Any]: list.map { plain($0) }
    case let text as String: text
    case let number as NSNumber: number.doubleValue
    default: false
    }
  }
  return plain(try JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed]))
}

/// Every route without a token, with an unknown one, and with each role that may not use it: refused and recorded.
struct AccessCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "access", abstract: "Every route without or with the wrong role's token is refused and recorded.")

  func run() throws {
    let bench = try Bench()
    defer { bench.remove() }
    try bench.start(["--street", "queues", "--grid", "2x2"])
    let connection = HTTPConnection(port: bench.port)
    let document = try readJSON(connection.request("GET", "/openapi.json", token: nil).body) as? [String: any Sendable] ?? [:]
    var tried = 0, wrong: [String] = []
    var expected: [String: Int] = [:]
    let allowed: [String: Set<AccessRole>] = [
      "ingest": [.sensor], "view": [.viewer, .operator, .administrator], "operate": [.operator, .administrator],
      "administer": [.administrator],
    ]
    for operation in Operation.all(document) where operation.permission != "open" {
      var attempts: [(String?, Int)] = [(nil, 401), ("gw_unknown", 401), ("", 401)]
      for role in AccessRole.allCases where !(allowed[operation.permission] ?? []).contains(role) {
        attempts.append((bench.tokens[role], 403))
      }
      for (token, status) in attempts {
        let answer = try connection.request(
          operation.method, operation.filled("S1-1"), token: token, type: "application/json", body: operation.bodyTypes.isEmpty ? nil : [])
        tried += 1
        if answer.status != status { wrong.append("\(operation.method) \(operation.path): \(answer.status) instead of \(status)") }
        if answer.headers["content-type"] != "application/problem+json" { wrong.append("\(operation.path): not a problem") }
        expected["\(operation.method) \(operation.path)", default: 0] += 1
        // Slower than the audit trail sums up.
        usleep(25_000)
      }
    }
    usleep(300_000)
    bench.stop()
    let lines = try String(contentsOfFile: bench.folder + "/audit.jsonl", encoding: .utf8).split(separator: "\n")
    var recorded = 0
    for line in lines {
      if let entry = try? JSONDecoder().decode(AuditTrail.Line.self, from: Data(line.utf8)), entry.action == "refused",
        expected[entry.target] != nil
      {
        recorded += 1
      }
    }
    var table = CheckTable()
    table.add("routes that need a token", "\(expected.count)")
    table.add("attempts", "\(tried)")
    table.atMost("not refused as they should", Double(wrong.count), 0, unit: "")
    table.atLeast("refusals in the audit trail", Double(recorded), Double(tried), unit: "")
    table.add("audit trail", "\(try AuditTrail.verify(path: bench.folder + "/audit.jsonl")) lines, the chain holds")
    for text in wrong.prefix(5) { print(text) }
    try table.finish()
  }
}

/// Malformed requests made from the OpenAPI file.
struct FuzzCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz", abstract: "Malformed requests generated from the OpenAPI file: no 5xx, no crash.")
  @Option(help: "Requests.") var requests = 100_000
  @Option(help: "Seed.") var seed: UInt64 = 1

  func run() throws {
    let bench = try Bench()
    defer { bench.remove() }
    try bench.start(["--street", "queues", "--grid", "2x2", "--token-rate", "1000000", "--anonymous-rate", "1000000"])
    let document =
      try readJSON(HTTPConnection(port: bench.port).request("GET", "/openapi.json", token: nil).body) as? [String: any Sendable] ?? [:]
    let operations = Operation.all(document).filter { $0.path != "/v1/stream" }
    let schemas = (document["components"] as? [String: any Sendable])?["schemas"] as? [String: [String: any Sendable]] ?? [:]
    usleep(2_500_000)
    let statuses = Shared([Int: Int]()), bad = Shared([String]()), bare = Shared([String]()), lost = Shared(0)
    let port = bench.port
    let tokens = AccessRole.allCases.map { bench.tokens[$0]! }
    let workers = 4
    onThreads(workers) { [seed, requests] index in
      var maker = Mutator(seed: seed &* 1_000_003 &+ UInt64(index), schemas: schemas)
      var connection = HTTPConnection(port: port)
      for _ in 0..<(requests / workers) {
        let (bytes, isWellFramed, isHead) = maker.request(operations, tokens: tokens)
        do {
          try connection.send(bytes)
          let answer = try connection.receive(isHead: isHead)
          statuses.with { $0[answer.status, default: 0] += 1 }
          if answer.status >= 500 { bad.with { $0.append("\(answer.status) for \(String(decoding: bytes.prefix(300), as: UTF8.self))") } }
          if isWellFramed, !isHead, answer.status >= 400, answer.headers["content-type"] != "application/problem+json" {
            bare.with { $0.append("\(answer.status) for \(String(decoding: bytes.prefix(300), as: UTF8.self))") }
          }
          if !isWellFramed { connection = HTTPConnection(port: port) }
        } catch {
          // A request that is not HTTP may be answered by closing; one that is, must be answered.
          if isWellFramed { lost.with { $0 += 1 } }
          connection = HTTPConnection(port: port)
        }
      }
    }
    var table = CheckTable()
    let counts = statuses.with { $0 }
    table.add("requests answered", "\(counts.values.reduce(0, +))")
    table.add("by status", counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))
    table.atMost("answers of 500 and above", Double(bad.with { $0.count }), 0, unit: "")
    table.atMost("refusals that are no problem+json", Double(bare.with { $0.count }), 0, unit: "")
    table.atMost("well-framed requests without an answer", Double(lost.with { $0 }), 0, unit: "")
    table.atLeast("the service still runs", bench.isRunning ? 1 : 0, 1, unit: "")
    let skipped = try bench.metric("greenwave_ticks_skipped_total")
    table.atMost("seconds without a decision", skipped, 0, unit: "")
    for text in bad.with({ $0.prefix(5) }) + bare.with({ $0.prefix(5) }) { print(text) }
    bench.stop()
    let verified = try verifyJournal(at: bench.journal)
    table.atMost("decisions not reproduced", Double(verified.differences.count), 0, unit: "")
    try table.finish()
  }
}

/// Makes requests that nearly fit, by schema, and then spoils them.
struct Mutator {
  private var state: UInt64
  private let schemas: [String: [String: any Sendable]]

  init(seed: UInt64, schemas: [String: [String: any Sendable]]) {
    state = seed | 1
    self.schemas = schemas
  }

  private mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
  private mutating func below(_ n: Int) -> Int { Int(next() >> 11) % max(1, n) }
  private mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  private mutating func pick<T>(_ list: [T]) -> T { list[below(list.count)] }

  private let junk: [String] = [
    "", " ", "null", "-1", "0", "1e309", "9223372036854775808", "NaN", "\u{0}", "\u{FFFD}", "é", "信号", "'; DROP TABLE reading; --",
    "../../etc/passwd",
    "%00", "%ff", "<script>", "{{7*7}}", "${x}", "\\u0000", "S1-1", "on", "true", "1795500000000", "2026-11-24T06:00:00Z",
    "2026-13-45T99:99:99Z",
    String(repeating: "a", count: 300), "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "-0", "0x10", "1.5",
  ]

  private mutating func value(_ schema: [String: any Sendable], depth: Int) -> String {
    if chance(8) || depth > 6 { return literal(pick(junk)) }
    if let name = schema["$ref"] as? String, let found = schemas[String(name.split(separator: "/").last ?? "")] {
      return value(found, depth: depth + 1)
    }
    if let options = schema["oneOf"] as? [[String: any Sendable]] { return value(pick(options), depth: depth + 1) }
    if let words = schema["enum"] as? [String] { return literal(chance(80) ? pick(words) : pick(junk)) }
    switch schema["type"] as? String {
    case "string": return literal(chance(50) ? pick(["S1-1", "S1-1.N.left.stop", "day", "on", "a reason", "gate-7"]) : pick(junk))
    case "integer": return pick(["0", "1", "-1", "2", "1795500000000", "9007199254740993", "1.5", "\"1\"", "99999999999999999999"])
    case "number": return pick(["0", "0.5", "-0.5", "1e5", "1e400", "100", "\"x\""])
    case "boolean": return pick(["true", "false", "1", "\"true\""])
    case "array":
      let items = schema["items"] as? [String: any Sendable] ?? [:]
      return "[" + (0..<below(4)).map { _ in value(items, depth: depth + 1) }.joined(separator: ",") + "]"
    case "object":
      let properties = schema["properties"] as? [String: [String: any Sendable]] ?? [:]
      let required = Set(schema["required"] as? [String] ?? [])
      var fields: [String] = []
      for (key, inner) in properties.sorted(by: { $0.key < $1.key }) where required.contains(key) ? !chance(7) : chance(30) {
        fields.append("\"\(key)\":" + value(inner, depth: depth + 1))
      }
      if chance(10) { fields.append(literal(pick(junk)) + ":1") }
      return "{" + fields.joined(separator: ",") + "}"
    default: return pick(["null", "{}", "[]", "1", "\"x\""])
    }
  }

  private func literal(_ text: String) -> String {
    "\""
      + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"").replacingOccurrences(
        of: "\u{0}", with: "\\u0000")
      + "\""
  }

  private mutating func encoded(_ text: String) -> String {
    if chance(15) {
      return text.replacingOccurrences(of: " ", with: "+").filter { $0.isASCII && $0 != "\u{0}" && $0 != "\r" && $0 != "\n" }
    }
    return text.utf8.map { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46
        ? String(UnicodeScalar(byte)) : "%" + String(format: "%02X", byte)
    }.joined()
  }

  /// A request, whether it is framed as HTTP should be, and whether it asks for the head alone.
  mutating func request(_ operations: [Operation], tokens: [String]) -> ([UInt8], Bool, Bool) {
    let operation = pick(operations)
    var path = operation.path
    while let open = path.firstIndex(of: "{"), let close = path.firstIndex(of: "}") {
      path.replaceSubrange(open...close, with: chance(50) ? "S1-1" : encoded(pick(junk)))
    }
    if chance(3) { path += "/" + encoded(pick(junk)) }
    var parts: [String] = []
    for (name, _) in operation.query where chance(50) {
      parts.append(name + "=" + encoded(chance(40) ? pick(["S1-1", "minute", "10", "true", "csv"]) : pick(junk)))
    }
    if chance(5) { parts.append(encoded(pick(junk)) + "=1") }
    if chance(2) { parts.append("%zz") }
    if !parts.isEmpty { path += "?" + parts.joined(separator: "&") }
    let method = chance(90) ? operation.method : pick(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
    var body: [UInt8] = []
    if method != "GET" && method != "HEAD", !operation.bodyTypes.isEmpty || chance(5) {
      var text = value(operation.bodySchema ?? [:], depth: 0)
      if chance(20) {
        var bytes = Array(text.utf8)
        for _ in 0..<(1 + below(4)) where !bytes.isEmpty {
          let position = below(bytes.count)
          switch below(3) {
          case 0: bytes[position] = UInt8(truncatingIfNeeded: next())
          case 1: bytes.remove(at: position)
          default: bytes.insert(UInt8(truncatingIfNeeded: next()), at: position)
          }
        }
        body = bytes
      } else {
        if chance(3) { text = String(text.dropLast(1 + below(text.count))) }
        body = Array(text.utf8)
      }
      if chance(1) { body = [UInt8](repeating: UInt8(ascii: "["), count: 20_000) }
    }
    let token = chance(85) ? pick(tokens) : pick(["", "gw_x", "  ", String(repeating: "b", count: 5000)])
    var type: String? =
      chance(85) ? operation.bodyTypes.randomElementOrNil(below(8)) : pick(["text/plain", "application/x-ndjson", ";;;", ""])
    if type == "" { type = nil }
    var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n"
    if let type { head += "Content-Type: \(type)\r\n" }
    var isWellFramed = true
    if chance(1) {
      isWellFramed = false
      head += pick([
        "Content-Length: -5\r\n", "Content-Length: 3\r\nContent-Length: 7\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
        "X: \u{1}\r\n", "broken line\r\n",
      ])
    }
    head += "Content-Length: \(body.count)\r\n\r\n"
    return (Array(head.utf8) + body, isWellFramed, method == "HEAD")
  }
}

extension Array {
  fileprivate func randomElementOrNil(_ draw: Int) -> Element? { isEmpty ? nil : self[draw % count] }
}
