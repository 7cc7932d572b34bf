import ArgumentParser
import Foundation
import Greenwave

/// Detector health on generated days with known faults: how many are found, how often a sound detector is blamed.
struct HealthBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Detector health on generated days 05:00–22:00 with faults of known kind, size and duration.")
  @Option(help: "Stations of three lanes.") var stations = 96
  @Option(help: "Days judged, each with its own faults.") var days = 5
  @Option(help: "Share of detectors with a fault.") var faulty = 0.2
  @Option(help: "Sound days learnt from.") var history = 2
  @Option(help: "Seed.") var seed: UInt64 = 1

  func run() throws {
    let past = (0..<history).map { GeneratedDay(stations: stations, faultShare: 0, seed: seed, day: $0) }
    let baseline = HealthBaseline(
      neighbours: past[0].neighbours, history: past[0].samples.indices.map { d in past.flatMap { $0.samples[d] } })
    var found: [GeneratedDay.Fault: [Bool]] = [:]
    var delays: [GeneratedDay.Fault: [Double]] = [:]
    var falseAlarms = 0, sound = 0, soundHours = 0.0, blamedHours = 0.0
    var byDay: [(Double, Double)] = []
    let clock = ContinuousClock()
    var spent = Duration.zero
    for day in 0..<days {
      let generated = GeneratedDay(stations: stations, faultShare: faulty, seed: seed, day: 1000 + day)
      var health = DetectorHealth(baseline: baseline)
      var cursor = [Int](repeating: 0, count: generated.samples.count)
      let start = clock.now
      var t = GeneratedDay.begin
      while t < GeneratedDay.end {
        let begin = Instant(seconds: t)
        var now: [Observation] = []
        for d in generated.samples.indices where cursor[d] < generated.samples[d].count && generated.samples[d][cursor[d]].begin == begin {
          now.append(generated.samples[d][cursor[d]])
          cursor[d] += 1
        }
        health.take(now, begin: begin, end: Instant(seconds: t + GeneratedDay.sample))
        t += GeneratedDay.sample
      }
      health.finish()
      spent += clock.now - start
      var hits = 0
      let faultOf = Dictionary(uniqueKeysWithValues: generated.faults.map { ($0.detector, $0) })
      for fault in generated.faults {
        let hit = health.verdicts.first {
          $0.detector.index == fault.detector && $0.found.seconds > fault.begin && $0.found.seconds <= fault.end
        }
        found[fault.fault, default: []].append(hit != nil)
        if let hit {
          hits += 1
          delays[fault.fault, default: []].append((hit.found.seconds - fault.begin) / 60)
        }
      }
      var blamed = Set<Int>()
      for verdict in health.verdicts {
        let d = verdict.detector.index
        if let fault = faultOf[d] {
          if verdict.found.seconds <= fault.begin || verdict.since.seconds > fault.end + 1800 { blamed.insert(d) }
        } else {
          blamed.insert(d)
          blamedHours += ((verdict.until?.seconds ?? GeneratedDay.end) - verdict.found.seconds) / 3600
        }
      }
      falseAlarms += blamed.count
      sound += generated.samples.count
      soundHours += Double(generated.samples.count - faultOf.count) * (GeneratedDay.end - GeneratedDay.begin) / 3600
      byDay.append((Double(hits) / Double(max(1, generated.faults.count)), Double(blamed.count) / Double(generated.samples.count)))
    }
    var table = ReportTable(columns: [.init("fault", .left), .init("cases"), .init("found"), .init("median delay [min]")])
    for fault in GeneratedDay.Fault.allCases {
      guard let cases = found[fault] else { continue }
      let d = (delays[fault] ?? []).sorted()
      table.append([
        fault.rawValue, String(cases.count), NumberText.fixed(100 * Double(cases.filter { $0 }.count) / Double(cases.count), 1) + " %",
        d.isEmpty ? "–" : NumberText.fixed(d[d.count / 2], 0),
      ])
    }
    print(table.text())
    let all = found.values.flatMap { $0 }
    print(
      "found \(NumberText.fixed(100 * Double(all.filter { $0 }.count) / Double(max(1, all.count)), 1)) % of \(all.count) faults (worst day \(NumberText.fixed(100 * (byDay.map(\.0).min() ?? 0), 1)) %); "
        + "sound detectors blamed on a day: \(NumberText.fixed(100 * Double(falseAlarms) / Double(max(1, sound)), 2)) % (worst day \(NumberText.fixed(100 * (byDay.map(\.1).max() ?? 0), 2)) %), "
        + "\(NumberText.fixed(100 * blamedHours / max(1, soundHours), 2)) % of their hours")
    print("\(stations * 3) detectors, \(days) days, \(NumberText.fixed(spent.seconds / Double(days), 2)) s a day for the checks")
  }
}

extension Duration {
  /// Seconds as a number.
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
