import ArgumentParser
import ControlLoop
import Foundation
import LiveService
import Logging
import TrafficModel

/// Readings through a broker.
struct MQTTCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mqtt", abstract: "20,000 readings a second at 10 a message, 8,000 at one, over MQTT at QoS 1.")
  @Option(help: "[s]") var seconds = 15.0
  @Option(help: "Connections of the service to the broker.") var connections = 2
  @Option(help: "Share of the required rates.") var share = 1.0

  func run() throws {
    var table = CheckTable()
    for (perMessage, rate) in [(10, 20_000 * share), (1, 8_000 * share)] {
      let around = try Surroundings()
      defer { around.remove() }
      let broker = around.broker
      let bench = try Bench()
      defer { bench.remove() }
      try bench.start([
        "--street", "queues", "--grid", "4x5", "--demand", "0", "--mqtt", broker.url, "--mqtt-connections", "\(connections)",
      ])
      usleep(1_500_000)
      let detectors = SyntheticCity(rows: 4, columns: 5).topology().detectors.map(\.name)
      let sent = Shared(0)
      let begin = Date()
      onThreads(2) { [seconds] index in
        guard
          let publisher = try? MQTTConnection(
            broker.address, client: "check-\(index)", subscriptions: [], logger: silent, received: { _, _ in })
        else { return }
        for _ in 0..<200 where !publisher.isConnected { usleep(10_000) }
        var maker = ReadingMaker(detectors: detectors, source: "mqtt-\(index)")
        let interval = Double(perMessage * 2) / rate
        var due = 0.0
        while due < seconds {
          let wait = due + begin.timeIntervalSinceNow
          if wait > 0.001 { usleep(UInt32(wait * 1e6)) }
          let text = maker.objects(perMessage, now: LiveClock.wall.milliseconds).joined(separator: "\n")
          if publisher.publish("greenwave/readings/check-\(index)", Array(text.utf8)) { sent.with { $0 += perMessage } }
          due += interval
        }
        // What is under way must arrive before the connection ends.
        usleep(3_000_000)
        publisher.close()
      }
      let total = sent.with { $0 }
      let limit = Date().addingTimeInterval(20)
      var taken = 0.0
      while Date() < limit {
        taken = try bench.metric("greenwave_readings_total")
        if Int(taken) >= total { break }
        usleep(50_000)
      }
      // The publishers' own farewell of three seconds does not count.
      let elapsed = max(seconds, Date().timeIntervalSince(begin) - 3)
      bench.stop()
      let counts = try bench.journalCounts()
      let name = perMessage == 1 ? "one reading a message" : "\(perMessage) readings a message"
      table.atLeast("\(name): readings a second", Double(total) / elapsed, rate * (share < 1 ? 0.5 : 0.98), unit: "1/s")
      table.atLeast(
        "\(name): in the journal", Double(counts.filter { $0.key.hasPrefix("mqtt-") }.count), Double(total), unit: "of \(total)")
      table.atMost("\(name): twice", Double(counts.values.count { $0 > 1 }), 0, unit: "")
    }
    try table.finish()
  }
}

