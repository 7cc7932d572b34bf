import LinearAlgebra
import TrafficFlow
import TrafficModel

/// A network as stores of vehicles: each approach of a signal holds what is on it, fills by what its neighbours upstream let go, and
/// empties at its saturation flow while it has green (Gazis & Potts 1963; Aboudolas, Papageorgiou & Kosmatopoulos 2009).
struct StoreAndForwardModel {
  struct Approach {
    /// Link of the graph.
    var link: Int
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
  /// Approach of each link of the graph, or -1.
  private(set) var approachOf: [Int]
  /// Members in regions, each connected where the streets are.
  private(set) var regions: [[Int]] = []
  /// Vehicles on each approach.
  private(set) var stored: [Double] = []
  /// Vehicles seen to go from one approach to another, and to leave each at all, fading.
  private var went: [[Int: Double]] = []
  private var left: [Double] = []
  /// Vehicles that appear on an approach from outside, fading [veh/s].
  private(set) var inflow: [Double] = []
  private var linkOf: [UInt32: Int] = [:]
  private var last: Instant?
  /// Time constant of what is learnt [s].
  private let memory = 600.0

  /// Saturation flow of a lane, protected and permissive [veh/s] (HCM 7th ed., base 1900 veh/h; half for turns that yield).
  private static let protectedFlow = 0.5, permissiveFlow = 0.25

  init(_ streets: StageChoice) {
    let graph = streets.graph
    self.graph = graph
    approachOf = [Int](repeating: -1, count: graph.lanesOfLink.count)
    for (m, member) in streets.members.enumerated() {
      for h in member.hops {
        let link = graph.link[graph.hops[h].from]
        guard approachOf[link] < 0 else { continue }
        approachOf[link] = approaches.count
        let lanes = graph.lanesOfLink[link]
        let saturation = member.sequencer.stages.map { stage -> Double in
          lanes.reduce(0.0) { sum, lane in
            let shown = graph.hopsFrom[lane].filter { member.hops.contains($0) }.map { stage[graph.hops[$0].link] }
            return sum + (shown.contains(.green) ? Self.protectedFlow : shown.contains(.permissiveGreen) ? Self.permissiveFlow : 0)
          }
        }
        let room = lanes.reduce(0) { $0 + max(1, graph.length[$1] / streets.settings.spacing) }
        approaches.append(Approach(link: link, member: m, room: room, saturation: saturation))
      }
    }
    stored = [Double](repeating: 0, count: approaches.count)
    inflow = stored
    left = stored
    went = [[Int: Double]](repeating: [:], count: approaches.count)
    regions = Self.regions(of: streets.members.count, neighbours: neighbours(streets.members.count))
  }

  /// Members that an approach of another is fed by.
  private func neighbours(_ count: Int) -> [[Int]] {
    var near = [Set<Int>](repeating: [], count: count)
    for approach in approaches {
      for lane in graph.lanesOfLink[approach.link] {
        for hop in graph.hopsFrom[lane] {
          let next = approachOf[graph.link[graph.hops[hop].to]]
          guard next >= 0, approaches[next].member != approach.member else { continue }
          near[approach.member].insert(approaches[next].member)
          near[approaches[next].member].insert(approach.member)
        }
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
    let fade = exponential(-dt / memory)
    for a in approaches.indices {
      stored[a] = 0
      inflow[a] *= fade
      left[a] *= fade
    }
    if dt > 0 { for a in went.indices { for b in went[a].keys { went[a][b]! *= fade } } }
    var present: [UInt32: Int] = [:]
    present.reserveCapacity(seen.count)
    for vehicle in seen {
      guard vehicle.lane >= 0 else {
        present[vehicle.key] = linkOf[vehicle.key]
        continue
      }
      let link = graph.link[vehicle.lane]
      present[vehicle.key] = link
      let a = approachOf[link]
      if a >= 0 { stored[a] += 1 }
      let before = linkOf[vehicle.key]
      guard before != link else { continue }
      let from = before.map { approachOf[$0] } ?? -1
      if from >= 0 {
        left[from] += 1
        if a >= 0 { went[from][a, default: 0] += 1 }
      } else if a >= 0 {
        inflow[a] += 1 / memory
      }
    }
    linkOf = present
  }

  /// Share of the vehicles leaving approach `a` that enter approach `b`; an even split over the ways there are, until seen otherwise.
  func share(_ a: Int, _ b: Int) -> Double {
    var exits: Set<Int> = []
    for lane in graph.lanesOfLink[approaches[a].link] { for hop in graph.hopsFrom[lane] { exits.insert(graph.link[graph.hops[hop].to]) } }
    guard exits.contains(approaches[b].link) else { return 0 }
    let prior = 5.0
    return ((went[a][b] ?? 0) + prior / Double(exits.count)) / (left[a] + prior)
  }

  /// Approaches of a region's members.
  func approaches(of region: [Int]) -> [Int] { approaches.indices.filter { region.contains(approaches[$0].member) } }

  /// How full the fullest fifth of the approaches of some members is, 0 to 1.
  func load(_ members: [Int]) -> Double {
    let loads = approaches(of: members).map { min(stored[$0] / approaches[$0].room, 1) }.sorted(by: >)
    let top = loads.prefix(max(1, loads.count / 5))
    return top.isEmpty ? 0 : top.reduce(0, +) / Double(top.count)
  }

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
