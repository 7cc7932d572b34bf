/// A client of SUMO's Traffic Control Interface.
///
/// ```swift
/// let sumo = try TraCIClient(host: "localhost", port: 8813)
/// try sumo.subscribeContext(.junction, "J1", to: .vehicle, range: 300, variables: [TraCIVariable.speed])
/// while sumo.time < 3600 {
///   sumo.enqueueState("J1", "GGrr")
///   for vehicles in try sumo.step() { print(vehicles.objects.count) }
/// }
/// try sumo.close()
/// ```
///
/// Commands may be queued with `enqueue…`: they travel with the next `step` in the same message, so a step is one round trip however many
/// signals are set and however many objects are watched. Not thread safe: one thread owns a client.
public final class TraCIClient {
  /// Interface version, 20 (SUMO 1.9.2) to 22 (1.28).
  public private(set) var apiVersion = 0
  /// SUMO's name and version.
  public private(set) var serverName = ""
  /// Time of the last step [s].
  public private(set) var time = 0.0
  /// Round trips made so far.
  public private(set) var roundTrips = 0

  private let transport: any TraCITransport
  private var queue = TraCIWriter()
  private var queued: [UInt8] = []
  private var stepLength = 1.0

  /// Connects, trying again for `patience` seconds until SUMO listens, agrees on the version and takes its place among several clients.
  public convenience init(
    host: String, port: Int, patience: Double = 60, answerPatience: Double? = nil, order: Int? = 1
  ) throws(TraCIError) {
    try self.init(
      transport: try TraCISocket(host: host, port: port, patience: patience, answerPatience: answerPatience), order: order)
  }

  init(transport: any TraCITransport, order: Int?) throws(TraCIError) {
    self.transport = transport
    var answer = try send(0x00, [], doing: "agreeing on the version")
    _ = try answer.commandLength()
    _ = try answer.byte()
    apiVersion = try answer.int()
    serverName = try answer.string()
    guard (20...22).contains(apiVersion) else { throw .unsupportedVersion(api: apiVersion, name: serverName) }
    if let order {
      var content = TraCIWriter()
      content.int(order)
      _ = try send(0x03, content.bytes, doing: "setting the order of clients")
    }
  }

  /// Ends the simulation in good order.
  public func close() throws(TraCIError) {
    _ = try send(0x7F, [], doing: "closing")
    transport.close()
  }

  // MARK: Steps and subscriptions

  /// Sends what is queued, lets SUMO compute one step (or up to `target` [s]), and returns what the subscriptions tell.
  public func step(to target: Double = 0) throws(TraCIError) -> [TraCISubscriptionResult] {
    var results: [TraCISubscriptionResult] = []
    try step(to: target) { (answer) throws(TraCIError) in results.append(try TraCISubscriptionResult(&answer)) }
    return results
  }

  /// The same, with each subscription's answer read by `read`, which must leave the reader behind it.
  func step(to target: Double = 0, read: (inout TraCIReader) throws(TraCIError) -> Void) throws(TraCIError) {
    var content = TraCIWriter()
    content.double(target)
    var answer = try send(0x02, content.bytes, doing: "stepping past \(time) s")
    let count = try answer.int()
    guard count >= 0 else { throw .malformed(expected: "a number of subscription results", found: "\(count)") }
    for _ in 0..<count { try read(&answer) }
    time = target > 0 ? target : time + stepLength
  }

  /// Asks SUMO for its clock and step length, so that `time` counts from there.
  public func synchronizeClock() throws(TraCIError) {
    stepLength = try get(.simulation, TraCIVariable.stepLength).asDouble()
    time = try get(.simulation, TraCIVariable.time).asDouble()
  }

  /// Watches variables of one object; the values come with every step. The first values are returned.
  @discardableResult
  public func subscribe(
    _ domain: TraCIDomain, _ object: String, variables: [UInt8], from begin: Double = -1_073_741_824, to end: Double = -1_073_741_824
  ) throws(TraCIError) -> TraCISubscriptionResult {
    var content = TraCIWriter()
    content.double(begin)
    content.double(end)
    content.string(object)
    content.byte(UInt8(variables.count))
    content.append(variables)
    var answer = try send(domain.subscribeCommand, content.bytes, doing: "subscribing to \(object)")
    return try TraCISubscriptionResult(&answer)
  }

  /// Watches variables of every object of `other` within `range` [m] of one object.
  @discardableResult
  public func subscribeContext(
    _ domain: TraCIDomain, _ object: String, to other: TraCIDomain, range: Double, variables: [UInt8],
    from begin: Double = -1_073_741_824, to end: Double = -1_073_741_824
  ) throws(TraCIError) -> TraCISubscriptionResult {
    var result: TraCISubscriptionResult?
    try subscribeContext(domain, object, to: other, range: range, variables: variables, from: begin, to: end) {
      (answer) throws(TraCIError) in result = try TraCISubscriptionResult(&answer)
    }
    return result!
  }

