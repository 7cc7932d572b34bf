import ArgumentParser
import ControlLoop
import Foundation
import LiveService
import Logging
import TrafficModel

/// A made-up field that runs by itself behind a broker, and everything that is said there, in order.
final class WatchedField: @unchecked Sendable {
  enum Message {
    case command(FieldCommand)
    case answer(FieldAnswer)
    case timing(Timing)
    case heartbeat(region: String, token: UInt64)
  }
  /// What `greenwave/spat/SIGNAL` says, as a vehicle would read it.
  struct Timing: Decodable {
    struct Group: Decodable {
      var signalGroup: Int
      var eventState: String
      var startTime: Int64
      var minEndTime: Int64
    }
    var intersection: String
    var timestamp: Int64
    var states: [Group]
  }

  let field: FieldSimulator
  let topology: LiveTopology
  private let heard = Shared([(at: Date, message: Message)]())
  private let unreadable = Shared(0)
  private var witness: MQTTConnection!

  init(_ around: Surroundings, _ topology: LiveTopology) throws {
    self.topology = topology
    field = try around.startField(topology)
    let heard = heard, unreadable = unreadable
    witness = try MQTTConnection(
      around.broker.address, client: "witness",
      subscriptions: ["command/+", "answer/+", "spat/+", "heartbeat/+"].map { ("greenwave/" + $0, 1) },
      logger: silent
    ) { topic, payload in
      let data = Data(payload), decoder = JSONDecoder()
      let message: Message?
      switch topic.split(separator: "/")[1] {
      case "command": message = (try? decoder.decode(FieldCommand.self, from: data)).map { .command($0) }
      case "answer": message = (try? decoder.decode(FieldAnswer.self, from: data)).map { .answer($0) }
      case "spat": message = (try? decoder.decode(Timing.self, from: data)).map { .timing($0) }
      default:
        message = (try? decoder.decode(FieldHeartbeat.self, from: data)).map {
          .heartbeat(region: String(topic.split(separator: "/")[2]), token: $0.token)
        }
      }
      if let message { heard.with { $0.append((Date(), message)) } } else { unreadable.with { $0 += 1 } }
    }
  }

  func close() { witness.close() }

  var count: Int { heard.with { $0.count } }
  var unreadableCount: Int { unreadable.with { $0 } }
  func messages(from start: Int = 0) -> [(at: Date, message: Message)] { heard.with { Array($0[start...]) } }

  func answers(from start: Int = 0) -> [FieldAnswer] {
    messages(from: start).compactMap { if case .answer(let answer) = $0.message { answer } else { nil } }
  }

  /// Highest token of the commands to `signals`.
  func token(of signals: Set<String>) -> UInt64 {
    messages().reduce(0) {
      if case .command(let command) = $1.message, signals.contains(command.signal) { max($0, command.token) } else { $0 }
    }
  }

  /// Highest token of the region so far, whether commanded or told with a heartbeat.
  func token(ofRegion name: String, _ signals: Set<String>) -> UInt64 {
    messages().reduce(token(of: signals)) {
      if case .heartbeat(let region, let token) = $1.message, region == name { max($0, token) } else { $0 }
    }
  }

  /// Sends a command as if an engine had, and returns what the rim says to it.
  func forge(_ command: FieldCommand) throws -> FieldAnswer? {
    let start = count
    witness.publish(MQTTTopic.command + MQTTTopic.level(command.signal), [UInt8](try JSONEncoder().encode(command)))
    let limit = Date().addingTimeInterval(5)
    while Date() < limit {
      if let answer = answers(from: start).first(where: { $0.id == command.id }) { return answer }
      usleep(10_000)
    }
    return nil
  }

  /// Waits until `condition` holds; how long it took [s], or nil where it took longer than `limit`.
  func wait(_ limit: Double, _ condition: () throws -> Bool) rethrows -> Double? {
    let begin = Date()
    while Date().timeIntervalSince(begin) < limit {
      if try condition() { return Date().timeIntervalSince(begin) }
      usleep(50_000)
    }
    return nil
  }
}

