import TrafficFlow

/// What steps 2 to 4 work out for one approach.
struct HCMApproachWork: Sendable {
  /// Demand by turn, peak hour and turns on red taken into account [veh/s].
  var left: Double
  var through: Double
  var right: Double
  /// Demand by lane group [veh/s].
  var leftGroup = 0.0
  var throughGroup = 0.0
  var sharedLeftGroup = 0.0
  var sharedRightGroup = 0.0
  var rightGroup = 0.0
  /// Turning vehicles inside the shared lanes [veh/s].
  var leftInShared = 0.0
  var rightInShared = 0.0
  /// Saturation flow of one lane [veh/s].
  var throughSaturation = 0.0
  var kerbSaturation = 0.0
  var leftProtectedSaturation = 0.0
  var leftPermittedSaturation = 0.0
  var sharedLeftSaturation = 0.0
  var sharedRightSaturation = 0.0
  var rightSaturation = 0.0
  var permitted = PermittedLeftTurn.Period()
  /// g_f: green before the first left-turner blocks the shared lane [s].
  var freeGreen = 0.0
  /// Saturation flow of permitted left turns before adjustment [veh/s].
  var gapSaturation = 0.0
  /// E_L1 and E_L2.
  var filterEquivalent = SaturationFlowAdjustments.protectedLeftEquivalent
  var queueEquivalent = SaturationFlowAdjustments.protectedLeftEquivalent
  var leftPedestrianFactor = 1.0
  var rightPedestrianFactor = 1.0
  var opposingLeftDuration = 0.0

  init(_ a: HCMApproach, _ intersection: HCMIntersection) {
    left = a.left / a.peakHourFactor
    through = a.through / a.peakHourFactor
    right = max(0, a.right / a.peakHourFactor - a.rightOnRed)
    assignEvenly(a)
    updateSaturation(a, intersection)
  }

  var leftShare: Double { sharedLeftGroup > 0 ? min(1, leftInShared / sharedLeftGroup) : 0 }
  var rightShare: Double { sharedRightGroup > 0 ? min(1, rightInShared / sharedRightGroup) : 0 }

  func difference(from other: HCMApproachWork) -> Double {
    [
      abs(throughGroup - other.throughGroup), abs(sharedLeftGroup - other.sharedLeftGroup), abs(sharedRightGroup - other.sharedRightGroup),
      abs(leftGroup - other.leftGroup), abs(permitted.unblocked - other.permitted.unblocked),
    ].reduce(0, max)
  }

  // MARK: Step 3

  /// Where the iteration begins, and all there is to do where no lane is shared.
  mutating func assignEvenly(_ a: HCMApproach) {
    leftGroup = a.exclusiveLeftLanes > 0 ? left : 0
    rightGroup = a.exclusiveRightLanes > 0 ? right : 0
    leftInShared = a.sharedLeft && a.exclusiveLeftLanes == 0 ? left : 0
    rightInShared = a.sharedRight && a.exclusiveRightLanes == 0 ? right : 0
    let perLane = through / Double(max(1, a.throughServingLanes))
    sharedLeftGroup = a.sharedLeft ? leftInShared + perLane : 0
    sharedRightGroup = a.sharedRight ? rightInShared + perLane : 0
    throughGroup = max(0, through - (sharedLeftGroup - leftInShared) - (sharedRightGroup - rightInShared))
  }

