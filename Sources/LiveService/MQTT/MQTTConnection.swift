import CMosquitto
import Foundation
import Logging

/// A connection that subscribes and publishes on a thread of libmosquitto's, and comes back by itself.
public final class MQTTConnection: @unchecked Sendable {
  private let address: MQTTAddress
  private let subscriptions: [(topic: String, qos: Int32)]
  private let received: @Sendable (String, [UInt8]) -> Void
  private let logger: Logger
  private let lock = NSLock()
  private var handle: OpaquePointer?
  private var connected = false
  private var connections = 0
  private var lostAt: Date? = Date()

  /// `received` is called on the library's thread.
  public init(
    _ address: MQTTAddress, client: String, subscriptions: [(topic: String, qos: Int32)], logger: Logger,
    received: @escaping @Sendable (String, [UInt8]) -> Void
  ) throws {
    MQTTLibrary.start()
    self.address = address
    self.subscriptions = subscriptions
    self.received = received
    self.logger = logger
    guard let fresh = mosquitto_new(client, true, Unmanaged.passUnretained(self).toOpaque()) else {
      throw MQTTFailure(code: Int32(MOSQ_ERR_NOMEM.rawValue), operation: "mosquitto_new")
    }
    handle = fresh
    mosquitto_max_inflight_messages_set(fresh, 1000)
    try MQTTLibrary.secure(fresh, address)
    mosquitto_reconnect_delay_set(fresh, 1, 5, true)
    mosquitto_connect_callback_set(fresh, mqttConnected)
    mosquitto_disconnect_callback_set(fresh, mqttDisconnected)
    mosquitto_message_callback_set(fresh, mqttReceived)
    let code = mosquitto_loop_start(fresh)
    guard code == 0 else { throw MQTTFailure(code: code, operation: "mosquitto_loop_start") }
    let first = mosquitto_connect_async(fresh, address.host, address.port, 10)
    if first != 0 { logger.warning("broker not reached yet", metadata: ["reason": "\(MQTTFailure(code: first, operation: "connect"))"]) }
  }

  public var isConnected: Bool {
    lock.lock()
    defer { lock.unlock() }
    return connected
  }

  /// Since when the broker has not been connected; nil while it is.
  public var awaySince: Date? {
    lock.lock()
    defer { lock.unlock() }
    return lostAt
  }

  /// Times the broker was reached.
  public var connectionCount: Int {
    lock.lock()
    defer { lock.unlock() }
    return connections
  }

  /// False where the message was not taken.
  @discardableResult
  public func publish(_ topic: String, _ payload: [UInt8], qos: Int32 = 1) -> Bool {
    lock.lock()
    let target = handle, isConnected = connected
    lock.unlock()
    // Commands and answers are of the moment: none is kept for a broker that is away.
    guard let target, isConnected else { return false }
    return payload.withUnsafeBytes { mosquitto_publish(target, nil, topic, Int32($0.count), $0.baseAddress, qos, false) } == 0
  }

  public func close() {
    lock.lock()
    let target = handle
    handle = nil
    connected = false
    lock.unlock()
    guard let target else { return }
    mosquitto_disconnect(target)
    mosquitto_loop_stop(target, true)
    mosquitto_destroy(target)
  }

  fileprivate func onConnect(_ code: Int32) {
    guard code == 0 else {
      logger.warning("the broker refuses", metadata: ["reason": "\(String(cString: mosquitto_connack_string(code)))"])
      return
    }
    lock.lock()
    connected = true
    lostAt = nil
    connections += 1
    let target = handle
    lock.unlock()
    for subscription in subscriptions { mosquitto_subscribe(target, nil, subscription.topic, subscription.qos) }
    logger.info("broker connected", metadata: ["host": "\(address.host):\(address.port)"])
  }

  fileprivate func onDisconnect(_ code: Int32) {
    lock.lock()
    connected = false
    lostAt = lostAt ?? Date()
    lock.unlock()
    if code != 0 { logger.warning("broker lost", metadata: ["reason": "\(String(cString: mosquitto_strerror(code)))"]) }
  }

  fileprivate func onMessage(_ topic: String, _ payload: [UInt8]) { received(topic, payload) }
}

/// What libmosquitto answered.
public struct MQTTFailure: Error, Sendable, CustomStringConvertible {
  public var code: Int32
  public var operation: String
  public var description: String { "\(operation): \(String(cString: mosquitto_strerror(code)))" }
}

enum MQTTLibrary {
  private static let started: Int32 = mosquitto_lib_init()
  static func start() { _ = started }

  static func secure(_ handle: OpaquePointer, _ address: MQTTAddress) throws {
    if let user = address.user {
      let code = mosquitto_username_pw_set(handle, user, address.password)
      guard code == 0 else { throw MQTTFailure(code: code, operation: "user name") }
    }
    guard let authorities = address.authorities else { return }
    let code = mosquitto_tls_set(handle, authorities, nil, address.certificate, address.key, nil)
    guard code == 0 else { throw MQTTFailure(code: code, operation: "TLS") }
    let version = mosquitto_tls_opts_set(handle, 1, "tlsv1.2", nil)
    guard version == 0 else { throw MQTTFailure(code: version, operation: "TLS version") }
  }

  static func payload(_ message: UnsafePointer<mosquitto_message>) -> [UInt8] {
    guard message.pointee.payloadlen > 0, let bytes = message.pointee.payload else { return [] }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(message.pointee.payloadlen)))
  }
}

// The library calls these on its own thread: plain functions, of no actor.

private func mqttConnected(_ handle: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ code: Int32) {
  guard let context else { return }
  Unmanaged<MQTTConnection>.fromOpaque(context).takeUnretainedValue().onConnect(code)
}

private func mqttDisconnected(_ handle: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ code: Int32) {
  guard let context else { return }
  Unmanaged<MQTTConnection>.fromOpaque(context).takeUnretainedValue().onDisconnect(code)
}

private func mqttReceived(
  _ handle: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ message: UnsafePointer<mosquitto_message>?
) {
  guard let context, let message, let topic = message.pointee.topic else { return }
  Unmanaged<MQTTConnection>.fromOpaque(context).takeUnretainedValue().onMessage(String(cString: topic), MQTTLibrary.payload(message))
}
