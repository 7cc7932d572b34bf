import ControlLoop
import Foundation
import Testing
import TrafficModel

@testable import LiveService

@Suite struct SourceLedgerTests {
  /// Against a plain set: every order of arrival, every repeat.
  @Test func countsEachNumberOnce() throws {
    var draw = Draw(5)
    for _ in 0..<200 {
      var ledger = SourceLedger(), seen = Set<UInt64>()
      for _ in 0..<300 {
        let number = UInt64(draw.below(200))
        #expect((ledger.take(number, of: "a") == .new) == seen.insert(number).inserted)
      }
      let back = try SourceLedger(decoding: ledger.encoded())
      #expect(back == ledger)
      for number in 0..<UInt64(200) { #expect(back.contains(number, of: "a") == seen.contains(number)) }
    }
  }

  @Test func gapsDoNotFillTheMemory() {
    var ledger = SourceLedger()
    for k in 0..<UInt64(5000) { #expect(ledger.take(k * 2, of: "a") == .new) }
    #expect(ledger.encoded().count < SourceLedger.rangeLimit * 16 + 100)
    // A gap that was closed for want of room counts as taken: never twice, at the price of perhaps not at all.
    #expect(ledger.take(1, of: "a") == .duplicate)
    #expect(ledger.take(9997, of: "a") == .new)
  }

  @Test func randomNamesAreRefusedAtTheLimit() {
    var ledger = SourceLedger()
    for k in 0..<SourceLedger.sourceLimit { #expect(ledger.take(1, of: "s\(k)") == .new) }
    #expect(ledger.take(1, of: "one more") == .tooManySources)
    #expect(ledger.take(2, of: "s0") == .new)
  }
}

@Suite struct ReadingParserTests {
  private let parser = ReadingParser { $0.hasPrefix("d") }
  private func parse(_ text: String, _ form: ReadingParser.Form = .json) throws -> ReadingParser.Parsed {
    try parser.parse(Array(text.utf8), form: form, now: morning)
  }
  private func reading(_ change: String = "", without: String = "") -> String {
    var fields = [("source", "\"a\""), ("sequence", "1"), ("detector", "\"d1\""), ("time", "1795500000000"), ("state", "\"on\"")]
    fields.removeAll { $0.0 == without }
    return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + (change.isEmpty ? "" : "," + change) + "}"
  }

  @Test func readsAllForms() throws {
    let array = try parse("[\(reading()), \(reading())]")
    #expect(array.readings.count == 2 && array.problems.isEmpty)
    #expect(try parse("{\"partial\":true,\"readings\":[\(reading())]}").isPartial)
    #expect(try parse(reading() + "\n\n" + reading() + "\n", .lines).readings.count == 2)
    let counted = try parse(
      #"[{"source":"a","sequence":2,"detector":"d2","time":"2026-11-24T06:00:00.250Z","count":12,"occupancy":0.25,"period":60}]"#
    )
    #expect(counted.readings[0].value == .count(vehicles: 12, occupancy: 0.25, period: .seconds(60)))
    #expect(counted.readings[0].time == Instant(milliseconds: 1_795_500_000_250))
  }

  @Test(arguments: [
    ("\"speed\":-1", "speed", "0 to 100 m/s"), ("\"colour\":1", "colour", "no field of this name"),
    ("\"state\":\"off\"", "state", "the field once"),
    ("\"count\":3", "state", "exactly one of state, count, fault"), ("\"period\":3", "count", "is required with period and occupancy"),
  ])
  func namesFieldValueAndRule(_ change: String, _ field: String, _ rule: String) throws {
    let parsed = try parse("[\(reading()),\(reading(change))]")
    #expect(parsed.readings.count == 1)
    #expect(parsed.problems.first?.index == 1)
    #expect(parsed.problems.first?.field == field)
    #expect(parsed.problems.first?.rule == rule)
  }

  @Test(arguments: ["source", "sequence", "detector", "time", "state"])
  func missingFieldsAreNamed(_ field: String) throws {
    let parsed = try parse("[\(reading(without: field))]")
    #expect(parsed.problems.first?.field == field)
  }

  @Test func timesOutOfBoundsAreRefused() throws {
    for (time, rule) in [("1795500061000", "at most 60 s in the future"), ("1794000000000", "at most 604800 s old")] {
      let text = reading().replacingOccurrences(of: "1795500000000", with: time)
      #expect(try parse("[\(text)]").problems.first?.rule == rule)
    }
  }

  @Test func aBrokenLineSpoilsItselfAlone() throws {
    let parsed = try parse(reading() + "\n{\"source\":\n" + reading(), .lines)
    #expect(parsed.readings.count == 2)
    #expect(parsed.problems.map(\.index) == [1])
  }

  /// Mutated bodies: a problem or an error, never a crash, never a reading that breaks a rule.
  @Test func mutatedBodiesNeverCrash() {
    var draw = Draw(17)
    let whole = Array(
      ("{\"readings\":[\(reading()),\(reading("\"speed\":13.5")),"
        + reading().replacingOccurrences(of: "d1", with: "d\\u0041") + "],\"partial\":false}")
        .utf8)
    var refused = 0
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0...draw.below(3) {
        let position = draw.below(bytes.count)
        switch draw.below(3) {
        case 0: bytes[position] = UInt8(truncatingIfNeeded: draw.next())
        case 1: bytes.remove(at: position)
        default: bytes.insert(UInt8(truncatingIfNeeded: draw.next()), at: position)
        }
      }
      guard let parsed = try? parser.parse(bytes, form: draw.below(2) == 0 ? .json : .lines, now: morning) else {
        refused += 1
        continue
      }
      for reading in parsed.readings { #expect(ReadingParser.isName(reading.source) && reading.detector.hasPrefix("d")) }
      if !parsed.problems.isEmpty { refused += 1 }
    }
    #expect(refused > 10_000)
  }
}

@Suite struct IngestorTests {
  /// Before a run has begun nobody knows whose readings they are: the sender is told to come again.
  @Test func aServiceThatStartsTakesNothingYet() throws {
    let folder = Folder()
    let ingestor = try Ingestor.open(directory: folder.path + "/journal", waits: true)
    var parsed = ReadingParser.Parsed()
    parsed.readings = [Reading(source: "a", sequence: 1, detector: "d", time: morning, value: .fault(true))]
    parsed.indices = [0]
    #expect(throws: Ingestor.Refusal.self) { _ = try ingestor.stage(parsed, received: morning) }
    #expect(!ingestor.isOpen)
    try ingestor.record(
      LiveStart(
        topology: SyntheticCity(rows: 1, columns: 1).topology(), settings: LiveSettings(), time: morning, shown: [nil], regions: ["city"],
        provenance: Provenance(inputHash: "")))
    #expect(try ingestor.stage(parsed, received: morning).0.accepted == 1)
    ingestor.journal.close()
  }

