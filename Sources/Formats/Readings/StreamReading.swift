import Foundation
import TrafficModel

/// One record of a stream of readings, whatever it came in.
public enum StreamReading: Sendable, Hashable {
  case event(detector: String, time: Instant, change: DetectorEvent.Change, speed: Double)
  /// Counts over an interval; occupancy 0 to 1 and speed [m/s] are NaN where not told.
  case interval(detector: String, begin: Instant, end: Instant, count: Double, occupancy: Double, speed: Double)
}

/// Figures no street shows: negative counts, more vehicles than a lane can carry, occupancies beyond 1.
func absurdity(count: Double, seconds: Double, occupancy: Double, speed: Double) -> String? {
  if !count.isFinite || count < 0 { return "a count of \(count)" }
  if seconds <= 0 || !seconds.isFinite { return "an interval of \(seconds) s" }
  // Three vehicles a second over all lanes a detector may span, rounded up for short intervals.
  if count > 3 * seconds + 5 { return "\(count) vehicles in \(seconds) s" }
  if occupancy.isFinite, occupancy < 0 || occupancy > 1.0001 { return "an occupancy of \(occupancy)" }
  if speed.isFinite, speed > 100 { return "a speed of \(speed) m/s" }
  return nil
}

/// Readers of streams that are not controller logs. Good records are kept, bad ones are named.
public enum ReadingStream {
  /// Interval counts as CSV: detector, begin, end, count and, where present, occupancy (0 to 1) and speed (km/h). Times are seconds or stamps.
  public static func intervalCounts(path: String) throws -> (readings: [StreamReading], problems: [InputProblem]) {
    try intervalCounts(DelimitedText(path: path))
  }

  public static func intervalCounts(text: String, file: String) throws -> (readings: [StreamReading], problems: [InputProblem]) {
    try intervalCounts(DelimitedText(text: text, file: file))
  }

  private static func intervalCounts(_ table: DelimitedText) throws -> (readings: [StreamReading], problems: [InputProblem]) {
    let detector = try table.required("detector", "id", "detectorid"), begin = try table.required("begin", "start", "from")
    let end = try table.required("end", "to"), count = try table.required("count", "vehicles", "nvehcontrib")
    let occupancy = table.column("occupancy"), speed = table.column("speed", "speedkmh")
    var readings: [StreamReading] = []
    var problems: [InputProblem] = []
    for (line, fields) in table.records {
      func field(_ k: Int?) -> String { k.flatMap { fields.indices.contains($0) ? fields[$0] : nil } ?? "" }
      guard let from = time(field(begin)), let to = time(field(end)), let n = Double(field(count)), !field(detector).isEmpty else {
        problems.append(
          InputProblem(file: table.file, line: line, expected: "detector, begin, end and count", found: fields.joined(separator: ",")))
        continue
      }
      let share = Double(field(occupancy)) ?? .nan, v = (Double(field(speed)) ?? .nan) / 3.6
      if let what = absurdity(count: n, seconds: (to - from).seconds, occupancy: share, speed: v) {
        problems.append(
          InputProblem(file: table.file, line: line, element: field(detector), expected: "figures a street can show", found: what))
        continue
      }
      readings.append(.interval(detector: field(detector), begin: from, end: to, count: n, occupancy: share, speed: v))
    }
    if readings.isEmpty {
      throw InputProblems(problems + [InputProblem(file: table.file, expected: "at least one interval", found: "none")])
    }
    return (readings, problems)
  }

  /// Seconds, or a stamp.
  static func time(_ text: String) -> Instant? {
    if let seconds = Double(text), abs(seconds) < 1e11 { return Instant(seconds: seconds) }
    var stamp = WallClockText()
    var hasOffset = false
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { p in
      p.baseAddress.flatMap { stamp.parse($0, p.count, hasOffset: &hasOffset) }.map { Instant(milliseconds: $0) }
    }
  }

  /// One NDJSON line: `{"detector":"d1","time":12.3,"on":true,"speed":9.1}` or `{"detector":"d1","begin":0,"end":300,"count":41}`.
  /// Nil for an empty line; throws what is wrong otherwise.
  public static func line(_ text: String, number lineNumber: Int, file: String) throws -> StreamReading? {
    guard text.contains(where: { !$0.isWhitespace }) else { return nil }
    func bad(_ expected: String) -> InputProblem { InputProblem(file: file, line: lineNumber, expected: expected, found: text) }
    guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else { throw bad("a JSON object") }
    func number(_ key: String) -> Double? { (object[key] as? NSNumber)?.doubleValue }
    func instant(_ key: String) -> Instant? {
      if let n = number(key), abs(n) < 1e11 { return Instant(seconds: n) }
      return (object[key] as? String).flatMap { time($0) }
    }
    guard let detector = object["detector"] as? String else { throw bad("a detector") }
    if let on = object["on"] as? Bool, let t = instant("time") {
      return .event(detector: detector, time: t, change: on ? .on : .off, speed: number("speed") ?? .nan)
    }
    guard let begin = instant("begin"), let end = instant("end"), let count = number("count") else {
      throw bad("time and on, or begin, end and count")
    }
    let occupancy = number("occupancy") ?? .nan, speed = number("speed") ?? .nan
    if let what = absurdity(count: count, seconds: (end - begin).seconds, occupancy: occupancy, speed: speed) {
      throw InputProblem(file: file, line: lineNumber, element: detector, expected: "figures a street can show", found: what)
    }
    return .interval(detector: detector, begin: begin, end: end, count: count, occupancy: occupancy, speed: speed)
  }