  /// The same, with the answer read by `read`.
  func subscribeContext(
    _ domain: TraCIDomain, _ object: String, to other: TraCIDomain, range: Double, variables: [UInt8],
    from begin: Double = -1_073_741_824, to end: Double = -1_073_741_824, read: (inout TraCIReader) throws(TraCIError) -> Void
  ) throws(TraCIError) {
    var content = TraCIWriter()
    content.double(begin)
    content.double(end)
    content.string(object)
    content.byte(other.getCommand)
    content.double(range)
    content.byte(UInt8(variables.count))
    content.append(variables)
    var answer = try send(domain.contextCommand, content.bytes, doing: "subscribing to what is around \(object)")
    try read(&answer)
  }

  // MARK: Variables

  /// The value of one variable of one object.
  public func get(_ domain: TraCIDomain, _ variable: UInt8, _ object: String = "") throws(TraCIError) -> TraCIValue {
    var content = TraCIWriter()
    content.byte(variable)
    content.string(object)
    var answer = try send(domain.getCommand, content.bytes, doing: "asking about \(object)")
    _ = try answer.commandLength()
    let response = try answer.byte()
    guard response == domain.getCommand | 0x10 else {
      throw .malformed(expected: "answer 0x\(hex(domain.getCommand | 0x10))", found: "0x\(hex(response))")
    }
    _ = try answer.byte()
    _ = try answer.string()
    return try answer.typed()
  }

  /// The value of one variable of many objects in one round trip; nil for those that SUMO refuses to tell of.
  public func get(_ domain: TraCIDomain, _ variable: UInt8, of objects: [String]) throws(TraCIError) -> [TraCIValue?] {
    guard !objects.isEmpty else { return [] }
    let settings = queued
    for object in objects {
      var content = TraCIWriter()
      content.byte(variable)
      content.string(object)
      queue.command(domain.getCommand, content.bytes)
    }
    var answer = try exchange(doing: "asking for \(objects.count) objects")
    for id in settings { try Self.checkStatus(&answer, of: id) }
    var values: [TraCIValue?] = []
    values.reserveCapacity(objects.count)
    for _ in objects {
      do {
        try Self.checkStatus(&answer, of: domain.getCommand)
      } catch {
        guard case .refused = error else { throw error }
        values.append(nil)
        continue
      }
      _ = try answer.commandLength()
      _ = try answer.byte()
      _ = try answer.byte()
      _ = try answer.string()
      values.append(try answer.typed())
    }
    return values
  }

  /// Changes one variable of one object now, in a round trip of its own.
  public func set(_ domain: TraCIDomain, _ variable: UInt8, _ object: String, _ value: TraCIValue) throws(TraCIError) {
    _ = try send(domain.setCommand, Self.setContent(variable, object, value), doing: "setting \(object)")
  }

  /// Changes one variable of one object together with the next step.
  public func enqueue(_ domain: TraCIDomain, _ variable: UInt8, _ object: String, _ value: TraCIValue) {
    queue.command(domain.setCommand, Self.setContent(variable, object, value))
    queued.append(domain.setCommand)
  }

  private static func setContent(_ variable: UInt8, _ object: String, _ value: TraCIValue) -> [UInt8] {
    var content = TraCIWriter()
    content.byte(variable)
    content.string(object)
    content.typed(value)
    return content.bytes
  }

  // MARK: The wire

  /// Sends everything queued and one command; checks every status and returns the rest of the last answer.
  private func send(_ command: UInt8, _ content: [UInt8], doing what: String) throws(TraCIError) -> TraCIReader {
    queue.command(command, content)
    let expected = queued + [command]
    var answer = try exchange(doing: what)
    for id in expected { try Self.checkStatus(&answer, of: id) }
    return answer
  }

  /// Sends everything queued and returns the answer.
  private func exchange(doing what: String) throws(TraCIError) -> TraCIReader {
    let message = TraCIWriter.message(queue.bytes)
    queue = TraCIWriter()
    queued = []
    roundTrips += 1
    return TraCIReader(try transport.exchange(message, doing: what))
  }

  private static func checkStatus(_ answer: inout TraCIReader, of command: UInt8) throws(TraCIError) {
    _ = try answer.commandLength()
    let id = try answer.byte()
    let status = try answer.byte()
    let message = try answer.string()
    guard id == command else { throw .malformed(expected: "the status of command 0x\(hex(command))", found: "that of 0x\(hex(id))") }
    switch status {
    case 0x00: return
    case 0x01: throw .notImplemented(command: command, message: message)
    default: throw .refused(command: command, message: message)
    }
  }
}
