import TrafficModel

/// Which sequence numbers of each source have been taken, as ranges: exact however late or out of order they come, small as long as
/// sources number without endless gaps.
public struct SourceLedger: Sendable, Hashable {
  /// Sources beyond this are refused, so that a sender of random names cannot fill the memory.
  public static let sourceLimit = 20_000
  /// Ranges kept for one source; the oldest gap closes when there are more, and what would fill it counts as taken.
  public static let rangeLimit = 512

  public enum Verdict: Sendable, Hashable { case new, duplicate, tooManySources }

  private var ranges: [String: [ClosedRange<UInt64>]] = [:]

  public init() {}

  public var sourceCount: Int { ranges.count }

  /// Takes `sequence` of `source` where it is new.
  public mutating func take(_ sequence: UInt64, of source: String) -> Verdict {
    guard let position = ranges.index(forKey: source) else {
      guard ranges.count < Self.sourceLimit else { return .tooManySources }
      ranges[source] = [sequence...sequence]
      return .new
    }
    return Self.insert(sequence, into: &ranges.values[position]) ? .new : .duplicate
  }

  public func contains(_ sequence: UInt64, of source: String) -> Bool {
    ranges[source]?.contains { $0.contains(sequence) } ?? false
  }

  private static func insert(_ sequence: UInt64, into list: inout [ClosedRange<UInt64>]) -> Bool {
    // Nearly always the next number of the last range.
    let last = list[list.count - 1]
    if sequence > last.upperBound {
      if sequence - 1 == last.upperBound { list[list.count - 1] = last.lowerBound...sequence } else { list.append(sequence...sequence) }
    } else {
      guard let index = list.lastIndex(where: { $0.lowerBound <= sequence }) else {
        if list[0].lowerBound - 1 == sequence {
          list[0] = sequence...list[0].upperBound
        } else {
          list.insert(sequence...sequence, at: 0)
        }
        return trim(&list)
      }
      if list[index].contains(sequence) { return false }
      let joinsLower = list[index].upperBound + 1 == sequence
      let joinsUpper = list[index + 1].lowerBound - 1 == sequence
      switch (joinsLower, joinsUpper) {
      case (true, true):
        list[index] = list[index].lowerBound...list[index + 1].upperBound
        list.remove(at: index + 1)
      case (true, false): list[index] = list[index].lowerBound...sequence
      case (false, true): list[index + 1] = sequence...list[index + 1].upperBound
      case (false, false): list.insert(sequence...sequence, at: index + 1)
      }
    }
    return trim(&list)
  }

  private static func trim(_ list: inout [ClosedRange<UInt64>]) -> Bool {
    if list.count > rangeLimit {
      list[1] = list[0].lowerBound...list[1].upperBound
      list.remove(at: 0)
    }
    return true
  }

  /// The ledger as bytes, sources in order.
  public func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.put(UInt32(ranges.count))
    for (source, list) in ranges.sorted(by: { $0.key < $1.key }) {
      writer.put(source)
      writer.put(UInt32(list.count))
      for range in list {
        writer.put(range.lowerBound)
        writer.put(range.upperBound)
      }
    }
    return writer.bytes
  }

  public init(decoding payload: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(payload)
    for _ in 0..<(try reader.takeCount(minimumSize: 6)) {
      let source = try reader.takeString()
      var list: [ClosedRange<UInt64>] = []
      for _ in 0..<(try reader.takeCount(minimumSize: 16)) {
        let lower: UInt64 = try reader.take(), upper: UInt64 = try reader.take()
        guard lower <= upper, list.last.map({ $0.upperBound < lower }) ?? true else {
          throw MalformedRecord(field: "range of sequence numbers", offset: 0)
        }
        list.append(lower...upper)
      }
      guard !list.isEmpty else { throw MalformedRecord(field: "source without numbers", offset: 0) }
      ranges[source] = list
    }
  }
}
