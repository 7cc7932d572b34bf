import ControlLoop
import Foundation
import TrafficModel

/// One field that breaks a rule: what every refusal names.
public struct FieldProblem: Sendable, Hashable, Codable, Error {
  /// Position of the record in its batch, from 0; nil where the problem is not about one record.
  public var index: Int?
  /// The field, or `body`.
  public var field: String
  /// What was sent, shortened.
  public var value: String
  /// What is asked of it.
  public var rule: String
  public init(index: Int? = nil, field: String, value: String, rule: String) {
    self.index = index
    self.field = field
    self.value = value
    self.rule = rule
  }
}

/// What a batch asks of its reader.
public struct ReadingRules: Sendable {
  /// Most records in one batch.
  public var largestBatch = 5_000
  /// How far a source's clock may be ahead of ours.
  public var futureTolerance = TimeAmount.seconds(60)
  /// How old a reading may be: longer than a broker or gateway may be away.
  public var oldest = TimeAmount.seconds(7 * 86_400)
  public init() {}
}

/// Turns what sensors send into readings, telling for each bad record the field, the value and the rule.
public struct ReadingParser: Sendable {
  public enum Form: Sendable { case json, lines }
  public struct Parsed: Sendable {
    public var readings: [Reading] = []
    /// Position in the batch of each reading.
    public var indices: [Int] = []
    public var problems: [FieldProblem] = []
    public var isPartial = false
  }

  public var rules: ReadingRules
  private let isKnown: @Sendable (String) -> Bool

  /// `isKnown` tells whether a detector of that name exists.
  public init(rules: ReadingRules = ReadingRules(), isKnown: @escaping @Sendable (String) -> Bool) {
    self.rules = rules
    self.isKnown = isKnown
  }

  /// Throws only where the body as a whole cannot be read: no JSON, too many records.
  public func parse(_ body: [UInt8], form: Form, now: Instant) throws(FieldProblem) -> Parsed {
    var parsed = Parsed()
    try body.withUnsafeBufferPointer { (bytes) throws(FieldProblem) in try parse(bytes, form, now, &parsed) }
    if parsed.readings.isEmpty && parsed.problems.isEmpty { throw FieldProblem(field: "body", value: "", rule: "at least one reading") }
    if parsed.readings.count + parsed.problems.count > rules.largestBatch {
      throw FieldProblem(
        field: "body", value: "\(parsed.readings.count + parsed.problems.count)", rule: "at most \(rules.largestBatch) readings")
    }
    return parsed
  }

  private func parse(_ span: UnsafeBufferPointer<UInt8>, _ form: Form, _ now: Instant, _ parsed: inout Parsed) throws(FieldProblem) {
    switch form {
    case .lines: try parseLines(span, now, &parsed)
    case .json:
      var cursor = JSONCursor(span)
      do throws(JSONCursor.Fault) {
        if cursor.take(UInt8(ascii: "[")) {
          try parseArray(&cursor, now, &parsed)
        } else if cursor.take(UInt8(ascii: "{")) {
          try parseEnvelope(&cursor, now, &parsed)
        } else {
          throw cursor.fault("an array of readings, or an object with `readings`")
        }
        cursor.skipSpace()
        if !cursor.isAtEnd { throw cursor.fault("the end of the body") }
      } catch {
        throw FieldProblem(field: "body", value: excerpt(span, error.offset), rule: "expected \(error.expected) at byte \(error.offset)")
      }
    }
  }

  private func excerpt(_ body: UnsafeBufferPointer<UInt8>, _ offset: Int) -> String {
    String(decoding: body[min(offset, body.count)..<min(offset + 40, body.count)], as: UTF8.self)
  }

