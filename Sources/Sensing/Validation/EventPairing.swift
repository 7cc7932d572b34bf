import TrafficModel

/// Times a detector was occupied, as columns; ordered by channel, then time.
public struct Actuations: Sendable {
  /// How an interval came to be.
  public enum Origin: UInt8, Sendable {
    case measured
    /// The off between two ons within two seconds was missing: put at the next on.
    case offAtNextOn
    /// The off between two ons further apart was missing: put half-way.
    case offHalfway
    /// The on between two offs was missing: put half-way.
    case onHalfway
    /// Began before or ends after the record.
    case cut
  }

  /// A detector channel of a controller.
  public struct Channel: Sendable, Hashable, Comparable {
    public var device: UInt16
    public var number: UInt16
    public init(device: UInt16, number: UInt16) {
      self.device = device
      self.number = number
    }
    public static func < (a: Self, b: Self) -> Bool { (a.device, a.number) < (b.device, b.number) }
  }

  public var channels: [Channel] = []
  /// Rows of `channels[k]` are `first[k] ..< first[k + 1]`.
  public var first: [Int] = [0]
  /// [ms on the log's clock]
  public var on: [Int64] = []
  public var off: [Int64] = []
  public var origin: [Origin] = []

  public var count: Int { on.count }
  public func rows(_ channel: Channel) -> Range<Int> {
    guard let k = position(channel) else { return 0..<0 }
    return first[k]..<first[k + 1]
  }

  /// Position of `channel` in `channels`, by bisection.
  public func position(_ channel: Channel) -> Int? {
    var low = 0, high = channels.count
    while low < high {
      let middle = (low + high) / 2
      if channels[middle] < channel { low = middle + 1 } else { high = middle }
    }
    return low < channels.count && channels[low] == channel ? low : nil
  }
}

/// What pairing had to mend.
public struct PairingReport: Sendable, Hashable {
  public var pairs = 0
  public var missingOff = 0
  public var missingOn = 0
  /// Open at an end of the record or at a step of the clock.
  public var cut = 0
  /// Times a clock stepped back and pairing began afresh.
  public var clockSteps = 0
  /// Changes of channels no controller has (numbers above 4095): left out.
  public var impossibleChannels = 0
  public init() {}
}

/// Turns changes of detectors into times occupied, by the rules production systems use for changes that were lost.
///
/// Two ons: the missing off is put at the second on when they are at most two seconds apart, else half-way. Two offs: the missing on is
/// put half-way. One state machine serves a day of logs and a live stream.
public struct PulsePairer: Sendable {
  public static let shortGap: Int64 = 2000

  /// An interval that a change completed.
  public struct Pulse: Sendable, Hashable {
    public var on: Int64
    public var off: Int64
    public var origin: Actuations.Origin
  }

  private var isOn = false
  private var last = Int64.min

  public init() {}

  /// The time since when the detector is occupied, where it is.
  public var onSince: Int64? { isOn ? last : nil }

  /// Takes a change at `time` and returns the interval it completes, if any.
  @inlinable @inline(__always)
  public mutating func take(on: Bool, at time: Int64) -> Pulse? { _take(on, time) }

  @usableFromInline
  mutating func _take(_ on: Bool, _ time: Int64) -> Pulse? {
    defer {
      isOn = on
      last = time
    }
    if last == .min { return on ? nil : Pulse(on: time, off: time, origin: .cut) }
    if on {
      guard isOn else { return nil }
      let gap = time - last
      return gap <= Self.shortGap
        ? Pulse(on: last, off: time, origin: .offAtNextOn) : Pulse(on: last, off: last + gap / 2, origin: .offHalfway)
    }
    return isOn ? Pulse(on: last, off: time, origin: .measured) : Pulse(on: last + (time - last) / 2, off: time, origin: .onHalfway)
  }

  /// Forgets the state: after a step of the clock or a restart of the controller.
  public mutating func reset() {
    isOn = false
    last = .min
  }
}

