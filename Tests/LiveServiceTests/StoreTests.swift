import ControlLoop
import Foundation
import Testing
import TrafficModel

@testable import LiveService

@Suite struct StoreTests {
  private func project(_ folder: Folder, _ database: any SQLDatabase, to end: UInt64, engine: String = "a") async throws {
    let projector = Projector(database: database, directory: folder.path + "/journal", engine: engine, committed: { end })
    projector.start()
    for _ in 0..<2000 where projector.status.position < end { try await Task.sleep(for: .milliseconds(5)) }
    projector.stop()
    #expect(projector.status.position == end)
  }

  private func dump(_ database: any SQLDatabase) throws -> [String] {
    try database.read { session in
      try Schema.projected.flatMap { table in
        try session.query("SELECT * FROM \(table) ORDER BY 1, 2").map { table + ": " + $0.map(\.string).joined(separator: "|") }
      }
    }
  }

  /// Stopped anywhere and taken up again, or emptied and made anew, the projection is the same.
  @Test func theDatabaseFollowsFromTheJournal() async throws {
    let folder = Folder()
    let city = SyntheticCity(rows: 1, columns: 2).topology()
    try recordRun(folder, seconds: 180, topology: city)
    var reader = try JournalReader(directory: folder.path + "/journal")
    var last: UInt64 = 0
    var readings = 0
    while let record = try reader.next() {
      last = record.sequence
      if record.kind == LiveRecordKind.readings.rawValue { readings += try ReadingBatch.decode(record.payload).readings.count }
    }
    let whole = try SQLiteDatabase(path: folder.path + "/a.sqlite"), parts = try SQLiteDatabase(path: folder.path + "/b.sqlite")
    try await project(folder, whole, to: last)
    for end in [1, 7, last / 3, last / 2, last - 1, last] { try await project(folder, parts, to: end) }
    let expected = try dump(whole)
    #expect(try dump(parts) == expected)
    #expect(expected.count { $0.hasPrefix("reading: ") } == readings)
    #expect(expected.contains { $0.hasPrefix("signal_minute: ") })
    try Projector.rebuild(whole)
    try await project(folder, whole, to: last)
    #expect(try dump(whole) == expected)
    let retention = Retention()
    try retention.apply(to: whole, now: morning.milliseconds + 7_200_000)
    let hours = try whole.read { try $0.query("SELECT sum(arrivals) FROM signal_hour") }[0][0].double
    let minutes = try whole.read { try $0.query("SELECT sum(arrivals) FROM signal_minute") }[0][0].double
    #expect(hours == minutes && hours > 0)
    whole.close()
    parts.close()
  }

  /// Two engines that hear the same and divide the regions: each tells of its own, nothing is lost, doubled or mixed up.
  @Test func enginesShareADatabase() async throws {
    let east = Folder(), west = Folder()
    var city = SyntheticCity(rows: 1, columns: 2).topology()
    city.signals[0].region = "west"
    city.signals[1].region = "east"
    try recordRun(east, seconds: 130, topology: city, regions: ["east"])
    try recordRun(west, seconds: 130, topology: city, regions: ["west"])
    let database = try SQLiteDatabase(path: east.path + "/shared.sqlite")
    for (folder, engine) in [(east, "east"), (west, "west")] {
      var reader = try JournalReader(directory: folder.path + "/journal")
      var last: UInt64 = 0
      while let record = try reader.next() { last = record.sequence }
      try await project(folder, database, to: last / 2, engine: engine)
      try await project(folder, database, to: last, engine: engine)
    }
    let rows = try database.read {
      try $0.query("SELECT signal, count(*) FROM signal_minute GROUP BY signal ORDER BY signal")
    }
    #expect(rows.map { [$0[0].string, $0[1].string] } == [["S1-1", "2"], ["S1-2", "2"]])
    let decided = try database.read { try $0.query("SELECT DISTINCT signal, authority FROM decision ORDER BY 1, 2") }
    #expect(decided.allSatisfy { $0[1].string != "noLease" } && Set(decided.map { $0[0].string }) == ["S1-1", "S1-2"])
    let twice = try database.read {
      try $0.query("SELECT count(*) FROM (SELECT source, sequence, detector FROM reading GROUP BY 1, 2, 3 HAVING count(*) > 1) AS doubled")
    }
    #expect(twice[0][0].int == 0)
    #expect(throws: SQLFailure.self) { try Projector.rebuild(database) }
    database.close()
  }