  private func parseLines(_ body: UnsafeBufferPointer<UInt8>, _ now: Instant, _ parsed: inout Parsed) throws(FieldProblem) {
    var start = 0
    var index = 0
    while start < body.count {
      var end = start
      while end < body.count && body[end] != 0x0A { end += 1 }
      defer { start = end + 1 }
      var cursor = JSONCursor(UnsafeBufferPointer(rebasing: body[start..<end]))
      cursor.skipSpace()
      if cursor.isAtEnd { continue }
      guard index < rules.largestBatch else {
        throw FieldProblem(field: "body", value: "more", rule: "at most \(rules.largestBatch) readings")
      }
      do throws(JSONCursor.Fault) {
        try cursor.expect(UInt8(ascii: "{"), "an object on each line")
        try parseReading(&cursor, index, now, &parsed)
        cursor.skipSpace()
        if !cursor.isAtEnd { throw cursor.fault("the end of the line") }
      } catch {
        // A broken line spoils its own record only: the next line begins anew.
        if parsed.indices.last == index {
          parsed.indices.removeLast()
          parsed.readings.removeLast()
        }
        parsed.problems.append(
          FieldProblem(index: index, field: "line", value: "byte \(error.offset) of the line", rule: "expected \(error.expected)"))
      }
      index += 1
    }
  }

  private func parseArray(_ cursor: inout JSONCursor, _ now: Instant, _ parsed: inout Parsed) throws(JSONCursor.Fault) {
    if cursor.take(UInt8(ascii: "]")) { return }
    var index = 0
    repeat {
      guard index < rules.largestBatch else { throw cursor.fault("at most \(rules.largestBatch) readings") }
      if cursor.take(UInt8(ascii: "{")) {
        try parseReading(&cursor, index, now, &parsed)
      } else {
        let value = try cursor.value()
        parsed.problems.append(FieldProblem(index: index, field: "reading", value: value.text, rule: "an object"))
      }
      index += 1
    } while cursor.take(UInt8(ascii: ","))
    try cursor.expect(UInt8(ascii: "]"), "] or ,")
  }

  private func parseEnvelope(_ cursor: inout JSONCursor, _ now: Instant, _ parsed: inout Parsed) throws(JSONCursor.Fault) {
    var hasReadings = false
    if !cursor.take(UInt8(ascii: "}")) {
      repeat {
        cursor.skipSpace()
        let key = try cursor.string()
        try cursor.expect(UInt8(ascii: ":"), ":")
        switch key {
        case "readings":
          guard !hasReadings else { throw cursor.fault("`readings` once") }
          try cursor.expect(UInt8(ascii: "["), "an array of readings")
          try parseArray(&cursor, now, &parsed)
          hasReadings = true
        case "partial":
          guard case .bool(let partial) = try cursor.value() else { throw cursor.fault("`partial` true or false") }
          parsed.isPartial = partial
        default: throw cursor.fault("no field but `readings` and `partial`")
        }
      } while cursor.take(UInt8(ascii: ","))
      try cursor.expect(UInt8(ascii: "}"), "} or ,")
    }
    guard hasReadings else { throw cursor.fault("`readings`") }
  }

