import ArgumentParser
import Foundation
import Greenwave

/// Emits a recorded log as if it were live.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Emit a recorded controller log as if live, as lines of JSON.",
    discussion: """
      Detector changes become {"detector":"227:5","time":…,"on":true}; other events {"device":…,"code":…,"parameter":…,"time":…}. Times are
      seconds on the log's clock.
      Example: greenwave replay events.csv.gz --speed 60 | greenwave estimate city.net.xml --readings - --detectors places.csv --follow
      """)
  @Argument(help: "Controller log, plain or gzipped.") var log: String
  @Option(help: "Times real time; 0 for as fast as it can be read.") var speed = 1.0
  @Flag(help: "Only detector changes.") var detectorsOnly = false
  @Option(help: "Stop after so many events.") var limit: Int?

  func run() throws {
    guard speed >= 0, speed.isFinite else { throw ValidationError("--speed takes a number from 0") }
    try CommandSupport.exitOnProblems {
      let read = try HighResolutionLogReader.read(path: log)
      for problem in read.report.allProblems { CommandSupport.writeError(problem.description) }
      let events = read.events
      let began = Date()
      let first = events.time.first ?? 0
      var buffer = ""
      func flush() {
        FileHandle.standardOutput.write(Data(buffer.utf8))
        buffer.removeAll(keepingCapacity: true)
      }
      for i in 0..<min(events.count, limit ?? .max) {
        if speed > 0 {
          let due = Double(events.time[i] - first) / 1000 / speed
          let wait = due - Date().timeIntervalSince(began)
          if wait > 0.002 {
            flush()
            Thread.sleep(forTimeInterval: wait)
          }
        }
        let device = events.devices[Int(events.device[i])].replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(
          of: "\"", with: "\\\"")
        let time = NumberText.fixed(Double(events.time[i]) / 1000, 3)
        let code = events.code[i]
        if code == 81 || code == 82 {
          buffer += "{\"detector\":\"\(device):\(events.parameter[i])\",\"time\":\(time),\"on\":\(code == 82)}\n"
        } else if !detectorsOnly {
          buffer += "{\"device\":\"\(device)\",\"code\":\(code),\"parameter\":\(events.parameter[i]),\"time\":\(time)}\n"
        }
        if buffer.utf8.count > 1 << 16 { flush() }
      }
      flush()
    }
  }
}
