import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A network while it is being worked out from a design.
struct StreetBuild {
  /// One way from a lane to another across a junction.
  struct Way {
    var from: Int
    var fromLane: Int
    var to: Int
    var toLane: Int
    var turn: Turn
    var shape: [Point]
    /// Place among the junction's ways: its request index.
    var index: Int
    /// Name of the internal edge, and which of its lanes this is.
    var edge: Int
    var edgeLane: Int
  }

  let design: StreetDesign
  /// Roads into and out of each junction, into in the order of the compass, north first.
  let incoming: [[Int]]
  let outgoing: [[Int]]
  /// How far roads stop before each junction's middle [m].
  let setback: [Double]
  var network = RoadNetwork()

  init(_ design: StreetDesign) {
    self.design = design
    var into = [[Int]](repeating: [], count: design.junctions.count), out = into
    for (k, road) in design.roads.enumerated() {
      precondition(road.from != road.to && road.lanes > 0, "road \(road.name) must join two junctions with at least one lane")
      into[road.to].append(k)
      out[road.from].append(k)
    }
    // Clockwise from north by where they come from, as netconvert numbers them.
    for j in into.indices {
      let here = design.junctions[j].position
      func bearing(_ k: Int) -> Double {
        let there = design.junctions[design.roads[k].from].position
        let angle = atan2(there.x - here.x, there.y - here.y)
        return angle < -1e-9 ? angle + 2 * .pi : angle
      }
      into[j].sort { (bearing($0), $0) < (bearing($1), $1) }
    }
    incoming = into
    outgoing = out
    setback = design.junctions.indices.map { j in
      guard Set(into[j].map { design.roads[$0].from } + out[j].map { design.roads[$0].to }).count > 1 else { return 0 }
      let lanes = (into[j] + out[j]).map { design.roads[$0].lanes }.max() ?? 1
      // The cross road's half width and room for a corner.
      return Double(lanes) * design.laneWidth + 4
    }
  }

  // MARK: Geometry

  func direction(_ road: Int) -> Point {
    let a = design.junctions[design.roads[road].from].position, b = design.junctions[design.roads[road].to].position
    let length = a.distance(to: b)
    return Point((b.x - a.x) / length, (b.y - a.y) / length)
  }

  /// Both ends of a lane's middle line; the road's lanes lie to the right of the line between its junctions.
  func ends(_ road: Int, lane: Int) -> (start: Point, end: Point) {
    let plan = design.roads[road]
    let a = design.junctions[plan.from].position, b = design.junctions[plan.to].position
    let d = direction(road)
    let aside = (Double(plan.lanes - 1 - lane) + 0.5) * design.laneWidth
    let right = Point(d.y * aside, -d.x * aside)
    let first = setback[plan.from], last = setback[plan.to]
    return (
      Point(a.x + d.x * first + right.x, a.y + d.y * first + right.y),
      Point(b.x - d.x * last + right.x, b.y - d.y * last + right.y)
    )
  }

  /// A smooth way between two lanes: a cubic whose ends follow them.
  private func curve(_ road: Int, _ lane: Int, _ next: Int, _ nextLane: Int, _ turn: Turn) -> [Point] {
    let p0 = ends(road, lane: lane).end, p3 = ends(next, lane: nextLane).start
    if turn == .straight { return [p0, p3] }
    let d0 = direction(road), d1 = direction(next)
    // 0.55 of a corner's leg makes a quarter circle.
    let reach = p0.distance(to: p3) / 2.0.squareRoot() * 0.55
    let p1 = Point(p0.x + d0.x * reach, p0.y + d0.y * reach), p2 = Point(p3.x - d1.x * reach, p3.y - d1.y * reach)
    return (0...8).map { k in
      let t = Double(k) / 8, s = 1 - t
      let a = s * s * s, b = 3 * s * s * t, c = 3 * s * t * t, d = t * t * t
      return Point(a * p0.x + b * p1.x + c * p2.x + d * p3.x, a * p0.y + b * p1.y + c * p2.y + d * p3.y)
    }
  }

  static func length(_ shape: [Point]) -> Double { zip(shape, shape.dropFirst()).reduce(0) { $0 + $1.0.distance(to: $1.1) } }

