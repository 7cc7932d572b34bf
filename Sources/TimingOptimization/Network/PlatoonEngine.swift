import TrafficFlow

/// The platoon model at work on eight candidate plans at a time: cyclic flow profiles, queues, delay and stops of every stream.
///
/// A TRANSYT-like model: profiles of one cycle in equal steps; platoons spread on their way; queues grow while arrivals exceed what
/// the signal lets go; random and oversaturation delay on top. Candidates share the cycle and sit in the lanes of SIMD registers.
/// Not thread-safe: an engine owns its buffers. Sources: D. I. Robertson, RRL LR 253 (1969); R. A. Vincent et al., TRRL LR 888 (1980).
public final class PlatoonEngine {
  typealias V = SIMD8<Float>
  public static let width = 8

  public let network: PlatoonNetwork
  public let settings: PlatoonSettings
  let steps: Int
  let layout: PlatoonLayout
  /// Cycle of the candidates at hand [s].
  public private(set) var cycle: Float = 0

  // Base profiles, and those of candidates that differ from it. Index [(stream or row) * steps + step].
  let out: UnsafeMutablePointer<V>
  let trialOut: UnsafeMutablePointer<V>
  let protectedGreen: UnsafeMutablePointer<V>
  let permissiveGreen: UnsafeMutablePointer<V>
  let trialProtected: UnsafeMutablePointer<V>
  let trialPermissive: UnsafeMutablePointer<V>
  let arrivals: UnsafeMutablePointer<V>
  let scratch: UnsafeMutablePointer<V>
  let rate: UnsafeMutablePointer<V>
  let held: UnsafeMutablePointer<V>
  let extra: UnsafeMutablePointer<V>
  let results: UnsafeMutablePointer<StreamResult>
  let trialResults: UnsafeMutablePointer<StreamResult>
  /// Whether a stream's trial profile stands for its base one.
  let onTrial: UnsafeMutablePointer<Bool>
  var trialSignal = -1
  /// Streams on trial, and those waiting in the next round of a change.
  var touched: [Int32] = []
  let queued: UnsafeMutablePointer<Bool>
  let previous: UnsafeMutablePointer<V>
  let tolerance: Float
  /// Smoothing factor and lag of each feed group at the cycle at hand.
  let smoothing: UnsafeMutablePointer<Float>
  let lag: UnsafeMutablePointer<Int32>
  /// First step of the cycle before whose share in this one is not lost in rounding, and what is left of it after a cycle.
  let memory: UnsafeMutablePointer<Int32>
  let recall: UnsafeMutablePointer<Float>

  /// What a candidate makes of one stream.
  struct StreamResult {
    /// Vehicles queued on average: uniform delay [veh].
    var uniform = V.zero
    /// Vehicles queued on average beyond that [veh].
    var overflow = V.zero
    /// Vehicles that stop [veh/s].
    var stops = V.zero
    /// Degree of saturation.
    var saturation = V.zero
    /// Longest queue within a cycle [veh].
    var longest = V.zero
  }

  public init(_ network: PlatoonNetwork, _ settings: PlatoonSettings = .init()) {
    self.network = network
    self.settings = settings
    steps = settings.steps
    layout = PlatoonLayout(network, settings)
    let n = steps
    func buffer(_ count: Int) -> UnsafeMutablePointer<V> {
      let p = UnsafeMutablePointer<V>.allocate(capacity: max(1, count))
      p.initialize(repeating: .zero, count: max(1, count))
      return p
    }
    let streams = network.streams.count
    let rows = network.rowCount
    let widest = (0..<network.signalCount).map { network.rowStart[$0 + 1] - network.rowStart[$0] }.max() ?? 0
    out = buffer(streams * n)
    trialOut = buffer(streams * n)
    protectedGreen = buffer(rows * n)
    permissiveGreen = buffer(layout.hasPermissive ? rows * n : 0)
    trialProtected = buffer(widest * n)
    trialPermissive = buffer(widest * n)
    arrivals = buffer(n)
    scratch = buffer(n)
    rate = buffer(n)
    held = buffer(n)
    extra = buffer(n)
    results = .allocate(capacity: max(1, streams))
    results.initialize(repeating: StreamResult(), count: max(1, streams))
    trialResults = .allocate(capacity: max(1, streams))
    trialResults.initialize(repeating: StreamResult(), count: max(1, streams))
    onTrial = .allocate(capacity: max(1, streams))
    onTrial.initialize(repeating: false, count: max(1, streams))
    queued = .allocate(capacity: max(1, streams))
    queued.initialize(repeating: false, count: max(1, streams))
    previous = buffer(n)
    tolerance = Float(settings.tolerance)
    smoothing = .allocate(capacity: max(1, layout.groups.count))
    smoothing.initialize(repeating: 1, count: max(1, layout.groups.count))
    lag = .allocate(capacity: max(1, layout.groups.count))
    lag.initialize(repeating: 0, count: max(1, layout.groups.count))
    memory = .allocate(capacity: max(1, layout.groups.count))
    memory.initialize(repeating: 0, count: max(1, layout.groups.count))
    recall = .allocate(capacity: max(1, layout.groups.count))
    recall.initialize(repeating: 0, count: max(1, layout.groups.count))
  }

  deinit {
    for p in [
      out, trialOut, protectedGreen, permissiveGreen, trialProtected, trialPermissive, arrivals, scratch, rate, held, extra, previous,
    ] { p.deallocate() }
    results.deallocate()
    trialResults.deallocate()
    onTrial.deallocate()
    queued.deallocate()
    smoothing.deallocate()
    lag.deallocate()
    memory.deallocate()
    recall.deallocate()
  }

  /// Sets the cycle every plan that follows has [s].
  public func setCycle(_ seconds: Int) {
    cycle = Float(seconds)
    let step = Double(seconds) / Double(steps)
    for (g, group) in layout.groups.enumerated() {
      let mean = max(0.1, group.travelTime)
      let spread = max(1e-3, settings.travelTimeSpread * mean)
      let c = RobertsonDispersion.calibrated(mean: mean, deviation: spread, step: step)
      smoothing[g] = Float(min(1, max(0.02, c.smoothing)))
      let steps = Int((max(0, c.beta) * mean / step).rounded())
      lag[g] = Int32(steps % self.steps)
      var kept: Float = 1
      var reach = 0
      while reach < self.steps && kept > 1e-6 {
        kept *= 1 - smoothing[g]
        reach += 1
      }
      memory[g] = Int32(self.steps - reach)
      recall[g] = reach == self.steps ? kept : 0
    }
  }

  /// Average queue over all streams and candidates' stop losses: the performance index of each lane [veh].
  func index(of r: StreamResult, stream j: Int) -> V {
    let s = layout.streams[j]
    var pi = r.uniform + r.overflow + r.stops * s.stopCost
    let over = r.longest + r.overflow - s.storage
    pi += over.replacing(with: V.zero, where: over .< V.zero) * Float(settings.spillbackWeight)
    return pi
  }
}
