import TrafficModel

/// Reads high-resolution controller logs, one event a line: time stamp, device, event code, parameter; gzipped or plain.
///
/// A header names the columns in any order (`TimeStamp`, `DeviceId` or `SignalId`, `EventId` or `EventCode`, `Parameter` or
/// `EventParam`); without one the order above is taken. Bytes are parsed straight into columns, 18 bytes an event.
public struct HighResolutionLogReader {
  private var columns = [0, 1, 2, 3]
  private var width = 4
  private var stamp = WallClockText()
  private var devices: [UInt64: UInt16] = [:]
  private var lastDeviceKey: UInt64 = .max
  private var lastDevice: UInt16 = 0
  /// Latest stamp of each device.
  private var latest: [Int64] = []
  /// For each device and channel the last detector change: repetition to the digit is seen here.
  private var lastChange: [UInt64: (Int64, UInt16)] = [:]
  private var log: HighResolutionLog

  /// Throws ``InputProblem`` where the file cannot be opened or holds no single event; all else stands in the report.
  public static func read(path: String) throws -> HighResolutionLog {
    var reader = HighResolutionLogReader(file: path)
    let end = try CompressedLines.read(path: path) { reader.consume($0) }
    return try reader.finish(end)
  }

  /// The same from bytes in memory, plain.
  public static func read(bytes: [UInt8], file: String) throws -> HighResolutionLog {
    var reader = HighResolutionLogReader(file: file)
    bytes.withUnsafeBufferPointer { reader.consume($0) }
    return try reader.finish(.complete)
  }

  private init(file: String) {
    log = HighResolutionLog(events: ControllerEventLog(), report: HighResolutionLogReport(file: file))
  }

  private mutating func finish(_ end: StreamEnd) throws -> HighResolutionLog {
    log.report.end = end
    log.report.events = log.events.count
    guard log.events.count > 0 else {
      throw InputProblems(
        log.report.problems + [
          InputProblem(
            file: log.report.file, expected: "events: time stamp, device, code, parameter", found: "\(log.report.lines) lines and no event")
        ])
    }
    if log.report.late.count > 0 { log.events.putLateEventsInPlace() }
    return log
  }

  private mutating func consume(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let base = bytes.baseAddress else { return }
    let n = bytes.count
    var i = 0
    var events = ControllerEventLog()
    swap(&events, &log.events)
    while i < n {
      var j = i
      while j < n, base[j] != 0x0A { j += 1 }
      log.report.lines += 1
      var end = j
      if end > i, base[end - 1] == 0x0D { end -= 1 }
      if end > i { line(base + i, end - i, &events) }
      i = j + 1
    }
    swap(&events, &log.events)
  }

  @inline(__always)
  private mutating func line(_ p: UnsafePointer<UInt8>, _ n: Int, _ events: inout ControllerEventLog) {
    // Starts of the first eight fields.
    var starts = (0, 0, 0, 0, 0, 0, 0, 0, 0)
    let fields = withUnsafeMutableBytes(of: &starts) { raw -> Int in
      let s = raw.assumingMemoryBound(to: Int.self)
      var k = 1
      for i in 0..<n where p[i] == 0x2C {
        if k < 8 { s[k] = i + 1 }
        k += 1
      }
      if k <= 8 { s[k] = n + 1 }
      return k
    }
    guard fields >= width, fields <= 8 else { return reject(p, n, "\(width) fields") }
    withUnsafeBytes(of: &starts) { raw in
      let s = raw.assumingMemoryBound(to: Int.self)
      @inline(__always) func field(_ k: Int) -> (UnsafePointer<UInt8>, Int) {
        let c = columns[k]
        var a = s[c], b = s[c + 1] - 1
        while a < b, p[a] == 0x20 || p[a] == 0x22 { a += 1 }
        while b > a, p[b - 1] == 0x20 || p[b - 1] == 0x22 { b -= 1 }
        return (p + a, b - a)
      }
      let (codeText, codeLength) = field(2)
      guard let number = Self.integer(codeText, codeLength), number <= 65535 else {
        if log.report.lines == 1, readHeader(p, n, fields) { return }
        return reject(p, n, "an event code from 0 to 65535")
      }
      let code = UInt16(number)
      let (timeText, timeLength) = field(0)
      guard let time = stamp.parse(timeText, timeLength, hasOffset: &log.report.hasOffset) else {
        return reject(p, n, "a time stamp such as 2024-05-13 15:00:00.0")
      }
      let (parameterText, parameterLength) = field(3)
      guard let parameter = Self.signedInteger(parameterText, parameterLength) else { return reject(p, n, "a whole number as parameter") }
      let (deviceText, deviceLength) = field(1)
      guard let device = device(deviceText, deviceLength, &events) else { return reject(p, n, "a device") }
      accept(time, device, code, parameter, &events)
    }
  }

