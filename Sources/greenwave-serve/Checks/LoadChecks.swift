import ArgumentParser
import ControlLoop
import Foundation
import LiveService
import TrafficModel

/// `greenwave-serve check …`
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Measure the service and try to break it; each check starts and stops all it needs.",
    subcommands: [
      LoadCheck.self, LoopCheck.self, ViewersCheck.self, AccessCheck.self, FuzzCheck.self, MQTTCheck.self, FaultCheck.self,
      OutageCheck.self, SoakCheck.self, FieldCheck.self, TakeoverCheck.self, TransportCheck.self, FilesCheck.self, BrowserCheck.self,
    ])
}

/// Readings over HTTP: how many, how fast, and whether all of them are in the journal once.
struct LoadCheck: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "load", abstract: "50,000 readings a second over HTTP, p99 below 200 ms.")
  @Option(help: "[s]") var seconds = 20.0
  @Option(help: "Readings a second.") var rate = 50_000.0
  @Option(help: "Readings in a batch.") var batch = 500
  @Option(help: "Connections.") var connections = 16
  @Option(help: "p99 to hold [ms].") var limit = 200.0
  @Option(help: "Grid of the service, ROWSxCOLUMNS.") var grid = "4x5"

  func run() throws {
    let bench = try Bench()
    defer { bench.remove() }
    try bench.start(["--street", "queues", "--grid", grid, "--demand", "0", "--token-rate", "100000"])
    try bench.awaitReady()
    let parts = grid.split(separator: "x").map { Int($0)! }
    let detectors = SyntheticCity(rows: parts[0], columns: parts[1]).topology().detectors.map(\.name)
    let histogram = Shared(LatencyHistogram())
    let taken = Shared(0), failures = Shared([String]())
    let interval = Double(batch * connections) / rate
    let begin = DispatchTime.now().uptimeNanoseconds + 500_000_000
    let token = bench.tokens[.sensor]!, port = bench.port
    let processorBefore = bench.processorSeconds
    onThreads(connections) { [batch, seconds, connections] index in
      let connection = HTTPConnection(port: port)
      var maker = ReadingMaker(detectors: detectors, source: "load-\(index)")
      // Senders start one after the other, so that they do not beat in time.
      var due = Double(index) / Double(connections) * interval
      while due < seconds {
        let body = Array(
          ("{\"readings\":[" + maker.objects(batch, now: LiveClock.wall.milliseconds).joined(separator: ",") + "]}").utf8)
        let wait = due - Double(Int64(DispatchTime.now().uptimeNanoseconds) - Int64(begin)) / 1e9
        if wait > 0 { usleep(UInt32(wait * 1e6)) }
        do {
          let answer = try connection.request("POST", "/v1/readings", token: token, type: "application/json", body: body)
          // From when it was due, not from when it was sent: a server that stalls must not hide it by making us wait.
          let late = Double(Int64(DispatchTime.now().uptimeNanoseconds) - Int64(begin)) / 1e9 - due
          histogram.with { $0.add(late * 1000) }
          if answer.status == 200 {
            taken.with { $0 += batch }
          } else {
            failures.with { $0.append("\(answer.status) \(answer.text.prefix(200))") }
          }
        } catch { failures.with { $0.append("\(error)") } }
        due += interval
      }
    }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
    let processor = bench.processorSeconds - processorBefore
    let commits = try bench.metric("greenwave_journal_commits_total")
    let memory = Double(bench.resident) / 1e6
    bench.stop()
    let counts = try bench.journalCounts()
    let sent = taken.with { $0 }, times = histogram.with { $0 }
    var table = CheckTable()
    table.add("readings acknowledged", "\(sent)")
    table.atLeast("readings a second", Double(sent) / max(elapsed, seconds), rate * 0.98, unit: "1/s")
    table.add("median", CheckTable.text(times.quantile(0.5)) + " ms")
    table.atMost("p99", times.quantile(0.99), limit, unit: "ms")
    table.add("worst", CheckTable.text(times.largest) + " ms")
    table.add("waits for the disk", "\(Int(commits))")
    table.add("processor time of the service", CheckTable.text(processor) + " s in " + CheckTable.text(elapsed) + " s")
    table.add("memory", CheckTable.text(memory) + " MB")
    table.atMost("refused or lost", Double(failures.with { $0.count }), 0, unit: "")
    table.atLeast("acknowledged readings in the journal", Double(counts.filter { $0.key.hasPrefix("load-") }.count), Double(sent), unit: "")
    table.atMost("readings in the journal twice", Double(counts.values.count { $0 > 1 }), 0, unit: "")
    if let first = failures.with({ $0.first }) { print("first failure: \(first)") }
    try table.finish()
  }
}

