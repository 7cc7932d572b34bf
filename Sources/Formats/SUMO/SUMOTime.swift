import TrafficModel

extension XMLText {
  /// A time in SUMO's spellings, seconds or `[days:]hours:minutes:seconds`, in seconds; nil where it is neither or absurd.
  package var seconds: Double? {
    let text = trimmed
    guard text.lastIndex(of: UInt8(ascii: ":")) != nil else { return text.double.flatMap { abs($0) < 1e10 ? $0 : nil } }
    let parts = text.string.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3 || parts.count == 4 else { return nil }
    var total = 0.0
    for (part, unit) in zip(parts.reversed(), [1.0, 60, 3600, 86400]) {
      guard let value = Double(part), value.isFinite else { return nil }
      total += abs(value) * unit
    }
    guard total < 1e10 else { return nil }
    return parts[0].first == "-" ? -total : total
  }

  package var timeAmount: TimeAmount? { seconds.map { TimeAmount(seconds: $0) } }
  package var instant: Instant? { seconds.map { Instant(seconds: $0) } }
}
