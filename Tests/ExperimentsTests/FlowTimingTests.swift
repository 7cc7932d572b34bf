import Experiments
import Formats
import Foundation
import Statistics
import Testing
import TimingOptimization
import TrafficModel

/// Plans for measured flows, uncertain ones and a day of them, end to end on a shipped junction.
@Suite struct FlowTimingTests {
  static func scenario(_ seconds: Double) throws -> Scenario {
    var scenario = try ScenarioReader.read(scenarios + "/hcm-four-leg")
    scenario.end = Instant(seconds: seconds)
    try scenario.routeTrips()
    return scenario
  }

  /// The junction's own flows, each approach at so many times its own, with a standard deviation as a share of them.
  static func flows(_ scenario: Scenario, times: [Double], deviation: Double) -> FlowTable {
    let demand = RoutedDemand(scenario.demand, on: scenario.network, from: scenario.begin, to: scenario.end!)
    let entering = demand.streams.reduce(into: [LinkID: Double]()) { $0[$1.path[0], default: 0] += $1.vehicles[0] * 3600 / demand.duration }
    let rows = entering.sorted { $0.key.rawValue < $1.key.rawValue }.enumerated().map { k, entry in
      FlowTable.Row(
        subject: .link(scenario.network.name(entry.key)), begin: scenario.begin, end: scenario.end!,
        mean: entry.value * times[k % times.count])
    }
    return FlowTable(
      rows: rows,
      covariance: deviation > 0 ? rows.enumerated().map { .init(first: $0, second: $0, value: pow($1.mean * deviation, 2)) } : [])
  }

  static func timing(_ method: NetworkTiming.Method, _ flows: FlowTable?) -> NetworkTiming {
    var timing = NetworkTiming(method, seed: 3)
    timing.evaluations = 5
    timing.replications = 1
    timing.slices = 1
    timing.planner.changesStages = false
    timing.verification = 2
    timing.flowScenarios = 2
    timing.planner.cycles = [60]
    timing.planner.sweeps = 1
    timing.flows = flows
    return timing
  }

  /// The simulated vehicles are those of the flows, before and after are judged on draws of them, and the same seed gives the same plan.
  @Test func networkTimingTakesUncertainFlows() throws {
    let scenario = try Self.scenario(150)
    let flows = Self.flows(scenario, times: [0.5, 0.5, 1.2, 1.2], deviation: 0.1)
    let timing = Self.timing(.network, flows)
    let measured = try timing.measured(scenario)
    #expect(measured.draws.count == 2 && measured.demands.count == 2 && measured.unmatched.isEmpty)
    let wanted = flows.rows.reduce(0) { $0 + $1.mean } * 150 / 3600
    #expect(abs(measured.demand.total - wanted) < 0.02 * wanted)
    let totals = measured.draws.map(\.total)
    #expect(abs(totals[0] + totals[1] - 2 * wanted) < 0.05 * wanted && totals[0] != totals[1])
    let proposal = try timing.propose(scenario)
    #expect(abs(Double(proposal.after[0].vehicles) - wanted) < 0.25 * wanted)
    #expect(Set(proposal.after.map(\.vehicles)).count == 2, "each replication has its own draw")
    #expect(proposal.explanations[0].reasons.contains { $0.key == "timing.flows" })
  }

  /// Three times the junction's traffic: said so for the signal, with how fast queues grow, and still a plan.
  @Test func moreThanAnyTimingServesIsSaid() throws {
    let scenario = try Self.scenario(120)
    let proposal = try Self.timing(.platoon, Self.flows(scenario, times: [3], deviation: 0)).propose(scenario)
    #expect(proposal.search.status == .oversaturated)
    let reasons = proposal.explanations.flatMap(\.reasons).filter { $0.key == "timing.oversaturated" }
    let note = try #require(reasons.first)
    #expect((Double(note.arguments[0]) ?? 0) >= 1 && (Double(note.arguments[1]) ?? 0) > 50, "\(note)")
    #expect(!proposal.plan.programs.isEmpty)
  }

  @Test func noDemandIsRefused() throws {
    let scenario = try Self.scenario(120)
    #expect {
      try Self.timing(.network, Self.flows(scenario, times: [0], deviation: 0)).propose(scenario)
    } throws: { ($0 as? InputProblems)?.description.contains("no demand") ?? false }
  }

  /// A morning of little traffic and a peak: two periods, each with a plan at least as good as one for both.
  @Test func aDayGetsAPlanAPeriod() throws {
    let scenario = try Self.scenario(120)
    let quiet = Self.flows(scenario, times: [0.4], deviation: 0).rows, busy = Self.flows(scenario, times: [1.1], deviation: 0).rows
    let rows = (0..<8).flatMap { k in
      (k < 5 ? quiet : busy).map {
        FlowTable.Row(
          subject: $0.subject, begin: Instant(seconds: Double(k) * 1800), end: Instant(seconds: Double(k + 1) * 1800), mean: $0.mean)
      }
    }
    let day = try DayPlans(Self.timing(.platoon, nil)).propose(scenario, table: FlowTable(rows: rows), file: "day.csv")
    #expect(day.periods.map(\.end) == [Instant(seconds: 9000), Instant(seconds: 14400)])
    #expect(day.explained > 0.99 && day.periods[0].vehicles < day.periods[1].vehicles)
    #expect(day.periods.allSatisfy { $0.delay <= $0.dayDelay } && day.savedAgainstDayPlan >= 0)
    #expect(day.text().contains("02:30"))
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("day-\(UInt64.random(in: 0 ... .max)).add.xml")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(day.schedule(scenario.network).utf8).write(to: file)
    let programs = try SUMOAdditionalReader.read([file.path], network: scenario.network).programs
    #expect(programs.map(\.program.id) == ["greenwave-1", "greenwave-2"])
    #expect(try String(contentsOf: file, encoding: .utf8).contains("<wautSwitch time=\"9000\" to=\"greenwave-2\"/>"))
    #expect(try JSONDecoder().decode(DayPlans.Day.self, from: JSONEncoder().encode(day)).periods.count == 2)
  }
}
