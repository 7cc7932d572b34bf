import Formats
import Foundation
import TestSupport
import Testing
import TrafficModel

@testable import Microsimulation

/// What must hold in any street at any time.
@Suite struct LawTests {
  private func busyGrid(threads: Int = 1, seed: UInt64 = 5) throws -> (Simulation, FixedTime) {
    let network = SmallStreets.grid()
    let demand = SmallStreets.randomDemand(network, count: 300, every: 0.8, type: VehicleType(name: "car"))
    let loops = network.lanes.filter { network[$0.link].function == .normal }.enumerated().map { k, lane in
      Detector(
        id: DetectorID(k), name: "d\(k)", kind: .point(lane: lane.id, position: lane.length - 15), period: .seconds(60))
    }
    let simulation = try Simulation(
      network: network, demand: demand, detectors: loops,
      settings: .init(end: Instant(seconds: 400), seed: seed, threads: threads, linkInterval: .seconds(100)))
    // However few they are.
    simulation.engine.worthSharing = 0
    return (simulation, FixedTime(network))
  }

  /// Everything that came in is on the road or has arrived; nobody drives into another; nobody is off its lane.
  @Test func vehiclesAreKeptAndDoNotOverlap() throws {
    let (simulation, signals) = try busyGrid()
    let network = simulation.network
    var longest = 0
    while !simulation.isFinished {
      signals.step(simulation)
      #expect(simulation.inserted == simulation.arrived + simulation.running)
      let vehicles = simulation.vehicles()
      #expect(vehicles.count == simulation.running)
      longest = max(longest, vehicles.count)
      var byLane: [LaneID: [VehicleSnapshot]] = [:]
      for vehicle in vehicles {
        byLane[vehicle.lane, default: []].append(vehicle)
        #expect(vehicle.position >= 0 && vehicle.position <= network[vehicle.lane].length + 1e-9)
        #expect(vehicle.speed >= 0 && vehicle.speed < 13.89 * 1.6)
      }
      for lane in network.lanes.indices {
        let row = (byLane[LaneID(lane)] ?? []).sorted { $0.position < $1.position }
        for (rear, front) in zip(row, row.dropFirst()) {
          #expect(front.position - 5 - rear.position > -0.1, "on \(network.name(LaneID(lane))) at \(simulation.now.seconds) s")
        }
      }
    }
    #expect(longest > 40)
    #expect(simulation.arrived > 80)
    #expect(simulation.emergencyStops == 0)
    let record = simulation.record()
    #expect(record.trips.count == simulation.planned)
    #expect(record.trips.count { $0.ending == .arrived } == simulation.arrived)
  }

  /// What the links report adds up to what the trips report.
  @Test func linkFiguresAddUpToTrips() throws {
    let (simulation, signals) = try busyGrid()
    while !simulation.isFinished { signals.step(simulation) }
    let record = simulation.record()
    let driven = record.trips.reduce(0.0) { $0 + $1.length }
    let meters = record.links.reduce(0.0) { $0 + $1.vehicleMeters }
    #expect(abs(driven - meters) / driven < 0.02, "trips \(driven) m, links \(meters) m")
    #expect(record.links.reduce(0) { $0 + Int($1.departed) } == simulation.inserted)
    #expect(record.links.reduce(0) { $0 + Int($1.arrived) } == simulation.arrived)
    let lost = record.trips.reduce(0.0) { $0 + $1.timeLoss }, lostOnLinks = record.links.reduce(0.0) { $0 + $1.timeLoss }
    #expect(abs(lost - lostOnLinks) / lost < 0.05, "trips \(lost) s, links \(lostOnLinks) s")
  }

  /// No vehicle passes a red signal: whoever is inside the junction entered on green or yellow.
  @Test func nobodyEntersOnRed() throws {
    let network = SmallStreets.crossing()
    let demand = SmallStreets.randomDemand(network, count: 150, every: 2, type: VehicleType(name: "car"))
    let simulation = try Simulation(network: network, demand: demand, settings: .init(end: Instant(seconds: 360), seed: 2))
    let program = try #require(network.signals[0].activeProgram)
    var entry: [LaneID: (LinkID, Int)] = [:]
    for connection in network.connections {
      if let via = connection.via, let link = connection.signal { entry[via] = (network[connection.fromLane].link, link.index) }
    }
    var inside: Set<String> = []
    var entered = 0
    while !simulation.isFinished {
      let stage = try #require(program.stage(at: simulation.now)).index
      let state = program.stages[stage].state
      simulation.setSignal(SignalID(0), state)
      simulation.step()
      var now: Set<String> = []
      for vehicle in simulation.vehicles() {
        guard let (_, index) = entry[vehicle.lane] else { continue }
        now.insert(vehicle.name)
        if !inside.contains(vehicle.name) {
          entered += 1
          #expect(state[index] != .red, "\(vehicle.name) entered on red at \(simulation.now.seconds) s")
        }
      }
      inside = now
    }
    #expect(entered > 60)
  }

