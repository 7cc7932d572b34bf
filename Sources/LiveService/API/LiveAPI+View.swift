import ControlLoop
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import SignalControl
import TrafficModel

extension LiveAPI {
  var viewRoutes: [APIRoute] {
    [
      APIRoute(.get, "/v1/network", .view) { _ in try network() },
      APIRoute(.get, "/v1/stream", .view) { _ in try stream() },
      APIRoute(.get, "/v1/signals", .view) { _ in try signals() },
      APIRoute(.get, "/v1/signals/{signal}", .view) { request in try signalDetail(request) },
      APIRoute(.get, "/v1/signals/{signal}/history", .view) { request in
        try .json(history[try signal(request.path["signal"]!)])
      },
      APIRoute(.get, "/v1/spat/{signal}", .view) { request in try spat(request) },
      APIRoute(.get, "/v1/detectors", .view) { _ in try detectors() },
      APIRoute(.get, "/v1/decisions", .view, query: ["signal", "from", "to", "limit"]) { request in try await decisions(request) },
      APIRoute(.get, "/v1/alarms", .view, query: ["from", "to", "limit", "active"]) { request in try await alarms(request) },
      APIRoute(.get, "/v1/events", .view, query: ["from", "to", "limit", "kind"]) { request in try await events(request) },
      APIRoute(.get, "/v1/measures", .view, query: ["signal", "from", "to", "resolution"]) { request in try await measures(request) },
      APIRoute(.get, "/v1/comparison", .view, query: ["signal", "at", "window"]) { request in try await comparison(request) },
      APIRoute(.get, "/metrics", .view) { _ in .text(prometheus(), type: "text/plain; version=0.0.4") },
    ]
  }

  // MARK: Parameters

  func instant(_ request: APIRequest, _ name: String, default fallback: Int64) throws -> Int64 {
    guard let text = request.query[name] else { return fallback }
    if let number = Int64(text), number >= 0, number < 1 << 53 { return number }
    if let read = ReadingParser.instant(text) { return read.milliseconds }
    throw Problem.field(name, text, "milliseconds since 1970, or an RFC 3339 time")
  }

  func limit(_ request: APIRequest, default fallback: Int = 200, most: Int = 5000) throws -> Int {
    guard let text = request.query["limit"] else { return fallback }
    guard let number = Int(text), (1...most).contains(number) else { throw Problem.field("limit", text, "an integer from 1 to \(most)") }
    return number
  }

  // MARK: The city

  private struct NetworkAnswer: Encodable {
    struct Signal: Encodable {
      var name: String
      var x: Double
      var y: Double
      var region: String
      var approaches: [LiveTopology.Approach]
      var programs: [String]
    }
    var name: String
    var signals: [Signal]
    var detectors: [LiveTopology.Detector]
    var roads: [LiveTopology.Road]
    var zoneOffset: Int64
    var publicThreshold: Double
  }

  private func network() throws -> Response {
    try .json(
      NetworkAnswer(
        name: topology.name,
        signals: topology.signals.map {
          NetworkAnswer.Signal(
            name: $0.name, x: $0.x, y: $0.y, region: $0.region, approaches: $0.approaches, programs: $0.programs.map(\.id))
        }, detectors: topology.detectors, roads: topology.roads, zoneOffset: topology.zoneOffset.milliseconds,
        publicThreshold: publicThreshold))
  }

