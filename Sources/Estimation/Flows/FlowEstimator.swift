import LinearAlgebra
import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Flows of all links and movements over one interval, each with its variance. Hourly.
public struct FlowEstimate: Sendable {
  /// Mean and variance by row of the flow network [veh/h], [(veh/h)²].
  public var link: [Double]
  public var linkVariance: [Double]
  /// By movement of the flow network.
  public var movement: [Double]
  public var movementVariance: [Double]
  /// Covariances of movements that meet on a link: pairs (a > b) and values.
  public var covariances: [(Int32, Int32, Double)] = []
  /// What the next interval of the same structure starts from.
  var solution: FlowSystem.Solution?

  /// Share of each movement in what goes on from its link.
  public func turningShares(_ network: FlowNetwork) -> [Double] {
    var total = [Double](repeating: 0, count: network.linkCount)
    for k in 0..<network.movementCount { total[Int(network.from[k])] += movement[k] }
    return (0..<network.movementCount).map { k in
      let t = total[Int(network.from[k])]
      return t > 0 ? movement[k] / t : 1 / Double(network.outgoing[Int(network.from[k])].count)
    }
  }
}

/// The flows a period has in common: what intervals of it are estimated around.
public struct FlowStructure: Sendable {
  public var estimate: FlowEstimate
  var entering: [Double]
  var leaving: [Double]
  var priorShare: [Double]
  var measured: [Int]
  /// Factor on variances, from links left out in turn; 1 where it was not asked for.
  public var inflation = 1.0
}

/// Estimates flows of a whole network from loops on part of it, by generalised least squares with conservation and non-negativity.
///
/// Two steps. The period's structure: prior flows by regression over measured links, prior shares from geometry and attraction, counts and
/// what the loops tell about movements. Then each interval around that structure. Both solve one sparse system, reweighted.
public struct FlowEstimator: Sendable {
  public let network: FlowNetwork
  public var settings: FlowEstimationSettings
  private let system: FlowSystem
  private let place: PlaceField
  private let use: RouteUse?

  public init(_ network: FlowNetwork, settings: FlowEstimationSettings = FlowEstimationSettings()) {
    self.network = network
    self.settings = settings
    system = FlowSystem(network)
    let isSmall = system.count <= FlowSystem.largeCount
    // In a city too large to solve again and again nothing could decide what routes are worth.
    use = isSmall ? routeUse(network, settings) : nil
    place = PlaceField(network, settings, spread: settings.localSpread, reach: settings.localReach)
  }

  /// The structure of the given intervals together. `withVariance` false leaves variances zero and saves half the time.
  public func structure(_ evidence: LoopEvidence, intervals: Range<Int>? = nil, withVariance: Bool = true) -> FlowStructure {
    structure(evidence, intervals: intervals, withVariance: withVariance, belief: belief(evidence, intervals: intervals))
  }

  /// What may be believed of routes here: measured links are left out in turn and predicted under each belief; the nearer one is held.
  func belief(_ evidence: LoopEvidence, intervals: Range<Int>? = nil) -> RouteUse.Belief {
    let rows = Array(Set(evidence.measuredRows)).sorted()
    guard use != nil, rows.count >= settings.routeJudges else { return .nothing }
    let used = intervals ?? 0..<evidence.intervals
    var counted: [Int: Double] = [:]
    for site in evidence.sites where site.end == .end {
      let trusted = used.filter { site.trusted[$0] }
      guard !trusted.isEmpty else { continue }
      counted[site.row] = trusted.reduce(0) { $0 + site.totals[$1] } * 3600 / (evidence.intervalSeconds * Double(trusted.count))
    }
    var best = (belief: RouteUse.Belief.nothing, error: Double.infinity)
    for belief in RouteUse.Belief.allCases {
      var error = 0.0
      for fold in 0..<settings.routeFolds {
        let left = Set(rows.enumerated().filter { $0.offset % settings.routeFolds == fold }.map(\.element))
        let rest = evidence.restricted(to: Set(rows).subtracting(left))
        let flow = structure(rest, intervals: intervals, withVariance: false, belief: belief).estimate.link
        for row in left.sorted() {
          guard let x = counted[row], x + flow[row] > 0 else { continue }
          // The GEH statistic, of which no more than ten counts.
          error += min((2 * (flow[row] - x) * (flow[row] - x) / (flow[row] + x)).squareRoot(), 10)
        }
      }
      // A small advantage may be chance.
      if error < 0.98 * best.error { best = (belief, error) }
    }
    return best.belief
  }

