import BenchSupport
import Foundation
import Greenwave

// Agreement with SUMO on six real networks, or on any other: both run the shipped programs, ten seeds each, teleporting off; beside each
// figure stands the noise floor, SUMO against SUMO with ten other seeds.
//
//     GREENWAVE_DATA=DIR BenchAgreement [--data DIR] [--seeds 10] [--maps cologne1,grid4x4] [--cache DIR]
//     BenchAgreement --configuration city.sumocfg --configuration other.sumocfg
//
// With --cache, SUMO's runs are kept there and not made again.

var data = ProcessInfo.processInfo.environment["GREENWAVE_DATA"] ?? ""
var seeds = 10
var wanted: [String]?
var configurations: [String] = []
var cache: String?
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  switch argument {
  case "--data": data = arguments.popFirst() ?? ""
  case "--seeds": seeds = arguments.popFirst().flatMap(Int.init) ?? 10
  case "--maps": wanted = arguments.popFirst()?.split(separator: ",").map(String.init)
  case "--configuration": arguments.popFirst().map { configurations.append($0) }
  case "--cache": cache = arguments.popFirst()
  default:
    print("usage: BenchAgreement --data DIR [--seeds N] [--maps A,B] [--cache DIR], or --configuration FILE.sumocfg ...")
    exit(64)
  }
}
guard let rival = SUMORival() else {
  print("SUMO is not installed: set GREENWAVE_SUMO to its binary")
  exit(69)
}
let shipped =
  ["cologne1", "cologne3", "ingolstadt1", "ingolstadt7", "grid4x4"].map {
    Map(name: $0, configuration: "\(data)/resco/\($0)/\($0).sumocfg", hours: 1)
  } + [Map(name: "bologna-acosta", configuration: "\(data)/bologna-acosta/run.sumocfg", hours: 1)]
let own = configurations.map { path in
  Map(name: ((path as NSString).deletingLastPathComponent as NSString).lastPathComponent, configuration: path, hours: 0)
}
let folder = NSTemporaryDirectory() + "/bench-agreement-\(getpid())"
try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: folder) }

let columns = [16, -9, -9, -9, -9, -9, -9, -10]
func row(_ cells: [String]) { print(zip(cells, columns).map { padded($0, $1) }.joined(separator: " ")) }
print("Agreement with SUMO, means over \(seeds) seeds each; in brackets SUMO against SUMO with other seeds")
print("*: SUMO against itself is worse than the must, so that twice that is the measure")
row(["network", "duration", "loss", "by link", "GEH<5", "corr.", "unfin.", "verdict"])
row(["must", "5 %", "10 %", "20 %", "95 %", "0.9", "10 %|3", ""])
row(["aim", "2 %", "5 %", "10 %", "99 %", "0.97", "", ""])
var failed = 0
for var map in own.isEmpty ? shipped : own where wanted?.contains(map.name) ?? true {
  let scenario: Scenario
  do {
    scenario = try ScenarioReader.read(map.configuration)
  } catch {
    print("\(map.name): \(error)")
    failed += 1
    continue
  }
  if map.hours == 0 { map.hours = max(((scenario.end ?? scenario.begin + .seconds(3600)) - scenario.begin).seconds / 3600, 0.1) }
  let first = (1...seeds).compactMap { Runs.sumo(map, seed: $0, rival: rival, folder: folder, cache: cache) }
  let second = (1...seeds).compactMap { Runs.sumo(map, seed: $0 + 1000, rival: rival, folder: folder, cache: cache) }
  let ours = try (1...seeds).map { try Runs.ours(scenario, seed: UInt64($0)) }
  guard first.count == seeds, second.count == seeds else {
    failed += 1
    continue
  }
  // Ours against all of SUMO's runs; SUMO's halves against each other.
  let result = Comparison(first + second, ours, hours: map.hours)
  let floor = Comparison(first, second, hours: map.hours)
  /// A must whose noise floor is worse than it is judged against twice the floor.
  func holds(_ value: Double, _ must: Double, _ noise: Double) -> Bool { abs(value) <= (abs(noise) > must ? 2 * abs(noise) : must) }
  /// What is held against the floor carries an asterisk.
  func cell(_ text: String, _ must: Double, _ noise: Double) -> String { abs(noise) > must ? text + "*" : text }
  let mustUnfinished = max(3, 0.1 * result.meanUnfinished)
  let checks = [
    holds(result.duration, 0.05, floor.duration), holds(result.loss, 0.10, floor.loss), holds(result.linkLoss, 0.20, floor.linkLoss),
    holds(1 - result.flowsWithinGEH, 0.05, 1 - floor.flowsWithinGEH), holds(1 - result.correlation, 0.1, 1 - floor.correlation),
    holds(result.unfinished, mustUnfinished, floor.unfinished),
  ]
  if checks.contains(false) { failed += 1 }
  row([
    map.name, cell(format(result.duration * 100, 1) + "%", 0.05, floor.duration),
    cell(format(result.loss * 100, 1) + "%", 0.10, floor.loss), cell(format(result.linkLoss * 100, 1) + "%", 0.20, floor.linkLoss),
    cell(format(result.flowsWithinGEH * 100, 1) + "%", 0.05, 1 - floor.flowsWithinGEH),
    cell(format(result.correlation, 3), 0.1, 1 - floor.correlation),
    cell(format(result.unfinished, 1), mustUnfinished, floor.unfinished),
    checks.contains(false) ? "misses" : "meets",
  ])
  row([
    "  [floor]", format(floor.duration * 100, 1) + "%", format(floor.loss * 100, 1) + "%", format(floor.linkLoss * 100, 1) + "%",
    format(floor.flowsWithinGEH * 100, 1) + "%", format(floor.correlation, 3), format(floor.unfinished, 1), "",
  ])
  fflush(nil)
}
exit(failed == 0 ? 0 : 1)