  @inline(__always)
  private mutating func accept(_ time: Int64, _ device: UInt16, _ code: UInt16, _ parameter: Int32, _ events: inout ControllerEventLog) {
    let newest = latest[Int(device)]
    if time >= newest {
      latest[Int(device)] = time
    } else if newest - time <= HighResolutionLogReport.reorderWindow {
      log.report.late.note(log.report.lines)
    } else {
      log.report.clockSteps.note(log.report.lines)
      log.report.largestStepBack = max(log.report.largestStepBack, newest - time)
      latest[Int(device)] = time
    }
    if code == 81 || code == 82 {
      let key = UInt64(device) << 32 | UInt64(UInt32(bitPattern: parameter))
      if let (t, c) = lastChange[key], t == time, c == code {
        log.report.duplicates.note(log.report.lines)
        return
      }
      lastChange[key] = (time, code)
    } else if !ControllerEventCode(rawValue: code).isKnown {
      log.report.unknownCodes[code, default: .init()].note(log.report.lines)
    }
    events.append(time: time, device: device, code: code, parameter: parameter)
  }

  @inline(__always)
  private static func signedInteger(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int32? {
    if n > 1, p[0] == 0x2D { return integer(p + 1, n - 1).flatMap { Int32(exactly: -Int64($0)) } }
    return integer(p, n).flatMap { Int32(exactly: $0) }
  }

  @inline(__always)
  private static func integer(_ p: UnsafePointer<UInt8>, _ n: Int) -> UInt32? {
    guard n > 0, n <= 10 else { return nil }
    var value: UInt64 = 0
    for i in 0..<n {
      let d = UInt64(p[i]) &- 0x30
      if d > 9 { return nil }
      value = value * 10 + d
    }
    return UInt32(exactly: value)
  }

  /// Devices of up to eight bytes are told apart by their bytes in one word, longer ones by a hash of all bytes checked on first sight.
  private mutating func device(_ p: UnsafePointer<UInt8>, _ n: Int, _ events: inout ControllerEventLog) -> UInt16? {
    guard n > 0, n <= 64 else { return nil }
    var key: UInt64 = n <= 7 ? UInt64(n) : 0xcbf2_9ce4_8422_2325
    if n <= 7 {
      for i in 0..<n { key = key << 8 | UInt64(p[i]) }
    } else {
      for i in 0..<n { key = (key ^ UInt64(p[i])) &* 0x0000_0100_0000_01b3 }
      key |= 1 << 63
    }
    if key == lastDeviceKey { return lastDevice }
    if let known = devices[key] {
      lastDeviceKey = key
      lastDevice = known
      return known
    }
    guard events.devices.count < 65535 else { return nil }
    let new = UInt16(events.devices.count)
    events.devices.append(String(decoding: UnsafeBufferPointer(start: p, count: n), as: UTF8.self))
    latest.append(.min / 2)
    devices[key] = new
    lastDeviceKey = key
    lastDevice = new
    return new
  }

  private mutating func readHeader(_ p: UnsafePointer<UInt8>, _ n: Int, _ fields: Int) -> Bool {
    let names = String(decoding: UnsafeBufferPointer(start: p, count: n), as: UTF8.self).lowercased().split(
      separator: ",", omittingEmptySubsequences: false
    ).map { $0.filter { $0.isLetter } }
    func find(_ choices: [String]) -> Int? { names.firstIndex { choices.contains($0) } }
    guard let t = find(["timestamp", "time", "datetime"]), let d = find(["deviceid", "signalid", "device", "locationidentifier"]),
      let c = find(["eventid", "eventcode", "code", "event"]), let q = find(["parameter", "eventparam", "param", "eventparameter"])
    else { return false }
    columns = [t, d, c, q]
    width = max(t, d, c, q) + 1
    return true
  }

  private mutating func reject(_ p: UnsafePointer<UInt8>, _ n: Int, _ expected: String) {
    log.report.malformed.note(log.report.lines)
    guard log.report.problems.count < 20 else { return }
    log.report.problems.append(
      InputProblem(
        file: log.report.file, line: log.report.lines, expected: expected,
        found: String(decoding: UnsafeBufferPointer(start: p, count: min(n, 120)), as: UTF8.self)))
  }
}

extension ControllerEventLog {
  /// Moves late events back to their place: each device's events are ordered again within the reorder window, others keep theirs.
  mutating func putLateEventsInPlace() {
    let window = HighResolutionLogReport.reorderWindow
    var i = 1
    // Insertion from the back: late records are few and near, so this is close to one pass.
    while i < count {
      let t = time[i], d = device[i], c = code[i], p = parameter[i]
      var j = i
      var place = i
      while j > 0, time[j - 1] > t, time[j - 1] - t <= window {
        if device[j - 1] == d { place = j - 1 }
        j -= 1
      }
      if place < i {
        var k = i
        while k > place {
          time[k] = time[k - 1]
          device[k] = device[k - 1]
          code[k] = code[k - 1]
          parameter[k] = parameter[k - 1]
          k -= 1
        }
        time[place] = t
        device[place] = d
        code[place] = c
        parameter[place] = p
      }
      i += 1
    }
  }
}
