import Testing
import TrafficFlow
import TrafficModel

@testable import Estimation

/// What loops tell must become vehicles in their right places: on a crossing of two one-way roads, approaches of 200 m.
@Suite struct LaneStateEstimatorTests {
  static let network = crossing()

  static func crossing() -> RoadNetwork {
    var network = RoadNetwork()
    let centre = network.nodeNames.intern("J")
    network.nodes.append(
      Node(
        id: centre, kind: .signalized, position: Point(0, 0),
        rightOfWay: [
          RightOfWay(yieldsTo: BitRow(count: 2), foes: BitRow(mostSignificantFirst: "10")!, mayWaitInside: false),
          RightOfWay(yieldsTo: BitRow(count: 2), foes: BitRow(mostSignificantFirst: "01")!, mayWaitInside: false),
        ]))
    for name in ["W", "S", "E", "N"] {
      let node = network.nodeNames.intern(name)
      network.nodes.append(Node(id: node, kind: .deadEnd, position: Point(0, 0)))
    }
    let ends = [("WJ", 1, 0), ("SJ", 2, 0), ("JE", 0, 3), ("JN", 0, 4)]
    for (i, (name, from, to)) in ends.enumerated() {
      let link = network.linkNames.intern(name)
      let lane = network.laneNames.intern(name + "_0")
      network.links.append(Link(id: link, from: NodeID(from), to: NodeID(to), lanes: [lane], shape: []))
      network.lanes.append(Lane(id: lane, link: LinkID(i), position: 0, length: 200, speedLimit: 13.89, shape: []))
    }
    let signal = network.signalNames.intern("J")
    for i in 0..<2 {
      network.connections.append(
        LaneConnection(
          id: ConnectionID(i), fromLane: LaneID(i), toLane: LaneID(i + 2), turn: .straight,
          signal: SignalLink(signal: signal, index: i), requestIndex: i))
    }
    let stages = ["Gr", "yr", "rG", "ry"].map { Stage(state: SignalState($0)!, duration: .seconds(10)) }
    network.signals.append(
      Signal(id: signal, links: [[ConnectionID(0)], [ConnectionID(1)]], programs: [SignalProgram(id: "0", stages: stages)]))
    network.deriveAdjacency()
    return network
  }

  static func loop(_ name: String) -> Detector { SignalLoops.lay(for: network).first { $0.name == name }! }

  static func event(_ name: String, _ time: Double, _ change: DetectorEvent.Change) -> DetectorEvent {
    DetectorEvent(time: Instant(seconds: time), detector: loop(name).id, change: change)
  }

  static func tracks() -> LaneStateEstimator {
    LaneStateEstimator(network: network, graph: StreetGraph(network), detectors: SignalLoops.lay(for: network))
  }

  @Test func loopsLieWhereTheyShould() {
    let loops = SignalLoops.lay(for: Self.network)
    let places = loops.map { detector -> String in
      guard case .point(_, let position) = detector.kind else { return detector.name }
      return "\(detector.name) \(Int(position))"
    }
    #expect(places == ["stop_WJ_0 198", "advance_WJ_0 140", "stop_SJ_0 198", "advance_SJ_0 140", "exit_JE_0 1", "exit_JN_0 1"])
    #expect(loops.map(\.id.index) == Array(0..<6))
    #expect(loops[0].signal == SignalID(0))
  }

  @Test func aVehicleMovesFromLoopToLoopAndLeaves() {
    var tracks = Self.tracks()
    let red = [SignalID(0): SignalState("Gr")!]
    var seen: [VehicleReport] = []
    for second in 0...20 {
      var events: [DetectorEvent] = []
      if second == 1 { events = [Self.event("advance_SJ_0", 0.5, .on), Self.event("advance_SJ_0", 0.9, .off)] }
      if second == 6 { events = [Self.event("stop_SJ_0", 5.6, .on)] }
      seen = tracks.update(now: Instant(seconds: Double(second)), events: events, shown: red)
      switch second {
      case 1: #expect(abs(seen[0].position - 140) < 1)
      case 3: #expect(abs(seen[0].position - 167) < 5, "a vehicle at the limit drives 13.9 m a second")
      default: break
      }
    }
    #expect(seen.count == 1)
    #expect(seen[0].speed < 0.1 && seen[0].position > 197, "it stands at the stop line")
    let key = seen[0].key
    let gone = tracks.update(
      now: Instant(seconds: 23), events: [Self.event("stop_SJ_0", 22.4, .off)], shown: [SignalID(0): SignalState("rG")!])
    #expect(gone.isEmpty)
    let beyond = tracks.update(
      now: Instant(seconds: 25), events: [Self.event("exit_JN_0", 24.5, .on)], shown: [SignalID(0): SignalState("rG")!])
    #expect(beyond.contains { $0.key == key && $0.lane == LaneID(3) }, "the exit tells which way it went")
  }

  @Test func aVehicleThatNoLoopConfirmsIsForgotten() {
    var tracks = Self.tracks()
    let red = [SignalID(0): SignalState("Gr")!]
    var most = 0
    var last = 0
    for second in 0...30 {
      let events = second == 1 ? [Self.event("advance_SJ_0", 0.5, .on), Self.event("advance_SJ_0", 0.9, .off)] : []
      last = tracks.update(now: Instant(seconds: Double(second)), events: events, shown: red).count
      most = max(most, last)
    }
    #expect(most == 1)
    #expect(last == 0)
  }

  @Test func aSilentLoopIsFoundDeadAndAnEndlessOneStuck() {
    var tracks = Self.tracks()
    let green = [SignalID(0): SignalState("rG")!]
    for k in 0..<15 {
      let t = Double(k * 4)
      _ = tracks.update(
        now: Instant(seconds: t + 2), events: [Self.event("stop_SJ_0", t + 0.5, .on), Self.event("stop_SJ_0", t + 1.5, .off)],
        shown: green)
    }
    let lane = tracks.graph.laneOf[1]
    #expect(!tracks.trusted(tracks.loopsOn[lane][0]), "vehicles at the stop line, none before it")
    #expect(tracks.trusted(tracks.stopLoop[lane]))
    for second in 61...150 {
      let events = second == 61 ? [Self.event("stop_SJ_0", 60.5, .on)] : []
      _ = tracks.update(now: Instant(seconds: Double(second)), events: events, shown: green)
    }
    #expect(!tracks.trusted(tracks.stopLoop[lane]), "on for a minute and a half of green")
  }
}
