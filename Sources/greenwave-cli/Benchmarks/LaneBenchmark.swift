import ArgumentParser
import Foundation
import Greenwave

/// `greenwave benchmark lanes PATH…`.
struct LaneBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lanes",
    abstract: "Vehicles before stop lines as loops alone let them be known, against those that are there, second by second.",
    discussion: """
      A strategy controls the street from loop detectors alone while the street also tells the vehicles, to nobody but this measurement.
      Counted are the vehicles of each lane with loops before a stop line, within 60 m of its end, and those of them that stand.
      """)
  @Argument(help: "Scenarios.") var paths: [String]
  @Option(help: "The strategy that controls meanwhile.") var strategy = "horizon"
  @Option(help: "simulator, or sumo.") var street = "simulator"
  @Option(help: "Seed.") var seed: UInt64 = 1
  @Option(help: "Seconds from the scenario's begin; its end unless said.") var seconds: Double?
  @OptionGroup var options: ControlOptions
  @Option(help: "How many lanes to show, the worst first.") var lanes = 0
  @Option(help: "A CSV file with every lane and second at which either count is not zero.") var csv: String?

  func validate() throws {
    guard ControlStrategy.named(strategy) != nil else { throw ValidationError("no strategy '\(strategy)'") }
    guard street == "simulator" || street == "sumo" else { throw ValidationError("street is simulator or sumo, not '\(street)'") }
  }

  /// Vehicles of a lane, there and imagined, summed over seconds.
  private struct Sums {
    var seconds = 0.0
    var there = 0.0
    var imagined = 0.0
    var error = 0.0
    var standing = 0.0
    var standingImagined = 0.0
    var standingError = 0.0

    mutating func add(_ truth: (Double, Double), _ guess: (Double, Double)) {
      seconds += 1
      there += truth.0
      imagined += guess.0
      error += abs(truth.0 - guess.0)
      standing += truth.1
      standingImagined += guess.1
      standingError += abs(truth.1 - guess.1)
    }

    var cells: [String] {
      [there, imagined, error, standing, standingImagined, standingError].map { NumberText.fixed($0 / max(seconds, 1), 2) }
    }
  }

  /// Passes everything on and keeps the vehicles that the strategy was told of.
  private final class Listener: SignalController {
    let base: any SignalController
    private(set) var vehicles: [VehicleReport] = []
    init(_ base: any SignalController) { self.base = base }
    var signals: [SignalID] { base.signals }
    func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
      vehicles = inputs.vehicles
      return base.tick(now: now, inputs: inputs)
    }
    func resume(_ shown: [SignalCommand], at now: Instant) { base.resume(shown, at: now) }
    func explain(_ signal: SignalID) -> DecisionExplanation? { base.explain(signal) }
  }

  private final class Ear: @unchecked Sendable {
    // Set while the run's only thread makes its controller.
    var listener: Listener?
  }

  func run() throws {
    try CommandSupport.exitOnProblems {
      var table = ReportTable(
        columns: [.init(lanes > 0 ? "lane" : "map", .left)]
          + ["vehicles", "imagined", "error", "standing", "imagined", "error", "delay [s]"].map { ReportTable.Column($0) }
          + [.init("faulty loops", .left)])
      for path in paths {
        var scenario = options.adapted(try ScenarioReader.read(path))
        if street != "sumo" { try scenario.routeTrips() }
        if let seconds { scenario.end = scenario.begin + .seconds(seconds) }
        try measure(scenario, path, &table)
      }
      print(table.text())
    }
  }

  private func measure(_ scenario: Scenario, _ path: String, _ table: inout ReportTable) throws {
    let network = scenario.network
    let base = ControlStrategy.named(strategy)!
    let ear = Ear()
    let heard = ControlStrategy(name: base.name, summary: base.summary) { problem in
      let listener = Listener(base.make(problem))
      ear.listener = listener
      return listener
    }
    var options = options
    options.information = .detectors
    var run = options.disturbed(
      StrategyRun(
        scenario, strategy: heard, constraints: options.constraints(network), information: .detectors, loops: options.loops,
        recording: .init(linkInterval: .minutes(5))))
    run.isWatched = true
    let watched = Set(
      run.scenario.detectors.compactMap { detector -> LaneID? in
        guard case .point(let lane, _) = detector.kind, detector.role != .exit else { return nil }
        return lane
      })
    let approaches = network.lanes.filter { watched.contains($0.id) }
    var sums = [Sums](repeating: Sums(), count: approaches.count)
    var index = [Int](repeating: -1, count: network.lanes.count)
    for (k, lane) in approaches.enumerated() { index[lane.id.index] = k }
    var rows = "time,lane,there,imagined,standing,standing_imagined\n"
    func counts(_ vehicles: [VehicleReport]) -> [(Double, Double)] {
      var counts = [(Double, Double)](repeating: (0, 0), count: approaches.count)
      for vehicle in vehicles where index[vehicle.lane.index] >= 0 && network[vehicle.lane].length - vehicle.position <= 60 {
        counts[index[vehicle.lane.index]].0 += 1
        if vehicle.speed < 2 { counts[index[vehicle.lane.index]].1 += 1 }
      }
      return counts
    }
    let observe: (ControlLoop.Tick, ControlLoop) throws -> Void = { tick, _ in
      let truth = counts(tick.inputs.vehicles), guess = counts(ear.listener?.vehicles ?? [])
      for k in approaches.indices {
        sums[k].add(truth[k], guess[k])
        guard csv != nil, truth[k].0 > 0 || guess[k].0 > 0 else { continue }
        rows +=
          "\(NumberText.short(tick.now.seconds)),\(network.name(approaches[k].id)),\(Int(truth[k].0)),\(Int(guess[k].0)),"
          + "\(Int(truth[k].1)),\(Int(guess[k].1))\n"
      }
    }
    let outcome: StrategyRun.Outcome
    if street == "sumo" {
      outcome = try SUMOStrategyRun(run, source: try SUMOStrategyRun.Source(path: path), sumo: try options.findSUMO())(
        seed: seed, observe: observe)
    } else {
      outcome = try run.simulated(seed: seed, observe: observe)
    }
    if let csv {
      var file = try TextOutput(path: csv)
      file.write(rows)
      try file.commit()
    }
    let worst = sums.indices.sorted { (-sums[$0].error, $0) < (-sums[$1].error, $1) }.prefix(lanes)
    for k in worst { table.append([network.name(approaches[k].id)] + sums[k].cells + ["", faults(run, approaches[k].id)]) }
    var all = Sums()
    for s in sums {
      all.seconds += s.seconds
      all.there += s.there
      all.imagined += s.imagined
      all.error += s.error
      all.standing += s.standing
      all.standingImagined += s.standingImagined
      all.standingError += s.standingError
    }
    table.append(
      [scenario.name] + all.cells + [NumberText.fixed(NetworkMeasures(outcome.record.trips).delay, 1), ""], emphasized: lanes > 0)
  }

  /// The loops of a lane that were made to fail, and how.
  private func faults(_ run: StrategyRun, _ lane: LaneID) -> String {
    let detectors = run.scenario.detectors
    guard let health = run.disturbance?.health(ofDetectors: detectors.count) else { return "" }
    return detectors.compactMap { detector in
      guard case .point(lane, _) = detector.kind, health[detector.id.index] != .sound else { return nil }
      return "\(detector.role) \(health[detector.id.index])"
    }.joined(separator: ", ")
  }
}
