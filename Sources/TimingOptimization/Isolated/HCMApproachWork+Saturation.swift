import TrafficFlow

/// What a left turn meets coming the other way.
struct OpposingTraffic {
  /// Demand it must find gaps in [veh/s].
  var flow: Double
  /// G_q: time the slowest opposing lane takes to clear its queue [s].
  var queue: Double
  var leftShare: Double
  /// One lane for everything, so that its own left-turners open gaps.
  var isSingleLane: Bool
  var leftDuration: Double
  var throughDuration: Double
  var throughChange: Double

  init(_ a: HCMApproach, _ work: HCMApproachWork, _ intersection: HCMIntersection) {
    let g = a.throughPhase.effectiveGreen
    let C = intersection.cycle
    let P = HCMControlDelay.proportionOnGreen(platoonRatio: a.platoonRatioThrough, green: g, cycle: C)
    var service = 0.0
    if a.throughLanes > 0 {
      service = queueServiceTime(
        flow: work.throughGroup / Double(a.throughLanes), saturation: work.throughSaturation, proportionOnGreen: P, green: g, cycle: C)
    }
    if a.sharedRight {
      service = max(
        service,
        queueServiceTime(
          flow: work.sharedRightGroup, saturation: work.sharedRightSaturation, proportionOnGreen: P, green: g, cycle: C))
    }
    queue = service > 0 ? service + PermittedLeftTurn.startupLostTime : 0
    let ignoresRight = a.exclusiveRightLanes > 0 && !a.rightTurnsInfluenceOpposingLeft
    flow = work.through + (ignoresRight ? 0 : work.right)
    let total = work.left + work.through + work.right
    leftShare = total > 0 ? work.left / total : 0
    isSingleLane = a.throughServingLanes == 1 && a.sharedLeft && a.exclusiveRightLanes == 0
    leftDuration = a.leftPhase?.duration ?? 0
    throughDuration = a.throughPhase.duration
    throughChange = a.throughPhase.change
  }
}

/// g_s = Q_r / (s - q_g), at most the green [s] (eq. 31-9).
func queueServiceTime(flow q: Double, saturation s: Double, proportionOnGreen P: Double, green g: Double, cycle C: Double) -> Double {
  guard q > 0, g > 0 else { return 0 }
  let rate = s - P * q * C / g
  return rate > 0 ? min(g, (1 - P) * q * C / rate) : g
}

extension HCMApproachWork {
  /// Permitted greens, gap acceptance and what pedestrians take (chapter 31, sections 2 and 3).
  mutating func updatePermitted(_ a: HCMApproach, _ intersection: HCMIntersection, _ facing: OpposingTraffic?) {
    let C = intersection.cycle
    let phase = a.throughPhase
    let g = phase.effectiveGreen
    let service = phase.walk.flatMap { walk in phase.pedestrianClearance.map { min(g, walk + $0) } } ?? g
    rightPedestrianFactor = PedestrianConflict.rightTurn(
      pedestrians: a.pedestrians, bicycles: a.bicycles, green: g, pedestrianService: service, cycle: C,
      sparesReceivingLanes: a.receivingLanes > max(1, a.exclusiveRightLanes + (a.sharedRight ? 1 : 0)))
    guard a.turnsLeftPermitted else {
      permitted = .init()
      return
    }
    var phases = PermittedLeftTurn.Phases(
      ownThrough: phase.duration, ownThroughChange: phase.change, opposingThrough: facing?.throughDuration ?? phase.duration,
      opposingThroughChange: facing?.throughChange ?? phase.change)
    phases.ownLeft = a.leftPhase?.duration ?? 0
    phases.ownLeftChange = a.leftPhase?.change ?? 0
    phases.opposingLeft = facing?.leftDuration ?? 0
    opposingLeftDuration = phases.opposingLeft
    permitted = PermittedLeftTurn.period(a.sequence, phases, opposingQueue: facing?.queue ?? 0)
    let opposingFlow = facing?.flow ?? 0
    gapSaturation = PermittedLeftTurn.saturationFlow(opposing: opposingFlow)
    filterEquivalent = intersection.baseSaturationFlow / gapSaturation
    freeGreen =
      a.sharedLeft
      ? PermittedLeftTurn.greenBeforeFirstTurn(
        displayed: permitted.displayed, effective: permitted.effective, lostTime: permitted.lostTime, share: leftShare,
        turnsPerCycle: left * C, singleLane: a.throughServingLanes == 1) : 0
    queueEquivalent =
      facing?.isSingleLane == true
      ? PermittedLeftTurn.equivalentAgainstQueue(
        opposingLeftShare: facing?.leftShare ?? 0, permitted: permitted.effective, unblocked: permitted.unblocked, free: freeGreen)
      : SaturationFlowAdjustments.protectedLeftEquivalent
    leftPedestrianFactor = PedestrianConflict.leftTurn(
      pedestrians: a.pedestrians, opposing: opposingFlow, permitted: permitted.effective, unblocked: permitted.unblocked,
      pedestrianService: service, cycle: C, sparesReceivingLanes: a.receivingLanes > max(1, a.exclusiveLeftLanes + (a.sharedLeft ? 1 : 0)))
  }

