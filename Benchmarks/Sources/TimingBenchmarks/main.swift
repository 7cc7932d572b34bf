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

func report(_ name: String, _ value: Double, _ unit: String) {
  setvbuf(stdout, nil, _IOLBF, 0)
  print(name.padding(toLength: 58, withPad: " ", startingAt: 0), String(format: "%12.0f", value), unit)
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

let large = GridCity(side: 30, seed: 3)
let planner = large.planner(cycles: [90], sweeps: 3)
var before = 0.0
var after = 0.0
let spent = seconds {
  before = planner.judge(large.start(cycle: cycle), cycle: cycle).index
  after = planner.improve(large.start(cycle: cycle), cycle: cycle, sweeps: 3).index
}
print(String(format: "900 signals: offsets and splits %37.2f s, performance index %.0f -> %.0f", spent, before, after))

let junctions = (0..<1000).map { HCMJunctions.junction($0) }
let hcm = seconds {
  let total = junctions.reduce(0.0) { $0 + HCMAnalysis($1).delay }
  precondition(total.isFinite)
}
print(String(format: "HCM method: 1,000 junctions %41.3f s", hcm))
