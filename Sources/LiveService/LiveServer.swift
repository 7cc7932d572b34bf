import ControlLoop
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import TrafficModel
import UnixSignals

/// How the service is run.
public struct LiveConfiguration: Sendable {
  /// Folder in which everything is kept.
  public var directory: String
  public var host = "127.0.0.1"
  public var port = 8080
  /// A libpq address; nil: an SQLite file in the folder.
  public var postgres: String?
  /// PEM files of the certificate chain and key; both or neither.
  public var certificate: String?
  public var key: String?
  public var loop = LiveLoop.Settings()
  public var speed = 1.0
  public var start: Instant?
  public var publicThreshold = 10.0
  public var keepsReadings = true
  public var retention = Retention()
  public var journal = JournalSettings()
  /// Requests a second of one token.
  public var tokenRate = 2000.0
  /// Requests a second of one address without a token.
  public var anonymousRate = 200.0
  /// Minutes between optimisations of the plans in the background; nil: none.
  public var optimizeEvery: Double? = 15

  public init(directory: String) { self.directory = directory }
}

/// The whole control centre: journal, loop, store, API and pages, started and stopped together.
public final class LiveServer: Sendable {
  public let configuration: LiveConfiguration
  public let topology: LiveTopology
  public let ingestor: Ingestor
  public let hub: LiveHub
  public let loop: LiveLoop
  public let tokens: TokenStore
  public let audit: AuditTrail
  public let projector: Projector
  let database: any SQLDatabase
  private let leaseDatabase: any SQLDatabase
  let api: LiveAPI
  let metrics: ServiceMetrics
  private let supervisor: PlanSupervisor?
  private let followed: FollowedPlaces
  private let folderLock: Int32
  private let logger: Logger

  /// Opens the folder; starts nothing yet. Throws ``InputProblems`` for a topology that does not fit together.
  public init(
    _ configuration: LiveConfiguration, topology: LiveTopology, street: any LiveStreet, logger: Logger,
    mqtt: @escaping @Sendable () -> [String: Bool] = { [:] }
  ) throws {
    let problems = topology.problems(file: topology.name)
    guard problems.isEmpty else { throw InputProblems(problems) }
    self.configuration = configuration
    self.topology = topology
    self.logger = logger
    try FileManager.default.createDirectory(atPath: configuration.directory, withIntermediateDirectories: true)
    folderLock = try Self.lockFolder(configuration.directory)
    let journalDirectory = configuration.directory + "/journal"
    ingestor = try Ingestor.open(directory: journalDirectory, settings: configuration.journal, waits: true)
    followed = FollowedPlaces(path: configuration.directory + "/followed.json")
    tokens = try TokenStore(path: configuration.directory + "/tokens.json")
    audit = try AuditTrail(path: configuration.directory + "/audit.jsonl")
    if let address = configuration.postgres {
      database = PostgresDatabase(address: address)
      // Where it is away now, the projector brings it up to date later.
      do { try Schema.migrate(database) } catch { logger.warning("the database is away", metadata: ["error": "\(error)"]) }
    } else {
      let sqlite = try SQLiteDatabase(path: configuration.directory + "/store.sqlite")
      try Schema.migrate(sqlite)
      database = sqlite
    }
    // A lease must not wait for what the projector has under way.
    leaseDatabase = configuration.postgres.map { PostgresDatabase(address: $0) } ?? database
    let owner = try Self.engineName(in: configuration.directory)
    let journal = ingestor.journal
    projector = Projector(
      database: database, directory: journalDirectory, engine: owner,
      keepsReadings: configuration.keepsReadings || configuration.postgres != nil,
      committed: { journal.committed })
    hub = LiveHub()
    let history = LiveHistory(signals: topology.signals.count)
    let hash = Crypto.SHA256.hash(data: try JSONEncoder().encode(topology)).map { String(format: "%02x", $0) }.joined()
    loop = LiveLoop(
      topology: topology, settings: configuration.loop, street: street, ingestor: ingestor, hub: hub, history: history,
      clock: LiveClock(factor: configuration.speed, start: configuration.start), leases: LeaseKeeper(database: leaseDatabase, owner: owner),
      inputHash: hash, logger: logger)
    let (watched, door) = (hub, ingestor)
    supervisor = configuration.optimizeEvery.map {
      PlanSupervisor(
        topology: topology, hub: watched, ingestor: door, settings: configuration.loop.engine, interval: .minutes($0), logger: logger)
    }
    metrics = ServiceMetrics()
    let known = Set(topology.detectors.map(\.name))
    api = LiveAPI(
      topology: topology, ingestor: ingestor, loop: loop, hub: hub, history: history, store: Store(database), projector: projector,
      tokens: tokens, audit: audit, metrics: metrics, parser: ReadingParser { known.contains($0) },
      signalIndex: Dictionary(uniqueKeysWithValues: topology.signals.enumerated().map { ($1.name, $0) }), mqtt: mqtt,
      publicThreshold: configuration.publicThreshold)
  }

