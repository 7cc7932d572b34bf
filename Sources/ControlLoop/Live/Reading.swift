import TrafficModel

/// One message of a sensor: what a detector shows, or has counted.
public struct Reading: Sendable, Hashable {
  public enum Value: Sendable, Hashable {
    /// The detector is free or occupied. Repeating a state tells that the detector is alive.
    case state(occupied: Bool, speed: Double)
    /// Vehicles counted and share of time occupied over the `period` that ends at the reading's time.
    case count(vehicles: Double, occupancy: Double, period: TimeAmount)
    /// The detector reports that it is faulty, or well again.
    case fault(Bool)
  }
  /// Who numbers the readings: a cabinet, a gateway.
  public var source: String
  /// The source's own running number: a reading sent twice counts once.
  public var sequence: UInt64
  public var detector: String
  /// UTC in milliseconds since 1970, as the source's clock has it.
  public var time: Instant
  public var value: Value

  public init(source: String, sequence: UInt64, detector: String, time: Instant, value: Value) {
    self.source = source
    self.sequence = sequence
    self.detector = detector
    self.time = time
    self.value = value
  }
}

/// Readings that were accepted together: one record of the journal.
public enum ReadingBatch {
  public static let schema: UInt8 = 1

  public static func encode(_ readings: [Reading], received: Instant) -> [UInt8] {
    var writer = ByteWriter(capacity: 16 + readings.count * 56)
    writer.put(received.milliseconds)
    writer.put(UInt32(readings.count))
    for reading in readings {
      writer.put(reading.source)
      writer.put(reading.sequence)
      writer.put(reading.detector)
      writer.put(reading.time.milliseconds)
      switch reading.value {
      case .state(let occupied, let speed):
        writer.put(UInt8(occupied ? 1 : 0))
        writer.put(speed)
      case .fault(let faulty): writer.put(UInt8(faulty ? 3 : 2))
      case .count(let vehicles, let occupancy, let period):
        writer.put(UInt8(4))
        writer.put(vehicles)
        writer.put(occupancy)
        writer.put(period.milliseconds)
      }
    }
    return writer.bytes
  }

  public static func decode(_ payload: [UInt8]) throws(MalformedRecord) -> (received: Instant, readings: [Reading]) {
    var reader = ByteReader(payload)
    let received = Instant(milliseconds: try reader.take())
    let count = try reader.takeCount(minimumSize: 21)
    var readings: [Reading] = []
    readings.reserveCapacity(count)
    for _ in 0..<count {
      let source = try reader.takeString()
      let sequence: UInt64 = try reader.take()
      let detector = try reader.takeString()
      let time = Instant(milliseconds: try reader.take())
      let value: Reading.Value
      switch try reader.take(UInt8.self) {
      case 0: value = .state(occupied: false, speed: try reader.takeDouble())
      case 1: value = .state(occupied: true, speed: try reader.takeDouble())
      case 2: value = .fault(false)
      case 3: value = .fault(true)
      case 4:
        let vehicles = try reader.takeDouble(), occupancy = try reader.takeDouble()
        value = .count(vehicles: vehicles, occupancy: occupancy, period: TimeAmount(milliseconds: try reader.take()))
      default: throw MalformedRecord(field: "kind of reading", offset: 0)
      }
      readings.append(Reading(source: source, sequence: sequence, detector: detector, time: time, value: value))
    }
    return (received, readings)
  }
}
