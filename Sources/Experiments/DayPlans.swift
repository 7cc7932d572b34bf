import Formats
import Measures
import TimingOptimization
import TrafficModel

/// Time-of-day plans: a day of counts cut into periods, a plan for each, and what they gain over one plan for the whole day.
public struct DayPlans {
  public struct Settings: Sendable {
    /// No period is shorter.
    public var minimum = TimeAmount.minutes(60)
    public var mostPeriods = 8
    /// Share of the day's variation a further period must explain.
    public var worth = 0.03
    public init() {}
  }

  /// One period with its plan.
  public struct Period: Sendable, Codable {
    public var begin: Instant
    public var end: Instant
    /// Vehicles that leave in an hour of it [veh/h].
    public var vehicles: Double
    /// Delay of the shipped plan, of the one plan for the whole day, and of the period's own [s/veh]. Same seeds, and others than
    /// those that decided.
    public var shippedDelay: Double
    public var dayDelay: Double
    public var delay: Double
    /// The common cycle [s]; nil where signals differ.
    public var cycle: Double?
    /// Whether the plan for the whole day serves the period better than one of its own found.
    public var usesDayPlan: Bool
    public var proposal: TimingProposal
  }

  /// The day's plans.
  public struct Day: Sendable, Codable {
    public var schemaVersion = 1
    public var periods: [Period]
    /// The plan for the whole day's mean flows.
    public var dayPlan: TimingProposal
    /// Share of the day's variation the periods explain, and what 1, 2, 3… periods would at best.
    public var explained: Double
    public var explainedBy: [Double]
    /// Vehicle-hours the periods' plans save in the day against the one plan, and against the shipped one [veh h].
    public var savedAgainstDayPlan: Double
    public var savedAgainstShipped: Double
  }

  public var timing: NetworkTiming
  public var settings: Settings

  /// - Parameter timing: how each plan is made.
  public init(_ timing: NetworkTiming, _ settings: Settings = .init()) {
    self.timing = timing
    self.settings = settings
  }

  /// - Parameters:
  ///   - scenario: its trips routed; its routes carry the day's counts.
  ///   - table: the day.
  public func propose(_ scenario: Scenario, table: FlowTable, file: String) throws(InputProblems) -> Day {
    let day = try CountedDay(table, file: file)
    let cut = day.periods(minimum: settings.minimum, most: settings.mostPeriods, worth: settings.worth)
    let end = scenario.demandEnd
    var timing = timing
    timing.flowsFile = file
    func flows(_ intervals: Range<Int>) -> FlowTable { day.mean(intervals, begin: scenario.begin, end: end) }
    timing.flows = flows(0..<day.flows.count)
    timing.progress("the whole day")
    let whole = try timing.propose(scenario)
    var periods: [Period] = []
    for period in cut.periods {
      let (from, to) = (day.boundaries[period.intervals.lowerBound], day.boundaries[period.intervals.upperBound])
      timing.flows = flows(period.intervals)
      timing.progress("period from \(from.seconds) to \(to.seconds) s")
      var proposal = cut.periods.count == 1 ? whole : try timing.propose(scenario)
      let measured = try timing.measured(scenario)
      let seeds = (0..<UInt64(timing.verification)).map { timing.seed &* 1_000_003 &+ 900_000 &+ $0 }
      let judge = try SimulatedPlanEvaluator(measured.scenario, seeds: seeds, threads: timing.threads)
      let shipped = TimingProblem(network: scenario.network, demand: measured.demand).shippedPlan
      let results = judge.evaluate([shipped, whole.plan, proposal.plan], replications: 0..<seeds.count)
      let delays = results.map { $0.reduce(0) { $0 + $1.delay } / Double(max(1, $0.count)) }
      let usesDay = delays[1] < delays[2]
      if usesDay { proposal.plan = whole.plan }
      let hours = (end - scenario.begin).seconds / 3600
      periods.append(
        Period(
          begin: from, end: to, vehicles: measured.demand.total / max(1e-9, hours), shippedDelay: delays[0], dayDelay: delays[1],
          delay: min(delays[1], delays[2]), cycle: proposal.plan.cycle?.seconds ?? Self.singleCycle(proposal.plan), usesDayPlan: usesDay,
          proposal: proposal))
    }
    func saved(_ against: (Period) -> Double) -> Double {
      periods.reduce(0) { $0 + (against($1) - $1.delay) * $1.vehicles * ($1.end - $1.begin).seconds / 3600 / 3600 }
    }
    return Day(
      periods: periods, dayPlan: whole, explained: cut.explained,
      explainedBy: cut.alternatives.map { cut.totalVariation > 0 ? 1 - $0 / cut.totalVariation : 1 },
      savedAgainstDayPlan: saved(\.dayDelay), savedAgainstShipped: saved(\.shippedDelay))
  }

  private static func singleCycle(_ plan: TimingPlan) -> Double? {
    let cycles = Set(plan.programs.map { $0.program.cycle.seconds })
    return cycles.count == 1 ? cycles.first : nil
  }
}

extension DayPlans.Day {
  /// A period's program id in the schedule file.
  public static func programID(_ k: Int) -> String { "greenwave-\(k + 1)" }

  /// All plans with the times at which SUMO changes between them.
  public func schedule(_ network: RoadNetwork) -> String {
    SUMOSignalWriter.schedule(
      periods.enumerated().map { (begin: $1.begin, plan: $1.proposal.plan, programID: Self.programID($0)) }, network: network)
  }

  /// A table for the terminal.
  public func text(_ language: Language = .english) -> String {
    func tenths(_ x: Double) -> String { NumberText.fixed(x, 1) }
    // As counts are written: 07:15.
    func clock(_ t: Instant) -> String { (t.seconds < 36_000 ? "0" : "") + NumberText.clock(t.seconds) }
    var table = ReportTable(
      columns: ["from", "to", "vehicles", "cycle", "shipped", "dayPlan", "own"].map { .init(Message("periods." + $0, []).text(language)) })
    for p in periods {
      table.append([
        clock(p.begin), clock(p.end), NumberText.fixed(p.vehicles, 0),
        NumberText.fixed(p.cycle ?? .nan, 0), tenths(p.shippedDelay), tenths(p.dayDelay), tenths(p.delay) + (p.usesDayPlan ? " *" : ""),
      ])
    }
    var notes = [
      Message(
        "periods.explained", ["\(periods.count)", tenths(explained * 100), explainedBy.map { tenths($0 * 100) }.joined(separator: ", ")]),
      Message("periods.saved", [tenths(savedAgainstDayPlan), tenths(savedAgainstShipped)]),
    ]
    if periods.contains(where: \.usesDayPlan) { notes.insert(Message("periods.star", []), at: 0) }
    return table.text() + notes.map { $0.text(language) }.joined(separator: "\n")
  }
}