  func structure(
    _ evidence: LoopEvidence, intervals: Range<Int>? = nil, withVariance: Bool, belief: RouteUse.Belief
  ) -> FlowStructure {
    let intervals = intervals ?? 0..<evidence.intervals
    let sites = evidence.sites.compactMap { site(of: $0, intervals, evidence.intervalSeconds) }
    let measured = sites.filter(\.isEnd)
    let rows = measured.map(\.row)
    let flows = measured.map { s in s.groups.reduce(0) { $0 + $1.count } * s.scale }
    let prior = LinkFlowPrior(network, use: use, belief: belief, rows: rows, flows: flows, settings: settings)
    let share = turningPrior(network, use: use, belief: belief, logFlow: prior.mean, settings: settings)
    let flow = prior.mean.map { exp($0) }, spread = prior.variance.map { $0.squareRoot() }
    let edge = spread.map { settings.edgeLooseness * $0 }
    let s = settings
    let solution = system.solve(
      FlowSystem.Terms(
        share: share, shareSpread: s.shareSpread, link: (flow, spread.map { s.linkLooseness * $0 }), entering: (flow, edge),
        leaving: (flow, edge), imbalance: (s.imbalance * s.imbalance + 2 * s.alongLink * s.alongLink).squareRoot(), sites: sites,
        countLooseness: s.countLooseness, ambiguityLooseness: s.ambiguityLooseness, attributionRounds: s.attributionRounds, rounds: s.rounds
      ),
      start: flow)
    return FlowStructure(
      estimate: estimate(solution, withVariance), entering: (0..<network.linkCount).map { value(solution, system.source[$0]) },
      leaving: (0..<network.linkCount).map { value(solution, system.sink[$0]) }, priorShare: share, measured: rows)
  }

  /// Flows of one interval, around the period's structure. `warm` is the estimate of an earlier interval around the same structure: then one
  /// round from its flows suffices, which is what an update on line takes.
  public func interval(
    _ k: Int, of evidence: LoopEvidence, around structure: FlowStructure, withVariance: Bool = true, warm: FlowEstimate? = nil
  ) -> FlowEstimate {
    let s = settings
    let n = network.linkCount
    let sites = evidence.sites.compactMap { site(of: $0, k..<(k + 1), evidence.intervalSeconds) }
    let factor = localFactors(sites, structure)
    let x = structure.estimate.link
    // Shares of the period, drawn a little towards the prior where little passed.
    var share = structure.priorShare
    var total = [Double](repeating: 0, count: n)
    for m in 0..<network.movementCount { total[Int(network.from[m])] += structure.estimate.movement[m] }
    for m in 0..<network.movementCount {
      let i = Int(network.from[m])
      let pull = 0.05 * max(x[i], 10) + 1
      share[m] = (structure.estimate.movement[m] + pull * structure.priorShare[m]) / (total[i] + pull)
    }
    let link = (0..<n).map { max(2, x[$0] * factor[$0]) }
    let even = [Double](repeating: s.intervalEdgeSpread, count: n)
    let solution = system.solve(
      FlowSystem.Terms(
        share: share, shareSpread: s.intervalShareSpread, link: (link, [Double](repeating: s.intervalLinkSpread, count: n)),
        entering: ((0..<n).map { structure.entering[$0] * factor[$0] }, even),
        leaving: ((0..<n).map { structure.leaving[$0] * factor[$0] }, even),
        imbalance: (s.imbalance * s.imbalance + 2 * s.intervalImbalance * s.intervalImbalance).squareRoot(), sites: sites,
        countLooseness: s.countLooseness, ambiguityLooseness: s.ambiguityLooseness, attributionRounds: s.attributionRounds,
        rounds: warm == nil ? s.intervalRounds : 1, attempts: warm == nil ? 6 : 2), start: warm.map { $0.link.map { max($0, 2) } } ?? link,
      known: warm?.solution, refactored: withVariance)
    var result = estimate(solution, withVariance)
    result.solution = solution
    if structure.inflation != 1 { result.inflate(structure.inflation) }
    return result
  }