  private func batch(_ numbers: ClosedRange<UInt64>, isPartial: Bool = false, problems: [FieldProblem] = []) -> ReadingParser.Parsed {
    var parsed = ReadingParser.Parsed()
    parsed.readings = numbers.map {
      Reading(source: "a", sequence: $0, detector: "d", time: morning, value: .state(occupied: $0 % 2 == 0, speed: .nan))
    }
    parsed.indices = Array(parsed.readings.indices)
    parsed.isPartial = isPartial
    parsed.problems = problems
    return parsed
  }

  @Test func whatIsSentTwiceCountsOnceEvenAfterARestart() async throws {
    let folder = Folder()
    var settings = JournalSettings()
    settings.segmentSize = 4000
    for round in 0..<6 {
      let ingestor = try Ingestor.open(directory: folder.path, settings: settings)
      for k in 0..<20 {
        let first = UInt64(round * 100 + k * 10)
        let receipt = try await ingestor.accept(batch(first...(first + 14)), received: morning)
        #expect(receipt.accepted + receipt.duplicates == 15)
        #expect(receipt.duplicates == (round == 0 && k == 0 ? 0 : k < 10 && round > 0 ? 15 : 5))
      }
      ingestor.journal.close()
    }
    var seen: [UInt64] = []
    var reader = try JournalReader(directory: folder.path)
    while let record = try reader.next() {
      if record.kind == LiveRecordKind.readings.rawValue { seen += try ReadingBatch.decode(record.payload).readings.map(\.sequence) }
    }
    #expect(Set(seen).count == seen.count)
    #expect(seen.sorted() == Array(0...704))
    #expect(try JournalReader.segments(in: folder.path).count > 3)
  }

