import TrafficModel

/// Watches detectors on line: a verdict with its reason and since when, taken back when the detector is well again.
///
/// Rules on single samples find what is stuck, frozen or impossible. What is only somewhat wrong (chattering, drifting, occupancy that
/// does not fit) is found against neighbours and history by cumulative sums of log-likelihood ratios over five minutes each, so that a
/// small fault takes longer to find than a gross one and chance is kept in bounds whatever the volume.
public struct DetectorHealth: Sendable {
  public struct Settings: Sendable, Hashable {
    /// Samples fully occupied in a row, without a vehicle: stuck on [min].
    public var stuckOnMinutes = 10.0
    /// Vehicles that should have come, by neighbours and history, while nothing did: stuck off. Scaled by the dispersion of counts.
    public var stuckOffVehicles = 14.0
    /// Identical samples with vehicles in a row.
    public var frozenSamples = 14
    /// Vehicles an hour and lane beyond which five minutes are impossible.
    public var impossibleFlow = 3000.0
    /// Shift of the logarithm of counts that is looked for, downwards and upwards.
    public var countShift = 0.30
    /// Shift of the logarithm of time occupied for each vehicle that is looked for.
    public var onTimeShift = 0.40
    /// Evidence needed: a log-likelihood ratio.
    public var evidence = 13.0
    /// Five-minute periods in order before a verdict is taken back.
    public var recovery = 6
    /// Samples of the last 30 minutes that must have come (Caltrans).
    public var minimumSamples = 0.60
    public init() {}
  }

  public let baseline: HealthBaseline
  public let settings: Settings
  /// Verdicts in the order they were reached; those of detectors well again have their end.
  public private(set) var verdicts: [HealthVerdict] = []

  private struct Watch: Sendable {
    var open: Int?
    var fullSince: Int64?
    var emptySince: Int64?
    var expectedWhileEmpty = 0.0
    var last: (Double, Double) = (-1, -1)
    var repeats = 0
    var repeatsSince: Int64 = 0
    // Running five minutes.
    var count = 0.0
    var occupied = 0.0
    var samples = 0
    // Cumulative sums and where each began to rise: counts down, counts up, on-time down, on-time up.
    var sums = [0.0, 0.0, 0.0, 0.0]
    var begins: [Int64] = [0, 0, 0, 0]
    var good = 0
    var received: [Int] = []
    var faulty = false
  }
  private var watches: [Watch]
  private var period: Int64?

  public init(baseline: HealthBaseline, settings: Settings = Settings()) {
    self.baseline = baseline
    self.settings = settings
    watches = [Watch](repeating: Watch(), count: baseline.detectors)
  }

  /// Whether the detector may be trusted now.
  public func isTrusted(_ detector: DetectorID) -> Bool { watches[detector.index].open == nil }

  /// Takes the samples of one interval, at most one a detector; detectors without one sent nothing. Intervals come in order.
  public mutating func take(_ samples: [Observation], begin: Instant, end: Instant) {
    let five = floorDivide(begin.milliseconds, 300_000)
    if let current = period, five != current { closePeriod(current) }
    period = five
    for o in samples { sample(o) }
  }

  /// Ends the record: judges the last period.
  public mutating func finish() {
    if let current = period { closePeriod(current) }
    period = nil
  }

