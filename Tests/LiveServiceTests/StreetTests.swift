import ControlLoop
import Formats
import Foundation
import SignalControl
import Streets
import Testing
import TrafficModel

@testable import LiveService

/// A street that ends after so many steps.
private final class FailingStreet: DetectorFeed, SignalOutput, LoopClock {
  struct Gone: Error, CustomStringConvertible { var description: String { "the other end is gone" } }
  private let inner: PointQueueStreet
  private var left: Int

  init(_ topology: LiveTopology, start: Instant, steps: Int) {
    inner = PointQueueStreet(topology: topology, start: start, seed: 1, demand: 1, step: .seconds(1))
    left = steps
  }
  var now: Instant { inner.now }
  var isUnderway: Bool { false }
  func collect() throws -> ControlInputs { inner.collect() }
  func show(_ commands: [SignalCommand]) throws { inner.show(commands) }
  func shown() throws -> [SignalCommand] { inner.shown() }
  func advance() throws -> Bool {
    left -= 1
    if left < 0 { throw Gone() }
    return inner.advance()
  }
}

@Suite struct RehearsalStreetTests {
  /// A street that has gone says so and answers nothing; it is joined again as soon as it can be.
  @Test func aStreetGoesAndIsJoinedAgain() async throws {
    let city = SyntheticCity(rows: 1, columns: 2).topology()
    let tries = Tally()
    let street = RehearsalStreet(
      FailingStreet(city, start: morning, steps: 30), topology: city, signals: [SignalID(0), SignalID(1)], start: morning,
      step: .seconds(1),
      rejoin: {
        if tries.add() == 1 { throw FailingStreet.Gone() }
        return FailingStreet(city, start: morning, steps: 1000)
      })
    let answers = Tally(), readings = Tally()
    street.connect(answered: { _ in answers.add() }, read: { list in for _ in list { readings.add() } })
    street.advance(to: morning + .seconds(30))
    street.requestStates(of: ["S1-1", "S1-2"], now: morning + .seconds(30))
    #expect(street.trouble == nil && answers.count == 2 && readings.count > 0)
    let before = readings.count
    street.advance(to: morning + .seconds(33))
    #expect(street.trouble == "the other end is gone")
    street.requestStates(of: ["S1-1", "S1-2"], now: morning + .seconds(33))
    street.send([
      FieldCommand(
        id: 1, signal: "S1-1", state: SignalState(repeating: .red, count: 8), issued: morning, expires: morning + .seconds(90), token: 1)
    ])
    #expect(answers.count == 2 && readings.count == before)
    var second = 33.0
    for _ in 0..<150 where street.trouble != nil {
      second += 1
      street.advance(to: morning + .seconds(second))
      try await Task.sleep(for: .milliseconds(100))
    }
    #expect(street.trouble == nil && tries.count == 2)
    street.advance(to: morning + .seconds(second + 15))
    street.requestStates(of: ["S1-1"], now: morning + .seconds(second + 15))
    #expect(answers.count == 3 && readings.count > before)
  }

  static let sumo = try? SUMOInstallation.find()

  /// SUMO itself is ended in the middle of a run: the service says so, keeps its record, and commands nothing.
  @Test(.enabled(if: sumo != nil)) func theEndOfSUMOIsNoticed() async throws {
    let folder = Folder()
    let scenario = try Demonstration.write(to: folder.path + "/demo")
    let process = try SUMOProcess(
      Self.sumo!, arguments: ["-c", scenario, "--no-warnings"], folder: URL(fileURLWithPath: folder.path))
    let street = try RehearsalStreet.sumo(
      host: "127.0.0.1", port: process.port!, scenario: scenario, start: morning, zoneOffset: .zero, logger: quiet)
    var configuration = LiveConfiguration(directory: folder.path + "/service")
    configuration.speed = 20
    configuration.start = morning
    let server = try LiveServer(configuration, topology: street.topology, street: street, logger: quiet)
    server.start()
    for _ in 0..<4000 where server.loop.status.ticks < 20 { try await Task.sleep(for: .milliseconds(20)) }
    #expect(server.loop.status.trouble == nil && server.loop.status.commands > 0)
    process.kill()
    for _ in 0..<4000 where server.hub.alarms.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    #expect(server.loop.status.trouble?.contains("SUMO") == true)
    #expect(server.hub.alarms.contains { $0.alarm.message.key == "alarm.street" })
    #expect(server.hub.snapshot?.signals.allSatisfy { !$0.reachable } == true)
    let commands = server.loop.status.commands, ticks = server.loop.status.ticks
    for _ in 0..<4000 where server.loop.status.ticks < ticks + 20 { try await Task.sleep(for: .milliseconds(20)) }
    #expect(server.loop.status.ticks >= ticks + 20 && server.loop.status.commands == commands)
    server.stop()
    let verified = try verifyJournal(at: folder.path + "/service/journal")
    #expect(verified.isReproduced && verified.reproduced > 20)
  }
}

