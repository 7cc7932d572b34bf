import Foundation
import TrafficFlow

/// Average phase durations of a fully actuated dual-ring controller, by the Highway Capacity Manual's convergence procedure.
///
/// Queue service, green extension by gaps in bunched arrivals, calls and maxima give each phase its unbalanced green; rings are
/// balanced at the barriers; the cycle that follows changes the queues, and so on until greens rest.
/// Phases 1-8 in the manual's arrangement: rings 1-2-3-4 and 5-6-7-8, barrier between 2|3 and 6|7, odd numbers left turns that lead.
/// Source: HCM, 7th edition, chapter 31, section 2, equations 31-1 to 31-45.
public struct HCMActuatedTiming: Sendable {
  /// By phase number.
  public struct Phase: Sendable, Hashable {
    public var number: Int
    /// D_p [s].
    public var duration: Double
    /// g_s [s].
    public var queueService: Double
    /// g_e [s].
    public var greenExtension: Double
    /// Probability that the phase runs to its maximum.
    public var maxOut: Double
    /// Probability that the phase is called.
    public var call: Double
  }

  public private(set) var phases: [Phase] = []
  /// Equilibrium cycle [s].
  public private(set) var cycle: Double
  public private(set) var converged = false
  /// The intersection with these durations.
  public private(set) var intersection: HCMIntersection

  /// - Parameter intersection: phases with settings; their durations and the cycle are where the iteration begins.
  public init(_ intersection: HCMIntersection) {
    var work = intersection
    for a in work.approaches.indices {
      let through = work.approaches[a].throughPhase
      work.approaches[a].throughPhase.duration = (through.maximumGreen ?? through.duration - through.change) + through.change
      if let left = work.approaches[a].leftPhase {
        work.approaches[a].leftPhase?.duration = (left.maximumGreen ?? left.duration - left.change) + left.change
      }
    }
    work.cycle = Self.balanced(&work, durations: Self.durations(work))
    var settled = false
    for _ in 0..<200 where !settled {
      let analysis = HCMAnalysis(work)
      let demands = Self.demands(work, analysis)
      var next: [Int: Double] = [:]
      phases = demands.map { d in
        let p = Self.phase(d, cycle: work.cycle)
        next[d.number] = p.duration
        return p
      }
      let before = Self.durations(work)
      // Half steps: queues and cycle pull each other along.
      for (number, value) in next { next[number] = 0.5 * (value + (before[number] ?? value)) }
      work.cycle = Self.balanced(&work, durations: next)
      let after = Self.durations(work)
      settled = after.allSatisfy { abs($0.value - (before[$0.key] ?? 0)) < 0.02 }
    }
    converged = settled
    cycle = work.cycle
    self.intersection = work
    let final = Self.durations(work)
    for k in phases.indices { phases[k].duration = final[phases[k].number] ?? phases[k].duration }
  }

  private static func durations(_ i: HCMIntersection) -> [Int: Double] {
    var d: [Int: Double] = [:]
    for a in i.approaches {
      d[a.throughPhase.number] = a.throughPhase.duration
      if let left = a.leftPhase { d[left.number] = left.duration }
    }
    return d
  }

  /// Stretches phases so that both rings reach each barrier together (eqs. 31-38, 31-39); returns the cycle (eq. 31-42).
  private static func balanced(_ i: inout HCMIntersection, durations: [Int: Double]) -> Double {
    var d = durations
    var cycle = 0.0
    for (first, second) in [([1, 2], [5, 6]), ([3, 4], [7, 8])] {
      func sum(_ ring: [Int]) -> Double { ring.reduce(0) { $0 + (d[$1] ?? 0) } }
      let most = max(sum(first), sum(second))
      cycle += most
      for ring in [first, second] {
        let last = d[ring[1]] != nil ? ring[1] : ring[0]
        if d[last] != nil { d[last] = (d[last] ?? 0) + most - sum(ring) }
      }
    }
    for a in i.approaches.indices {
      if let value = d[i.approaches[a].throughPhase.number] { i.approaches[a].throughPhase.duration = value }
      if let left = i.approaches[a].leftPhase, let value = d[left.number] { i.approaches[a].leftPhase?.duration = value }
    }
    return cycle
  }

