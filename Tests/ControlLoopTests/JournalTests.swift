import Foundation
import Testing

@testable import ControlLoop

/// A folder that goes away with the test.
private final class Folder {
  let path: String
  init() {
    path = NSTemporaryDirectory() + "journal-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  var segments: [String] { try! FileManager.default.contentsOfDirectory(atPath: path).sorted().map { path + "/" + $0 } }
}

private func payload(_ n: UInt64) -> [UInt8] { (0..<Int(n % 97)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ Int(n)) } }

private func readAll(_ path: String, from: UInt64 = 1) throws -> [JournalRecord] {
  var reader = try JournalReader(directory: path, from: from)
  var records: [JournalRecord] = []
  while let record = try reader.next() { records.append(record) }
  return records
}

private func write(_ count: Int, to path: String, rotatingEvery every: Int = .max) throws {
  let writer = try JournalWriter(directory: path)
  for _ in 0..<count {
    let n = writer.appended + 1
    if n % UInt64(every) == 0 { try writer.rotate(checkpoint: 9, payload(n)) } else { try writer.append(kind: 1, payload(n)) }
  }
  try writer.commitBlocking(through: writer.appended)
  writer.close()
}

@Suite struct JournalTests {
  @Test func whatIsWrittenIsRead() throws {
    let folder = Folder()
    try write(300, to: folder.path, rotatingEvery: 100)
    let records = try readAll(folder.path)
    #expect(records.map(\.sequence) == Array(1...300))
    #expect(records.allSatisfy { $0.payload == payload($0.sequence) && $0.kind == ($0.sequence % 100 == 0 ? 9 : 1) })
    #expect(folder.segments.count == 4)
    #expect(try readAll(folder.path, from: 250).map(\.sequence) == Array(250...300))
  }

  /// Cut at every length: what comes back is a prefix, and the writer goes on where it ends.
  @Test func tornTailIsCutOff() throws {
    let whole = Folder()
    try write(12, to: whole.path)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: whole.segments[0])))
    var lengths = Set<Int>()
    for length in stride(from: 0, through: bytes.count, by: 5) {
      let torn = Folder()
      let name = torn.path + "/" + JournalFormat.segmentName(first: 1)
      try Data(bytes[..<length] + (length % 2 == 0 ? [] : [0xFF, 0x00, 0x13])).write(to: URL(fileURLWithPath: name))
      var seen: [UInt64] = []
      let writer = try JournalWriter(directory: torn.path) { seen.append($0.sequence) }
      #expect(seen == (seen.isEmpty ? [] : Array(1...UInt64(seen.count))))
      lengths.insert(seen.count)
      let next = try writer.append(kind: 2, [1, 2, 3])
      #expect(next == UInt64(seen.count) + 1)
      try writer.commitBlocking(through: next)
      writer.close()
      #expect(try readAll(torn.path).count == seen.count + 1)
    }
    #expect(lengths.isSuperset(of: 0...11))
  }

  /// A flipped bit before the end is damage and is told, wherever it lies; it never yields a record that was not written.
  @Test func damageInTheMiddleIsToldNotRepaired() throws {
    let whole = Folder()
    try write(20, to: whole.path)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: whole.segments[0])))
    var told = 0
    var tried = 0
    for position in stride(from: 24, to: bytes.count - 200, by: 11) {
      tried += 1
      let folder = Folder()
      var damaged = bytes
      damaged[position] ^= 0x40
      try Data(damaged).write(to: URL(fileURLWithPath: folder.path + "/" + JournalFormat.segmentName(first: 1)))
      do {
        let records = try readAll(folder.path)
        // A length made longer than the file looks like a torn tail unless sound records follow it.
        #expect(records.allSatisfy { $0.payload == payload($0.sequence) })
      } catch is JournalError { told += 1 }
    }
    #expect(told * 10 >= tried * 8)
  }

  @Test func manySendersShareTheDisk() async throws {
    let folder = Folder()
    let writer = try JournalWriter(directory: folder.path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for sender in 0..<40 {
        group.addTask {
          for k in 0..<10 {
            let sequence = try writer.append(kind: 1, [UInt8(sender), UInt8(k)])
            try await writer.commit(through: sequence)
            #expect(writer.committed >= sequence)
          }
        }
      }
      try await group.waitForAll()
    }
    writer.close()
    let records = try readAll(folder.path)
    #expect(Set(records.map(\.payload)).count == 400)
    #expect(records.map(\.sequence) == Array(1...400))
  }

  @Test func aReaderFollowsAWriter() throws {
    let folder = Folder()
    let writer = try JournalWriter(directory: folder.path)
    var reader = try JournalReader(directory: folder.path)
    for round in 1...5 {
      for _ in 0..<50 { try writer.append(kind: 1, payload(writer.appended + 1)) }
      if round == 3 { try writer.rotate(checkpoint: 9, [1]) }
      try writer.commitBlocking(through: writer.appended)
      while reader.nextSequence <= writer.committed { #expect(try reader.next() != nil) }
    }
    #expect(reader.nextSequence == writer.committed + 1)
    writer.close()
  }

  @Test func fieldsComeBackAndShortRecordsAreRefused() throws {
    var writer = ByteWriter()
    writer.put(UInt16(65000))
    writer.put(-0.0)
    writer.put("交叉口 7")
    writer.put(true)
    writer.put([1, 2, 3] as [UInt8])
    var reader = ByteReader(writer.bytes)
    #expect(try reader.take(UInt16.self) == 65000)
    #expect(try reader.takeDouble().sign == .minus)
    #expect(try reader.takeString() == "交叉口 7")
    #expect(try reader.takeBool())
    #expect(try reader.takeBlock() == [1, 2, 3])
    #expect(reader.isAtEnd)
    for length in 0..<writer.bytes.count {
      var short = ByteReader(writer.bytes[..<length])
      #expect(throws: MalformedRecord.self) {
        _ = try short.take(UInt16.self)
        _ = try short.takeDouble()
        _ = try short.takeString()
        _ = try short.takeBool()
        _ = try short.takeBlock()
      }
    }
  }
}
