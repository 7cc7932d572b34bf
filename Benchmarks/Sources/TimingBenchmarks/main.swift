import Foundation
import Greenwave

// Platoon model and HCM method on one thread: what one evaluation costs, whole and incremental, and what a city costs.

/// Processor time of `work`, which other programs on the machine do not lengthen.
func seconds(_ work: () -> Void) -> Double {
  func now() -> Double {
    var t = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t)
    return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
  }
  let began = now()
  work()
  return now() - began
}

/// Repeats `work` for at least half a second and returns runs a second.
func rate(_ work: () -> Void) -> Double {
  work()
  var runs = 0
  var spent = 0.0
  while spent < 0.5 {
    spent += seconds(work)
    runs += 1
  }
  return Double(runs) / spent
}

/// A line at once, whether or not somebody watches.
func write(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

func report(_ name: String, _ value: Double, _ unit: String) {
  write(name.padding(toLength: 58, withPad: " ", startingAt: 0) + String(format: "%12.0f", value) + " " + unit)
}

let cycle = 90
for side in [10, 30] {
  let city = GridCity(side: side, seed: 7)
  let engine = PlatoonEngine(city.network)
  engine.setCycle(cycle)
  let eight = (0..<8).map { k in (0..<city.signals).map { city.greens(offset: ($0 * 13 + k * 7) % cycle, split: 40, cycle: cycle) } }
  let full = rate { _ = engine.evaluate(eight) } * 8
  report("\(city.signals) signals: full evaluations", full, "/s")
  engine.adopt(lane: 0)
  var at = 0
  let incremental =
    rate {
      for _ in 0..<50 {
        at = (at + 37) % city.signals
        let variants = (0..<8).map { city.greens(offset: (at * 13 + $0 * 11) % cycle, split: 40, cycle: cycle) }
        _ = engine.change(signal: at, to: variants)
      }
    } * 400
  report("\(city.signals) signals: incremental evaluations", incremental, "/s")
}

/// Offsets and splits of a city, found with changes followed so far; the plan is judged by sixty full rounds of the model.
func search(_ city: GridCity, hops: Int, tolerance: Double, sweeps: Int) -> (seconds: Double, before: Double, after: Double) {
  var model = PlatoonSettings()
  model.maximumHops = hops
  model.tolerance = tolerance
  let planner = city.planner(cycles: [cycle], sweeps: sweeps, model)
  var plans = city.start(cycle: cycle)
  let spent = seconds { plans = planner.improve(plans, cycle: cycle, sweeps: sweeps).plans }
  model.rounds = 60
  let judge = city.planner(cycles: [cycle], sweeps: sweeps, model)
  return (spent, judge.judge(city.start(cycle: cycle), cycle: cycle).index, judge.judge(plans, cycle: cycle).index)
}

let settings = PlatoonSettings()
for sweeps in [3, 8] {
  let r = search(GridCity(side: 30, seed: 3), hops: settings.maximumHops, tolerance: settings.tolerance, sweeps: sweeps)
  write(
    String(
      format: "900 signals: offsets and splits, %d sweeps %26.2f s, performance index %.0f -> %.0f", sweeps, r.seconds, r.before, r.after))
}
// What following every change only three stop lines on costs in quality: the same search, following it eight on and twenty times finer.
for (hops, tolerance) in [(settings.maximumHops, settings.tolerance), (8, settings.tolerance / 20)] {
  let r = search(GridCity(side: 10, seed: 5), hops: hops, tolerance: tolerance, sweeps: 8)
  write(
    String(
      format: "100 signals: changes followed %d stop lines on %22.2f s, performance index %.1f -> %.1f", hops, r.seconds, r.before, r.after)
  )
}

let junctions = (0..<1000).map { HCMJunctions.junction($0) }
let hcm = seconds {
  let total = junctions.reduce(0.0) { $0 + HCMAnalysis($1).delay }
  precondition(total.isFinite)
}
write(String(format: "HCM method: 1,000 junctions %41.3f s", hcm))

// What an evolution strategy over all offsets and splits adds to the hill climb that moves one signal at a time.
for side in [2, 3, 4, 6] {
  for seed in [UInt64(3), 4, 5] {
    let city = GridCity(side: side, seed: seed)
    let planner = city.planner(cycles: [cycle], sweeps: 8)
    var climbed: PlatoonPlanner.Solution?
    let climb = seconds { climbed = planner.improve(city.start(cycle: cycle), cycle: cycle, sweeps: 8) }
    guard let start = climbed else { continue }
    var polished = start
    let polish = seconds { polished = planner.polish(start, evaluations: 4000) }
    write(
      String(
        format: "%d signals, city %d: hill climb %.2f in %.2f s, CMA-ES %.2f in %.2f s more (%+.1f %%)", city.signals, Int(seed),
        start.index,
        climb, polished.index, polish, (polished.index / start.index - 1) * 100))
  }
}

// A whole demand period played by cells beside one evaluation of the platoon model.
let cellCity = GridCity(side: 10, seed: 7)
let cells = CellNetwork(cellCity.network)
let cellGreens = (0..<cellCity.signals).map { cellCity.greens(offset: ($0 * 13) % cycle, split: 40, cycle: cycle) }
let cellTime = seconds { _ = cells.measures(cellGreens, cycle: cycle) }
write(String(format: "100 signals: an hour by cells %36.3f s", cellTime))