  /// Both engines believe that they hold the region, for one was frozen and did not notice: what both heard counts once, and the minutes of
  /// the one with the higher token stand, whoever writes last.
  @Test func whatTwoEnginesHeardCountsOnce() async throws {
    let frozen = Folder(), taker = Folder()
    let city = SyntheticCity(rows: 1, columns: 1).topology()
    var settings = LiveSettings()
    settings.shadow = true
    try recordRun(frozen, seconds: 100, topology: city, settings: settings, token: 1)
    try recordRun(taker, seconds: 130, topology: city, settings: settings, token: 2)
    func last(_ folder: Folder) throws -> UInt64 {
      var reader = try JournalReader(directory: folder.path + "/journal")
      var last: UInt64 = 0
      while let record = try reader.next() { last = record.sequence }
      return last
    }
    let alone = try SQLiteDatabase(path: taker.path + "/alone.sqlite")
    try await project(taker, alone, to: try last(taker), engine: "taker")
    func sums(_ database: any SQLDatabase) throws -> [[SQLValue]] {
      try database.read { session in
        try session.query("SELECT source, sequence, time, detector, kind FROM reading ORDER BY 1, 2")
          + session.query("SELECT * FROM detector_minute ORDER BY 1, 2")
          + session.query("SELECT time, signal, token, arrivals, departures, queue_seconds FROM signal_minute ORDER BY 1, 2")
      }
    }
    for order in [[(frozen, "frozen"), (taker, "taker")], [(taker, "taker"), (frozen, "frozen")]] {
      let shared = try SQLiteDatabase(path: taker.path + "/shared-\(order[0].1).sqlite")
      for (folder, engine) in order { try await project(folder, shared, to: try last(folder), engine: engine) }
      #expect(try sums(shared) == sums(alone))
      shared.close()
    }
    #expect(try sums(alone).count > 300)
    alone.close()
  }

  /// An engine that takes a region over tells also of the time in which nobody held it.
  @Test func aTakerTellsWhatNobodyTold() async throws {
    let killed = Folder(), taker = Folder()
    let city = SyntheticCity(rows: 1, columns: 1).topology()
    var settings = LiveSettings()
    settings.shadow = true
    try recordRun(killed, seconds: 60, topology: city, settings: settings, token: 1)
    let taken = LiveEvent.lease(region: "city", token: 2, time: morning + .seconds(70), since: morning + .seconds(55))
    try recordRun(taker, seconds: 130, topology: city, settings: settings, events: [70: taken], regions: [])
    var reader = try JournalReader(directory: taker.path + "/journal")
    var heard = 0, end: UInt64 = 0
    while let record = try reader.next() {
      end = record.sequence
      if record.kind == LiveRecordKind.readings.rawValue { heard += try ReadingBatch.decode(record.payload).readings.count }
    }
    let shared = try SQLiteDatabase(path: taker.path + "/shared.sqlite")
    // The taker first, in pieces, one of which ends right before the change of hands.
    for part in stride(from: UInt64(1), to: end, by: 40) { try await project(taker, shared, to: part, engine: "taker") }
    try await project(taker, shared, to: end, engine: "taker")
    let own = try shared.read { try $0.query("SELECT count(*), min(time) FROM reading") }[0]
    #expect(own[0].int < heard && own[1].int <= (morning + .seconds(55)).milliseconds)
    reader = try JournalReader(directory: killed.path + "/journal")
    while let record = try reader.next() { end = record.sequence }
    try await project(killed, shared, to: end, engine: "killed")
    let rows = try shared.read { try $0.query("SELECT count(*) FROM reading") }[0][0].int
    let sums = try shared.read { try $0.query("SELECT sum(readings) FROM detector_minute") }[0][0].int
    #expect(rows == heard && sums == heard)
    // The minute that was begun by the one and ended by the other is the taker's, who heard all of it.
    let minutes = try shared.read { try $0.query("SELECT time, token FROM signal_minute ORDER BY time") }
    #expect(minutes.map { $0[1].int } == [2, 2])
    shared.close()
  }

