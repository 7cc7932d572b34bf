import LinearAlgebra
import TrafficFlow
import TrafficModel

/// A network as stores of vehicles: each approach holds who waits for the same stages, fills by what its neighbours upstream let go, and
/// empties at its saturation flow while it has green (Gazis & Potts 1963; Aboudolas, Papageorgiou & Kosmatopoulos 2009).
///
/// Movements of a link that different stages serve are approaches of their own: a queue of left turns does not empty while the road
/// beside it has green.
struct StoreAndForwardModel {
  struct Approach {
    /// Link of the graph.
    var link: Int
    /// Links it leads to.
    var exits: [Int]
    /// Signal at its end, by place among the members.
    var member: Int
    /// Vehicles that fit on it.
    var room: Double
    /// Discharge while a stage is green, by stage [veh/s].
    var saturation: [Double]
  }

  /// Signals that are optimised together at most: the effort grows with the third power.
  static let regionSize = 24

  let graph: StreetGraph
  private(set) var approaches: [Approach] = []
  /// Approach of each ruled hop of the graph, or -1, and of those who are on a link and tell no hop.
  private(set) var approachOfHop: [Int]
  private var firstOfLink: [Int: Int] = [:]
  /// Members in regions, each connected where the streets are.
  private(set) var regions: [[Int]] = []
  /// Vehicles on each approach.
  private(set) var stored: [Double] = []
  /// Vehicles seen to go from one approach to another, and to leave each at all, fading.
  private var went: [[Int: Double]] = []
  private var left: [Double] = []
  /// Vehicles that appear on an approach from outside, and all who come, fading [veh/s].
  private(set) var inflow: [Double] = []
  private(set) var arrivals: [Double] = []
  private var placeOf: [UInt32: Place] = [:]

  /// Where a vehicle was last seen; one that misses a report has not gone and come again.
  private struct Place {
    var link: Int
    var approach: Int
    var time: Instant
  }
  /// How long a vehicle that is not seen is remembered.
  private static let forgetful = TimeAmount.seconds(10)

  private var watched = 0.0
  private var last: Instant?
  /// Time constant of what is learnt [s].
  private let memory = 600.0

  /// Saturation flow of a lane, protected and permissive [veh/s] (HCM 7th ed., base 1900 veh/h; half for turns that yield).
  private static let protectedFlow = 0.5, permissiveFlow = 0.25

  init(_ streets: StageChoice) {
    let graph = streets.graph
    self.graph = graph
    approachOfHop = [Int](repeating: -1, count: graph.hops.count)
    for (m, member) in streets.members.enumerated() {
      let stages = member.sequencer.stages
      // Hops of a link with the same indications in every stage.
      var groups: [(link: Int, shown: [Indication], hops: [Int])] = []
      for h in member.hops {
        let link = graph.link[graph.hops[h].from], shown = stages.map { $0[graph.hops[h].link] }
        if let found = groups.firstIndex(where: { $0.link == link && $0.shown.map(\.isGreen) == shown.map(\.isGreen) }) {
          groups[found].hops.append(h)
        } else {
          groups.append((link, shown, [h]))
        }
      }
      // A lane that several of them use is divided among them.
      var users: [Int: Int] = [:]
      for group in groups { for lane in Set(group.hops.map { graph.hops[$0].from }) { users[lane, default: 0] += 1 } }
      for group in groups {
        let lanes = Set(group.hops.map { graph.hops[$0].from }).sorted()
        let saturation = stages.map { stage -> Double in
          lanes.reduce(0.0) { sum, lane in
            let shown = group.hops.filter { graph.hops[$0].from == lane }.map { stage[graph.hops[$0].link] }
            let flow = shown.contains(.green) ? Self.protectedFlow : shown.contains(.permissiveGreen) ? Self.permissiveFlow : 0
            return sum + flow / Double(users[lane]!)
          }
        }
        let room = lanes.reduce(0) { $0 + max(1, graph.length[$1] / streets.settings.spacing) / Double(users[$1]!) }
        for h in group.hops { approachOfHop[h] = approaches.count }
        if firstOfLink[group.link] == nil { firstOfLink[group.link] = approaches.count }
        approaches.append(
          Approach(
            link: group.link, exits: Set(group.hops.map { graph.link[graph.hops[$0].to] }).sorted(), member: m, room: max(room, 1),
            saturation: saturation))
      }
    }
    stored = [Double](repeating: 0, count: approaches.count)
    inflow = stored
    arrivals = stored
    left = stored
    went = [[Int: Double]](repeating: [:], count: approaches.count)
    regions = Self.regions(of: streets.members.count, neighbours: neighbours(streets.members.count))
  }

  /// Members that an approach of another is fed by.
  private func neighbours(_ count: Int) -> [[Int]] {
    var near = [Set<Int>](repeating: [], count: count)
    let memberOfLink = Dictionary(approaches.map { ($0.link, $0.member) }, uniquingKeysWith: { a, _ in a })
    for approach in approaches {
      for link in approach.exits {
        guard let other = memberOfLink[link], other != approach.member else { continue }
        near[approach.member].insert(other)
        near[other].insert(approach.member)
      }
    }
    return near.map { $0.sorted() }
  }