/// Kills without warning, under load.
struct FaultCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults", abstract: "kill -9 at random moments under load: nothing acknowledged is lost, nothing unlawful is shown.")
  @Option(help: "Kills.") var kills = 200
  @Option(help: "Seed of the moments.") var seed: UInt64 = 1
  @Option(help: "Grid, ROWSxCOLUMNS.") var grid = "6x6"
  @Option(help: "Longest time until it decides again [s].") var limit = 2.0

  func run() throws {
    let around = try Surroundings()
    defer { around.remove() }
    let broker = around.broker
    let bench = try Bench()
    defer { bench.remove() }
    let parts = grid.split(separator: "x").map { Int($0)! }
    let topology = SyntheticCity(rows: parts[0], columns: parts[1]).topology()
    let field = try around.startField(topology, seed: seed)
    let running = Shared(true)
    let arguments = ["--grid", grid, "--street", broker.url, "--mqtt", broker.url, "--segment", "1"]
    try bench.start(arguments)
    // Senders that hold on to a batch until it is acknowledged, and count what was.
    let port = bench.port, token = bench.tokens[.sensor]!
    let acknowledged = Shared([String]()), resent = Shared(0)
    // Of one signal: what they tell is no traffic, and the others shall have their own, to change stages by.
    let detectors = topology.detectors.filter { $0.signal == 0 }.map(\.name)
    let senders = DispatchGroup()
    for index in 0..<3 {
      senders.enter()
      Thread {
        defer { senders.leave() }
        var maker = ReadingMaker(detectors: detectors, source: "fault-\(index)")
        while running.with({ $0 }) {
          let first = maker.sequence + 1
          let body = Array(("[" + maker.objects(50, now: LiveClock.wall.milliseconds).joined(separator: ",") + "]").utf8)
          while true {
            let connection = HTTPConnection(port: port)
            if let answer = try? connection.request("POST", "/v1/readings", token: token, type: "application/json", body: body),
              answer.status == 200
            {
              acknowledged.with { list in for k in first..<(first + 50) { list.append("fault-\(index) \(k)") } }
              break
            }
            guard running.with({ $0 }) else { return }
            resent.with { $0 += 1 }
            usleep(20_000)
          }
          usleep(30_000)
        }
      }.start()
    }
    var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    var recoveries: [Double] = []
    usleep(3_000_000)
    for kill in 1...kills {
      random ^= random << 13
      random ^= random >> 7
      random ^= random << 17
      // Every third life is long enough for whole changes of stage to be under way.
      usleep(UInt32(300_000 + random % (kill % 3 == 0 ? 19_700_000 : 4_700_000)))
      bench.kill(SIGKILL)
      let begin = Date()
      try bench.start(arguments)
      try bench.awaitReady()
      recoveries.append(Date().timeIntervalSince(begin))
      if kill % 20 == 0 {
        print(
          "\(kill) kills, slowest return \(CheckTable.text(recoveries.max()!)) s, "
            + "\(acknowledged.with { $0.count }) acknowledged, violations \(field.violations)"
        )
        fflush(nil)
      }
    }
    // The last life is let to live until it has changed a stage: without one, nothing unlawful could have been shown.
    let lastMoment = Date().addingTimeInterval(60)
    repeat { usleep(2_000_000) } while field.counts.commanded == 0 && Date() < lastMoment
    running.with { $0 = false }
    senders.wait()
    bench.stop()
    let counts = try bench.journalCounts()
    let promised = acknowledged.with { $0 }
    let verified = try verifyJournal(at: bench.journal)
    let shown = field.counts
    var table = CheckTable()
    table.add("kills", "\(kills)")
    table.add("readings acknowledged", "\(promised.count)")
    table.add("batches sent again", "\(resent.with { $0 })")
    table.atMost("acknowledged and lost", Double(promised.count { counts[$0] == nil }), 0, unit: "")
    table.atMost("in the journal twice", Double(counts.values.count { $0 > 1 }), 0, unit: "")
    table.add("refused at the rim", "\(shown.refused)")
    table.atMost("conflicting or short intervals on the street", Double(field.violations), 0, unit: "")
    let sorted = recoveries.sorted()
    table.atLeast("commands shown by the field", Double(shown.commanded), Double(max(1, (kills - 3) * 5)), unit: "")
    table.add("back deciding, median", CheckTable.text(sorted[sorted.count / 2]) + " s")
    table.atMost("back deciding, slowest", sorted.last!, limit, unit: "s")
    table.atMost(
      "decisions not reproduced", Double(verified.differences.count), 0, unit: "of \(verified.reproduced) over \(verified.starts) starts")
    try table.finish()
  }
}