/// Decisions for many signals each second.
struct LoopCheck: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "loop", abstract: "500 signals decided each second, p99 below 100 ms.")
  @Option(help: "[s]") var seconds = 60.0
  @Option(help: "p99 to hold [ms].") var limit = 100.0
  @Option(help: "Share of the built-in demand.") var demand = 1.0
  @Option(help: "Grid, ROWSxCOLUMNS.") var grid = "20x25"

  func run() throws {
    let bench = try Bench()
    defer { bench.remove() }
    // At eight in the morning, when the built-in demand is at its highest.
    try bench.start(["--street", "queues", "--grid", grid, "--sums-only", "--start", "1795507200000", "--demand", "\(demand)"])
    usleep(UInt32(seconds * 1e6))
    var table = CheckTable()
    let ticks = try bench.metric("greenwave_ticks_total")
    table.add("signals", "\(grid)")
    table.atLeast("decisions", ticks, seconds - 3, unit: "ticks")
    table.add("median", CheckTable.text(try bench.metric("greenwave_decision_milliseconds{quantile=\"0.5\"}")) + " ms")
    table.atMost("p99 after the tick", try bench.metric("greenwave_decision_milliseconds{quantile=\"0.99\"}"), limit, unit: "ms")
    table.add("worst", CheckTable.text(try bench.metric("greenwave_decision_milliseconds{quantile=\"1")) + " ms")
    table.atMost("seconds without a decision", try bench.metric("greenwave_ticks_skipped_total"), 0, unit: "")
    table.add("processor time of the service", CheckTable.text(bench.processorSeconds) + " s")
    table.add("memory", CheckTable.text(Double(bench.resident) / 1e6) + " MB")
    bench.stop()
    let verified = try verifyJournal(at: bench.journal)
    table.atMost("decisions not reproduced", Double(verified.differences.count), 0, unit: "of \(verified.reproduced)")
    try table.finish()
  }
}

/// Many who look on.
struct ViewersCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "viewers", abstract: "20 viewers of 500 signals: updates within 1 s, first view below 1 s.")
  @Option(help: "[s]") var seconds = 30.0
  @Option(help: "Longest update and first view [ms].") var limit = 1000.0
  @Option(help: "Event streams.") var viewers = 20
  @Option(help: "Grid, ROWSxCOLUMNS.") var grid = "20x25"

  func run() throws {
    let bench = try Bench()
    defer { bench.remove() }
    try bench.start(["--street", "queues", "--grid", grid, "--sums-only"])
    usleep(3_000_000)
    let port = bench.port, token = bench.tokens[.viewer]!
    let histogram = Shared(LatencyHistogram()), broken = Shared(0)
    let views = Shared(LatencyHistogram())
    for _ in 0..<5 {
      let begin = DispatchTime.now().uptimeNanoseconds
      let connection = HTTPConnection(port: port)
      for path in ["/", "/assets/live.css", "/assets/live.js", "/assets/diagrams.js", "/v1/messages/en", "/v1/network"] {
        guard try connection.request("GET", path, token: token).status == 200 else { throw CheckFailure("\(path) is not served") }
      }
      try connection.send(HTTPConnection.head("GET", "/v1/stream", token: token))
      _ = try connection.receive()
      _ = try connection.chunk()
      _ = try connection.chunk()
      views.with { $0.add(Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6) }
    }
    let end = Date().addingTimeInterval(seconds)
    onThreads(viewers) { _ in
      let connection = HTTPConnection(port: port)
      do {
        try connection.send(HTTPConnection.head("GET", "/v1/stream", token: token))
        _ = try connection.receive()
        var isFirst = true
        while Date() < end, let part = try connection.chunk() {
          let text = String(decoding: part.prefix(40), as: UTF8.self)
          guard let match = text.firstMatch(of: /"time":(\d+)/) else { continue }
          if !isFirst { histogram.with { $0.add(Double(LiveClock.wall.milliseconds - Int64(match.1)!)) } }
          isFirst = false
        }
      } catch { broken.with { $0 += 1 } }
    }
    let times = histogram.with { $0 }
    var table = CheckTable()
    table.add("updates received", "\(times.total)")
    table.add("median after the tick", CheckTable.text(times.quantile(0.5)) + " ms")
    table.atMost("slowest update", times.largest, limit, unit: "ms")
    table.atMost("slowest first view (5 loads of page and data)", views.with { $0.largest }, limit, unit: "ms")
    table.atMost("streams broken", Double(broken.with { $0 }), 0, unit: "")
    table.add("processor time of the service", CheckTable.text(bench.processorSeconds) + " s")
    table.add("memory", CheckTable.text(Double(bench.resident) / 1e6) + " MB")
    try table.finish()
  }
}