/// The rim of the field through a real broker: what it refuses, what it does in silence, and how it is taken up again.
struct FieldCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "field",
    abstract: "Stale and wrongly fenced commands are refused at the rim; silence brings the local plan; a restart reads back first.")
  @Option(help: "Seconds of normal running before and after the engine is killed.") var seconds = 60.0

  func run() throws {
    let around = try Surroundings()
    defer { around.remove() }
    let broker = around.broker
    let topology = SyntheticCity(rows: 2, columns: 3).topology()
    let watched = try WatchedField(around, topology)
    defer { watched.close() }
    let names = Set(topology.signals.map(\.name))
    let bench = try Bench()
    defer { bench.remove() }
    let arguments = ["--grid", "2x3", "--street", broker.url, "--mqtt", broker.url]
    try bench.start(arguments)
    try bench.awaitReady()
    usleep(UInt32(seconds * 1e6))
    var table = CheckTable()
    let token = watched.token(of: names)
    let shown = watched.answers().filter { $0.verdict == .shown }
    table.atLeast("commands shown by the field", Double(shown.count), Double(names.count), unit: "")

    // Somebody else commands, in ways that must not work.
    let now = LiveClock.wall
    var number: UInt64 = 0
    func command(_ state: SignalState, token: UInt64, from: Double = 0, lasts: Double = 3) -> FieldCommand {
      number += 1
      return FieldCommand(
        id: number, signal: "S1-1", state: state, issued: now + .seconds(from), expires: now + .seconds(from + lasts), token: token)
    }
    let present = shown.last { $0.signal == "S1-1" }?.state ?? SignalState(repeating: .red, count: 8)
    func verdict(_ what: String, _ command: FieldCommand, _ expected: String) throws {
      let answer = try watched.forge(command)
      let told = answer.map { $0.verdict.rawValue + ($0.reason.map { ": " + $0 } ?? "") } ?? "no answer"
      table.add(what, told, expected, told == expected)
    }
    try verdict("token of an earlier lease", command(present, token: token - 1), "refused: " + FieldRim.staleToken)
    try verdict("command that has expired", command(present, token: token, from: -10), "refused: expired")
    try verdict(
      "two greens in conflict", command(SignalState("GGGGGGGG")!, token: token, lasts: 60), "refused: conflicting greens")
    try verdict("too few indications", command(SignalState("rr")!, token: token, lasts: 60), "refused: wrong number of indications")

    // The engine dies; the field must notice by itself.
    bench.kill(SIGKILL)
    let local = watched.wait(30) { watched.field.counts.local == names.count }
    table.atMost("engine killed: all signals on their local plan after", local ?? .infinity, 11, unit: "s")
    let changes = watched.field.counts.changes
    usleep(UInt32(max(45, seconds) * 1e6))
    table.atLeast("changes of signals without an engine", Double(watched.field.counts.changes - changes), Double(names.count), unit: "")

    // It comes back: asked first, commanded then, by a higher token.
    let mark = watched.count
    try bench.start(arguments)
    try bench.awaitReady()
    usleep(UInt32(max(45, seconds) * 1e6))
    var readBack = Set<String>(), early = 0, after = 0
    for (_, message) in watched.messages(from: mark) {
      switch message {
      case .answer(let answer) where answer.verdict == .state: readBack.insert(answer.signal)
      case .command(let command):
        after += 1
        if !readBack.contains(command.signal) { early += 1 }
      default: break
      }
    }
    table.atLeast("restarted: signals read back", Double(readBack.count), Double(names.count), unit: "")
    table.atLeast("restarted: commands", Double(after), Double(names.count), unit: "")
    table.atMost("restarted: commanded before they were read back", Double(early), 0, unit: "")
    let renewed = watched.token(of: names)
    table.atLeast("restarted: token", Double(renewed), Double(token + 1), unit: "")
    let late = FieldCommand(
      id: 99, signal: "S1-1", state: present, issued: LiveClock.wall, expires: LiveClock.wall + .seconds(3), token: token)
    try verdict("token of the life before", late, "refused: " + FieldRim.staleToken)

    // What vehicles were told.
    let (timings, broken, wrong) = timingFaults(watched)
    table.atLeast("SPaT messages", Double(timings), Double(names.count * 4), unit: "")
    table.atMost("SPaT: greens that ended before their promised minimum", Double(broken), 0, unit: "")
    table.atMost("SPaT: greens other than the street answered", Double(wrong), 0, unit: "")
    table.atMost("messages that cannot be read", Double(watched.unreadableCount), 0, unit: "")
    table.atMost("conflicting or short intervals on the street", Double(watched.field.violations), 0, unit: "")
    bench.stop()
    let verified = try verifyJournal(at: bench.journal)
    table.atMost("decisions not reproduced", Double(verified.differences.count), 0, unit: "of \(verified.reproduced)")
    try table.finish()
  }

  /// Messages, promises of a green that were broken, and greens that differ from what the street answered to the command before.
  private func timingFaults(_ watched: WatchedField) -> (messages: Int, broken: Int, wrong: Int) {
    var messages = 0, broken = 0, wrong = 0
    var promised: [String: [Int: Int64]] = [:]
    var commanded: [String: SignalState] = [:]
    for (_, message) in watched.messages() {
      switch message {
      case .command(let command) where command.id > 1000: commanded[command.signal] = command.state
      case .answer(let answer) where answer.verdict == .state: commanded[answer.signal] = answer.state
      case .timing(let timing) where timing.states.allSatisfy { $0.eventState == "unavailable" }:
        messages += 1
        promised[timing.intersection] = [:]
      case .timing(let timing):
        messages += 1
        let greens = timing.states.filter { $0.eventState.hasSuffix("Movement-Allowed") }
        for (group, least) in promised[timing.intersection] ?? [:] where !greens.contains(where: { $0.signalGroup == group }) {
          if timing.timestamp < least { broken += 1 }
        }
        promised[timing.intersection] = Dictionary(greens.map { ($0.signalGroup, $0.minEndTime) }) { $1 }
        if let state = commanded[timing.intersection], Set(state.greens) != Set(greens.map { $0.signalGroup - 1 }) { wrong += 1 }
      default: break
      }
    }
    return (messages, broken, wrong)
  }
}

