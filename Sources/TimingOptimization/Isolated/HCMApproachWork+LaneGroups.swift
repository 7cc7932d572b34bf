import TrafficFlow

extension HCMApproachWork {
  /// Steps 5 to 10 for each lane group of the approach.
  func laneGroups(of a: HCMApproach, index: Int, _ intersection: HCMIntersection) -> [HCMAnalysis.LaneGroup] {
    var result: [HCMAnalysis.LaneGroup] = []
    if a.exclusiveLeftLanes > 0, a.leftTurn != .absent { result.append(leftGroup(a, index, intersection)) }
    if a.sharedLeft { result.append(sharedLeftGroup(a, index, intersection)) }
    if a.throughLanes > 0 {
      result.append(plainGroup(a, index, intersection, .through, a.throughLanes, throughGroup, throughSaturation))
    }
    if a.sharedRight { result.append(plainGroup(a, index, intersection, .sharedRight, 1, sharedRightGroup, sharedRightSaturation)) }
    if a.exclusiveRightLanes > 0 {
      result.append(plainGroup(a, index, intersection, .right, a.exclusiveRightLanes, rightGroup, rightSaturation))
    }
    return result
  }

  /// One green a cycle: c = N s g / C and the closed forms.
  private func plainGroup(
    _ a: HCMApproach, _ index: Int, _ intersection: HCMIntersection, _ kind: HCMAnalysis.LaneGroup.Kind, _ lanes: Int, _ demand: Double,
    _ saturation: Double, phase: HCMPhase? = nil
  ) -> HCMAnalysis.LaneGroup {
    let phase = phase ?? a.throughPhase
    let C = intersection.cycle
    let g = phase.effectiveGreen
    let N = Double(lanes)
    let capacity = N * saturation * g / C
    let X = capacity > 0 ? demand / capacity : demand > 0 ? .infinity : 0
    let ratio = kind == .left || kind == .sharedLeft ? a.platoonRatioLeft : a.platoonRatioThrough
    let P = HCMControlDelay.proportionOnGreen(platoonRatio: ratio, green: g, cycle: C)
    let d1 = g > 0 ? HCMControlDelay.uniform(cycle: C, green: g, volumeToCapacity: X, proportionOnGreen: P) : 0.5 * C
    let Q1 = BackOfQueue.first(
      demand: demand / N, capacity: capacity / N, saturationFlow: saturation, proportionOnGreen: P, green: g, cycle: C,
      accelerationDelay: BackOfQueue.accelerationDelay(speedLimit: a.speedLimit))
    return finish(
      a, intersection,
      .init(
        approach: index, kind: kind, lanes: lanes, phase: phase.number, demand: demand, saturationFlow: saturation, green: g,
        proportionOnGreen: P, capacity: capacity, availableCapacity: max(capacity, N * saturation * phase.availableGreen / C),
        incrementalFactor: 0.5, delay: .init(uniform: d1, incremental: 0), queue: .init(first: Q1, second: 0), queue95: 0, finalQueue: 0),
      phase)
  }

