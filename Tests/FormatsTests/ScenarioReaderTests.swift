import Foundation
import TestSupport
import Testing
import TrafficModel

@testable import Formats

@Suite struct ScenarioReaderTests {
  /// Scenario, vehicles in its files, of them before the beginning (counted with a regular expression).
  static let scenarios: [(String, Int, Int)] = [
    ("resco/cologne1/cologne1.sumocfg", 2015, 0), ("resco/cologne3/cologne3.sumocfg", 2856, 1638),
    ("resco/grid4x4/grid4x4.sumocfg", 1473, 0), ("resco/ingolstadt1/ingolstadt1.sumocfg", 1716, 0),
    ("resco/ingolstadt7/ingolstadt7.sumocfg", 3031, 0), ("bologna-acosta/run.sumocfg", 8622 + 157, 0),
  ]

  @Test(.enabled(if: SharedData.has("data")), arguments: scenarios)
  func readsRealScenarios(_ name: String, _ vehicles: Int, _ early: Int) throws {
    var scenario = try ScenarioReader.read(try #require(SharedData.url("data/" + name)).path)
    #expect(scenario.demand.departures.count == vehicles)
    #expect(scenario.recognizedOnly["vehicle departing before the beginning"] ?? 0 == early)
    try scenario.routeTrips()
    let times = scenario.demand.departures.map(\.time)
    #expect(times == times.sorted())
    #expect(times.first.map { $0 >= scenario.begin } == true)
    for departure in scenario.demand.departures {
      guard case .route(.fixed(let id)) = departure.path else {
        Issue.record("a vehicle without a route")
        continue
      }
      #expect(!scenario.demand.routes[id.index].links.isEmpty)
    }
    #expect(scenario.inputHash.count == 64)
  }

  @Test(.enabled(if: SharedData.has("data"))) func bolognaHoldsAllItsOddities() throws {
    let scenario = try ScenarioReader.read(try #require(SharedData.url("data/bologna-acosta")).path)
    #expect(scenario.demand.typeDistributions.map(\.name) == ["private", "ignoring"])
    #expect(scenario.demand.typeDistributions[0].values.count == 6)
    let ignoring = scenario.demand.vehicleTypes.filter { $0.vehicleClass == .ignoring }
    #expect(ignoring.count == 6)
    #expect(scenario.recognizedOnly["emission class HBEFA2/P_7_7 (HBEFA3/PC_G_EU4 instead)"] == 12)
    #expect(scenario.recognizedOnly["emission class HBEFA2/HDV_6_2 (HBEFA3/Bus instead)"] == 1)
    #expect(scenario.detectors.count > 20)
    let loops = scenario.detectors.filter { if case .point = $0.kind { true } else { false } }
    #expect(loops.count == scenario.detectors.count)
    #expect(scenario.detectors[0].period == .seconds(1800))
    #expect(scenario.demand.stoppingPlaces.count > 20)
    let stops = scenario.demand.departures.reduce(0) { $0 + $1.stops.count }
    #expect(stops == 542)
    let active = scenario.network.signals.compactMap(\.activeProgram?.id)
    #expect(active == [String](repeating: "utopia", count: 7))
    #expect(scenario.end == nil)
  }
}
