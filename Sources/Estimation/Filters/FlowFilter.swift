import TrafficModel

/// Flow estimation on line: the recursive form over a moving window, in sparse information form.
///
/// What is carried from interval to interval is the window's evidence, which is all the normal equations are made of, and their last
/// factor; a dense covariance of a city (3 GB for 20,000 links) is never formed. Most intervals factor nothing: conjugate gradients
/// with the last factor find the new flows, and relative variances are kept. After `varianceRefresh` intervals the system is factored anew
/// and all variances are found, after `refresh` intervals also the structure that intervals are estimated around.
///
/// ```swift
/// var filter = FlowFilter(FlowEstimator(FlowNetwork(network)), intervalSeconds: 300)
/// let flows = filter.take(builder.evidence)  // one interval of a LoopEvidenceBuilder
/// let low = flows.interval(of: 12, seconds: 300).low
/// ```
public struct FlowFilter: Sendable {
  public let estimator: FlowEstimator
  /// Intervals kept.
  public let window: Int
  public private(set) var evidence: LoopEvidence
  public private(set) var structure: FlowStructure?
  private var sinceStructure = 0
  private var last: FlowEstimate?
  private var sinceVariance = 0
  /// Variances are found anew after so many intervals; between, each keeps its relation to the flow's square.
  public let varianceRefresh: Int
  /// The structure is found anew after so many intervals.
  public let refresh: Int

  public init(_ estimator: FlowEstimator, intervalSeconds: Double, window: Int = 4, refresh: Int = 4, varianceRefresh: Int = 4) {
    precondition(window > 0 && refresh > 0 && varianceRefresh > 0, "a window of \(window) intervals, refreshed after \(refresh)")
    self.varianceRefresh = varianceRefresh
    self.estimator = estimator
    self.window = window
    self.refresh = refresh
    evidence = LoopEvidence(intervals: 0, intervalSeconds: intervalSeconds)
  }

  /// Takes the evidence of one interval and returns its flows.
  public mutating func take(_ interval: LoopEvidence, withVariance: Bool = true) -> FlowEstimate {
    precondition(interval.intervals == 1, "one interval at a time, not \(interval.intervals)")
    append(interval)
    sinceStructure += 1
    // The first intervals say most: until the window is full the structure follows every one of them.
    let isDue = structure == nil || sinceStructure >= refresh || (refresh <= window && evidence.intervals < window)
    if isDue {
      structure = estimator.structure(evidence, withVariance: false)
      sinceStructure = 0
      last = nil
    }
    sinceVariance += 1
    let isVarianceDue = withVariance && (last == nil || sinceVariance >= varianceRefresh)
    var estimate = estimator.interval(
      evidence.intervals - 1, of: evidence, around: structure!, withVariance: isVarianceDue, warm: last)
    if isVarianceDue { sinceVariance = 0 } else if let last { estimate.keepVariances(of: last) }
    last = estimate
    return estimate
  }

  /// Joins one interval to the window and drops the oldest beyond it.
  private mutating func append(_ new: LoopEvidence) {
    let drop = max(0, evidence.intervals + 1 - window)
    let length = evidence.intervals - drop
    struct Key: Hashable {
      var row: Int
      var end: LoopEvidence.End
    }
    var place: [Key: Int] = [:]
    for s in evidence.sites.indices {
      evidence.sites[s].totals.removeFirst(drop)
      evidence.sites[s].trusted.removeFirst(drop)
      for g in evidence.sites[s].groups.indices { evidence.sites[s].groups[g].counts.removeFirst(drop) }
      place[Key(row: evidence.sites[s].row, end: evidence.sites[s].end)] = s
    }
    for site in new.sites {
      let key = Key(row: site.row, end: site.end)
      if place[key] == nil {
        place[key] = evidence.sites.count
        evidence.sites.append(
          LoopEvidence.Site(
            row: site.row, end: site.end, totals: [Double](repeating: 0, count: length), trusted: [Bool](repeating: false, count: length)))
      }
      let s = place[key]!
      evidence.sites[s].totals.append(site.totals[0])
      evidence.sites[s].trusted.append(site.trusted[0])
      for group in site.groups {
        if let g = evidence.sites[s].groups.firstIndex(where: { $0.lane == group.lane && $0.movements == group.movements }) {
          evidence.sites[s].groups[g].counts.append(group.counts[0])
        } else {
          evidence.sites[s].groups.append(
            LoopEvidence.Group(
              lane: group.lane, movements: group.movements, counts: [Double](repeating: 0, count: length) + [group.counts[0]]))
        }
      }
    }
    // What said nothing this time has no count, and no trust.
    for s in evidence.sites.indices {
      if evidence.sites[s].totals.count == length {
        evidence.sites[s].totals.append(0)
        evidence.sites[s].trusted.append(false)
      }
      for g in evidence.sites[s].groups.indices where evidence.sites[s].groups[g].counts.count == length {
        evidence.sites[s].groups[g].counts.append(0)
      }
    }
    evidence.intervals = length + 1
  }
}

extension FlowEstimate {
  /// Takes over the variances of an earlier estimate, each in the same relation to the flow's square.
  fileprivate mutating func keepVariances(of last: FlowEstimate) {
    func ratio(_ new: Double, _ old: Double) -> Double { max(new, 10) / max(old, 10) }
    linkVariance = link.indices.map { last.linkVariance[$0] * ratio(link[$0], last.link[$0]) * ratio(link[$0], last.link[$0]) }
    let r = movement.indices.map { ratio(movement[$0], last.movement[$0]) }
    movementVariance = movement.indices.map { last.movementVariance[$0] * r[$0] * r[$0] }
    covariances = last.covariances.map { ($0.0, $0.1, $0.2 * r[Int($0.0)] * r[Int($0.1)]) }
  }

  /// The rows of a flow table: every link and every movement, with the covariances of movements that leave the same link.
  public func rows(
    _ network: FlowNetwork, begin: Instant, end: Instant, offset: Int
  ) -> (rows: [FlowTable.Row], covariance: [FlowTable.Covariance]) {
    var rows: [FlowTable.Row] = []
    var covariance: [FlowTable.Covariance] = []
    for i in 0..<network.linkCount {
      covariance.append(.init(first: offset + rows.count, second: offset + rows.count, value: linkVariance[i]))
      rows.append(.init(subject: .link(network.linkName[i]), begin: begin, end: end, mean: link[i]))
    }
    let first = offset + rows.count
    for k in 0..<network.movementCount {
      covariance.append(.init(first: first + k, second: first + k, value: movementVariance[k]))
      rows.append(
        .init(
          subject: .movement(from: network.linkName[Int(network.from[k])], to: network.linkName[Int(network.to[k])]), begin: begin,
          end: end,
          mean: movement[k]))
    }
    for (a, b, value) in covariances { covariance.append(.init(first: first + Int(b), second: first + Int(a), value: value)) }
    return (rows, covariance)
  }
}