  private func stream() throws -> Response {
    guard let messages = hub.subscribe() else {
      throw Problem.unavailable("as many viewers as there may be are looking on")
    }
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
        for await message in messages { try await writer.write(message) }
        try await writer.finish(nil)
      })
  }

  struct SignalAnswer: Encodable {
    struct Lane: Encodable {
      var name: String
      var links: [Int]
      var queue: Double
      var flow: Double
    }
    var name: String
    var region: String
    var time: Int64
    var shown: String
    var level: String
    var authority: String
    var reachable: Bool
    var program: String
    var planPending: Bool
    var stage: Int
    var stages: [String]
    var reason: Message
    var options: [DecisionExplanation.Option]
    var lanes: [Lane]
    var orders: [LiveOrder]
    var timing: SignalProgram?
    var programs: [SignalProgram]?
    var constraints: TimingConstraints?
  }

  private func answer(_ index: Int, _ snapshot: LiveSnapshot, isWhole: Bool) -> SignalAnswer {
    let place = topology.signals[index], live = snapshot.signals[index]
    return SignalAnswer(
      name: place.name, region: place.region, time: snapshot.time.milliseconds, shown: live.shown.description, level: live.level.name,
      authority: live.authority.name, reachable: live.reachable, program: live.program, planPending: live.planPending, stage: live.stage,
      stages: live.stages.map(\.description), reason: live.reason, options: live.options,
      lanes: zip(place.approaches, live.lanes).map {
        SignalAnswer.Lane(name: $0.name, links: $0.links, queue: $1.queue, flow: $1.flow)
      }, orders: live.orders, timing: isWhole ? live.timing : nil, programs: isWhole ? place.programs : nil,
      constraints: isWhole ? place.constraints : nil)
  }

  private func signals() throws -> Response {
    let snapshot = try snapshot()
    return try .json(topology.signals.indices.map { answer($0, snapshot, isWhole: false) })
  }

  private func signalDetail(_ request: APIRequest) throws -> Response {
    let index = try signal(request.path["signal"]!)
    return try .json(answer(index, try snapshot(), isWhole: true))
  }

  // MARK: Signal phase and timing

  private func spat(_ request: APIRequest) throws -> Response {
    let index = try signal(request.path["signal"]!)
    let snapshot = try snapshot()
    return try .json(SignalPhaseAndTiming(topology.signals[index], snapshot.signals[index], at: snapshot.time))
  }

  private struct DetectorAnswer: Encodable {
    var name: String
    var signal: String
    var role: String
    var health: String
    var occupied: Bool
  }

  private func detectors() throws -> Response {
    let snapshot = try snapshot()
    let names = ["silent", "well", "stuck", "faulty"]
    return try .json(
      topology.detectors.enumerated().map { index, detector in
        DetectorAnswer(
          name: detector.name, signal: topology.signals[detector.signal].name, role: detector.role.rawValue,
          health: names[Int(snapshot.detectorHealth[index])], occupied: snapshot.detectorOccupied[index])
      })
  }

  // MARK: From the store

  private struct DecisionAnswer: Encodable {
    var time: Int64
    var signal: String
    var level: String
    var authority: String
    var order: Int64
    var shown: String
    var reason: Message
  }

  static func arguments(_ text: String) -> [String] { (try? JSONDecoder().decode([String].self, from: Data(text.utf8))) ?? [] }

  private func decisions(_ request: APIRequest) async throws -> Response {
    let now = loop.now.milliseconds
    let from = try instant(request, "from", default: now - 900_000), to = try instant(request, "to", default: now + 60_000)
    let count = try limit(request)
    var sql = "SELECT time, signal, level, authority, order_id, shown, reason, arguments FROM decision WHERE time >= $1 AND time <= $2"
    var values: [SQLValue] = [.integer(from), .integer(to)]
    if let name = request.query["signal"] {
      _ = try signal(name)
      sql += " AND signal = $3"
      values.append(.text(name))
    }
    let rows = try await store.query(sql + " ORDER BY id DESC LIMIT \(count)", values)
    return try .json(
      rows.map {
        DecisionAnswer(
          time: $0[0].int, signal: $0[1].string, level: $0[2].string, authority: $0[3].string, order: $0[4].int, shown: $0[5].string,
          reason: Message($0[6].string, Self.arguments($0[7].string)))
      })
  }

  private struct AlarmAnswer: Encodable {
    var time: Int64
    var raised: Bool
    var signal: String
    var subject: String
    var message: Message
  }

  private func alarms(_ request: APIRequest) async throws -> Response {
    let now = loop.now.milliseconds
    let from = try instant(request, "from", default: now - 86_400_000), to = try instant(request, "to", default: now + 60_000)
    let count = try limit(request)
    let onlyActive: Bool
    switch request.query["active"] {
    case nil, "false": onlyActive = false
    case "true": onlyActive = true
    case .some(let other): throw Problem.field("active", other, "true or false")
    }
    // What is in force the engine itself knows, however long ago it was raised and whether or not the store answers.
    if onlyActive {
      return try .json(
        hub.alarms.prefix(count).map {
          AlarmAnswer(
            time: $0.time.milliseconds, raised: true,
            signal: topology.signals.indices.contains($0.alarm.signal) ? topology.signals[$0.alarm.signal].name : "",
            subject: $0.alarm.subject, message: $0.alarm.message)
        })
    }
    let rows = try await store.query(
      """
      SELECT time, raised, signal, subject, message, arguments FROM alarm WHERE time >= $1 AND time <= $2
      ORDER BY id DESC LIMIT \(count)
      """,
      [.integer(from), .integer(to)])
    return try .json(
      rows.map {
        AlarmAnswer(
          time: $0[0].int, raised: $0[1].int == 1, signal: $0[2].string, subject: $0[3].string,
          message: Message($0[4].string, Self.arguments($0[5].string)))
      })
  }

  private struct EventAnswer: Encodable {
    var time: Int64
    var kind: String
    var signal: String
    var actor: String
    var reason: String
    /// The engine's own reason, for any language.
    var message: Message?
  }

  private func events(_ request: APIRequest) async throws -> Response {
    let now = loop.now.milliseconds
    let from = try instant(request, "from", default: now - 86_400_000), to = try instant(request, "to", default: now + 60_000)
    let count = try limit(request)
    var sql = "SELECT time, kind, signal, actor, reason, body FROM event WHERE time >= $1 AND time <= $2"
    var values: [SQLValue] = [.integer(from), .integer(to)]
    if let kind = request.query["kind"] {
      sql += " AND kind = $3"
      values.append(.text(String(kind.prefix(64))))
    }
    let rows = try await store.query(sql + " ORDER BY id DESC LIMIT \(count)", values)
    return try .json(
      rows.map {
        EventAnswer(
          time: $0[0].int, kind: $0[1].string, signal: $0[2].string, actor: $0[3].string, reason: $0[4].string,
          message: Self.reason(of: $0[5].string))
      })
  }

  /// The message that a plan's event carries; nil for what people ordered in their own words.
  static func reason(of body: String) -> Message? {
    guard let event = try? JSONDecoder().decode(LiveEvent.self, from: Data(body.utf8)), case .plan(_, _, let message, _) = event else {
      return nil
    }
    return message
  }

  private struct MeasureAnswer: Encodable {
    var time: Int64
    var signal: String
    var arrivals: Double
    var departures: Double
    var queueSeconds: Double
    var arrivalsOnGreen: Double
  }

  private func measures(_ request: APIRequest) async throws -> Response {
    let now = loop.now.milliseconds
    let from = try instant(request, "from", default: now - 3_600_000), to = try instant(request, "to", default: now + 60_000)
    let table: String
    switch request.query["resolution"] {
    case nil, "minute": table = "signal_minute"
    case "hour": table = "signal_hour"
    case .some(let other): throw Problem.field("resolution", other, "minute or hour")
    }
    var sql = "SELECT time, signal, arrivals, departures, queue_seconds, arrivals_on_green FROM \(table) WHERE time >= $1 AND time <= $2"
    var values: [SQLValue] = [.integer(from), .integer(to)]
    if let name = request.query["signal"] {
      _ = try signal(name)
      sql += " AND signal = $3"
      values.append(.text(name))
    }
    let rows = try await store.query(sql + " ORDER BY time, signal LIMIT 20000", values)
    return try .json(
      rows.map {
        MeasureAnswer(
          time: $0[0].int, signal: $0[1].string, arrivals: $0[2].double, departures: $0[3].double, queueSeconds: $0[4].double,
          arrivalsOnGreen: $0[5].double)
      })
  }

  struct Comparison: Codable, Sendable {
    struct Side: Codable, Sendable {
      var minutes: Int
      var vehicles: Double
      /// Time in queue by each vehicle [s]; nil where none was counted.
      var delay: Double?
      /// Share of arrivals at green; nil where none was counted.
      var arrivalsOnGreen: Double?
    }
    var signal: String
    var at: Int64
    var window: Int64
    var before: Side
    var after: Side
  }

  private func comparison(_ request: APIRequest) async throws -> Response {
    guard let name = request.query["signal"] else { throw Problem.field("signal", "", "is required") }
    _ = try signal(name)
    let at = try instant(request, "at", default: loop.now.milliseconds - 900_000)
    var window: Int64 = 15
    if let text = request.query["window"] {
      guard let minutes = Int64(text), (1...1440).contains(minutes) else { throw Problem.field("window", text, "1 to 1440 minutes") }
      window = minutes
    }
    let rows = try await store.query(
      """
      SELECT time, arrivals, departures, queue_seconds, arrivals_on_green FROM signal_minute
      WHERE time >= $1 AND time < $2 AND signal = $3
      """,
      [.integer(at - window * 60_000), .integer(at + window * 60_000), .text(name)])
    func side(_ rows: [[SQLValue]]) -> Comparison.Side {
      let arrivals = rows.reduce(0) { $0 + $1[1].double }, departures = rows.reduce(0) { $0 + $1[2].double }
      let queue = rows.reduce(0) { $0 + $1[3].double }, green = rows.reduce(0) { $0 + $1[4].double }
      let vehicles = max(arrivals, departures)
      return Comparison.Side(
        minutes: rows.count, vehicles: vehicles, delay: vehicles > 0 ? queue / vehicles : nil,
        arrivalsOnGreen: arrivals > 0 ? green / arrivals : nil)
    }
    return try .json(
      Comparison(
        signal: name, at: at, window: window, before: side(rows.filter { $0[0].int < at }), after: side(rows.filter { $0[0].int >= at })))
  }

  // MARK: Metrics

  func prometheus() -> String {
    let status = loop.status, counts = ingestor.counts, projection = projector.status
    var text = metrics.text()
    func add(_ name: String, _ kind: String, _ help: String, _ value: String, _ labels: String = "") {
      text += "# HELP greenwave_\(name) \(help)\n# TYPE greenwave_\(name) \(kind)\ngreenwave_\(name)\(labels) \(value)\n"
    }
    add("readings_total", "counter", "Readings taken.", "\(counts.taken)")
    add("readings_duplicate_total", "counter", "Readings sent before.", "\(counts.duplicates)")
    add("sources", "gauge", "Sources known.", "\(counts.sources)")
    add("inbox_readings", "gauge", "Readings that wait for the next tick.", "\(counts.waiting)")
    add("ticks_total", "counter", "Decisions made.", "\(status.ticks)")
    add("ticks_skipped_total", "counter", "Seconds without a decision.", "\(status.skipped)")
    add("commands_total", "counter", "Commands sent.", "\(status.commands)")
    add("commands_refused_total", "counter", "Commands the street refused.", "\(status.refusals)")
    text +=
      "# HELP greenwave_decision_milliseconds From the tick until all commands are sent.\n# TYPE greenwave_decision_milliseconds summary\n"
    for q in [0.5, 0.99, 1] {
      text += "greenwave_decision_milliseconds{quantile=\"\(q)\"} \(status.latency.total > 0 ? status.latency.quantile(q) : 0)\n"
    }
    text += "greenwave_decision_milliseconds_sum \(status.latency.sum)\ngreenwave_decision_milliseconds_count \(status.latency.total)\n"
    add("journal_records_total", "counter", "Records on the disk.", "\(ingestor.journal.committed)")
    add("journal_commits_total", "counter", "Times the disk was waited for.", "\(ingestor.journal.commitCount)")
    add(
      "projection_lag_records", "gauge", "Records not yet in the database.",
      "\(ingestor.journal.committed - min(ingestor.journal.committed, projection.position))")
    add("projection_failing", "gauge", "1 while the database does not take them.", projection.failure == nil ? "0" : "1")
    add("viewers", "gauge", "Open event streams.", "\(hub.viewerCount)")
    add("street_reachable", "gauge", "0 while the street as a whole is out of reach.", status.trouble == nil ? "1" : "0")
    text += "# HELP greenwave_lease_token Fencing token of each region that this engine holds.\n# TYPE greenwave_lease_token gauge\n"
    for (region, token) in status.tokens.sorted(by: { $0.key < $1.key }) {
      text += "greenwave_lease_token{region=\"\(Self.label(region))\"} \(token)\n"
    }
    add("alarms", "gauge", "Alarms in force.", "\(hub.alarms.count)")
    text += "# HELP greenwave_broker_connected 1 where the broker is connected.\n# TYPE greenwave_broker_connected gauge\n"
    for (name, isConnected) in mqtt().sorted(by: { $0.key < $1.key }) {
      text += "greenwave_broker_connected{client=\"\(name)\"} \(isConnected ? 1 : 0)\n"
    }
    if let snapshot = hub.snapshot {
      text += "# HELP greenwave_signals Signals by level and authority.\n# TYPE greenwave_signals gauge\n"
      for level in ControlLevel.allCases {
        for authority in CommandAuthority.allCases {
          let count = snapshot.signals.count { $0.level == level && $0.authority == authority }
          if count > 0 { text += "greenwave_signals{level=\"\(level.name)\",authority=\"\(authority.name)\"} \(count)\n" }
        }
      }
    }
    add("resident_bytes", "gauge", "Memory in use.", "\(ProcessMemory.resident)")
    return text
  }
}

extension LiveAPI {
  /// A label's value as Prometheus's text format writes it.
  static func label(_ text: String) -> String {
    text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"").replacingOccurrences(
      of: "\n", with: "\\n")
  }
}

/// Memory of this process.
enum ProcessMemory {
  /// Resident set [bytes], from the kernel; 0 where it does not say.
  static var resident: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let fields = text.split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }
}
