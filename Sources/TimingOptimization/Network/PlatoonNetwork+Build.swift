import TrafficModel

extension PlatoonNetwork {
  /// What the build assumes of drivers where the demand does not say.
  public struct BuildSettings: Sendable, Hashable {
    /// Loss of saturation headway to drivers' imperfection and speeding up [s].
    public var imperfection = 0.3
    /// Speeding up and slowing down [m/s²].
    public var acceleration = 2.6
    public var deceleration = 4.5
    public init() {}
  }

  /// Streams of a road network's signals: one for each lane before a stop line, fed along the routes people take.
  ///
  /// - Parameters:
  ///   - models: signals to time, in the order of the network's rows.
  ///   - slice: which slice of the demand, or nil for all of it.
  public init(
    _ network: RoadNetwork, models: [SignalTimingModel], demand: RoutedDemand, slice: Int? = nil, _ settings: BuildSettings = .init()
  ) {
    var builder = PlatoonBuilder(network, models, settings)
    let duration =
      slice.map { (demand.boundaries[$0 + 1] - demand.boundaries[$0]).seconds } ?? demand.duration
    builder.addPaths(demand, slice: slice, duration: duration)
    self = builder.finish(period: duration)
  }
}

/// Collects lanes, flows and successions of signalled movements.
private struct PlatoonBuilder {
  struct LaneUse {
    var lane: LaneID
    /// Signalled movements of the lane with their link index.
    var parts: [(movement: Int, index: Int, speed: Double)] = []
  }
  struct Succession: Hashable {
    var from: Int
    var to: Int
  }

  let network: RoadNetwork
  let models: [SignalTimingModel]
  let settings: PlatoonNetwork.BuildSettings
  let movementOf: [LinkPair: MovementID]
  /// Signal (position in `models`) of each movement, -1 where none of ours rules it.
  var signalOf: [Int]
  var lanes: [LaneUse] = []
  var laneOfMovement: [[Int]]
  var flow: [Double]
  var entering: [Double]
  var successions: [Succession: (flow: Double, time: Double)] = [:]
  var spacing = 0.0
  var headway = 0.0
  var weight = 0.0
  let linkTime: [Double]

  init(_ network: RoadNetwork, _ models: [SignalTimingModel], _ settings: PlatoonNetwork.BuildSettings) {
    self.network = network
    self.models = models
    self.settings = settings
    movementOf = network.movementIndex()
    let position = Dictionary(uniqueKeysWithValues: models.enumerated().map { ($0.element.signal, $0.offset) })
    signalOf = [Int](repeating: -1, count: network.movements.count)
    laneOfMovement = [[Int]](repeating: [], count: network.movements.count)
    flow = [Double](repeating: 0, count: network.movements.count)
    entering = flow
    linkTime = network.links.map { link in
      let speed = link.lanes.reduce(0.0) { max($0, network[$1].speedLimit) }
      return speed > 0 ? network.length(link.id) / speed : 0
    }
    var known: [LaneID: Int] = [:]
    for m in network.movements {
      for c in m.connections {
        let connection = network[c]
        guard let ruled = connection.signal, let s = position[ruled.signal] else { continue }
        // Only lanes for motor traffic at large: a bus lane does not take its share of the cars.
        guard network[connection.fromLane].permissions.admits(.passenger) else { continue }
        signalOf[m.id.index] = s
        let at: Int
        if let k = known[connection.fromLane] {
          at = k
        } else {
          at = lanes.count
          known[connection.fromLane] = at
          lanes.append(LaneUse(lane: connection.fromLane))
        }
        guard !lanes[at].parts.contains(where: { $0.movement == m.id.index }) else { continue }
        let limit = network[connection.fromLane].speedLimit
        let speed = min(limit, connection.via.map { network[$0].speedLimit } ?? limit)
        lanes[at].parts.append((m.id.index, ruled.index, max(1, speed)))
        laneOfMovement[m.id.index].append(at)
      }
    }
  }

  mutating func addPaths(_ demand: RoutedDemand, slice: Int?, duration: Double) {
    for stream in demand.streams {
      let vehicles = slice.map { stream.vehicles[$0] } ?? stream.vehicles.reduce(0, +)
      guard vehicles > 0 else { continue }
      let rate = vehicles / duration
      spacing += stream.spacing * vehicles
      headway += stream.headway * vehicles
      weight += vehicles
      var last: Int?
      var time = 0.0
      for (a, b) in zip(stream.path, stream.path.dropFirst()) {
        time += linkTime[a.index]
        guard let m = movementOf[LinkPair(from: a, to: b)]?.index, signalOf[m] >= 0 else { continue }
        flow[m] += rate
        if let last {
          let old = successions[Succession(from: last, to: m)] ?? (0, 0)
          successions[Succession(from: last, to: m)] = (old.flow + rate, old.time + rate * time)
        } else {
          entering[m] += rate
        }
        last = m
        time = 0
      }
    }
  }