  /// Drivers spread until every lane that serves through traffic has the same flow ratio (eqs. 31-46 to 31-66).
  mutating func distributeFlows(_ a: HCMApproach, _ intersection: HCMIntersection) {
    guard a.sharedLeft || a.sharedRight, a.throughServingLanes > 1 else {
      assignEvenly(a)
      return
    }
    // A driver changes lane where a gap of 3.7 s lets him (eqs. 31-50, 31-51).
    let perLane = (left + through + right) / Double(a.throughServingLanes)
    let crowding = 2 * perLane * 3.7 - 1
    let changes = max(0, 1 - crowding * crowding)
    let E1 = (filterEquivalent / leftPedestrianFactor - 1) * changes + 1
    let E2 = (queueEquivalent / leftPedestrianFactor - 1) * changes + 1
    let ER = (SaturationFlowAdjustments.protectedRightEquivalent / rightPedestrianFactor - 1) * changes + 1
    let leftMoves = a.sharedLeft && a.exclusiveLeftLanes > 0
    let rightMoves = a.sharedRight && a.exclusiveRightLanes > 0
    let Nt = Double(a.throughLanes)
    let leftLaneSaturation = leftMoves ? exclusiveLeftRate(a, intersection, E1) * Double(a.exclusiveLeftLanes) : 0
    let rightLaneSaturation = rightMoves ? rightSaturation * Double(a.exclusiveRightLanes) : 0
    // Which vehicles share the flow ratio: all but turns confined to a lane of their own.
    let total = through + (a.sharedLeft ? left : 0) + (a.sharedRight ? right : 0)
    var sl = a.sharedLeft ? total / Double(a.throughServingLanes) : 0
    var sr = a.sharedRight ? total / Double(a.throughServingLanes) : 0
    var slLeft = a.sharedLeft && !leftMoves ? left : 0
    var srRight = a.sharedRight && !rightMoves ? right : 0
    for _ in 0..<100 {
      let PL = sl > 0 ? min(1, slLeft / sl) : 0
      let PR = sr > 0 ? min(1, srRight / sr) : 0
      let ssl = a.sharedLeft ? sharedLeftRate(a, intersection, share: PL, E1: E1, E2: E2) : 0
      let ssr = a.sharedRight ? kerbSaturation / (1 + PR * (ER - 1)) : 0
      let saturation = ssl + ssr + throughSaturation * Nt + leftLaneSaturation + rightLaneSaturation
      guard saturation > 0 else { break }
      let y = total / saturation
      let nextLeft = leftMoves ? max(0, left - leftLaneSaturation * y) : slLeft
      let nextRight = rightMoves ? max(0, right - rightLaneSaturation * y) : srRight
      // A shared lane holds at least the turns that have no other lane.
      let next = (sl: max(ssl * y, nextLeft), sr: max(ssr * y, nextRight))
      let moved = abs(next.sl - sl) + abs(next.sr - sr) + abs(nextLeft - slLeft) + abs(nextRight - srRight)
      (sl, sr) = a.sharedLeft ? (next.sl, a.sharedRight ? next.sr : 0) : (0, next.sr)
      slLeft = min(nextLeft, sl)
      srRight = min(nextRight, sr)
      if moved < 1e-9 { break }
    }
    sharedLeftGroup = sl
    sharedRightGroup = sr
    leftInShared = slLeft
    rightInShared = srRight
    leftGroup = a.exclusiveLeftLanes > 0 ? max(0, left - slLeft) : 0
    rightGroup = a.exclusiveRightLanes > 0 ? max(0, right - srRight) : 0
    throughGroup = a.throughLanes > 0 ? max(0, left + through + right - leftGroup - rightGroup - sl - sr) : 0
  }

  /// Shared lane's saturation flow while flows are being distributed (eqs. 31-59, 31-60), sneakers counted as flow.
  private func sharedLeftRate(_ a: HCMApproach, _ intersection: HCMIntersection, share P: Double, E1: Double, E2: Double) -> Double {
    guard a.turnsLeftPermitted, permitted.effective > 0 else {
      return kerbSaturation / (1 + P * (SaturationFlowAdjustments.protectedLeftEquivalent - 1))
    }
    let gp = permitted.effective
    let waiting = max(0, gp - permitted.unblocked - freeGreen)
    let n = intersection.sneakers
    var power = 1.0
    for _ in 0..<Int(n.rounded()) { power *= P }
    let sneaking = P < 0.999 ? P / (1 - P) * (1 - power) : n * P
    return kerbSaturation / gp
      * (freeGreen + waiting / (1 + P * (E2 - 1)) + min(gp - freeGreen, permitted.unblocked) / (1 + P * (E1 - 1)))
      + sneaking / gp
  }

  private func exclusiveLeftRate(_ a: HCMApproach, _ intersection: HCMIntersection, _ E1: Double) -> Double {
    guard a.turnsLeftPermitted, permitted.effective > 0 else { return leftProtectedSaturation }
    let prot = a.leftTurn == .protectedPermitted ? a.protectedGreen : 0
    return (leftProtectedSaturation * (permitted.unblocked / E1 + prot) + intersection.sneakers) / permitted.effective
  }
}
