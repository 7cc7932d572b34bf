import TrafficModel

/// A way through the network as one axis of distance: links one after another, the junctions between them, and the way back.
public struct Corridor: Sendable {
  /// A stop line on the corridor.
  public struct SignalPlace: Sendable, Hashable {
    public var signal: SignalID
    /// Stop line of the traffic going up and of that coming down [m]; nil where that direction is not ruled here.
    public var up: Double?
    public var down: Double?
    /// Positions in the controller's state that let the corridor's through traffic pass.
    public var upLinks: [Int] = []
    public var downLinks: [Int] = []

    /// Where the signal is drawn [m].
    public var distance: Double { ((up ?? down ?? 0) + (down ?? up ?? 0)) / 2 }
  }

  public let links: [LinkID]
  /// The opposite directions of `links`, in the order in which traffic coming down meets them; links without one are skipped.
  public let returnLinks: [LinkID]
  /// [m]
  public let length: Double
  /// Ascending along the corridor.
  public private(set) var signals: [SignalPlace] = []
  /// By lane: distance of its start, and +1 or −1 for the direction of driving [m].
  var places: [Int: (start: Double, direction: Double)] = [:]

  /// Follows `links`, each of which must lead to the next.
  ///
  /// - Throws: ``InputProblem`` naming the first gap.
  public init(_ links: [LinkID], in network: RoadNetwork) throws {
    precondition(!links.isEmpty, "a corridor needs a link")
    self.links = links
    var starts: [Double] = []
    var position = 0.0
    var insides: [Double] = []
    for (k, link) in links.enumerated() {
      starts.append(position)
      position += network.length(link)
      guard k + 1 < links.count else { break }
      guard let inside = network.insideLength(from: link, to: links[k + 1]) else {
        throw InputProblem(
          file: "corridor", element: network.name(link), expected: "a link that leads to \(network.name(links[k + 1]))", found: "a gap")
      }
      insides.append(inside)
      position += inside
    }
    length = position

    let opposites = links.map { network.opposite(of: $0) }
    returnLinks = opposites.reversed().compactMap { $0 }
    for (k, link) in links.enumerated() {
      for lane in network[link].lanes { places[lane.index] = (starts[k], 1) }
      let end = starts[k] + network.length(link)
      if let back = opposites[k] { for lane in network[back].lanes { places[lane.index] = (end, -1) } }
      if k + 1 < links.count {
        for lane in network.insideLanes(from: link, to: links[k + 1]) { places[lane.index] = (end, 1) }
        if let back = opposites[k], let next = opposites[k + 1] {
          for lane in network.insideLanes(from: next, to: back) { places[lane.index] = (starts[k + 1], -1) }
        }
      }
    }

    var found: [SignalID: SignalPlace] = [:]
    func note(_ link: LinkID, to next: LinkID?, at distance: Double, up: Bool) {
      for (signal, indices) in network.throughSignals(from: link, to: next) {
        var place = found[signal] ?? SignalPlace(signal: signal)
        if up {
          place.up = max(place.up ?? -.infinity, distance)
          place.upLinks = Array(Set(place.upLinks + indices)).sorted()
        } else {
          place.down = min(place.down ?? .infinity, distance)
          place.downLinks = Array(Set(place.downLinks + indices)).sorted()
        }
        found[signal] = place
      }
    }
    for (k, link) in links.enumerated() {
      note(link, to: k + 1 < links.count ? links[k + 1] : nil, at: starts[k] + network.length(link), up: true)
      if let back = opposites[k] { note(back, to: k > 0 ? opposites[k - 1] : nil, at: starts[k], up: false) }
    }
    signals = found.values.sorted { ($0.distance, $0.signal) < ($1.distance, $1.signal) }
  }

  /// Where a vehicle stands on the corridor, and which way it goes; nil off the corridor.
  public func distance(_ sample: Trajectory.Sample) -> (distance: Double, isUp: Bool)? {
    guard let place = places[sample.lane.index] else { return nil }
    return (place.start + place.direction * sample.position, place.direction > 0)
  }

