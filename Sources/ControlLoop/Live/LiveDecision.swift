import TrafficModel

/// On what data a signal is run.
public enum ControlLevel: UInt8, Sendable, Codable, CaseIterable {
  case adaptive, actuated, timeOfDay
  public var name: String {
    switch self {
    case .adaptive: "adaptive"
    case .actuated: "actuated"
    case .timeOfDay: "timeOfDay"
    }
  }
}

/// Whether the engine commands a signal, and if not, why.
public enum CommandAuthority: UInt8, Sendable, Codable, CaseIterable {
  case commanding, shadow, fallback
  /// The street's state is not known: nothing is commanded before it has been read back.
  case awaitingReadBack
  /// Another engine holds the region, or none does.
  case noLease
  public var name: String {
    switch self {
    case .commanding: "commanding"
    case .shadow: "shadow"
    case .fallback: "fallback"
    case .awaitingReadBack: "awaitingReadBack"
    case .noLease: "noLease"
    }
  }
}

/// What the engine decided in one tick, as far as it differs from the tick before, with a digest of all of it.
public struct LiveDecision: Sendable, Hashable {
  public static let schema: UInt8 = 1

  public struct Entry: Sendable, Hashable {
    public var signal: Int
    public var level: ControlLevel
    public var authority: CommandAuthority
    /// Index of the order in force, 0: none.
    public var order: UInt64
    public var shown: SignalState
    public var reason: Message
    public init(signal: Int, level: ControlLevel, authority: CommandAuthority, order: UInt64, shown: SignalState, reason: Message) {
      self.signal = signal
      self.level = level
      self.authority = authority
      self.order = order
      self.shown = shown
      self.reason = reason
    }
  }

  /// A condition that begins or ends.
  public struct Alarm: Sendable, Hashable {
    /// Stands for the signal where an alarm is about all of them.
    public static let allSignals = Int(UInt32.max)

    public var raised: Bool
    /// Index in the topology, or ``allSignals``.
    public var signal: Int
    /// What it is about: a detector, or the signal itself.
    public var subject: String
    public var message: Message
    public init(raised: Bool, signal: Int, subject: String, message: Message) {
      self.raised = raised
      self.signal = signal
      self.subject = subject
      self.message = message
    }

    /// What it is about, so that its end can be told from another's: signal, subject and kind of condition.
    public var condition: String {
      let kind = ["alarm.silent", "alarm.stuck", "alarm.faulty", "alarm.detector"].contains(message.key) ? "detector" : message.key
      return "\(signal) \(subject) \(kind)"
    }
  }

  public var time: Instant
  /// FNV-1a over what every signal shows and how it is run.
  public var digest: UInt64
  public var entries: [Entry]
  public var alarms: [Alarm]

  public init(time: Instant, digest: UInt64, entries: [Entry], alarms: [Alarm]) {
    self.time = time
    self.digest = digest
    self.entries = entries
    self.alarms = alarms
  }

  public func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 32 + entries.count * 80)
    writer.put(time.milliseconds)
    writer.put(digest)
    writer.put(UInt32(entries.count))
    for entry in entries {
      writer.put(UInt32(entry.signal))
      writer.put(entry.level.rawValue)
      writer.put(entry.authority.rawValue)
      writer.put(entry.order)
      writer.put(entry.shown.indications.map(\.rawValue))
      Self.put(entry.reason, &writer)
    }
    writer.put(UInt32(alarms.count))
    for alarm in alarms {
      writer.put(alarm.raised)
      writer.put(UInt32(alarm.signal))
      writer.put(alarm.subject)
      Self.put(alarm.message, &writer)
    }
    return writer.bytes
  }

  public init(decoding payload: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(payload)
    time = Instant(milliseconds: try reader.take())
    digest = try reader.take()
    entries = []
    for _ in 0..<(try reader.takeCount(minimumSize: 20)) {
      let signal = Int(try reader.take(UInt32.self))
      guard let level = ControlLevel(rawValue: try reader.take()), let authority = CommandAuthority(rawValue: try reader.take()) else {
        throw MalformedRecord(field: "level or authority", offset: 0)
      }
      let order: UInt64 = try reader.take()
      var indications: [Indication] = []
      for byte in try reader.takeBlock() {
        guard let indication = Indication(rawValue: byte) else { throw MalformedRecord(field: "indication", offset: 0) }
        indications.append(indication)
      }
      let reason = try Self.takeMessage(&reader)
      entries.append(
        Entry(signal: signal, level: level, authority: authority, order: order, shown: SignalState(indications), reason: reason))
    }
    alarms = []
    for _ in 0..<(try reader.takeCount(minimumSize: 9)) {
      let raised = try reader.takeBool(), signal = Int(try reader.take(UInt32.self)), subject = try reader.takeString()
      alarms.append(Alarm(raised: raised, signal: signal, subject: subject, message: try Self.takeMessage(&reader)))
    }
  }

  private static func put(_ message: Message, _ writer: inout ByteWriter) {
    writer.put(message.key)
    writer.put(UInt32(message.arguments.count))
    for argument in message.arguments { writer.put(argument) }
  }

  private static func takeMessage(_ reader: inout ByteReader) throws(MalformedRecord) -> Message {
    let key = try reader.takeString()
    var arguments: [String] = []
    for _ in 0..<(try reader.takeCount(minimumSize: 2)) { arguments.append(try reader.takeString()) }
    return Message(key, arguments)
  }
}

/// What passed each signal in one minute.
public struct LiveMeasures: Sendable, Hashable {
  public static let schema: UInt8 = 1
  public struct Row: Sendable, Hashable {
    public var signal: Int
    /// Vehicles that crossed the advance detectors, and that left over the stop bars.
    public var arrivals: Double
    public var departures: Double
    /// Time spent in queue by all vehicles together [veh·s].
    public var queueSeconds: Double
    /// Arrivals while the lane's signal was green.
    public var arrivalsOnGreen: Double
    public init(signal: Int, arrivals: Double, departures: Double, queueSeconds: Double, arrivalsOnGreen: Double) {
      self.signal = signal
      self.arrivals = arrivals
      self.departures = departures
      self.queueSeconds = queueSeconds
      self.arrivalsOnGreen = arrivalsOnGreen
    }
  }
  public var begin: Instant
  public var end: Instant
  public var rows: [Row]
  public init(begin: Instant, end: Instant, rows: [Row]) {
    self.begin = begin
    self.end = end
    self.rows = rows
  }

  public func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 24 + rows.count * 36)
    writer.put(begin.milliseconds)
    writer.put(end.milliseconds)
    writer.put(UInt32(rows.count))
    for row in rows {
      writer.put(UInt32(row.signal))
      writer.put(row.arrivals)
      writer.put(row.departures)
      writer.put(row.queueSeconds)
      writer.put(row.arrivalsOnGreen)
    }
    return writer.bytes
  }

  public init(decoding payload: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(payload)
    begin = Instant(milliseconds: try reader.take())
    end = Instant(milliseconds: try reader.take())
    rows = []
    for _ in 0..<(try reader.takeCount(minimumSize: 36)) {
      rows.append(
        Row(
          signal: Int(try reader.take(UInt32.self)), arrivals: try reader.takeDouble(), departures: try reader.takeDouble(),
          queueSeconds: try reader.takeDouble(), arrivalsOnGreen: try reader.takeDouble()))
    }
  }
}
