import Measures
import Testing
import TrafficModel

@Suite struct CorridorTests {
  @Test func distancesRunAlongBothDirections() throws {
    let network = smallAvenue(spacing: [100, 200, 300])
    let way = try Corridor([LinkID(0), LinkID(1), LinkID(2)], in: network)
    #expect(way.length == 600 && way.returnLinks == [LinkID(5), LinkID(4), LinkID(3)])
    #expect(way.signals.map(\.distance) == [100, 300])
    #expect(way.signals.map(\.upLinks) == [[0], [0]] && way.signals.map(\.downLinks) == [[1], [1]])
    let up = way.distance(.init(time: .zero, lane: LaneID(1), position: 50, speed: 0))!
    let down = way.distance(.init(time: .zero, lane: LaneID(4), position: 50, speed: 0))!
    #expect(up.distance == 150 && up.isUp)
    #expect(down.distance == 250 && !down.isUp)
    #expect(throws: InputProblem.self) { try Corridor([LinkID(0), LinkID(2)], in: network) }
  }

  @Test func theMainCorridorPassesTheMostSignals() {
    let network = smallAvenue(spacing: [100, 200, 300])
    let way = Corridor.main(of: network, flow: [1, 1, 1, 5, 5, 5])!
    #expect(way.links == [LinkID(5), LinkID(4), LinkID(3)], "the busier direction")
    #expect(way.signals.count == 2)
  }

  /// By hand: signals 400 m apart, 10 m/s, so 40 s of travel; cycle 80 s, greens of 30 s. An offset of 40 s opens the whole green in
  /// both directions (the alternate system); no offset at all leaves nothing.
  @Test func bandsOfTheAlternateSystem() throws {
    let network = smallAvenue(spacing: [100, 400, 400, 100])
    let way = try Corridor([LinkID(0), LinkID(1), LinkID(2), LinkID(3)], in: network)
    var programs: [SignalID: SignalProgram] = [:]
    for k in 0..<3 { programs[SignalID(k)] = twoWayProgram(green: 30, cycle: 80, offset: k == 1 ? 40 : 0) }
    for isUp in [true, false] {
      let band = try #require(GreenBand.widest(along: way, isUp: isUp, speed: 10, programs: programs))
      #expect(abs(band.width - 30) < 1e-9 && band.cycle == 80 && band.passes.count == 3)
      #expect(abs(band.passes[1].begin - band.passes[0].begin - 40) < 1e-9)
    }
    for k in 0..<3 { programs[SignalID(k)]!.offset = .zero }
    #expect(GreenBand.widest(along: way, isUp: true, speed: 10, programs: programs) == nil)
    programs[SignalID(2)] = twoWayProgram(green: 30, cycle: 90)
    #expect(GreenBand.widest(along: way, isUp: true, speed: 10, programs: programs) == nil, "no common cycle")
  }

  /// A partial overlap, by hand: offset 15 s late on 40 s of travel in a cycle of 80 s leaves 30 − 25 = 5 s.
  @Test func bandsMayBePartial() throws {
    let network = smallAvenue(spacing: [100, 400, 100])
    let way = try Corridor([LinkID(0), LinkID(1), LinkID(2)], in: network)
    let programs = [SignalID(0): twoWayProgram(green: 30, cycle: 80), SignalID(1): twoWayProgram(green: 30, cycle: 80, offset: 15)]
    let band = try #require(GreenBand.widest(along: way, isUp: true, speed: 10, programs: programs))
    #expect(abs(band.width - 5) < 1e-9)
  }

  @Test func historiesFollowProgramsAndRecords() {
    let program = twoWayProgram(green: 30, cycle: 80, offset: 10)
    let history = SignalHistory(SignalID(0), program: program, from: 0, to: 160)
    let spans = history.spans([0], from: 0, to: 160)
    #expect(spans.filter { $0.indication == .green }.map(\.begin) == [10, 90])
    #expect(spans.reduce(0) { $0 + $1.end - $1.begin } == 160)
    let recorded = SignalHistory(
      SignalID(1),
      [
        SignalChange(time: .zero, signal: SignalID(1), state: SignalState("rG")!),
        SignalChange(time: .zero, signal: SignalID(0), state: SignalState("GG")!),
        SignalChange(time: Instant(seconds: 20), signal: SignalID(1), state: SignalState("gr")!),
      ])
    #expect(recorded.spans([0, 1], from: 0, to: 30).map(\.indication) == [.green, .permissiveGreen])
    #expect(recorded.spans([7], from: 0, to: 30).isEmpty, "a link the state does not have")
  }

  /// Every page of every language is whole, from hardly any data at all.
  @Test(arguments: Language.allCases) func pagesSurviveBareRuns(language: Language) throws {
    let network = smallAvenue(spacing: [100, 200, 300])
    var run = RunRecord(begin: .zero, end: Instant(seconds: 300), seed: 1)
    let empty = SimulationReport(title: "empty", network: network, runs: [run]).html(language)
    #expect(empty.hasSuffix("</html>\n"))
    run.trips = [trip(.arrived, timeLoss: 10, duration: 60, length: 500), trip(.neverInserted, departureDelay: 9)]
    run.signals = [SignalChange(time: .zero, signal: SignalID(0), state: SignalState("Gr")!)]
    var interval = LinkInterval(begin: .zero, end: Instant(seconds: 300), link: LinkID(0))
    interval.vehicleSeconds = 60
    interval.timeLoss = 10
    interval.left = 1
    run.links = [interval]
    run.trajectories = [
      Trajectory(
        vehicle: VehicleID(0),
        samples: (0..<50).map { .init(time: Instant(seconds: Double($0)), lane: LaneID(0), position: Double($0) * 2, speed: 2) })
    ]
    let program = [SignalID(0): twoWayProgram(green: 30, cycle: 80), SignalID(1): twoWayProgram(green: 30, cycle: 80)]
    var report = SimulationReport(title: "one", network: network, runs: [run])
    report.programs = program
    let page = report.html(language)
    #expect(page.contains("Avenue") && page == report.html(language))
    #expect(
      !page.contains("report.") && !page.contains("picture.") && !page.contains("simulation."), "a sentence is missing from the table")
    var change = BeforeAfterReport(
      title: "change", network: network, rows: BeforeAfterReport.rows(before: [run], after: [run], language: language), before: program,
      after: [SignalID(0): twoWayProgram(green: 40, cycle: 80, offset: 7)])
    change.runsBefore = [run]
    change.runsAfter = [run]
    let pageOfChange = change.html(language)
    #expect(!pageOfChange.contains("change.") && !pageOfChange.contains("comparison."))
  }
}
