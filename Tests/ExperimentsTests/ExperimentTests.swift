import ControlLoop
import Experiments
import Formats
import Foundation
import Measures
import SignalControl
import Statistics
import Synchronization
import Testing
import TrafficModel

/// Folder of the shipped scenarios.
let scenarios = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("scenarios").path

@Suite struct ExperimentTests {
  static func summary(_ seed: UInt64, _ delay: Double) -> RunSummary {
    let trip = TripRecord(
      name: "v", type: VehicleTypeID(0), ending: .arrived, planned: .zero, firstLink: LinkID(0), lastLink: LinkID(0), duration: 100,
      length: 9,
      timeLoss: delay)
    return RunSummary(seed: seed, measures: NetworkMeasures([trip]), delays: [delay], links: [.init(link: "a", timeLoss: delay, served: 1)])
  }

  /// Runs end in any order; results stand in the order of strategies and seeds, and nothing is run twice.
  @Test func interruptedComparisonsGoOn() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("runs-\(UInt64.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: folder) }
    let calls = Atomic(0)
    func runner(failingAt seed: UInt64?) throws -> ExperimentRunner {
      let strategies = ["a", "b"].map { name in
        ExperimentRunner.Strategy(name: name) { s in
          calls.add(1, ordering: .relaxed)
          if s == seed { throw InputProblem(file: "x", expected: "luck") }
          return Self.summary(s, name == "a" ? Double(s) : Double(s) / 2)
        }
      }
      return ExperimentRunner(strategies: strategies, seeds: [1, 2, 3], threads: 2, store: try RunStore(folder: folder, inputHash: "h"))
    }
    await #expect(throws: InputProblem.self) { try await runner(failingAt: 3).run() }
    let before = calls.load(ordering: .relaxed)
    let comparison = try await runner(failingAt: nil).run()
    #expect(comparison.entries.map(\.name) == ["a", "b"])
    #expect(comparison.entries.allSatisfy { $0.runs.map(\.seed) == [1, 2, 3] })
    #expect(comparison.difference(.delay, of: 1)?.difference.estimate == -1)
    #expect(calls.load(ordering: .relaxed) - before < 6, "what had finished was not run again")
    let again = calls.load(ordering: .relaxed)
    let same = try await runner(failingAt: nil).run()
    #expect(calls.load(ordering: .relaxed) == again)
    #expect(same.csv(provenance: nil) == comparison.csv(provenance: nil), "what is kept reads back as it was")
    // Other inputs: nothing of the kept runs may be taken for these.
    let other = ExperimentRunner(
      strategies: [.init(name: "a") { Self.summary($0, 7) }], seeds: [1], store: try RunStore(folder: folder, inputHash: "other"))
    #expect(try await other.run().summary(.delay, of: 0).values == [7])
  }

  /// A file cut short by a crash is not taken for a result.
  @Test func brokenResultsAreRunAgain() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("runs-\(UInt64.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: folder) }
    let runner = ExperimentRunner(
      strategies: [.init(name: "a") { Self.summary($0, 3) }], seeds: [1], store: try RunStore(folder: folder, inputHash: "h"))
    _ = try await runner.run()
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
      try Data(try Data(contentsOf: file).prefix(40)).write(to: file)
    }
    #expect(try await runner.run().summary(.delay, of: 0).values == [3])
  }
}

@Suite struct ScenarioTests {
  /// A part of each scenario's seeds in the fast suite; `greenwave expect scenarios/*` runs them all.
  @Test(arguments: ["euclid-avenue", "hcm-four-leg", "grid"])
  func theFirstSeedLiesWithinTheExpectedSpread(name: String) throws {
    var scenario = try ScenarioReader.read(scenarios + "/" + name)
    let expected = try ExpectedFigures.read(folder: scenarios + "/" + name)
    #expect(expected.seeds == scenario.seeds && expected.inputHash == scenario.inputHash, "run greenwave expect --write after a change")
    scenario.seeds = [scenario.seeds[0]]
    let figures = try ExpectedFigures(running: scenario)
    for measure in [NetworkMeasure.delay, .travelTime, .stops, .speed, .planned] {
      let mean = try #require(expected.measures[measure.rawValue]), one = try #require(figures.measures[measure.rawValue])
      // One of n draws: about three standard deviations around the mean of all.
      let n = Double(expected.seeds.count)
      let reach = 3 * (mean.halfWidth ?? 0) * n.squareRoot() / studentQuantile(0.975, degrees: n - 1) + 0.02 * mean.mean.magnitude
      #expect(abs(one.mean - mean.mean) <= reach, "\(measure.rawValue): \(one.mean), expected \(mean.mean) ± \(reach)")
    }
  }