  /// A connection that takes readings from a broker; the broker knows it again after a restart. Not yet started.
  public func readings(from address: MQTTAddress, connection index: Int, logger: Logger) -> MQTTIngest {
    let loop = loop
    let name = Crypto.SHA256.hash(data: Data(configuration.directory.utf8)).prefix(6).map { String(format: "%02x", $0) }.joined()
    // Connections of one engine share what comes; another engine hears all of it too, ready to take over.
    return MQTTIngest(
      address, client: "greenwave-\(name)-\(index)", group: "greenwave-\(name)", ingestor: ingestor, parser: api.parser, now: { loop.now },
      logger: logger)
  }

  /// A file that readings are appended to. Not yet started.
  public func readings(following path: String, logger: Logger) -> FileFollower {
    let loop = loop
    return FileFollower(path, places: followed, ingestor: ingestor, parser: api.parser, now: { loop.now }, logger: logger)
  }

  /// The responder, for tests without a socket as for the server.
  func responder() -> APIResponder {
    var responder = APIResponder(routes: api.routes, tokens: tokens, audit: audit, metrics: metrics, logger: logger) { LiveAPI.now() }
    responder.tokenAllowance = RateLimiter.Allowance(perSecond: configuration.tokenRate, burst: configuration.tokenRate * 2)
    responder.anonymousAllowance = RateLimiter.Allowance(perSecond: configuration.anonymousRate, burst: configuration.anonymousRate * 3)
    return responder
  }

