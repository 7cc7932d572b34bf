import Foundation
import TestSupport
import Testing
import TrafficModel

@testable import Formats

@Suite struct SUMOSignalWriterTests {
  private func roundTrip(_ network: RoadNetwork, _ programs: [(signal: SignalID, program: SignalProgram)]) throws -> [SignalProgram] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-\(UUID().uuidString).add.xml").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SUMOSignalWriter.write(programs, network: network, to: path)
    return try SUMOAdditionalReader.read([path], network: network).programs.map(\.program)
  }

  @Test(.enabled(if: SharedData.has("data")), arguments: ScenarioReaderTests.scenarios.map(\.0))
  func realProgramsReadBackTheSame(_ name: String) throws {
    let network = try ScenarioReader.read(try #require(SharedData.url("data/" + name)).path).network
    let programs = network.signals.flatMap { signal in signal.programs.map { (signal: signal.id, program: $0) } }
    #expect(try roundTrip(network, programs) == programs.map(\.program))
  }

  @Test func everyAttributeReadsBackTheSame() throws {
    let network = ArterialDesign(count: 1, spacing: 300).network()
    let links = network.signals[0].links.count
    var stage = Stage(state: SignalState(repeating: .green, count: links), duration: .seconds(12.345))
    stage.minimum = .seconds(5)
    stage.maximum = .seconds(50.5)
    stage.earliestEnd = .seconds(10)
    stage.latestEnd = .seconds(40)
    stage.vehicleExtension = .seconds(2.5)
    stage.yellow = .seconds(3)
    stage.redClearance = .seconds(1.5)
    stage.name = "a \"quoted\" <name> & more"
    stage.next = [1, 0]
    stage.attributes = [.init(key: "finalTarget", value: "7")]
    var other = stage
    other.state = SignalState(repeating: .stopThenProceed, count: links)
    for kind in [SignalProgram.Kind.fixedTime, .actuated, .delayBased, .ringBarrier] {
      let program = SignalProgram(
        id: "p", kind: kind, offset: .seconds(-7.25), stages: [stage, other],
        parameters: [.init(key: "max-gap", value: "3.0"), .init(key: "show", value: "a;b")])
      #expect(try roundTrip(network, [(SignalID(0), program)]) == [program])
    }
  }
}
