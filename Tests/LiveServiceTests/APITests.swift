import ControlLoop
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import TrafficModel

@testable import LiveService

/// Enough of JSON Schema to hold answers to the OpenAPI file.
struct SchemaCheck {
  let schemas: [String: Any]

  func problems(_ value: Any, _ schema: [String: Any], at path: String = "$") -> [String] {
    if let name = schema["$ref"] as? String {
      guard let found = schemas[String(name.split(separator: "/").last!)] as? [String: Any] else { return ["\(path): no schema \(name)"] }
      return problems(value, found, at: path)
    }
    if let options = schema["oneOf"] as? [[String: Any]] {
      return options.contains { problems(value, $0, at: path).isEmpty } ? [] : ["\(path): none of the forms"]
    }
    if let words = schema["enum"] as? [String], !(value as? String).map(words.contains, default: false) {
      return ["\(path): not one of \(words)"]
    }
    switch schema["type"] as? String {
    case "object":
      guard let object = value as? [String: Any] else { return ["\(path): no object"] }
      let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
      var found = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map { "\(path).\($0): missing" }
      for (key, inner) in object {
        if let known = properties[key] {
          found += problems(inner, known, at: path + "." + key)
        } else if schema["additionalProperties"] as? Bool == false {
          found.append("\(path).\(key): not described")
        }
      }
      return found
    case "array":
      guard let list = value as? [Any] else { return ["\(path): no array"] }
      let items = schema["items"] as? [String: Any] ?? [:]
      return list.enumerated().flatMap { problems($1, items, at: "\(path)[\($0)]") }
    case "string": return value is String ? [] : ["\(path): no string"]
    case "boolean": return value is Bool ? [] : ["\(path): no boolean"]
    case "integer":
      guard let number = value as? NSNumber else { return ["\(path): no integer"] }
      return number.doubleValue == number.doubleValue.rounded() ? [] : ["\(path): no integer"]
    case "number": return value is NSNumber ? [] : ["\(path): no number"]
    default: return []
    }
  }
}

extension Optional {
  fileprivate func map(_ body: (Wrapped) -> Bool, default fallback: Bool) -> Bool { map(body) ?? fallback }
}

@Suite struct APITests {
  private func serve(_ body: @escaping @Sendable (LiveServer, any TestClientProtocol, [AccessRole: String]) async throws -> Void)
    async throws
  {
    let folder = Folder()
    var configuration = LiveConfiguration(directory: folder.path)
    configuration.speed = 20
    configuration.start = morning
    let city = SyntheticCity(rows: 1, columns: 2).topology()
    let server = try LiveServer(
      configuration, topology: city, street: RehearsalStreet.queues(city, start: morning, seed: 1), logger: quiet)
    var tokens: [AccessRole: String] = [:]
    for role in AccessRole.allCases { tokens[role] = try server.tokens.create(name: role.rawValue, role: role, now: 0).token }
    server.start()
    defer { server.stop() }
    for _ in 0..<500 where server.hub.snapshot == nil { try await Task.sleep(for: .milliseconds(10)) }
    let made = tokens
    try await server.application().test(.live) { client in try await body(server, client, made) }
  }

  private func bearer(_ token: String?) -> HTTPFields { token.map { [.authorization: "Bearer \($0)"] } ?? [:] }

