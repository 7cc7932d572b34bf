import ArgumentParser
import Foundation
import Greenwave

/// `greenwave benchmark decisions`.
struct DecisionBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decisions",
    abstract: "Time the decisions for a generated city, beside simpler strategies.",
    discussion: """
      A grid of two-lane streets with a signal at every crossing, run by the built-in simulator under the first strategy; the others decide
      on the same reports. What counts is user CPU time of one thread for a tick of all signals.
      """)
  @Option(help: "Crossings along each side.") var side = 32
  @Option(help: "Seconds of traffic; the first third fills the streets and is not timed.") var seconds = 300
  @Option(help: "Vehicles entering on each road from outside [veh/h].") var volume = 400.0
  @Option(help: "Strategies, separated by commas; the first one controls.") var strategies = "horizon,longest-queue,max-pressure"
  @Option(help: "Time that a tick may take [ms].") var limit = 100.0

  func validate() throws {
    guard (1...100).contains(side), seconds >= 3, volume > 0 else { throw ValidationError("side, seconds and volume are positive") }
    for name in names where ControlStrategy.named(name) == nil { throw ValidationError("no strategy '\(name)'") }
  }

  private var names: [String] { strategies.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }

  func run() throws {
    var design = GridDesign()
    design.columns = side
    design.rows = side
    design.volume = volume
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-decisions-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try design.scenario(duration: Double(seconds)).write(to: folder)
    var scenario = try ScenarioReader.read(folder)
    try scenario.routeTrips()
    let constraints = ConflictMonitor.constraints(of: scenario.network)
    let problem = ControlProblem(network: scenario.network, constraints: constraints, detectors: scenario.detectors)
    let controllers = names.map { ControlStrategy.named($0)!.make(problem) }
    var monitor = ConflictMonitor(network: scenario.network, constraints: constraints)
    let simulation = try Simulation(
      network: scenario.network, demand: scenario.demand, detectors: [],
      settings: Replication(scenario, seed: 1, recording: .trips).settings)
    let street = SimulatedStreet(simulation: simulation)
    var times = [[Double]](repeating: [], count: names.count)
    var refusals = 0, vehicles = 0
    for second in 0..<seconds {
      let inputs = street.collect()
      for (k, controller) in controllers.enumerated() {
        let began = Self.threadSeconds()
        let wished = controller.tick(now: street.now, inputs: inputs)
        if second >= seconds / 3 { times[k].append((Self.threadSeconds() - began) * 1000) }
        guard k == 0 else { continue }
        let passed = monitor.pass(wished, at: street.now)
        refusals += passed.violations.count { $0.rule != .maximumRed }
        street.show(passed.commands)
        vehicles = max(vehicles, inputs.vehicles.count)
      }
      guard street.advance() else { break }
    }
    print(
      "\(scenario.network.signals.count) signals, up to \(vehicles) vehicles that report, \(times[0].count) ticks, \(refusals) refusals")
    var table = ReportTable(columns: [
      .init("strategy", .left), .init("median [ms]"), .init("99 % [ms]"), .init("worst [ms]"), .init("median, ratio to the first"),
    ])
    let sorted = times.map { $0.sorted() }
    func quantile(_ values: [Double], _ share: Double) -> Double { values[min(values.count - 1, Int(Double(values.count) * share))] }
    let first = quantile(sorted[0], 0.5)
    for (k, name) in names.enumerated() {
      let own = sorted[k]
      table.append([
        name, NumberText.fixed(quantile(own, 0.5), 1), NumberText.fixed(quantile(own, 0.99), 1), NumberText.fixed(own.last ?? 0, 1),
        NumberText.fixed(quantile(own, 0.5) / max(first, 1e-9), 3),
      ])
    }
    print(table.text())
    let worst = quantile(sorted[0], 0.99)
    print(
      "limit \(NumberText.fixed(limit, 0)) ms: \(worst <= limit ? "kept" : "missed") at 99 %, ratio \(NumberText.fixed(worst / limit, 2))")
  }

  /// CPU time of this thread: what others do on the machine does not count.
  private static func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