  /// The straight way with the most signals in the network, and among those the one with the most traffic; nil without signals.
  ///
  /// - Parameter flow: one figure a link by its index; only their order matters.
  public static func main(of network: RoadNetwork, flow: [Double]) -> Corridor? {
    var next = [Int?](repeating: nil, count: network.links.count)
    for movement in network.movements where movement.turn == .straight {
      let from = movement.from.index
      let best = next[from].map { flow[network.movements[$0].to.index] } ?? -1
      if flow[movement.to.index] > best { next[from] = movement.id.index }
    }
    var hasUpstream = [Bool](repeating: false, count: network.links.count)
    for step in next { if let step { hasUpstream[network.movements[step].to.index] = true } }
    var best: (signals: Int, weight: Double, links: [LinkID])?
    // Ways that nothing leads straight into come first; a ring of straight links has no such start, hence the second pass.
    for startsOnly in [true, false] {
      for link in network.roads where startsOnly == !hasUpstream[link.id.index] {
        var way = [link.id], seen: Set<LinkID> = [link.id]
        while let step = next[way[way.count - 1].index] {
          let following = network.movements[step].to
          guard seen.insert(following).inserted else { break }
          way.append(following)
        }
        let signals = Set(way.flatMap { network.signals(at: $0) }).count
        let weight = way.reduce(0) { $0 + flow[$1.index] * network.length($1) }
        if signals > 0, best == nil || (signals, weight) > (best!.signals, best!.weight) { best = (signals, weight, way) }
      }
      if best != nil { break }
    }
    return best.flatMap { try? Corridor($0.links, in: network) }
  }
}

extension RoadNetwork {
  /// The link that leads back from where `link` ends to where it begins; the busiest looking where there are several.
  public func opposite(of link: LinkID) -> LinkID? {
    let (from, to) = (self[link].from, self[link].to)
    return roads.filter { $0.from == to && $0.to == from }.max { ($0.lanes.count, $1.id) < ($1.lanes.count, $0.id) }?.id
  }

  /// Internal lanes travelled between two links, those after an inside stop included.
  func insideLanes(from: LinkID, to: LinkID) -> [LaneID] {
    var found: [LaneID] = []
    for lane in self[from].lanes {
      for connection in connectionsFrom[lane.index] where self[self[connection].toLane].link == to {
        var via = self[connection].via
        while let inside = via, !found.contains(inside) {
          found.append(inside)
          via = connectionsFrom[inside.index].first.flatMap { self[$0].via }
        }
      }
    }
    return found
  }

  /// Length of the way across the junction between two links [m]; nil where there is no way.
  func insideLength(from: LinkID, to: LinkID) -> Double? {
    for lane in self[from].lanes {
      for connection in connectionsFrom[lane.index] where self[self[connection].toLane].link == to {
        guard let via = self[connection].via else { return 0 }
        var length = 0.0, current: LaneID? = via, guardCount = 0
        while let inside = current, guardCount < 4 {
          length += self[inside].length
          current = connectionsFrom[inside.index].first.flatMap { self[$0].via }
          guardCount += 1
        }
        return length
      }
    }
    return nil
  }

  /// Controllers and their positions that let traffic go from one link to the next, or straight on where `to` is nil.
  func throughSignals(from: LinkID, to: LinkID?) -> [(signal: SignalID, indices: [Int])] {
    var found: [SignalID: [Int]] = [:]
    for lane in self[from].lanes {
      for id in connectionsFrom[lane.index] {
        let connection = self[id]
        guard let signal = connection.signal else { continue }
        if let to {
          guard self[connection.toLane].link == to else { continue }
        } else {
          guard connection.turn == .straight else { continue }
        }
        found[signal.signal, default: []].append(signal.index)
      }
    }
    return found.sorted { $0.key < $1.key }.map { ($0.key, Array(Set($0.value)).sorted()) }
  }
}