  private mutating func sample(_ o: Observation) {
    let d = o.detector.index
    let seconds = (o.end - o.begin).seconds
    let t = o.begin.milliseconds
    watches[d].samples += 1
    if o.quality == .rejected {
      if !watches[d].faulty { flag(d, .reported, since: t, now: o.end, 1, 0) }
      watches[d].faulty = true
      return
    }
    watches[d].faulty = false
    watches[d].count += o.count
    watches[d].occupied += o.occupancy * seconds
    // Stuck on.
    if o.occupancy >= 0.98, o.count <= 0 {
      let since = watches[d].fullSince ?? t
      watches[d].fullSince = since
      let minutes = Double(o.end.milliseconds - since) / 60_000
      if minutes >= settings.stuckOnMinutes { flag(d, .stuckOn, since: since, now: o.end, minutes, settings.stuckOnMinutes) }
    } else {
      watches[d].fullSince = nil
    }
    // Stuck off: the expectation grows at the close of each period, when the neighbours are known.
    if o.occupancy <= 0, o.count <= 0 {
      if watches[d].emptySince == nil {
        watches[d].emptySince = t
        watches[d].expectedWhileEmpty = 0
      }
    } else {
      watches[d].emptySince = nil
      watches[d].expectedWhileEmpty = 0
    }
    // Frozen.
    if o.count > 0, (o.count, o.occupancy) == watches[d].last {
      if watches[d].repeats == 0 { watches[d].repeatsSince = t - Int64(seconds * 1000) }
      watches[d].repeats += 1
      if watches[d].repeats >= settings.frozenSamples {
        flag(d, .frozen, since: watches[d].repeatsSince, now: o.end, Double(watches[d].repeats), Double(settings.frozenSamples))
      }
    } else {
      watches[d].repeats = 0
    }
    watches[d].last = (o.count, o.occupancy)
  }

  private mutating func flag(_ d: Int, _ reason: HealthReason, since: Int64, now: Instant, _ value: Double, _ limit: Double) {
    watches[d].good = 0
    if let open = watches[d].open {
      // A later, more telling reason replaces a vague one.
      if verdicts[open].reason == .drifting || verdicts[open].reason == .inconsistent, reason != .drifting, reason != .inconsistent {
        verdicts[open].reason = reason
        verdicts[open].value = value
        verdicts[open].limit = limit
      }
      return
    }
    watches[d].open = verdicts.count
    verdicts.append(
      HealthVerdict(
        detector: DetectorID(d), reason: reason, since: Instant(milliseconds: since), found: now, value: value, limit: limit))
  }

  private mutating func closePeriod(_ current: Int64) {
    let begin = current * 300_000, end = Instant(milliseconds: begin + 300_000)
    let slot = HealthBaseline.slot(Instant(milliseconds: begin))
    let slots = HealthBaseline.slots
    // Ratios to the usual, of those that can be believed.
    var ratio = [Double](repeating: .nan, count: watches.count)
    var onRatio = ratio
    for d in watches.indices where watches[d].open == nil && watches[d].samples >= 5 {
      let usual = baseline.count[d * slots + slot] * Double(watches[d].samples)
      ratio[d] = (watches[d].count + 1) / (usual + 1)
      if watches[d].count >= 3 { onRatio[d] = watches[d].occupied / watches[d].count / baseline.onTime[d * slots + slot] }
    }
    for d in watches.indices {
      watches[d].received.append(watches[d].samples)
      if watches[d].received.count > 6 { watches[d].received.removeFirst() }
      judge(d, begin, end, slot, ratio, onRatio)
      watches[d].count = 0
      watches[d].occupied = 0
      watches[d].samples = 0
    }
  }

