/// Fastest routes on travel time, with SUMO's efforts: a link costs length over the speed driven there, a way through a junction the
/// same plus 1.5 s where it has to yield and 5 s where it turns back (`weights.minor-penalty`, `weights.turnaround-penalty`).
///
/// Dijkstra over links; one router serves any number of queries, and equal costs are settled by link order, so the answer never
/// depends on what was asked before.
public struct TravelTimeRouter: Sendable {
  private struct Step: Sendable {
    var to: Int32
    /// Links inside the junction on the way, as a range of `inside`.
    var insideFrom: Int32
    var insideTo: Int32
    /// Who may drive this way.
    var permissions: VehicleClassSet
  }

  /// Penalty of a way that must yield at an unsignalled junction, and of one that turns back [s].
  public static let minorPenalty = 1.5
  public static let turnaroundPenalty = 5.0

  private let length: [Double]
  private let speedLimit: [Double]
  private let penalty: [Double]
  private let permissions: [VehicleClassSet]
  private let firstStep: [Int32]
  private let steps: [Step]
  private let inside: [Int32]

  public init(_ network: RoadNetwork) {
    let count = network.links.count
    var length = [Double](repeating: 0, count: count)
    var speed = [Double](repeating: 1, count: count)
    var penalty = [Double](repeating: 0, count: count)
    var permissions = [VehicleClassSet](repeating: [], count: count)
    for link in network.links {
      guard let first = link.lanes.first else { continue }
      length[link.id.index] = network[first].length
      speed[link.id.index] = network[first].speedLimit
      for lane in link.lanes { permissions[link.id.index].formUnion(network[lane].permissions) }
    }
    var firstStep: [Int32] = [0]
    firstStep.reserveCapacity(count + 1)
    var steps: [Step] = []
    var inside: [Int32] = []
    for link in network.links {
      if link.function == .normal {
        let begin = steps.count
        for lane in link.lanes {
          for id in network.connectionsFrom[lane.index] {
            let connection = network[id]
            let to = network[connection.toLane].link
            guard network[to].function == .normal else { continue }
            let allowed = network[connection.fromLane].permissions.intersection(network[connection.toLane].permissions)
            if let known = steps[begin...].firstIndex(where: { $0.to == to.rawValue }) {
              steps[known].permissions.formUnion(allowed)
              continue
            }
            let from = inside.count
            var via = connection.via
            var current = connection
            while let lane = via {
              let way = network[lane].link.index
              inside.append(Int32(way))
              // The way on from a waiting point inside the junction is a way that yields as well, at signals too.
              if current.signal == nil, !current.priority.hasRightOfWay {
                let turnsBack = current.turn == .uTurn || current.turn == .uTurnRight
                penalty[way] = turnsBack ? Self.turnaroundPenalty : Self.minorPenalty
              }
              guard let next = network.connectionsFrom[lane.index].first else { break }
              current = network[next]
              via = current.via
            }
            steps.append(Step(to: to.rawValue, insideFrom: Int32(from), insideTo: Int32(inside.count), permissions: allowed))
          }
        }
      }
      firstStep.append(Int32(steps.count))
    }
    self.length = length
    speedLimit = speed
    self.penalty = penalty
    self.permissions = permissions
    self.firstStep = firstStep
    self.steps = steps
    self.inside = inside
  }

  /// The fastest way for a vehicle of `type`, both ends included, or nil where there is none.
  ///
  /// - Parameter meanSpeeds: speeds driven on each link now [m/s], by link index; a link then costs no less than its length over
  ///   that speed. Empty: as in an empty network.
  public func route(
    from: LinkID, to: LinkID, type: VehicleType, speedFactor: Double = 1, meanSpeeds: [Double] = []
  ) -> [LinkID]? {
    let vehicle = type.vehicleClass
    guard permissions[from.index].admits(vehicle), permissions[to.index].admits(vehicle) else { return nil }
    if from == to { return [from] }
    func cost(_ link: Int) -> Double {
      let best = min(type.maxSpeed, max(speedLimit[link] * speedFactor, 1e-3))
      let free = length[link] / best + penalty[link]
      guard !meanSpeeds.isEmpty else { return free }
      return max(length[link] / max(meanSpeeds[link], 1e-3), free)
    }
    let count = length.count
    var best = [Double](repeating: .infinity, count: count)
    var previous = [Int32](repeating: -1, count: count)
    var queue = LinkQueue()
    best[from.index] = 0
    queue.push(cost: 0, link: from.rawValue)
    while let (at, link) = queue.pop() {
      let here = Int(link)
      if at > best[here] { continue }
      if here == to.index { break }
      let leaving = at + cost(here)
      for k in firstStep[here]..<firstStep[here + 1] {
        let step = steps[Int(k)]
        let next = Int(step.to)
        guard step.permissions.admits(vehicle), permissions[next].admits(vehicle) else { continue }
        var total = leaving
        for i in step.insideFrom..<step.insideTo { total += cost(Int(inside[Int(i)])) }
        if total < best[next] {
          best[next] = total
          previous[next] = link
          queue.push(cost: total, link: step.to)
        }
      }
    }
    guard best[to.index] < .infinity else { return nil }
    var way = [to]
    var at = to.index
    while at != from.index {
      at = Int(previous[at])
      way.append(LinkID(at))
    }
    return way.reversed()
  }

  /// The fastest way through `via` in order.
  public func route(
    from: LinkID, via: [LinkID], to: LinkID, type: VehicleType, speedFactor: Double = 1, meanSpeeds: [Double] = []
  ) -> [LinkID]? {
    var way = [from]
    for next in via + [to] {
      guard let part = route(from: way[way.count - 1], to: next, type: type, speedFactor: speedFactor, meanSpeeds: meanSpeeds)
      else { return nil }
      way += part.dropFirst()
    }
    return way
  }
}

extension LaneConnection.Priority {
  /// Whether traffic on this connection goes first where no signal rules (SUMO writes such states in capitals).
  public var hasRightOfWay: Bool {
    switch self {
    case .major, .signalizedMajor, .green: true
    case .minor, .equal, .stop, .allWayStop, .zipper, .deadEnd, .signalizedMinor, .yellow, .red, .greenMinor: false
    }
  }
}

/// A binary heap of (cost, link), cheapest first, then the lower link.
private struct LinkQueue {
  private var entries: [(cost: Double, link: Int32)] = []

  private func before(_ a: Int, _ b: Int) -> Bool {
    entries[a].cost < entries[b].cost || (entries[a].cost == entries[b].cost && entries[a].link < entries[b].link)
  }

  mutating func push(cost: Double, link: Int32) {
    entries.append((cost, link))
    var i = entries.count - 1
    while i > 0, before(i, (i - 1) / 2) {
      entries.swapAt(i, (i - 1) / 2)
      i = (i - 1) / 2
    }
  }

  mutating func pop() -> (cost: Double, link: Int32)? {
    guard let top = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      var i = 0
      while true {
        var least = i
        for child in [2 * i + 1, 2 * i + 2] where child < entries.count && before(child, least) { least = child }
        if least == i { break }
        entries.swapAt(i, least)
        i = least
      }
    }
    return top
  }
}
