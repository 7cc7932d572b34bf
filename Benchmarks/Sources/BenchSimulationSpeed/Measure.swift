import BenchSupport
import Foundation
import Greenwave

/// One timed run, printed as a line for the parent to read.
struct Measure {
  var updates = 0
  var userSeconds = 0.0
  var wallSeconds = 0.0
  var peakMemory = 0

  /// Runs a scenario with detectors, signals and trip records; reading and layout are not timed.
  static func ours(_ path: String, threads: Int) throws -> Measure {
    let scenario = try ScenarioReader.read(path)
    let simulation = try Simulation(
      network: scenario.network, demand: scenario.demand, detectors: scenario.detectors,
      settings: .init(begin: scenario.begin, end: scenario.end, seed: 1, threads: threads))
    var driver = FixedTimeDriver(scenario.network)
    var measure = Measure()
    let user = BenchSupport.userSeconds()
    let begin = DispatchTime.now().uptimeNanoseconds
    var records = 0
    while !simulation.isFinished {
      driver.drive(simulation)
      simulation.step()
      measure.updates += simulation.running
      records += simulation.drainDetectorEvents().count + simulation.drainTrips().count
    }
    measure.userSeconds = BenchSupport.userSeconds() - user
    measure.wallSeconds = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
    measure.peakMemory = BenchSupport.peakMemory()
    return measure
  }

  /// The same by this program run anew, so that memory and caches are its own.
  static func child(_ path: String, threads: Int) -> Measure? {
    let usage = ChildProcess.run(CommandLine.arguments[0], ["--child", path, "--threads", String(threads)])
    let words = usage.output.split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { Double($0) }
    guard usage.status == 0, words.count >= 4 else {
      print(usage.output.prefix(500))
      return nil
    }
    return Measure(updates: Int(words[0]), userSeconds: words[1], wallSeconds: words[2], peakMemory: Int(words[3]))
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