  /// What one phase has to serve.
  private struct Demand {
    var number: Int
    var settings: HCMPhase
    var isLeft: Bool
    var pedestrians: Double
    var queueService: Double
    /// λ*, φ*, Δ*, q* and MAH*.
    var rate = 0.0
    var free = 1.0
    var bunched = 0.0
    var flow = 0.0
    var headway = 0.0
  }

  private static func demands(_ i: HCMIntersection, _ analysis: HCMAnalysis) -> [Demand] {
    var result: [Demand] = []
    for (index, a) in i.approaches.enumerated() {
      let own = analysis.laneGroups.filter { $0.approach == index }
      let leftPhase = a.leftTurn == .protected || a.leftTurn == .protectedPermitted ? a.leftPhase : nil
      if let leftPhase { result.append(demand(leftPhase, true, own.filter { $0.kind == .left }, a, i, analysis.approaches[index])) }
      result.append(
        demand(a.throughPhase, false, own.filter { $0.kind != .left || leftPhase == nil }, a, i, analysis.approaches[index]))
    }
    // Through phases that end at a barrier together share their call headways (eq. 31-26).
    let pairs = [2: 6, 6: 2, 4: 8, 8: 4]
    let alone = result
    for k in result.indices {
      guard let partner = alone.first(where: { $0.number == pairs[result[k].number] }), partner.rate + result[k].rate > 0 else { continue }
      let own = alone[k]
      result[k].headway = (own.headway * own.rate + partner.headway * partner.rate) / (own.rate + partner.rate)
      result[k].rate = own.rate + partner.rate
      result[k].bunched = (own.bunched * own.rate + partner.bunched * partner.rate) / (own.rate + partner.rate)
      result[k].free = own.free * partner.free
      result[k].flow = own.flow + partner.flow
    }
    return result
  }

  private static func demand(
    _ phase: HCMPhase, _ isLeft: Bool, _ groups: [HCMAnalysis.LaneGroup], _ a: HCMApproach, _ i: HCMIntersection,
    _ approach: HCMAnalysis.Approach
  ) -> Demand {
    var d = Demand(
      number: phase.number, settings: phase, isLeft: isLeft, pedestrians: isLeft ? 0 : a.pedestrians, queueService: 0)
    let speed = BackOfQueue.approachSpeed(speedLimit: a.speedLimit)
    var exponent = 0.0
    var weighted = 0.0
    for g in groups where g.demand > 0 {
      let heavy = g.kind == .left ? a.heavyVehiclesLeft : a.heavyVehiclesThrough
      // Eq. 31-11: stored length less the eight feet between vehicles.
      let length = BackOfQueue.spacing(percentHeavy: heavy) - 8 * 0.3048
      let base = (phase.passageTime ?? 0) + (phase.detectionLength + length) / speed
      let s0 = i.baseSaturationFlow
      var headway = base
      switch g.kind {
      case .left where isLeft: headway += (SaturationFlowAdjustments.protectedLeftEquivalent - 1) / s0
      case .left: headway += g.permittedSaturationFlow.map { $0 > 0 ? max(0, 1 / $0 - 2.5) : 0 } ?? 0
      case .right, .sharedRight:
        headway +=
          (SaturationFlowAdjustments.protectedRightEquivalent / approach.rightPedestrianFactor - 1) / s0
          * (g.kind == .right ? 1 : min(1, a.right / max(g.demand, 1e-9)))
      default: break
      }
      let lanes = g.lanes
      let (gap, b) = lanes == 1 ? (1.5, 0.6) : (0.5, lanes == 2 ? 0.5 : 0.8)
      let phi = exp(-b * gap * g.demand)
      let lambda = phi * g.demand / max(1e-6, 1 - gap * g.demand)
      d.rate += lambda
      d.bunched += lambda * gap
      exponent += b * gap * g.demand
      d.flow += g.demand
      weighted += lambda * headway
      d.queueService = max(d.queueService, queueService(g, phase, isLeft, a, i.cycle, approach))
    }
    d.free = exp(-exponent)
    if d.rate > 0 {
      d.bunched /= d.rate
      d.headway = weighted / d.rate
    }
    return d
  }