  /// Saturation flow of every kind of lane the approach has (eq. 19-8 and chapter 31, section 3, step 6).
  mutating func updateSaturation(_ a: HCMApproach, _ intersection: HCMIntersection) {
    let s0 = intersection.baseSaturationFlow
    var lane = SaturationFlowAdjustments()
    lane.laneWidth = a.laneWidth
    lane.grade = a.grade
    lane.heavyVehicles = a.heavyVehiclesThrough
    lane.busesStopping = a.busesStopping
    lane.centralBusinessDistrict = intersection.centralBusinessDistrict
    var throughLane = lane
    throughLane.laneUtilization = SaturationFlowAdjustments.laneUtilization(.through, lanes: a.throughLanes)
    throughSaturation = throughLane.adjusted(base: s0)
    // Beside a shared permitted left turn the through lanes lose a little (eq. 31-62).
    if a.sharedLeft && a.turnsLeftPermitted { throughSaturation *= 0.91 }
    var kerb = lane
    kerb.parkingManeuvers = a.parkingManeuvers
    kerbSaturation = kerb.adjusted(base: s0)
    var turn = lane
    turn.heavyVehicles = a.heavyVehiclesLeft
    turn.busesStopping = 0
    turn.laneUtilization = SaturationFlowAdjustments.laneUtilization(.left, lanes: a.exclusiveLeftLanes)
    leftProtectedSaturation = turn.adjusted(base: s0) / SaturationFlowAdjustments.protectedLeftEquivalent
    leftPermittedSaturation = turn.adjusted(base: gapSaturation) * leftPedestrianFactor
    sharedRightSaturation =
      kerbSaturation / (1 + rightShare * (SaturationFlowAdjustments.protectedRightEquivalent / rightPedestrianFactor - 1))
    var rightLane = lane
    rightLane.parkingManeuvers = a.parkingManeuvers
    rightLane.laneUtilization = SaturationFlowAdjustments.laneUtilization(.right, lanes: a.exclusiveRightLanes)
    rightSaturation = rightLane.adjusted(base: s0) / SaturationFlowAdjustments.protectedRightEquivalent * rightPedestrianFactor
    sharedLeftSaturation = sharedLeftSaturationFlow(a)
  }

  /// Average over the permitted green (eqs. 31-107, 31-122).
  private func sharedLeftSaturationFlow(_ a: HCMApproach) -> Double {
    guard a.sharedLeft else { return 0 }
    let gp = permitted.effective
    guard a.turnsLeftPermitted, gp > 0 else { return protectedSharedLeftSaturation }
    let waiting = max(0, gp - permitted.unblocked - freeGreen)
    return kerbSaturation / gp
      * (freeGreen + waiting / (1 + leftShare * (queueEquivalent / leftPedestrianFactor - 1))
        + min(gp - freeGreen, permitted.unblocked) / (1 + leftShare * (filterEquivalent / leftPedestrianFactor - 1)))
  }

  /// Shared lane while its left turn is protected (eq. 31-113).
  var protectedSharedLeftSaturation: Double {
    kerbSaturation / (1 + leftShare * (SaturationFlowAdjustments.protectedLeftEquivalent - 1))
  }
}
