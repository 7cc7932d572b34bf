import ControlLoop
import Foundation
import HTTPTypes
import Hummingbird
import TrafficModel

/// What anybody may see: sums over a quarter of an hour and a signal, and only where enough vehicles stand behind them.
extension LiveAPI {
  var publicRoutes: [APIRoute] {
    [
      APIRoute(.get, "/public/v1/network.geojson", .open) { _ in try publicNetwork() },
      APIRoute(.get, "/public/v1/flows", .open, query: ["from", "to", "format"]) { request in try await publicFlows(request) },
      APIRoute(.get, "/public/v1/changes", .open, query: ["from", "to", "format", "language"]) { request in
        try await publicChanges(request)
      },
    ]
  }

  static let publicInterval: Int64 = 900_000
  /// What a car stands for while it waits [g/s]: HBEFA 3 petrol Euro 4 at standstill, as SUMO tabulates it (9449 g/h).
  static let idleCarbonDioxide = 9449.0 / 3600

  struct PublicFlow: Encodable, Sendable {
    var time: Int64
    var signal: String
    /// Vehicles in a quarter of an hour; nil where fewer than the threshold passed.
    var vehicles: Double?
    /// Time in queue by each vehicle [s].
    var delay: Double?
    /// Given off while waiting [kg].
    var carbonDioxide: Double?
  }

  /// A GeoJSON feature; values of properties are JSON already.
  private static func feature(_ kind: String, _ coordinates: String, _ properties: [String: String]) -> String {
    let fields = properties.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
    return "{\"type\":\"Feature\",\"geometry\":{\"type\":\"\(kind)\",\"coordinates\":\(coordinates)},\"properties\":{\(fields)}}"
  }

  private func publicNetwork() throws -> Response {
    var features: [String] = []
    for signal in topology.signals {
      features.append(Self.feature("Point", "[\(signal.x),\(signal.y)]", ["signal": LiveHub.quoted(signal.name)]))
    }
    for road in topology.roads where road.line.count >= 4 {
      let points = stride(from: 0, to: road.line.count - 1, by: 2).map { "[\(road.line[$0]),\(road.line[$0 + 1])]" }
      features.append(Self.feature("LineString", "[\(points.joined(separator: ","))]", ["road": LiveHub.quoted(road.name)]))
    }
    var response = Response.json(Data("{\"type\":\"FeatureCollection\",\"features\":[\(features.joined(separator: ","))]}".utf8))
    response.headers[.contentType] = "application/geo+json"
    return response
  }

  /// Sums with everything left out that fewer vehicles than the threshold stand behind.
  func publicFlows(from: Int64, to: Int64) async throws -> [PublicFlow] {
    let step = Self.publicInterval
    // Only whole intervals: one that still grows would let differences tell of single vehicles.
    let begin = (from + step - 1) / step * step, end = min(to, loop.now.milliseconds) / step * step
    guard begin < end else { return [] }
    let rows = try await store.query(
      """
      SELECT time / \(step) * \(step), signal, sum(arrivals), sum(departures), sum(queue_seconds) FROM signal_minute
      WHERE time >= $1 AND time < $2 GROUP BY time / \(step) * \(step), signal ORDER BY 1, 2 LIMIT 20000
      """, [.integer(begin), .integer(end)])
    return rows.map { row in
      let vehicles = max(row[2].double, row[3].double).rounded(), queue = row[4].double
      guard vehicles >= publicThreshold else {
        return PublicFlow(time: row[0].int, signal: row[1].string, vehicles: nil, delay: nil, carbonDioxide: nil)
      }
      func tenth(_ value: Double) -> Double { (value * 10).rounded() / 10 }
      return PublicFlow(
        time: row[0].int, signal: row[1].string, vehicles: vehicles, delay: tenth(queue / vehicles),
        carbonDioxide: tenth(queue * Self.idleCarbonDioxide / 1000))
    }
  }

  private func range(_ request: APIRequest) throws -> (Int64, Int64) {
    let now = loop.now.milliseconds
    let from = try instant(request, "from", default: now - 6 * 3_600_000), to = try instant(request, "to", default: now)
    guard to - from <= 31 * 86_400_000 else { throw Problem.field("from", "\(from)", "at most 31 days before `to`") }
    return (from, to)
  }

  private func publicFlows(_ request: APIRequest) async throws -> Response {
    let (from, to) = try range(request)
    let flows = try await publicFlows(from: from, to: to)
    switch request.query["format"] {
    case nil, "json": return try .json(flows)
    case "csv":
      var text = "time,signal,vehicles,delay_s,co2_kg\n"
      for flow in flows {
        func field(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        text += "\(flow.time),\(Self.csv(flow.signal)),\(field(flow.vehicles)),\(field(flow.delay)),\(field(flow.carbonDioxide))\n"
      }
      return .text(text, type: "text/csv; charset=utf-8")
    case "geojson":
      var features: [String] = []
      for flow in flows {
        guard let index = signalIndex[flow.signal] else { continue }
        let place = topology.signals[index]
        func value(_ number: Double?) -> String { number.map { "\($0)" } ?? "null" }
        features.append(
          Self.feature(
            "Point", "[\(place.x),\(place.y)]",
            [
              "time": "\(flow.time)", "signal": LiveHub.quoted(flow.signal), "vehicles": value(flow.vehicles), "delay_s": value(flow.delay),
              "co2_kg": value(flow.carbonDioxide),
            ]))
      }
      var response = Response.json(Data("{\"type\":\"FeatureCollection\",\"features\":[\(features.joined(separator: ","))]}".utf8))
      response.headers[.contentType] = "application/geo+json"
      return response
    case .some(let other): throw Problem.field("format", other, "json, csv or geojson")
    }
  }

  private struct PublicChange: Encodable {
    var time: Int64
    var kind: String
    var signal: String
    var reason: String
  }

  private func publicChanges(_ request: APIRequest) async throws -> Response {
    let (from, to) = try range(request)
    let language: Language
    switch request.query["language"] {
    case nil: language = .english
    case .some(let text):
      guard let known = Language(rawValue: text) else { throw Problem.field("language", text, "en or zh") }
      language = known
    }
    let rows = try await store.query(
      """
      SELECT time, kind, signal, body FROM event WHERE time >= $1 AND time <= $2 AND kind NOT IN ('lease', 'undo', 'street')
      ORDER BY id DESC LIMIT 1000
      """,
      [.integer(from), .integer(to)])
    let changes = rows.map { row in
      // Reasons as the engine gives them; what operators write is for the control room.
      var reason = Message("page.byOperator").text(language)
      if let message = Self.reason(of: row[3].string), message.key != "live.planByHand" { reason = message.text(language) }
      return PublicChange(time: row[0].int, kind: row[1].string, signal: row[2].string, reason: reason)
    }
    switch request.query["format"] {
    case nil, "json": return try .json(changes)
    case "csv":
      var text = "time,kind,signal,reason\n"
      for change in changes { text += "\(change.time),\(change.kind),\(Self.csv(change.signal)),\(Self.csv(change.reason))\n" }
      return .text(text, type: "text/csv; charset=utf-8")
    case .some(let other): throw Problem.field("format", other, "json or csv")
    }
  }

  /// A field as RFC 4180 has it; a leading sign that a spreadsheet would take for a formula is defused.
  static func csv(_ text: String) -> String {
    var text = text
    if let first = text.first, "=+-@".contains(first) { text = "'" + text }
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