/// Counts across threads.
private final class Tally: @unchecked Sendable {
  private let lock = NSLock()
  private var value = 0
  @discardableResult func add() -> Int {
    lock.withLock {
      value += 1
      return value
    }
  }
  var count: Int { lock.withLock { value } }
}

@Suite struct TopologyTests {
  @Test func aTopologyGoesThroughAFile() throws {
    let city = SyntheticCity(rows: 2, columns: 4).topology().divided(into: 2)
    let read = try JSONDecoder().decode(LiveTopology.self, from: try JSONEncoder().encode(city))
    #expect(read == city)
    #expect(read.problems(file: "city").isEmpty)
    let west = city.signals.filter { $0.region == "region-1" }, east = city.signals.filter { $0.region == "region-2" }
    #expect(west.count == 4 && east.count == 4)
    #expect(west.map(\.x).max()! < east.map(\.x).min()!)
    #expect(city.divided(into: 1) == city)
  }

  /// Straight roads of a network come without a shape; they are drawn and joined to corridors all the same.
  @Test func straightRoadsAreDrawn() throws {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let scenario = try ScenarioReader.read(package.path + "/scenarios/grid")
    let roads = NetworkTopology(scenario.network, name: "grid").topology.roads
    let joined = roads.filter { $0.from != nil && $0.to != nil }
    #expect(joined.count == 40 && roads.allSatisfy { $0.line.count >= 4 })
    let corridors = Dictionary(grouping: joined, by: \.name)
    #expect(corridors.count == 10 && corridors.values.allSatisfy { $0.count == 4 })
  }
}

@Suite struct PlanSupervisorTests {
  /// Traffic from north and south alone, watched for a minute: the supervisor records a plan that the gate passes.
  @Test func flowsOfTheLastMinutesBecomePlans() async throws {
    let folder = Folder()
    let city = SyntheticCity(rows: 1, columns: 1).topology()
    let ingestor = try Ingestor.open(directory: folder.path + "/journal"), hub = LiveHub()
    let supervisor = PlanSupervisor(
      topology: city, hub: hub, ingestor: ingestor, settings: LiveSettings(), interval: .minutes(1), logger: quiet)
    let engine = try LiveEngine(
      LiveStart(
        topology: city, settings: LiveSettings(), time: morning, shown: [SignalState(repeating: .red, count: 8)], regions: ["city"],
        provenance: Provenance(inputHash: "")))
    supervisor.start()
    defer { supervisor.stop() }
    var plan: SignalProgram?
    for step in 0..<60 where plan == nil {
      var snapshot = engine.snapshot()
      snapshot.time = morning + .seconds(10 * Double(step))
      snapshot.signals[0].level = .adaptive
      for (lane, approach) in city.signals[0].approaches.enumerated() {
        snapshot.signals[0].lanes[lane].flow = approach.name.hasSuffix("N.through") || approach.name.hasSuffix("S.through") ? 720 : 36
      }
      hub.publish(snapshot)
      try await Task.sleep(for: .milliseconds(150))
      for case .plan(_, let program, let reason, _) in ingestor.standing(at: snapshot.time) {
        plan = program
        #expect(reason.key == "live.planAdopted")
      }
    }
    let found = try #require(plan)
    #expect(PlanGate.findings(found, for: city.signals[0]).isEmpty)
    #expect(found.stages.map(\.duration) != city.signals[0].programs[1].stages.map(\.duration))
    ingestor.journal.close()
  }
}