  /// NGSI-LD `TrafficFlowObserved`, one entity or an array, in the normalised or the key–values form. Intensity is the vehicles
  /// of the observation's period, speed km/h.
  public static func trafficFlowObserved(_ bytes: [UInt8], file: String) throws -> (readings: [StreamReading], problems: [InputProblem]) {
    let json = try? JSONSerialization.jsonObject(with: Data(bytes))
    let entities = (json as? [[String: Any]]) ?? (json as? [String: Any]).map { [$0] }
    guard let entities else { throw InputProblem(file: file, expected: "a JSON entity or an array of them", found: "something else") }
    var readings: [StreamReading] = []
    var problems: [InputProblem] = []
    for (k, entity) in entities.enumerated() {
      func value(_ key: String) -> Any? {
        guard let raw = entity[key] else { return nil }
        if let property = raw as? [String: Any] {
          let inner = property["value"] ?? property["object"]
          return (inner as? [String: Any])?["@value"] ?? inner
        }
        return raw
      }
      func number(_ key: String) -> Double { (value(key) as? NSNumber)?.doubleValue ?? .nan }
      func instant(_ key: String) -> Instant? { (value(key) as? String).flatMap { time($0) } }
      let id = entity["id"] as? String ?? "entity \(k + 1)"
      guard (entity["type"] as? String)?.hasSuffix("TrafficFlowObserved") ?? false else {
        problems.append(InputProblem(file: file, element: id, expected: "type TrafficFlowObserved", found: "\(entity["type"] ?? "none")"))
        continue
      }
      // `dateObserved` alone may be an interval `from/to`.
      let both = (value("dateObserved") as? String)?.split(separator: "/").map(String.init) ?? []
      let begin = instant("dateObservedFrom") ?? (both.count == 2 ? time(both[0]) : nil)
      let end = instant("dateObservedTo") ?? (both.count == 2 ? time(both[1]) : nil)
      let intensity = number("intensity")
      guard let begin, let end, intensity.isFinite else {
        problems.append(
          InputProblem(file: file, element: id, expected: "dateObservedFrom, dateObservedTo and intensity", found: "not all of them"))
        continue
      }
      let seconds = (end - begin).seconds
      let count = intensity
      let occupancy = number("occupancy"), speed = number("averageVehicleSpeed") / 3.6
      if let what = absurdity(count: count, seconds: seconds, occupancy: occupancy, speed: speed) {
        problems.append(InputProblem(file: file, element: id, expected: "figures a street can show", found: what))
        continue
      }
      // A lane number belongs to the place, and the place is what repeats from one observation to the next.
      let place = (value("refDevice") as? String) ?? (value("name") as? String) ?? id
      let lane = number("laneId")
      readings.append(
        .interval(
          detector: lane.isFinite ? "\(place)/\(Int(lane))" : place, begin: begin, end: end, count: count, occupancy: occupancy,
          speed: speed))
    }
    return (readings, problems)
  }

  /// SUMO's output of induction loops, intervals (`e1`) or instants; vehicle ids are dropped.
  public static func sumoLoops(path: String, _ body: (StreamReading) -> Void) throws(InputProblem) {
    var xml = try XMLReader(path: path)
    while true {
      switch try xml.next() {
      case .finish: return
      case .end: continue
      case .start:
        guard let id = xml["id"]?.string else { continue }
        if xml.name == "instantOut" {
          guard let t = xml["time"]?.double, let state = xml["state"], state == "enter" || state == "leave" else { continue }
          body(
            .event(detector: id, time: Instant(seconds: t), change: state == "enter" ? .on : .off, speed: xml["speed"]?.double ?? .nan))
        } else if xml.name == "interval" {
          guard let begin = xml["begin"]?.double, let end = xml["end"]?.double, let count = xml["nVehContrib"]?.double, end > begin else {
            continue
          }
          let speed = xml["speed"]?.double ?? -1
          body(
            .interval(
              detector: id, begin: Instant(seconds: begin), end: Instant(seconds: end), count: count,
              occupancy: (xml["occupancy"]?.double ?? .nan) / 100, speed: speed < 0 ? .nan : speed))
        }
      }
    }
  }
}
