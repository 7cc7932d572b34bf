import ArgumentParser
import Foundation
import Greenwave

#if canImport(Glibc)
  import Glibc
#endif

/// A day of one city's controller logs through parsing, pairing, health and measures.
struct LogBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Ten million controller events through parsing, pairing, health and measures, one thread.",
    discussion: "--make writes such a log by repeating a real one under new controller names; without it the log is read and timed.")
  @Argument(help: "Log to make or to read.") var log: String
  @Option(help: "Detector table.") var config: String
  @Option(help: "Real log to repeat until there are --events.") var make: String?
  @Option(help: "Events to make.") var events = 10_000_000

  func run() throws {
    try CommandSupport.exitOnProblems {
      if let make { return try write(from: make) }
      let clock = ContinuousClock()
      let start = clock.now
      let read = try HighResolutionLogReader.read(path: log)
      let parsed = clock.now
      let base = try DetectorTable.read(path: config).configuration
      // Repeated controllers carry the number of the repetition after a dot.
      var rows: [DetectorConfiguration.Row] = []
      for device in read.events.devices {
        let original = device.split(separator: ".")[0]
        for var row in base.rows where row.device == original {
          row.device = device
          rows.append(row)
        }
      }
      let performance = SignalPerformance(read.events, configuration: DetectorConfiguration(rows: rows))
      let measured = clock.now
      let (samples, begins) = healthSamples(performance.actuations, step: 30_000)
      let neighbours = [[Int]](repeating: [], count: performance.actuations.channels.count)
      let baseline = HealthBaseline(neighbours: neighbours, history: neighbours.map { _ in [] })
      var health = DetectorHealth(baseline: baseline)
      for (k, begin) in begins.enumerated() {
        health.take(samples(k), begin: Instant(milliseconds: begin), end: Instant(milliseconds: begin + 30_000))
      }
      health.finish()
      let done = clock.now
      print("\(read.events.count) events, \(read.events.devices.count) controllers, \(performance.actuations.count) pulses")
      print(
        "parsing \(NumberText.fixed((parsed - start).seconds, 2)) s, pairing and measures \(NumberText.fixed((measured - parsed).seconds, 2)) s, "
          + "health \(NumberText.fixed((done - measured).seconds, 2)) s, together \(NumberText.fixed((done - start).seconds, 2)) s, peak memory \(peakMegabytes()) MB"
      )
    }
  }

  private func write(from path: String) throws {
    let text = try HighResolutionLogReader.read(path: path).events
    FileManager.default.createFile(atPath: log, contents: nil)
    guard let out = FileHandle(forWritingAtPath: log) else {
      throw InputProblem(file: log, expected: "a file that can be written")
    }
    out.write(Data("TimeStamp,DeviceId,EventId,Parameter\n".utf8))
    let repeats = (events + text.count - 1) / text.count
    var written = 0
    // Merged in order of time, as a central system writes it: all repetitions of one event stand together.
    var buffer: [UInt8] = []
    for i in 0..<text.count {
      let stamp = Self.stamp(text.time[i])
      for r in 0..<repeats where written < events {
        buffer += Array("\(stamp),\(text.devices[Int(text.device[i])]).\(r),\(text.code[i]),\(text.parameter[i])\n".utf8)
        written += 1
      }
      if buffer.count > 1 << 20 {
        out.write(Data(buffer))
        buffer.removeAll(keepingCapacity: true)
      }
    }
    out.write(Data(buffer))
    try out.close()
    print("\(written) events of \(repeats * text.devices.count) controllers in \(log)")
  }

  private static func stamp(_ ms: Int64) -> String {
    let t = ms / 100
    func two(_ v: Int64) -> String { (v < 10 ? "0" : "") + String(v) }
    return "2024-05-13 \(two(t / 36_000 % 24)):\(two(t / 600 % 60)):\(two(t / 10 % 60)).\(t % 10)"
  }
}

/// Peak resident memory of this process [MB].
func peakMegabytes() -> Int {
  var usage = rusage()
  getrusage(0, &usage)
  return Int(usage.ru_maxrss) / 1024
}

/// Processor time of this process so far [s]: what a busy machine does not blur.
func processorSeconds() -> Double {
  var usage = rusage()
  getrusage(0, &usage)
  return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6
}
