import ControlLoop
import Foundation
import LiveService
import Logging
import TrafficModel

let silent = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }

/// What stands around the services of one check, on loopback: a broker, a database where one is asked for, and a field that goes on by
/// itself. All of it ends with ``remove()``.
final class Surroundings {
  let broker: Broker
  private(set) var postgres: Postgres?
  private var field: FieldSimulator?
  private let isRunning = Shared(true)

  init(withDatabase: Bool = false) throws {
    broker = try Broker()
    do {
      try broker.start()
      guard withDatabase else { return }
      postgres = try Postgres()
      try postgres!.start()
    } catch {
      remove()
      throw error
    }
  }

  /// Starts signals and detectors of a made-up city behind the broker.
  func startField(_ topology: LiveTopology, seed: UInt64 = 1) throws -> FieldSimulator {
    let field = try FieldSimulator(broker.address, topology: topology, start: LiveClock.wall, seed: seed, demand: 1, logger: silent)
    self.field = field
    let isRunning = isRunning
    Thread {
      while isRunning.with({ $0 }) {
        field.advance(to: LiveClock.wall)
        usleep(100_000)
      }
    }.start()
    return field
  }

  /// The field tells no more; what it has told can still be asked.
  func stopField() {
    isRunning.with { $0 = false }
    usleep(200_000)
    field?.close()
    field = nil
  }

  func remove() {
    stopField()
    postgres?.remove()
    broker.remove()
  }
}

/// A Mosquitto broker of its own on loopback.
final class Broker: @unchecked Sendable {
  let port: Int
  private let folder: String
  private var process: ChildProcess?

  /// `more`: further lines of its configuration.
  init(more: String = "") throws {
    folder = NSTemporaryDirectory() + "greenwave-broker-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    port = try Self.freePort()
    let text = """
      listener \(port) 127.0.0.1
      allow_anonymous true
      max_inflight_messages 0
      max_queued_messages 0
      persistence true
      persistence_location \(folder)/
      autosave_interval 0
      log_type error
      user root

      """
    try (text + more).write(toFile: folder + "/conf", atomically: true, encoding: .utf8)
  }

  /// A port that nobody listens on, below those that the kernel gives to connections: one of those may be taken while a server is away.
  static func freePort() throws -> Int {
    for _ in 0..<200 {
      let port = Int.random(in: 15_000..<32_000)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      if Loopback.call(bind, on: descriptor, port: port) == 0 { return port }
    }
    throw CheckFailure("no free port")
  }

  var address: MQTTAddress { MQTTAddress(host: "127.0.0.1", port: Int32(port)) }
  var url: String { "mqtt://127.0.0.1:\(port)" }

  func start() throws {
    guard
      let path = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"].first(
        where: FileManager.default.isExecutableFile)
    else {
      throw CheckFailure("mosquitto is not installed (apt-get install mosquitto)")
    }
    process = try ChildProcess(path, ["-c", folder + "/conf"])
    usleep(500_000)
    guard process!.isRunning else { throw CheckFailure("mosquitto ended at once") }
  }

  /// Asks it to end, which makes it save its sessions.
  func stop() {
    process?.end()
    process = nil
  }

  func remove() {
    stop()
    try? FileManager.default.removeItem(atPath: folder)
  }
}

/// A PostgreSQL server of its own on loopback.
final class Postgres: @unchecked Sendable {
  private let folder: String
  private let port: Int
  private let programs: String

  init() throws {
    guard
      let versions = try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql").sorted(by: { Int($0) ?? 0 > Int($1) ?? 0 }
      ),
      let version = versions.first
    else { throw CheckFailure("PostgreSQL is not installed (apt-get install postgresql)") }
    programs = "/usr/lib/postgresql/\(version)/bin"
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-postgres-" + UUID().uuidString).path
    port = try Broker.freePort()
    try run("mkdir -p \(folder) && chmod 700 \(folder)", asRoot: true)
    if getuid() == 0 { try run("chown postgres \(folder)", asRoot: true) }
    try run("\(programs)/initdb -D \(folder)/data -U greenwave -A trust > /dev/null")
  }

  var address: String { "host=127.0.0.1 port=\(port) user=greenwave dbname=postgres" }

  /// PostgreSQL refuses to run as root; its own user is used then.
  private func run(_ command: String, asRoot: Bool = false) throws {
    let words = getuid() == 0 && !asRoot ? "cd / && setpriv --reuid=postgres --regid=postgres --clear-groups sh -c '\(command)'" : command
    guard try ChildProcess("/bin/sh", ["-c", words]).wait() == 0 else { throw CheckFailure("failed: \(command)") }
  }

  func start() throws {
    try run(
      "\(programs)/pg_ctl -D \(folder)/data -w -l \(folder)/log "
        + "-o \"-p \(port) -c listen_addresses=127.0.0.1 -k \(folder)\" start > /dev/null"
    )
  }
  func stop() throws { try run("\(programs)/pg_ctl -D \(folder)/data -m immediate stop > /dev/null") }
  func remove() {
    try? stop()
    try? run("rm -rf \(folder)", asRoot: true)
  }
}