  /// Without a signal, a vehicle on the minor road waits while the major road is taken, and nobody hits anybody.
  @Test func minorRoadYields() throws {
    let network = SmallStreets.crossing(kind: .priority)
    func link(from: String, to: String) -> LinkID {
      network.roads.first { network.nodeNames[$0.from] == from && network.nodeNames[$0.to] == to }!.id
    }
    let west = link(from: "w", to: "c"), east = link(from: "c", to: "e"), south = link(from: "s", to: "c"), north = link(from: "c", to: "n")
    // A dense stream on the major road; one vehicle that would arrive in its middle.
    var ways = (0..<30).map { (at: Double($0) * 2, links: [west, east]) }
    ways.append((at: 62, links: [south, north]))
    ways.sort { $0.at < $1.at }
    let demand = SmallStreets.demand(network, type: SmallStreets.exact(), ways: ways)
    let simulation = try Simulation(network: network, demand: demand)
    while !simulation.isFinished, simulation.now < Instant(seconds: 400) { simulation.step() }
    let trips = simulation.drainTrips()
    #expect(trips.count == 31)
    let major = trips.filter { $0.firstLink == west }
    #expect(major.allSatisfy { $0.waitingTime == 0 }, "the major road never waits")

    // The same vehicle while the stream passes the junction.
    ways = (0..<40).map { (at: Double($0) * 2, links: [west, east]) } + [(at: 20, links: [south, north])]
    ways.sort { $0.at < $1.at }
    let second = try Simulation(network: network, demand: SmallStreets.demand(network, type: SmallStreets.exact(), ways: ways))
    while !second.isFinished, second.now < Instant(seconds: 400) { second.step() }
    let minor = try #require(second.drainTrips().first { $0.firstLink == south })
    #expect(minor.waitingTime > 20, "the minor road waited \(minor.waitingTime) s for a stream of 80 s")
  }

  @Test(arguments: [2, 4]) func anyNumberOfThreadsGivesTheSameBytes(threads: Int) throws {
    let (one, signals) = try busyGrid()
    let (many, _) = try busyGrid(threads: threads)
    var events = 0
    while !one.isFinished {
      signals.step(one)
      signals.step(many)
      let a = one.drainDetectorEvents(), b = many.drainDetectorEvents()
      #expect(a == b)
      events += a.count
    }
    #expect(events > 300)
    #expect(one.saveState() == many.saveState())
    #expect(one.record().trips == many.record().trips)
    #expect(one.record().links == many.record().links)
  }

  @Test func anotherSeedIsAnotherDay() throws {
    let (a, signals) = try busyGrid(seed: 1)
    let (b, _) = try busyGrid(seed: 2)
    for _ in 0..<120 {
      signals.step(a)
      signals.step(b)
    }
    #expect(a.vehicles() != b.vehicles())
  }

  @Test func aRestoredRunGoesOnAsIfItHadNeverStopped() throws {
    let (whole, signals) = try busyGrid()
    for _ in 0..<200 { signals.step(whole) }
    let state = whole.saveState()
    _ = whole.drainTrips()
    let (resumed, _) = try busyGrid(threads: 2)
    try resumed.restoreState(state)
    #expect(resumed.now == whole.now)
    #expect(resumed.vehicles() == whole.vehicles())
    while !whole.isFinished {
      signals.step(whole)
      signals.step(resumed)
    }
    #expect(resumed.saveState() == whole.saveState())
    #expect(resumed.drainTrips() == whole.drainTrips())
    // Cut or foreign bytes are told, not believed.
    let (fresh, _) = try busyGrid()
    #expect(throws: InputProblem.self) { try fresh.restoreState(Array(state.prefix(state.count / 2))) }
    let (other, _) = try busyGrid(seed: 6)
    #expect(throws: InputProblem.self) { try other.restoreState(state) }
    #expect(throws: InputProblem.self) { try other.restoreState([1, 2, 3]) }
  }

  /// Loops count what passes them, and no vehicle twice.
  @Test func loopsCountWhatPasses() throws {
    let network = SmallStreets.straight(lanes: 1)
    let east = try #require(network.roads.first)
    let ways = (0..<20).map { (at: Double($0) * 5, links: [east.id]) }
    let loop = Detector(id: DetectorID(0), name: "loop", kind: .point(lane: east.lanes[0], position: 500), period: .seconds(300))
    let simulation = try Simulation(
      network: network, demand: SmallStreets.demand(network, type: SmallStreets.exact(), ways: ways), detectors: [loop],
      settings: .init(end: Instant(seconds: 300)))
    var events: [DetectorEvent] = []
    while !simulation.isFinished {
      simulation.step()
      events += simulation.drainDetectorEvents()
    }
    let on = events.filter { $0.change == .on }, off = events.filter { $0.change == .off }
    #expect(on.count == 20)
    #expect(off.count == 20)
    for (a, b) in zip(on, off) {
      // 5 m at 13.89 m/s.
      #expect(abs((b.time - a.time).seconds - 5 / 13.89) < 0.01)
    }
    #expect(zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time })
    let interval = try #require(simulation.drainDetectorIntervals().first)
    guard case .point(let figures) = interval.figures else {
      Issue.record("a loop gave \(interval.figures)")
      return
    }
    #expect(figures.entered == 20)
  }

  /// The real maps run from begin to end and keep their vehicles.
  @Test(.enabled(if: SharedData.has("data/resco/cologne1/cologne1.sumocfg"))) func aRealJunctionRuns() throws {
    let path = try #require(SharedData.url("data/resco/cologne1/cologne1.sumocfg")).path
    let scenario = try ScenarioReader.read(path)
    let simulation = try Simulation(
      network: scenario.network, demand: scenario.demand, settings: .init(begin: scenario.begin, end: scenario.end, seed: 1))
    let signals = FixedTime(scenario.network)
    while !simulation.isFinished { signals.step(simulation) }
    #expect(simulation.inserted == simulation.arrived + simulation.running)
    #expect(simulation.arrived > 1900)
    let trips = simulation.drainTrips()
    let mean = trips.reduce(0.0) { $0 + $1.duration } / Double(trips.count)
    #expect(mean > 50 && mean < 75, "mean duration \(mean) s; SUMO 1.28 has 61.6 s")
  }
}