  /// g_s of a lane group within its phase (eq. 31-9); permitted left turns are served by their unblocked green.
  private static func queueService(
    _ g: HCMAnalysis.LaneGroup, _ phase: HCMPhase, _ isLeft: Bool, _ a: HCMApproach, _ C: Double, _ approach: HCMAnalysis.Approach
  ) -> Double {
    let perLane = g.demand / Double(g.lanes)
    let green = max(0.1, phase.effectiveGreen)
    if g.kind == .left && isLeft && a.leftTurn == .protectedPermitted {
      // Only what the permitted period and the sneakers leave waits for the protected green.
      let permitted = approach.permitted.unblocked * (g.permittedSaturationFlow ?? 0) + PermittedLeftTurn.sneakers
      let left = max(0, perLane * C - permitted)
      let red = max(0, C - green - approach.permitted.effective)
      let waiting = max(left, perLane * red)
      return min(green, waiting / max(1e-6, g.saturationFlow - perLane))
    }
    if g.kind == .left && !isLeft {
      // The queue begins to leave once the opposing one has.
      let blocked = approach.permitted.effective - approach.permitted.unblocked
      let s = (g.permittedSaturationFlow ?? 0)
      let waiting = perLane * (C - approach.permitted.unblocked)
      return s > perLane ? min(green, blocked + waiting / (s - perLane)) : green
    }
    let P = HCMControlDelay.proportionOnGreen(platoonRatio: a.platoonRatioThrough, green: green, cycle: C)
    return queueServiceTime(flow: perLane, saturation: g.saturationFlow, proportionOnGreen: P, green: green, cycle: C)
  }

  private static func phase(_ d: Demand, cycle C: Double) -> Phase {
    let l1 = PermittedLeftTurn.startupLostTime
    let maximum = d.settings.maximumGreen ?? max(0, d.settings.duration - d.settings.change)
    let least = min(d.settings.minimumGreen, maximum)
    // Eqs. 31-28 to 31-30.
    let n = max(0, d.flow * (maximum - d.queueService - l1))
    let p = min(0.9999, max(0, 1 - d.free * exp(-d.rate * max(0, d.headway - d.bunched))))
    let extends = d.flow > 0 ? p * p * (1 - pow(p, n)) / (d.flow * (1 - p)) : 0
    // Eqs. 31-43 to 31-45.
    let tail = d.free * exp(-d.rate * max(0, d.headway - d.bunched))
    let h = d.rate > 0 && tail < 1 ? (d.bunched + d.free / d.rate - (d.headway + 1 / d.rate) * tail) / (1 - tail) : .infinity
    let nx = h > 0 && h.isFinite ? max(0, (maximum - d.headway - d.queueService - l1) / h) : .infinity
    // Eqs. 31-31 to 31-36.
    let pv = d.settings.maximumRecall ? 1 : 1 - exp(-d.flow * C)
    let pp = d.pedestrians > 0 && d.settings.walk != nil ? 1 - exp(-d.pedestrians * 0.51 * C) : 0
    let vehicle = d.settings.maximumRecall ? maximum : min(maximum, max(l1 + d.queueService + extends, least))
    let walk = (d.settings.walk ?? 0) + (d.settings.pedestrianClearance ?? 0)
    let green =
      pp > 0
      ? vehicle * pv * (1 - pp) + walk * pp * (1 - pv) + max(vehicle, walk) * pv * pp
      : vehicle * pv
    return Phase(
      number: d.number, duration: min(maximum, green) + d.settings.change, queueService: d.queueService, greenExtension: extends,
      maxOut: pow(p, nx), call: pv + pp - pv * pp)
  }
}