  /// Vehicles in = vehicles out + those still there; one thread or two, the same bytes; and a plan that is worse is seen to be so.
  @Test func replicationsAreAlikeOnAnyNumberOfThreads() throws {
    var scenario = try ScenarioReader.read(scenarios + "/hcm-four-leg")
    scenario.end = Instant(seconds: 300)
    var poor = try #require(scenario.network.signals[0].activeProgram)
    poor.stages[3].duration = .seconds(20)
    poor.stages[5].duration = .seconds(60)
    let batch = [[:], [SignalID(0): poor]].flatMap { plan in
      [UInt64(1), 2].map { Replication(scenario, seed: $0, plan: plan, recording: .report) }
    }
    let single = try Replication.runAll(batch), double = try Replication.runAll(batch, threads: 2)
    #expect(zip(single, double).allSatisfy { $0.trips == $1.trips && $0.links == $1.links && $0.signals == $1.signals })
    let measures = single.map { NetworkMeasures($0.trips) }
    for run in measures { #expect(run.planned == run.arrived + run.underway + run.neverInserted) }
    let paired = PairedComparison(baseline: measures[..<2].map(\.delay), alternative: measures[2...].map(\.delay))
    #expect(paired.difference.estimate > 0, "taking half its green from the main road must hurt")
    #expect(single[0].signals.first?.time == scenario.begin && !single[0].samples.isEmpty)
  }
}

@Suite struct StrategyRunTests {
  /// Through controller, monitor and street: the same seed gives the same trips, nobody is lost, the monitor has nothing to refuse.
  @Test func controlledRunsRepeatAndConserveVehicles() throws {
    var scenario = try ScenarioReader.read(scenarios + "/hcm-four-leg")
    scenario.end = Instant(seconds: 240)
    let constraints = ConflictMonitor.constraints(of: scenario.network, .init())
    for name in ["fixed", "actuated"] {
      let strategy = try #require(ControlStrategy.named(name))
      let run = StrategyRun(scenario, strategy: strategy, constraints: constraints)
      let first = try run.simulated(seed: 5), second = try run.simulated(seed: 5)
      #expect(first.record.trips == second.record.trips && first.record.signals == second.record.signals)
      #expect(first.isComplete && first.loop.violations.isEmpty && first.loop.ticks == 240)
      let measures = NetworkMeasures(first.record.trips)
      #expect(measures.planned > 200 && measures.planned == measures.arrived + measures.underway + measures.neverInserted)
    }
  }

  /// Fixed time through the loop is fixed time played straight into the simulator.
  @Test func theLoopAddsNothingToAFixedProgram() throws {
    var scenario = try ScenarioReader.read(scenarios + "/hcm-four-leg")
    scenario.end = Instant(seconds: 240)
    let strategy = try #require(ControlStrategy.named("fixed"))
    let constraints = ConflictMonitor.constraints(of: scenario.network, .init())
    let looped = try StrategyRun(scenario, strategy: strategy, constraints: constraints).simulated(seed: 2).record
    let played = try Replication(scenario, seed: 2, recording: .report).run()
    #expect(looped.trips == played.trips && looped.links == played.links)
  }

  /// What the writers write in SUMO's format, the reader of SUMO's results reads back to the same measures.
  @Test func resultsRoundTripThroughTheirFiles() throws {
    var scenario = try ScenarioReader.read(scenarios + "/hcm-four-leg")
    scenario.end = Instant(seconds: 200)
    let run = try Replication(scenario, seed: 3, recording: .report).run()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("results-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let outputs = RunOutputs(network: scenario.network, demand: scenario.demand, provenance: Provenance(seed: 3, inputHash: ""))
    let trips = folder.appendingPathComponent("trips.xml").path, links = folder.appendingPathComponent("links.xml").path
    try outputs.writeTrips(run, to: trips, unfinished: true)
    try outputs.writeLinks(run, to: links)
    let read = try SUMOResultReader.trips(trips, network: scenario.network, end: run.end)
    let written = NetworkMeasures(run.trips), found = NetworkMeasures(read)
    #expect(found.planned == written.planned && found.arrived == written.arrived && found.neverInserted == written.neverInserted)
    #expect(abs(found.delay - written.delay) < 0.01 && abs(found.stops - written.stops) < 1e-9)
    #expect(abs(found.emissions.carbonDioxide / written.emissions.carbonDioxide - 1) < 1e-3)
    let rows = try SUMOResultReader.links(links, network: scenario.network)
    let loss = rows.reduce(0) { $0 + $1.timeLoss },
      expected = run.links.reduce(0) {
        scenario.network[$1.link].function == .normal ? $0 + $1.timeLoss : $0
      }
    #expect(abs(loss - expected) <= 0.02 * expected, "\(loss) against \(expected)")
    try Data("<tripinfos><tripinfo id=\"a\"/></tripinfos>".utf8).write(to: URL(fileURLWithPath: trips))
    #expect(throws: InputProblems.self) { try SUMOResultReader.trips(trips, network: scenario.network, end: run.end) }
  }
}
