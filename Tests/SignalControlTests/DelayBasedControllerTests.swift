import Formats
import SignalControl
import Testing
import TrafficModel

/// Control by lost time against its rules: who has lost time prolongs, who waits elsewhere ends, an empty street rests in green.
struct DelayBasedControllerTests {
  private struct Place {
    var network: RoadNetwork
    var signal: SignalID
    var served: LaneID
    var held: LaneID
  }

  /// A junction whose program serves the first half of its lanes from 5 to 20 s, then the rest for 5 s.
  private func place() throws -> Place {
    var design = StreetDesign()
    let c = design.add(.init(name: "c", position: Point(500, 500), kind: .signalized))
    for (name, at) in [("w", Point(0, 500)), ("e", Point(1000, 500)), ("s", Point(500, 0)), ("n", Point(500, 1000))] {
      design.addBothWays(from: design.add(.init(name: name, position: at, kind: .deadEnd)), to: c, lanes: 1)
    }
    var network = design.network()
    let signal = try #require(network.signals.first)
    let lanes = signal.links.map { network[$0[0]].fromLane }
    let first = try #require(lanes.first)
    let text = lanes.map { $0 == first ? "G" : "r" }.joined(), other = lanes.map { $0 == first ? "r" : "G" }.joined()
    var stages = [
      Stage(state: try #require(SignalState(text)), duration: .seconds(10)),
      Stage(state: try #require(SignalState(other)), duration: .seconds(5)),
    ]
    stages[0].minimum = .seconds(5)
    stages[0].maximum = .seconds(20)
    network.signals[signal.id.index].programs.append(SignalProgram(id: "d", kind: .delayBased, stages: stages))
    return Place(network: network, signal: signal.id, served: first, held: try #require(lanes.first { $0 != first }))
  }

  private func report(_ p: Place, _ lane: LaneID, key: UInt32, distance: Double, speed: Double) -> VehicleReport {
    VehicleReport(
      time: .zero, link: p.network[lane].link, lane: lane, position: p.network[lane].length - distance, speed: speed, length: 5,
      signalLink: nil,
      key: key)
  }

  /// Seconds for which the first stage was shown, at most `limit`, with these vehicles there all the time.
  private func green(_ p: Place, limit: Int = 60, _ vehicles: (Int) -> [VehicleReport]) -> Int {
    let controller = ProgramController(network: p.network)
    #expect(controller.needsVehicles && controller.signals == [p.signal])
    for second in 0..<limit {
      let command = controller.tick(now: Instant(seconds: Double(second)), inputs: ControlInputs(vehicles: vehicles(second)))
      if command.first?.state != p.network[p.signal].activeProgram?.stages[0].state { return second }
    }
    return limit
  }

  @Test func anEmptyStreetRestsInGreen() throws {
    let p = try place()
    #expect(green(p) { _ in [] } == 60)
  }

  @Test func whoWaitsElsewhereEndsAGreenNobodyUses() throws {
    let p = try place()
    // The first stage lasts its duration the first time.
    #expect(green(p) { _ in [report(p, p.held, key: 1, distance: 2, speed: 0)] } == 10)
  }

  @Test func lostTimeProlongsUpToTheLongestGreen() throws {
    let p = try place()
    let held = green(p) { _ in [report(p, p.held, key: 1, distance: 2, speed: 0), report(p, p.served, key: 2, distance: 40, speed: 1)] }
    #expect(held > 15 && held <= 20)
    let free = green(p) { _ in [report(p, p.held, key: 1, distance: 2, speed: 0), report(p, p.served, key: 2, distance: 40, speed: 50)] }
    #expect(free == 10)
  }
}
