import TrafficModel

/// Plane geometry of lane shapes.
enum Polyline {
  static func length(_ shape: [Point]) -> Double {
    zip(shape, shape.dropFirst()).reduce(0) { $0 + $1.0.distance(to: $1.1) }
  }

  /// Distances along `shape` at which `other` crosses it.
  static func crossings(of shape: [Point], with other: [Point]) -> [Double] {
    var found: [Double] = []
    for (p, q) in zip(other, other.dropFirst()) {
      var along = 0.0
      for (a, b) in zip(shape, shape.dropFirst()) {
        if let meeting = meeting(a, b, p, q) { found.append(along + meeting.distance(to: a)) }
        along += a.distance(to: b)
      }
    }
    return found
  }

  /// The point where two segments meet, ends included.
  static func meeting(_ a: Point, _ b: Point, _ p: Point, _ q: Point) -> Point? {
    let tolerance = 1e-6
    let denominator = (q.y - p.y) * (b.x - a.x) - (q.x - p.x) * (b.y - a.y)
    let s = (q.x - p.x) * (a.y - p.y) - (q.y - p.y) * (a.x - p.x)
    let t = (b.x - a.x) * (a.y - p.y) - (b.y - a.y) * (a.x - p.x)
    if abs(denominator) < tolerance {
      // Parallel: they meet where they lie on one line and overlap; the middle of the overlap stands for it.
      guard abs(s) < tolerance, abs(t) < tolerance else { return nil }
      let (lowA, highA) = a.x != b.x ? (min(a.x, b.x), max(a.x, b.x)) : (min(a.y, b.y), max(a.y, b.y))
      let (lowB, highB) = a.x != b.x ? (min(p.x, q.x), max(p.x, q.x)) : (min(p.y, q.y), max(p.y, q.y))
      guard highA >= lowB, highB >= lowA else { return nil }
      let middle = (max(lowA, lowB) + min(highA, highB)) / 2
      if a.x != b.x { return Point(middle, a.y + (b.y - a.y) * (middle - a.x) / (b.x - a.x)) }
      return Point(a.x, middle)
    }
    let u = s / denominator, v = t / denominator
    guard u >= 0, u <= 1, v >= 0, v <= 1 else { return nil }
    return Point(a.x + u * (b.x - a.x), a.y + u * (b.y - a.y))
  }

  /// Heading from one point to another [rad].
  static func direction(from a: Point, to b: Point) -> Double { Elementary.atan2(b.y - a.y, b.x - a.x) }

  /// Heading of the segment that lies `offset` metres along `shape`.
  static func direction(of shape: [Point], at offset: Double) -> Double {
    var left = offset
    for (a, b) in zip(shape, shape.dropFirst()) {
      left -= a.distance(to: b)
      if left <= 0 { return direction(from: a, to: b) }
    }
    guard shape.count > 1 else { return 0 }
    return direction(from: shape[shape.count - 2], to: shape[shape.count - 1])
  }

  /// Smaller angle between two headings, 0 to π [rad].
  static func angleBetween(_ a: Double, _ b: Double) -> Double {
    var difference = abs(a - b).truncatingRemainder(dividingBy: 2 * .pi)
    if difference > .pi { difference = 2 * .pi - difference }
    return difference
  }

  /// Distance from a point to a shape.
  static func distance(from point: Point, to shape: [Point]) -> Double {
    guard let first = shape.first else { return .infinity }
    var best = point.distance(to: first)
    for (a, b) in zip(shape, shape.dropFirst()) {
      let dx = b.x - a.x, dy = b.y - a.y
      let squared = dx * dx + dy * dy
      guard squared > 0 else { continue }
      let t = min(max(((point.x - a.x) * dx + (point.y - a.y) * dy) / squared, 0), 1)
      best = min(best, point.distance(to: Point(a.x + t * dx, a.y + t * dy)))
    }
    return best
  }

  /// How far along two lanes that share a source (or, seen from the end, a target) run closer than `width`.
  ///
  /// Both are walked from the far end; where a segment's near end is still apart, the whole of it counts as apart, and the last one is
  /// cut by interpolation (SUMO's `MSLink::computeDistToDivergence`).
  static func divergence(_ lane: Lane, _ other: Lane, width: Double, sameSource: Bool) -> Double {
    let l = sameSource ? lane.shape : Array(lane.shape.reversed())
    let s = sameSource ? other.shape : Array(other.shape.reversed())
    let drawn = length(l), drawnOther = length(s)
    var apart = 0.0
    var apartOther = 0.0
    if let lEnd = l.last, let sEnd = s.last, lEnd.distance(to: sEnd) > width {
      let mine = l.map { distance(from: $0, to: s) }
      let theirs = s.map { distance(from: $0, to: l) }
      if mine[mine.count - 1] > width, theirs[theirs.count - 1] > width {
        apartOther = tail(s, distances: theirs, width: width)
        apart = tail(l, distances: mine, width: width)
      }
    }
    return min(max(other.length - apartOther, lane.length - apart), drawnOther, drawn)
  }

  private static func tail(_ shape: [Point], distances: [Double], width: Double) -> Double {
    var sum = 0.0
    for i in stride(from: shape.count - 2, through: 0, by: -1) {
      let segment = shape[i].distance(to: shape[i + 1])
      if distances[i] > width {
        sum += segment
      } else {
        sum += segment - (width - distances[i]) * segment / (distances[i + 1] - distances[i])
        break
      }
    }
    return sum
  }
}
