import Formats
import Foundation
import IntegerPrograms
import TestSupport
import Testing
import TrafficModel

@testable import TimingOptimization

/// From a real network to a street, its bands, and plans that a checker accepts.
@Suite("Bandwidth timing of networks", .enabled(if: SharedData.has("data/resco/ingolstadt7"), "no shared data"))
struct BandwidthTimingTests {
  static func problem(_ name: String) throws -> TimingProblem {
    let url = try #require(SharedData.url("data/resco/\(name)"))
    var scenario = try ScenarioReader.read(url.path)
    try scenario.routeTrips()
    let end = scenario.end ?? scenario.begin + .seconds(3600)
    let demand = RoutedDemand(scenario.demand, on: scenario.network, from: scenario.begin, to: end)
    return TimingProblem(network: scenario.network, demand: demand)
  }

  @Test("The heaviest corridor of Ingolstadt's seven signals is a street of neighbours with traffic")
  func corridor() throws {
    let problem = try Self.problem("ingolstadt7")
    let street = try ArterialStreet(heaviestIn: problem, file: "ingolstadt7")
    #expect(street.signals.count >= 3)
    #expect(Set(street.signals).count == street.signals.count)
    #expect(street.outbound.allSatisfy { $0.flow > 0 && $0.length > 10 && $0.speed > 3 })
    for (k, s) in street.signals.enumerated() {
      #expect(problem.models[s].usedLinks[street.outboundRows[k]])
    }
    // The same street by name, and against a name that is not there.
    let names = street.signals.map { problem.models[$0].name }
    #expect(try ArterialStreet(along: names, in: problem, file: "x").signals == street.signals)
    #expect(throws: InputProblems.self) { try ArterialStreet(along: [names[0], "nowhere"], in: problem, file: "x") }
    #expect(throws: InputProblems.self) { try ArterialStreet(along: [names[0]], in: problem, file: "x") }
  }

  @Test(
    "Plans keep their rules, their common cycle and the bands they were given", arguments: [BandwidthTiming.Method.maxband, .multiband])
  func plans(method: BandwidthTiming.Method) throws {
    let problem = try Self.problem("cologne3")
    let outcome = try BandwidthTiming(method, cycles: [60]).outcome(problem, file: "cologne3")
    #expect(outcome.solution.certificate.status == .optimal)
    let timing = try #require(outcome.solution.timing)
    #expect(BandGeometry(outcome.arterial, timing).violation(of: timing) < 1e-6)
    for (model, plan) in zip(problem.models, outcome.plans) {
      #expect(plan.isRunnable(model))
      #expect(plan.cycle(model) == outcome.cycle)
    }
    // Whole-second offsets cost a band at most a second at either end.
    let street = outcome.street
    for (k, link) in timing.outboundBands.enumerated() where link.width > 0 {
      let written = street.signals.map { Double(outcome.plans[$0].offset) }
      let geometry = BandGeometry(
        outcome.arterial, cycle: Double(outcome.cycle), offsets: written, orders: timing.orders, outboundTravel: timing.outboundTravel,
        inboundTravel: timing.inboundTravel)
      #expect(geometry.linkBand(k, .outbound) * Double(outcome.cycle) > link.width * Double(outcome.cycle) - 1.01)
    }
  }
}