  @Test func aPoisonedBatchIsRefusedWholeUnlessPartWasAskedFor() async throws {
    let folder = Folder()
    let ingestor = try Ingestor.open(directory: folder.path)
    let problem = FieldProblem(index: 1, field: "speed", value: "-1", rule: "0 to 100 m/s")
    await #expect(throws: Ingestor.Refusal.self) { try await ingestor.accept(batch(1...3, problems: [problem]), received: morning) }
    #expect(ingestor.counts.taken == 0)
    let receipt = try await ingestor.accept(batch(1...3, isPartial: true, problems: [problem]), received: morning)
    #expect(receipt.accepted == 3 && receipt.refused == [problem])
    ingestor.journal.close()
  }
}

@Suite struct FileFollowerTests {
  /// Renamed, copied and cut, cut and refilled past the old end, left for a while: every whole line is taken, and half ones wait.
  @Test func nothingOfAGrowingFileIsMissed() async throws {
    let folder = Folder()
    let path = folder.path + "/loops.ndjson", manager = FileManager.default
    let parser = ReadingParser { _ in true }
    var written: UInt64 = 0
    func lines(_ count: Int) -> String {
      (0..<count).map { _ in
        written += 1
        return "{\"source\":\"f\",\"sequence\":\(written),\"detector\":\"d\",\"time\":\(morning.milliseconds),\"state\":\"on\"}\n"
      }.joined()
    }
    func append(_ text: String) throws {
      if !manager.fileExists(atPath: path) { manager.createFile(atPath: path, contents: nil) }
      let handle = FileHandle(forWritingAtPath: path)!
      handle.seekToEndOfFile()
      handle.write(Data(text.utf8))
      try handle.close()
    }
    func run(_ body: (Ingestor) async throws -> Void) async throws {
      let ingestor = try Ingestor.open(directory: folder.path + "/journal")
      let follower = FileFollower(
        path, places: FollowedPlaces(path: folder.path + "/followed.json"), ingestor: ingestor, parser: parser, now: { morning },
        logger: quiet)
      follower.start()
      try await body(ingestor)
      follower.stop()
      ingestor.journal.close()
    }
    func awaited(_ ingestor: Ingestor, _ count: Int) async throws {
      for _ in 0..<600 where Int(ingestor.counts.taken) < count { try await Task.sleep(for: .milliseconds(10)) }
      #expect(Int(ingestor.counts.taken) == count)
    }
    try await run { ingestor in
      // Not there yet; then with half a line at its end.
      try await Task.sleep(for: .milliseconds(50))
      let text = lines(2501)
      try append(String(text.dropLast(20)))
      try await awaited(ingestor, 2500)
      try append(String(text.suffix(20)))
      try await awaited(ingestor, 2501)
      // Renamed with something that has not been read, and its writer is not done.
      let late = lines(2)
      try append(String(late.dropLast(9)))
      try manager.moveItem(atPath: path, toPath: path + ".1")
      let old = FileHandle(forWritingAtPath: path + ".1")!
      old.seekToEndOfFile()
      old.write(Data(late.suffix(9).utf8))
      try old.close()
      try append(lines(5))
      try await awaited(ingestor, 2508)
    }
    // Away, while it is filled and renamed twice.
    try append(lines(3))
    try manager.moveItem(atPath: path, toPath: path + ".2")
    try append(lines(4))
    try manager.moveItem(atPath: path, toPath: path + ".3")
    try append(lines(5))
    try await run { ingestor in
      try await awaited(ingestor, 12)
      // Copied and cut, then filled past where it had been.
      try append(lines(1))
      try manager.copyItem(atPath: path, toPath: path + ".4")
      try Data(lines(40).utf8).write(to: URL(fileURLWithPath: path))
      try await awaited(ingestor, 53)
    }
    // Nothing new: nothing is taken again.
    try await run { ingestor in
      try await Task.sleep(for: .milliseconds(400))
      #expect(ingestor.counts.taken == 0 && ingestor.counts.duplicates == 0)
    }
    #expect(written == 2561)
  }
}