  private mutating func judge(_ d: Int, _ begin: Int64, _ end: Instant, _ slot: Int, _ ratio: [Double], _ onRatio: [Double]) {
    let slots = HealthBaseline.slots
    var isGood = true
    // Missing samples over the last half hour.
    if watches[d].received.count == 6 {
      let share = Double(watches[d].received.reduce(0, +)) / 60
      if share < settings.minimumSamples {
        flag(d, .missing, since: begin - 25 * 60_000, now: end, share, settings.minimumSamples)
        isGood = false
      }
    }
    guard watches[d].samples >= 5 else { return }
    let n = watches[d].count
    // What neighbours and history say.
    var near = baseline.neighbours[d].compactMap { ratio[$0].isFinite ? ratio[$0] : nil }
    let level = near.isEmpty ? 1 : HealthBaseline.median(&near)
    let expected = max(0.05, baseline.count[d * slots + slot] * Double(watches[d].samples) * level)
    // With few neighbours the level itself is uncertain; that widens the dispersion.
    let dispersion = baseline.dispersion[d] * (near.count >= 2 ? 1 : 1.5)

    if let since = watches[d].emptySince {
      if since <= begin { watches[d].expectedWhileEmpty += expected }
      let limit = settings.stuckOffVehicles * dispersion.squareRoot()
      if watches[d].expectedWhileEmpty > limit {
        flag(d, .stuckOff, since: since, now: end, watches[d].expectedWhileEmpty, limit)
        isGood = false
      }
    }
    if watches[d].fullSince != nil || watches[d].repeats >= settings.frozenSamples || watches[d].faulty { isGood = false }
    let hourly = n * 3600 / (Double(watches[d].samples) * 30)
    if hourly > settings.impossibleFlow {
      flag(d, .impossible, since: begin, now: end, hourly, settings.impossibleFlow)
      isGood = false
    }

    // Counts: Poisson log-likelihood ratio of a shifted mean, divided by the dispersion.
    let δ = settings.countShift
    let down = (-δ * n - expected * ((-δ).exponential - 1)) / dispersion
    let up = (δ * n - expected * (δ.exponential - 1)) / dispersion
    add(d, 0, down, begin)
    add(d, 1, up, begin)
    // Time occupied for each vehicle: normal log-likelihood ratio on logarithms.
    if n >= 3, watches[d].fullSince == nil {
      var nearOn = baseline.neighbours[d].compactMap { onRatio[$0].isFinite ? onRatio[$0] : nil }
      let onLevel = nearOn.isEmpty ? 1 : HealthBaseline.median(&nearOn)
      let usual = baseline.onTime[d * slots + slot] * onLevel
      let e = max(0.001, watches[d].occupied / n / usual).logarithm
      let σ2 = baseline.onTimeSpread[d] * baseline.onTimeSpread[d] * (nearOn.count >= 2 ? 1 : 1.5)
      let θ = settings.onTimeShift
      // One wild period must not decide alone: its weight is bounded.
      let bounded = min(max(e, -4 * σ2.squareRoot() - θ), 4 * σ2.squareRoot() + θ)
      add(d, 2, min(6, (-bounded - θ / 2) * θ / σ2), begin)
      add(d, 3, min(6, (bounded - θ / 2) * θ / σ2), begin)
    }
    let h = settings.evidence
    let sums = watches[d].sums
    if sums[1] > h, sums[2] > h / 3 {
      flag(d, .chattering, since: watches[d].begins[1], now: end, sums[1], h)
    } else if sums[0] > h {
      flag(d, .drifting, since: watches[d].begins[0], now: end, sums[0], h)
    } else if sums[1] > h {
      flag(d, .drifting, since: watches[d].begins[1], now: end, sums[1], h)
    } else if sums[2] > h {
      flag(d, .inconsistent, since: watches[d].begins[2], now: end, sums[2], h)
    } else if sums[3] > h {
      flag(d, .inconsistent, since: watches[d].begins[3], now: end, sums[3], h)
    }
    if sums.contains(where: { $0 > h / 2 }) { isGood = false }

    if let open = watches[d].open {
      watches[d].good = isGood ? watches[d].good + 1 : 0
      if watches[d].good >= settings.recovery {
        verdicts[open].until = Instant(milliseconds: begin - Int64(settings.recovery - 1) * 300_000)
        let received = watches[d].received
        watches[d] = Watch()
        watches[d].received = received
      }
    }
  }

  private mutating func add(_ d: Int, _ k: Int, _ term: Double, _ begin: Int64) {
    if watches[d].sums[k] <= 0 { watches[d].begins[k] = begin }
    // Bounded above, so that a detector repaired after hours is soon believed again.
    watches[d].sums[k] = min(2 * settings.evidence, max(0, watches[d].sums[k] + term))
  }
}
