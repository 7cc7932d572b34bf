import BenchSupport
import Foundation
import Greenwave

// Speed beside SUMO in the same minute: everything on (lane changing, right of way, dawdling, a loop on every approach lane, trip records),
// reading excluded on both sides, user-CPU seconds.
//
//     GREENWAVE_DATA=DIR BenchSimulationSpeed [--data DIR] [--quick]

var data = ProcessInfo.processInfo.environment["GREENWAVE_DATA"]
var child: String?
var threads = 1
var quick = false
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  switch argument {
  case "--data": data = arguments.popFirst()
  case "--child": child = arguments.popFirst()
  case "--threads": threads = arguments.popFirst().flatMap(Int.init) ?? 1
  case "--quick": quick = true
  default:
    print("usage: BenchSimulationSpeed [--data DIR] [--quick]")
    exit(64)
  }
}
if let child {
  let measure = try Measure.ours(child, threads: threads)
  print(measure.updates, measure.userSeconds, measure.wallSeconds, measure.peakMemory)
  exit(0)
}
guard let rival = SUMORival() else {
  print("SUMO is not installed: set GREENWAVE_SUMO to its binary")
  exit(69)
}
let folder = NSTemporaryDirectory() + "/bench-speed-\(getpid())"
try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: folder) }

let columns = [26, -10, -14, -12, -10, -12, -12]
func row(_ cells: [String]) { print(zip(cells, columns).map { padded($0, $1) }.joined(separator: " ")) }
row(["scenario", "vehicles", "updates/CPU-s", "SUMO", "ratio", "memory MB", "SUMO MB"])
func line(_ name: String, _ path: String, begin: String, seconds: Double) {
  guard let ours = Measure.child(path, threads: 1) else { return }
  let theirs = Measure.sumo(path, begin: begin, updates: ours.updates, rival: rival, folder: folder)
  row([
    name, format(Double(ours.updates) / seconds, 0), format(ours.perSecond / 1e6) + " M", format(theirs.perSecond / 1e6) + " M",
    format(ours.perSecond / theirs.perSecond, 1) + "x", format(Double(ours.peakMemory) / 1e6, 0),
    format(Double(theirs.peakMemory) / 1e6, 0),
  ])
  fflush(nil)
}
var lastGrid: GridScenario?
for vehicles in quick ? [2000] : [1000, 2000, 4000, 8000] {
  let grid = GridScenario(side: 10, vehicles: vehicles, seconds: 900, folder: folder + "/grid10-\(vehicles)")
  guard try grid.write(rival: rival) else { continue }
  line("grid 10x10, 3 lanes", grid.configuration, begin: "0", seconds: 900)
  lastGrid = grid
}
if !quick {
  let grid = GridScenario(side: 30, vehicles: 50_000, seconds: 900, folder: folder + "/grid30")
  if try grid.write(rival: rival) {
    line("grid 30x30, 3 lanes", grid.configuration, begin: "0", seconds: 900)
    let size = (try FileManager.default.attributesOfItem(atPath: grid.networkFile)[.size] as? Int) ?? 0
    let before = BenchSupport.userSeconds()
    _ = try SUMONetworkReader.read(grid.networkFile)
    let taken = BenchSupport.userSeconds() - before
    print("reading \(format(Double(size) / 1e6, 1)) MB of network: \(format(Double(size) / 1e6 / taken, 0)) MB/s of user CPU")
    lastGrid = grid
  }
}
if let data {
  for name in ["cologne3", "ingolstadt7"] {
    let begin = name == "cologne3" ? "25200" : "57600"
    line(name, "\(data)/resco/\(name)/\(name).sumocfg", begin: begin, seconds: 3600)
  }
}
if let grid = lastGrid {
  // Wall clock, median of alternating runs.
  var one: [Double] = []
  var two: [Double] = []
  for _ in 0..<(quick ? 3 : 7) {
    if let measure = Measure.child(grid.configuration, threads: 1) { one.append(measure.wallSeconds) }
    if let measure = Measure.child(grid.configuration, threads: 2) { two.append(measure.wallSeconds) }
  }
  one.sort()
  two.sort()
  if !one.isEmpty, !two.isEmpty {
    print(
      "two threads over one, wall clock, median of \(one.count): \(format(one[one.count / 2] / two[two.count / 2]))x",
      "(\(format(one[one.count / 2])) s and \(format(two[two.count / 2])) s; \(ProcessInfo.processInfo.activeProcessorCount) cores)")
  }
}
