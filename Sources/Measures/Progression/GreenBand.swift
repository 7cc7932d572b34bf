import TrafficModel

/// A platoon's way through every green of a corridor: the time it may pass each stop line, once a cycle.
public struct GreenBand: Sendable, Hashable {
  public struct Pass: Sendable, Hashable {
    /// [m] along the corridor.
    public var distance: Double
    /// When the band's head and tail pass [s on the scenario clock].
    public var begin: Double
    public var end: Double
    public init(distance: Double, begin: Double, end: Double) {
      self.distance = distance
      self.begin = begin
      self.end = end
    }
  }
  /// Toward growing distance.
  public var isUp: Bool
  /// In the order in which the platoon meets them.
  public var passes: [Pass]
  /// [s]
  public var cycle: Double

  public init(isUp: Bool, passes: [Pass], cycle: Double) {
    self.isUp = isUp
    self.passes = passes
    self.cycle = cycle
  }

  /// [s]
  public var width: Double { passes.map { $0.end - $0.begin }.min() ?? 0 }

  /// The widest band that fixed programs leave open for traffic at one speed.
  ///
  /// Greens are shifted back by the travel time to the first stop line and intersected over the cycle, to a tenth of a second.
  /// Nil where the programs have no common cycle, a signal has no program, or no band is open.
  ///
  /// - Parameters:
  ///   - speed: of the platoon [m/s].
  ///   - programs: by signal.
  public static func widest(along corridor: Corridor, isUp: Bool, speed: Double, programs: [SignalID: SignalProgram]) -> GreenBand? {
    precondition(speed > 0 && speed.isFinite, "a platoon's speed must be positive, not \(speed)")
    var places: [(distance: Double, signal: SignalID, links: [Int])] = corridor.signals.compactMap { place in
      guard let distance = isUp ? place.up : place.down else { return nil }
      return (distance, place.signal, isUp ? place.upLinks : place.downLinks)
    }
    if !isUp { places.reverse() }
    guard let first = places.first, let cycle = programs[first.signal]?.cycle, cycle.milliseconds > 0 else { return nil }
    let cells = Int(cycle.milliseconds / 100)
    guard cells > 0, cells < 1_000_000 else { return nil }
    var open = [Bool](repeating: true, count: cells)
    for place in places {
      guard let program = programs[place.signal], program.cycle == cycle else { return nil }
      let travel = Int64(((place.distance - first.distance).magnitude / speed * 1000).rounded())
      for cell in 0..<cells where open[cell] {
        guard let (stage, _) = program.stage(at: Instant(milliseconds: Int64(cell) * 100 + travel)) else { return nil }
        let state = program.stages[stage].state
        open[cell] = place.links.contains { $0 < state.count && state[$0].isGreen }
      }
    }
    guard let (start, count) = longestRun(open), count > 0 else { return nil }
    let begin = Double(start) / 10, width = Double(count) / 10
    return GreenBand(
      isUp: isUp,
      passes: places.map { place in
        let travel = (place.distance - first.distance).magnitude / speed
        return Pass(distance: place.distance, begin: begin + travel, end: begin + travel + width)
      }, cycle: cycle.seconds)
  }

  /// The longest run of true on a circle.
  static func longestRun(_ open: [Bool]) -> (start: Int, count: Int)? {
    let n = open.count
    if open.allSatisfy({ $0 }) { return n > 0 ? (0, n) : nil }
    var best: (start: Int, count: Int)?
    var i = 0
    while i < n {
      guard open[i], !open[(i + n - 1) % n] else {
        i += 1
        continue
      }
      var count = 0
      while open[(i + count) % n] { count += 1 }
      if count > best?.count ?? 0 { best = (i, count) }
      i += max(count, 1)
    }
    return best
  }
}