  /// A database of an earlier schema keeps its readings, each once.
  @Test func earlierReadingsAreKeptOnce() throws {
    let folder = Folder()
    let database = try SQLiteDatabase(path: folder.path + "/store.sqlite")
    try database.write { session in
      try session.execute("CREATE TABLE schema_version (version BIGINT NOT NULL)")
      try session.execute("INSERT INTO schema_version (version) VALUES (3)")
      for statement in Schema.migrations[..<3].joined() {
        try session.execute(statement.replacingOccurrences(of: "{key}", with: database.rowKey))
      }
      for (id, sequence) in [(1, 7), (2, 8), (3, 7)] {
        try session.execute(
          "INSERT INTO reading (id, time, detector, source, sequence, kind, value, occupancy) VALUES (\(id), 5, 'd', 's', \(sequence), 1, 2.5, NULL)"
        )
      }
    }
    try Schema.migrate(database)
    let rows = try database.read { try $0.query("SELECT source, sequence, time, detector, kind, value FROM reading ORDER BY 2") }
    #expect(rows.map { $0.map(\.string) } == [["s", "7", "5", "d", "1", "2.5"], ["s", "8", "5", "d", "1", "2.5"]])
    database.close()
  }

  @Test func leasesPassWithHigherTokens() throws {
    let folder = Folder()
    let database = try SQLiteDatabase(path: folder.path + "/lease.sqlite")
    try Schema.migrate(database)
    try Schema.migrate(database)
    let a = LeaseKeeper(database: database, owner: "a", term: 300), b = LeaseKeeper(database: database, owner: "b", term: 300)
    let first = try a.acquire("north")
    #expect(first != nil && first?.gap == nil)
    #expect(try a.acquire("north") == first)
    #expect(try b.acquire("north") == nil)
    #expect(try b.acquire("south") != nil)
    usleep(400_000)
    let second = try b.acquire("north")
    #expect(second!.token > first!.token)
    // It was last renewed some 400 ms ago, which the taker is told, and never less.
    #expect((395...600).contains(second!.gap!))
    #expect(try a.acquire("north") == nil)
    try b.release("north")
    let third = try #require(try a.acquire("north", isRenewal: false))
    #expect(third.token > second!.token && third.gap! >= 300)
    database.close()
  }
}

extension StoreTests {
  /// A region goes to whoever is there; the engine whose own it is gets it back when it asks.
  @Test func aRegionComesHome() throws {
    let folder = Folder()
    let database = try SQLiteDatabase(path: folder.path + "/lease.sqlite")
    try Schema.migrate(database)
    let home = LeaseKeeper(database: database, owner: "home", term: 400)
    let guest = LeaseKeeper(database: database, owner: "guest", term: 400)
    let first = try #require(try home.acquire("north", isRenewal: false))
    #expect(try guest.acquire("north", isRenewal: false, isHome: false) == nil)
    #expect(try home.acquire("north") == first)
    usleep(450_000)
    // The owner is silent: its lease has run out.
    let second = try #require(try guest.acquire("north", isRenewal: false, isHome: false))
    #expect(second.token == first.token + 1)
    #expect(try guest.acquire("north", isHome: false)?.token == second.token)
    // It is there again and asks; the guest gives back at its next renewal and does not take it up again.
    #expect(try home.acquire("north", isRenewal: false) == nil)
    #expect(try guest.acquire("north", isHome: false) == nil)
    #expect(try guest.acquire("north", isRenewal: false, isHome: false) == nil)
    #expect(try home.acquire("north", isRenewal: false)?.token == second.token + 1)
    database.close()
  }

  /// Old segments go, as far as the rest can be replayed from the begin of a run; what is left still replays.
  @Test func oldSegmentsGoAndTheRestReplays() throws {
    let folder = Folder()
    let city = SyntheticCity(rows: 1, columns: 1).topology()
    for day in 0..<3 { try recordRun(folder, seconds: 60, topology: city, start: morning + .minutes(Double(day) * 10)) }
    let directory = folder.path + "/journal"
    let segments = try JournalReader.segments(in: directory)
    #expect(segments.count == 3)
    var retention = Retention()
    retention.journal = 3_600_000
    func prune(_ now: Date, projected: UInt64, speed: Double = 1) throws -> Int {
      try retention.prune(
        journal: directory, projected: projected, now: now, speed: speed, beginsRun: { try LiveServer.beginsRun(directory, segment: $0) })
    }
    #expect(try prune(Date(), projected: .max) == 0)
    #expect(try prune(Date().addingTimeInterval(7200), projected: 1) == 0)
    #expect(try prune(Date().addingTimeInterval(120), projected: segments[1], speed: 60) == 1)
    #expect(try prune(Date().addingTimeInterval(7200), projected: .max) == 1)
    #expect(try JournalReader.segments(in: directory) == [segments[2]])
    let verified = try verifyJournal(at: directory)
    #expect(verified.isReproduced && verified.starts == 1 && verified.ticks == 60)
    // The engine that comes next finds there what it must know.
    let next = try Ingestor.open(directory: directory)
    #expect(next.counts.sources == 1)
    next.journal.close()
  }

