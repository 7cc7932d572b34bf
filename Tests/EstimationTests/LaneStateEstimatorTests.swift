import TestSupport
import Testing
import TrafficFlow
import TrafficModel

@testable import Estimation

/// What loops tell must become vehicles in their right places: on a crossing of two one-way roads, approaches of 200 m.
@Suite struct LaneStateEstimatorTests {
  static let network = RoadNetwork.crossing()

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
      var events: [DetectorEvent] = []
      // A stop line's loop that has spoken is believed when it is silent.
      if second == 0 { events = [Self.event("stop_SJ_0", -2, .on), Self.event("stop_SJ_0", -1, .off)] }
      if second == 1 { events = [Self.event("advance_SJ_0", 0.5, .on), Self.event("advance_SJ_0", 0.9, .off)] }
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

  /// A stop line's loop that has never said anything is no reason to forget who was seen to come: it waits at red and goes at green.
  @Test func aLoopThatHasNeverSpokenMakesNobodyForgotten() {
    var tracks = Self.tracks()
    let red = [SignalID(0): SignalState("Gr")!], green = [SignalID(0): SignalState("rG")!]
    var waiting = 0, after = 0
    for second in 0...60 {
      var events: [DetectorEvent] = []
      for at in [1.0, 4, 7] where second == Int(at) {
        events += [Self.event("advance_SJ_0", at - 0.6, .on), Self.event("advance_SJ_0", at - 0.2, .off)]
      }
      let seen = tracks.update(now: Instant(seconds: Double(second)), events: events, shown: second < 40 ? red : green)
      let lane = tracks.graph.laneOf[1]
      #expect(seen.allSatisfy { $0.position >= 0 })
      if second == 39 { waiting = tracks.tracks[lane].count }
      if second == 60 { after = tracks.tracks[lane].count }
    }
    #expect(waiting == 3)
    #expect(after == 0)
  }

  /// Vehicles that are only supposed fill the lane once, not more.
  @Test func supposedVehiclesDoNotOutgrowTheirLane() {
    var tracks = Self.tracks()
    let red = [SignalID(0): SignalState("Gr")!]
    for k in 0..<60 {
      let t = Double(k * 2)
      _ = tracks.update(
        now: Instant(seconds: t + 2), events: [Self.event("advance_SJ_0", t + 0.2, .on), Self.event("advance_SJ_0", t + 0.9, .off)],
        shown: red)
    }
    for second in 123...300 {
      let events = second == 123 ? [Self.event("advance_SJ_0", 122.5, .on)] : []
      let seen = tracks.update(now: Instant(seconds: Double(second)), events: events, shown: red)
      #expect(seen.allSatisfy { $0.position >= 0 })
    }
    let lane = tracks.graph.laneOf[1]
    #expect(Double(tracks.tracks[lane].count) <= tracks.graph.length[lane] / LaneStateEstimator.spacing + 2)
  }

  /// Two vehicles stop; the rear of the first is never told to leave. The second front shows that it has.
  @Test func nobodyStaysOnALoopThatSeesTheNext() {
    var tracks = Self.tracks()
    let green = [SignalID(0): SignalState("rG")!]
    _ = tracks.update(now: Instant(seconds: 1), events: [Self.event("stop_SJ_0", 0.5, .on)], shown: green)
    _ = tracks.update(
      now: Instant(seconds: 4), events: [Self.event("stop_SJ_0", 3.2, .on), Self.event("stop_SJ_0", 3.9, .off)], shown: green)
    #expect(tracks.tracks.allSatisfy { $0.isEmpty }, "both have crossed")
  }

  /// The loop at the stop line is dead: vehicles come by the loop ahead, stand at red, and leave as the exit sees them.
  @Test func exitsTellWhoCrossedASilentStopLine() {
    var tracks = Self.tracks()
    let red = [SignalID(0): SignalState("Gr")!], green = [SignalID(0): SignalState("rG")!]
    let lane = tracks.loops[2].lane
    tracks.loops[2].isDead = true
    for second in 0...40 {
      let come = [2, 5, 8].contains(second)
      let t = Double(second)
      let events = come ? [Self.event("advance_SJ_0", t - 0.5, .on), Self.event("advance_SJ_0", t - 0.1, .off)] : []
      _ = tracks.update(now: Instant(seconds: t), events: events, shown: red)
    }
    #expect(tracks.tracks[lane].count == 3, "nobody forgets them for want of a loop: \(tracks.tracks[lane].count)")
    // They go at headways; the exit confirms two of the three, the last has not gone.
    for second in 41...56 {
      let t = Double(second)
      let leaves = [45, 48].contains(second)
      let events = leaves ? [Self.event("exit_JN_0", t - 0.5, .on), Self.event("exit_JN_0", t - 0.1, .off)] : []
      _ = tracks.update(now: Instant(seconds: t), events: events, shown: second < 48 ? green : red)
    }
    #expect(tracks.tracks[lane].count == 1, "whom no exit saw has not gone: \(tracks.tracks[lane].count)")
  }

  /// The dead loop is found by the exits alone.
  @Test func anExitConvictsTheOnlyLoopThatShouldHaveTold() {
    var tracks = Self.tracks()
    let green = [SignalID(0): SignalState("rG")!]
    for k in 1...4 {
      let t = Double(k * 5)
      _ = tracks.update(
        now: Instant(seconds: t), events: [Self.event("exit_JN_0", t - 0.5, .on), Self.event("exit_JN_0", t - 0.1, .off)], shown: green)
    }
    #expect(tracks.loops[2].isDead && !tracks.loops[0].isDead)
  }
}