/// Database and broker away.
struct OutageCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outage", abstract: "Database and broker away: nothing acknowledged is lost, signals never stop, memory stays bounded.")
  @Option(help: "How long each is away [s].") var seconds = 600.0
  @Option(help: "Readings a second over HTTP meanwhile.") var rate = 2_000.0
  @Option(help: "Share of decisions that a slow machine may miss.") var slack = 0.0

  func run() throws {
    let around = try Surroundings(withDatabase: true)
    defer { around.remove() }
    let broker = around.broker, postgres = around.postgres!
    let bench = try Bench()
    defer { bench.remove() }
    let topology = SyntheticCity(rows: 4, columns: 5).topology()
    let field = try around.startField(topology)
    let running = Shared(true)
    try bench.start(["--grid", "4x5", "--street", broker.url, "--mqtt", broker.url, "--postgres", postgres.address])
    try bench.awaitReady()
    let port = bench.port, token = bench.tokens[.sensor]!
    let acknowledged = Shared(0), failures = Shared(0)
    let detectors = topology.detectors.map(\.name)
    let done = DispatchGroup()
    done.enter()
    Thread { [rate] in
      defer { done.leave() }
      let connection = HTTPConnection(port: port)
      var maker = ReadingMaker(detectors: detectors, source: "outage")
      while running.with({ $0 }) {
        let body = Array(("[" + maker.objects(200, now: LiveClock.wall.milliseconds).joined(separator: ",") + "]").utf8)
        if let answer = try? connection.request("POST", "/v1/readings", token: token, type: "application/json", body: body),
          answer.status == 200
        {
          acknowledged.with { $0 += 200 }
        } else {
          failures.with { $0 += 1 }
        }
        usleep(UInt32(200 / rate * 1e6))
      }
    }.start()
    usleep(8_000_000)
    var table = CheckTable()
    let changesBefore = field.counts.changes
    let memoryBefore = Double(bench.resident) / 1e6
    try postgres.stop()
    let ticksBefore = try bench.metric("greenwave_ticks_total")
    usleep(UInt32(seconds * 1e6))
    let ticks = try bench.metric("greenwave_ticks_total") - ticksBefore
    table.atLeast("database away: decisions", ticks, seconds * (1 - slack) - 2, unit: "in \(Int(seconds)) s")
    table.add("database away: memory", "\(CheckTable.text(memoryBefore)) → \(CheckTable.text(Double(bench.resident) / 1e6)) MB")
    table.atMost("database away: growth of memory", Double(bench.resident) / 1e6 - memoryBefore, 100, unit: "MB")
    table.add("database away: records waiting", CheckTable.text(try bench.metric("greenwave_projection_lag_records")))
    try postgres.start()
    let back = Date()
    while try bench.metric("greenwave_projection_lag_records") > 500, Date().timeIntervalSince(back) < 120 { usleep(200_000) }
    table.atMost("database back: caught up after", Date().timeIntervalSince(back), 120, unit: "s")
    let changesDuring = field.counts.changes
    table.atLeast("database away: signals changed", Double(changesDuring - changesBefore), seconds / 10, unit: "times")

    broker.stop()
    let memoryMiddle = Double(bench.resident) / 1e6
    let ticksMiddle = try bench.metric("greenwave_ticks_total")
    // Long enough for controllers to miss the heartbeat and for a stage of their local plans to end.
    let away = max(seconds, 45)
    usleep(UInt32(away * 1e6))
    table.atLeast(
      "broker away: decisions", try bench.metric("greenwave_ticks_total") - ticksMiddle, away * (1 - slack) - 2,
      unit: "in \(Int(away)) s")
    table.atLeast(
      "broker away: signals changed by local plan", Double(field.counts.changes - changesDuring), max(1, seconds / 20), unit: "times")
    table.atMost("broker away: growth of memory", Double(bench.resident) / 1e6 - memoryMiddle, 100, unit: "MB")
    try broker.start()
    let commandedBefore = field.counts.commanded
    let again = Date()
    while field.counts.commanded < commandedBefore + 20, Date().timeIntervalSince(again) < 60 { usleep(100_000) }
    table.atMost("broker back: signals commanded after", Date().timeIntervalSince(again), 30, unit: "s")
    usleep(3_000_000)
    running.with { $0 = false }
    done.wait()
    table.atMost("conflicting or short intervals on the street", Double(field.violations), 0, unit: "")
    table.atMost("batches not acknowledged", Double(failures.with { $0 }), 0, unit: "")
    usleep(2_000_000)
    let database = PostgresDatabase(address: postgres.address)
    var rows: Int64 = 0
    let limit = Date().addingTimeInterval(60)
    while Date() < limit {
      rows = try database.read { try $0.query("SELECT count(*) FROM reading WHERE source = 'outage'") }[0][0].int
      if rows >= acknowledged.with({ $0 }) { break }
      usleep(500_000)
    }
    bench.stop()
    let counts = try bench.journalCounts()
    let promised = acknowledged.with { $0 }
    table.atLeast(
      "acknowledged readings in the journal", Double(counts.filter { $0.key.hasPrefix("outage ") }.count), Double(promised),
      unit: "of \(promised)")
    table.atLeast("acknowledged readings in the database", Double(rows), Double(promised), unit: "of \(promised)")
    table.atMost("twice", Double(counts.values.count { $0 > 1 }), 0, unit: "")
    database.close()
    try table.finish()
  }
}

