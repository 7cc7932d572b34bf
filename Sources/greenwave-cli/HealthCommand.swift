import ArgumentParser
import Foundation
import Greenwave

/// Judges the detectors of a controller log.
struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Judge detectors from a high-resolution controller log.",
    discussion: """
      Each verdict has its reason and since when. Detectors of one phase and function are neighbours of each other; --history names a log of
      a sound day to learn from, without one the log itself serves.
      Example: greenwave health events.csv.gz --config detectors.csv
      """)
  @Argument(help: "Controller log, plain or gzipped.") var log: String
  @Option(help: "Detector table: which detectors stand side by side.") var config: String?
  @Option(help: "Log of a sound day to learn from.") var history: String?
  @Option(help: "Language: en or zh.") var language: Language = .english
  @Flag(help: "Fail (65) when any detector is not to be trusted or the log was not in order.") var strict = false

  func run() throws {
    try CommandSupport.exitOnProblems {
      let read = try HighResolutionLogReader.read(path: log)
      for problem in read.report.allProblems { CommandSupport.writeError(problem.description) }
      let (actuations, pairing) = pairDetectorEvents(read.events)
      let names = actuations.channels.map { "\(read.events.devices[Int($0.device)]):\($0.number)" }
      var neighbours = [[Int]](repeating: [], count: names.count)
      if let config {
        let (configuration, problems) = try DetectorTable.read(path: config)
        for problem in problems { CommandSupport.writeError(problem.description) }
        for row in configuration.rows {
          guard let d = read.events.devices.firstIndex(of: row.device),
            let own = actuations.position(.init(device: UInt16(d), number: UInt16(row.channel)))
          else {
            CommandSupport.writeError(
              InputProblem(
                file: config, element: "\(row.device):\(row.channel)", expected: "a detector that appears in the log",
                found: "no event of it"
              )
              .description)
            continue
          }
          let near = configuration.rows(row.device, row.phase, row.function).compactMap {
            actuations.position(.init(device: UInt16(d), number: UInt16($0.channel)))
          }
          neighbours[own] = Set(neighbours[own] + near.filter { $0 != own }).sorted()
        }
      }
      func samples(_ actuations: Actuations) -> [[Observation]] {
        let (make, begins) = healthSamples(actuations, step: 30_000)
        var own = [[Observation]](repeating: [], count: actuations.channels.count)
        for k in begins.indices { for o in make(k) { own[o.detector.index].append(o) } }
        return own
      }
      var past = samples(actuations)
      if let history {
        let other = try HighResolutionLogReader.read(path: history)
        let (old, _) = pairDetectorEvents(other.events)
        let oldSamples = samples(old)
        past = names.map { name in
          guard let k = old.channels.firstIndex(where: { "\(other.events.devices[Int($0.device)]):\($0.number)" == name }) else {
            return []
          }
          return oldSamples[k]
        }
      }
      var health = DetectorHealth(baseline: HealthBaseline(neighbours: neighbours, history: past))
      let (make, begins) = healthSamples(actuations, step: 30_000)
      for (k, begin) in begins.enumerated() {
        health.take(make(k), begin: Instant(milliseconds: begin), end: Instant(milliseconds: begin + 30_000))
      }
      health.finish()
      print("\(names.count) detectors, \(pairing.pairs) pulses, \(pairing.missingOff) offs and \(pairing.missingOn) ons missing")
      for verdict in health.verdicts {
        let end = verdict.until.map { " → " + clock($0) } ?? ""
        print(verdict.message(name: names[verdict.detector.index]).text(language) + end)
      }
      let faults = faultReports(read.events)
      for (name, count, first) in faults { print(Message("health.reported", [name, clock(first)]).text(language) + " (\(count))") }
      if strict, !health.verdicts.isEmpty || !read.report.isClean || !faults.isEmpty { throw ExitCode(ExitStatus.data.rawValue) }
    }
  }

  private func clock(_ instant: Instant) -> String { NumberText.clock(Double(instant.milliseconds % 86_400_000) / 1000) }

  /// Faults the controllers themselves reported: detector, how often, first.
  private func faultReports(_ events: ControllerEventLog) -> [(String, Int, Instant)] {
    var found: [String: (Int, Int64)] = [:]
    for i in 0..<events.count where ControllerEventCode(rawValue: events.code[i]).isDetectorFault {
      let name = "\(events.devices[Int(events.device[i])]):\(events.parameter[i])"
      let old = found[name] ?? (0, events.time[i])
      found[name] = (old.0 + 1, old.1)
    }
    return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value.0, Instant(milliseconds: $0.value.1)) }
  }
}