  /// Minutes go after their time; the hours that were made of them stay, however short that time is.
  @Test func hoursOutliveTheirMinutes() throws {
    let folder = Folder()
    let database = try SQLiteDatabase(path: folder.path + "/store.sqlite")
    try Schema.migrate(database)
    let hour: Int64 = 3_600_000, begin = morning.milliseconds / hour * hour
    try database.write { session in
      for minute in 0..<Int64(180) {
        try session.execute(
          """
          INSERT INTO signal_minute (time, signal, arrivals, departures, queue_seconds, arrivals_on_green)
          VALUES ($1, 'a', 2, 2, 10, 1)
          """, [.integer(begin + minute * 60_000)])
      }
    }
    var retention = Retention()
    retention.minutes = 2 * hour
    func sums() throws -> [Double] {
      try database.read { try $0.query("SELECT arrivals FROM signal_hour ORDER BY time") }.map { $0[0].double }
    }
    for step in stride(from: Int64(60), through: 600, by: 20) { try retention.apply(to: database, now: begin + step * 60_000) }
    #expect(try sums() == [120, 120, 120])
    #expect(try database.read { try $0.query("SELECT count(*) FROM signal_minute") }[0][0].int == 0)
    database.close()
  }
}

@Suite struct SecurityTests {
  @Test func aChangedLineOfTheAuditTrailShows() throws {
    let folder = Folder()
    let path = folder.path + "/audit.jsonl"
    do {
      let trail = try AuditTrail(path: path)
      for k in 0..<20 { try trail.record(actor: "a", action: "order", target: "S\(k)", detail: "because \(k)", time: Int64(k)) }
      #expect(trail.tail(3).map(\.number) == [20, 19, 18])
    }
    #expect(try AuditTrail.verify(path: path) == 20)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let lines = text.split(separator: "\n").map(String.init)
    let forgeries = [
      text.replacingOccurrences(of: "because 7", with: "because 8"),
      lines.enumerated().filter { $0.offset != 9 }.map { $1 + "\n" }.joined(),
      (lines[0..<4] + [lines[5], lines[4]] + lines[6...]).map { $0 + "\n" }.joined(),
    ]
    for forged in forgeries {
      try forged.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: AuditTrail.Failure.self) { try AuditTrail.verify(path: path) }
      #expect(throws: AuditTrail.Failure.self) { try AuditTrail(path: path) }
    }
    // A line cut off by a power failure is no forgery: the trail goes on before it.
    try (text + "{\"number\":21,").write(toFile: path, atomically: true, encoding: .utf8)
    do { try AuditTrail(path: path).record(actor: "a", action: "x", target: "", detail: "", time: 21) }
    #expect(try AuditTrail.verify(path: path) == 21)
  }

  @Test func tokensAreHashedAndRevocable() throws {
    let folder = Folder()
    let store = try TokenStore(path: folder.path + "/tokens.json")
    let (token, record) = try store.create(name: "gate", role: .sensor, now: 1)
    #expect(try !String(contentsOfFile: folder.path + "/tokens.json", encoding: .utf8).contains(token.dropFirst(3)))
    let mode = try FileManager.default.attributesOfItem(atPath: folder.path + "/tokens.json")[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try TokenStore(path: folder.path + "/tokens.json").lookUp(token)?.role == .sensor)
    #expect(store.lookUp(token + "x") == nil)
    #expect(try store.revoke(id: record.id, now: 2))
    #expect(store.lookUp(token) == nil)
    #expect(try !store.revoke(id: record.id, now: 3))
  }

  @Test func rolesMayDoTheirOwnOnly() {
    let table: [(AccessRole, Set<AccessRole.Permission>)] = [
      (.sensor, [.open, .ingest]), (.viewer, [.open, .view]), (.operator, [.open, .view, .operate]),
      (.administrator, [.open, .view, .operate, .administer]),
    ]
    for (role, allowed) in table {
      for permission in [AccessRole.Permission.open, .ingest, .view, .operate, .administer] {
        #expect(role.allows(permission) == allowed.contains(permission))
      }
    }
  }

  @Test func aBurstIsFollowedByTheRate() {
    let limiter = RateLimiter()
    let allowance = RateLimiter.Allowance(perSecond: 10, burst: 20)
    var admitted = 0
    for k in 0..<1000 where limiter.admits("a", allowance, now: UInt64(k) * 10_000_000) { admitted += 1 }
    #expect((118...121).contains(admitted))
    #expect(limiter.admits("b", allowance, now: 10_000_000_000))
  }
}
