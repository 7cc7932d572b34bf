#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension FlowEstimator {
  /// The factor on variances under which 95 % intervals would have covered the counts of measured links left out in turn.
  ///
  /// The measured links are dealt into `folds`; each fold is predicted from the others as if it were unmeasured. For every link and interval
  /// the factor that would just have covered its count is found (flows below 50 veh/h both counted and estimated say nothing of use); the
  /// answer is their 88 % quantile, raised by its standard error, within 0.02 to 25: prediction from fewer links than there are is harder
  /// than the task itself. With fewer than twenty counts to judge by it stays 1.
  public func inflation(_ evidence: LoopEvidence, folds: Int = 5) -> Double {
    let rows = Array(Set(evidence.measuredRows)).sorted()
    guard rows.count >= 2 * folds else { return 1 }
    var truth: [Int: [Double]] = [:]
    for site in evidence.sites where site.end == .end { truth[site.row] = site.totals.map { $0 * 3600 / evidence.intervalSeconds } }
    var needed: [Double] = []
    let belief = belief(evidence)
    for fold in 0..<folds {
      let left = Set(rows.enumerated().filter { $0.offset % folds == fold }.map(\.element))
      let rest = evidence.restricted(to: Set(rows).subtracting(left))
      let structure = structure(rest, withVariance: false, belief: belief)
      for k in 0..<evidence.intervals {
        let estimate = interval(k, of: rest, around: structure)
        for i in left {
          guard let x = truth[i]?[k], x >= 50 || estimate.link[i] >= 50 else { continue }
          let mean = max(estimate.link[i], 1)
          let Δ = log(max(x, 1) / mean) / 1.96
          let variance = mean * mean * (exp(min(Δ * Δ, 20)) - 1) - mean * 3600 / evidence.intervalSeconds
          needed.append(max(0, variance) / max(estimate.linkVariance[i], 1e-9))
        }
      }
    }
    guard needed.count >= 20 else { return 1 }
    needed.sort()
    // A quantile of few counts is badly known: one standard error is added to its rank.
    let n = Double(needed.count)
    let rank = min(1, 0.88 + (0.88 * 0.12 / n).squareRoot())
    return min(25, max(0.02, needed[Int(rank * (n - 1))]))
  }
}
