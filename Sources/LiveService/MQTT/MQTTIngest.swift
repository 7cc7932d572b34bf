import CMosquitto
import ControlLoop
import Foundation
import Logging
import TrafficModel

/// Takes readings from a broker at QoS 1 and lets the broker have its acknowledgement only when the disk has them.
///
/// libmosquitto acknowledges of its own accord, but only queues the packet; whoever drives its loop decides when it is written. So each
/// round reads what has come, forces it to the disk in one go, and then writes the acknowledgements. The session is kept by the
/// broker, which holds what comes while this engine is away; the subscription is shared among the engine's connections.
public final class MQTTIngest: @unchecked Sendable {
  private let address: MQTTAddress
  private let client: String
  private let topic: String
  private let ingestor: Ingestor
  private let parser: ReadingParser
  private let now: @Sendable () -> Instant
  private let logger: Logger
  private let worker = Worker("mqtt")
  private let lock = NSLock()
  private var connected = false
  private var messages: UInt64 = 0
  private var refused: UInt64 = 0
  /// Owned by the thread.
  private var batch = ReadingParser.Parsed()
  private var problems: [FieldProblem] = []

  /// `client` names the session at the broker: the same after a restart, another for each connection.
  public init(
    _ address: MQTTAddress, client: String, group: String, ingestor: Ingestor, parser: ReadingParser,
    now: @escaping @Sendable () -> Instant, logger: Logger
  ) {
    MQTTLibrary.start()
    self.address = address
    self.client = client
    topic = "$share/\(group)/\(MQTTTopic.readings)#"
    self.ingestor = ingestor
    self.parser = parser
    self.now = now
    self.logger = logger
  }

  public struct Status: Sendable {
    public var isConnected: Bool
    public var messages: UInt64
    /// Readings that broke a rule; each batch of them is told on the topic of problems.
    public var refused: UInt64
  }

  public var status: Status {
    lock.lock()
    defer { lock.unlock() }
    return Status(isConnected: connected, messages: messages, refused: refused)
  }

  public func start() {
    worker.start(
      pause: 0.25, longest: 5, failed: { [self] in logger.warning("no readings from the broker", metadata: ["reason": "\($0)"]) }
    ) { [self] established in
      defer {
        lock.lock()
        connected = false
        lock.unlock()
        // What was not acknowledged comes again.
        batch = ReadingParser.Parsed()
      }
      while !ingestor.isOpen, !worker.isStopping { worker.rest(0.05) }
      try session(established)
    }
  }

  public func stop() { worker.stop() }

  /// One connection, from its beginning to its loss.
  private func session(_ established: () -> Void) throws {
    guard let handle = mosquitto_new(client, false, Unmanaged.passUnretained(self).toOpaque()) else {
      throw MQTTFailure(code: Int32(MOSQ_ERR_NOMEM.rawValue), operation: "mosquitto_new")
    }
    defer { mosquitto_destroy(handle) }
    try MQTTLibrary.secure(handle, address)
    // Told that the loop is driven elsewhere, the library queues what it has to send.
    mosquitto_threaded_set(handle, true)
    mosquitto_connect_callback_set(handle, ingestConnected)
    mosquitto_message_callback_set(handle, ingestReceived)
    var code = mosquitto_connect(handle, address.host, address.port, 10)
    guard code == 0 else { throw MQTTFailure(code: code, operation: "connect") }
    var wasConnected = false
    while !worker.isStopping {
      let socket = mosquitto_socket(handle)
      guard socket >= 0 else { throw MQTTFailure(code: Int32(MOSQ_ERR_CONN_LOST.rawValue), operation: "read") }
      let wantsWrite = mosquitto_want_write(handle)
      var descriptor = pollfd(fd: socket, events: Int16(POLLIN) | (wantsWrite ? Int16(POLLOUT) : 0), revents: 0)
      let ready = poll(&descriptor, 1, 100)
      if ready > 0, descriptor.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
        // As much as is there, but not so much that the first sender waits long.
        for _ in 0..<2000 {
          code = mosquitto_loop_read(handle, 1)
          guard code == 0 else { throw MQTTFailure(code: code, operation: "read") }
          var more = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
          if poll(&more, 1, 0) <= 0 || batch.readings.count >= 20_000 { break }
        }
      }
      if !wasConnected, status.isConnected {
        wasConnected = true
        established()
      }
      // Thrown where the journal does not take them: the connection ends without acknowledgement, and the broker sends them again.
      try takeBatch(handle)
      if mosquitto_want_write(handle) {
        code = mosquitto_loop_write(handle, 1)
        guard code == 0 else { throw MQTTFailure(code: code, operation: "write") }
      }
      code = mosquitto_loop_misc(handle)
      guard code == 0 else { throw MQTTFailure(code: code, operation: "keep alive") }
    }
    mosquitto_disconnect(handle)
    _ = mosquitto_loop_write(handle, 1)
  }

  private func takeBatch(_ handle: OpaquePointer) throws {
    guard !batch.readings.isEmpty || !problems.isEmpty else { return }
    let taken = batch
    batch = ReadingParser.Parsed()
    if !taken.readings.isEmpty {
      let (_, through) = try ingestor.stage(taken, received: now())
      try ingestor.journal.commitBlocking(through: through)
    }
    guard !problems.isEmpty else { return }
    let told = Array(problems.prefix(100))
    lock.lock()
    refused += UInt64(problems.count)
    lock.unlock()
    problems = []
    let payload = [UInt8]((try? JSONEncoder().encode(told)) ?? Data())
    _ = payload.withUnsafeBytes { mosquitto_publish(handle, nil, MQTTTopic.problems, Int32($0.count), $0.baseAddress, 0, false) }
  }

  fileprivate func onConnect(_ handle: OpaquePointer?, _ code: Int32) {
    guard code == 0 else {
      logger.warning("the broker refuses", metadata: ["reason": "\(String(cString: mosquitto_connack_string(code)))"])
      return
    }
    lock.lock()
    connected = true
    lock.unlock()
    mosquitto_subscribe(handle, nil, topic, 1)
    logger.info("readings come from the broker", metadata: ["host": "\(address.host):\(address.port)", "client": "\(client)"])
  }

  fileprivate func onMessage(_ payload: [UInt8]) {
    lock.lock()
    messages += 1
    lock.unlock()
    let first = payload.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
    do {
      // A sender over MQTT cannot be answered, so that the good readings of a message are taken and the bad ones told.
      let parsed = try parser.parse(payload, form: first == UInt8(ascii: "[") ? .json : .lines, now: now())
      batch.readings += parsed.readings
      batch.indices += parsed.indices
      batch.isPartial = true
      problems += parsed.problems
    } catch { problems.append(error) }
  }
}

private func ingestConnected(_ handle: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ code: Int32) {
  guard let context else { return }
  Unmanaged<MQTTIngest>.fromOpaque(context).takeUnretainedValue().onConnect(handle, code)
}

private func ingestReceived(
  _ handle: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ message: UnsafePointer<mosquitto_message>?
) {
  guard let context, let message else { return }
  Unmanaged<MQTTIngest>.fromOpaque(context).takeUnretainedValue().onMessage(MQTTLibrary.payload(message))
}