  /// Every route is described and every description is served, with the same permission; every answer has the form that is promised.
  @Test func theServiceIsWhatItsDescriptionSays() async throws {
    let document = try JSONSerialization.jsonObject(with: Data(PackageResources.openapi_json)) as! [String: Any]
    nonisolated(unsafe) let paths = document["paths"] as! [String: [String: [String: Any]]]
    nonisolated(unsafe) let check = SchemaCheck(schemas: (document["components"] as! [String: Any])["schemas"] as! [String: Any])
    try await serve { server, client, tokens in
      let served = Set(server.api.routes.map { "\($0.method.rawValue.lowercased()) \($0.pattern) \($0.permission.rawValue)" })
      let described = Set(paths.flatMap { path, methods in methods.map { "\($0.key) \(path) \($0.value["x-permission"] as! String)" } })
      #expect(served == described)
      for route in server.api.routes {
        let operation = paths[route.pattern]![route.method.rawValue.lowercased()]!
        let named = Set(
          (operation["parameters"] as? [[String: Any]] ?? []).filter { $0["in"] as? String == "query" }.map { $0["name"] as! String })
        #expect(named == route.query, "\(route.pattern)")
      }
      for route in server.api.routes where route.method == .get && route.pattern != "/v1/stream" {
        let role = [AccessRole.viewer, .administrator].first { $0.allows(route.permission) }
        var path = route.pattern.replacingOccurrences(of: "{signal}", with: "S1-1").replacingOccurrences(of: "{language}", with: "zh")
        if route.query.contains("signal") { path += "?signal=S1-1" }
        let operation = paths[route.pattern]!["get"]!
        let content = ((operation["responses"] as! [String: Any])["200"] as! [String: Any])["content"] as? [String: [String: Any]] ?? [:]
        try await client.execute(uri: path, method: .get, headers: bearer(role.flatMap { tokens[$0] })) { response in
          #expect(response.status == .ok, "\(path)")
          let type = response.headers[.contentType]?.split(separator: ";").first.map(String.init) ?? ""
          #expect(content.keys.contains(type), "\(path): \(type)")
          guard type == "application/json", let schema = content[type]?["schema"] as? [String: Any] else { return }
          let value = try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView), options: .fragmentsAllowed)
          #expect(check.problems(value, schema) == [], "\(path)")
        }
      }
    }
  }

  @Test func strangersAndWrongRolesAreRefusedAndWrittenDown() async throws {
    try await serve { server, client, tokens in
      for route in server.api.routes where route.permission != .open {
        let path = route.pattern.replacingOccurrences(of: "{signal}", with: "S1-1").replacingOccurrences(of: "{order}", with: "1")
          .replacingOccurrences(of: "{token}", with: "x")
        try await client.execute(uri: path, method: route.method) { #expect($0.status == .unauthorized, "\(path)") }
        for role in AccessRole.allCases where !role.allows(route.permission) {
          try await client.execute(uri: path, method: route.method, headers: bearer(tokens[role])) {
            #expect($0.status == .forbidden, "\(path)")
          }
        }
      }
      #expect(server.audit.tail(500).contains { $0.action == "refused" && $0.detail.contains("role viewer may not operate") })
    }
  }

  @Test func refusalsNameFieldValueAndRule() async throws {
    try await serve { server, client, tokens in
      func post(_ path: String, _ body: String, _ role: AccessRole, _ expected: HTTPResponse.Status) async throws -> [String: Any] {
        var headers = bearer(tokens[role])
        headers[.contentType] = "application/json"
        return try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: body)) { response in
          #expect(response.status == expected, "\(path) \(body.prefix(80)): \(String(buffer: response.body))")
          return try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any] ?? [:]
        }
      }
      func first(_ problem: [String: Any]) -> [String: Any] { (problem["errors"] as? [[String: Any]])?.first ?? [:] }
      let now = server.loop.now.milliseconds
      func reading(_ n: Int, _ detector: String = "S1-1.N.left.stop") -> String {
        "{\"source\":\"t\",\"sequence\":\(n),\"detector\":\"\(detector)\",\"time\":\(now),\"state\":\"on\"}"
      }
      let poisoned = try await post("/v1/readings", "[\(reading(1)),\(reading(2, "nowhere"))]", .sensor, .badRequest)
      #expect(poisoned["type"] as? String == "/problems/poisoned-batch")
      #expect(first(poisoned)["index"] as? Int == 1 && first(poisoned)["field"] as? String == "detector")
      let part = try await post("/v1/readings?partial=true", "[\(reading(1)),\(reading(2, "nowhere"))]", .sensor, .ok)
      #expect(part["accepted"] as? Int == 1 && part["duplicates"] as? Int == 0)
      let again = try await post("/v1/readings", "[\(reading(1))]", .sensor, .ok)
      #expect(again["accepted"] as? Int == 0 && again["duplicates"] as? Int == 1)
      _ = try await post("/v1/readings", "[\(reading(3))", .sensor, .badRequest)

      #expect(
        first(
          try await post("/v1/orders", #"{"signal":"S1-1","action":"hold","stage":9,"reason":"test"}"#, .operator, .badRequest))[
            "field"] as? String == "stage")
      #expect(
        first(try await post("/v1/orders", "{\"signal\":\"S1-1\",\"action\":\"allRed\",\"reason\":\"\"}", .operator, .badRequest))["field"]
          as? String == "reason")
      let order = try await post("/v1/orders", "{\"signal\":\"S1-1\",\"action\":\"allRed\",\"reason\":\"a test\"}", .operator, .created)
      _ = try await post("/v1/orders/\(order["order"] as! UInt64)/undo", "{\"reason\":\"over\"}", .operator, .ok)
      _ = try await post("/v1/orders/77/undo", "{\"reason\":\"over\"}", .operator, .notFound)

      // A plan without yellow never comes near the street.
      let unsafe =
        #"""
        {"signal":"S1-1","reason":"a test","program":{"id":"x","kind":"static","offset":0,"parameters":[],"stages":[
        {"state":"rGrrrGrr","duration":20000,"next":[],"attributes":[]},{"state":"rrrGrrrG","duration":20000,"next":[],"attributes":[]}]}}
        """#
      let findings = try await post("/v1/plans", unsafe, .operator, .badRequest)
      #expect(findings["type"] as? String == "/problems/unsafe-plan")
      let safe = String(decoding: try JSONEncoder().encode(server.topology.signals[0].programs[0]), as: UTF8.self)
      _ = try await post("/v1/plans", "{\"signal\":\"S1-1\",\"reason\":\"a test\",\"program\":\(safe)}", .operator, .created)

      let made = try await post("/v1/tokens", "{\"name\":\"gate\",\"role\":\"sensor\"}", .administrator, .created)
      #expect((made["token"] as? String)?.hasPrefix("gw_") == true)
      _ = try await post("/v1/tokens", "{\"name\":\"a b\",\"role\":\"sensor\"}", .administrator, .badRequest)
      try await client.execute(uri: "/v1/signals?colour=red", method: .get, headers: bearer(tokens[.viewer])) {
        #expect($0.status == .badRequest)
      }
      try await client.execute(uri: "/v1/signals", method: .delete, headers: bearer(tokens[.viewer])) {
        #expect($0.status == .methodNotAllowed && $0.headers[.allow] == "GET")
      }
    }
  }

  /// Every order asks for a reason, is in force until it is undone, and leaves its trace with who and why.
  @Test func everyOrderHasAReasonAndAnUndo() async throws {
    try await serve { server, client, tokens in
      func post(_ path: String, _ body: String) async throws -> (HTTPResponse.Status, [String: Any]) {
        var headers = bearer(tokens[.operator])
        headers[.contentType] = "application/json"
        return try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: body)) { response in
          (response.status, try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any] ?? [:])
        }
      }
      let actions = [
        ("hold", ",\"stage\":1"), ("forcePlan", ",\"program\":\"night\""), ("shadow", ""), ("fallback", ""), ("flash", ""), ("allRed", ""),
      ]
      for (action, more) in actions {
        #expect(try await post("/v1/orders", "{\"signal\":\"S1-1\",\"action\":\"\(action)\"\(more)}").0 == .badRequest)
        let (status, made) = try await post(
          "/v1/orders", "{\"signal\":\"S1-1\",\"action\":\"\(action)\"\(more),\"reason\":\"works at \(action)\",\"minutes\":30}")
        #expect(status == .created, "\(action)")
        let id = made["order"] as! UInt64
        func inForce() -> Bool { server.hub.snapshot!.signals[0].orders.contains { $0.id == id && $0.reason == "works at \(action)" } }
        for _ in 0..<200 where !inForce() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(inForce(), "\(action)")
        #expect(try await post("/v1/orders/\(id)/undo", "{}").0 == .badRequest)
        #expect(inForce(), "\(action)")
        #expect(try await post("/v1/orders/\(id)/undo", "{\"reason\":\"\(action) is over\"}").0 == .ok)
        for _ in 0..<200 where inForce() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!inForce(), "\(action)")
        let trail = server.audit.tail(20)
        #expect(trail.contains { $0.actor == "operator" && $0.action == "order \(action)" && $0.detail == "works at \(action)" })
        #expect(trail.contains { $0.actor == "operator" && $0.action == "undo" && $0.detail == "\(action) is over" })
      }
    }
  }

  /// Places and times with few vehicles stay dark to the public.
  @Test func thePublicSeesNoSmallNumbers() async throws {
    try await serve { server, client, _ in
      let quarter = LiveAPI.publicInterval
      // Late enough that the intervals are whole.
      let begin = morning.milliseconds / quarter * quarter - 2 * quarter
      try server.database.write { session in
        for (signal, vehicles) in [("S1-1", 9.0), ("S1-2", 10.0)] {
          try session.execute(
            """
            INSERT INTO signal_minute (time, signal, arrivals, departures, queue_seconds, arrivals_on_green)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [.integer(begin), .text(signal), .real(vehicles), .real(vehicles), .real(100), .real(1)])
        }
      }
      let flows = try await server.api.publicFlows(from: begin, to: begin + quarter)
      #expect(flows.count == 2)
      #expect(flows[0].vehicles == nil && flows[0].delay == nil && flows[0].carbonDioxide == nil)
      #expect(flows[1].vehicles == 10 && flows[1].delay == 10)
      #expect(LiveAPI.csv("=1+1") == "'=1+1")
      #expect(LiveAPI.csv("a,\"b\"") == "\"a,\"\"b\"\"\"")
    }
  }
}
