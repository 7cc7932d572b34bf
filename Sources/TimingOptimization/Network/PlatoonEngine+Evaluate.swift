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
  /// All rows of one signal red, for every candidate.
  func clear(signal: Int, _ protected: UnsafeMutablePointer<V>, _ permissive: UnsafeMutablePointer<V>) {
    let count = (network.rowStart[signal + 1] - network.rowStart[signal]) * steps
    protected.update(repeating: .zero, count: count)
    if layout.hasPermissive { permissive.update(repeating: .zero, count: count) }
  }

  /// Adds the greens of one signal's rows for one candidate: `[row][step]` into lane `k`.
  ///
  /// - Parameters:
  ///   - intervals: row within the signal, from and to within the cycle [s] (to may pass the end), protected or not.
  func fill(
    _ intervals: [GreenInterval], lane: Int, protected: UnsafeMutablePointer<V>, permissive: UnsafeMutablePointer<V>
  ) {
    let n = steps
    // One lane of the registers at a time: as plain numbers, eight to a step.
    let full = UnsafeMutableRawPointer(protected).assumingMemoryBound(to: Float.self)
    let partial = UnsafeMutableRawPointer(permissive).assumingMemoryBound(to: Float.self)
    let perSecond = Float(n) / cycle
    let lead = Float(settings.startupLostTime)
    let trail = Float(settings.yellowExtension)
    for g in intervals {
      let target = g.isProtected || !layout.hasPermissive ? full : partial
      var from = (g.from + (g.startsGreen ? lead : 0)) * perSecond
      var to = (g.to + (g.endsGreen ? trail : 0)) * perSecond
      let length = Swift.min(to - from, Float(n))
      guard length > 0 else { continue }
      from -= Float(n) * (from / Float(n)).rounded(.down)
      to = from + length
      var t = Int(from)
      while Float(t) < to {
        let covered = Swift.min(to, Float(t + 1)) - Swift.max(from, Float(t))
        let at = (g.row * n + (t >= n ? t - n : t)) * Self.width + lane
        target[at] = Swift.min(1, target[at] + covered)
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
  ///
  /// - Parameter fromEven: whether profiles start from even flow, or from what they are, which a small change leaves nearly right.
  public func evaluate(_ greens: [[[GreenInterval]]], rounds: Int? = nil, fromEven: Bool = true) -> [PlatoonMeasures] {
    precondition(!greens.isEmpty && greens.count <= Self.width, "\(greens.count) candidates")
    for s in 0..<network.signalCount {
      let start = network.rowStart[s] * steps
      let permissive = layout.hasPermissive ? permissiveGreen + start : permissiveGreen
      clear(signal: s, protectedGreen + start, permissive)
      for k in 0..<Self.width {
        fill(greens[Swift.min(k, greens.count - 1)][s], lane: k, protected: protectedGreen + start, permissive: permissive)
      }
    }
    run(rounds: rounds ?? settings.rounds, fromEven: fromEven)
    return (0..<greens.count).map { measures(lane: $0) }
  }

  /// Profiles of all streams, passed along `rounds` times.
  func run(rounds: Int, fromEven: Bool = true) {
    trialSignal = -1
    for j in layout.streams.indices {
      onTrial[j] = false
      guard fromEven else { continue }
      let even = V(repeating: layout.streams[j].demand * cycle / Float(steps))
      for t in 0..<steps { out[j * steps + t] = even }
    }
    for round in 0..<rounds {
      // What no other stream feeds or holds up is settled after the first round.
      for j in layout.order where round == 0 || !layout.streams[Int(j)].standsAlone {
        computeStream(Int(j), into: out + Int(j) * steps, results + Int(j))
      }
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
