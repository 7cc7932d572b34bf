import BenchSupport
import Foundation
import Greenwave

// Speed beside SUMO in the same minute: everything on (lane changing, right of way, dawdling, a loop on every approach lane, tripinfo
// written), reading excluded on both sides, user-CPU seconds; the median of several runs of ours beside one of SUMO's.
//
//     GREENWAVE_DATA=DIR BenchSimulationSpeed [--data DIR] [--quick]
//
// Quick: the smallest grid for five minutes and the two cities, a few minutes in all.

var data = ProcessInfo.processInfo.environment["GREENWAVE_DATA"]
var child: String?
var tripFile = "/dev/null"
var threads = 1
var quick = false
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  switch argument {
  case "--data": data = arguments.popFirst()
  case "--child": child = arguments.popFirst()
  case "--trips": tripFile = arguments.popFirst() ?? tripFile
  case "--threads": threads = arguments.popFirst().flatMap(Int.init) ?? 1
  case "--quick": quick = true
  default:
    print("usage: BenchSimulationSpeed [--data DIR] [--quick]")
    exit(64)
  }
}
if let child {
  let measure = try Measure.ours(child, threads: threads, tripFile: tripFile)
  print(measure.updates, measure.userSeconds, measure.wallSeconds, measure.peakMemory, measure.digest)
  exit(0)
}
guard let rival = SUMORival() else {
  print("SUMO is not installed: set GREENWAVE_SUMO to its binary")
  exit(69)
}
let folder = NSTemporaryDirectory() + "/bench-speed-\(getpid())"
try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: folder) }

let columns = [22, -9, -14, -10, -8, -11, -9, 32]
func row(_ cells: [String]) {
  print(zip(cells, columns).map { padded($0, $1) }.joined(separator: " "))
  fflush(nil)
}
func verdict(_ value: Double, must: Double, aim: Double) -> String { value >= aim ? "aim met" : value >= must ? "met" : "MISSED" }

/// Million updates a CPU-second and times SUMO's that a row must reach, and aims at.
struct Goal {
  var rate: (must: Double, aim: Double)?
  var ratio: (must: Double, aim: Double)?
}
row(["scenario", "vehicles", "updates/CPU-s", "SUMO", "ratio", "memory MB", "SUMO MB", "  goals"])
func line(_ name: String, _ path: String, begin: String, seconds: Double, runs: Int, goal: Goal) {
  guard let ours = Measure.median(path, of: runs, folder: folder) else { return }
  let theirs = Measure.sumo(path, begin: begin, updates: ours.updates, rival: rival, folder: folder)
  let ratio = ours.perSecond / theirs.perSecond
  var goals: [String] = []
  if let rate = goal.rate {
    goals.append("\(Int(rate.must)) M, aim \(Int(rate.aim)): " + verdict(ours.perSecond / 1e6, must: rate.must, aim: rate.aim))
  }
  if let wanted = goal.ratio {
    goals.append("\(Int(wanted.must))x, aim \(Int(wanted.aim)): " + verdict(ratio, must: wanted.must, aim: wanted.aim))
  }
  row([
    name, format(Double(ours.updates) / seconds, 0), format(ours.perSecond / 1e6) + " M", format(theirs.perSecond / 1e6, 3) + " M",
    format(ratio, 1) + "x", format(Double(ours.peakMemory) / 1e6, 0), format(Double(theirs.peakMemory) / 1e6, 0),
    "  " + goals.joined(separator: "; "),
  ])
}
let runs = quick ? 1 : 3
var lastGrid: GridScenario?
for vehicles in quick ? [2000] : [1000, 2000, 4000, 8000] {
  let grid = GridScenario(side: 10, vehicles: vehicles, seconds: quick ? 300 : 900, folder: folder + "/grid10-\(vehicles)")
  guard try grid.write(rival: rival) else { continue }
  line(
    "grid 10x10, 3 lanes", grid.configuration, begin: "0", seconds: Double(grid.seconds), runs: runs,
    goal: Goal(rate: (15, 50), ratio: (100, 500)))
  lastGrid = grid
}
if !quick {
  let grid = GridScenario(side: 30, vehicles: 50_000, seconds: 450, folder: folder + "/grid30")
  if try grid.write(rival: rival) {
    line(
      "grid 30x30, 3 lanes", grid.configuration, begin: "0", seconds: Double(grid.seconds), runs: runs,
      goal: Goal(rate: (12, 40), ratio: (100, 500)))
    lastGrid = grid
  }
}
if let data {
  for (name, begin) in [("cologne3", "25200"), ("ingolstadt7", "57600")] {
    line(
      name, "\(data)/resco/\(name)/\(name).sumocfg", begin: begin, seconds: 3600, runs: max(runs, 3), goal: Goal(ratio: (20, 100)))
  }
}
if let grid = lastGrid {
  // Wall clock, median of alternating runs.
  var one: [Double] = []
  var two: [Double] = []
  var digests: Set<UInt64> = []
  for _ in 0..<(quick ? 3 : 7) {
    for threads in 1...2 {
      guard let measure = Measure.child(grid.configuration, threads: threads, folder: folder) else { continue }
      if threads == 1 { one.append(measure.wallSeconds) } else { two.append(measure.wallSeconds) }
      digests.insert(measure.digest)
    }
  }
  one.sort()
  two.sort()
  if !one.isEmpty, !two.isEmpty {
    let gain = one[one.count / 2] / two[two.count / 2]
    print(
      "two threads over one, \(grid.side)x\(grid.side) grid, wall clock, median of \(one.count): \(format(gain))x",
      "(\(format(one[one.count / 2])) s and \(format(two[two.count / 2])) s; \(ProcessInfo.processInfo.activeProcessorCount) cores;",
      "must 1.7x, aim 1.9x: \(verdict(gain, must: 1.7, aim: 1.9)))")
    print(digests.count == 1 ? "all runs came to the same trips" : "RUNS DIFFER: \(digests.count) results")
  }
}