/// Two engines that share a database and divide the city.
struct TakeoverCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "takeover",
    abstract: "Two engines own a region each by leases in PostgreSQL: one is frozen, then killed; the other takes over and gives back.")
  @Option(help: "Times that an engine is frozen, and that it is killed.") var rounds = 3
  @Option(help: "Longest time until the other holds the lease [s].") var limit = 7.0
  @Option(help: "Longest time until it commands [s]: the silence after which controllers run their local plan.") var commandLimit = 10.0

  func run() throws {
    let around = try Surroundings(withDatabase: true)
    defer { around.remove() }
    let broker = around.broker, postgres = around.postgres!
    let topology = SyntheticCity(rows: 2, columns: 4).topology().divided(into: 2)
    let watched = try WatchedField(around, topology)
    defer { watched.close() }
    let regions = ["region-1", "region-2"]
    let members = regions.map { region in Set(topology.signals.filter { $0.region == region }.map(\.name)) }
    let benches = [try Bench(), try Bench()]
    defer { for bench in benches { bench.remove() } }
    func start(_ index: Int) throws {
      try benches[index].start([
        "--grid", "2x4", "--regions", "2", "--region", regions[index], "--street", broker.url, "--mqtt", broker.url, "--postgres",
        postgres.address,
      ])
      try benches[index].awaitReady()
    }
    func holds(_ index: Int, _ region: Int) -> Bool {
      (try? benches[index].metric("greenwave_lease_token{region=\"\(regions[region])\"}")) != nil
    }
    for index in 0..<2 { try start(index) }
    var table = CheckTable()
    // Longer than an engine that is alone would wait before it takes what is not its own.
    usleep(25_000_000)
    table.add(
      "each holds its own region, and that alone", holds(0, 0) && holds(1, 1) && !holds(0, 1) && !holds(1, 0) ? "yes" : "no", "yes",
      holds(0, 0) && holds(1, 1) && !holds(0, 1) && !holds(1, 0))
    let database = PostgresDatabase(address: postgres.address)
    defer { database.close() }
    // From here on every reading is somebody's.
    let first = try database.read { try $0.query("SELECT max(sequence) FROM reading") }[0][0].int
    var leases: [Double] = [], beats: [Double] = [], commands: [Double] = [], returns: [Double] = [], locals = 0
    for round in 0..<(2 * rounds) {
      // One and the other in turn, first frozen and then killed.
      let index = round / 2 % 2, other = 1 - index, isFrozen = round < rounds
      var isInTransaction = false
      if isFrozen { isInTransaction = freezeInTransaction(benches[index], regions[index], database) } else { benches[index].kill(SIGKILL) }
      let mark = watched.count, begin = Date(), before = watched.token(ofRegion: regions[index], members[index])
      func firstTime(_ matches: @escaping (WatchedField.Message) -> Bool) -> Double {
        _ = watched.wait(60) { watched.messages(from: mark).contains { matches($0.message) } }
        return watched.messages(from: mark).first { matches($0.message) }?.at.timeIntervalSince(begin) ?? .infinity
      }
      leases.append(watched.wait(30) { holds(other, index) } ?? .infinity)
      // Controllers count the silence from the heartbeat, which a taker sends at once; commands come when a stage ends.
      beats.append(
        firstTime { if case .heartbeat(let region, let token) = $0 { region == regions[index] && token > before } else { false } })
      commands.append(
        firstTime {
          if case .command(let command) = $0 { members[index].contains(command.signal) && command.token > before } else { false }
        })
      locals = max(locals, watched.field.counts.local)
      if isFrozen { benches[index].freeze(false) } else { try start(index) }
      returns.append(watched.wait(30) { holds(index, index) && !holds(other, index) } ?? .infinity)
      let times = [("lease", leases), ("heartbeat", beats), ("command", commands), ("given back", returns)]
      print(
        "engine \(index + 1) \(isFrozen ? "frozen" + (isInTransaction ? " while it held a lease's row" : "") : "killed"): "
          + times.map { "\($0) after \(CheckTable.text($1.last!)) s" }.joined(separator: ", "))
      fflush(nil)
      usleep(4_000_000)
    }
    let refused = watched.answers().count { $0.reason == FieldRim.staleToken }
    table.atMost("taken over: lease held after, slowest of \(2 * rounds)", leases.max()!, limit, unit: "s")
    table.atMost("taken over: controllers hear the new engine after, slowest", beats.max()!, commandLimit, unit: "s")
    table.atMost("taken over: first command after, slowest", commands.max()!, 60, unit: "s")
    table.add("signals that fell back to their local plan meanwhile, most at a time", "\(locals) of \(topology.signals.count)")
    table.atMost("given back after, slowest", returns.max()!, 15, unit: "s")
    table.add("commands of a deposed engine refused at the rim", "\(refused)")
    table.atMost("conflicting or short intervals on the street", Double(watched.field.violations), 0, unit: "")
    around.stopField()
    try judgeStore(database, from: first, &table)
    for bench in benches { bench.stop() }
    for (index, bench) in benches.enumerated() {
      let verified = try verifyJournal(at: bench.journal)
      table.atMost(
        "engine \(index + 1): decisions not reproduced", Double(verified.differences.count), 0, unit: "of \(verified.reproduced)")
    }
    try table.finish()
  }

  /// Halts an engine, where chance allows in the middle of the transaction that renews the lease of `region`: nobody else can take it up
  /// before the database has ended that. Whether chance allowed.
  private func freezeInTransaction(_ bench: Bench, _ region: String, _ database: PostgresDatabase) -> Bool {
    for attempt in 1...200 {
      bench.freeze(true)
      usleep(100_000)
      let isHeld =
        (try? database.write { try $0.query("SELECT 1 FROM lease WHERE region = $1 FOR UPDATE NOWAIT", [.text(region)]) }) == nil
      if isHeld || attempt == 200 { return isHeld }
      bench.freeze(false)
      usleep(UInt32.random(in: 3_000..<60_000))
    }
    return false
  }

  /// What the field told since reading `first`, in the database that both engines write to: all of it, and each once, sums included.
  private func judgeStore(_ database: PostgresDatabase, from first: Int64, _ table: inout CheckTable) throws {
    func ask(_ sql: String) throws -> Int64 { try database.read { try $0.query(sql) }[0][0].int }
    var rows = -1 as Int64
    // Both engines write until nothing more comes.
    for _ in 0..<30 {
      let now = try ask("SELECT count(*) FROM reading")
      if now == rows { break }
      rows = now
      usleep(2_000_000)
    }
    let told = try ask("SELECT max(sequence) FROM reading") - first
    let kept = try ask("SELECT count(*) FROM reading WHERE sequence > \(first)")
    table.add("readings of the field while engines came and went", "\(told)")
    table.atMost("missing in the shared database", Double(told - kept), 0, unit: "")
    let sums = try ask("SELECT CAST(sum(readings) AS BIGINT) FROM detector_minute")
    table.atMost("counted twice in minutes", Double(sums - rows), 0, unit: "of \(rows)")
    table.atMost("not counted in minutes", Double(rows - sums), 0, unit: "of \(rows)")
  }
}
