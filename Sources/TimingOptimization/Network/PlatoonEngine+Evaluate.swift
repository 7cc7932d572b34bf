/// How a set of candidates fares, one value a candidate.
public struct PlatoonMeasures: Sendable, Hashable {
  /// Performance index [veh]: vehicles delayed on average, stops and spillback at their weights.
  public var index: Double
  /// Delay of all vehicles at all stop lines [veh s/s].
  public var delay: Double
  /// [stops/s]
  public var stops: Double
  /// Highest degree of saturation of any stream.
  public var highestSaturation: Double
  /// Vehicles queued beyond storage.
  public var spillback: Double
}

extension PlatoonEngine {
  /// Greens of one signal's rows for one candidate: `[row][step]` into lane `k`.
  ///
  /// - Parameters:
  ///   - intervals: row within the signal, from and to within the cycle [s] (to may pass the end), protected or not.
  func fill(
    _ intervals: [GreenInterval], signal: Int, lane: Int, protected: UnsafeMutablePointer<V>, permissive: UnsafeMutablePointer<V>
  ) {
    let n = steps
    let rows = network.rowStart[signal + 1] - network.rowStart[signal]
    for i in 0..<(rows * n) { protected[i][lane] = 0 }
    if layout.hasPermissive { for i in 0..<(rows * n) { permissive[i][lane] = 0 } }
    let perSecond = Float(n) / cycle
    let lead = Float(settings.startupLostTime)
    let trail = Float(settings.yellowExtension)
    for g in intervals {
      let target = g.isProtected || !layout.hasPermissive ? protected : permissive
      var from = (g.from + (g.startsGreen ? lead : 0)) * perSecond
      var to = (g.to + (g.endsGreen ? trail : 0)) * perSecond
      let length = Swift.min(to - from, Float(n))
      guard length > 0 else { continue }
      from -= Float(n) * (from / Float(n)).rounded(.down)
      to = from + length
      var t = Int(from)
      while Float(t) < to {
        let covered = Swift.min(to, Float(t + 1)) - Swift.max(from, Float(t))
        let at = g.row * n + (t >= n ? t - n : t)
        target[at][lane] = Swift.min(1, target[at][lane] + covered)
        t += 1
      }
    }
  }

  /// A stretch of green of one row.
  public struct GreenInterval: Sendable, Hashable {
    public var row: Int
    /// [s] from the cycle's zero of the network clock.
    public var from: Float
    public var to: Float
    public var isProtected: Bool
    /// Whether the link had no green just before, and has none just after.
    public var startsGreen: Bool
    public var endsGreen: Bool

    public init(row: Int, from: Float, to: Float, isProtected: Bool = true, startsGreen: Bool = true, endsGreen: Bool = true) {
      self.row = row
      self.from = from
      self.to = to
      self.isProtected = isProtected
      self.startsGreen = startsGreen
      self.endsGreen = endsGreen
    }
  }

  /// Evaluates up to eight complete plans of the cycle set before; `greens[k][signal]`.
  public func evaluate(_ greens: [[[GreenInterval]]], rounds: Int? = nil) -> [PlatoonMeasures] {
    precondition(!greens.isEmpty && greens.count <= Self.width, "\(greens.count) candidates")
    for s in 0..<network.signalCount {
      for k in 0..<Self.width {
        let start = network.rowStart[s] * steps
        fill(
          greens[Swift.min(k, greens.count - 1)][s], signal: s, lane: k, protected: protectedGreen + start,
          permissive: layout.hasPermissive ? permissiveGreen + start : permissiveGreen)
      }
    }
    run(rounds: rounds ?? settings.rounds)
    return (0..<greens.count).map { measures(lane: $0) }
  }

  /// Profiles of all streams from even flow on, passed along `rounds` times.
  func run(rounds: Int) {
    trialSignal = -1
    for j in layout.streams.indices {
      onTrial[j] = false
      let even = V(repeating: layout.streams[j].demand * cycle / Float(steps))
      for t in 0..<steps { out[j * steps + t] = even }
    }
    for _ in 0..<rounds {
      for j in layout.order { computeStream(Int(j), into: out + Int(j) * steps, results + Int(j)) }
    }
  }

  /// Sums over all streams for one candidate.
  func measures(lane k: Int) -> PlatoonMeasures {
    var m = PlatoonMeasures(index: 0, delay: 0, stops: 0, highestSaturation: 0, spillback: 0)
    for j in layout.streams.indices {
      let r = results[j]
      m.index += Double(index(of: r, stream: j)[k])
      m.delay += Double(r.uniform[k] + r.overflow[k])
      m.stops += Double(r.stops[k])
      m.highestSaturation = Swift.max(m.highestSaturation, Double(r.saturation[k]))
      m.spillback += Double(Swift.max(0, r.longest[k] + r.overflow[k] - layout.streams[j].storage))
    }
    return m
  }

  /// Makes candidate `k` of the last full evaluation the base the incremental ones start from: every lane then holds it.
  public func adopt(lane k: Int) {
    for i in 0..<(layout.streams.count * steps) { out[i] = V(repeating: out[i][k]) }
    for i in 0..<(network.rowCount * steps) { protectedGreen[i] = V(repeating: protectedGreen[i][k]) }
    if layout.hasPermissive { for i in 0..<(network.rowCount * steps) { permissiveGreen[i] = V(repeating: permissiveGreen[i][k]) } }
    for j in layout.streams.indices { results[j] = results[j].spread(k) }
  }
}

extension PlatoonEngine.StreamResult {
  func spread(_ k: Int) -> Self {
    typealias V = PlatoonEngine.V
    return .init(
      uniform: V(repeating: uniform[k]), overflow: V(repeating: overflow[k]), stops: V(repeating: stops[k]),
      saturation: V(repeating: saturation[k]), longest: V(repeating: longest[k]))
  }
}