  private func value(_ solution: FlowSystem.Solution, _ k: Int32) -> Double { k < 0 ? 0 : solution.flow[Int(k)] }

  private func estimate(_ solution: FlowSystem.Solution, _ withVariance: Bool) -> FlowEstimate {
    let m = network.movementCount
    var result = FlowEstimate(
      link: solution.link, linkVariance: [Double](repeating: 0, count: network.linkCount), movement: Array(solution.flow[0..<m]),
      movementVariance: [Double](repeating: 0, count: m))
    guard withVariance, solution.isFactorOwn, let (flow, link, inverse) = system.variances(solution) else { return result }
    result.linkVariance = link
    result.movementVariance = Array(flow[0..<m])
    for i in 0..<network.linkCount {
      let own = network.outgoing[i]
      for (p, a) in own.enumerated() {
        for b in own[..<p] { if let v = inverse[Int(a), Int(b)] { result.covariances.append((max(a, b), min(a, b), v)) } }
      }
    }
    return result
  }

  /// The trusted counts of a site over `intervals`, or nil where none is trusted.
  private func site(of s: LoopEvidence.Site, _ intervals: Range<Int>, _ seconds: Double) -> FlowSystem.Terms.Site? {
    let used = intervals.filter { s.trusted[$0] }
    guard !used.isEmpty else { return nil }
    let groups = s.groups.map { g in (lane: g.lane, movements: g.movements, count: used.reduce(0) { $0 + g.counts[$1] }) }
    return .init(row: s.row, isEnd: s.end == .end, groups: groups.filter { $0.count > 0 }, scale: 3600 / (seconds * Double(used.count)))
  }

  /// How much an interval's flows exceed the period's, link by link: a common factor and local departures, from the measured links.
  private func localFactors(_ sites: [FlowSystem.Terms.Site], _ structure: FlowStructure) -> [Double] {
    let n = network.linkCount
    let s = settings
    let x = structure.estimate.link
    let measured = sites.filter(\.isEnd)
    let flows = measured.map { site in site.groups.reduce(0) { $0 + $1.count } * site.scale }
    guard !measured.isEmpty else { return [Double](repeating: 1, count: n) }
    let common = (flows.reduce(0, +) + 50) / (measured.reduce(0) { $0 + x[$1.row] } + 50)
    var right = [Double](repeating: 0, count: n)
    var information = right
    for (site, flow) in zip(measured, flows) {
      let noise = site.scale / (flow + 8) + s.localResidual * s.localResidual
      information[site.row] += 1 / noise
      right[site.row] += (log((flow + 8) / (x[site.row] + 8)) - log(common)) / noise
    }
    guard let departure = place.solve(information, right) else { return [Double](repeating: common, count: n) }
    return departure.map { common * exp($0) }
  }
}

extension FlowEstimate {
  /// The 95 % interval of the hourly flow that a count over `seconds` would have shown on a link: log-normal about the mean, with the Poisson
  /// spread of a count added to the variance of the mean.
  public func interval(of row: Int, seconds: Double) -> (low: Double, high: Double) {
    let mean = max(link[row], 1)
    let s = log(1 + (linkVariance[row] + mean * 3600 / seconds) / (mean * mean)).squareRoot()
    return (mean * exp(-1.96 * s), mean * exp(1.96 * s))
  }

  /// Multiplies all variances.
  mutating func inflate(_ factor: Double) {
    for i in linkVariance.indices { linkVariance[i] *= factor }
    for i in movementVariance.indices { movementVariance[i] *= factor }
    for i in covariances.indices { covariances[i].2 *= factor }
  }
}
