import ControlLoop
import Foundation
import Logging
import TrafficModel

@testable import LiveService

/// A folder that goes away with the test.
final class Folder: @unchecked Sendable {
  let path: String
  init() {
    path = NSTemporaryDirectory() + "live-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Xorshift, so that a failure can be repeated.
struct Draw {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
  mutating func below(_ n: Int) -> Int { Int(next() >> 11) % n }
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
/// A working day's morning, UTC.
let morning = Instant(milliseconds: 1_795_500_000_000)

/// Runs a made-up street and the engine for so many seconds, all of it recorded, without clock or server.
func recordRun(
  _ folder: Folder, seconds: Int, topology: LiveTopology, seed: UInt64 = 3, start: Instant = morning,
  settings: LiveSettings = LiveSettings(),
  demand: Double = 1, events: [Int: LiveEvent] = [:], regions: [String] = ["city"], token: UInt64? = nil,
  each: (Int, LiveSnapshot, RehearsalStreet) -> Void = { _, _, _ in }
) throws {
  let ingestor = try Ingestor.open(directory: folder.path + "/journal")
  let street = RehearsalStreet.queues(topology, start: start, seed: seed, demand: demand)
  street.connect(
    answered: { answer in
      let index = topology.signals.firstIndex { $0.name == answer.signal }!
      switch answer.verdict {
      case .shown: try! ingestor.record(.acknowledged(signal: index, command: answer.id, state: answer.state))
      case .refused: try! ingestor.record(.refused(signal: index, command: answer.id, reason: answer.reason ?? ""))
      case .state: try! ingestor.record(.readBack(signal: index, state: answer.state, time: start))
      }
    },
    read: { readings in
      var parsed = ReadingParser.Parsed()
      parsed.readings = readings
      parsed.indices = Array(readings.indices)
      _ = try! ingestor.stage(parsed, received: start)
    })
  let begin = LiveStart(
    topology: topology, settings: settings, time: start, shown: topology.signals.map { SignalState(repeating: .red, count: $0.linkCount) },
    regions: regions, tokens: token.map { token in Dictionary(uniqueKeysWithValues: regions.map { ($0, token) }) },
    provenance: Provenance(inputHash: ""))
  try ingestor.record(begin)
  let engine = try LiveEngine(begin)
  for second in 1...seconds {
    let now = start + .seconds(Double(second))
    street.advance(to: now)
    if let event = events[second] { try ingestor.record(event) }
    for input in try ingestor.tick(now) {
      switch input {
      case .readings(let readings): for reading in readings { engine.take(reading) }
      case .event(let event): engine.take(event)
      }
    }
    let outcome = engine.tick(now)
    try ingestor.record(output: .decision, outcome.decision.encoded())
    if let measures = outcome.measures { try ingestor.record(output: .measures, measures.encoded()) }
    street.heartbeat(
      now: now, tokens: Dictionary(uniqueKeysWithValues: regions.map { ($0, 1) }),
      released: outcome.released.map { topology.signals[$0].name })
    street.send(
      outcome.commands.map {
        FieldCommand(
          id: UInt64(second), signal: topology.signals[$0.signal].name, state: $0.state, issued: now, expires: now + .seconds(3), token: 1)
      })
    if !outcome.readBackWanted.isEmpty { street.requestStates(of: outcome.readBackWanted.map { topology.signals[$0].name }, now: now) }
    each(second, engine.snapshot(), street)
  }
  try ingestor.journal.commitBlocking(through: ingestor.journal.appended)
  ingestor.journal.close()
}
