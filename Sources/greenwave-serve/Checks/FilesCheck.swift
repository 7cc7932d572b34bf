import ArgumentParser
import ControlLoop
import Foundation
import LiveService
import TrafficModel

/// Readings from a file that grows, is renamed, copied and cut, while the engine is killed and comes back.
struct FilesCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "files", abstract: "Readings from a growing file, rotated and cut, the engine killed meanwhile: none lost, none twice.")
  @Option(help: "[s]") var seconds = 60.0
  @Option(help: "Readings a second.") var rate = 2_000.0
  @Option(help: "Times the engine is killed.") var kills = 8
  @Option(help: "Seed of the moments.") var seed: UInt64 = 1

  func run() throws {
    let bench = try Bench()
    defer { bench.remove() }
    let path = bench.folder + "/gateway.ndjson"
    let arguments = ["--street", "queues", "--grid", "2x2", "--demand", "0", "--follow", path]
    try bench.start(arguments)
    try bench.awaitReady()
    let detectors = SyntheticCity(rows: 2, columns: 2).topology().detectors.map(\.name)
    let writer = LogWriter(path, detectors: detectors, seed: seed)
    let done = DispatchGroup()
    done.enter()
    Thread { [rate, seconds] in
      defer { done.leave() }
      let end = Date().addingTimeInterval(seconds)
      while Date() < end {
        writer.write(Int(rate / 20))
        usleep(50_000)
      }
      writer.finish()
    }.start()
    let mean = seconds / Double(kills + 1)
    for _ in 0..<kills {
      usleep(UInt32(mean * 0.5e6 + Double(writer.draw(1000)) / 1000 * mean * 0.7e6))
      bench.kill(SIGKILL)
      // Long enough now and then for the file to be renamed while nobody looks.
      usleep(UInt32(writer.draw(3)) * 700_000)
      try bench.start(arguments)
      try bench.awaitReady()
    }
    done.wait()
    usleep(4_000_000)
    bench.stop()
    let counts = try bench.journalCounts().filter { $0.key.hasPrefix("gateway ") }
    let told = writer.written
    var table = CheckTable()
    table.add("engine killed", "\(kills) times")
    table.add("file renamed, copied and cut", "\(writer.renamed), \(writer.cut) times")
    table.add("lines written in two halves", "\(writer.halves)")
    table.atMost("readings lost", Double(told - counts.count), 0, unit: "of \(told)")
    table.atMost("in the journal twice", Double(counts.values.count { $0 > 1 }), 0, unit: "")
    let missing = (1...max(1, told)).filter { counts["gateway \($0)"] == nil }
    if let first = missing.first {
      print("missing: \(missing.count), from \(first) to \(missing.last!)")
      print((try? String(contentsOfFile: bench.folder + "/log.txt", encoding: .utf8)) ?? "")
    }
    try table.finish()
  }
}

/// A gateway that appends to a file, in the middle of lines too, and has it rotated in the ways that `logrotate` knows.
private final class LogWriter: @unchecked Sendable {
  private let path: String
  private var maker: ReadingMaker
  private let random: Shared<UInt64>
  private var handle: FileHandle
  private var turn = 0
  private var file = 0
  private(set) var written = 0, renamed = 0, cut = 0, halves = 0

  init(_ path: String, detectors: [String], seed: UInt64) {
    self.path = path
    maker = ReadingMaker(detectors: detectors, source: "gateway")
    random = Shared(seed &* 0x9E37_79B9_7F4A_7C15 | 1)
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    handle = FileHandle(forWritingAtPath: path)!
  }

  func draw(_ n: UInt64) -> UInt64 {
    random.with { state in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return (state >> 11) % n
    }
  }

  func write(_ count: Int) {
    let bytes = Array(maker.objects(max(1, count), now: LiveClock.wall.milliseconds).map { $0 + "\n" }.joined().utf8)
    let isHalved = draw(3) == 0, half = isHalved ? Int(draw(UInt64(bytes.count))) : 0
    if isHalved {
      halves += 1
      handle.write(Data(bytes[..<half]))
      usleep(UInt32(draw(400_000)))
    }
    turn += 1
    // Renamed in the middle of a line, as when the gateway holds the file open until it is told.
    if turn % 23 == 0 { rename() }
    handle.write(Data(bytes[half...]))
    if turn % 23 == 0 { open() }
    written += max(1, count)
    if turn % 61 == 0 { copyAndCut() }
  }

  func finish() { try? handle.close() }

  private func rename() {
    file += 1
    renamed += 1
    try? FileManager.default.moveItem(atPath: path, toPath: "\(path).\(file)")
  }

  private func open() {
    try? handle.close()
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    handle = FileHandle(forWritingAtPath: path)!
  }

  private func copyAndCut() {
    file += 1
    cut += 1
    try? FileManager.default.copyItem(atPath: path, toPath: "\(path).\(file)")
    try? handle.truncate(atOffset: 0)
  }
}
