import ControlLoop
import Foundation
import Logging
import TrafficModel

/// What a heartbeat says.
public struct FieldHeartbeat: Sendable, Codable {
  public var time: Instant
  public var token: UInt64
  public var released: [String]
}

/// The field behind a broker: commands go out, answers come back.
public final class MQTTStreet: LiveStreet, @unchecked Sendable {
  private let lock = NSLock()
  private var answered: @Sendable (FieldAnswer) -> Void = { _ in }
  private var connection: MQTTConnection!
  private let encoder = JSONEncoder()

  public init(_ address: MQTTAddress, client: String, logger: Logger) throws {
    encoder.outputFormatting = [.sortedKeys]
    connection = try MQTTConnection(address, client: client, subscriptions: [(MQTTTopic.answer + "+", 1)], logger: logger) {
      [weak self] _, payload in
      guard let answer = try? JSONDecoder().decode(FieldAnswer.self, from: Data(payload)) else {
        logger.warning("an answer that cannot be read", metadata: ["bytes": "\(payload.count)"])
        return
      }
      self?.give(answer)
    }
  }

  public var isConnected: Bool { connection.isConnected }

  /// A broker that has been away for longer than a reconnection takes.
  public var trouble: String? {
    guard let away = connection.awaySince, Date().timeIntervalSince(away) > 3 else { return nil }
    return "the broker is away"
  }

  private func give(_ answer: FieldAnswer) {
    lock.lock()
    let receiver = answered
    lock.unlock()
    receiver(answer)
  }

  public func connect(answered: @escaping @Sendable (FieldAnswer) -> Void, read: @escaping @Sendable ([Reading]) -> Void) {
    lock.lock()
    defer { lock.unlock() }
    self.answered = answered
  }

  public func advance(to now: Instant) {}

  public func requestStates(of signals: [String], now: Instant) {
    // At the start the broker may not have been reached yet; later nobody waits for it, and the next tick asks again.
    for _ in 0..<100 where connection.connectionCount == 0 { usleep(10_000) }
    guard let payload = try? encoder.encode(signals) else { return }
    connection.publish(MQTTTopic.query, [UInt8](payload))
  }

  public func send(_ commands: [FieldCommand]) {
    for command in commands {
      guard let payload = try? encoder.encode(command) else { continue }
      connection.publish(MQTTTopic.command + MQTTTopic.level(command.signal), [UInt8](payload))
    }
  }

  public func heartbeat(now: Instant, tokens: [String: UInt64], released: [String]) {
    for (region, token) in tokens {
      guard let payload = try? encoder.encode(FieldHeartbeat(time: now, token: token, released: released)) else { continue }
      connection.publish(MQTTTopic.heartbeat + MQTTTopic.level(region), [UInt8](payload), qos: 0)
    }
  }

  public func broadcast(_ snapshot: LiveSnapshot, of signals: [Int], in topology: LiveTopology) {
    for index in signals {
      let place = topology.signals[index]
      guard let payload = try? encoder.encode(SignalPhaseAndTiming(place, snapshot.signals[index], at: snapshot.time)) else { continue }
      connection.publish(MQTTTopic.spat + MQTTTopic.level(place.name), [UInt8](payload), qos: 0)
    }
  }

  public func close() { connection.close() }
}

/// The other end: signals and detectors of a made-up city behind a broker, for rehearsals and tests. It goes on when the engine does not.
public final class FieldSimulator: @unchecked Sendable {
  private let street: RehearsalStreet
  private let regions: [String]
  private var connection: MQTTConnection!
  private let publishes: Bool

  public init(_ address: MQTTAddress, topology: LiveTopology, start: Instant, seed: UInt64, demand: Double, logger: Logger) throws {
    regions = Set(topology.signals.map(\.region)).sorted()
    street = .queues(topology, start: start, seed: seed, demand: demand, step: .milliseconds(100), isReal: true)
    publishes = demand > 0
    let subscriptions: [(topic: String, qos: Int32)] = [
      (MQTTTopic.command + "+", 1), (MQTTTopic.heartbeat + "+", 0), (MQTTTopic.query, 1),
    ]
    connection = try MQTTConnection(address, client: "field-\(getpid())", subscriptions: subscriptions, logger: logger) {
      [weak self] topic, payload in self?.take(topic, payload)
    }
    street.connect(
      answered: { [weak self] answer in
        guard let payload = try? JSONEncoder().encode(answer) else { return }
        self?.connection.publish(MQTTTopic.answer + MQTTTopic.level(answer.signal), [UInt8](payload))
      },
      read: { [weak self] readings in self?.publish(readings) })
  }

  private func take(_ topic: String, _ payload: [UInt8]) {
    let data = Data(payload), decoder = JSONDecoder()
    if topic.hasPrefix(MQTTTopic.command), let command = try? decoder.decode(FieldCommand.self, from: data) {
      street.send([command])
    } else if topic.hasPrefix(MQTTTopic.heartbeat), let beat = try? decoder.decode(FieldHeartbeat.self, from: data) {
      let level = topic.dropFirst(MQTTTopic.heartbeat.count)
      guard let region = regions.first(where: { MQTTTopic.level($0) == level }) else { return }
      street.heartbeat(now: beat.time, tokens: [region: beat.token], released: beat.released)
    } else if topic == MQTTTopic.query, let names = try? decoder.decode([String].self, from: data) {
      street.requestStates(of: names, now: LiveClock.wall)
    }
  }

  private func publish(_ readings: [Reading]) {
    guard publishes else { return }
    for start in stride(from: 0, to: readings.count, by: 50) {
      var text = ""
      for reading in readings[start..<min(start + 50, readings.count)] {
        guard case .state(let on, _) = reading.value else { continue }
        text += "{\"source\":\"\(reading.source)\",\"sequence\":\(reading.sequence),\"detector\":\"\(reading.detector)\","
        text += "\"time\":\(reading.time.milliseconds),\"state\":\"\(on ? "on" : "off")\"}\n"
      }
      connection.publish(MQTTTopic.readings + "field", Array(text.utf8))
    }
  }

  /// Moves the street to `now`.
  public func advance(to now: Instant) { street.advance(to: now) }
  /// What no street may ever show, counted since the start.
  public var violations: Int { street.violations }
  /// Changes of any signal since the start, of which commanded ones.
  public var counts: (changes: Int, commanded: Int, refused: Int, local: Int) { street.counts }
  public func close() { connection.close() }
}