  private func leftGroup(_ a: HCMApproach, _ index: Int, _ intersection: HCMIntersection) -> HCMAnalysis.LaneGroup {
    let C = intersection.cycle
    let N = Double(a.exclusiveLeftLanes)
    guard a.turnsLeftPermitted else {
      return plainGroup(
        a, index, intersection, .left, a.exclusiveLeftLanes, leftGroup, leftProtectedSaturation,
        phase: a.leftTurn == .split ? a.throughPhase : a.leftPhase ?? a.throughPhase)
    }
    let prot = a.leftTurn == .protectedPermitted
    let phase = prot ? a.leftPhase ?? a.throughPhase : a.throughPhase
    let gl = prot ? a.protectedGreen : 0
    let sneaking = intersection.sneakers
    // Eqs. 31-119, 31-120, 31-124, 31-125.
    let capacity = N * (gl * leftProtectedSaturation + permitted.unblocked * leftPermittedSaturation + sneaking) / C
    var available = capacity
    if let maximum = phase.maximumGreen {
      available =
        prot
        ? N * (maximum * leftProtectedSaturation + permitted.unblocked * leftPermittedSaturation + sneaking) / C
        : capacity + N * max(0, maximum - permitted.effective) * leftPermittedSaturation / C
    }
    let q = min(leftGroup, capacity) / N
    let blocked = permitted.effective - permitted.unblocked
    let permittedPart: [QueueAccumulationPolygon.Interval] = [
      .init(duration: blocked, arrivals: q, departures: 0),
      .init(duration: permitted.unblocked, arrivals: q, departures: leftPermittedSaturation, sneakers: sneaking),
    ]
    var intervals: [QueueAccumulationPolygon.Interval]
    if prot {
      let serving = QueueAccumulationPolygon.Interval(duration: gl, arrivals: q, departures: leftProtectedSaturation)
      let leads = a.sequence == .leadLead || a.sequence == .leadLag
      if leads {
        // Between the protected and the permitted green lie the change interval and, beside a longer opposing left turn, its rest.
        let start = (a.sequence == .leadLead ? max(phase.duration, opposingLeftDuration) : phase.duration) + permitted.lostTime
        let gap = max(0, start - PermittedLeftTurn.startupLostTime - gl)
        intervals = [serving, .init(duration: gap, arrivals: q, departures: 0)] + permittedPart
        intervals.append(.init(duration: C - gl - gap - permitted.effective, arrivals: q, departures: 0))
      } else {
        intervals = permittedPart + [serving, .init(duration: C - permitted.effective - gl, arrivals: q, departures: 0)]
      }
    } else {
      intervals = [.init(duration: C - permitted.effective, arrivals: q, departures: 0)] + permittedPart
    }
    let green = prot ? gl : permitted.effective
    return twoPeriodGroup(
      a, intersection, index, .left, a.exclusiveLeftLanes, leftGroup, prot ? leftProtectedSaturation : leftPermittedSaturation,
      leftPermittedSaturation, green, capacity, available, intervals, phase)
  }

  private func sharedLeftGroup(_ a: HCMApproach, _ index: Int, _ intersection: HCMIntersection) -> HCMAnalysis.LaneGroup {
    let C = intersection.cycle
    guard a.turnsLeftPermitted, permitted.effective > 0 else {
      return plainGroup(a, index, intersection, .sharedLeft, 1, sharedLeftGroup, protectedSharedLeftSaturation)
    }
    let gl = a.leftTurn == .protectedPermitted ? a.protectedGreen : 0
    let gp = permitted.effective
    let sneaking = 1 + leftShare
    // Eqs. 31-121, 31-123, 31-126, 31-127.
    let capacity = (gl * protectedSharedLeftSaturation + gp * sharedLeftSaturation + sneaking) / C
    let filtering = kerbSaturation / (1 + leftShare * (filterEquivalent / leftPedestrianFactor - 1))
    let waiting = kerbSaturation / (1 + leftShare * (queueEquivalent / leftPedestrianFactor - 1))
    let available = capacity + max(0, (a.throughPhase.maximumGreen ?? gp) - gp) * filtering / C
    let q = min(sharedLeftGroup, capacity)
    let free = min(freeGreen, gp)
    let wait = max(0, gp - permitted.unblocked - free)
    let intervals: [QueueAccumulationPolygon.Interval] = [
      .init(duration: gl, arrivals: q, departures: protectedSharedLeftSaturation),
      .init(duration: free, arrivals: q, departures: kerbSaturation),
      .init(duration: wait, arrivals: q, departures: waiting),
      .init(duration: gp - free - wait, arrivals: q, departures: filtering, sneakers: sneaking),
      .init(duration: C - gl - gp, arrivals: q, departures: 0),
    ]
    return twoPeriodGroup(
      a, intersection, index, .sharedLeft, 1, sharedLeftGroup, sharedLeftSaturation, sharedLeftSaturation, gp, capacity, available,
      intervals, a.throughPhase)
  }