/// Pairs all detector changes (codes 81 and 82) of a log.
///
/// - Complexity: two passes over the events; 17 bytes an interval.
public func pairDetectorEvents(_ log: ControllerEventLog, reorderWindow: Int64 = 10_000) -> (Actuations, PairingReport) {
  var report = PairingReport()
  var result = Actuations()
  // Channels present, and a dense slot for each: counting first lets every channel's rows lie together without a sort.
  let channels: ClosedRange<Int32> = 0...4095
  var highest = 0
  for i in 0..<log.count where log.code[i] == 81 || log.code[i] == 82 {
    if channels.contains(log.parameter[i]) { highest = max(highest, Int(log.parameter[i])) } else { report.impossibleChannels += 1 }
  }
  let stride = highest + 1
  let width = log.devices.count * stride
  var changes = [Int32](repeating: 0, count: width)
  for i in 0..<log.count where (log.code[i] == 81 || log.code[i] == 82) && channels.contains(log.parameter[i]) {
    changes[Int(log.device[i]) * stride + Int(log.parameter[i])] += 1
  }
  var slot = [Int32](repeating: -1, count: width)
  var start: [Int] = []
  var total = 0
  for key in 0..<width where changes[key] > 0 {
    slot[key] = Int32(result.channels.count)
    result.channels.append(.init(device: UInt16(key / stride), number: UInt16(key % stride)))
    start.append(total)
    total += Int(changes[key]) + 1
  }
  var on = [Int64](repeating: 0, count: total)
  var off = on
  var origin = [Actuations.Origin](repeating: .measured, count: total)
  var fill = start
  var pairers = [PulsePairer](repeating: PulsePairer(), count: result.channels.count)
  var latest = [Int64](repeating: .min / 2, count: log.devices.count)

  func close(_ k: Int, _ pulse: PulsePairer.Pulse) {
    on[fill[k]] = pulse.on
    off[fill[k]] = pulse.off
    origin[fill[k]] = pulse.origin
    fill[k] += 1
    switch pulse.origin {
    case .measured: report.pairs += 1
    case .offAtNextOn, .offHalfway: report.missingOff += 1
    case .onHalfway: report.missingOn += 1
    case .cut: report.cut += 1
    }
  }
  func cutOpen(_ k: Int, at time: Int64) {
    if let since = pairers[k].onSince { close(k, .init(on: since, off: max(since, time), origin: .cut)) }
    pairers[k].reset()
  }

  log.time.withUnsafeBufferPointer { time in
    for i in 0..<time.count {
      let c = log.code[i]
      let d = Int(log.device[i])
      if time[i] < latest[d] - reorderWindow {
        report.clockSteps += 1
        for (k, channel) in result.channels.enumerated() where Int(channel.device) == d { cutOpen(k, at: latest[d]) }
        latest[d] = time[i]
      } else if time[i] > latest[d] {
        latest[d] = time[i]
      }
      guard c == 81 || c == 82, channels.contains(log.parameter[i]) else { continue }
      let k = Int(slot[d * stride + Int(log.parameter[i])])
      // An off with nothing before it began before the record: its true start is unknown, so no interval is made of it.
      if let pulse = pairers[k].take(on: c == 82, at: time[i]), pulse.origin != .cut { close(k, pulse) }
    }
  }
  for k in pairers.indices { cutOpen(k, at: latest[Int(result.channels[k].device)]) }

  // Close the gaps between channels.
  result.on.reserveCapacity(total)
  result.off.reserveCapacity(total)
  result.origin.reserveCapacity(total)
  for k in pairers.indices {
    result.on.append(contentsOf: on[start[k]..<fill[k]])
    result.off.append(contentsOf: off[start[k]..<fill[k]])
    result.origin.append(contentsOf: origin[start[k]..<fill[k]])
    result.first.append(result.on.count)
  }
  return (result, report)
}