  func application(onRunning: @escaping @Sendable (Int) -> Void = { _ in }) throws -> Application<APIResponder> {
    var server = HTTPServerBuilder.http1(configuration: HTTP1Channel.Configuration(idleTimeout: .seconds(60)))
    if let certificate = configuration.certificate, let key = configuration.key {
      func read<Part>(_ file: String, _ expected: String, _ body: () throws -> Part) throws(InputProblems) -> Part {
        do { return try body() } catch { throw InputProblems([InputProblem(file: file, expected: expected, found: "\(error)")]) }
      }
      let chain = try read(certificate, "certificates as PEM") { try NIOSSLCertificate.fromPEMFile(certificate) }
      let secret = try read(key, "a private key as PEM") { try NIOSSLPrivateKey(file: key, format: .pem) }
      var tls = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(secret))
      tls.minimumTLSVersion = .tlsv12
      server = try .tls(server, tlsConfiguration: tls)
    }
    return Application(
      responder: responder(), server: server,
      configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port), serverName: "greenwave"),
      onServerRunning: { channel in onRunning(channel.localAddress?.port ?? 0) }, logger: logger)
  }

  /// Starts loop, projection and upkeep; ``stop()`` ends them.
  public func start() {
    loop.start()
    projector.start()
    supervisor?.start()
    upkeep.start { [self] in keepUp() }
  }

  public func stop() {
    upkeep.stop()
    supervisor?.stop()
    hub.close()
    loop.stop()
    ingestor.journal.close()
    projector.stop()
    if leaseDatabase !== database { leaseDatabase.close() }
    database.close()
    close(folderLock)
  }

  /// Runs until told to stop by a signal. `onRunning` is told the port.
  public func run(onRunning: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
    // Before anything starts: what it is to listen with may not fit together.
    let application = try application(onRunning: onRunning)
    start()
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: Streams(hub: hub)), .init(service: application)], gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger))
    defer { stop() }
    try await group.run()
  }

  /// Ends the open event streams when the service is asked to stop, so that the server need not wait for viewers.
  private struct Streams: Service {
    let hub: LiveHub
    func run() async throws {
      try? await gracefulShutdown()
      hub.close()
    }
  }

  private let upkeep = Worker("upkeep")

  private func keepUp() {
    var retention = configuration.retention
    // Sums only: numbers are kept for as long as another engine may bring the same reading.
    if !configuration.keepsReadings, configuration.postgres != nil { retention.readings = min(retention.readings, 3_600_000) }
    // Often enough that nothing outlives its time by much.
    let shortest = Double(min(retention.readings, retention.minutes, retention.journal ?? .max)) / 1000
    let interval = max(1, min(300, shortest / 10) / loop.speed)
    upkeep.rest(min(10, interval))
    while !upkeep.isStopping {
      defer { upkeep.rest(interval) }
      do {
        try retention.apply(to: database, now: loop.now.milliseconds)
        let directory = configuration.directory + "/journal"
        let removed = try retention.prune(
          journal: directory, projected: projector.status.position, now: Date(), speed: loop.speed,
          beginsRun: { try Self.beginsRun(directory, segment: $0) })
        if removed > 0 { logger.info("journal segments let go", metadata: ["count": "\(removed)"]) }
      } catch { logger.warning("upkeep failed", metadata: ["error": "\(error)"]) }
    }
  }

  /// One engine to a folder: two would write one journal.
  private static func lockFolder(_ directory: String) throws -> Int32 {
    let path = directory + "/lock"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw JournalError.io(path: path, operation: "open", code: errno) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      throw InputProblems([
        InputProblem(file: directory, expected: "a folder no other engine works in", advice: "stop the other one, or name another folder")
      ])
    }
    return file
  }

  /// The engine's name, the same after a restart, so that it need not wait for its own lease to end.
  private static func engineName(in directory: String) throws -> String {
    let path = directory + "/engine"
    if let known = try? String(contentsOfFile: path, encoding: .utf8), known.count >= 16 { return known }
    let name = String(UInt64.random(in: 0...UInt64.max), radix: 16) + String(UInt64.random(in: 0...UInt64.max), radix: 16)
    try name.write(toFile: path, atomically: true, encoding: .utf8)
    return name
  }

  /// Empties the projection in `directory` and makes it anew from the journal; the number of records. For a service that is stopped.
  public static func rebuild(directory: String, postgres: String?) throws -> UInt64 {
    let database: any SQLDatabase =
      if let postgres { PostgresDatabase(address: postgres) } else { try SQLiteDatabase(path: directory + "/store.sqlite") }
    defer { database.close() }
    try Projector.rebuild(database)
    let journal = directory + "/journal"
    var last: UInt64 = 0
    if let first = try JournalReader.segments(in: journal).last {
      var reader = try JournalReader(directory: journal, from: first)
      while let record = try reader.next() { last = record.sequence }
    }
    let end = last
    let projector = Projector(database: database, directory: journal, engine: try engineName(in: directory), committed: { end })
    projector.start()
    while projector.status.position < end {
      if let failure = projector.status.failure { throw SQLFailure(message: failure, isUnavailable: true) }
      usleep(20_000)
    }
    projector.stop()
    return end
  }

  /// Whether a segment's first record after the checkpoint is a start: each run begins a segment.
  static func beginsRun(_ directory: String, segment: UInt64) throws -> Bool {
    var reader = try JournalReader(directory: directory, from: segment)
    guard try reader.next() != nil, let second = try reader.next() else { return false }
    return second.kind == LiveRecordKind.start.rawValue
  }
}