  private func twoPeriodGroup(
    _ a: HCMApproach, _ intersection: HCMIntersection, _ index: Int, _ kind: HCMAnalysis.LaneGroup.Kind, _ lanes: Int, _ demand: Double,
    _ saturation: Double, _ permittedSaturation: Double, _ green: Double, _ capacity: Double, _ available: Double,
    _ intervals: [QueueAccumulationPolygon.Interval], _ phase: HCMPhase
  ) -> HCMAnalysis.LaneGroup {
    let polygon = QueueAccumulationPolygon(intervals: intervals)
    let Q1 = BackOfQueue.first(polygon: polygon, accelerationDelay: BackOfQueue.accelerationDelay(speedLimit: a.speedLimit))
    return finish(
      a, intersection,
      .init(
        approach: index, kind: kind, lanes: lanes, phase: phase.number, demand: demand, saturationFlow: saturation,
        permittedSaturationFlow: permittedSaturation, green: green,
        proportionOnGreen: HCMControlDelay.proportionOnGreen(platoonRatio: a.platoonRatioLeft, green: green, cycle: intersection.cycle),
        capacity: capacity, availableCapacity: max(capacity, available), incrementalFactor: 0.5,
        delay: .init(uniform: polygon.uniformDelay, incremental: 0), queue: .init(first: Q1, second: 0), queue95: 0, finalQueue: 0), phase)
  }

  /// Incremental and initial-queue delay, the rest of the queue, and storage.
  private func finish(
    _ a: HCMApproach, _ intersection: HCMIntersection, _ group: HCMAnalysis.LaneGroup, _ phase: HCMPhase
  ) -> HCMAnalysis.LaneGroup {
    var g = group
    let T = intersection.period
    let X = g.volumeToCapacity
    if intersection.control == .actuated, !phase.maximumRecall, let passage = phase.passageTime, phase.maximumGreen != nil,
      g.availableCapacity > 0
    {
      g.incrementalFactor = HCMControlDelay.actuatedFactor(
        passageTime: passage, volumeToAvailableCapacity: g.demand / g.availableCapacity)
    }
    let isLeft = g.kind == .left || g.kind == .sharedLeft
    let waiting =
      isLeft ? a.initialQueueLeft : a.initialQueueThrough * Double(g.lanes) / Double(max(1, a.throughServingLanes))
    g.delay.incremental = HCMControlDelay.incremental(
      volumeToCapacity: X, capacity: g.capacity, period: T, factor: g.incrementalFactor, filtering: a.filtering)
    let initial = HCMControlDelay.initialQueue(queue: waiting, demand: g.demand, capacity: g.capacity, period: T)
    g.delay.initialQueue = initial.delay
    g.finalQueue = initial.finalQueue
    g.queue.second = BackOfQueue.second(capacity: g.capacity, lanes: g.lanes, incrementalDelay: g.delay.incremental)
    g.queue.third = BackOfQueue.third(queue: waiting, demand: g.demand, capacity: g.capacity, lanes: g.lanes, period: T)
    g.queue95 = g.queue.percentile(
      0.95, volumeToCapacity: X, greenRatio: g.green / intersection.cycle, filtering: a.filtering)
    if let storage = g.kind == .left ? a.storageLeft : a.storageThrough {
      let spacing = BackOfQueue.spacing(percentHeavy: isLeft ? a.heavyVehiclesLeft : a.heavyVehiclesThrough)
      g.storageRatio = BackOfQueue.storageRatio(spacing: spacing, queue: g.queue.average, storage: storage)
      g.storageRatio95 = BackOfQueue.storageRatio(spacing: spacing, queue: g.queue95, storage: storage)
    }
    return g
  }
}
