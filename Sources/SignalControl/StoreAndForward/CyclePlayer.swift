import Solvers
import TrafficModel

/// Plays a signal's serving stages in order, each for the green it was given, cycle after cycle.
///
/// For strategies that decide once a cycle how long each stage shall be green.
struct CyclePlayer {
  /// Green of each stage [s].
  private(set) var greens: [Int]
  private var hasBegun = false

  init(stages: Int) { greens = [Int](repeating: 0, count: stages) }

  /// Ends the present green when its time is over, and asks for new greens as the first stage begins again.
  mutating func play(_ sequencer: inout StageSequencer, at now: Instant, decide: () -> [Int]) {
    guard sequencer.isServing else { return }
    if !hasBegun {
      greens = decide()
      hasBegun = true
    }
    guard greens.count > 1, sequencer.mayChange(at: now), now - sequencer.greenSince >= .seconds(Double(greens[sequencer.stage])) else {
      return
    }
    let next = (sequencer.stage + 1) % greens.count
    if next == 0 { greens = decide() }
    sequencer.change(to: next, at: now)
  }

  /// Greens in whole seconds that add up to `total`, none below `minimum`: those closest to `wanted`, rounded by largest remainder.
  static func fit(_ wanted: [Double], total: Int, minimum: Int) -> [Int] {
    let n = wanted.count
    guard n > 0, total > n * minimum else { return [Int](repeating: minimum, count: n) }
    let exact = KnapsackProjection(
      target: wanted, total: Double(total), lower: [Double](repeating: Double(minimum), count: n),
      upper: [Double](repeating: Double(total), count: n)
    ).solution
    var greens = exact.map { Int(($0 + 1e-9).rounded(.down)) }
    let order = exact.indices.sorted { (exact[$1] - Double(greens[$1]), $0) < (exact[$0] - Double(greens[$0]), $1) }
    for k in order.prefix(max(total - greens.reduce(0, +), 0)) { greens[k] += 1 }
    return greens
  }
}