/// A day, faster.
struct SoakCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak",
    abstract: "24 simulated hours at 60 times: memory flat, journal replays identically, what is past its time let go and the sums kept.")
  @Option(help: "Simulated hours.") var hours = 24.0
  @Option(help: "Seconds simulated in one of the world's.") var speed = 60.0
  @Option(help: "Grid, ROWSxCOLUMNS.") var grid = "4x5"

  func run() throws {
    let bench = try Bench()
    defer { bench.remove() }
    // It begins shortly before the hour at which a run is closed and a new one begun, so that what came before can be let go on the way;
    // what comes after must replay.
    let lead = min(900, hours * 600), restart: Int64 = 1_795_491_000_000
    let begin = restart - Int64(lead * 1000)
    let kept = (readings: hours / 24, minutes: hours / 4, journal: hours / 4)
    try bench.start([
      "--street", "queues", "--grid", grid, "--speed", "\(speed)", "--start", "\(begin)", "--segment", "8", "--keep-readings",
      "\(kept.readings / 24)", "--keep-minutes", "\(kept.minutes / 24)", "--keep-journal", "\(kept.journal / 24)",
    ])
    let seconds = (hours * 3600 + lead) / speed
    let end = Date().addingTimeInterval(seconds)
    var samples: [Double] = [], largest = 0
    while Date() < end {
      usleep(UInt32(min(10, seconds / 24) * 1e6))
      samples.append(Double(bench.resident) / 1e6)
      largest = max(largest, try JournalReader.segments(in: bench.journal).count)
    }
    let ticks = try bench.metric("greenwave_ticks_total")
    bench.stop()
    let replay = Date()
    let verified = try verifyJournal(at: bench.journal)
    var table = CheckTable()
    // What is filled in the first quarter, caches and histories, is no growth.
    let settled = samples.dropFirst(samples.count / 4)
    let half = settled.count / 2
    let first = settled.prefix(half).reduce(0, +) / Double(max(1, half)), second = settled.suffix(half).reduce(0, +) / Double(max(1, half))
    table.atLeast("simulated hours", ticks / 3600, hours * 0.97, unit: "h")
    table.add(
      "memory",
      "\(CheckTable.text(samples.first ?? 0)) → \(CheckTable.text(samples.last ?? 0)) MB, highest \(CheckTable.text(samples.max() ?? 0))")
    table.atMost("growth of memory, second half over first", second - first, 10, unit: "MB")
    table.add("readings", "\(verified.readings)")
    table.atMost("decisions not reproduced", Double(verified.differences.count), 0, unit: "of \(verified.reproduced)")
    table.add("replay", "\(CheckTable.text(Date().timeIntervalSince(replay))) s")
    let span = verified.begin.flatMap { begin in verified.end.map { ($0 - begin).seconds / 3600 } } ?? 0
    table.atLeast("hours replayed", span, hours * 0.97, unit: "h")
    table.add("segments of the journal, most at a time", "\(largest)")
    let firstKept = try JournalReader.segments(in: bench.journal).first ?? 0
    table.atLeast("first record of the journal that is left", Double(firstKept), 2, unit: "")
    try judgeStore(bench, begin: begin, end: verified.end?.milliseconds ?? 0, kept, &table)
    try table.finish()
  }

  /// What is left in the database: nothing much older than it may be, and every hour that is whole.
  private func judgeStore(
    _ bench: Bench, begin: Int64, end: Int64, _ kept: (readings: Double, minutes: Double, journal: Double), _ table: inout CheckTable
  ) throws {
    let database = try SQLiteDatabase(path: bench.folder + "/store.sqlite")
    defer { database.close() }
    func ask(_ sql: String) throws -> Int64 { try database.read { try $0.query(sql) }[0][0].int }
    func age(_ table: String) throws -> Double { Double(end - (try ask("SELECT coalesce(min(time), \(end)) FROM \(table)"))) / 3_600_000 }
    // Upkeep comes by every tenth of the shortest time, but not more often than once a second of the world's.
    let slack = max(kept.readings / 5, speed * 3 / 3600)
    table.atMost("oldest reading in the database", try age("reading"), kept.readings + slack, unit: "h")
    table.atMost("oldest minute in the database", try age("signal_minute"), kept.minutes + slack, unit: "h")
    let hour: Int64 = 3_600_000
    let whole = max(0, end / hour - (begin + hour - 1) / hour - 1)
    let signals = try ask("SELECT count(DISTINCT signal) FROM signal_minute")
    let sums = try ask("SELECT count(*) FROM signal_hour")
    table.atLeast("hourly sums of signals that are left", Double(sums), Double(whole * signals), unit: "of \(whole) h × \(signals)")
  }
}
