#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A site whose loops contradict the rest.
public struct DistrustedSite: Sendable, Hashable {
  public var row: Int
  public var end: LoopEvidence.End
  /// Counted and expected [veh/h].
  public var counted: Double
  public var expected: Double
}

extension FlowEstimator {
  /// Takes trust from sites that contradict conservation: what comes onto a link over its beginning leaves over its end.
  ///
  /// Where the two counts of a link differ by more than chance and storage allow, both are set aside, the flow is predicted from all other
  /// links, and the one nearer to the prediction is believed again; a lane that is silent at one end and busy at the other decides at once.
  /// Links that traffic begins on have no such pair and stay.
  public func screened(_ evidence: LoopEvidence) -> (evidence: LoopEvidence, distrusted: [DistrustedSite]) {
    var result = evidence
    var pairs: [Int: (beginning: Int, end: Int)] = [:]
    for (s, site) in evidence.sites.enumerated() {
      var pair = pairs[site.row] ?? (-1, -1)
      if site.end == .end { pair.end = s } else { pair.beginning = s }
      pairs[site.row] = pair
    }
    var suspects: [Int] = []
    for (row, pair) in pairs.sorted(by: { $0.key < $1.key }) where pair.beginning >= 0 && pair.end >= 0 {
      guard !network.isEntry[row] else { continue }
      let a = evidence.sites[pair.beginning].totals.reduce(0, +), b = evidence.sites[pair.end].totals.reduce(0, +)
      if abs(a - b) > (a + b + 1).squareRoot() + 0.08 * max(a, b) + 3 { suspects.append(row) }
    }
    guard !suspects.isEmpty else { return (evidence, []) }
    let without = evidence.restricted(to: Set(pairs.keys).subtracting(suspects))
    let predicted = structure(without, withVariance: false).estimate.link
    let hours = Double(evidence.intervals) * evidence.intervalSeconds / 3600
    var distrusted: [DistrustedSite] = []
    for row in suspects {
      guard let pair = pairs[row] else { continue }
      let a = evidence.sites[pair.beginning].totals.reduce(0, +) / hours, b = evidence.sites[pair.end].totals.reduce(0, +) / hours
      func distance(_ x: Double) -> Double { abs(log((x + 10) / (predicted[row] + 10))) }
      // Loops fall silent far more often than they invent traffic: a near tie goes to the greater count.
      var beginningIsWorse = distance(a) + (a < b ? 0.3 : 0) > distance(b) + (b < a ? 0.3 : 0)
      let silent = (
        beginning: hasSilentLane(evidence.sites[pair.beginning], beside: evidence.sites[pair.end]),
        end: hasSilentLane(evidence.sites[pair.end], beside: evidence.sites[pair.beginning])
      )
      if silent.beginning != silent.end { beginningIsWorse = silent.beginning }
      let s = beginningIsWorse ? pair.beginning : pair.end
      for k in result.sites[s].trusted.indices { result.sites[s].trusted[k] = false }
      distrusted.append(
        DistrustedSite(row: row, end: result.sites[s].end, counted: beginningIsWorse ? a : b, expected: predicted[row]))
    }
    return (result, distrusted)
  }

  /// Whether a lane shows no vehicle at this end and more than chance allows at the other.
  private func hasSilentLane(_ site: LoopEvidence.Site, beside other: LoopEvidence.Site) -> Bool {
    func counts(_ site: LoopEvidence.Site) -> [Int32: Double] {
      site.groups.reduce(into: [:]) { $0[$1.lane, default: 0] += $1.counts.reduce(0, +) }
    }
    let own = counts(site)
    return counts(other).contains { $0.value >= 20 && own[$0.key] == 0 }
  }
}