  /// The object's opening brace has been taken.
  private func parseReading(_ cursor: inout JSONCursor, _ index: Int, _ now: Instant, _ parsed: inout Parsed) throws(JSONCursor.Fault) {
    var source: String?
    var sequence: UInt64?
    var detector: String?
    var time: Instant?
    var state: Bool?
    var speed: Double?
    var count: Double?
    var occupancy: Double?
    var period: TimeAmount?
    var fault: Bool?
    var problem: FieldProblem?
    func refuse(_ field: String, _ value: JSONCursor.Value, _ rule: String) {
      if problem == nil { problem = FieldProblem(index: index, field: field, value: value.text, rule: rule) }
    }
    var seen = 0
    func once(_ bit: Int, _ field: String, _ value: JSONCursor.Value) {
      if seen & (1 << bit) != 0 { refuse(field, value, "the field once") }
      seen |= 1 << bit
    }
    if !cursor.take(UInt8(ascii: "}")) {
      repeat {
        cursor.skipSpace()
        let key = try cursor.string()
        try cursor.expect(UInt8(ascii: ":"), ":")
        let value = try cursor.value()
        switch key {
        case "source":
          once(0, key, value)
          if case .string(let text) = value, Self.isName(text) {
            source = text
          } else {
            refuse(key, value, "1 to 64 characters of A-Z a-z 0-9 . _ : -")
          }
        case "sequence":
          once(1, key, value)
          if case .integer(let number) = value, number >= 0, number <= 1 << 53 {
            sequence = UInt64(number)
          } else {
            refuse(key, value, "an integer from 0 to 2^53")
          }
        case "detector":
          once(2, key, value)
          if case .string(let text) = value, isKnown(text) { detector = text } else { refuse(key, value, "the name of a known detector") }
        case "time":
          once(3, key, value)
          switch value {
          case .integer(let number) where number >= 0: time = Instant(milliseconds: number)
          case .string(let text): time = Self.instant(text)
          default: break
          }
          if let read = time {
            if read - now > rules.futureTolerance {
              refuse(key, value, "at most \(Int(rules.futureTolerance.seconds)) s in the future")
            } else if now - read > rules.oldest {
              refuse(key, value, "at most \(Int(rules.oldest.seconds)) s old")
            }
          } else {
            refuse(key, value, "milliseconds since 1970, or an RFC 3339 time")
          }
        case "state":
          once(4, key, value)
          switch value {
          case .string("on"): state = true
          case .string("off"): state = false
          default: refuse(key, value, "on or off")
          }
        case "speed":
          once(5, key, value)
          if let number = Self.number(value), number >= 0, number <= 100 { speed = number } else { refuse(key, value, "0 to 100 m/s") }
        case "count":
          once(6, key, value)
          if let number = Self.number(value), number >= 0, number <= 10_000 {
            count = number
          } else {
            refuse(key, value, "0 to 10000 vehicles")
          }
        case "occupancy":
          once(7, key, value)
          if let number = Self.number(value), number >= 0, number <= 1 { occupancy = number } else { refuse(key, value, "0 to 1") }
        case "period":
          once(8, key, value)
          if let number = Self.number(value), number > 0, number <= 3600 {
            period = .seconds(number)
          } else {
            refuse(key, value, "more than 0 and at most 3600 s")
          }
        case "fault":
          once(9, key, value)
          if case .bool(let flag) = value { fault = flag } else { refuse(key, value, "true or false") }
        default: refuse(key, value, "no field of this name")
        }
      } while cursor.take(UInt8(ascii: ","))
      try cursor.expect(UInt8(ascii: "}"), "} or ,")
    }
    if problem == nil {
      let missing: String? =
        source == nil ? "source" : sequence == nil ? "sequence" : detector == nil ? "detector" : time == nil ? "time" : nil
      if let missing { refuse(missing, .null, "is required") }
      let kinds = (state != nil ? 1 : 0) + (count != nil ? 1 : 0) + (fault != nil ? 1 : 0)
      if kinds != 1 { refuse("state", .null, "exactly one of state, count, fault") }
      if count != nil && period == nil { refuse("period", .null, "is required with count") }
      if speed != nil && state == nil { refuse("speed", .null, "only with state") }
      if count == nil && (period != nil || occupancy != nil) { refuse("count", .null, "is required with period and occupancy") }
    }
    if let problem {
      parsed.problems.append(problem)
      return
    }
    let value: Reading.Value
    if let state {
      value = .state(occupied: state, speed: speed ?? .nan)
    } else if let count {
      value = .count(vehicles: count, occupancy: occupancy ?? .nan, period: period!)
    } else {
      value = .fault(fault!)
    }
    parsed.readings.append(Reading(source: source!, sequence: sequence!, detector: detector!, time: time!, value: value))
    parsed.indices.append(index)
  }

  private static func number(_ value: JSONCursor.Value) -> Double? {
    switch value {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// Names are safe in logs, topics and labels.
  static func isName(_ text: String) -> Bool {
    let utf8 = text.utf8
    guard (1...64).contains(utf8.count) else { return false }
    return utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  static func instant(_ text: String) -> Instant? {
    guard text.utf8.count <= 40 else { return nil }
    guard
      let date = (try? Date(text, strategy: .iso8601.time(includingFractionalSeconds: true)))
        ?? (try? Date(text, strategy: .iso8601))
    else { return nil }
    let seconds = date.timeIntervalSince1970
    guard abs(seconds) < 1e11 else { return nil }
    return Instant(milliseconds: Int64((seconds * 1000).rounded()))
  }
}
