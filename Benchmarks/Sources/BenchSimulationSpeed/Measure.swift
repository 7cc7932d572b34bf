import BenchSupport
import Foundation
import Greenwave

/// One timed run, printed as a line for the parent to read.
struct Measure {
  var updates = 0
  var userSeconds = 0.0
  var wallSeconds = 0.0
  var peakMemory = 0
  /// Tells runs apart that did not come to the same trips.
  var digest: UInt64 = 0

  /// Runs a scenario with detectors, signals and a tripinfo file; reading and layout are not timed.
  static func ours(_ path: String, threads: Int, tripFile: String) throws -> Measure {
    let scenario = try ScenarioReader.read(path)
    let simulation = try Simulation(
      network: scenario.network, demand: scenario.demand, detectors: scenario.detectors,
      settings: .init(begin: scenario.begin, end: scenario.end, seed: 1, threads: threads))
    let outputs = RunOutputs(
      network: scenario.network, demand: scenario.demand, detectors: scenario.detectors, provenance: Provenance(seed: 1, inputHash: ""))
    var driver = FixedTimeDriver(scenario.network)
    var measure = Measure()
    var record = RunRecord(begin: scenario.begin, end: scenario.begin, seed: 1)
    let user = BenchSupport.userSeconds()
    let begin = DispatchTime.now().uptimeNanoseconds
    var events = 0
    while !simulation.isFinished {
      driver.drive(simulation)
      simulation.step()
      measure.updates += simulation.running
      events += simulation.drainDetectorEvents().count
      record.trips += simulation.drainTrips()
    }
    record.end = simulation.now
    try outputs.writeTrips(record, to: tripFile)
    measure.userSeconds = BenchSupport.userSeconds() - user
    measure.wallSeconds = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
    measure.peakMemory = BenchSupport.peakMemory()
    measure.digest = UInt64(events)
    for trip in record.trips {
      for value in [trip.duration, trip.timeLoss, trip.length] {
        measure.digest = (measure.digest ^ value.bitPattern) &* 0x9E37_79B9_7F4A_7C15
        measure.digest ^= measure.digest >> 29
      }
    }
    return measure
  }

  /// The same by this program run anew, so that memory and caches are its own.
  static func child(_ path: String, threads: Int, folder: String) -> Measure? {
    let usage = ChildProcess.run(
      CommandLine.arguments[0], ["--child", path, "--threads", String(threads), "--trips", folder + "/ours.xml"])
    let words = usage.output.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard usage.status == 0, words.count >= 5, let updates = Int(words[0]), let user = Double(words[1]), let wall = Double(words[2]),
      let peak = Int(words[3]), let digest = UInt64(words[4])
    else {
      print(usage.output.prefix(500))
      return nil
    }
    return Measure(updates: updates, userSeconds: user, wallSeconds: wall, peakMemory: peak, digest: digest)
  }

  /// The run of median user time among `count`.
  static func median(_ path: String, of count: Int, folder: String) -> Measure? {
    let runs = (0..<count).compactMap { _ in child(path, threads: 1, folder: folder) }.sorted { $0.userSeconds < $1.userSeconds }
    return runs.isEmpty ? nil : runs[runs.count / 2]
  }

  /// SUMO on the same files: user time of the whole run less that of loading alone.
  static func sumo(_ path: String, begin: String, updates: Int, rival: SUMORival, folder: String) -> Measure {
    let options = ["-c", path, "--no-step-log", "--no-warnings", "--time-to-teleport", "-1", "--tripinfo-output", folder + "/trips.xml"]
    let load = rival.run("sumo", options + ["--end", begin])
    let full = rival.run("sumo", options)
    return Measure(
      updates: updates, userSeconds: max(full.userSeconds - load.userSeconds, 1e-3), wallSeconds: full.wallSeconds - load.wallSeconds,
      peakMemory: full.peakMemory)
  }

  var perSecond: Double { Double(updates) / max(userSeconds, 1e-9) }
}