  static func regions(of count: Int, neighbours: [[Int]]) -> [[Int]] {
    var regions: [[Int]] = []
    var taken = [Bool](repeating: false, count: count)
    for start in 0..<count where !taken[start] {
      var region = [start]
      taken[start] = true
      var next = 0
      while next < region.count, region.count < regionSize {
        for near in neighbours[region[next]] where !taken[near] && region.count < regionSize {
          taken[near] = true
          region.append(near)
        }
        next += 1
      }
      regions.append(region.sorted())
    }
    return regions
  }

  /// Takes in who is where.
  mutating func observe(_ now: Instant, _ seen: [TrafficLearning.Seen]) {
    let dt = last.map { (now - $0).seconds } ?? 0
    last = now
    watched += dt
    let fade = exponential(-dt / memory)
    for a in approaches.indices {
      stored[a] = 0
      inflow[a] *= fade
      arrivals[a] *= fade
      left[a] *= fade
    }
    if dt > 0 { for a in went.indices { for b in went[a].keys { went[a][b]! *= fade } } }
    for vehicle in seen {
      guard vehicle.lane >= 0 else {
        placeOf[vehicle.key]?.time = now
        continue
      }
      let link = graph.link[vehicle.lane]
      var a = vehicle.target >= 0 ? approachOfHop[vehicle.target] : -1
      if a < 0 || approaches[a].link != link { a = firstOfLink[link] ?? -1 }
      let before = placeOf[vehicle.key]
      placeOf[vehicle.key] = Place(link: link, approach: a, time: now)
      if a >= 0 { stored[a] += 1 }
      if let before, before.link == link { continue }
      if a >= 0 { arrivals[a] += 1 / memory }
      if let before, before.approach >= 0 {
        left[before.approach] += 1
        if a >= 0 { went[before.approach][a, default: 0] += 1 }
      } else if a >= 0 {
        inflow[a] += 1 / memory
      }
    }
    placeOf = placeOf.filter { now - $0.value.time < Self.forgetful }
  }

  /// What a fading rate says, corrected for the short time watched so far.
  private var maturity: Double { 1 - exponential(-max(watched, 30) / memory) }

  /// Vehicles that appear from outside on an approach [veh/s].
  func inflowRate(_ a: Int) -> Double { inflow[a] / maturity }

  /// Greens [s] by which a member's stages serve those who come in a cycle of `total` green and `lost` other seconds, the rest of the green
  /// shared in proportion; and the ratio of flow to saturation that its stages need together.
  func nominal(_ m: Int, total: Double, lost: Double, minimum: Double) -> (greens: [Double], ratio: Double) {
    let own = approaches.indices.filter { approaches[$0].member == m }
    guard let stages = own.first.map({ approaches[$0].saturation.count }) else { return ([], 0) }
    // Who is served by few stages asks first: the others may find enough there already.
    let order = own.sorted { a, b in
      (approaches[a].saturation.count { $0 > 0 }, a) < (approaches[b].saturation.count { $0 > 0 }, b)
    }
    var greens = [Double](repeating: 0, count: stages)
    for a in order {
      let flow = arrivals[a] / maturity * (total + lost), saturation = approaches[a].saturation
      let served = saturation.indices.reduce(0) { $0 + saturation[$1] * greens[$1] }
      guard flow > served, let best = saturation.indices.max(by: { (saturation[$0], -$0) < (saturation[$1], -$1) }), saturation[best] > 0
      else { continue }
      greens[best] += (flow - served) / saturation[best]
    }
    let ratio = greens.reduce(0, +) / (total + lost)
    let wanted = greens.map { max($0, minimum) }
    let factor = total / wanted.reduce(0, +)
    return (wanted.map { $0 * factor }, ratio)
  }

  /// Cycle [s] for a ratio of flow to saturation and `lost` seconds (Webster 1958), within bounds.
  static func cycle(ratio: Double, lost: Double, within bounds: ClosedRange<Double>) -> Double {
    let best = ratio < 0.95 ? (1.5 * lost + 5) / (1 - ratio) : .infinity
    return min(max(best, bounds.lowerBound), bounds.upperBound)
  }

  /// Share of the vehicles leaving approach `a` that enter approach `b`; an even split over the ways there are, until seen otherwise.
  func share(_ a: Int, _ b: Int) -> Double {
    guard approaches[a].exits.contains(approaches[b].link) else { return 0 }
    let prior = 5.0
    let beside = approaches.indices.count { approaches[$0].link == approaches[b].link }
    return ((went[a][b] ?? 0) + prior / Double(approaches[a].exits.count * beside)) / (left[a] + prior)
  }

  /// Approaches of a region's members.
  func approaches(of region: [Int]) -> [Int] { approaches.indices.filter { region.contains(approaches[$0].member) } }

  /// The change of what is stored for each second of each stage's green: approaches × stages of the region, with the first column of
  /// each member.
  func effect(_ region: [Int], stages: [Int]) -> (matrix: Matrix, column: [Int: Int], rows: [Int]) {
    let rows = approaches(of: region)
    var column: [Int: Int] = [:]
    var columns = 0
    for m in region {
      column[m] = columns
      columns += stages[m]
    }
    var matrix = Matrix(rows: rows.count, columns: columns)
    for (i, a) in rows.enumerated() {
      for stage in approaches[a].saturation.indices {
        let flow = approaches[a].saturation[stage], j = column[approaches[a].member]! + stage
        guard flow > 0 else { continue }
        matrix[i, j] -= flow
        for (k, b) in rows.enumerated() where b != a {
          let share = share(a, b)
          if share > 0 { matrix[k, j] += share * flow }
        }
      }
    }
    return (matrix, column, rows)
  }
}