  /// Angle from one road's direction to the next one's, left positive [rad].
  func angle(_ road: Int, _ next: Int) -> Double {
    let a = direction(road), b = direction(next)
    return atan2(a.x * b.y - a.y * b.x, a.x * b.x + a.y * b.y)
  }

  func turn(_ road: Int, _ next: Int) -> Turn {
    let angle = angle(road, next)
    if abs(angle) > 2.9 { return .uTurn }
    return abs(angle) < 0.5 ? .straight : angle > 0 ? .left : .right
  }

  // MARK: Ways across a junction

  /// Every way across junction `j`, numbered as the right-of-way rows count them.
  func ways(_ j: Int) -> [Way] {
    var ways: [Way] = []
    for road in incoming[j] {
      let exits = outgoing[j].filter { turn(road, $0) != .uTurn }
        .map { (road: $0, turn: turn(road, $0), angle: angle(road, $0)) }.sorted { $0.angle < $1.angle }
      let lanes = design.roads[road].lanes
      var groupStart: [Int: (index: Int, count: Int)] = [:]
      for lane in 0..<lanes {
        for exit in exits {
          let width = design.roads[exit.road].lanes
          guard let target = Self.target(lane: lane, of: lanes, turn: exit.turn, width: width, turns: exits.map(\.turn)) else { continue }
          let index = ways.count
          let place = groupStart[exit.road] ?? (index, 0)
          groupStart[exit.road] = (place.index, place.count + 1)
          ways.append(
            Way(
              from: road, fromLane: lane, to: exit.road, toLane: target, turn: exit.turn,
              shape: curve(road, lane, exit.road, target, exit.turn), index: index, edge: place.index, edgeLane: place.count))
        }
      }
    }
    return ways
  }

  /// The lane a turn ends on, or nil where this lane does not lead there: rights from the outer lane, lefts from the inner one, which
  /// is theirs alone on roads of three lanes and more; the lanes between go straight.
  static func target(lane: Int, of lanes: Int, turn: Turn, width: Int, turns: [Turn]) -> Int? {
    let hasStraight = turns.contains(.straight)
    let hasLeft = turns.contains(.left), hasRight = turns.contains(.right)
    switch turn {
    case .right:
      // At the foot of a T the outer half turns right.
      let reach = hasStraight || !hasLeft ? 1 : (lanes + 1) / 2
      let last = hasStraight || hasLeft ? reach : lanes
      return lane < last && lane < width ? lane : nil
    case .left:
      let own = hasStraight || !hasRight ? 1 : max(1, lanes / 2)
      let first = hasStraight || hasRight ? lanes - own : 0
      let target = width - (lanes - lane)
      return lane >= first && target >= 0 ? target : nil
    default:
      if hasLeft, lanes >= 3, lane == lanes - 1 { return nil }
      return min(lane, width - 1)
    }
  }

  /// Whether two ways meet: they cross, or end on the same lane.
  static func meet(_ a: Way, _ b: Way) -> Bool {
    if a.from == b.from { return false }
    if a.to == b.to, a.toLane == b.toLane { return true }
    for (p, q) in zip(a.shape, a.shape.dropFirst()) {
      for (r, s) in zip(b.shape, b.shape.dropFirst()) where cross(p, q, r, s) { return true }
    }
    return false
  }

  private static func cross(_ p: Point, _ q: Point, _ r: Point, _ s: Point) -> Bool {
    func side(_ a: Point, _ b: Point, _ c: Point) -> Double { (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) }
    return side(p, q, r) * side(p, q, s) <= 0 && side(r, s, p) * side(r, s, q) <= 0
  }

  /// Whether way `a` lets `b` pass where they meet: the lesser road the greater, a left turn the oncoming traffic, else who comes from
  /// the left whoever comes from the right.
  func yields(_ a: Way, to b: Way) -> Bool {
    let between = angle(a.from, b.from)
    if abs(between) > 2.36 {
      if (a.turn == .left) != (b.turn == .left) { return a.turn == .left }
      return a.index > b.index
    }
    let mine = design.roads[a.from].priority, theirs = design.roads[b.from].priority
    if mine != theirs { return mine < theirs }
    // Traffic from the right drives to our left.
    return between > 0
  }
}
