import TrafficModel

/// Closes intervals of equal length over a stream of detector changes: counts, occupancy, mean speed.
///
/// Rules: a record up to `lateness` behind the newest one still counts where its interval is open; later ones are counted as late and left
/// out; a repetition to the digit is left out; a step back beyond `lateness` starts the detector afresh. All of it is counted.
public struct CountAggregator: Sendable {
  /// What the stream did that was not in order.
  public struct Tally: Sendable, Hashable {
    public var events = 0
    public var outOfOrder = 0
    public var late = 0
    public var duplicates = 0
    public var clockSteps = 0
    public var missingOn = 0
    public var missingOff = 0
    /// Intervals of a detector without any record although others reported.
    public var silentIntervals = 0
    public init() {}
  }

  public let interval: TimeAmount
  /// How long an interval stays open after its end, waiting for late records.
  public let lateness: TimeAmount
  public private(set) var tally = Tally()

  private struct Bin: Sendable {
    var count = 0
    var occupied: Int64 = 0
    var speedSum = 0.0
    var speeds = 0
    var faulty = false
  }
  private struct Channel: Sendable {
    var pairer = PulsePairer()
    var newest = Int64.min / 2
    var lastChange: UInt8 = 255
    var bins: [Int64: Bin] = [:]
    var faulty = false
    /// Occupied since then, not yet booked.
    var bookedTo: Int64 = 0
  }
  private var channels: [Channel]
  private var newest = Int64.min / 2
  private var nextToClose: Int64?

  /// `detectors` channels, ids dense from 0.
  public init(detectors: Int, interval: TimeAmount, lateness: TimeAmount = .seconds(10)) {
    precondition(interval.milliseconds > 0, "an interval of \(interval.milliseconds) ms")
    self.interval = interval
    self.lateness = lateness
    channels = [Channel](repeating: Channel(), count: detectors)
  }

  /// Takes one event; returns the observations of every interval that can no longer change.
  public mutating func take(_ event: DetectorEvent) -> [Observation] {
    let t = event.time.milliseconds
    tally.events += 1
    let k = event.detector.index
    precondition(channels.indices.contains(k), "detector \(k) of \(channels.count)")
    if nextToClose == nil { nextToClose = floorDivide(t, interval.milliseconds) }
    if t < channels[k].newest {
      if t < channels[k].newest - lateness.milliseconds {
        // Far behind this detector's own newest record: its clock stepped, or the record is useless. Later ones will tell.
        if let next = nextToClose, floorDivide(t, interval.milliseconds) < next { tally.late += 1 } else { tally.clockSteps += 1 }
        channels[k].pairer.reset()
        channels[k].newest = t
        return []
      }
      tally.outOfOrder += 1
    }
    if t == channels[k].newest, event.change.rawValue == channels[k].lastChange {
      tally.duplicates += 1
      return []
    }
    channels[k].newest = max(channels[k].newest, t)
    channels[k].lastChange = event.change.rawValue
    let index = floorDivide(t, interval.milliseconds)
    if let next = nextToClose, index < next {
      tally.late += 1
      return []
    }
    switch event.change {
    case .fault:
      channels[k].faulty = true
      channels[k].bins[index, default: Bin()].faulty = true
    case .restored: channels[k].faulty = false
    case .on, .off:
      if event.change == .on {
        channels[k].bins[index, default: Bin()].count += 1
        if event.speed.isFinite, event.speed >= 0 {
          channels[k].bins[index]!.speedSum += event.speed
          channels[k].bins[index]!.speeds += 1
        }
      }
      if let pulse = channels[k].pairer.take(on: event.change == .on, at: t) {
        switch pulse.origin {
        case .offAtNextOn, .offHalfway: tally.missingOff += 1
        case .onHalfway:
          tally.missingOn += 1
          channels[k].bins[floorDivide(pulse.on, interval.milliseconds), default: Bin()].count += 1
        default: break
        }
        book(k, max(pulse.on, channels[k].bookedTo), pulse.off)
      }
      if event.change == .on { channels[k].bookedTo = t }
    }
    newest = max(newest, t)
    return close(upTo: newest - lateness.milliseconds)
  }

  /// Tells the aggregator the time, so that intervals close although no event comes.
  public mutating func advance(to now: Instant) -> [Observation] {
    newest = max(newest, now.milliseconds)
    if nextToClose == nil { nextToClose = floorDivide(now.milliseconds, interval.milliseconds) }
    return close(upTo: newest - lateness.milliseconds)
  }

  /// Closes everything begun, at the end of a stream.
  public mutating func finish() -> [Observation] { close(upTo: newest + interval.milliseconds) }

  private mutating func book(_ k: Int, _ from: Int64, _ to: Int64) {
    var a = from
    while a < to {
      let index = floorDivide(a, interval.milliseconds)
      let b = min(to, (index + 1) * interval.milliseconds)
      channels[k].bins[index, default: Bin()].occupied += b - a
      a = b
    }
    channels[k].bookedTo = max(channels[k].bookedTo, to)
  }

  private mutating func close(upTo limit: Int64) -> [Observation] {
    guard var next = nextToClose else { return [] }
    var result: [Observation] = []
    while (next + 1) * interval.milliseconds <= limit {
      let begin = next * interval.milliseconds, end = begin + interval.milliseconds
      for k in channels.indices {
        // A detector that is on across the boundary is booked up to it.
        if let since = channels[k].pairer.onSince, since < end { book(k, max(since, max(begin, channels[k].bookedTo)), end) }
        let bin = channels[k].bins.removeValue(forKey: next)
        if bin == nil { tally.silentIntervals += 1 }
        let b = bin ?? Bin()
        result.append(
          Observation(
            detector: DetectorID(k), begin: Instant(milliseconds: begin), end: Instant(milliseconds: end), count: Double(b.count),
            occupancy: min(1, Double(b.occupied) / Double(interval.milliseconds)),
            speed: b.speeds > 0 ? b.speedSum / Double(b.speeds) : .nan,
            quality: b.faulty || channels[k].faulty ? .rejected : .measured))
      }
      next += 1
    }
    nextToClose = next
    return result
  }
}

/// Division that rounds towards minus infinity.
@inline(__always)
func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
  let q = a / b
  return a % b < 0 ? q - 1 : q
}