  func finish(period: Double) -> PlatoonNetwork {
    let spacing = weight > 0 ? self.spacing / weight : 7.5
    let headway = weight > 0 ? self.headway / weight : 1
    let shares = laneShares()
    var rowStart = [0]
    for model in models { rowStart.append(rowStart[rowStart.count - 1] + model.linkCount) }
    var streams: [PlatoonNetwork.Stream] = []
    for lane in lanes {
      let flows = lane.parts.map { flow[$0.movement] * (shares[$0.movement][lane.lane] ?? 0) }
      let demand = flows.reduce(0, +)
      let saturation: [Double] = lane.parts.map { 1 / (headway + spacing / $0.speed + settings.imperfection) }
      // Headways mix in proportion to who drives.
      let mean =
        demand > 0
        ? demand / zip(flows, saturation).reduce(0) { $0 + $1.0 / $1.1 } : saturation.reduce(0, +) / Double(max(1, saturation.count))
      let outside = lane.parts.reduce(0) { $0 + entering[$1.movement] * (shares[$1.movement][lane.lane] ?? 0) }
      let speed = network[lane.lane].speedLimit
      let signal = signalOf[lane.parts[0].movement]
      streams.append(
        PlatoonNetwork.Stream(
          signal: signal, saturationFlow: mean, demand: demand, external: outside,
          parts: zip(lane.parts, flows).map { part, f in
            .init(row: rowStart[signal] + part.index, share: demand > 0 ? f / demand : 1 / Double(lane.parts.count))
          }.filter { demand == 0 || $0.share > 0 }, storage: max(1, network[lane.lane].length / spacing),
          stopLoss: speed / (2 * settings.acceleration) + speed / (2 * settings.deceleration),
          freeTime: network[lane.lane].length / max(1, speed)))
    }
    addOpponents(&streams, rowStart)
    addFeeds(&streams, shares)
    return PlatoonNetwork(rowStart: rowStart, streams: streams, period: period)
  }

  /// How each movement spreads over its lanes: lanes fill to the same level where drivers have the choice.
  private func laneShares() -> [[LaneID: Double]] {
    var load = [Double](repeating: 0, count: lanes.count)
    var part: [[Double]] = laneOfMovement.map { [Double](repeating: $0.isEmpty ? 0 : 1 / Double($0.count), count: $0.count) }
    for m in part.indices { for (k, lane) in laneOfMovement[m].enumerated() { load[lane] += flow[m] * part[m][k] } }
    for _ in 0..<40 {
      for m in part.indices where part[m].count > 1 && flow[m] > 0 {
        for (k, lane) in laneOfMovement[m].enumerated() { load[lane] -= flow[m] * part[m][k] }
        // Pour this movement's flow over what the others leave, lowest lanes first.
        let others = laneOfMovement[m].map { load[$0] }
        let sorted = others.sorted()
        var level = 0.0
        for count in 1...sorted.count {
          level = (flow[m] + sorted.prefix(count).reduce(0, +)) / Double(count)
          if count == sorted.count || level <= sorted[count] { break }
        }
        for (k, lane) in laneOfMovement[m].enumerated() {
          part[m][k] = max(0, level - others[k]) / flow[m]
          load[lane] += flow[m] * part[m][k]
        }
      }
    }
    return laneOfMovement.indices.map { m in
      Dictionary(uniqueKeysWithValues: zip(laneOfMovement[m].map { lanes[$0].lane }, part[m]))
    }
  }

  private func addOpponents(_ streams: inout [PlatoonNetwork.Stream], _ rowStart: [Int]) {
    var byRow: [Int: [(Int, Double)]] = [:]
    for (j, s) in streams.enumerated() { for p in s.parts { byRow[p.row, default: []].append((j, p.share)) } }
    for j in streams.indices {
      let s = streams[j].signal
      let model = models[s]
      for k in streams[j].parts.indices {
        let i = streams[j].parts[k].row - rowStart[s]
        for other in model.rightOfWay.yields[i].indices
        where model.constraints.conflicts[i, other] != .conflict && model.rightOfWay.foes[i][other] {
          for (stream, share) in byRow[rowStart[s] + other] ?? [] where stream != j {
            streams[j].parts[k].opponents.append(.init(stream: stream, share: share))
          }
        }
      }
    }
  }

  private func addFeeds(_ streams: inout [PlatoonNetwork.Stream], _ shares: [[LaneID: Double]]) {
    // Ordered by movement so that no dictionary's order shows.
    let ordered = successions.sorted { ($0.key.to, $0.key.from) < ($1.key.to, $1.key.from) }
    var feeds = [[(travelTime: Double, stream: Int, share: Double)]](repeating: [], count: streams.count)
    for (key, value) in ordered where value.flow > 0 && flow[key.from] > 0 {
      let time = value.time / value.flow
      for to in laneOfMovement[key.to] {
        let into = value.flow / flow[key.from] * (shares[key.to][lanes[to].lane] ?? 0)
        guard into > 0 else { continue }
        for from in laneOfMovement[key.from] where streams[from].demand > 0 {
          let part = flow[key.from] * (shares[key.from][lanes[from].lane] ?? 0) / streams[from].demand
          if part > 0 { feeds[to].append((time, from, into * part)) }
        }
      }
    }
    for j in streams.indices {
      var groups: [PlatoonNetwork.FeedGroup] = []
      for feed in feeds[j].sorted(by: { ($0.travelTime, $0.stream) < ($1.travelTime, $1.stream) }) {
        if let last = groups.indices.last, abs(groups[last].travelTime - feed.travelTime) < 1 {
          if let same = groups[last].feeds.firstIndex(where: { $0.stream == feed.stream }) {
            groups[last].feeds[same].share += feed.share
          } else {
            groups[last].feeds.append(.init(stream: feed.stream, share: feed.share))
          }
        } else {
          groups.append(.init(travelTime: feed.travelTime, feeds: [.init(stream: feed.stream, share: feed.share)]))
        }
      }
      streams[j].groups = groups
    }
  }
}
