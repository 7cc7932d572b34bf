/// The platoon network in columns, in the order of evaluation.
struct PlatoonLayout {
  struct Stream {
    var signal: Int32
    /// Row of its only part, -1 where it has several or gives way.
    var plainRow: Int32
    var firstPart: Int32
    var parts: Int32
    var firstGroup: Int32
    var groups: Int32
    var saturationFlow: Float
    var external: Float
    var demand: Float
    var storage: Float
    /// Stops a second times this is in vehicles.
    var stopCost: Float
    /// Neither fed by other streams nor giving way to any.
    var standsAlone: Bool
  }
  struct Part {
    var row: Int32
    var share: Float
    var firstOpponent: Int32
    var opponents: Int32
  }
  struct Link {
    var stream: Int32
    var share: Float
  }
  struct Group {
    var travelTime: Double
    var firstFeed: Int32
    var feeds: Int32
  }

  var streams: [Stream] = []
  var parts: [Part] = []
  var opponents: [Link] = []
  var groups: [Group] = []
  var feeds: [Link] = []
  /// Streams of each signal, in order of evaluation.
  var ofSignal: [[Int32]]
  /// Streams fed by each stream, and those that give way to it.
  var dependents: [[Int32]]
  var givingWay: [[Int32]]
  /// Position of every stream in a round.
  var order: [Int32]
  var hasPermissive = false

  init(_ network: PlatoonNetwork, _ settings: PlatoonSettings) {
    let n = network.streams.count
    ofSignal = [[Int32]](repeating: [], count: network.signalCount)
    dependents = [[Int32]](repeating: [], count: n)
    givingWay = [[Int32]](repeating: [], count: n)
    for (j, s) in network.streams.enumerated() {
      let firstPart = parts.count
      let firstGroup = groups.count
      for p in s.parts {
        parts.append(
          Part(row: Int32(p.row), share: Float(p.share), firstOpponent: Int32(opponents.count), opponents: Int32(p.opponents.count)))
        for o in p.opponents {
          opponents.append(Link(stream: Int32(o.stream), share: Float(o.share)))
          givingWay[o.stream].append(Int32(j))
          hasPermissive = true
        }
      }
      for g in s.groups {
        groups.append(Group(travelTime: g.travelTime, firstFeed: Int32(feeds.count), feeds: Int32(g.feeds.count)))
        for f in g.feeds {
          feeds.append(Link(stream: Int32(f.stream), share: Float(f.share)))
          dependents[f.stream].append(Int32(j))
        }
      }
      let plain = s.parts.count == 1 && s.parts[0].opponents.isEmpty
      streams.append(
        Stream(
          signal: Int32(s.signal), plainRow: plain ? Int32(s.parts[0].row) : -1, firstPart: Int32(firstPart), parts: Int32(s.parts.count),
          firstGroup: Int32(firstGroup), groups: Int32(s.groups.count), saturationFlow: Float(s.saturationFlow),
          external: Float(s.external), demand: Float(s.demand), storage: Float(min(s.storage, 1e6)),
          stopCost: Float(settings.stopWeight * s.stopLoss),
          standsAlone: s.groups.isEmpty && s.parts.allSatisfy { $0.opponents.isEmpty }))
    }
    for j in 0..<n {
      dependents[j] = Array(Set(dependents[j])).sorted()
      givingWay[j] = Array(Set(givingWay[j])).sorted()
    }
    // Streams with most outside traffic first, then along the flow: a round then passes on fresh profiles where it can.
    var known = [Bool](repeating: false, count: n)
    var rank: [Int32] = []
    let outside = (0..<n).sorted { a, b in
      let x = network.streams[a].external / max(1e-9, network.streams[a].demand)
      let y = network.streams[b].external / max(1e-9, network.streams[b].demand)
      return x != y ? x > y : a < b
    }
    for seed in outside where !known[seed] {
      var front = [Int32(seed)]
      known[seed] = true
      while !front.isEmpty {
        rank += front
        var next: [Int32] = []
        for j in front {
          for d in dependents[Int(j)] where !known[Int(d)] {
            known[Int(d)] = true
            next.append(d)
          }
        }
        front = next
      }
    }
    // Who gives way comes after whom it gives way to, within the signal.
    order = rank
    for j in order { ofSignal[Int(network.streams[Int(j)].signal)].append(j) }
    for s in ofSignal.indices {
      let free = ofSignal[s].filter { j in network.streams[Int(j)].parts.allSatisfy { $0.opponents.isEmpty } }
      let giving = ofSignal[s].filter { j in !network.streams[Int(j)].parts.allSatisfy { $0.opponents.isEmpty } }
      ofSignal[s] = free + giving
    }
  }
}
