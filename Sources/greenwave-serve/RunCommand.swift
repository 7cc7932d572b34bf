import ArgumentParser
import ControlLoop
import Foundation
import LiveService
import Logging
import SignalControl
import TrafficModel

/// Where everything of one service is kept.
struct DataFolder: ParsableArguments {
  @Argument(help: "Folder of the service: journal, database, tokens, audit trail. Made where it does not exist.") var path: String

  /// For what makes sense of a folder that has been used only.
  func mustExist() {
    if !FileManager.default.fileExists(atPath: path) { stopWith("\(path): no such folder", .missingInput) }
  }
}

func stopWith(_ text: String, _ status: ExitStatus) -> Never {
  FileHandle.standardError.write(Data(("greenwave-serve: " + text + "\n").utf8))
  exit(status.rawValue)
}

/// `greenwave-serve PATH`
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Start the service (the default).",
    discussion: """
      Without further options the street is simulated and the pages are at http://127.0.0.1:8080/ . Where PATH is a scenario, it is the one that
      is simulated, and the service's own folder is made here under the scenario's name with .live behind it.
      """)

  @Argument(
    help: "Folder of the service: journal, database, tokens, audit trail. Made where it does not exist. Or a scenario, to be played.")
  var path = "greenwave-live"
  @Option(help: "Address to listen on; loopback unless said otherwise.") var host = "127.0.0.1"
  @Option(help: "Port; 0 takes a free one.") var port = 8080
  @Option(help: "sim | queues | traci://HOST:PORT | mqtt://HOST:PORT | mqtts://HOST:PORT") var street = "sim"
  @Option(help: "Signals, rules, plans and detectors as JSON, as `greenwave-serve topology` writes it; a grid otherwise.") var topology:
    String?
  @Option(help: "Scenario of the simulated street: a .sumocfg or a folder with scenario.yaml; a demonstration otherwise.") var scenario:
    String?
  @Option(help: "Size of the made-up grid, ROWSxCOLUMNS.") var grid = "4x5"
  @Option(help: "Regions of the made-up grid.") var regions = 1
  @Option(
    help: "A region that is this engine's own; others it runs only while nobody else does. May be given several times; all otherwise.")
  var region: [String] = []
  @Option(help: "Days that single readings are kept.") var keepReadings = 2.0
  @Option(help: "Days that minutes are kept; hours stay.") var keepMinutes = 60.0
  @Option(help: "Days that decisions, alarms and events are kept.") var keepDecisions = 400.0
  @Option(help: "Days that the journal is kept.") var keepJournal = 30.0
  @Option(help: "Seconds simulated in one of the world's.") var speed = 1.0
  @Option(help: "Where the simulated clock starts: milliseconds since 1970; now otherwise.") var start: Int64?
  @Option(help: "Seed of the simulated street.") var seed: UInt64 = 1
  @Option(help: "Share of the built-in demand.") var demand = 1.0
  @Option(help: "libpq address of a PostgreSQL database; SQLite in the folder otherwise.") var postgres: String?
  @Option(help: "PEM file with the certificate chain, for TLS.") var certificate: String?
  @Option(help: "PEM file with the certificate's key.") var key: String?
  @Option(help: "No place and quarter of an hour with fewer vehicles is shown to the public.") var publicThreshold = 10.0
  @Option(help: "Hours that local time is ahead of UTC.") var zone = 0.0
  @Option(help: "Largest size of a journal segment [MB].") var segment = 64
  @Option(help: "Requests a second of one token.") var tokenRate = 2000.0
  @Option(help: "Requests a second of one address without a token.") var anonymousRate = 200.0
  @Option(help: "Take readings from this broker too: mqtt://HOST:PORT or mqtts://HOST:PORT.") var mqtt: String?
  @Option(help: "Connections to the broker that share the readings.") var mqttConnections = 1
  @Option(help: "PEM file of the authorities that vouch for the broker.") var mqttAuthorities: String?
  @Option(help: "How signals with well detectors are controlled; see greenwave strategies.") var strategy = LiveSettings().strategy
  @Option(help: "Minutes between retimings of the plans; 0: none.") var retime = 15.0
  @Option(help: "Take readings from this file too, as it grows: a JSON object a line. May be given several times.") var follow: [String] =
    []
  @Flag(help: "Log as JSON, one object a line.") var logJson = false
  @Flag(help: "Decide and record, command nothing.") var shadow = false
  @Flag(help: "Keep sums only, not the single readings.") var sumsOnly = false
  @Option(help: "trace | debug | info | warning | error") var log = "info"

  func validate() throws {
    func require(_ isGood: Bool, _ option: String, _ rule: String) throws {
      if !isGood { throw ValidationError("--\(option): \(rule)") }
    }
    try require((0...65_535).contains(port), "port", "0 to 65535")
    try require(speed > 0 && speed <= 10_000, "speed", "more than none, at most 10000")
    try require(start.map { (0..<1 << 48).contains($0) } ?? true, "start", "milliseconds since 1970")
    try require(demand >= 0 && demand <= 100, "demand", "0 to 100")
    try require(publicThreshold >= 1 && publicThreshold.isFinite, "public-threshold", "one vehicle or more")
    try require(abs(zone) <= 14, "zone", "-14 to 14")
    try require((1...4096).contains(segment), "segment", "1 to 4096")
    try require(tokenRate > 0 && anonymousRate > 0, "token-rate, --anonymous-rate", "more than none")
    try require((1...64).contains(mqttConnections), "mqtt-connections", "1 to 64")
    try require(retime >= 0 && retime <= 1440, "retime", "0 to 1440 minutes")
    for days in [keepReadings, keepMinutes, keepDecisions, keepJournal] {
      try require(days > 0 && days < 1e5, "keep-…", "days, more than none")
    }
  }

  mutating func run() async throws {
    playScenario()
    let path = path
    probe()
    let isJSON = logJson
    var logger = Logger(label: "greenwave") { label -> any LogHandler in
      isJSON ? JSONLines(label) as any LogHandler : StreamLogHandler.standardError(label: label)
    }
    guard let level = Logger.Level(rawValue: log) else { stopWith("--log \(log): no such level", .usage) }
    logger.logLevel = level
    guard ControlStrategy.named(strategy) != nil else {
      stopWith("--strategy \(strategy): one of \(ControlStrategy.all.map(\.name).joined(separator: ", "))", .usage)
    }
    guard (certificate == nil) == (key == nil) else { stopWith("--certificate and --key go together", .usage) }
    if host != "127.0.0.1" && host != "localhost" && host != "::1" && certificate == nil {
      logger.warning("listening beyond loopback without TLS: tokens can be read on the way", metadata: ["host": "\(host)"])
    }
    let begin = start.map { Instant(milliseconds: $0) } ?? LiveClock.wall
    let city: LiveTopology
    let place: any LiveStreet
    if street == "sim" {
      let simulated = try makeSimulatedStreet(begin: begin)
      city = simulated.topology
      place = simulated
    } else if street.hasPrefix("traci://") {
      let joined = try joinSUMO(begin: begin, logger: logger)
      city = joined.topology
      place = joined
    } else {
      city = try topology.map(TopologyFile.read) ?? TopologyFile.grid(grid, regions: regions, zone: zone)
      place = try makeStreet(city, begin: begin, logger: logger)
    }
    var configuration = LiveConfiguration(directory: path)
    configuration.host = host
    configuration.port = port
    configuration.postgres = postgres
    configuration.certificate = certificate
    configuration.key = key
    configuration.speed = speed
    configuration.start = start.map { Instant(milliseconds: $0) }
    configuration.publicThreshold = publicThreshold
    configuration.keepsReadings = !sumsOnly
    configuration.journal.segmentSize = segment << 20
    configuration.tokenRate = tokenRate
    configuration.anonymousRate = anonymousRate
    configuration.loop.engine.shadow = shadow
    configuration.loop.engine.strategy = strategy
    configuration.optimizeEvery = retime > 0 ? retime : nil
    func milliseconds(_ days: Double) -> Int64 { Int64(days * 86_400_000) }
    configuration.retention.readings = milliseconds(keepReadings)
    configuration.retention.minutes = milliseconds(keepMinutes)
    configuration.retention.decisions = milliseconds(keepDecisions)
    configuration.retention.journal = milliseconds(keepJournal)
    if !region.isEmpty {
      let known = Set(city.signals.map(\.region))
      if let stranger = region.first(where: { !known.contains($0) }) {
        stopWith("--region \(stranger): one of \(known.sorted().joined(separator: ", "))", .usage)
      }
      configuration.loop.homeRegions = Set(region)
    }
    let broker = try mqtt.map { try readAddress($0, option: "--mqtt") }
    let clients = Clients()
    let server: LiveServer
    do {
      server = try LiveServer(configuration, topology: city, street: place, logger: logger) { clients.status }
      if let broker {
        for index in 0..<mqttConnections { clients.add(server.readings(from: broker, connection: index, logger: logger)) }
      }
      if let field = place as? MQTTStreet { clients.street = { field.isConnected } }
    } catch let problems as InputProblems {
      stopWith("\(problems)", .data)
    } catch { stopWith("\(path): \(error)", .inputOutput) }
    var firstToken: String?
    if server.tokens.isEmpty {
      let (token, record) = try server.tokens.create(name: "first-administrator", role: .administrator, now: LiveClock.wall.milliseconds)
      try server.audit.record(
        actor: "engine", action: "token made", target: record.id, detail: "first-administrator as administrator",
        time: LiveClock.wall.milliseconds)
      firstToken = token
    }
    let followers = follow.map { server.readings(following: $0, logger: logger) }
    clients.start()
    for follower in followers { follower.start() }
    defer {
      clients.stop()
      for follower in followers { follower.stop() }
    }
    let scheme = certificate == nil ? "http" : "https"
    let address = host
    let shown = firstToken
    let announce: @Sendable (Int) -> Void = { port in
      var text = "greenwave-serve: \(scheme)://\(address):\(port)/"
      if let shown {
        text = "greenwave-serve: open \(scheme)://\(address):\(port)/#token=\(shown)\n"
        text += "greenwave-serve: this administrator's token is shown once; keep it, or make others with `greenwave-serve token`"
      }
      print(text)
      fflush(nil)
    }
    do { try await server.run(onRunning: announce) } catch let problems as InputProblems {
      stopWith("\(problems)", .data)
    } catch { stopWith("\(host):\(port): \(error)", .inputOutput) }
  }

  /// What would end the service soon after its start, found before anything is started: no folder, no port.
  private func probe() {
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      stopWith("\(path): is no folder, and none can be made there", .inputOutput)
    }
    guard access(path, R_OK | W_OK | X_OK) == 0 else { stopWith("\(path): \(String(cString: strerror(errno)))", .inputOutput) }
    for file in [certificate, key].compactMap({ $0 }) where access(file, R_OK) != 0 {
      stopWith("\(file): \(String(cString: strerror(errno)))", .missingInput)
    }
    guard port != 0, host == "127.0.0.1" || host == "localhost" else { return }
    let probed = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(probed) }
    var one: Int32 = 1
    setsockopt(probed, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    let result = Loopback.call(bind, on: probed, port: port)
    guard result != 0 else { return }
    stopWith("port \(port): \(String(cString: strerror(errno))) (take another with --port, or any with --port 0)", .unavailable)
  }

  /// Where the folder named is a scenario's, that is played, and the service's own lies in the present folder.
  private mutating func playScenario() {
    let name = URL(fileURLWithPath: path).lastPathComponent
    guard scenario == nil, path.hasSuffix(".sumocfg") || FileManager.default.fileExists(atPath: path + "/scenario.yaml") else { return }
    scenario = path
    path = (path.hasSuffix(".sumocfg") ? String(name.dropLast(8)) : name) + ".live"
    print("greenwave-serve: \(scenario!) is a scenario; the service's records go to \(path)")
  }

  private func makeSimulatedStreet(begin: Instant) throws -> RehearsalStreet {
    do {
      let played = try scenario ?? Demonstration.write(to: path + "/demonstration")
      return try .simulated(played, start: begin, seed: seed, zoneOffset: .seconds(zone * 3600))
    } catch let problems as InputProblems { stopWith("\(problems)", .data) } catch { stopWith("\(path): \(error)", .inputOutput) }
  }

  private func joinSUMO(begin: Instant, logger: Logger) throws -> RehearsalStreet {
    guard let address = URLComponents(string: street), let host = address.host, let port = address.port else {
      stopWith("--street \(street): traci://HOST:PORT", .usage)
    }
    guard let scenario else { stopWith("--street traci://… needs --scenario, the .sumocfg that SUMO runs", .usage) }
    do {
      return try .sumo(host: host, port: port, scenario: scenario, start: begin, zoneOffset: .seconds(zone * 3600), logger: logger)
    } catch let problems as InputProblems { stopWith("\(problems)", .data) } catch { stopWith("\(street): \(error)", .unavailable) }
  }

  private func makeStreet(_ city: LiveTopology, begin: Instant, logger: Logger) throws -> any LiveStreet {
    switch street {
    case "queues": return RehearsalStreet.queues(city, start: begin, seed: seed, demand: demand)
    case _ where street.hasPrefix("mqtt"):
      // The same name after a restart, so that the broker knows the session; one folder, one engine.
      let name =
        "street-"
        + String(path.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }, radix: 16)
      do { return try MQTTStreet(try readAddress(street, option: "--street"), client: name, logger: logger) } catch let error as MQTTFailure
      {
        stopWith("\(error)", .unavailable)
      }
    default: stopWith("--street \(street): no such street", .usage)
    }
  }

  private func readAddress(_ text: String, option: String) throws -> MQTTAddress {
    guard var address = MQTTAddress(text) else { stopWith("\(option) \(text): mqtt://HOST:PORT or mqtts://HOST:PORT", .usage) }
    if let mqttAuthorities { address.authorities = mqttAuthorities }
    let environment = ProcessInfo.processInfo.environment
    address.user = environment["GREENWAVE_MQTT_USER"] ?? address.user
    address.password = environment["GREENWAVE_MQTT_PASSWORD"]
    return address
  }
}

/// The connections that bring readings.
private final class Clients: @unchecked Sendable {
  private let lock = NSLock()
  private var list: [MQTTIngest] = []
  var street: (@Sendable () -> Bool)?

  func add(_ client: MQTTIngest) {
    lock.lock()
    defer { lock.unlock() }
    list.append(client)
  }
  func start() { for client in list { client.start() } }
  func stop() { for client in list { client.stop() } }
  var status: [String: Bool] {
    lock.lock()
    defer { lock.unlock() }
    var status = Dictionary(uniqueKeysWithValues: list.enumerated().map { ("readings-\($0)", $1.status.isConnected) })
    if let street { status["street"] = street() }
    return status
  }
}
