import TrafficFlow

/// The chain of phases that needs most of the cycle: its flow ratio and lost time (HCM, 7th edition, chapter 19, section 4).
///
/// Approaches that face each other share the time between two barriers; approaches facing nobody, and split ones, have their own.
struct CriticalPath {
  var flowRatio = 0.0
  var lostTime = 0.0

  init(_ intersection: HCMIntersection, _ groups: [HCMAnalysis.LaneGroup], _ work: [HCMApproachWork]) {
    let approaches = intersection.approaches
    func need(_ i: Int) -> (through: Double, left: Double, both: Double, lostThrough: Double, lostLeft: Double) {
      let a = approaches[i]
      let through = groups.reduce(0.0) { most, g in
        guard g.approach == i, g.kind != .left || a.leftTurn == .split, g.saturationFlow > 0 else { return most }
        return max(most, g.demand / (g.saturationFlow * Double(g.lanes)))
      }
      let lanes = Double(max(1, a.exclusiveLeftLanes))
      let w = work[i]
      var left = 0.0
      var rest = 0.0
      if (a.leftTurn == .protected || a.leftTurn == .protectedPermitted) && a.exclusiveLeftLanes > 0 {
        // The protected phase takes what it can; only the remainder needs permitted green.
        let first =
          a.leftTurn == .protected
          ? w.leftGroup : min(w.leftGroup, lanes * w.leftProtectedSaturation * a.protectedGreen / intersection.cycle)
        left = first / (lanes * w.leftProtectedSaturation)
        rest = w.leftPermittedSaturation > 0 ? (w.leftGroup - first) / (lanes * w.leftPermittedSaturation) : 0
      } else if a.leftTurn == .permitted && a.exclusiveLeftLanes > 0 && w.leftPermittedSaturation > 0 {
        rest = w.leftGroup / (lanes * w.leftPermittedSaturation)
      }
      return (through, left, left + rest, a.throughPhase.lostTime, left > 0 ? a.leftPhase?.lostTime ?? 0 : 0)
    }
    for i in approaches.indices {
      let own = need(i)
      guard let j = approaches[i].opposing, approaches[i].leftTurn != .split, approaches[j].leftTurn != .split else {
        flowRatio += own.through + own.left
        lostTime += own.lostThrough + own.lostLeft
        continue
      }
      guard i < j else { continue }
      let other = need(j)
      var best = (own.left + other.through, other.lostThrough + own.lostLeft)
      for path in [
        (other.left + own.through, own.lostThrough + other.lostLeft), (own.both, max(own.lostLeft, own.lostThrough)),
        (other.both, max(other.lostLeft, other.lostThrough)),
      ] where path.0 > best.0 { best = path }
      flowRatio += best.0
      lostTime += best.1
    }
  }
}
